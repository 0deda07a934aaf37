"""Subscripts and superscripts that touch a word: numbers of footnotes, and parts of formulas."""

from __future__ import annotations

import re
from collections.abc import Sequence

from libretranslate_py.text.markup_spans import Item, Role

_SCRIPTS = frozenset({"sub", "sup"})
# What is set high or low in a formula, or refers to a footnote; not the letters of "1st".
_SIGN = re.compile(r"[-+−]?\d{1,4}[-+−]?|[-+−*†‡§¶]|(?P<letter>[a-z])")
_LINKED = re.compile(r"\[?(?:\d{1,4}|[*†‡§¶])\]?")
_TOUCHING = re.compile(r"\w{1,20}[.,;:!?)\]»”\"]{0,2}\Z")
_GOES_ON = re.compile(r"[A-Z][a-z]?\w{0,2}(?!\w)|[A-Z][a-z]?\Z")
_LONGEST_FORMULA = 6
# A word that has a footnote; formulas have shorter names, or more capitals.
_WORD = re.compile(r"[^\W\d_][^\W\d_A-Z]{2,}")


def join_scripts(markup: str, items: Sequence[Item]) -> Sequence[Item]:
    """Return ``items`` with each <sup> or <sub> that touches a word as one item.

    Behind a word, the number of a footnote is a mark: as a part of its text it would spoil the word for a model. A
    formula (H<sub>2</sub>O, m<sup>2</sup>) is a name. A number that is a link (<sup><a>1</a></sup>) is a footnote's.
    """
    if not any(item.name in _SCRIPTS for item in items):
        return items
    joined: list[Item] = []
    number = 0
    while number < len(items):
        if _is_linked_note(items, number):
            last = items[number + 4]
            edits = tuple(edit for item in items[number : number + 5] for edit in item.edits)
            joined.append(Item(items[number].start, last.end, Role.MARK, last.name, "", edits))
            number += 5
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


def _is_linked_note(items: Sequence[Item], number: int) -> bool:
    if items[number].name != "sup" or number + 4 >= len(items):
        return False
    roles = [item.role for item in items[number : number + 5]]
    names = [item.name for item in items[number : number + 5]]
    return (
        roles == [Role.OPEN, Role.OPEN, Role.TEXT, Role.CLOSE, Role.CLOSE]
        and names == ["sup", "a", "", "a", "sup"]
        and _LINKED.fullmatch(items[number + 2].text) is not None
    )


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
