"""What a text consists of: verbatim pieces, and segments to translate with the spans that stand in them.

Everything that must not be broken (tags, placeholders, addresses, terms of a glossary) is a span of a segment, whatever
format it comes from. ``markup.py``, ``paragraphs.py`` and ``pieces.py`` make them, ``placement.py`` puts them back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Union


class Kind(Enum):
    """What becomes of a span."""

    # A tag pair: ``opening`` and ``closing`` go around the words that translate those of the span.
    PAIR = auto()
    # Something without words (a void tag, a comment, an emoji): ``opening`` goes between two words. start == end.
    MARK = auto()
    # Protected, stands for a name or a thing: ``output`` comes instead of the span's text, exactly once.
    NAME = auto()
    # The same, standing for a number: what is around it agrees with a plural.
    NUMBER = auto()
    # A term of a glossary: ``output`` is the translation to use for the span's text; ``opening``, if any, the same for
    # elsewhere than at a sentence's beginning.
    TERM = auto()


# What goes through a model in a form that it copies, and is verified afterwards.
PROTECTED = frozenset({Kind.NAME, Kind.NUMBER, Kind.TERM})


@dataclass(frozen=True, slots=True)
class Span:
    """``start`` and ``end`` are code points of the segment's text. The templates are written as they are, unescaped.

    A MARK with an ``output`` stands before this very text, a space, and is written instead of it (``&nbsp;``).
    """

    start: int
    end: int
    kind: Kind
    opening: Template = ()
    closing: Template = ()
    output: Template = ()


def _as_it_is(text: str) -> str:
    return text


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """A piece of a text that is translated as whole sentences.

    text: as a reader sees it: entities read as characters; holds the text of PAIR, NAME, NUMBER and TERM spans, nothing
    of MARK spans. spans: in the order in which they begin in the document: by start; at one place MARK spans first,
    then from the outermost to the innermost. PAIR spans are nested or apart, never crossing each other or a protected
    span, and never empty. A MARK at the edge of a PAIR is outside of it: one that belongs inside is a part of the
    pair's ``opening`` or ``closing``. raw: the slice of the document that this segment stands for, used where nothing
    of it is translated. escape: characters -> how the document writes them; it is applied to the translated text, never
    to templates.
    """

    text: str
    spans: tuple[Span, ...] = ()
    raw: str = ""
    escape: Callable[[str], str] = field(default=_as_it_is)


# Verbatim text and segments in turns. Tags of a segment may hold further segments, in attributes.
Template = tuple[Union[str, "Segment"], ...]


def segments_of(template: Template) -> Iterator[Segment]:
    """Yield the segments in ``template`` and in the spans of these, each after those that it contains."""
    for piece in template:
        if isinstance(piece, Segment):
            for span in piece.spans:
                for inner in (span.opening, span.closing, span.output):
                    yield from segments_of(inner)
            yield piece


def fill(template: Template, translate: Callable[[Segment], str]) -> str:
    """Return the text of ``template`` with each segment replaced by ``translate(segment)``."""
    return "".join(piece if isinstance(piece, str) else translate(piece) for piece in template)
