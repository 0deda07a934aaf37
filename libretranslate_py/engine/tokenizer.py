"""Text to the pieces that a model was trained on, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import sentencepiece

from libretranslate_py.errors import CorruptPackage
from libretranslate_py.packages.package import Package

_WORDS_REMEMBERED = 50_000


class Tokenizer(Protocol):
    """Thread-safe. ``encode`` adds no begin or end marks: the model's own configuration says whether it wants them."""

    def encode(self, sentence: str) -> list[str]: ...

    def decode(self, pieces: Sequence[str]) -> str: ...


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


def load_tokenizer(package: Package) -> Tokenizer:
    """The tokenizer of a package; raises CorruptPackage when its file cannot be read."""
    if package.tokenizer == "sentencepiece":
        return SentencePieceTokenizer(package)
    return BpeTokenizer(package)
