"""A translated segment as its document writes it: text escaped, protected pieces and tags as they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from libretranslate_py.text.parts import Block, Piece
from libretranslate_py.text.placement import place, walk
from libretranslate_py.text.spans import Kind, Segment, Span, Template


def render(segment: Segment, blocks: Sequence[Block], fill: Callable[[Template], str]) -> str:
    """Return the translation that ``blocks`` make up, with the spans of ``segment``.

    ``fill`` writes the templates of spans. Whatever the blocks say, every PAIR and MARK comes once and tags are nested
    as in the segment; the pieces come as often as the blocks have them.
    """
    writer = _Writer(segment, blocks, fill)
    for node, begins in walk(place(segment, blocks)):
        if begins:
            writer.text_until(node.start)
            writer.open(node.span)
        else:
            writer.text_until(node.end)
            writer.write(node.span.closing)
    return writer.finish()


class _Writer:
    def __init__(self, segment: Segment, blocks: Sequence[Block], fill: Callable[[Template], str]) -> None:
        self._text = "".join(block.text for block in blocks)
        self._pieces = list(_all_pieces(blocks))
        self._begins_with_space = segment.text[:1].isspace()
        self._escape = segment.escape
        self._fill = fill
        self._parts: list[str] = []
        self._position = 0
        self._next = 0

    def open(self, span: Span) -> None:
        """Writes what a span begins with; one that stands for a space (&nbsp;) takes the place of that."""
        if span.output and self._text[self._position : self._position + 1].isspace():
            self._position += 1
        elif span.output and self._parts and self._parts[-1][-1:].isspace():
            self._parts[-1] = self._parts[-1][:-1]
        opening = self._fill(span.opening) if span.opening else ""
        if span.kind is Kind.MARK and opening[:1] == " " and not self._parts and not self._begins_with_space:
            # It took the space before it along, and is the first thing now.
            opening = opening[1:] + " "
        self._parts += [opening] * bool(opening)

    def write(self, template: Template) -> None:
        if template:
            self._parts.append(self._fill(template))

    def text_until(self, end: int) -> None:
        """Writes the text up to ``end``; a piece that ``end`` falls into is written whole."""
        while self._next < len(self._pieces) and self._pieces[self._next].start < end:
            piece = self._pieces[self._next]
            self._write_text(piece.start)
            self.write(piece.span.output)
            self._position = max(self._position, piece.end)
            self._next += 1
        self._write_text(end)

    def _write_text(self, end: int) -> None:
        if end > self._position:
            self._parts.append(self._escape(self._text[self._position : end]))
            self._position = end

    def finish(self) -> str:
        self.text_until(len(self._text))
        return "".join(self._parts)


def _all_pieces(blocks: Sequence[Block]) -> Iterator[Piece]:
    offset = 0
    for block in blocks:
        for piece in block.pieces:
            yield Piece(offset + piece.start, offset + piece.end, piece.span)
        offset += len(block.text)
