"""What comes back unbroken: markup, placeholders, terms, separators; and what that costs. See README.md."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from client import Clients
from fidelity_checks import FIGURES, Case, Finding, ask_all, look_at, read_cases, summarise
from fidelity_speed import (
    LEAST_LEXED,
    MOST_BLEU,
    MOST_COST,
    MOST_GROWTH,
    Cost,
    Lexed,
    Quality,
    built_in_sentences,
    measure_cost,
    measure_lexer,
    measure_quality,
    request_of,
)
from server import MODELS, RESULTS, ServerProcess, describe_machine, scratch
from workload import read_pairs

DIRECTIONS = ("en-es", "es-en", "en-fr", "fr-en")
PARTS = ("cases", "quality", "cost", "lexer")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. reached: None where there is no target. at_most: the target is a most, not a least."""

    says: str
    value: float
    target: float | None
    shown: str
    reached: bool | None
    at_most: bool = False


@dataclass(slots=True)
class Report:
    """What was measured, as it is printed, drawn and saved."""

    rows: list[Row] = field(default_factory=list)


def measure_cases(url: str, cases: Sequence[Case], report: Report) -> list[Finding]:
    def ask(fields: Mapping[str, Any]) -> Any:
        # A connection of its own, since one is of no use after an error.
        with Clients(url, 1) as clients:
            return clients.run([request_of(fields)]).exchanges[0].translated

    findings = look_at(ask_all(cases, ask, _show_progress("cases")))
    for figure in summarise(findings):
        target = FIGURES[figure.name]
        shown = f"{100 * figure.share:6.2f} %   {figure.right} of {figure.right + figure.wrong}"
        if figure.unanswerable:
            shown += f", not answerable: {figure.unanswerable}"
        reached = figure.reached if target.least is not None else None
        report.rows.append(Row(target.says, figure.share, target.least, shown, reached))
    return findings


def report_quality(measured: Sequence[Quality], report: Report) -> None:
    for one in measured:
        shown = f"{one.difference:+6.2f}     BLEU {one.bare:.2f} bare, {one.tagged:.2f} with tags; "
        shown += f"{one.differing} of {one.sentences} sentences differ"
        says = f"quality {one.direction}: BLEU with tags less BLEU without"
        # What counts is what is lost.
        report.rows.append(Row(says, one.difference, -MOST_BLEU, shown, one.difference >= -MOST_BLEU))


def report_cost(cost: Cost, report: Report) -> None:
    low, high = min(cost.ratios), max(cost.ratios)
    shown = f"{cost.median:6.2f}     [{low:.2f}, {high:.2f}], {cost.sentences} sentences, {cost.characters} characters"
    says = "cost: time of a page with tags to time of its bare text"
    report.rows.append(Row(says, cost.median, MOST_COST, shown, cost.median <= MOST_COST, at_most=True))


def report_lexer(lexed: Lexed, report: Report) -> None:
    shown = f"{lexed.speed:6.1f} MB/s"
    report.rows.append(Row("lexer: speed", lexed.speed, LEAST_LEXED, shown, lexed.speed >= LEAST_LEXED))
    for name, growth in lexed.growth.items():
        says = f"lexer: time for twice the text, {name}"
        reached = growth <= MOST_GROWTH
        report.rows.append(Row(says, growth, MOST_GROWTH, f"{growth:6.2f} x", reached, at_most=True))


