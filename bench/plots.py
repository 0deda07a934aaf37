"""Pictures of ratios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Bar:
    """A ratio with its spread over the rounds; ``target`` is drawn as a mark where there is one."""

    name: str
    median: float
    low: float
    high: float
    target: float | None


def plot_ratios(bars: Sequence[Bar], title: str, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 0.6 + 0.5 * len(bars)), layout="constrained")
    places = range(len(bars))
    spread = [[bar.median - bar.low for bar in bars], [bar.high - bar.median for bar in bars]]
    axes.barh(places, [bar.median for bar in bars], xerr=spread, height=0.6, color="#7a9cc6", ecolor="#333333")
    marked = [(place, bar.target) for place, bar in enumerate(bars) if bar.target]
    axes.plot([x for _, x in marked], [y for y, _ in marked], "|", markersize=22, markeredgewidth=2.5, color="#c0392b")
    for place, bar in enumerate(bars):
        axes.annotate(f"{bar.median:.2f}", (0.02, place), va="center", color="white", weight="bold")
    axes.set_yticks(places, [bar.name for bar in bars])
    axes.invert_yaxis()
    axes.axvline(1, color="#333333", linewidth=1)
    axes.set_title(title, fontsize=10)
    axes.set_xlabel("ratio to plain CTranslate2 on the same sentences (red: target)")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
