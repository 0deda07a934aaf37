"""HTML as slices of its source: text, tags, comments. Nothing is repaired: the slices put together are it.

What a slice is follows the tokenizer of the HTML standard, except that the template languages' ``<% %>`` and
``<?php ?>`` and a CDATA section are taken whole, since what is inside is no text for a reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple


class Lexeme(Enum):
    """What a slice of markup is."""

    # Character references are still to be read; in <title> and <textarea> it may hold "<".
    TEXT = auto()
    START = auto()
    END = auto()
    # A comment, doctype, processing instruction, CDATA section, and whatever else browsers show nothing of.
    COMMENT = auto()
    # Content of <script>, <style> and the like: no character references, no tags.
    RAW = auto()


class Slice(NamedTuple):
    """``start`` and ``end`` are code points of the markup; ``name`` is a tag's, in small letters, or empty."""

    start: int
    end: int
    kind: Lexeme
    name: str = ""


class Attribute(NamedTuple):
    """``start`` and ``end`` are those of the value without its quotes; ``quote`` is empty where it has none.

    An attribute without a value has an empty range.
    """

    name: str
    start: int
    end: int
    quote: str


_W = r"\t\n\f\r "
_VALUE = rf"\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^{_W}>\"'][^{_W}>]*+"
_ATTRIBUTE = rf"[^{_W}/>][^{_W}/>=]*+(?:[{_W}]*+=[{_W}]*+(?:{_VALUE})?+)?+"
# Ends of these are looked for only up to the next beginning of the same thing: that keeps unclosed ones linear.
_CODE = r"<%(?:[^%<]++|%(?!>)|<(?!%))*+%>|<\?(?:php|=)(?:[^?<]++|\?(?!>)|<(?!\?))*+\?>"
_CDATA = r"<!\[CDATA\[(?:[^\]<]++|\](?!\]>)|<(?!!\[CDATA\[))*+\]\]>"
# Like browsers, a tag, a quoted value or a comment without its end goes to the end of the document.
_TAG = rf"([A-Za-z][^{_W}/>]*+)(?:[{_W}/]++|{_CODE}|{_ATTRIBUTE})*+(?:>|\Z)"
_SLICE = re.compile(
    r"(?:[^<]++|<(?![A-Za-z/!?%]))++"
    rf"|<{_TAG}"
    rf"|</{_TAG}"
    rf"|(<!--(?:-?>|(?s:.*?)(?:--!?>|\Z))|{_CDATA}|{_CODE}|<[!?][^>]*+(?:>|\Z)|</(?=[^A-Za-z])[^>]*+(?:>|\Z))"
    r"|<"
)
_KINDS = {None: Lexeme.TEXT, 1: Lexeme.START, 2: Lexeme.END, 3: Lexeme.COMMENT}

_RAW = frozenset({"script", "style", "xmp", "iframe", "noembed", "noframes", "plaintext"})
_CHARACTERS_ONLY = frozenset({"title", "textarea"})
_OPAQUE = _RAW | _CHARACTERS_ONLY
_FOREIGN = frozenset({"svg", "math"})
_CODE_IN_XML = frozenset({"script", "style"})
_ENDS = {name: re.compile(rf"</(?i:{name})(?=[{_W}/>])") for name in _OPAQUE - {"script", "plaintext"}}
# A comment in a script hides a whole <script></script> pair.
_SCRIPT = re.compile(rf"<!--(?!-*+>)|-->|<(/?)(?i:script)(?=[{_W}/>])")

_ONE_ATTRIBUTE = re.compile(
    rf"[{_W}/]++|{_CODE}"
    rf"|([^{_W}/>][^{_W}/>=]*+)(?:[{_W}]*+=[{_W}]*+(?:\"([^\"]*+)\"|'([^']*+)'|([^{_W}>\"'][^{_W}>]*+))?+)?+"
)
_QUOTES = {2: '"', 3: "'"}


def lex(markup: str, *, xml: bool = False) -> Iterator[Slice]:
    """Yield the slices of ``markup`` in order, none of them empty. Takes any text, in linear time.

    xml: an element whose tag ends in ``/>`` has no content, and nothing but <script> and <style> is more than markup.
    """
    position, foreign, size = 0, 0, len(markup)
    while position < size:
        for match in _SLICE.finditer(markup, position):
            group = match.lastindex
            if group is None or group == 3:
                yield Slice(match.start(), match.end(), _KINDS[group])
                continue
            name, position = match[group].lower(), match.end()
            yield Slice(match.start(), position, _KINDS[group], name)
            if name in _FOREIGN:
                foreign = max(0, foreign + (1 if group == 1 else -1))
            elif (
                group == 1
                and name in _OPAQUE
                and not (foreign and _is_markup_in_foreign(markup, position, name))
                and not (xml and _is_markup_in_xml(markup, position, name))
            ):
                end = _end_of_content(markup, position, name)
                if end > position:
                    yield Slice(position, end, Lexeme.RAW if name in _RAW else Lexeme.TEXT)
                position = end
                break
        else:
            return


def attributes(markup: str, tag: Slice) -> list[Attribute]:
    """Return the attributes of a start tag in order, of those with the same name the first, names in small letters.

    A tag that the document ends in has none.
    """
    if markup[tag.end - 1] != ">":
        return []
    found: dict[str, Attribute] = {}
    begin = tag.start + 1 + len(tag.name)
    for match in _ONE_ATTRIBUTE.finditer(markup, begin, tag.end - 1):
        group = match.lastindex
        if group is not None:
            name = match[1].lower()
            start, end = match.span(group) if group > 1 else (match.end(), match.end())
            found.setdefault(name, Attribute(name, start, end, _QUOTES.get(group, "")))
    return list(found.values())


def _is_markup_in_foreign(markup: str, end: int, name: str) -> bool:
    """Whether the element that starts before ``end`` in <svg> or <math> holds markup, or is closed already."""
    return name == "title" or markup[end - 2] == "/"


def _is_markup_in_xml(markup: str, end: int, name: str) -> bool:
    return name not in _CODE_IN_XML or markup[end - 2] == "/"


def _end_of_content(markup: str, position: int, name: str) -> int:
    if name == "plaintext":
        return len(markup)
    if name == "script":
        return _end_of_script(markup, position)
    end = _ENDS[name].search(markup, position)
    return end.start() if end else len(markup)


def _end_of_script(markup: str, position: int) -> int:
    in_comment = hidden = False
    for match in _SCRIPT.finditer(markup, position):
        if match[1] is None:
            in_comment = match[0] == "<!--"
            hidden = hidden and in_comment
        elif not match[1]:
            hidden = in_comment
        elif hidden:
            hidden = False
        else:
            return match.start()
    return len(markup)
