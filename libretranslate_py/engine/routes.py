"""The graph of installed directions, and the shortest way through it. Pure functions."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection

from libretranslate_py.languages import Direction

Route = tuple[Direction, ...]


def find_route(directions: Collection[Direction], source: str, target: str) -> Route | None:
    """The directions to take one after the other from ``source`` to ``target``; None where there is no way.

    A direct direction always wins; among routes of equal length one through English does, because English packages
    are trained on the most data, then the alphabetical order, so that an answer does not depend on the file system.
    ``()`` when source and target are the same.
    """
    if source == target:
        return ()
    neighbours = _neighbours(directions)
    route = _walk(neighbours, source, target)
    if route and len(route) > 1 and "en" not in (source, target):
        first, second = _walk(neighbours, source, "en"), _walk(neighbours, "en", target)
        if first and second and len(first) + len(second) == len(route):
            return first + second
    return route


def _walk(neighbours: dict[str, list[str]], source: str, target: str) -> Route | None:
    came_from: dict[str, str] = {source: source}
    waiting = deque([source])
    while waiting:
        language = waiting.popleft()
        for following in neighbours.get(language, ()):
            if following in came_from:
                continue
            came_from[following] = language
            if following == target:
                return _walk_back(came_from, target)
            waiting.append(following)
    return None


def reachable(directions: Collection[Direction], source: str) -> list[str]:
    """All languages, in alphabetical order, to which a route leads from ``source``; itself included."""
    neighbours = _neighbours(directions)
    seen = {source}
    waiting = [source]
    while waiting:
        for following in neighbours.get(waiting.pop(), ()):
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return sorted(seen)


def _neighbours(directions: Collection[Direction]) -> dict[str, list[str]]:
    neighbours: dict[str, list[str]] = {}
    for source, target in sorted(directions):
        neighbours.setdefault(source, []).append(target)
    return neighbours


def _walk_back(came_from: dict[str, str], target: str) -> Route:
    steps: list[Direction] = []
    while came_from[target] != target:
        steps.append(Direction(came_from[target], target))
        target = came_from[target]
    return tuple(reversed(steps))
