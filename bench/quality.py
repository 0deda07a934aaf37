"""BLEU and chrF through the server beside plain beam search with the same package. See README.md."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import sacrebleu
from client import Clients, translate_request
from limit import Limit, Shape
from server import MODELS, RESULTS, ROOT, ServerProcess, cores, describe_machine, scratch, unpack
from workload import in_lists, read_pairs

TARGET = 0.1
DIRECTIONS = ("en-es", "es-en", "en-fr", "fr-en")

_STARTERS = ROOT / "libretranslate_py" / "packages" / "starter"
_LIST = 100


@dataclass(frozen=True, slots=True)
class Scores:
    bleu: float
    chrf: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One direction. differing: lines that the server translated otherwise than plain decoding did."""

    direction: str
    lines: int
    differing: int
    plain: Scores
    served: Scores

    @property
    def difference(self) -> float:
        return self.served.bleu - self.plain.bleu


def score(translated: Sequence[str], references: Sequence[str]) -> Scores:
    """Corpus scores with the defaults of sacrebleu."""
    bleu = sacrebleu.corpus_bleu(list(translated), [list(references)])
    chrf = sacrebleu.corpus_chrf(list(translated), [list(references)])
    return Scores(bleu.score, chrf.score)


def translate_served(url: str, texts: Sequence[str], source: str, target: str) -> list[str]:
    """All texts through the server, in lists of a hundred."""
    requests = [translate_request(few, source, target) for few in in_lists(texts, _LIST)]
    with Clients(url, 1) as clients:
        return [text for answer in clients.run(requests).translated() for text in answer]


def compare(url: str, package: Path, direction: str, pairs: Sequence[tuple[str, str]], show: int) -> Comparison:
    source, target = direction.split("-")
    ordered = pairs if source == "en" else [(other, english) for english, other in pairs]
    texts, references = [text for text, _ in ordered], [reference for _, reference in ordered]
    with Limit(package) as limit:
        plain = limit.translate(texts, Shape(cores(), 1, 32))
    served = translate_served(url, texts, source, target)
    differing = [line for line in zip(texts, plain, served, references, strict=True) if line[1] != line[2]]
    for text, without, through, reference in differing[:show]:
        print(f"{direction}\n  text      {text!r}\n  plain     {without!r}")
        print(f"  server    {through!r}\n  reference {reference!r}")
    return Comparison(direction, len(texts), len(differing), score(plain, references), score(served, references))


def _print_table(comparisons: Sequence[Comparison]) -> None:
    print(f"\n{'':8}{'lines':>6}{'differ':>8}{'BLEU plain':>12}{'server':>8}{'diff':>8}{'chrF plain':>12}{'server':>8}")
    for one in comparisons:
        holds = abs(one.difference) <= TARGET
        print(
            f"{one.direction:8}{one.lines:6}{one.differing:8}{one.plain.bleu:12.2f}{one.served.bleu:8.2f}"
            f"{one.difference:+8.2f}{one.plain.chrf:12.2f}{one.served.chrf:8.2f}"
            f"   |diff| <= {TARGET}: {'ok' if holds else 'MISSED'}"
        )


def _save(machine: dict[str, object], comparisons: Sequence[Comparison]) -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    written = {"machine": machine, "target": TARGET, "directions": [asdict(one) for one in comparisons]}
    (RESULTS / "quality.json").write_text(json.dumps(written, indent=1) + "\n")


def main() -> None:
    arguments = _parse_arguments()
    machine = describe_machine()
    comparisons = []
    with scratch() as folder:
        packages = Path(folder) / "packages"
        flags = ["--packages-dir", str(packages), "--sentence-cache", "0"]
        if arguments.package:
            directions = [unpack(arguments.package, packages).name.split("-")[1].replace("_", "-")]
            flags.append("--no-starter")
        else:
            directions = arguments.directions or list(DIRECTIONS)
        with ServerProcess(*flags, home=Path(folder) / "home") as server:
            for direction in directions:
                own = packages if arguments.package else _STARTERS
                package = next(own.glob(f"translate-{direction.replace('-', '_')}-*"))
                other = direction.replace("en", "").strip("-")
                pairs = read_pairs(arguments.texts / f"tatoeba.en-{other}.test.tsv")[: arguments.limit]
                comparisons.append(compare(server.url, package, direction, pairs, arguments.show))
    _print_table(comparisons)
    _save(machine, comparisons)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directions", nargs="*", choices=[[], *DIRECTIONS], help=f"default: {' '.join(DIRECTIONS)}")
    parser.add_argument("--package", type=Path, help="another package than the starters; then its direction only")
    parser.add_argument("--texts", type=Path, default=MODELS / "heldout", help="folder of tatoeba.en-*.test.tsv")
    parser.add_argument("--limit", type=int, help="lines of each direction; default: all")
    parser.add_argument("--show", type=int, nargs="?", const=10, default=0, help="print so many differing lines (10)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
