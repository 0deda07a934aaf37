"""Markdown: headings, paragraphs, entries of lists and cells of tables; marks, code and addresses stay.

markdown-it-py says where blocks are; what is written back are slices of the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from libretranslate_py.documents.encodings import decode
from libretranslate_py.documents.markdown_units import Line, part_of_cell, parts_of_lines
from libretranslate_py.documents.slices import Part, SlicedDocument
from libretranslate_py.errors import UnreadableFile

if TYPE_CHECKING:
    from markdown_it.token import Token

_LINE = re.compile(r"([^\r\n]*+)(\r\n?|\n|\Z)")
# Of programs that make sites: YAML or TOML before the text.
_FRONT = re.compile(r"(---|\+\+\+)[ \t]*(?:\r\n?|\n)(?s:.*?)^\1[ \t]*(?:\r\n?|\n|\Z)", re.MULTILINE)
# The parser takes up to a tenth of a millisecond for a line, and 7 seconds for a million characters.
_MOST_CHARACTERS = 3_000_000
_MOST_LINES = 200_000
# Bars, each of which may end the cell of a table: the parser keeps two kilobytes for one.
_MOST_BARS = 100_000


def open_md(data: bytes) -> SlicedDocument:
    """Return the text; raises UnreadableFile for what is none, or too large."""
    content = decode(data)
    lines = content.text.count("\n") + content.text.count("\r")
    if len(content.text) > _MOST_CHARACTERS or lines > _MOST_LINES or content.text.count("|") > _MOST_BARS:
        raise UnreadableFile("it is too large for Markdown")
    return SlicedDocument(content, _parts(content.text))


def _parts(text: str) -> Iterator[Part]:
    from markdown_it import MarkdownIt  # noqa: PLC0415

    front = _FRONT.match(text)
    begin = front.end() if front else 0
    lines = [Line(*found.span(1), found.end()) for found in _LINE.finditer(text, begin) if found.start() < len(text)]
    environment: dict[str, Any] = {}
    parser = MarkdownIt("commonmark").enable("table")
    # What is inside of blocks is read here: the parser would only take time for it.
    parser.core.ruler.enableOnly(["normalize", "block"])
    tokens = parser.parse(text[begin:], environment)
    references = frozenset(environment.get("references", ()))
    yield from _Reader(text, lines, references).parts(tokens)


class _Reader:
    def __init__(self, text: str, lines: Sequence[Line], references: frozenset[str]) -> None:
        self._text = text
        self._lines = lines
        self._references = references
        self._row = -1
        self._position = 0

    def parts(self, tokens: Sequence[Token]) -> Iterator[Part]:
        in_table = False
        for token in tokens:
            if token.type in ("table_open", "table_close"):
                in_table = token.type == "table_open"
            elif token.type == "tr_open" and token.map:
                self._row, self._position = token.map[0], self._lines[token.map[0]].start
            elif token.type != "inline" or not token.content:
                continue
            elif in_table:
                yield from self._cell(token.content)
            elif token.map:
                places = self._places(token.content.split("\n"), token.map[0])
                yield from parts_of_lines(self._text, places, self._references)

    def _cell(self, content: str) -> Iterator[Part]:
        end = self._lines[self._row].end
        start = self._text.find(content, self._position, end)
        if start < 0:
            content = content.replace("|", "\\|")
            start = self._text.find(content, self._position, end)
        if start >= 0:
            self._position = start + len(content)
            yield from part_of_cell(self._text, start, self._position, self._references)

    def _places(self, contents: Sequence[str], first: int) -> list[Line]:
        """Return where the lines of a block are in the text, without what the blocks around it write before them."""
        found: list[Line] = []
        for line, content in zip(self._lines[first : first + len(contents)], contents, strict=False):
            body = content.strip()
            start = self._text.rfind(body, line.start, line.end)
            if start < 0 or not body:
                return []
            found.append(Line(start, start + len(body), line.after))
        return found if len(found) == len(contents) else []
