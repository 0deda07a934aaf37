"""Tags of a segment that lie wholly in a piece become part of what the piece is written as."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

from libretranslate_py.text.spans import Kind, Segment, Span, Template


class Absorbing:
    """Takes the pieces of one segment, which are apart. absorbed: the spans that are part of a piece by now."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        others = [span for span in segment.spans if span.kind in (Kind.PAIR, Kind.MARK)]
        self._by_start = others
        self._starts = [span.start for span in others]
        self._ends = sorted((span.end, span.start) for span in others if span.kind is Kind.PAIR)
        self.absorbed: set[int] = set()

    def output_of(self, start: int, end: int) -> Template | None:
        """Return the text from ``start`` to ``end`` with all that stands in it; None where a PAIR crosses an edge.

        A PAIR around all of it, and a MARK at an edge, is outside of it.
        """
        # Never a slice to the end of the list: that would copy all of it for every piece.
        crossing = self._ends[bisect_right(self._ends, (start, end)) : bisect_left(self._ends, (end, -1))]
        if any(begin < start for _, begin in crossing):
            return None
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        around = self._by_start[first:last]
        if any(span.start > start and span.end > end for span in around):
            return None
        inside = [
            span
            for span in around
            if (start < span.start if span.kind is Kind.MARK else (start, end) != (span.start, span.end))
            and span.end <= end
        ]
        self.absorbed.update(map(id, inside))
        return _written(self._segment.text, start, end, inside, self._segment.escape)


def _written(text: str, start: int, end: int, spans: Sequence[Span], escape: Callable[[str], str]) -> Template:
    parts: list[object] = []
    position = start
    closing: list[Span] = []

    def write_until(place: int) -> None:
        nonlocal position
        while closing and closing[-1].end <= place:
            pair = closing.pop()
            parts.extend((escape(text[position : pair.end]), *pair.closing))
            position = max(position, pair.end)
        parts.append(escape(text[position:place]))
        position = max(position, place)

    for span in spans:
        write_until(span.start)
        parts.extend(span.opening)
        if span.kind is Kind.PAIR:
            closing.append(span)
        else:
            position += sum(len(piece) for piece in span.output if isinstance(piece, str))
    write_until(end)
    return _joined(parts)


def _joined(parts: Sequence[object]) -> Template:
    """Strings side by side become one."""
    template: list[str | Segment] = []
    for part in parts:
        if isinstance(part, Segment):
            template.append(part)
        elif isinstance(part, str) and template and isinstance(template[-1], str):
            template[-1] += part
        elif isinstance(part, str):
            template.append(part)
    return tuple(piece for piece in template if piece != "")
