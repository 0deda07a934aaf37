r"""Quotes that a string file writes with a backslash: ``don\'t`` reads as "don't", and is written back so."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from libretranslate_py.text.spans import Kind, Segment

_QUOTES = "'\""


def escaped_quotes(masked: str) -> str:
    """Return which quotes stand in a text behind a backslash only, and do so at least once."""
    return "".join(q for q in _QUOTES if f"\\{q}" in masked and not re.search(rf"(?<!\\){q}|\\\\{q}", masked))


def unescape(segment: Segment, quotes: str) -> Segment:
    """Return ``segment`` without the backslashes before ``quotes``; they are written before each in its translation."""
    protected = [span for span in segment.spans if span.kind not in (Kind.PAIR, Kind.MARK)]
    text = segment.text
    gone = [found.start() for found in re.finditer(rf"\\(?=[{quotes}])", text)]
    gone = list(_outside(gone, [(span.start, span.end) for span in protected]))
    kept = [0] * (len(text) + 1)
    for place in gone:
        kept[place + 1] = 1
    total = 0
    for n, one in enumerate(kept):
        total += one
        kept[n] = total
    starts = set(gone)
    return replace(
        segment,
        text="".join(c for n, c in enumerate(text) if n not in starts),
        # A tag before or behind the backslash stands there before or behind the quote.
        spans=tuple(
            replace(span, start=span.start - kept[span.start], end=span.end - kept[span.end]) for span in segment.spans
        ),
        escape=_escaper(quotes),
    )


def _escaper(quotes: str) -> Callable[[str], str]:
    pattern = re.compile(f"[{quotes}]")
    return lambda text: pattern.sub(lambda found: "\\" + found.group(), text)


def _outside(places: Iterable[int], ranges: list[tuple[int, int]]) -> Iterable[int]:
    coming = 0
    for place in places:
        while coming < len(ranges) and ranges[coming][1] <= place:
            coming += 1
        if coming == len(ranges) or place < ranges[coming][0]:
            yield place
