"""Limits over each storage."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libretranslate_py.access.limits import Limits, Rate
from libretranslate_py.errors import RateLimited
from tests.contract.conftest import Clock

THREE = Rate(3, "minute")
HOURLY = Rate(5, "hour")
DAILY = Rate(6, "day")


@pytest.fixture
def limits(uri: str, clock: Clock) -> Limits:
    return Limits(uri, clock)


def refusal(limits: Limits, rates: Sequence[Rate], cost: int = 1, client: str = "a", route: str = "/r") -> RateLimited:
    with pytest.raises(RateLimited) as caught:
        limits.spend(client, route, rates, cost)
    return caught.value


def spend(limits: Limits, rates: Sequence[Rate], cost: int = 1, client: str = "a", route: str = "/r") -> int:
    """What remains."""
    standing = limits.spend(client, route, rates, cost)
    assert standing is not None
    return standing.remaining


def test_as_many_as_the_amount_and_no_more(limits: Limits) -> None:
    assert [spend(limits, [THREE]) for _ in range(3)] == [2, 1, 0]
    error = refusal(limits, [THREE])
    assert (error.rate, error.limit, error.retry_after) == ("3 per 1 minute", 3, 60)


def test_clients_and_routes_count_apart(limits: Limits) -> None:
    assert spend(limits, [THREE], 3) == 0
    assert spend(limits, [THREE], client="b") == 2
    assert spend(limits, [THREE], route="/other") == 2


def test_a_window_begins_with_its_first_request_and_ends_as_a_whole(limits: Limits, clock: Clock) -> None:
    clock.wait(1234.5)
    spend(limits, [THREE])
    clock.wait(59)
    spend(limits, [THREE], 2)
    assert refusal(limits, [THREE]).retry_after == 1
    clock.wait(1)
    assert spend(limits, [THREE], 3) == 0


def test_retry_after_is_never_less_than_what_is_to_be_waited(limits: Limits, clock: Clock) -> None:
    spend(limits, [THREE], 3)
    clock.wait(9.25)
    assert refusal(limits, [THREE]).retry_after == 51
    clock.wait(50.7)
    assert refusal(limits, [THREE]).retry_after == 1


def test_without_rates_nothing_is_limited(limits: Limits) -> None:
    assert limits.spend("a", "/r", [], 1000) is None
    limits.charge("a", "/r", [], 1000)


def test_a_refused_request_counts_nowhere(limits: Limits) -> None:
    rates = [THREE, HOURLY]
    spend(limits, rates, 2)
    refusal(limits, rates, 2)
    assert spend(limits, rates) == 0
    assert limits.spend("a", "/r", [HOURLY], 1) is not None
    assert spend(limits, [HOURLY]) == 0


def test_the_rate_to_be_waited_for_longest_is_named(limits: Limits, clock: Clock) -> None:
    rates = [THREE, HOURLY, DAILY]
    spend(limits, rates, 3)
    assert refusal(limits, rates).rate == "3 per 1 minute"
    clock.wait(60)
    spend(limits, rates, 2)
    error = refusal(limits, rates, 2)
    assert (error.rate, error.limit, error.retry_after) == ("6 per 1 day", 6, 86400 - 60)
    error = refusal(limits, rates, 1)
    assert (error.rate, error.limit, error.retry_after) == ("5 per 1 hour", 5, 3600 - 60)


def test_the_standing_is_that_of_the_tightest_rate(limits: Limits, clock: Clock) -> None:
    standing = limits.spend("a", "/r", [Rate(10, "minute"), Rate(12, "hour")], 5)
    assert standing is not None
    assert (standing.limit, standing.remaining, standing.reset) == (10, 5, 60)
    clock.wait(60)
    standing = limits.spend("a", "/r", [Rate(10, "minute"), Rate(12, "hour")], 2)
    assert standing is not None
    assert (standing.limit, standing.remaining, standing.reset) == (12, 5, 3600 - 60)


def test_a_list_larger_than_the_limit_uses_all_of_an_unused_window(limits: Limits, clock: Clock) -> None:
    """Weblate sends lists of 20."""
    ten = Rate(10, "minute")
    assert spend(limits, [ten], 20) == 0
    assert refusal(limits, [ten]).retry_after == 60
    clock.wait(60)
    spend(limits, [ten])
    refusal(limits, [ten], 20)
    assert spend(limits, [ten], 9) == 0


def test_a_larger_list_takes_its_full_cost_from_larger_rates(limits: Limits, clock: Clock) -> None:
    rates = [Rate(10, "minute"), Rate(45, "hour")]
    spend(limits, rates, 20)
    clock.wait(60)
    spend(limits, rates, 20)
    clock.wait(60)
    assert refusal(limits, rates, 20).rate == "45 per 1 hour"
    assert spend(limits, rates, 5) == 0


def test_nothing_at_all_is_allowed(limits: Limits) -> None:
    error = refusal(limits, [Rate(0, "minute")])
    assert (error.rate, error.limit, error.retry_after) == ("0 per 1 minute", 0, 60)
    refusal(limits, [Rate(0, "minute")], 20)
    refusal(limits, [Rate(0, "minute")], 0)


def test_a_cost_of_nothing_passes_and_begins_no_window(limits: Limits, clock: Clock) -> None:
    assert spend(limits, [THREE], 0) == 3
    clock.wait(30)
    spend(limits, [THREE], 3)
    assert spend(limits, [THREE], 0) == 0
    assert refusal(limits, [THREE]).retry_after == 60


def test_units_count_apart_and_leave_each_other_alone(limits: Limits, clock: Clock) -> None:
    characters = Rate(100, "day", unit="characters")
    assert spend(limits, [characters], 99) == 1
    assert spend(limits, [THREE]) == 2
    clock.wait(61)
    assert spend(limits, [THREE]) == 2
    assert refusal(limits, [characters], 2).rate == "100 characters per 1 day"
    assert spend(limits, [characters]) == 0


def test_the_same_rate_twice_counts_once(limits: Limits) -> None:
    assert spend(limits, [THREE, THREE]) == 2


def test_windows_of_several_hours(limits: Limits, clock: Clock) -> None:
    rate = Rate(5, "hour", 2)
    spend(limits, [rate], 5)
    clock.wait(7199)
    assert (refusal(limits, [rate]).rate, refusal(limits, [rate]).retry_after) == ("5 per 2 hour", 1)
    clock.wait(1)
    spend(limits, [rate], 5)


def test_a_charge_counts_and_refuses_nobody(limits: Limits, clock: Clock) -> None:
    limits.charge("a", "/r", [THREE, HOURLY], 2)
    assert spend(limits, [THREE, HOURLY]) == 0
    limits.charge("a", "/r", [THREE, HOURLY], 1000)
    assert spend(limits, [THREE, HOURLY], 0) == 0
    assert refusal(limits, [THREE, HOURLY]).rate == "5 per 1 hour"
    limits.charge("a", "/r", [THREE], 0)
    limits.charge("a", "/r", [THREE], -5)
    clock.wait(60)
    assert spend(limits, [THREE]) == 2


def test_a_clock_that_was_ahead_keeps_nobody_out_for_longer_than_a_window(limits: Limits, clock: Clock) -> None:
    spend(limits, [THREE], 3)
    clock.wait(-86400 * 365)
    assert refusal(limits, [THREE]).retry_after == 60


def test_many_at_once_get_exactly_the_amount(uri: str) -> None:
    threads, amount = 16, 40
    limits = Limits(uri)

    def work(_: int) -> int:
        start.wait()
        passed = 0
        for _ in range(10):
            try:
                limits.spend("a", "/r", [Rate(amount, "day"), Rate(1000, "hour")])
                passed += 1
            except RateLimited:
                pass
        return passed

    start = threading.Barrier(threads)
    with ThreadPoolExecutor(threads) as pool:
        assert sum(pool.map(work, range(threads))) == amount


def test_several_servers_share_a_redis(uri: str, clock: Clock) -> None:
    one, other = Limits(uri, clock), Limits(uri, clock)
    spend(one, [THREE], 2)
    assert spend(other, [THREE]) == (0 if uri.startswith("redis") else 2)


class Model:
    """The rule in other words: when each window began, and what it accepted."""

    def __init__(self, rates: Sequence[Rate]) -> None:
        self.accepted: dict[Rate, list[tuple[float, int]]] = {rate: [] for rate in rates}

    def spend(self, now: float, cost: int) -> bool:
        for rate, accepted in self.accepted.items():
            if accepted and now >= accepted[0][0] + rate.seconds:
                accepted.clear()
        if not all(self.has_room(rate, cost) for rate in self.accepted):
            return False
        for accepted in self.accepted.values():
            accepted.append((now, cost))
        return True

    def has_room(self, rate: Rate, cost: int) -> bool:
        accepted = self.accepted[rate]
        if not accepted:
            return rate.amount > 0
        return sum(each for _, each in accepted) + cost <= rate.amount


_RATES = st.builds(Rate, st.integers(0, 6), st.sampled_from(["minute", "hour"]), st.integers(1, 2))
_PAUSES = st.sampled_from([0.0, 0.5, 20.0, 59.5, 60.0, 61.0, 3600.0])
_STEPS = st.lists(st.tuples(_PAUSES, st.integers(1, 9)), max_size=25)
_SAME_FIXTURES = (HealthCheck.function_scoped_fixture,)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=_SAME_FIXTURES)
@given(rates=st.lists(_RATES, min_size=1, max_size=3, unique_by=str), steps=_STEPS)
def test_any_sequence_is_accepted_as_the_rule_says(
    limits: Limits, clock: Clock, rates: list[Rate], steps: list[tuple[float, int]]
) -> None:
    model, client = Model(rates), uuid.uuid4().hex
    for pause, cost in steps:
        clock.wait(pause)
        try:
            limits.spend(client, "/r", rates, cost)
            accepted = True
        except RateLimited:
            accepted = False
        assert accepted == model.spend(clock.now, cost)
