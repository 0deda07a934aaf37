"""HTML as a template: what is read in it as segments, and every other byte as it was.

There is no tree: a document is a row of slices, blocks are boundaries between runs of text and inline tags, and only
for what is protected, foreign or set apart does it matter where an element ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto

from libretranslate_py.text.markup_attributes import (
    NOTHING,
    SPACE_RUN,
    Edit,
    Reading,
    Rules,
    read_protected,
    read_tag,
    weave,
)
from libretranslate_py.text.markup_characters import decode_text
from libretranslate_py.text.markup_elements import (
    BLOCK,
    CODE,
    MEDIA,
    OPAQUE,
    SVG_TEXT,
    WIDGETS,
    find_ends,
    is_empty_tag,
)
from libretranslate_py.text.markup_lexer import Lexeme, Slice, lex
from libretranslate_py.text.markup_runs import edit_run
from libretranslate_py.text.markup_spans import Item, Role
from libretranslate_py.text.spans import Template

_PRINTS = re.compile(r"<\?(?:=|php\s+(?:echo|print)\b)|<%[=-]", re.IGNORECASE)
# Each level holds its markup once more.
_DEEPEST = 4

# Characters. Every tag takes many times its length in memory while a page is taken apart.
LONGEST = 5_000_000


def extract(
    html: str, *, source: str, target: str, attributes: bool = True, preformatted: bool = False, xml: bool = False
) -> Template:
    """Return ``html`` as a template; ``source`` and ``target`` are Argos codes.

    attributes: False leaves every attribute as it is, and does not read ``lang`` either; otherwise those that are shown
    are translated, and ``lang`` and ``dir`` say what the translation is: this is the only change in the verbatim pieces
    of the template. preformatted: the lines of <pre> are translated too. xml: it is XHTML, where
    any element may be empty (<title/>). Takes any text, in linear time.
    """
    return _Reader(html, Rules(source, target, attributes), preformatted, xml).read()


class _Mode(Enum):
    """What becomes of an element that is read by itself."""

    # Its segments are its surroundings'.
    BLOCK = auto()
    # It is a mark or a noun in a sentence, and holds its own segments.
    MARK = auto()
    NAME = auto()


@dataclass(slots=True)
class _Frame:
    """An element that is read by itself. start, end: numbers of its first slice and of the one behind it."""

    start: int
    end: int
    mode: _Mode
    edits: list[Edit]
    is_quiet: bool = False
    is_svg: bool = False
    keeps_spaces: bool = False
    # How many marks and nouns it is in.
    depth: int = 0
    items: list[Item] = field(default_factory=list)


class _Reader:
    def __init__(self, markup: str, rules: Rules, preformatted: bool, xml: bool) -> None:
        self._markup = markup
        self._xml = xml
        self._rules = rules
        self._preformatted = preformatted
        self._slices = list(lex(markup, xml=xml))
        self._ends = find_ends(markup, self._slices, xml=xml)
        # Without a single tag it is plain text, from a client that calls every text HTML: its lines are lines.
        is_plain = all(piece.kind is Lexeme.TEXT for piece in self._slices)
        self._frames = [_Frame(0, len(self._slices), _Mode.BLOCK, [], keeps_spaces=is_plain)]

    def read(self) -> Template:
        number, count = 0, len(self._slices)
        while number < count:
            while self._frames[-1].end <= number:
                self._leave()
            piece = self._slices[number]
            frame = self._frames[-1]
            if piece.kind is Lexeme.START:
                number = self._read_start(frame, piece, number)
                continue
            if not frame.is_quiet:
                self._read_other(frame, piece)
            number += 1
        while len(self._frames) > 1:
            self._leave()
        self._flush(self._frames[0])
        return weave(self._markup, 0, len(self._markup), self._frames[0].edits)

    # --- slices -----------------------------------------------------------------------------------------------------

    def _read_other(self, frame: _Frame, piece: Slice) -> None:
        if piece.kind is Lexeme.TEXT:
            if frame.keeps_spaces:
                self._read_lines(frame, piece)
            else:
                text = decode_text(self._markup[piece.start : piece.end])
                frame.items.append(Item(piece.start, piece.end, Role.TEXT, "", text))
        elif piece.kind is Lexeme.END and piece.name in BLOCK:
            self._flush(frame)
        else:
            role = Role.CLOSE if piece.kind is Lexeme.END else Role.MARK
            text = ""
            if piece.kind is Lexeme.COMMENT and _PRINTS.match(self._markup, piece.start):
                # What a template prints is a noun to its sentence.
                role, text = Role.NAME, "x"
            frame.items.append(Item(piece.start, piece.end, role, piece.name, text))

    def _read_lines(self, frame: _Frame, piece: Slice) -> None:
        start = piece.start
        for line in self._markup[piece.start : piece.end].splitlines(keepends=True):
            end = start + len(line)
            frame.items.append(Item(start, end, Role.TEXT, "", decode_text(line)))
            if line[-1] in "\r\n":
                self._flush(frame)
            start = end

    def _read_start(self, frame: _Frame, piece: Slice, number: int) -> int:
        """Return the number of the slice to go on with."""
        end = min(self._ends[number], frame.end)
        if frame.is_quiet:
            return self._read_quiet_start(frame, piece, number, end)
        has_attributes = piece.end - piece.start > len(piece.name) + 2 or piece.name == "html"
        reading = read_tag(self._markup, piece, self._rules) if has_attributes else NOTHING
        is_protected = reading.translate is False
        if self._is_cut_off(number, end) and (piece.name in OPAQUE or is_protected or piece.name in CODE):
            # Whatever comes behind it is in it: it stays at the end.
            self._flush(frame)
            frame.edits.extend(reading.edits)
            return end
        if piece.name in OPAQUE:
            return self._read_opaque(frame, piece, number, end, reading)
        if piece.name in BLOCK:
            self._read_block(frame, piece, number, end, reading)
        elif piece.name == "br" and not (self._xml and not self._is_empty(piece, False)):
            frame.items.append(Item(piece.start, piece.end, Role.BREAK, "br", "", reading.edits))
        elif self._is_empty(piece, frame.is_svg):
            frame.items.append(Item(piece.start, piece.end, Role.MARK, piece.name, "", reading.edits))
        elif is_protected or (piece.name in CODE and not reading.translate):
            mode = _Mode.MARK if piece.name == "svg" else _Mode.NAME
            return self._enter(frame, _Frame(number, end, mode, [], is_quiet=True))
        elif piece.name == "svg":
            return self._enter(frame, _Frame(number, end, _Mode.MARK, [*reading.edits], is_quiet=True, is_svg=True))
        elif piece.name in WIDGETS:
            return self._enter(frame, _Frame(number, end, _Mode.NAME, [*reading.edits]))
        else:
            frame.items.append(Item(piece.start, piece.end, Role.OPEN, piece.name, "", reading.edits))
        return number + 1

    def _is_empty(self, tag: Slice, foreign: bool) -> bool:
        return is_empty_tag(self._markup, tag, foreign=foreign, xml=self._xml)

    def _is_cut_off(self, number: int, end: int) -> bool:
        """Whether the document ends in the element."""
        if end < len(self._slices) or self._is_empty(self._slices[number], False):
            return False
        last = self._slices[-1]
        return last.kind is not Lexeme.END or last.name != self._slices[number].name

    def _read_quiet_start(self, frame: _Frame, piece: Slice, number: int, end: int) -> int:
        """A tag in what is not translated: it may say that it is."""
        if piece.name in OPAQUE:
            return end
        says = read_protected(self._markup, piece)
        if says:
            frame.edits.extend(read_tag(self._markup, piece, self._rules).edits)
        if self._is_empty(piece, frame.is_svg):
            return number + 1
        if says or (says is None and frame.is_svg and piece.name in SVG_TEXT):
            self._push_block(frame, number, end, is_svg=frame.is_svg and piece.name != "foreignobject")
        elif says is False and frame.is_svg:
            self._push_block(frame, number, end, is_quiet=True)
        return number + 1

    def _read_block(self, frame: _Frame, piece: Slice, number: int, end: int, reading: Reading) -> None:
        self._flush(frame)
        frame.edits.extend(reading.edits)
        if self._is_empty(piece, frame.is_svg):
            return
        is_pre = piece.name == "pre"
        is_quiet = reading.translate is False or (is_pre and not self._preformatted)
        if is_quiet or is_pre:
            self._push_block(frame, number, end, is_quiet=is_quiet, keeps_spaces=is_pre or frame.keeps_spaces)

    def _read_opaque(self, frame: _Frame, piece: Slice, number: int, end: int, reading: Reading) -> int:
        edits = [*reading.edits]
        if piece.name in MEDIA and reading.translate is not False:
            for inner in self._slices[number + 1 : end]:
                if inner.kind is Lexeme.START and inner.name == "track":
                    edits += read_tag(self._markup, inner, self._rules).edits
        text = (self._text_of(number, end) or "x") if piece.name == "math" else ""
        self._add_element(frame, number, end, text, edits)
        return end

    # --- frames -----------------------------------------------------------------------------------------------------

    def _push_block(
        self,
        frame: _Frame,
        number: int,
        end: int,
        *,
        is_quiet: bool = False,
        is_svg: bool = False,
        keeps_spaces: bool | None = None,
    ) -> None:
        keeps = frame.keeps_spaces if keeps_spaces is None else keeps_spaces
        self._frames.append(
            _Frame(number, end, _Mode.BLOCK, frame.edits, is_quiet, is_svg, keeps_spaces=keeps, depth=frame.depth)
        )

    def _enter(self, frame: _Frame, inner: _Frame) -> int:
        """Return the number of the slice to go on with: the next one, or the one behind an element that is too deep."""
        inner.depth = frame.depth + 1
        self._frames.append(inner)
        if inner.depth <= _DEEPEST:
            return inner.start + 1
        inner.is_quiet = True
        return inner.end

    def _leave(self) -> None:
        frame = self._frames.pop()
        if not frame.is_quiet:
            self._flush(frame)
        if frame.mode is _Mode.BLOCK:
            return
        text = ""
        if frame.mode is _Mode.NAME:
            # The options of a list say nothing about the sentence that it stands in.
            is_list = self._slices[frame.start].name == "select"
            text = "x" if is_list else self._text_of(frame.start, frame.end)
        self._add_element(self._frames[-1], frame.start, frame.end, text, frame.edits)

    def _add_element(self, frame: _Frame, number: int, end: int, text: str, edits: list[Edit]) -> None:
        """Adds the element as one item: a noun if it has text, otherwise a mark."""
        start, last = self._slices[number], self._slices[end - 1]
        role = Role.NAME if text.strip() else Role.MARK
        frame.items.append(Item(start.start, last.end, role, start.name, text, tuple(edits)))

    def _text_of(self, number: int, end: int) -> str:
        slices = (piece for piece in self._slices[number:end] if piece.kind is Lexeme.TEXT)
        return SPACE_RUN.sub(" ", "".join(decode_text(self._markup[piece.start : piece.end]) for piece in slices))

    def _flush(self, frame: _Frame) -> None:
        if frame.items:
            frame.edits.extend(edit_run(self._markup, frame.items, keep_spaces=frame.keeps_spaces))
            frame.items.clear()
