"""What every format of files offers to whoever translates them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from libretranslate_py.text.spans import Template

# Plain text as it stands, or a template of which the segments are ready.
Piece = str | Template


class Document(Protocol):
    """A file that has been read. It belongs to one request: methods keep what they find out, and threads share none."""

    def sample(self) -> str:
        """Return its visible text, about the first 20,000 characters, from which its language is told."""
        ...

    def pieces(self, source: str, target: str) -> Sequence[Piece]:
        """Return what is to be translated, in reading order; ``source`` and ``target`` are Argos codes.

        Called once, before ``write``.
        """
        ...

    def write(self, translations: Sequence[str], target: str) -> bytes:
        """Return the file with the piece of each number replaced by the translation of the same number."""
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file.

    extension: lower case, with its dot. open: raises UnreadableFile. result_extension: that of what ``write`` returns,
    which differs where a format can be read and not written. weigh: bytes that are in memory as objects while such a
    file is open.
    """

    extension: str
    open: Callable[[bytes], Document]
    result_extension: str
    media_type: str
    weigh: Callable[[bytes], int] = len
