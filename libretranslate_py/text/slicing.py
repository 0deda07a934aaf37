"""Long texts in slices, where no sentence is cut, so that memory is bounded by the slice and not by the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from libretranslate_py.text.spans import Kind, Segment, Span, Template

# Where a text is cut at best: behind a blank line, a line that ends a sentence, a sentence, a line, a word.
_ENDS = tuple(
    re.compile(expression)
    for expression in (
        r"\n[ \t\r]*+\n\s*+",
        r"[.!?:…。！？][\"')\]»”’]{0,3}+[ \t\r]*+\n\s*+",
        r"[.!?…][\"')\]»”’]{0,3}+\s++|[。！？][\"')\]»”’]{0,3}+\s*+",
        r"\n\s*+",
        r"\s++",
    )
)
# A cut is looked for in the last part of a slice of so many characters.
_REACH = 4_000


def cut_text(text: str, most: int) -> Iterator[str]:
    """Yield slices of ``text``, in order and with nothing lost, of at most ``most`` characters."""
    start = 0
    while len(text) - start > most:
        end = _find_cut(text, start + max(most // 2, most - _REACH), start + most)
        yield text[start:end]
        start = end
    if start < len(text) or not text:
        yield text[start:]


def cut_template(template: Template, most: int) -> Iterator[Template]:
    """Yield slices of ``template``, in order and with nothing lost.

    The text of the segments in each is ``most`` characters at most, unless a span holds more.
    """
    slice_: list[str | Segment] = []
    room = most
    for piece in template:
        for part in _divide(piece, most) if isinstance(piece, Segment) and len(piece.text) > most else (piece,):
            size = len(part.text) if isinstance(part, Segment) else 0
            if size > room and slice_:
                yield tuple(slice_)
                slice_, room = [], most
            slice_.append(part)
            room -= size
    yield tuple(slice_)


def _find_cut(text: str, low: int, high: int) -> int:
    """A place to cut, above ``low`` and not above ``high``."""
    for pattern in _ENDS:
        found = 0
        for match in pattern.finditer(text, low, high):
            if match.end() > low:
                found = match.end()
        if found:
            return found
    return high


def _divide(segment: Segment, most: int) -> Iterator[Segment]:
    """Yield parts of ``segment``, cut where no span is."""
    start = 0
    spans: list[Span] = []
    reached = 0
    for span in (*segment.spans, Span(len(segment.text), len(segment.text), Kind.MARK)):
        # Between the spans before and this one, the text can be cut.
        while span.start - start > most and span.start > reached:
            low = max(reached, start + max(most // 2, most - _REACH))
            if low >= span.start:
                break
            end = _find_cut(segment.text, low, max(low + 1, min(start + most, span.start)))
            yield _part(segment, spans, start, end)
            start, spans = end, []
        spans.append(span)
        reached = max(reached, span.end)
    yield _part(segment, spans[:-1], start, len(segment.text))


def _part(segment: Segment, spans: list[Span], start: int, end: int) -> Segment:
    own = tuple(replace(span, start=span.start - start, end=span.end - start) for span in spans)
    # What it stands for in the document is known for the whole only.
    return replace(segment, text=segment.text[start:end], spans=own, raw="")
