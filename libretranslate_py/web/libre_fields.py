"""What the fields of a request mean in the LibreTranslate dialect."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from functools import partial
from urllib.parse import quote_plus, unquote_plus

from libretranslate_py.errors import (
    InvalidParameter,
    MissingParameter,
    TextTooLong,
    TooManyAlternatives,
    TooManyTexts,
    UnsupportedFormat,
)
from libretranslate_py.glossaries import Glossaries
from libretranslate_py.text import glossary, placeholders
from libretranslate_py.text.pieces import Finder
from libretranslate_py.text.placeholders import Placeholders
from libretranslate_py.translator import HTML, TEXT


def parse_texts(fields: Mapping[str, object]) -> tuple[str, ...]:
    """``q`` as one or more texts; blank ones only inside a list. Raises MissingParameter, InvalidParameter."""
    q = fields.get("q")
    if q is None or q == "" or q == []:
        raise MissingParameter("q")
    if isinstance(q, str):
        return unpack(q) or (q,)
    if isinstance(q, list) and all(isinstance(text, str) for text in q):
        return tuple(q)
    raise InvalidParameter("q", "a string or a list of strings")


def unpack(q: object) -> tuple[str, ...] | None:
    """The texts in a ``q`` that is a list as JSON, escaped as in an address; None for any other.

    A form has no lists: a client for PHP sends several texts so, and expects what ``pack`` makes of the translations.
    """
    if not isinstance(q, str) or not q.startswith("%5B%22") or not q.endswith("%22%5D"):
        return None
    try:
        texts = json.loads(unquote_plus(q))
    except (ValueError, RecursionError):
        return None
    return tuple(texts) if all(isinstance(text, str) for text in texts) else None


def pack(texts: Collection[str]) -> str:
    return quote_plus(json.dumps(list(texts), separators=(",", ":")))


def check_size(texts: Collection[str], most: int, longest: int) -> None:
    """Raises TooManyTexts, TextTooLong (characters); -1 for no limit."""
    if 0 <= most < len(texts):
        raise TooManyTexts(len(texts), most)
    if longest < 0:
        return
    for text in texts:
        if len(text) > longest:
            raise TextTooLong(len(text), longest)


def cost_of(fields: Mapping[str, object]) -> int:
    """Each text of a list is a request of its own."""
    q = fields.get("q")
    return len(q) if isinstance(q, list) else len(unpack(q) or (q,))


def parse_alternatives(value: object, limit: int) -> int:
    """How many alternatives ``value`` asks for; a negative number asks for none.

    Raises InvalidParameter, TooManyAlternatives.
    """
    if value is None or value == "":
        return 0
    number: int | None = None
    if isinstance(value, str) or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        try:
            number = int(value)
        except (ValueError, OverflowError):
            number = None
    if number is None or (isinstance(value, float) and number != value):
        raise InvalidParameter("alternatives", "a number")
    if 0 <= limit < number:
        raise TooManyAlternatives(limit)
    return max(0, number)


def parse_code(fields: Mapping[str, object], name: str) -> str:
    """A language code as it was sent. Raises MissingParameter, InvalidParameter."""
    code = fields.get(name)
    if code is None or code == "":
        raise MissingParameter(name)
    if not isinstance(code, str):
        raise InvalidParameter(name, "a language code")
    return code


def parse_format(value: object) -> str:
    """TEXT or HTML; raises InvalidParameter, UnsupportedFormat."""
    if value is None or value == "":
        return TEXT
    if not isinstance(value, str):
        raise InvalidParameter("format", f"{TEXT} or {HTML}")
    if value not in (TEXT, HTML):
        raise UnsupportedFormat(value)
    return value


def parse_switch(fields: Mapping[str, object], name: str) -> bool:
    """A field that is true or false, off where it is missing; forms have the words. Raises InvalidParameter."""
    value = fields.get(name)
    if isinstance(value, str):
        value = {"true": True, "1": True, "false": False, "0": False, "": False}.get(value.lower(), value)
    if value is None or isinstance(value, bool):
        return bool(value)
    raise InvalidParameter(name, "true or false")


def parse_placeholders(value: object) -> Placeholders:
    """The kinds to protect; in a form the list is written as JSON. Raises InvalidParameter."""
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else None
        except (ValueError, RecursionError):
            # A single name or expression.
            value = [value]
    return placeholders.parse(value)


def parse_terms(
    fields: Mapping[str, object], glossaries: Glossaries, source: str, target: str
) -> Callable[[str, str], Finder | None] | None:
    """What finds the terms of the request's own glossary and of the stored one that it names."""
    own, glossary_id = glossary.parse(fields.get("glossary")), fields.get("glossary_id")
    if glossary_id is None or glossary_id == "":
        glossary_id = None
        if own is None:
            return None
    elif not isinstance(glossary_id, str):
        raise InvalidParameter("glossary_id", "the name of a glossary")
    else:
        # Unknown or not, before anything is translated.
        glossaries.find(glossary_id, source, target)

    def find_terms(source: str, target: str) -> Finder | None:
        stored = glossaries.find(glossary_id, source, target) if glossary_id else None
        both = glossary.merge(own, stored)
        return partial(both.find, target=target) if both else None

    return find_terms
