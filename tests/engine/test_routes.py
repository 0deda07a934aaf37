from __future__ import annotations

import pytest

from libretranslate_py.engine.routes import find_route, reachable
from libretranslate_py.languages import Direction


def directions(words: str) -> list[Direction]:
    return [Direction(*word.split(">")) for word in words.split()]


@pytest.mark.parametrize(
    ("installed", "source", "target", "expected"),
    [
        ("en>es es>fr en>fr", "en", "fr", "en>fr"),
        ("es>en en>fr", "es", "fr", "es>en en>fr"),
        ("es>de de>fr es>en en>fr es>aa aa>fr", "es", "fr", "es>en en>fr"),
        ("a>b a>c b>d c>en d>z en>z", "a", "z", "a>c c>en en>z"),
        ("es>de de>fr", "es", "fr", "es>de de>fr"),
        ("a>b b>c c>d", "a", "d", "a>b b>c c>d"),
        ("a>b b>a", "a", "a", ""),
    ],
)
def test_the_shortest_route_is_taken_and_english_preferred(
    installed: str, source: str, target: str, expected: str
) -> None:
    for order in (directions(installed), directions(installed)[::-1]):
        assert find_route(order, source, target) == tuple(directions(expected))


@pytest.mark.parametrize("installed", ["", "es>en", "fr>es en>es"])
def test_no_route(installed: str) -> None:
    assert find_route(directions(installed), "es", "fr") is None


def test_reachable_includes_the_language_itself_and_survives_circles() -> None:
    assert reachable(directions("a>b b>a b>c"), "a") == ["a", "b", "c"]
    assert reachable(directions("a>b"), "b") == ["b"]
