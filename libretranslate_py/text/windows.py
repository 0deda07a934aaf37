"""Searches of long texts, window by window: the interpreter runs no other thread while ``re`` searches."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Characters. The slowest expressions take some hundredths of a second for a window.
WINDOW = 16_384
# Where a window ends, what begins in it is seen this far.
_BEYOND = 4_096
# What ends this near to the end of what is seen may be longer.
_DOUBTFUL = 512


def find_next(pattern: re.Pattern[str], text: str, position: int) -> re.Match[str] | None:
    """Return the first match of ``pattern`` from ``position`` on, as ``pattern.search`` would.

    One that takes more than _BEYOND characters to be told from something else may be missed.
    """
    while position < len(text):
        edge = position + WINDOW
        seen = edge + _BEYOND
        match = pattern.search(text, position, seen)
        if match and seen < len(text) and match.start() < edge and match.end() > seen - _DOUBTFUL:
            match = pattern.match(text, match.start())
        if match and match.start() < edge:
            return match
        position = edge
    return None


def find_all(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yield the matches of ``pattern``, which are not empty, as ``pattern.finditer`` would; see ``find_next``."""
    position = 0
    while position < len(text):
        edge = position + WINDOW
        seen = edge + _BEYOND
        position = edge
        for match in pattern.finditer(text, edge - WINDOW, seen):
            if match.start() >= edge:
                break
            if seen < len(text) and match.end() > seen - _DOUBTFUL:
                whole = pattern.match(text, match.start())
                if whole:
                    yield whole
                    position = whole.end()
                break
            yield match
            position = max(edge, match.end())