def plot(rows: Sequence[Row], title: str, path: Path) -> None:
    """Shares as bars with their targets; the other figures have scales of their own and are written beside."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    places = range(len(rows))
    figure, axes = pyplot.subplots(figsize=(10, 0.8 + 0.42 * len(rows)), layout="constrained")
    lengths = [_length(row) for row in rows]
    colours = ["#c0392b" if row.reached is False else "#7a9cc6" for row in rows]
    axes.barh(places, lengths, height=0.62, color=colours)
    marked = [place for place, row in enumerate(rows) if row.target is not None]
    axes.plot([1.0] * len(marked), marked, "|", markersize=20, markeredgewidth=2.5, color="#333333")
    for place, row in enumerate(rows):
        axes.annotate(row.shown.split("   ")[0].strip(), (0.01, place), va="center", color="black", fontsize=8)
    axes.set_yticks(places, [row.says for row in rows], fontsize=8)
    axes.invert_yaxis()
    axes.set_title(title, fontsize=10)
    axes.set_xlabel("as a part of the target (black; it is a most for times)")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def main() -> None:
    arguments = _parse_arguments()
    parts = arguments.only or PARTS
    machine, report, cases = describe_machine(), Report(), read_cases()
    with scratch() as folder, ServerProcess("--sentence-cache", "0", home=Path(folder) / "home") as server:
        findings = measure_cases(server.url, cases, report) if "cases" in parts else []
        if "quality" in parts:
            _measure_quality(server.url, arguments, report)
        if "cost" in parts:
            sentences = _sentences(arguments.heldout) or built_in_sentences(cases)
            cost = measure_cost(server.url, sentences, arguments.rounds, _show_progress("cost"))
            report_cost(cost, report)
    if "lexer" in parts:
        report_lexer(measure_lexer(), report)
    _print_report(report, len(cases) if findings else 0)
    wrong = [finding for finding in findings if not finding.right]
    # What was measured in part does not take the place of a whole result.
    name = "-".join(["fidelity", *sorted(set(arguments.only or ()))])
    _save(machine, report, wrong, name)
    if findings:
        _print_wrong(wrong, arguments.verbose)
    plot(report.rows, f"Fidelity, {machine['processor']}", RESULTS / f"{name}.png")


def _measure_quality(url: str, arguments: argparse.Namespace, report: Report) -> None:
    if not _sentences(arguments.heldout):
        print(f"quality: skipped, there are no held-out sentences in {arguments.heldout} (--heldout)")
        return
    show = _show_progress("quality")
    measured = []
    for direction in DIRECTIONS:
        show(direction)
        measured.append(measure_quality(url, arguments.heldout, direction, arguments.sentences))
    report_quality(measured, report)


def _sentences(heldout: Path) -> list[str]:
    path = heldout / "tatoeba.en-es.test.tsv"
    return [english for english, _ in read_pairs(path)] if path.is_file() else []


def _length(row: Row) -> float:
    """Of a bar: the figure as a part of its target. A difference of BLEU counts from 1 point below to none."""
    if row.target is None:
        return row.value
    if row.target < 0:
        return max(0.0, min(1.05, (row.value - 2 * row.target) / -row.target))
    return min(1.3, row.value / row.target)


def _show_progress(part: str) -> Callable[[str], None]:
    def show(text: str) -> None:
        print(f"\r{part}: {text:60}", end="", file=sys.stderr, flush=True)

    return show


def _print_report(report: Report, cases: int) -> None:
    print(f"\n{cases} cases" if cases else "")
    for row in report.rows:
        if row.target is None:
            judged = "no target"
        else:
            shares = row.shown.split()[1:2] == ["%"]
            target = f"{100 * row.target:g} %" if shares else f"{row.target:g}"
            judged = f"{'<=' if row.at_most else '>='} {target}: {'ok' if row.reached else 'MISSED'}"
        print(f"{row.says:75} {row.shown:62} {judged}")


def _print_wrong(wrong: Sequence[Finding], verbose: bool) -> None:
    failed = [finding for finding in wrong if finding.right is False]
    if not verbose:
        names = list(dict.fromkeys(finding.case.id for finding in failed))
        print(f"\nnot as expected: {len(names)} cases; --verbose shows them: {', '.join(names[:20])}")
        return
    for finding in failed:
        print(f"\n{finding.case.id}, {finding.figure}\n  {finding.case.q!r}\n  {finding.output!r}\n  {finding.detail}")


def _save(machine: Mapping[str, object], report: Report, wrong: Sequence[Finding], name: str) -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    rows = [{"says": row.says, "value": row.value, "target": row.target, "reached": row.reached} for row in report.rows]
    listed = [
        {"case": one.case.id, "figure": one.figure, "right": one.right, "q": one.case.q, "output": one.output}
        | {"detail": one.detail}
        for one in wrong
    ]
    written = {"machine": machine, "figures": rows, "not_right": listed}
    (RESULTS / f"{name}.json").write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n")


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="measure this part only; can be repeated")
    parser.add_argument("--verbose", action="store_true", help="print each case that is not as expected")
    parser.add_argument("--heldout", type=Path, default=MODELS / "heldout", help="folder of tatoeba.en-*.test.tsv")
    parser.add_argument("--sentences", type=int, default=400, help="held-out sentences of each direction (400)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the measurement of cost (5)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
