"""Tags of a segment that begin or end in a term go around all of it: its translation has no such place."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from libretranslate_py.text.spans import Kind, Span, Template


def widen(spans: Sequence[Span], terms: Sequence[tuple[int, int]]) -> tuple[Span, ...]:
    """Return ``spans``, of a segment, with nothing that begins, ends or stands strictly inside of ``terms``.

    The terms are ranges that are apart and in order. Pairs that begin or end in one are widened to all of it; where one
    pair ends in a term and another one begins in it, of which neither lies within it, the latter begins behind it.
    Marks go behind the term, and stay within the pairs that they are in.
    """
    places = _Places(spans, terms)
    moved: list[_Moved] = []
    around: list[_Moved] = []
    for span in spans:
        while around and around[-1].span.end <= span.start:
            around.pop()
        one = _Moved(span, *places.range_of(span))
        if span.kind is Kind.MARK and one.start != span.start:
            # No space follows behind the term that it could stand for.
            one.span = replace(span, output=())
            if around and around[-1].span.start < span.start and around[-1].take(span.opening, one.start):
                continue
        elif span.kind is Kind.PAIR:
            around.append(one)
        moved.append(one)
    moved.sort(key=lambda one: (one.start, one.span.kind is not Kind.MARK, -one.end))
    return tuple(one.settled() for one in moved)


@dataclass(slots=True)
class _Moved:
    """A span with its new range. first, last: marks that now stand at the edges of a pair, but inside."""

    span: Span
    start: int
    end: int
    first: list[Template] = field(default_factory=list)
    last: list[Template] = field(default_factory=list)

    def take(self, mark: Template, place: int) -> bool:
        """Whether ``place`` is an edge, so that the mark belongs to the pair."""
        if place not in (self.start, self.end):
            return False
        (self.last if place == self.end else self.first).append(mark)
        return True

    def settled(self) -> Span:
        opening = (*self.span.opening, *(piece for mark in self.first for piece in mark))
        closing = (*(piece for mark in self.last for piece in mark), *self.span.closing)
        return replace(self.span, start=self.start, end=self.end, opening=opening, closing=closing)


class _Places:
    def __init__(self, spans: Sequence[Span], terms: Sequence[tuple[int, int]]) -> None:
        self._terms = terms
        self._starts = [start for start, _ in terms]
        pairs = (span for span in spans if span.kind is Kind.PAIR)
        # Terms in which a pair ends that begins before them.
        self._ended_in = {term for pair in pairs if (term := self._around(pair.end)) and pair.start < term[0]}

    def _around(self, place: int) -> tuple[int, int] | None:
        """Return the term strictly inside of which ``place`` is."""
        at = bisect_left(self._starts, place) - 1
        return self._terms[at] if at >= 0 and place < self._terms[at][1] else None

    def range_of(self, span: Span) -> tuple[int, int]:
        begins_in, ends_in = self._around(span.start), self._around(span.end)
        end = ends_in[1] if ends_in else span.end
        if not begins_in:
            return span.start, end
        if span.kind is Kind.MARK or (begins_in in self._ended_in and span.end > begins_in[1]):
            return begins_in[1], end
        return begins_in[0], end
