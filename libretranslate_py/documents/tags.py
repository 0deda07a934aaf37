"""Tags in a text without tree, as spans of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from libretranslate_py.documents.document import Piece
from libretranslate_py.text.paragraphs import extract
from libretranslate_py.text.spans import Kind, Span

_ENTITY = re.compile(r"&(?!#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|\w{1,32};)")


class Tag(NamedTuple):
    """start and end: in the text. name: opening and closing tags of a name make pairs. is_word: it stands for one."""

    start: int
    end: int
    name: str
    opens: bool = False
    closes: bool = False
    is_word: bool = False


def spans_of(text: str, tags: Iterable[Tag]) -> list[Span]:
    """Return the spans that ``tags``, in order, make: pairs where they match around something, else single marks."""
    found: list[Span] = []
    open_tags: list[Tag] = []
    count: Counter[str] = Counter()
    for tag in tags:
        if tag.opens:
            open_tags.append(tag)
            count[tag.name] += 1
        elif tag.closes and count[tag.name]:
            while (last := open_tags.pop()).name != tag.name:
                count[last.name] -= 1
                found.append(_single(text, last))
            count[tag.name] -= 1
            found += _pair(text, last, tag)
        else:
            found.append(_single(text, tag))
    found += (_single(text, tag) for tag in open_tags)
    return sorted(found, key=lambda span: (span.start, -span.end))


def _single(text: str, tag: Tag) -> Span:
    raw = text[tag.start : tag.end]
    before, after = text[tag.start - 1 : tag.start] or " ", text[tag.end : tag.end + 1] or " "
    if tag.is_word and before in " ([\"'" and after in " .,;:!?)]\"'":
        return Span(tag.start, tag.end, Kind.NAME, output=(raw,))
    return Span(tag.start, tag.end, Kind.MARK, opening=(raw,))


def _pair(text: str, opening: Tag, closing: Tag) -> list[Span]:
    if not text[opening.end : closing.start].strip():
        return [Span(opening.start, closing.end, Kind.MARK, opening=(text[opening.start : closing.end],))]
    head, tail = text[opening.start : opening.end], text[closing.start : closing.end]
    return [Span(opening.start, closing.end, Kind.PAIR, (head,), (tail,))]


def piece_of(text: str, spans: Sequence[Span]) -> Piece:
    """Return ``text`` to translate; ``spans`` are what must come out once, as it is."""
    kept: list[Span] = []
    # An empty pair has become one mark with what it held.
    for span in spans:
        if not kept or kept[-1].kind is Kind.PAIR or span.start >= kept[-1].end:
            kept.append(span)
    return extract(text, lambda _: kept) if kept else text


def escape_all_but(text: str, markup: re.Pattern[str], *, ampersands: bool) -> str:
    """Return ``text`` with ``<`` and, if so, ``&`` escaped outside of what ``markup`` matches and of references."""
    parts: list[str] = []
    position = 0
    for found in markup.finditer(text):
        parts += (_escape(text[position : found.start()], ampersands), found.group())
        position = found.end()
    parts.append(_escape(text[position:], ampersands))
    return "".join(parts)


def _escape(text: str, ampersands: bool) -> str:
    escaped = text.replace("<", "&lt;").replace("-->", "--&gt;").replace("]]>", "]]&gt;")
    return _ENTITY.sub("&amp;", escaped) if ampersands else escaped
