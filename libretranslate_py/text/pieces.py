"""What finders find in a segment's text (placeholders, terms) becomes spans of the segment."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise

from libretranslate_py.text.pieces_absorbing import Absorbing
from libretranslate_py.text.pieces_widening import widen
from libretranslate_py.text.spans import PROTECTED, Kind, Segment, Span, Template

# Given a text, returns spans ordered by (start, -end). A MARK covers the characters of its ``opening``; one with the
# output " " is a kind of space, and stands for it. A PAIR covers its delimiters, too, which are its ``opening`` and
# ``closing``. Only what is between the delimiters of a PAIR may be covered again; all else is apart.
Finder = Callable[[str], Sequence[Span]]


# Punctuation that has no space before it, or none behind it; a mark takes the one that it would leave there.
_CLOSING = frozenset(".,;:!?…)]}\"'”’»。，、！？；：）」』")
_OPENING = frozenset("([{“«„¿¡（「『")


def protect(segment: Segment, finders: Sequence[Finder]) -> Segment:
    """Return ``segment`` with what ``finders`` find in its text as further spans.

    The characters of MARK spans and of the delimiters of PAIR spans are taken out of the text. Of two spaces that a
    mark leaves side by side, or of one that it leaves at an edge or next to punctuation, one goes with the mark. A mark
    that stands for a space leaves one where nothing else parts the words, and keeps its output there. A find is dropped
    where it overlaps a protected span, of the segment or of an earlier finder. A NAME or NUMBER takes in the PAIR and
    MARK spans that lie wholly in it: they are written with it. Where a PAIR crosses its edge, it is divided, and so is
    a MARK where anything of the segment stands in it. A TERM with an output of its own is never divided: pairs that
    begin or end in it are widened to all of it, marks go behind it; only where one pair ends and another begins in it,
    and neither lies within it, the latter begins behind it. A found PAIR that would cross something is dropped. ``raw``
    stays. The templates of a finder are escaped as the segment is.

    Spans that begin at one place are in the order of the document: a MARK before a PAIR is outside of it.
    """
    for finder in finders:
        finds = finder(segment.text)
        if finds:
            segment = _add(segment, finds)
    return segment


def _add(segment: Segment, finds: Sequence[Span]) -> Segment:
    places = _Places(segment)
    absorbing = Absorbing(segment)
    accepted: list[Span] = []
    for find in finds:
        found = _pair(find, places) if find.kind is Kind.PAIR else _parts(find, places, segment.text)
        escaped = [_escaped(span, segment.escape) for span in found]
        accepted += escaped if len(escaped) < 2 else _absorbed(find, absorbing) or escaped
    if not accepted:
        return segment
    if absorbing.absorbed:
        segment = replace(segment, spans=tuple(span for span in segment.spans if id(span) not in absorbing.absorbed))
    whole = [
        (span.start, span.end) for span in accepted if span.kind is Kind.TERM and places.cuts(span.start, span.end)
    ]
    if whole:
        segment = replace(segment, spans=widen(segment.spans, whole))
    accepted.sort(key=lambda span: (span.start, -span.end))
    return _Rewriter(segment, accepted).rewrite()


def _absorbed(find: Span, absorbing: Absorbing) -> list[Span]:
    if find.kind not in (Kind.NAME, Kind.NUMBER):
        return []
    output = absorbing.output_of(find.start, find.end)
    return [] if output is None else [replace(find, output=output)]


# --- what may be added ------------------------------------------------------------------------------------------------


class _Places:
    """Where the spans of a segment begin and end."""

    def __init__(self, segment: Segment) -> None:
        spans = segment.spans
        protected = sorted((span.start, span.end) for span in spans if span.kind in PROTECTED)
        self._starts = [start for start, _ in protected]
        self._ends = [end for _, end in protected]
        others = [span for span in spans if span.kind not in PROTECTED]
        self._cuts = sorted({edge for span in others for edge in (span.start, span.end)})
        self._pairs_at: list[int] = []
        self._count_pairs([span for span in spans if span.kind is Kind.PAIR])

    def _count_pairs(self, pairs: Sequence[Span]) -> None:
        """Notes for the characters from each cut to the next one which pair is the innermost there; 0 is none."""
        stack: list[tuple[int, int]] = []
        coming = 0
        for cut in self._cuts:
            while stack and stack[-1][0] <= cut:
                stack.pop()
            while coming < len(pairs) and pairs[coming].start <= cut:
                coming += 1
                if pairs[coming - 1].end > cut:
                    stack.append((pairs[coming - 1].end, coming))
            self._pairs_at.append(stack[-1][1] if stack else 0)

    def are_free(self, start: int, end: int) -> bool:
        """Whether no protected span overlaps ``start`` to ``end``."""
        at = bisect_left(self._starts, end)
        return at == 0 or self._ends[at - 1] <= start

    def cuts(self, start: int, end: int) -> list[int]:
        """Places strictly between ``start`` and ``end`` where something begins, ends or stands."""
        return self._cuts[bisect_right(self._cuts, start) : bisect_left(self._cuts, end)]

    def pair_at(self, position: int) -> int:
        at = bisect_right(self._cuts, position)
        return self._pairs_at[at - 1] if at else 0


def _pair(find: Span, places: _Places) -> list[Span]:
    inner, outer = find.start + _width(find.opening), find.end - _width(find.closing)
    fits = (
        inner <= outer
        and places.are_free(find.start, inner)
        and places.are_free(outer, find.end)
        and not places.cuts(find.start, inner)
        and not places.cuts(outer, find.end)
        and places.pair_at(find.start) == places.pair_at(find.end - 1)
    )
    return [find] if fits else []


def _parts(find: Span, places: _Places, text: str) -> Iterator[Span]:
    if find.start >= find.end or not places.are_free(find.start, find.end):
        return
    cuts = places.cuts(find.start, find.end)
    if not cuts or (find.kind is Kind.TERM and find.output != (text[find.start : find.end],)):
        yield find
        return
    edges = [find.start, *cuts, find.end]
    for start, end in pairwise(edges):
        part = (text[start:end],)
        if find.kind is Kind.MARK:
            yield Span(start, end, Kind.MARK, opening=part)
        else:
            yield Span(start, end, find.kind, output=part)


def _width(template: Template) -> int:
    return sum(len(piece if isinstance(piece, str) else piece.raw) for piece in template)


def _escaped(span: Span, escape: Callable[[str], str]) -> Span:
    own = (span.opening, span.closing, span.output)
    opening, closing, output = (_escaped_template(template, escape) for template in own)
    return span if (opening, closing, output) == own else replace(span, opening=opening, closing=closing, output=output)


def _escaped_template(template: Template, escape: Callable[[str], str]) -> Template:
    return tuple(
        escape(piece)
        if isinstance(piece, str)
        else Segment(piece.text, tuple(_escaped(span, escape) for span in piece.spans), escape(piece.raw), escape)
        for piece in template
    )


# --- the new text -----------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class _Item:
    """A span on its way into the new text. start, end: in the old text, delimiters of a PAIR included.

    before, after: how many characters are taken out at ``start`` and at ``end``; all of a found MARK is ``before``.
    first_inside, last_inside: templates of marks that stand right behind the beginning, right before the end of a PAIR.
    """

    span: Span
    start: int
    end: int
    before: int = 0
    after: int = 0
    first_inside: list[Template] = field(default_factory=list)
    last_inside: list[Template] = field(default_factory=list)
    result: Span | None = None


def _item(find: Span) -> _Item:
    if find.kind is Kind.MARK:
        return _Item(find, find.start, find.end, before=find.end - find.start)
    if find.kind is Kind.PAIR:
        return _Item(find, find.start, find.end, _width(find.opening), _width(find.closing))
    return _Item(find, find.start, find.end)


class _Rewriter:
    def __init__(self, segment: Segment, finds: Sequence[Span]) -> None:
        self._segment = segment
        self._text = segment.text
        found = [_item(find) for find in finds]
        old = [_Item(span, span.start, span.end) for span in segment.spans]
        # The sort is stable: what the segment has comes first at one place, in its own order.
        self._items = sorted([*old, *found], key=lambda item: item.start)
        self._gone = bytearray(len(self._text))
        # Where spaces stand for marks.
        self._spaces = {item.end - 1: item for item in found if self._parts_words(item)}
        self._text = "".join(" " if n in self._spaces else c for n, c in enumerate(self._text))
        for item in found:
            self._gone[item.start : item.start + item.before] = b"\1" * item.before
            self._gone[item.end - item.after : item.end] = b"\1" * item.after

    def _parts_words(self, item: _Item) -> bool:
        """Whether a space has to stay in the place of ``item``: it is then the last of its characters."""
        if item.span.kind is not Kind.MARK or not item.span.output:
            return False
        around = self._text[max(0, item.start - 1) : item.start], self._text[item.end : item.end + 1]
        if all(character and not character.isspace() for character in around):
            item.before -= 1
            return True
        item.span = replace(item.span, output=())
        return False

    def rewrite(self) -> Segment:
        if any(self._gone):
            self._take_spaces()
        kept = (0, *accumulate(1 - gone for gone in self._gone))
        text = "".join(c for c, gone in zip(self._text, self._gone, strict=True) if not gone)
        self._place(kept)
        spans = tuple(item.result for item in self._items if item.result)
        return replace(self._segment, text=text, spans=spans)

    def _take_spaces(self) -> None:
        """Takes out one of two spaces between which something was taken out, and what is left of them at an edge."""
        marks = _Marks(self._items, self._segment.escape)
        last = -1
        for position in [*(n for n, gone in enumerate(self._gone) if not gone), len(self._text)]:
            taken = self._spare_space(last, position, marks) if position - last > 1 else None
            if taken is not None:
                self._gone[taken] = 1
                if taken in self._spaces:
                    self._spaces[taken].before += 1
                    self._spaces[taken].span = replace(self._spaces[taken].span, output=())
            if taken is None or taken != position:
                last = position
        self._items = sorted([*self._items, *marks.alone], key=lambda item: item.start)

    def _spare_space(self, last: int, position: int, marks: _Marks) -> int | None:
        """Return which space is taken out, ``last`` or ``position``: what is between them was taken out."""
        text = self._text
        before, after = text[last] if last >= 0 else "", text[position : position + 1]
        spaces = [n for n, c in ((last, before), (position, after)) if c.isspace()]
        if not spaces:
            return None
        if len(spaces) == 2 or not before or not after:
            own = [n for n in spaces if n in self._spaces]
            if own:
                return own[0]
            return marks.take_space(text, last if last in spaces else None, position if position in spaces else None)
        if after in _CLOSING:
            return last if last in self._spaces else marks.take_space_before(text, last)
        if before in _OPENING:
            return position if position in self._spaces else marks.take_space_after(text, position)
        return None

    def _place(self, kept: Sequence[int]) -> None:
        """Sets the results: ranges in the new text."""
        stack: list[_Item] = []
        for item in self._items:
            while stack and stack[-1].end <= item.start:
                _close(stack, kept)
            span = item.span
            start, end = kept[item.start + item.before], kept[item.end - item.after]
            if span.kind is Kind.MARK:
                _settle_mark(item, kept[item.start], stack, kept)
            elif span.kind is Kind.PAIR and item.start < item.end:
                item.result = replace(span, start=start, end=end)
                stack.append(item)
            else:
                item.result = replace(span, start=start, end=end)
        while stack:
            _close(stack, kept)


def _close(stack: list[_Item], kept: Sequence[int]) -> None:
    """Settles the innermost open pair. One that has lost all its text is a mark."""
    item = stack.pop()
    result = item.result
    if result is None:
        return
    opening = (*result.opening, *_joined(item.first_inside))
    closing = (*_joined(item.last_inside), *result.closing)
    if result.start < result.end:
        item.result = replace(result, opening=opening, closing=closing)
        return
    item.span = Span(result.start, result.end, Kind.MARK, opening=(*opening, *closing))
    _settle_mark(item, result.start, stack, kept)


def _joined(templates: Sequence[Template]) -> Template:
    return tuple(piece for template in templates for piece in template)


def _settle_mark(item: _Item, place: int, stack: list[_Item], kept: Sequence[int]) -> None:
    """A mark at the edge of a pair, but inside, goes with the pair: as a span it would count as standing outside."""
    item.result = None
    around = stack[-1] if stack else None
    if around and (item.before or item.start < item.end or around.start < item.start):
        if place == kept[around.start + around.before]:
            around.first_inside.append(item.span.opening)
            return
        if place == kept[around.end - around.after]:
            around.last_inside.append(item.span.opening)
            return
    item.result = replace(item.span, start=place, end=place)


class _Marks:
    """The marks that were found, which can take a space with them. alone: spaces that no mark can take."""

    def __init__(self, items: Sequence[_Item], escape: Callable[[str], str]) -> None:
        self.alone: list[_Item] = []
        self._escape = escape
        found = [item for item in items if item.span.kind is Kind.MARK and item.before]
        self._starting = {item.start: item for item in found}
        self._ending = {item.end: item for item in found}
        self._edges = Counter(edge for item in items for edge in {item.start, item.end})
        self._edges.update(edge for item in items for edge in _inner_edges(item))
        self._solid = sorted((item.start, item.end) for item in items if item.span.kind in PROTECTED)
        self._solid_starts = [start for start, _ in self._solid]

    def take_space(self, text: str, before: int | None, after: int | None) -> int | None:
        """Return which of the two spaces is taken out; None if both belong to protected text."""
        if before is not None and self._is_solid(before):
            before = None
        if after is not None and self._is_solid(after):
            after = None
        if before is not None and self.take_space_before(text, before) is not None:
            return before
        if after is not None and self.take_space_after(text, after) is not None:
            return after
        place = before if before is not None else after
        if place is not None:
            space = Span(place, place + 1, Kind.MARK, opening=(self._escape(text[place]),))
            self.alone.append(_item(space))
        return place

    def take_space_before(self, text: str, place: int) -> int | None:
        """Return ``place`` if the space there goes with the mark that begins behind it."""
        mark = self._starting.get(place + 1)
        if not mark or self._edges[place + 1] != 1 or self._is_solid(place):
            return None
        mark.span = replace(mark.span, opening=(self._escape(text[place]), *mark.span.opening))
        mark.start, mark.before = place, mark.before + 1
        return place

    def take_space_after(self, text: str, place: int) -> int | None:
        """Return ``place`` if the space there goes with the mark that ends before it."""
        mark = self._ending.get(place)
        if not mark or self._edges[place] != 1 or self._is_solid(place):
            return None
        mark.span = replace(mark.span, opening=(*mark.span.opening, self._escape(text[place])))
        mark.end, mark.before = place + 1, mark.before + 1
        return place

    def _is_solid(self, position: int) -> bool:
        at = bisect_right(self._solid_starts, position)
        return at > 0 and position < self._solid[at - 1][1]


def _inner_edges(item: _Item) -> tuple[int, ...]:
    return (item.start + item.before, item.end - item.after) if item.span.kind is Kind.PAIR else ()
