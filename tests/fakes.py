"""A model that misbehaves on demand, where the real one will not. Its pieces are words."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from libretranslate_py.engine.alignment import Attention, find_pieces
from libretranslate_py.engine.engine import Engine
from libretranslate_py.engine.model import DecodeOptions, RawHypothesis
from libretranslate_py.engine.pool import Pool
from libretranslate_py.packages.package import Catalogue, Package

# Pieces and score, or these and the attention.
Answer = tuple[list[str], float] | RawHypothesis
Behaviour = Callable[[list[str], DecodeOptions], Sequence[Answer]]


def fake_package(source: str, target: str, version: str = "1.0") -> Package:
    path = Path(f"/nowhere/translate-{source}_{target}-{version}")
    return Package(path, source, target, version, source.upper(), target.upper(), "sentencepiece", "", starter=False)


def fake_catalogue(*directions: str) -> Catalogue:
    """``fake_catalogue("en-es", "es-en")``"""
    return Catalogue(tuple(fake_package(*direction.split("-")) for direction in directions))


class WordTokenizer:
    def encode(self, sentence: str) -> list[str]:
        return sentence.split()

    def decode(self, pieces: Sequence[str]) -> str:
        return " ".join(pieces)

    def locate_encoded(self, sentence: str) -> tuple[list[str], list[tuple[int, int]]]:
        pieces = self.encode(sentence)
        return pieces, find_pieces(sentence, pieces)

    def locate_decoded(self, pieces: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
        text = self.decode(pieces)
        return text, find_pieces(text, pieces)


def diagonal(rows: int, columns: int) -> Attention:
    """Every piece comes from the one at its own place; those for which there is none, from the last."""
    return [[float(column == min(row, columns - 1)) for column in range(columns)] for row in range(rows)]


def complete(answer: Answer, source: list[str], options: DecodeOptions) -> RawHypothesis:
    """What a model answers: attention where it is asked for, diagonal where ``answer`` has none."""
    found = RawHypothesis(*answer)
    if not options.alignment:
        return RawHypothesis(found.pieces, found.score)
    attention = found.attention if found.attention is not None else diagonal(len(found.pieces), len(source))
    return RawHypothesis(found.pieces, found.score, attention)


class FakeModel:
    """Answers every sentence by ``behaviour``; ``gate`` holds all batches back until it is set."""

    bytes = 1000

    def __init__(self, package: Package, behaviour: Behaviour) -> None:
        self.package = package
        self.behaviour = behaviour
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.batches: list[list[list[str]]] = []
        self.unloaded = False

    def run(self, sentences: Sequence[list[str]], options: DecodeOptions) -> list[list[RawHypothesis]]:
        self.batches.append([list(sentence) for sentence in sentences])
        self.entered.set()
        self.gate.wait(20)
        return [
            [complete(answer, sentence, options) for answer in self.behaviour(sentence, options)]
            for sentence in sentences
        ]

    def unload(self) -> None:
        self.unloaded = True


def tagged(target: str) -> Behaviour:
    """Marks every word with the target language: ``good day`` -> ``good/es day/es``; all hypotheses asked for."""

    def behave(sentence: list[str], options: DecodeOptions) -> list[Answer]:
        words = [f"{word}/{target}" for word in sentence]
        return [(words + ["~"] * n, -0.1 - n) for n in range(options.hypotheses)]

    return behave


class FakeStack:
    """An engine over fake models, one per package, made when first needed."""

    def __init__(self, behaviour: Callable[[Package], Behaviour] | None = None, **engine_options: int) -> None:
        self.models: dict[Path, FakeModel] = {}
        self._behaviour = behaviour or (lambda package: tagged(package.target))
        self.pool: Pool[FakeModel] = Pool(self.load, lambda package: WordTokenizer())
        options = {"workers": 2, "max_batch": 8, "max_requests": 64, "cache_bytes": 0, **engine_options}
        self.engine = Engine(self.pool, **options)  # type: ignore[arg-type]

    def load(self, package: Package) -> FakeModel:
        model = self.models[package.path] = FakeModel(package, self._behaviour(package))
        return model

    def model(self, package: Package) -> FakeModel:
        with self.pool.lease(package) as model:
            return model

    def close(self) -> None:
        for model in self.models.values():
            model.gate.set()
        self.engine.close()
        self.engine.batcher.join(10)
