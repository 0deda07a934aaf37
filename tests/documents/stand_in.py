"""A format that anybody can read in a test: each line is a piece. ``bad`` bytes cannot be read."""

from __future__ import annotations

from collections.abc import Sequence

from libretranslate_py.documents.document import Format, Piece
from libretranslate_py.errors import UnreadableFile


class Lines:
    def __init__(self, data: bytes) -> None:
        if b"bad" in data:
            raise UnreadableFile("it is bad")
        self._lines = data.decode().split("\n")

    def sample(self) -> str:
        return "\n".join(self._lines)

    def pieces(self, source: str, target: str) -> Sequence[Piece]:
        return list(self._lines)

    def write(self, translations: Sequence[str], target: str) -> bytes:
        return "\n".join(translations).encode()


FORMATS = {
    ".txt": Format(".txt", Lines, ".txt", "text/plain"),
    ".html": Format(".html", Lines, ".html", "text/html"),
    ".pdf": Format(".pdf", Lines, ".txt", "text/plain"),
}
