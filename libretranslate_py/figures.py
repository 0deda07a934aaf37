"""Figures about the work of the server, for whoever watches it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Distribution:
    """How many values were at most each of the bounds (ascending), how many there are in all, and their sum."""

    buckets: tuple[tuple[float, int], ...]
    count: int
    sum: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One value of one metric, as it is now.

    name: snake_case with the unit, without a prefix; that of a counter ends in ``_total``. All figures of a name have
    the same kind, the same help and the same names of labels. A label's values must be few: each makes a series.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    value: float | Distribution
    labels: Mapping[str, str] = field(default_factory=dict)


def distribution(counts: Mapping[int, int], bounds: tuple[int, ...]) -> Distribution:
    """``counts``: how often each value came."""
    buckets = tuple((float(bound), sum(n for value, n in counts.items() if value <= bound)) for bound in bounds)
    return Distribution(buckets, sum(counts.values()), float(sum(value * n for value, n in counts.items())))
