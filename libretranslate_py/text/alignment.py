"""Which words of a translation come from which words of its source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from libretranslate_py.text.characters import UNSPACED

# What belongs to the letter before it: accents, vowel signs (Python's \w knows neither), joiners.
_MARKS = (
    "\u00ad\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u0900-\u0963\u0966-\u0dff\u200c\u200d\u20d0-\u20ff\ufe00-\ufe0f"
)
# A run of letters and digits ("l'eau" is two of them: a tag may begin after the apostrophe); in a script without spaces
# each character.
_WORD = re.compile(rf"(?![{UNSPACED}])\w(?:(?![{UNSPACED}])[\w{_MARKS}])*+|(?=[{UNSPACED}])\w")

# Nearly all texts need none of that, and this is several times faster.
_SPECIAL = re.compile(rf"[{UNSPACED}{_MARKS}]")
_PLAIN_WORD = re.compile(r"\w+")

WordRange = tuple[int, int]


def words_of(text: str) -> tuple[WordRange, ...]:
    """Return start and end of each word of ``text``. Punctuation and spaces belong to no word."""
    word = _WORD if _SPECIAL.search(text) else _PLAIN_WORD
    return tuple([match.span() for match in word.finditer(text)])


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


# Beyond this, words that differ are not compared one by one, but taken for those at the same share of the text.
_MOST_COMPARISONS = 40_000
# Links of less than this share of a word say nothing.
LEAST_WEIGHT = 0.05


def compose(first: Alignment, second: Alignment) -> Alignment:
    """Return the alignment of a route of two directions: ``second`` begins with the sentence that ``first`` ends with.

    The words of that sentence are told apart by their number only, so white space at its edges may differ.
    """
    sources_of: dict[int, list[Link]] = {}
    for link in first.links:
        sources_of.setdefault(link.target, []).append(link)
    weights: dict[tuple[int, int], float] = {}
    for link in second.links:
        for before in sources_of.get(link.source, ()):
            pair = (before.source, link.target)
            weights[pair] = weights.get(pair, 0.0) + before.weight * link.weight
    links = tuple(Link(s, t, min(1.0, weight)) for (s, t), weight in weights.items() if weight >= LEAST_WEIGHT)
    return Alignment(first.source, second.target, links)


def follow(before: str, after: str) -> list[int | None]:
    """Return for each word of ``before`` the number of the word of ``after`` that it became; None = it is gone.

    ``after`` is ``before`` with other case, punctuation or spelling: where the number of words is the same, each is
    the word at its place.
    """
    old = words_of(before)
    new = old if before == after else words_of(after)
    if len(old) == len(new):
        return list(range(len(old)))
    olds = [before[start:end].casefold() for start, end in old]
    news = [after[start:end].casefold() for start, end in new]
    shorter = min(len(olds), len(news))
    head = next((n for n in range(shorter) if olds[n] != news[n]), shorter)
    rest = shorter - head
    tail = next((n for n in range(rest) if olds[-1 - n] != news[-1 - n]), rest)
    found: list[int | None] = [None] * len(olds)
    found[:head] = range(head)
    found[len(olds) - tail :] = range(len(news) - tail, len(news))
    middle, new_middle = olds[head : len(olds) - tail], news[head : len(news) - tail]
    if len(middle) * len(new_middle) <= _MOST_COMPARISONS:
        for old_start, new_start, size in SequenceMatcher(None, middle, new_middle, False).get_matching_blocks():
            for n in range(size):
                found[head + old_start + n] = head + new_start + n
    else:
        for n in range(len(middle)):
            found[head + n] = head + n * len(new_middle) // len(middle) if new_middle else None
    return found


def retell(alignment: Alignment, source: str, new_source: str, target: str, new_target: str) -> Alignment:
    """Return the alignment of ``source`` and ``target`` as one of the same sentences in another spelling."""
    if source == new_source and target == new_target:
        return alignment
    sources, targets = follow(source, new_source), follow(target, new_target)
    links = [
        Link(s, t, link.weight)
        for link in alignment.links
        if (s := sources[link.source]) is not None and (t := targets[link.target]) is not None
    ]
    return Alignment(words_of(new_source), words_of(new_target), tuple(links))
