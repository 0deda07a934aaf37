"""The mark at the end of a sentence, in the forms that languages give it."""

from __future__ import annotations

import re

from libretranslate_py.text.characters import CLOSERS

# Every form of a mark, by the form that English has.
_FORMS = {
    ".": ".。．｡।۔။።։",
    "!": "!！",
    "?": "?？؟፧\u037e",
    "…": "…‥⋯",
    ":": ":：",
    ";": ";；؛·\u0387",
    ",": ",，、،",
}
_MARK_OF = {form: mark for mark, forms in _FORMS.items() for form in forms}
_ALL = re.escape("".join(_MARK_OF))

_FULL_WIDTH = {".": "。", "!": "！", "?": "？", ":": "：", ";": "；", ",": "，"}
_ARABIC = {"?": "؟", ";": "؛", ",": "،"}
_FRENCH = {mark: f"\u00a0{mark}" for mark in "!?:;"}
# How a language writes the marks that it writes differently from English; "" is for one that it does not write.
_CONVENTIONS: dict[str, dict[str, str]] = {
    "zh": _FULL_WIDTH,
    "zt": _FULL_WIDTH,
    "ja": {**_FULL_WIDTH, ",": "、"},
    "ar": _ARABIC,
    "fa": _ARABIC,
    "ur": {**_ARABIC, ".": "۔"},
    "el": {"?": ";", ";": "·"},
    "hi": {".": "।"},
    "bn": {".": "।"},
    "pa": {".": "।"},
    "ne": {".": "।"},
    "my": {".": "။"},
    "km": {".": "។"},
    "am": {".": "።", "?": "፧"},
    "hy": {".": "։", "?": "", "!": ""},
    "th": {".": ""},
    "lo": {".": ""},
    "fr": _FRENCH,
}

_TAIL = re.compile(rf"\s*+([{_ALL}]++)\Z")
_CLOSED = re.compile(rf"[{_ALL}]\s*[{CLOSERS}]+\Z")
_ABBREVIATION = re.compile(
    r"(?:\b\w{1,2}\.\s?\w{1,2}|\b(?i:etc|ecc|usw|osv|atd|itd|stb|vb|др|д|Inc|Ltd|Jr|Sr|St|No|cf|al))\.\Z"
)
_NOT_ADDED_BY_WRITERS = frozenset(".,:;…")


def follow_punctuation(source: str, language: str, result: str, target: str) -> str:
    """Return ``result`` with the final mark of ``source``, in the form that ``target`` gives it.

    What stands inside closing quotes or brackets is left alone, on either side. A question or exclamation mark that
    only the result has stays if the source has no mark at all: the model may have understood more than was written.
    """
    if _CLOSED.search(source) or not any(map(str.isalnum, result)):
        return result
    wanted = _ending(source, language)
    found = _ending(result, target)
    if wanted == found:
        return _same_dots(source, result) if wanted == "…" else result
    if not wanted:
        return _without_added(result, found)
    if _CONVENTIONS.get(target, {}).get(wanted[0]) == "":
        return result
    if not found:
        return result if _CLOSED.search(result) else _with_mark(result, source, wanted, target)
    if _are_kin(wanted, found, language):
        return result
    return _with_mark(_strip_mark(result, found, target), source, wanted, target)


def _ending(sentence: str, language: str) -> str:
    """The final marks in their English forms: "" (none), "?", "?!", "…" (three dots, too) ..."""
    tail = _TAIL.search(sentence[-12:])
    if not tail:
        return ""
    marks = "".join(_MARK_OF[form] for form in tail.group(1))
    if language == "el":
        marks = marks.replace(";", "?")
    marks = re.sub(r"\.{2,}|…+", "…", marks)
    # "at 3 p.m.?": the stop belongs to the abbreviation.
    return marks if marks == "." else marks.replace(".", "")


def _are_kin(wanted: str, found: str, language: str) -> bool:
    """Whether the choice between the two is the model's.

    ?! and ?, !!! and ! differ in loudness only; and whether "come here" is a statement or a call differs by language:
    French writes an exclamation mark where English has a full stop.
    """
    if (wanted == "." or language == "fr") and {wanted, found} == {".", "!"}:
        return True
    return bool(set(wanted) & set(found)) and set(wanted + found) <= set("?!…")


def _same_dots(source: str, result: str) -> str:
    """An ellipsis as the source writes it, as one character or as three dots."""
    if source.endswith("…"):
        return re.sub(r"\.{3,}\Z", "…", result)
    return re.sub(r"…\Z", "...", result) if source.endswith("...") else result


def _without_added(result: str, found: str) -> str:
    if not set(found) <= _NOT_ADDED_BY_WRITERS or (found == "." and _ABBREVIATION.search(result)):
        return result
    return _TAIL.sub("", result) or result


def _strip_mark(result: str, found: str, target: str) -> str:
    bare = _TAIL.sub("", result)
    if target == "es" and set(found) & set("?!"):
        return re.sub(r"\A[¿¡]+(?=[^¿¡]*\Z)", "", bare)
    return bare


def _with_mark(result: str, source: str, wanted: str, target: str) -> str:
    if not result:
        return result
    if wanted == "…":
        return result + ("..." if source.endswith(".") else "…")
    forms = _CONVENTIONS.get(target, {})
    mark = forms.get(wanted[0], wanted[0]) + "".join(forms.get(other, other).strip("\u00a0") for other in wanted[1:])
    opening = {"?": "¿", "!": "¡"}.get(wanted[0]) if target == "es" else None
    return f"{opening}{result}{mark}" if opening and opening not in result else result + mark
