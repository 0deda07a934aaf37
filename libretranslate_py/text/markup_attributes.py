"""What a start tag says to a translator: values to translate, languages, and what must not be translated."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from libretranslate_py.errors import UnsupportedLanguage
from libretranslate_py.languages import to_argos, to_public
from libretranslate_py.text.markup_characters import (
    SPACES,
    decode_value,
    escape_double,
    escape_single,
    escape_unquoted,
)
from libretranslate_py.text.markup_lexer import Attribute, Slice, attributes
from libretranslate_py.text.spans import Segment, Template

# Start and end in the markup, and what comes there instead.
Edit = tuple[int, int, str | Segment]

SPACE_RUN = re.compile(rf"[{SPACES}]++")

_RIGHT_TO_LEFT = frozenset(
    ("ar", "arc", "azb", "ckb", "dv", "fa", "he", "ks", "ku", "nqo", "pnb", "ps", "sd", "syr", "ug", "ur", "yi")
)
_NO_LANGUAGE = frozenset(("mis", "mul", "und"))
_DESCRIPTIONS = frozenset(("description", "og:title", "og:description", "twitter:title", "twitter:description"))
_BUTTONS = frozenset(("button", "reset", "submit"))
_ANYWHERE = frozenset(("alt", "aria-label", "placeholder", "title"))
_LABELLED = frozenset(("optgroup", "option", "track"))
_ESCAPES = {'"': escape_double, "'": escape_single, "": escape_unquoted}


@dataclass(frozen=True, slots=True)
class Rules:
    """How the attributes of a document are read; source and target are Argos codes.

    change: whether any attribute may be changed and ``lang`` counts; otherwise only ``translate`` and ``class`` do.
    """

    source: str
    target: str
    change: bool

    @property
    def direction(self) -> str:
        return "rtl" if _primary(self.target) in _RIGHT_TO_LEFT else "ltr"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a tag says. translate: True or False where it says so, None where it inherits."""

    edits: tuple[Edit, ...] = ()
    translate: bool | None = None


NOTHING = Reading()


def weave(markup: str, start: int, end: int, edits: Sequence[Edit]) -> Template:
    """Return ``markup[start:end]`` with those of ``edits`` (in order, apart) that lie in it."""
    pieces: list[str | Segment] = []
    position = start
    for number in range(bisect_left(edits, start, key=lambda edit: edit[0]), len(edits)):
        first, last, new = edits[number]
        if first >= end:
            break
        if first > position:
            pieces.append(markup[position:first])
        pieces.append(new)
        position = last
    if position < end:
        pieces.append(markup[position:end])
    return tuple(pieces)


def has_letters(text: str) -> bool:
    return any(map(str.isalpha, text))


def read_tag(markup: str, tag: Slice, rules: Rules) -> Reading:
    """Return what a start tag says where its surroundings are translated."""
    found = attributes(markup, tag)
    if not found:
        return _of_bare_root(markup, tag, rules) if tag.name == "html" else NOTHING
    values = {attribute.name: markup[attribute.start : attribute.end] for attribute in found}
    translate = _translate(values)
    if rules.change and translate is None and tag.name not in ("html", "body") and _is_foreign(values, rules):
        translate = False
    if translate is False or not rules.change:
        return Reading((), translate)
    edits: list[Edit] = []
    if tag.name == "html" and "dir" not in values:
        edits += _of_bare_root(markup, tag, rules).edits
    for attribute in found:
        if attribute.end > attribute.start:
            edits += _edits_of(markup, attribute, tag.name, values, rules)
    return Reading(tuple(edits), translate)


def read_protected(markup: str, tag: Slice) -> bool | None:
    """Return what a start tag says about translation; None where it says nothing."""
    values = {attribute.name: markup[attribute.start : attribute.end] for attribute in attributes(markup, tag)}
    return _translate(values) if values else None


def _translate(values: dict[str, str]) -> bool | None:
    said = values.get("translate")
    if said is not None and said.lower() in ("no", "yes", ""):
        # One without a value counts as "yes", as in browsers.
        return said.lower() != "no"
    if "notranslate" in values.get("class", "").lower().split():
        return False
    return None


def _of_bare_root(markup: str, tag: Slice, rules: Rules) -> Reading:
    """Of <html> without ``dir``."""
    if not rules.change or rules.direction == "ltr" or markup[tag.end - 1] != ">":
        return NOTHING
    place = tag.start + 1 + len(tag.name)
    return Reading(((place, place, ' dir="rtl"'),))


def _edits_of(markup: str, attribute: Attribute, name: str, values: dict[str, str], rules: Rules) -> list[Edit]:
    if attribute.name in ("lang", "xml:lang"):
        language = to_public(rules.target)
        value = values[attribute.name]
        is_source = _language_of(value) == _primary(rules.source) or name in ("html", "body")
        # A value that names the target already stays, region and all.
        changes = is_source and to_public(_argos(value)) != language
        return [(attribute.start, attribute.end, language)] if changes else []
    if attribute.name == "dir" and name == "html":
        changes = values["dir"].lower() in ("ltr", "rtl") and values["dir"].lower() != rules.direction
        return [(attribute.start, attribute.end, rules.direction)] if changes else []
    if not _is_text(attribute.name, name, values):
        return []
    return _segment(markup, attribute)


def _is_text(attribute: str, name: str, values: dict[str, str]) -> bool:
    if attribute in _ANYWHERE:
        return attribute != "title" or name not in ("link", "style")
    if attribute == "label":
        return name in _LABELLED
    if attribute == "value":
        return name == "input" and values.get("type", "").lower() in _BUTTONS
    if attribute == "content" and name == "meta":
        return any(values.get(key, "").lower() in _DESCRIPTIONS for key in ("name", "property"))
    return False


def _segment(markup: str, attribute: Attribute) -> list[Edit]:
    raw = markup[attribute.start : attribute.end]
    stripped = raw.lstrip(SPACES)
    start = attribute.end - len(stripped)
    # The slash of an unquoted "alt=Fox/>" belongs to the value, but nobody meant that.
    raw = stripped.rstrip(SPACES) if attribute.quote else stripped.rstrip("/")
    text = SPACE_RUN.sub(" ", decode_value(raw)).strip(" ")
    if not has_letters(text):
        return []
    return [(start, start + len(raw), Segment(text, (), raw, _ESCAPES[attribute.quote]))]


def _is_foreign(values: dict[str, str], rules: Rules) -> bool:
    language = _language_of(values.get("lang", "") or values.get("xml:lang", ""))
    return language not in ("", _primary(rules.source)) and language not in _NO_LANGUAGE


def _argos(tag: str) -> str:
    try:
        return to_argos(tag.strip(SPACES))
    except UnsupportedLanguage:
        return ""


def _language_of(tag: str) -> str:
    """Return the primary subtag of what ``tag`` means, or nothing where it means no language."""
    return _primary(_argos(tag))


def _primary(code: str) -> str:
    return to_public(code).partition("-")[0]
