"""Which words of a translation come from which words of its source."""

from __future__ import annotations

import re
from dataclasses import dataclass

from libretranslate_py.text.characters import UNSPACED

# A run of letters and digits ("l'eau" is two of them: a tag may begin after the apostrophe); in a script without spaces
# each character.
_WORD = re.compile(rf"(?:(?![{UNSPACED}])\w)++|(?=[{UNSPACED}])\w")

WordRange = tuple[int, int]


def words_of(text: str) -> tuple[WordRange, ...]:
    """Return start and end of each word of ``text``. Punctuation and spaces belong to no word."""
    return tuple(match.span() for match in _WORD.finditer(text))


@dataclass(frozen=True, slots=True)
class Link:
    """Source word number ``source`` and target word number ``target`` belong together; 0 < weight <= 1."""

    source: int
    target: int
    weight: float


@dataclass(frozen=True, slots=True)
class Alignment:
    """source, target: the words (``words_of``) of a sentence and of its hypothesis. links: in any order."""

    source: tuple[WordRange, ...]
    target: tuple[WordRange, ...]
    links: tuple[Link, ...]
