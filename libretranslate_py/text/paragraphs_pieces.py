"""What stands for the pieces of a plain text while it is divided into segments."""

from __future__ import annotations

import re
from collections.abc import Sequence

from libretranslate_py.text.spans import Kind, Span, Template

# What stands for each character of a piece (noncharacters: no text has them): neither space nor letter; LOOSE counts as
# a symbol that a segment's edge does not need. A piece that separates is a line end.
FIRM, LOOSE, SEPARATING = "\ufdd0", "\ufdd1", "\n"

# Start and end of a piece, or of a delimiter of a PAIR; the whole span; and what stands for each of its characters.
Interval = tuple[int, int, Span, str]

# Line ends of string files, and tags that hold an entry, a paragraph or a cell: a sentence does not go on behind them.
# Unknown ones may be anything: a link in a sentence of an app is often one.
_SEPARATES = re.compile(
    r"\\[nrt]|(?:<|&lt;)/?(?:item|string|string-array|plurals|resources|array|entry|source|target|trans-unit"
    r"|seg|tu|tuv|title|description|summary|para|section|article|header|footer|nav|main|aside"
    r"|figure|figcaption|form|fieldset|option|select|p|div|ul|ol|li|dl|dt|dd|table|thead|tbody|tfoot|tr|td|th|h[1-6]"
    r"|blockquote|pre|hr|head|body|html|dict|message)(?=[\s/>&])"
)


# A line break of a subtitle or of an app: a sentence may go on behind it, with a small letter.
_BREAK = re.compile(r"(?:<|&lt;)br\s*/?(?:>|&gt;)", re.IGNORECASE)
_GOES_ON = re.compile(r"\s*+[^\W\d_]")


def intervals_of(pieces: Sequence[Span], text: str) -> list[Interval]:
    """Return what is to be masked in ``text``, in order."""
    found: list[Interval] = []
    for span in pieces:
        if span.kind is Kind.PAIR:
            opening, closing = literal(span.opening), literal(span.closing)
            found.append((span.start, span.start + len(opening), span, _stand_in(opening, FIRM)))
            found.append((span.end - len(closing), span.end, span, _stand_in(closing, FIRM)))
        elif span.kind is Kind.MARK:
            opening = literal(span.opening)
            ends_line = _BREAK.fullmatch(opening) is not None and not _goes_on(text, span.end)
            found.append((span.start, span.end, span, SEPARATING if ends_line else _stand_in(opening, LOOSE)))
        else:
            found.append((span.start, span.end, span, FIRM))
    found.sort(key=lambda interval: interval[:2])
    return found


def _goes_on(text: str, position: int) -> bool:
    letter = _GOES_ON.match(text, position)
    return letter is not None and letter.group()[-1].islower()


def _stand_in(piece: str, otherwise: str) -> str:
    return SEPARATING if _SEPARATES.match(piece) else otherwise


def literal(template: Template) -> str:
    return "".join(piece if isinstance(piece, str) else piece.raw for piece in template)


def mask(text: str, intervals: Sequence[Interval]) -> str:
    """Return ``text`` with stand-ins for the characters of pieces."""
    parts: list[str] = []
    position = 0
    for start, end, _, stand_in in intervals:
        parts += (text[position:start], stand_in * (end - start))
        position = end
    parts.append(text[position:])
    return "".join(parts)
