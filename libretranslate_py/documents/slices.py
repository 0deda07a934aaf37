"""Text files of which slices are replaced and all else stays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from libretranslate_py.documents.document import Piece
from libretranslate_py.documents.encodings import Content
from libretranslate_py.errors import UnreadableFile
from libretranslate_py.text.spans import segments_of

# Start and end in the file's text, and what comes there instead.
Edit = tuple[int, int, str]

SAMPLE_CHARACTERS = 20_000
# Each costs memory long before it is translated.
_MOST_PARTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Part:
    """A piece, and what its translation changes: edits apart from each other and from those of other parts."""

    piece: Piece
    edits: Callable[[str], Iterable[Edit]]


class SlicedDocument:
    """A document of ``parts`` in reading order.

    references: whether characters that the file's encoding lacks are written as ``&#...;``. language_edits: given the
    target's Argos code, the edits that name it.
    """

    def __init__(
        self,
        content: Content,
        parts: Iterable[Part],
        *,
        references: bool = False,
        language_edits: Callable[[str], Iterable[Edit]] | None = None,
    ) -> None:
        self._content = content
        self._references = references
        self._language_edits = language_edits
        self._parts: list[Part] = []
        for part in parts:
            if len(self._parts) >= _MOST_PARTS:
                raise UnreadableFile("it has too many texts")
            self._parts.append(part)

    def sample(self) -> str:
        """See Document."""
        return sample_of(part.piece for part in self._parts)

    def pieces(self, source: str, target: str) -> Sequence[Piece]:
        """See Document."""
        return [part.piece for part in self._parts]

    def write(self, translations: Sequence[str], target: str) -> bytes:
        """See Document."""
        edits: list[Edit] = []
        for part, translation in zip(self._parts, translations, strict=True):
            edits += part.edits(translation)
        if self._language_edits:
            edits += self._language_edits(target)
        return self._content.encode(splice(self._content.text, edits), references=self._references)


def splice(text: str, edits: Iterable[Edit]) -> str:
    """Return ``text`` with all ``edits``, in whatever order they come."""
    parts: list[str] = []
    position = 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        parts += (text[position:start], new)
        position = end
    parts.append(text[position:])
    return "".join(parts)


def sample_of(pieces: Iterable[Piece]) -> str:
    """Return the visible text of the first ``pieces``."""
    found: list[str] = []
    size = 0
    for piece in pieces:
        texts = (piece,) if isinstance(piece, str) else (segment.text for segment in segments_of(piece))
        for text in texts:
            if size > SAMPLE_CHARACTERS:
                break
            found.append(text)
            size += len(text) + 1
    return "\n".join(found)[:SAMPLE_CHARACTERS]
