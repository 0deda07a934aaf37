"""The words of a block of Markdown: which lines are read as one, and how they are written back."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from libretranslate_py.documents.document import Piece
from libretranslate_py.documents.slices import Edit, Part
from libretranslate_py.documents.tags import Tag, piece_of, spans_of
from libretranslate_py.documents.wrapping import break_places, divide_evenly


class Line(NamedTuple):
    """start and end: of its text. after: of the next line."""

    start: int
    end: int
    after: int


_FOOTNOTE = re.compile(r"\[\^[^\]\s]{1,80}\]:[ \t]*|\[[ xX]\][ \t]+|\[![A-Za-z]{1,20}\][-+]?[ \t]*")
# What processors of Markdown take for themselves: containers, attributes, formulas, templates.
_NO_WORDS = re.compile(r":::|\$\$|\{[:#.%{].*\}\Z|\[\[?_?TOC_?\]?\]\Z|<!--")
_HARD_BREAK = re.compile(r"(?: {2}|\\)\Z")
_CODE = re.compile(r"(?<![`\\])(`+)(?!`)(.{1,5000}?)(?<!`)\1(?!`)")
_LABEL = re.compile(r"(?<![\]!\\])\[([^\[\]]{1,200})\](?!\[[^\]]|[(:])(\[\])?")
_DOUBLED = re.compile(r"\[([^\[\]]{1,200})\]\[([^\[\]]{1,200})\]")
# Would begin a block, if it came first on a line.
_BEGINS_BLOCK = re.compile(r"[-+*#]+(?:\s|\Z)|[>=~`|<:]|--|\d{1,9}[.)](?:\s|\Z)|\[[\^ xX]")
_BAR = re.compile(r"(?<!\\)\|")
_LINE_ENDS = re.compile(r"\s*[\r\n]+\s*")


def parts_of_lines(text: str, lines: Sequence[Line], references: frozenset[str]) -> Iterator[Part]:
    """Yield what is to be translated of the lines of a block."""
    unit: list[Line] = []
    for line in lines:
        prefix = _FOOTNOTE.match(text, line.start, line.end)
        skipped = _NO_WORDS.match(text, line.start, line.end)
        if unit and (prefix or skipped):
            yield _part(text, unit, references)
            unit = []
        if skipped:
            continue
        unit.append(line._replace(start=prefix.end()) if prefix else line)
        if _HARD_BREAK.search(text[line.start : line.after].rstrip("\r\n")):
            unit[-1] = unit[-1]._replace(end=line.end - text.endswith("\\", line.start, line.end))
            yield _part(text, unit, references)
            unit = []
    if unit:
        yield _part(text, unit, references)


def part_of_cell(text: str, start: int, end: int, references: frozenset[str]) -> Iterator[Part]:
    """Yield what is to be translated of a cell; a bar in the translation does not end it."""
    source = text[start:end]
    original, piece = _prepared(source, references)

    def edits(translation: str) -> Sequence[Edit]:
        if translation == original:
            return []
        return [(start, end, _BAR.sub(r"\\|", _finished(translation)))]

    yield Part(piece, edits)


def _part(text: str, lines: Sequence[Line], references: frozenset[str]) -> Part:
    source = " ".join(text[line.start : line.end] for line in lines)
    original, piece = _prepared(source, references)
    separators = [text[before.end : after.start] for before, after in itertools.pairwise(lines)]

    def edits(translation: str) -> Sequence[Edit]:
        if translation == original:
            return []
        return [(lines[0].start, lines[-1].end, _in_lines(_finished(translation), separators))]

    return Part(piece, edits)


def _prepared(source: str, references: frozenset[str]) -> tuple[str, Piece]:
    """Return the text to translate, and the piece that it makes.

    A label that is its own reference is written out, since only what is shown of it is translated.
    """
    text = _LABEL.sub(lambda found: _written_out(found, references), source) if references else source
    if "`" not in text:
        return text, text
    codes = spans_of(text, (Tag(*found.span(), "", is_word=True) for found in _CODE.finditer(text)))
    return text, piece_of(text, codes)


def _written_out(found: re.Match[str], references: frozenset[str]) -> str:
    label = found[1]
    return f"[{label}][{label}]" if _normal(label) in references else found[0]


def _normal(label: str) -> str:
    from markdown_it.common.utils import normalizeReference  # noqa: PLC0415

    return normalizeReference(label)


def _finished(translation: str) -> str:
    shortened = _DOUBLED.sub(lambda found: f"[{found[1]}]" if found[1] == found[2] else found[0], translation)
    return _LINE_ENDS.sub(" ", shortened)


def _in_lines(text: str, separators: Sequence[str]) -> str:
    """Return ``text`` in as many lines as there were; with too few words for them, on one."""
    if not separators:
        return text
    places = [place for place in break_places(text) if not _BEGINS_BLOCK.match(text, place[1])]
    lines = divide_evenly(text, [1] * (len(separators) + 1), places)
    if lines is None:
        return text
    return lines[0] + "".join(separator + line for separator, line in zip(separators, lines[1:], strict=True))
