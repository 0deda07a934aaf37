"""The spans of a sentence in HTML: its text as a browser shows it, and where the tags stand in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from libretranslate_py.text.markup_attributes import SPACE_RUN, Edit, weave
from libretranslate_py.text.markup_characters import SPACES
from libretranslate_py.text.spans import Kind, Span


class Role(Enum):
    """What an item of a run is to its sentence."""

    TEXT = auto()
    OPEN = auto()
    CLOSE = auto()
    MARK = auto()
    NAME = auto()
    # A line break: a boundary or a mark, which only what is around it tells.
    BREAK = auto()


class Item(NamedTuple):
    """``start`` and ``end`` count in the markup; ``text`` is what a reader sees of TEXT and NAME; ``edits`` lie inside.

    name: of the element.
    """

    start: int
    end: int
    role: Role
    name: str = ""
    text: str = ""
    edits: tuple[Edit, ...] = ()


_NEVER_SPACED = frozenset(".,;:!?…)]}%")


@dataclass(slots=True, eq=False)
class _Draft:
    """A span: code points of the text, and the ranges of the markup that its templates stand for."""

    kind: Kind
    start: int
    end: int
    opening: tuple[int, int]
    closing: tuple[int, int] = (0, 0)
    # Whether ``opening`` is one tag only, so that a space behind it may as well stand in front.
    is_bare: bool = True


class SpanWriter:
    """Writes the text of a segment, which is ``bounds`` of the markup, and notes its spans.

    keep_spaces: white space is left as it is, and no longer collapsed as browsers do. Marks at the edge of a pair
    become part of its tag: ranges alone would not tell whether they stand inside or outside. One that is left at the
    end of a pair is outside.
    """

    def __init__(self, markup: str, bounds: tuple[int, int], *, keep_spaces: bool) -> None:
        self._markup = markup
        self._bounds = bounds
        self._keep = keep_spaces
        self._pieces: list[str] = []
        self._length = 0
        # Whether a further space would be one too many.
        self._spaced = True
        self._drafts: list[_Draft] = []
        # Drafts from here on were made since the last character.
        self._fresh = 0
        # Number of the closing tag -> where the draft is, and the draft.
        self._opened: dict[int, tuple[int, _Draft]] = {}
        # Tags of which the other half is beyond the segment, with their places: pairs up to its end or from its start,
        # so that what stands in the element stays in it.
        self._unclosed: list[tuple[int, _Draft]] = []
        self._early: list[_Draft] = []
        self._last_close = -1
        self._newest_open: _Draft | None = None
        self._last_mark = -1
        # Whether a mark stands right before the space that the text ends with: without it, the mark would seem to be
        # behind a pair that it is in.
        self._marked_space = False
        # The white space of the markup that the text ends with, and what was closed behind it first.
        self._tail = (0, 0)
        self._tail_closing: _Draft | None = None

    def write(self, item: Item, number: int, partner: int) -> None:
        """``number`` and ``partner`` are those of the item and, if it is a tag of a pair, of the other one, or -1."""
        if item.role is Role.TEXT:
            self._write_text(item)
        elif item.role is Role.NAME:
            self._write_name(item)
        elif item.role is Role.OPEN and partner >= 0:
            self._open(item, partner)
        elif item.role is Role.CLOSE and partner >= 0:
            self._close(item, number)
        elif item.role is Role.OPEN:
            self._open_for_good(item)
        elif item.role is Role.CLOSE and self._length and not self._opened and not self._unclosed:
            self._close_early(item)
        else:
            if item.role is Role.BREAK:
                self._write_space()
            self._mark(item.start, item.end)

    def write_empty(self, items: Sequence[Item]) -> None:
        """A pair without words: one mark."""
        if any(item.role is Role.TEXT for item in items):
            self._write_space()
        self._mark(items[0].start, items[-1].end)

    def finish(self, edits: Sequence[Edit]) -> tuple[str, tuple[Span, ...]]:
        """Return the text and its spans; ``edits`` are those within the markup of the segment, in order."""
        text = "".join(self._pieces)
        self._drafts = [*reversed(self._early), *self._drafts]
        if self._spaced and not self._keep and text and not self._marked_space:
            text = text[:-1]
            for draft in self._drafts:
                draft.start, draft.end = min(draft.start, len(text)), min(draft.end, len(text))
            if self._tail_closing is not None and self._tail_closing.closing[0] == self._tail[1]:
                self._tail_closing.closing = (self._tail[0], self._tail_closing.closing[1])
        self._end_unclosed(-1, len(text))
        self._drafts.sort(key=lambda draft: (draft.start, draft.kind is not Kind.MARK, -draft.end))
        return text, tuple(self._span(draft, edits) for draft in self._drafts)

    def _span(self, draft: _Draft, edits: Sequence[Edit]) -> Span:
        opening = weave(self._markup, *draft.opening, edits)
        if draft.kind is Kind.NAME:
            return Span(draft.start, draft.end, Kind.NAME, output=opening)
        return Span(draft.start, draft.end, draft.kind, opening, weave(self._markup, *draft.closing, edits))

    def _newest_mark(self) -> _Draft | None:
        if len(self._drafts) > self._fresh and self._drafts[-1].kind is Kind.MARK:
            return self._drafts[-1]
        return None

    def _open(self, item: Item, partner: int) -> None:
        mark = self._newest_mark()
        if mark:
            self._drafts.pop()
        opening = (mark.opening[0] if mark else item.start, item.end)
        draft = _Draft(Kind.PAIR, self._length, self._length, opening, is_bare=mark is None)
        self._opened[partner] = (len(self._drafts), draft)
        self._newest_open = draft
        self._drafts.append(draft)

    def _open_for_good(self, item: Item) -> None:
        self._open(item, -1)
        self._unclosed.append(self._opened.pop(-1))

    def _close_early(self, item: Item) -> None:
        mark = self._newest_mark()
        if mark:
            self._drafts.pop()
        closing = (mark.opening[0] if mark else item.start, item.end)
        self._last_close = self._length
        self._early.append(_Draft(Kind.PAIR, 0, self._length, (self._bounds[0], self._bounds[0]), closing))

    def _end_unclosed(self, place: int, end: int) -> None:
        """What was opened for good in a pair ends with it."""
        while self._unclosed and self._unclosed[-1][0] > place:
            _, draft = self._unclosed.pop()
            draft.end, draft.closing = end, (self._bounds[0], self._bounds[0])
            if draft.start >= end:
                draft.kind, draft.start = Kind.MARK, end

    def _close(self, item: Item, number: int) -> None:
        place, draft = self._opened.pop(number)
        self._end_unclosed(place, self._length)
        mark = self._newest_mark()
        draft.closing, draft.end = (item.start, item.end), self._length
        self._last_close = self._length
        if mark and len(self._drafts) - 1 > place:
            self._drafts.pop()
            draft.closing = (mark.opening[0], item.end)
        elif self._spaced and not self._keep and self._last_mark < self._length - 1:
            draft.end -= 1
            self._tail_closing = self._tail_closing or draft

    def _mark(self, start: int, end: int) -> None:
        newest = self._drafts[-1] if len(self._drafts) > self._fresh else None
        if newest:
            newest.opening = (newest.opening[0], end)
            newest.is_bare = False
        else:
            self._drafts.append(_Draft(Kind.MARK, self._length, self._length, (start, end)))
        self._last_mark = self._length

    def _write_text(self, item: Item) -> None:
        if self._keep:
            start, end = max(item.start, self._bounds[0]), min(item.end, self._bounds[1])
            cut = item.text[start - item.start :]
            self._append(cut[: len(cut) - (item.end - end)])
            return
        text = SPACE_RUN.sub(" ", item.text)
        if text.startswith(" "):
            if self._spaced:
                self._give_space_to_tag(item)
            self._write_space()
        body = text.strip(" ")
        if body:
            if body[0] in _NEVER_SPACED:
                self._close_up()
            self._append(body)
            self._spaced = False
            if text.endswith(" "):
                self._write_space()
        raw = self._markup[item.start : item.end]
        self._tail = (item.start + len(raw.rstrip(SPACES)), item.end)

    def _close_up(self) -> None:
        """A comma behind a mark stands right behind the word before it for the model; the space goes with the mark."""
        fresh = self._drafts[self._fresh :]
        if len(fresh) != 1 or fresh[0].kind is not Kind.MARK or fresh[0].start != self._length or not self._pieces:
            return
        start, end = fresh[0].opening
        spaces = len(self._markup[self._tail[0] : start]) if self._tail[1] == start else 0
        # Where a pair begins before the space, the mark would seem to be in front of it.
        begins_there = self._newest_open is not None and self._newest_open.start >= self._length - 1
        if spaces and self._pieces[-1] == " " and self._last_close < self._length and not begins_there:
            self._pieces.pop()
            self._length -= 1
            fresh[0].start = fresh[0].end = self._length
            fresh[0].opening = (start - spaces, end)

    def _give_space_to_tag(self, item: Item) -> None:
        """White space behind an image shows, though a space stands before the image."""
        newest = self._drafts[-1] if len(self._drafts) > self._fresh else None
        space = SPACE_RUN.match(self._markup, item.start, item.end)
        if newest and space and (self._length == 0 or newest.kind is Kind.MARK or not newest.is_bare):
            newest.opening = (newest.opening[0], space.end())

    def _write_name(self, item: Item) -> None:
        text = item.text.strip(SPACES) or "x"
        if item.text[:1].isspace():
            self._write_space()
        self._drafts.append(_Draft(Kind.NAME, self._length, self._length + len(text), (item.start, item.end)))
        self._append(text)
        self._spaced = False
        if item.text[-1:].isspace():
            self._write_space()

    def _write_space(self) -> None:
        if self._spaced or self._keep:
            return
        fresh = self._drafts[self._fresh :]
        if all(draft.is_bare and draft.kind is Kind.PAIR for draft in fresh):
            for draft in fresh:
                draft.start += 1
        self._append(" ")
        if fresh and fresh[0].start == self._length:
            # They stand behind the space now, and what follows is still their edge.
            self._fresh -= len(fresh)
        self._spaced = True
        self._marked_space = self._last_mark == self._length - 1
        self._tail_closing = None

    def _append(self, text: str) -> None:
        self._pieces.append(text)
        self._length += len(text)
        self._fresh = len(self._drafts)
