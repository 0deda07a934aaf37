"""Accuracy and speed of language detection on lines of "code, tab, text".

    python bench/detection.py [FILE ...] [--languages en,es,fr] [--confusions 20] [--fit]

Without files the sentences of ../shared/langid are used. ``--fit`` prints weights fitted to every other line of the
files (plain, in capitals and without accents), and how often they are right on the lines between: copy them to
``libretranslate_py.detection.WEIGHTS``. Times are of the processor, memory is the peak.
"""

from __future__ import annotations

import argparse
import resource
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from libretranslate_py.detection import WEIGHTS, CandidatesByScript, Detector, evidence, read_sample

Line = tuple[str, str]
_TATOEBA = Path(__file__).parents[2] / "shared" / "langid" / "tatoeba-100-each.tsv"
_SHORT = 20


def read(paths: Sequence[Path]) -> list[Line]:
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    return [(code, text) for code, tab, text in (line.partition("\t") for line in lines) if tab and code[:1] != "#"]


def strip_accents(text: str) -> str:
    parts = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for c in parts if not unicodedata.combining(c)))


def percent_right(
    detector: Detector, lines: Sequence[Line], allowed: Sequence[str], change: Callable[[str], str]
) -> float:
    right = sum(detector.detect([change(text)], allowed)[0][0].language == code for code, text in lines)
    return 100 * right / max(1, len(lines))


def report_confusions(detector: Detector, lines: Sequence[Line], allowed: Sequence[str], number: int) -> None:
    found = [(code, detector.detect([text], allowed)[0][0].language) for code, text in lines]
    wrong = Counter(pair for pair in found if pair[0] != pair[1])
    totals = Counter(code for code, _ in lines)
    errors = Counter(code for code, guess in found if code != guess)
    worst = sorted(errors, key=lambda code: -errors[code] / totals[code])[:number]
    print("worst:", ", ".join(f"{code} {100 - 100 * errors[code] / totals[code]:.1f} %" for code in worst))
    print("confusions:", ", ".join(f"{a} as {b} {n}" for (a, b), n in wrong.most_common(number)))


def fit(detector: Detector, lines: Sequence[Line], allowed: Sequence[str]) -> None:
    """Conditional logistic regression, by Adam."""
    train = lines[::2]
    train = [*train, *((c, t.upper()) for c, t in train[::4]), *((c, strip_accents(t)) for c, t in train[::3])]
    weights = _climb(*_tables(detector, train, allowed))
    print("weights:", ", ".join(f"{w:.3f}" for w in weights), "now:", ", ".join(map(str, WEIGHTS)))
    values, mask, truth = _tables(detector, lines[1::2], allowed)
    right = ((values @ weights + mask).argmax(1) == truth).mean()
    print(f"right on the other lines, of those that script alone does not decide: {100 * right:.2f} %")


def _tables(
    detector: Detector, lines: Sequence[Line], allowed: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows: list[tuple[int, list[tuple[float, ...]]]] = []
    by_script = CandidatesByScript(allowed)
    for code, text in lines:
        sample = read_sample(text)
        candidates = by_script.of(sample) if sample else []
        if sample and code in candidates and len(candidates) > 1:
            found = evidence(sample, candidates, *detector.models())
            rows.append((candidates.index(code), [found[c] for c in candidates]))
    most = max(len(values) for _, values in rows)
    table, mask = np.zeros((len(rows), most, len(WEIGHTS))), np.full((len(rows), most), -1e9)
    for index, (_, values) in enumerate(rows):
        table[index, : len(values)], mask[index, : len(values)] = values, 0.0
    return table, mask, np.array([truth for truth, _ in rows])


def _climb(table: np.ndarray, mask: np.ndarray, truth: np.ndarray, steps: int = 1500) -> np.ndarray:
    scale = table.std(axis=(0, 1))
    table = table / scale
    weights = np.array(WEIGHTS) * scale
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    wanted = table[np.arange(len(truth)), truth].sum(0)
    for step in range(1, steps + 1):
        scores = table @ weights + mask
        shares = np.exp(scores - scores.max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        slope = (np.einsum("nm,nmk->k", shares, table) - wanted) / len(truth) + 1e-3 * weights
        first, second = 0.9 * first + 0.1 * slope, 0.99 * second + 0.01 * slope**2
        weights = weights - 0.02 * first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.99**step)) + 1e-9)
    return weights / scale


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, default=[_TATOEBA])
    parser.add_argument(
        "--languages", help="allowed languages, those of the files if not given; other lines are left out"
    )
    parser.add_argument("--confusions", type=int, default=20)
    parser.add_argument("--fit", action="store_true")
    options = parser.parse_args()
    lines = read(options.files)
    allowed = options.languages.split(",") if options.languages else sorted({code for code, _ in lines})
    lines = [line for line in lines if line[0] in allowed]
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    detector = Detector()
    detector.load()
    megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"loaded in {time.process_time() - start:.2f} s, peak memory up by {megabytes:.0f} MB")
    if options.fit:
        fit(detector, lines, allowed)
        return
    start = time.process_time()
    right = percent_right(detector, lines, allowed, str)
    each = (time.process_time() - start) / max(1, len(lines))
    short = [line for line in lines if len(line[1]) < _SHORT]
    print(f"{len(allowed)} languages, {len(lines)} texts: {right:.2f} % right, {each * 1e6:.0f} us a text")
    print(f"under {_SHORT} characters ({len(short)}): {percent_right(detector, short, allowed, str):.2f} %")
    print(f"in capitals: {percent_right(detector, lines, allowed, str.upper):.2f} %")
    print(f"without accents: {percent_right(detector, lines, allowed, strip_accents):.2f} %")
    report_confusions(detector, lines, allowed, options.confusions)


if __name__ == "__main__":
    main()
