"""Text to the pieces that a model was trained on, and back."""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import accumulate, pairwise
from operator import eq
from typing import Protocol

import sentencepiece

from libretranslate_py.engine.alignment import code_points, find_pieces
from libretranslate_py.errors import CorruptPackage
from libretranslate_py.packages.package import Package

_WORDS_REMEMBERED = 50_000
# Ends a piece that goes on in the next one.
_CONTINUES = "@@"

Ranges = list[tuple[int, int]]


class Tokenizer(Protocol):
    """Thread-safe. ``encode`` adds no begin or end marks: the model's own configuration says whether it wants them.

    ``locate_encoded`` and ``locate_decoded`` do the same work and also say where each piece lies in the text: start and
    end in code points, in order; a piece that has no place of its own has an empty range.
    """

    def encode(self, sentence: str) -> list[str]: ...

    def decode(self, pieces: Sequence[str]) -> str: ...

    def locate_encoded(self, sentence: str) -> tuple[list[str], Ranges]: ...

    def locate_decoded(self, pieces: Sequence[str]) -> tuple[str, Ranges]: ...


class SentencePieceTokenizer:
    """The tokenizer of nearly all packages."""

    def __init__(self, package: Package) -> None:
        path = package.path / "sentencepiece.model"
        try:
            self._processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
        except (OSError, RuntimeError) as error:
            raise CorruptPackage(package.path, f"sentencepiece.model cannot be loaded ({error})") from error

    def encode(self, sentence: str) -> list[str]:
        pieces: list[str] = self._processor.encode(sentence, out_type=str)
        return pieces

    def decode(self, pieces: Sequence[str]) -> str:
        text: str = self._processor.decode_pieces(list(pieces))
        # A piece that begins a word in the middle of byte-fallback pieces keeps its mark.
        return text.replace("\u2581", " ").strip()

    def locate_encoded(self, sentence: str) -> tuple[list[str], Ranges]:
        found = self._processor.encode(sentence, return_type="proto").pieces
        return [piece.piece for piece in found], code_points(sentence, [(piece.begin, piece.end) for piece in found])

    def locate_decoded(self, pieces: Sequence[str]) -> tuple[str, Ranges]:
        found = self._processor.decode(list(pieces), return_type="proto")
        text = found.text.replace("\u2581", " ")
        stripped = text.strip()
        before = len(text) - len(text.lstrip())
        ranges = code_points(found.text, [(piece.begin, piece.end) for piece in found.pieces])
        most = len(stripped)
        return stripped, [(min(most, max(0, a - before)), min(most, max(0, b - before))) for a, b in ranges]


class BpeTokenizer:
    """The tokenizer of older packages: Moses words cut by byte-pair merges, as argostranslate does it."""

    def __init__(self, package: Package) -> None:
        # argostranslate is imported for these packages only: it brings sacremoses along.
        from argostranslate.tokenizer import BPETokenizer  # noqa: PLC0415

        self._tokenizer = BPETokenizer(package.path / "bpe.model", package.source, package.target)
        try:
            self._tokenizer.lazy_load()
        except (OSError, ValueError, IndexError) as error:
            raise CorruptPackage(package.path, f"bpe.model cannot be loaded ({error})") from error

    def encode(self, sentence: str) -> list[str]:
        pieces: list[str] = self._tokenizer.encode(sentence)
        # It remembers every word that it ever saw.
        if len(self._tokenizer.bpe_source.cache) > _WORDS_REMEMBERED:
            self._tokenizer.bpe_source.cache = {}
        return pieces

    def decode(self, pieces: Sequence[str]) -> str:
        text: str = self._tokenizer.decode(list(pieces))
        return text

    def locate_encoded(self, sentence: str) -> tuple[list[str], Ranges]:
        pieces = self.encode(sentence)
        return pieces, _locate(sentence, pieces)

    def locate_decoded(self, pieces: Sequence[str]) -> tuple[str, Ranges]:
        text = self.decode(pieces)
        return text, _locate(text, pieces)


def _locate(text: str, pieces: Sequence[str]) -> Ranges:
    """Where the pieces lie; all of a word's at the whole word if Moses wrote some of it in another way (``&apos;``)."""
    words: list[list[str]] = [[]]
    for piece in pieces:
        words[-1].append(piece.removesuffix(_CONTINUES))
        if not piece.endswith(_CONTINUES):
            words.append([])
    written = ["".join(word) for word in words]
    contents = [html.unescape(word) for word in written]
    ranges: Ranges = []
    for word, same, (start, end) in zip(words, map(eq, written, contents), find_pieces(text, contents), strict=True):
        if same and end - start == sum(map(len, word)):
            ends = list(accumulate(map(len, word), initial=start))
            ranges += pairwise(ends)
        else:
            ranges += [(start, end)] * len(word)
    return ranges


def load_tokenizer(package: Package) -> Tokenizer:
    """The tokenizer of a package; raises CorruptPackage when its file cannot be read."""
    if package.tokenizer == "sentencepiece":
        return SentencePieceTokenizer(package)
    return BpeTokenizer(package)
