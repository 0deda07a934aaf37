"""What the tests of several formats use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from libretranslate_py.documents.document import Document, Piece
from libretranslate_py.services import build
from libretranslate_py.settings import load
from libretranslate_py.text.spans import fill
from libretranslate_py.translator import TranslationRequest

DATA = Path(__file__).parents[1] / "data" / "documents"


def as_it_is(piece: Piece) -> str:
    return piece if isinstance(piece, str) else fill(piece, lambda segment: segment.raw)


def unchanged(document: Document) -> bytes:
    """The file as it is when every translation says just what was there."""
    return document.write([as_it_is(piece) for piece in document.pieces("en", "en")], "en")


def rewritten(document: Document, change: Callable[[str], str], target: str = "es") -> bytes:
    """The file with ``change`` in place of a translator, which sees what is written between the verbatim strings."""
    return document.write([change(as_it_is(piece)) for piece in document.pieces("en", target)], target)


def texts(document: Document) -> list[str]:
    return [as_it_is(piece) for piece in document.pieces("en", "es")]


@cache
def _translate(home: str) -> Callable[[tuple[Piece, ...]], list[str]]:
    services = build(load({}, {}, None), {"HOME": home})

    def translate(pieces: tuple[Piece, ...]) -> list[str]:
        found = services.translator.translate(TranslationRequest(pieces, "en", "es"))
        return [translation.text for translation in found]

    return translate


def in_spanish(document: Document, home: Path) -> bytes:
    """The file translated by the starter packages."""
    return document.write(_translate(str(home))(tuple(document.pieces("en", "es"))), "es")


def line_ends(data: bytes) -> Iterator[bytes]:
    """The line ends of a file, in order."""
    return (line[len(line.rstrip(b"\r\n")) :] for line in data.splitlines(keepends=True))
