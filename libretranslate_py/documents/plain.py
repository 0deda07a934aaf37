"""Plain text files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from libretranslate_py.documents.encodings import Content, decode
from libretranslate_py.documents.slices import Edit, Part, SlicedDocument
from libretranslate_py.documents.wrapping import fill_lines
from libretranslate_py.text.slicing import cut_text

_LINE = re.compile(r"([ \t]*+)([^\r\n]*+)(\r\n?|\n|\Z)")
# A piece ends at the first blank line behind so many characters, or at the first line behind so many.
_CHARACTERS_PER_PIECE = 3_000
_MOST_CHARACTERS = 8_000
# A line may have any length.
_LONGEST_PIECE = 20_000

# Widths at which people and programs break lines.
_WIDTHS = range(45, 131)
# Columns, menus and tables: lines that belong to no paragraph.
_COLUMNS = re.compile(r"\t|\S {2,}(?=\S)(?<![.!?:] {2})|\|")
_PROSE_START = re.compile(r"[^\W_]|[\"'(«“‘„¿¡*_`\[<]")
_MARKER = re.compile(r"(?:\d{1,3}|[A-Za-z]|[ivx]{1,5})[.)] |[*_]\s|\[[ xX]\]")
_FINAL = re.compile(r"[.!?:;…。！？][\"')\]»”’]*\Z")
# From so many lines on, a sentence may well end where a line does.
_MANY_LINES = 4


class _Line(NamedTuple):
    """start and end: of the text without indentation and line end; after: of the next line."""

    start: int
    end: int
    after: int
    indent: str
    text: str


def open_txt(data: bytes) -> SlicedDocument:
    """Return the text; raises UnreadableFile for what is none."""
    return read_text(decode(data))


def read_text(content: Content) -> SlicedDocument:
    """Return a text as a document, in which paragraphs whose lines a width broke are translated whole."""
    return SlicedDocument(content, _parts(content.text))


def _parts(text: str) -> Iterator[Part]:
    start = end = 0
    for block in _blocks(text):
        if is_wrapped([line.indent + line.text for line in block]):
            if end > start:
                yield from _plain_parts(text, start, end)
            yield _paragraph_part(text, block)
            # Its last line end belongs to what follows.
            start = end = block[-1].end
            continue
        for line in block:
            end = line.after
            if end - start > (_MOST_CHARACTERS if line.text else _CHARACTERS_PER_PIECE):
                yield from _plain_parts(text, start, end)
                start = end
    if len(text) > start:
        yield from _plain_parts(text, start, len(text))


def _blocks(text: str) -> Iterator[list[_Line]]:
    """Yield the lines of a paragraph each, and each blank line by itself."""
    block: list[_Line] = []
    for found in _LINE.finditer(text):
        if found.start() == found.end():
            break
        line = _Line(found.start(2), found.end(2), found.end(), found[1], found[2].rstrip())
        line = line._replace(end=line.start + len(line.text))
        if line.text and len(block) < _MOST_CHARACTERS:
            block.append(line)
            continue
        if block:
            yield block
        block = []
        yield [line]
    if block:
        yield block


def _plain_parts(text: str, start: int, end: int) -> Iterator[Part]:
    for piece in cut_text(text[start:end], _LONGEST_PIECE):
        yield Part(piece, partial(_replace, piece, start, start + len(piece)))
        start += len(piece)


def _replace(piece: str, start: int, end: int, translation: str) -> Sequence[Edit]:
    return [] if translation == piece else [(start, end, translation)]


def _paragraph_part(text: str, block: Sequence[_Line]) -> Part:
    piece = " ".join(line.text for line in block)
    line_end = text[block[0].start + len(block[0].text) : block[0].after].lstrip(" \t")
    separator = line_end + block[1].indent
    width = max(len(line.indent) + len(line.text) for line in block) - len(block[1].indent)

    def edits(translation: str) -> Sequence[Edit]:
        if translation == piece:
            return []
        return [(block[0].start, block[-1].end, separator.join(fill_lines(translation, width)))]

    return Part(piece, edits)


def is_wrapped(lines: Sequence[str]) -> bool:
    """Whether ``lines``, indentation included, are one paragraph that a width broke."""
    if len(lines) < 2 or max(map(len, lines)) not in _WIDTHS:
        return False
    bodies = [line.lstrip() for line in lines]
    if any(not _PROSE_START.match(body) or _MARKER.match(body) or _COLUMNS.search(body) for body in bodies):
        return False
    indents = {len(line) - len(body) for line, body in zip(lines[1:], bodies[1:], strict=True)}
    if len(indents) > 1 or not any(body[0].islower() or not body[0].isupper() for body in bodies[1:]):
        return False
    if len(lines) < _MANY_LINES and any(_FINAL.search(body) for body in bodies[:-1]):
        return False
    return _is_greedy(lines, bodies)


def _is_greedy(lines: Sequence[str], bodies: Sequence[str]) -> bool:
    """Whether the first word of each line would have been too long for the line before."""
    width = max(map(len, lines))
    following = [body.split(None, 1)[0] for body in bodies[1:]]
    return all(len(line) + 1 + len(word) > width for (line, _), word in zip(pairwise(lines), following, strict=True))
