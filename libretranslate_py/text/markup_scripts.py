"""Subscripts and superscripts that touch a word: numbers of footnotes, and parts of formulas."""

from __future__ import annotations

import re
from collections.abc import Sequence

from libretranslate_py.text.markup_spans import Item, Role

_SCRIPTS = frozenset({"sub", "sup"})
# What is set high or low in a formula, or refers to a footnote; not the letters of "1st".
_SIGN = re.compile(r"[-+−]?\d{1,4}[-+−]?|[-+−*†‡§¶]|(?P<letter>[a-z])")
_NOTED = _SCRIPTS | {"a"}
_LINKED = re.compile(r"\[?(?:\d{1,4}|[*†‡§¶])\]?")
_BEFORE = re.compile(r"[^\W_]|[.,;:!?)»”\"]")
_TOUCHING = re.compile(r"\w{1,20}[.,;:!?)\]»”\"]{0,2}\Z")
_GOES_ON = re.compile(r"[A-Z][a-z]?\w{0,2}(?!\w)|[A-Z][a-z]?\Z")
_LONGEST_FORMULA = 6
# A word that has a footnote; formulas have shorter names, or more capitals.
_WORD = re.compile(r"[^\W\d_][^\W\d_A-Z]{2,}")


def join_scripts(markup: str, items: Sequence[Item]) -> Sequence[Item]:
    """Return ``items`` with each <sup> or <sub> that touches a word as one item.

    Behind a word, the number of a footnote is a mark: as a part of its text it would spoil the word for a model. A
    formula (H<sub>2</sub>O, m<sup>2</sup>) is a name. A number that is a link is a footnote's in <sup> or if it
    touches a word, else a name, of a page perhaps: models lose or double lone numbers.
    """
    if not any(item.name in _NOTED for item in items):
        return items
    joined: list[Item] = []
    number = 0
    while number < len(items):
        if length := _linked_number(items, number):
            joined.append(_join_number(markup, items[number : number + length]))
            number += length
            continue
        sign = _sign_at(items, number)
        before = joined[-1] if joined else None
        if sign is None or before is None:
            joined.append(items[number])
            number += 1
            continue
        tag, end = items[number], items[number + 2].end
        edits = (*tag.edits, *items[number + 2].edits)
        touching = _touching(markup, before)
        if before.role is Role.NAME and before.name in _SCRIPTS and before.end == tag.start:
            joined[-1] = Item(before.start, end, Role.NAME, tag.name, before.text + sign, (*before.edits, *edits))
        elif touching and _is_note(touching, sign):
            joined.append(Item(tag.start, end, Role.MARK, tag.name, "", edits))
        elif touching and (not sign.isalpha() or len(touching) == 1):
            start = before.end - len(touching)
            joined[-1:] = (
                [before._replace(end=start, text=before.text[: -len(touching)])] if start > before.start else []
            )
            joined.append(Item(start, end, Role.NAME, tag.name, touching + sign, edits))
        else:
            joined += items[number : number + 3]
        number += 3
        number = _take_rest(markup, joined, items, number)
    return joined


def _is_note(touching: str, sign: str) -> bool:
    is_word = _WORD.fullmatch(touching) is not None or len(touching) > _LONGEST_FORMULA
    return not sign.isalpha() and (is_word or not touching[-1].isalnum())


def _linked_number(items: Sequence[Item], number: int) -> int:
    """How many items the linked number that begins at ``number`` consists of; 0 if there is none."""
    for names in (("sup", "a", "", "a", "sup"), ("a", "sup", "", "sup", "a"), ("a", "", "a")):
        depth = len(names) // 2
        found = items[number : number + len(names)]
        roles = [Role.OPEN] * depth + [Role.TEXT] + [Role.CLOSE] * depth
        if tuple(item.name for item in found) == names and [item.role for item in found] == roles:
            return len(names) if _LINKED.fullmatch(found[depth].text) else 0
    return 0


def _join_number(markup: str, items: Sequence[Item]) -> Item:
    start, end, name = items[0].start, items[-1].end, items[-1].name
    edits = tuple(edit for item in items for edit in item.edits)
    if len(items) > 3 or _BEFORE.match(markup[max(0, start - 1) : start]) or markup[end : end + 1].isalpha():
        return Item(start, end, Role.MARK, name, "", edits)
    return Item(start, end, Role.NAME, name, items[1].text, edits)


def _sign_at(items: Sequence[Item], number: int) -> str | None:
    """What the script that begins at ``number`` holds, if it is nothing but a sign."""
    if number + 2 >= len(items):
        return None
    tag, text, end = items[number : number + 3]
    is_script = tag.role is Role.OPEN and tag.name in _SCRIPTS and end.role is Role.CLOSE and end.name == tag.name
    return text.text if is_script and text.role is Role.TEXT and _SIGN.fullmatch(text.text) else None


def _touching(markup: str, before: Item) -> str:
    found = _TOUCHING.search(before.text[-22:]) if before.role is Role.TEXT else None
    word = found.group() if found else ""
    return word if markup.endswith(word, before.start, before.end) else ""


def _take_rest(markup: str, joined: list[Item], items: Sequence[Item], number: int) -> int:
    """Adds the letters behind a script (the O of H<sub>2</sub>O) to the formula; returns the item to go on with."""
    formula = joined[-1]
    if formula.role is not Role.NAME or formula.name not in _SCRIPTS or number >= len(items):
        return number
    following = items[number]
    rest = _GOES_ON.match(following.text) if following.role is Role.TEXT else None
    if not rest or not markup.startswith(rest.group(), following.start):
        return number
    size = len(rest.group())
    joined[-1] = formula._replace(end=formula.end + size, text=formula.text + rest.group())
    if len(following.text) > size:
        joined.append(following._replace(start=following.start + size, text=following.text[size:]))
    return number + 1
