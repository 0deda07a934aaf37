"""Lines that a width broke, as one text, and a text in such lines again."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from libretranslate_py.text.characters import CLOSERS, UNSPACED

# Start and end in a text.
Range = tuple[int, int]

# Where a text may be broken: at spaces, and in scripts without spaces in front of anything but closing punctuation.
# Tags of subtitles and codes in braces are never broken.
_BREAK = re.compile(
    r"(?P<whole><[^<>\n]{0,500}>|\{\\[^{}\n]{0,200}\})|(?P<space>[ \t\n]+)"
    rf"|(?P<between>(?<=[{UNSPACED}])(?=[^\s.,:;!?…。、，！？：；ー々{CLOSERS}]))"
)


def break_places(text: str) -> list[Range]:
    """Return where ``text`` may be broken, as ranges of the white space that goes then (empty in unspaced scripts)."""
    return [
        found.span()
        for found in _BREAK.finditer(text)
        if not found["whole"] and found.start() > 0 and found.end() < len(text)
    ]


def divide_evenly(text: str, weights: Sequence[int], places: Sequence[Range]) -> list[str] | None:
    """Return ``text`` in ``len(weights)`` parts as long, in proportion, as the weights (> 0), broken at ``places``.

    None where there are too few of them.
    """
    count = len(weights)
    if len(places) < count - 1:
        return None
    total, reached, first = sum(weights), 0, 0
    chosen: list[Range] = []
    for number, weight in enumerate(weights[:-1]):
        reached += weight
        goal = len(text) * reached / total
        # As many places as further parts need are left over.
        last = len(places) - (count - 2 - number)
        best = first
        while best + 1 < last and _distance(places[best + 1], goal) <= _distance(places[best], goal):
            best += 1
        chosen.append(places[best])
        first = best + 1
    edges = [(0, 0), *chosen, (len(text), len(text))]
    return [text[before[1] : after[0]] for before, after in itertools.pairwise(edges)]


def _distance(place: Range, goal: float) -> float:
    return abs((place[0] + place[1]) / 2 - goal)


def fill_lines(text: str, width: int) -> list[str]:
    """Return ``text`` in lines of at most ``width`` characters, longer words on lines of their own."""
    lines: list[str] = []
    start, last = 0, (0, 0)
    for place in (*break_places(text), (len(text), len(text))):
        if place[0] - start > width and last[0] > start:
            lines.append(text[start : last[0]])
            start = last[1]
        last = place
    lines.append(text[start:])
    return lines
