"""Language codes and names: what clients send, what packages carry, what people read.

Three kinds of codes meet here. *Argos codes* are those of the packages (``zh``, ``zt``, ``pb``); everything inside
this project uses them. *Public codes* are those of the answers (``zh-Hans``, ``zh-Hant``, ``pt-BR``). What a client
sends may be either, or a browser's tag (``es-419``), or a withdrawn code (``iw``), in any case, with ``-`` or ``_``.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from libretranslate_py.errors import UnsupportedLanguage


class Direction(NamedTuple):
    """From a language into another, as Argos codes."""

    source: str
    target: str

    def __str__(self) -> str:
        return f"{self.source}->{self.target}"


_PUBLIC = {"zh": "zh-Hans", "zt": "zh-Hant", "pb": "pt-BR"}

_WITHDRAWN = {"iw": "he", "in": "id", "ji": "yi", "jw": "jv", "mo": "ro", "cmn": "zh"}

# Argos has Tagalog and Bokmål, where CLDR has Filipino and plain Norwegian.
_TO_ARGOS = {**_WITHDRAWN, "fil": "tl", "no": "nb"}
_TO_CLDR = {**_WITHDRAWN, "tl": "fil"}

# Codes that may stand in for one another where only one is installed, nearest first.
_NEAREST = {
    "zh": ("zh", "zt"),
    "zt": ("zt", "zh"),
    "pt": ("pt", "pb"),
    "pb": ("pb", "pt"),
    "nb": ("nb", "no", "nn"),
    "nn": ("nn", "nb", "no"),
    "he": ("he", "iw"),
    "id": ("id", "in"),
    "tl": ("tl", "fil"),
}

_TRADITIONAL_REGIONS = frozenset({"tw", "hk", "mo"})

# BCP 47 allows more; nothing longer than this is the name of a language that a package could carry.
_LONGEST = 35
_TAG = re.compile(r"[a-z]{2,8}(?:-[a-z0-9]{1,8})*")


def to_public(code: str) -> str:
    """The code that clients see for an Argos code."""
    return _PUBLIC.get(code, code)


def to_argos(code: str) -> str:
    """The Argos code that ``code`` means, whether or not such a package is installed.

    Raises UnsupportedLanguage if ``code`` is not even shaped like a language code.
    """
    tag = _tag_of(code)
    if tag is None:
        raise UnsupportedLanguage(_presentable(code))
    language, *subtags = tag.split("-")
    return _argos_code(language, subtags)


def resolve(code: str, available: Collection[str]) -> str:
    """The Argos code among ``available`` that serves best what a client sent.

    Region variants fall back to their language, and languages that can be read for one another (pt and pb, zh and zt,
    nb and nn) to each other. Raises UnsupportedLanguage, with ``code`` as the client sent it (cut if absurdly long),
    where nothing fits.
    """
    if code in available:
        return code
    tag = _tag_of(code)
    if tag is not None:
        by_tag = {known.replace("_", "-").lower(): known for known in available}
        for candidate in _candidates(tag):
            if candidate in by_tag:
                return by_tag[candidate]
    raise UnsupportedLanguage(_presentable(code))


def _tag_of(code: str) -> str | None:
    if len(code) > _LONGEST or not code.isascii():
        return None
    tag = code.strip(" ").replace("_", "-").lower()
    return tag if _TAG.fullmatch(tag) else None


def _candidates(tag: str) -> Iterator[str]:
    yield tag
    language, *subtags = tag.split("-")
    for length in range(len(subtags) - 1, 0, -1):
        yield "-".join([language, *subtags[:length]])
    code = _argos_code(language, subtags)
    yield from _NEAREST.get(code, (code,))
    # A package may carry the old code itself; only now, because zh-TW must not end at zh while zt is there.
    yield language


def _argos_code(language: str, subtags: list[str]) -> str:
    language = _TO_ARGOS.get(language, language)
    if language == "zh":
        return "zt" if _is_traditional(subtags) else "zh"
    if language == "pt":
        return "pb" if "br" in subtags else "pt"
    return language


def _is_traditional(subtags: list[str]) -> bool:
    if "hant" in subtags or "hans" in subtags:
        return "hant" in subtags
    return not _TRADITIONAL_REGIONS.isdisjoint(subtags)


def _presentable(code: str) -> str:
    shown = code if len(code) <= _LONGEST else f"{code[:_LONGEST]}…"
    return "".join(character if character.isprintable() else "\ufffd" for character in shown)


# --- names, from CLDR -------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def display_name(code: str, locale: str = "en", fallback: str = "") -> str:
    """The name of the language with this Argos code, as a heading or a list of ``locale`` would write it.

    ``locale`` is a CLDR identifier as ``match_locale`` returns; an unknown one means English. A language without a name
    in that locale has its English one; one that CLDR does not know at all has ``fallback``, or else its code.
    """
    identifier = _locales().get(locale.replace("-", "_").lower(), "en")
    name = _name_in(identifier, code)
    if name:
        return _capitalised(name, identifier)
    return _name_in("en", code) or fallback or code


def match_locale(accept_language: str | None) -> str:
    """The CLDR locale that an Accept-Language header asks for; ``en`` where it asks for none that exists.

    Takes any text in bounded time: what is malformed in it is passed over.
    """
    for tag in _wanted(accept_language or ""):
        if tag == "*":
            return "en"
        identifier = _nearest_locale(tag)
        if identifier:
            return identifier
    return "en"


_LONGEST_HEADER = 1000
_QUALITY = re.compile(r"\s*[qQ]\s*=\s*(0(?:\.[0-9]*)?|1(?:\.0*)?)\s*")


def _wanted(header: str) -> list[str]:
    weighted: list[tuple[float, str]] = []
    for part in header[:_LONGEST_HEADER].split(","):
        name, semicolon, parameter = part.partition(";")
        weight = _QUALITY.fullmatch(parameter)
        if semicolon and not weight:
            continue
        tag = "*" if name.strip() == "*" else _tag_of(name.strip())
        quality = float(weight[1]) if weight else 1.0
        if tag and quality > 0:
            weighted.append((quality, tag))
    return [tag for _, tag in sorted(weighted, key=lambda entry: -entry[0])]


def _nearest_locale(tag: str) -> str | None:
    language, *subtags = tag.split("-")
    if _argos_code(language, subtags) == "zt":
        parts = ["zh", "hant", *(subtag for subtag in subtags if subtag != "hant")]
    else:
        parts = [_TO_CLDR.get(language, language), *subtags]
    known = _locales()
    for length in range(len(parts), 0, -1):
        identifier = known.get("_".join(parts[:length]))
        if identifier:
            return identifier
    return None


@lru_cache(maxsize=1)
def _locales() -> Mapping[str, str]:
    from babel import localedata  # noqa: PLC0415

    return {identifier.lower(): identifier for identifier in localedata.locale_identifiers()}


class _Names(NamedTuple):
    """What one locale calls languages, and the scripts and territories that tell two variants of one apart."""

    languages: Mapping[str, str]
    variants: Mapping[str, str]


# Babel keeps every locale that it ever loaded: a client that walks through all thousand of them in Accept-Language
# would cost 190 MB for good. Hence the file is read here, and only the names of a few locales are kept.
@lru_cache(maxsize=16)
def _names(identifier: str) -> _Names:
    from babel import localedata  # noqa: PLC0415

    with Path(localedata.resolve_locale_filename(identifier)).open("rb") as file:
        data = pickle.load(file)
    own = _Names(data.get("languages", {}), {**data.get("scripts", {}), **data.get("territories", {})})
    parent = _parent_of(identifier)
    if not parent:
        return own
    inherited = _names(parent)
    return _Names({**inherited.languages, **own.languages}, {**inherited.variants, **own.variants})


def _parent_of(identifier: str) -> str:
    from babel.core import get_global  # noqa: PLC0415

    exception: str | None = get_global("parent_exceptions").get(identifier)
    if exception:
        return exception
    parent, _, last = identifier.rpartition("_")
    if len(last) == 4 and last.isalpha():
        # The names of a script that is not the language's usual one owe nothing to those in the usual one.
        usual: str = get_global("likely_subtags").get(parent, "")
        return parent if usual.startswith(identifier) else ""
    return parent


def _name_in(identifier: str, code: str) -> str:
    names = _names(identifier)
    language, _, variant = to_public(code).replace("-", "_").partition("_")
    if not variant:
        return names.languages.get(language) or names.languages.get(_TO_CLDR.get(language, language), "")
    whole = names.languages.get(f"{language}_{variant}")
    if whole:
        return whole
    parts = names.languages.get(language), names.variants.get(variant)
    return f"{parts[0]} ({parts[1]})" if all(parts) else ""


def _capitalised(name: str, identifier: str) -> str:
    if name[:1] == "i" and identifier.partition("_")[0] in ("az", "tr"):
        return f"İ{name[1:]}"
    # Title case, not upper case: a Georgian word is written in capitals as a whole or not at all.
    return name[:1].title() + name[1:]
