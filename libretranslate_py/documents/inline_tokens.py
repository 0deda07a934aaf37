"""What a paragraph consists of, and which of the ranges in it can be pairs around their words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby
from typing import Any

# Nobody nests containers and ranges any deeper.
DEEPEST = 50


class Sort(Enum):
    """What a token of a paragraph is."""

    TEXT = auto()
    # Around tokens: a link, an insertion; it comes back exactly once or not at all. A range comes back in any case.
    OPEN = auto()
    CLOSE = auto()
    # Without words: a picture, a bookmark.
    MARK = auto()
    # A word that nobody translates, and that a sentence needs: the number of a page.
    NAME = auto()
    BREAK = auto()
    # A tab: nothing goes on behind it.
    GAP = auto()


@dataclass(slots=True, eq=False)
class Token:
    """thing: what the format put in. style: of TEXT. name: of the HTML element that does the same, if that matters.

    key: of a MARK that begins or, with ``is_end``, ends a range: what its partner has, too.
    """

    sort: Sort
    text: str = ""
    style: Hashable = None
    thing: Any = None
    name: str = ""
    key: Hashable = None
    is_end: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    """The thing of an OPEN or a MARK that stands for both marks of a range."""

    start: Any
    end: Any


def join_ranges(tokens: list[Token]) -> list[Token]:
    """Return ``tokens`` with each range that nests as OPEN and CLOSE, and each empty one as one MARK.

    A range that crosses another one or a container keeps its two marks, as one does of which a mark is elsewhere.
    Takes linear time.
    """
    partners = _partners(tokens)
    if not partners:
        return tokens
    order = _untangle(tokens, partners)
    pairs = _nesting(tokens, order, partners)
    joined: list[Token] = []
    for number in order:
        token, partner = tokens[number], partners.get(number, number)
        if min(number, partner) not in pairs:
            joined.append(token)
        elif number < partner:
            joined.append(Token(Sort.OPEN, thing=Range(token.thing, tokens[partner].thing)))
        elif joined[-1].sort is Sort.OPEN:
            joined[-1] = Token(Sort.MARK, thing=joined[-1].thing)
        else:
            joined.append(Token(Sort.CLOSE))
    return joined


def _partners(tokens: Sequence[Token]) -> dict[int, int]:
    """The numbers of the two marks of each range in one container, each by the other."""
    waiting: dict[Hashable, tuple[int, int]] = {}
    containers = [-1]
    found: dict[int, int] = {}
    for number, token in enumerate(tokens):
        if token.sort is Sort.OPEN:
            containers.append(number)
        elif token.sort is Sort.CLOSE:
            containers.pop()
        elif token.key is not None and not token.is_end:
            waiting[token.key] = (number, containers[-1])
        elif token.key in waiting:
            start, container = waiting.pop(token.key)
            if container == containers[-1]:
                found[start], found[number] = number, start
    return found


def _untangle(tokens: Sequence[Token], partners: Mapping[int, int]) -> list[int]:
    """The numbers of the tokens in their order, but with marks of ranges that touch so that the ranges nest.

    Word processors write the marks of one place as they come: ``<1><2>words</1></2>``.
    """
    groups = [list(run) for _, run in groupby(range(len(tokens)), lambda n: n if tokens[n].key is None else -1)]
    place = {number: group[0] for group in groups for number in group}

    def rank(number: int) -> tuple[int, int, int]:
        partner = partners.get(number)
        if partner is None:
            return 1, 0, 0
        if place[partner] == place[number]:
            return 2, min(partner, number), number
        # What began last ends first, and what ends last begins first.
        return (0, -place[partner], -partner) if partner < number else (3, -place[partner], number)

    return [number for group in groups for number in (sorted(group, key=rank) if len(group) > 1 else group)]


def _nesting(tokens: Sequence[Token], order: Sequence[int], partners: Mapping[int, int]) -> set[int]:
    """The numbers of the marks that begin ranges which cross no other; of two that cross, the one that ends first."""
    pairs: set[int] = set()
    stack: list[int] = []
    waiting: set[int] = set()
    for number in order:
        if tokens[number].sort is Sort.OPEN:
            stack.append(number)
        elif tokens[number].sort is Sort.CLOSE:
            while tokens[stack.pop()].sort is not Sort.OPEN:
                pass
        elif partners.get(number, -1) > number and len(stack) < DEEPEST:
            stack.append(number)
            waiting.add(number)
        elif partners.get(number, number) in waiting:
            while stack[-1] != partners[number]:
                waiting.discard(stack.pop())
            pairs.add(stack.pop())
    return pairs


def base_styles(tokens: Sequence[Token]) -> dict[int, Hashable]:
    """Return the style that most of the text in each container has, by the number of its OPEN; -1 is the paragraph."""
    counts: dict[int, Counter[Hashable]] = {-1: Counter()}
    around = [-1]
    for number, token in enumerate(tokens):
        if token.sort is Sort.OPEN:
            around.append(number)
            counts[number] = Counter()
        elif token.sort is Sort.CLOSE:
            closed = around.pop()
            if isinstance(tokens[closed].thing, Range):
                # Its words are those of what is around it.
                counts[around[-1]].update(counts[closed])
        elif token.sort is Sort.TEXT:
            counts[around[-1]][token.style] += len(token.text)
    return {number: found.most_common(1)[0][0] if found else None for number, found in counts.items()}
