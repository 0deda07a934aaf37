"""A search by windows finds what a search of the whole text finds."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libretranslate_py.text.windows import WINDOW, find_all, find_next

PATTERN = re.compile(r"a{2,}+|<[^>]{1,3000}+>|(?<!x)b+")
EDGES = st.integers(WINDOW - 40, WINDOW + 40) | st.integers(0, 9_000)


def in_turn(text: str) -> list[tuple[int, int]]:
    """What ``find_next`` finds, each from the end of the one before."""
    found: list[tuple[int, int]] = []
    while match := find_next(PATTERN, text, found[-1][1] if found else 0):
        found.append(match.span())
    return found


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(["a", ".", "<", "x", "b", "<b>", ".aa"]), EDGES), max_size=6))
def test_all_is_found_as_in_one_search(runs: list[tuple[str, int]]) -> None:
    text = "".join(unit * count for unit, count in runs)
    expected = [match.span() for match in PATTERN.finditer(text)]
    assert [match.span() for match in find_all(PATTERN, text)] == expected
    assert in_turn(text) == expected


@pytest.mark.parametrize("start", [WINDOW - 1, WINDOW, WINDOW + 1, WINDOW + 4_000, WINDOW + 4_096])
def test_a_match_across_an_edge_is_whole(start: int) -> None:
    text = "." * start + "<" + "a" * 2_500 + ">" + "." * WINDOW
    assert [match.span() for match in find_all(PATTERN, text)] == [(start, start + 2_502)]
    assert in_turn(text) == [(start, start + 2_502)]
