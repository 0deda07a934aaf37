"""Many terms looked for in a text at once, in time linear in the text however the terms are made.

Texts and terms are compared token by token, so that a term is found as whole words only: a word is one token, as is a
run of white space, any other character, and each character of a script that writes no spaces.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from libretranslate_py.text.characters import UNSPACED

_ASCII_TOKEN = re.compile(r"\s++|\w++|.", re.DOTALL)
# Single characters for single characters: places in the text stay what they are.
_TYPEWRITTEN = str.maketrans({**dict.fromkeys("’‘ʼ‛", "'"), **dict.fromkeys("“”„‟", '"'), "\u2010": "-", "\u2011": "-"})
_SOFT_HYPHEN = "\u00ad"
# Joiners and hyphens that stand within a word.
_WITHIN_WORDS = "\u200c\u200d" + _SOFT_HYPHEN
_TOKEN_BITS = 32
# No term has a token that is nearly as long; putting thousands of marks on one letter into order takes quadratic time.
_LONGEST_COMPARED = 2000


@dataclass(frozen=True, slots=True)
class Tokens:
    """``keys`` are what is compared, ``folded`` the same without regard to case; ``ranges`` say where they stand."""

    ranges: Sequence[tuple[int, int]]
    keys: Sequence[str]
    folded: Sequence[str]

    def is_word(self, number: int) -> bool:
        """Whether the token ``number`` is made of letters or digits."""
        return self.keys[number][:1].isalnum()


def split(text: str) -> Tokens:
    """The tokens of ``text``; each of its characters is in exactly one of them.

    Keys are in Unicode's composed form (NFC), with straight quotes, without soft hyphens; white space is one space.
    """
    if text.isascii():
        ranges = [match.span() for match in _ASCII_TOKEN.finditer(text)]
        keys = [" " if key.isspace() else key for key in _ASCII_TOKEN.findall(text)]
        return Tokens(ranges, keys, [key.lower() for key in keys])
    plain = text.translate(_TYPEWRITTEN)
    ranges, keys = [], []
    for match in _token_pattern().finditer(plain):
        ranges.append(match.span())
        keys.append(_key(match.group()))
    return Tokens(ranges, keys, [_fold(key) for key in keys])


def _key(token: str) -> str:
    if token.isascii():
        return " " if token.isspace() else token
    if token.isspace():
        return " "
    if len(token) > _LONGEST_COMPARED:
        return token
    return unicodedata.normalize("NFC", token.replace(_SOFT_HYPHEN, ""))


def _fold(key: str) -> str:
    # A Turkish capital I with its dot folds into two characters, which nobody means when writing an i.
    if key.isascii() or len(key) > _LONGEST_COMPARED:
        return key.lower()
    return unicodedata.normalize("NFC", key.replace("İ", "i").casefold())


@lru_cache(maxsize=1)
def _token_pattern() -> re.Pattern[str]:
    """Python's ``\\w`` knows no combining marks, without which words of Hindi or decomposed Latin ones would break."""
    marks = [code for code in (*range(0x300, 0x20000), *range(0xE0100, 0xE01F0)) if _is_mark(code)]
    ranges: list[list[int]] = []
    for code in marks:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    inside = _WITHIN_WORDS + "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
    return re.compile(rf"\s++|(?:(?![{UNSPACED}])\w)(?:(?![{UNSPACED}])\w|[{inside}])*+|.[{inside}]*+", re.DOTALL)


def _is_mark(code: int) -> bool:
    return unicodedata.category(chr(code)).startswith("M")


class Finder:
    """Terms, each a sequence of keys, made ready to be looked for all at once (Aho and Corasick's automaton).

    Immutable once made, so any number of threads may use it. The terms are entered from their ends: walking backwards
    through a text, the longest term that the walk has just completed is the longest one that begins there.
    """

    def __init__(self, terms: Iterable[Sequence[str]]) -> None:
        """``terms`` are known by their number in the given order; of equal ones the first counts."""
        self._numbers: dict[str, int] = {}
        self._sizes = array("L")
        # For each state: the state of the longest shorter walk that could go on, and 1 + the number of the longest term
        # that ends the walk, 0 for none. State 0 has walked nothing.
        self._fallback = array("L", [0])
        self._complete = array("L", [0])
        # By state and number of the next key, packed into one integer: half the memory of pairs.
        self._edges: dict[int, int] = {}
        levels: list[list[tuple[int, int, int]]] = []
        for number, term in enumerate(terms):
            self._sizes.append(len(term))
            self._enter(number, term, levels)
        self._link(levels)

    def _enter(self, number: int, term: Sequence[str], levels: list[list[tuple[int, int, int]]]) -> None:
        state = 0
        for depth, key in enumerate(reversed(term)):
            token = self._numbers.setdefault(key, len(self._numbers))
            following = self._edges.get(state << _TOKEN_BITS | token)
            if following is None:
                following = len(self._fallback)
                self._edges[state << _TOKEN_BITS | token] = following
                self._fallback.append(0)
                self._complete.append(0)
                if depth == len(levels):
                    levels.append([])
                levels[depth].append((state, token, following))
            state = following
        if state and not self._complete[state]:
            self._complete[state] = number + 1

    def _link(self, levels: list[list[tuple[int, int, int]]]) -> None:
        """Shorter walks first: what is longer falls back on them."""
        for depth, level in enumerate(levels):
            for state, token, following in level:
                fallback = self._step(self._fallback[state], token) if depth else 0
                self._fallback[following] = fallback
                self._complete[following] = self._complete[following] or self._complete[fallback]

    def _step(self, state: int, token: int) -> int:
        while (following := self._edges.get(state << _TOKEN_BITS | token)) is None:
            if not state:
                return 0
            state = self._fallback[state]
        return following

    def longest(self, keys: Sequence[str]) -> dict[int, tuple[int, int]]:
        """For each number of a key where a term begins: how many keys the longest such term has, and its number."""
        found: dict[int, tuple[int, int]] = {}
        number_of = self._numbers.get
        state = 0
        for place in range(len(keys) - 1, -1, -1):
            token = number_of(keys[place])
            state = 0 if token is None else self._step(state, token)
            if term := self._complete[state]:
                found[place] = self._sizes[term - 1], term - 1
        return found
