from __future__ import annotations

import pytest

from libretranslate_py.cache import Cache
from libretranslate_py.errors import Overloaded, ProjectError


def make(max_bytes: int = 100) -> Cache[str, str]:
    return Cache(max_bytes, lambda key, value: len(value))


def put(cache: Cache[str, str], key: str, value: str) -> None:
    flight, new = cache.join(key, lambda value, error: None)
    assert new
    assert cache.claim(flight)
    cache.land(flight, value, None)


def test_a_value_is_found_again_and_the_oldest_goes_first() -> None:
    cache = make(10)
    put(cache, "a", "1234")
    put(cache, "b", "1234")
    assert cache.get("a") == "1234"
    put(cache, "c", "1234")
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == ("1234", None, "1234")
    assert cache.bytes == 8


def test_a_value_larger_than_the_cache_is_not_kept() -> None:
    cache = make(3)
    put(cache, "a", "1234")
    assert cache.get("a") is None
    assert cache.bytes == 0


def test_a_cache_of_no_size_keeps_nothing() -> None:
    cache = make(0)
    put(cache, "a", "1")
    assert cache.get("a") is None


@pytest.mark.parametrize("outcome", [("value", None), (None, Overloaded(1))])
def test_all_who_ask_at_the_same_time_get_the_one_outcome(outcome: tuple[str | None, ProjectError | None]) -> None:
    cache = make()
    got: list[tuple[str | None, ProjectError | None]] = []
    flight, first = cache.join("a", lambda *result: got.append(result))
    same, second = cache.join("a", lambda *result: got.append(result))
    assert (first, second) == (True, False)
    assert same is flight
    cache.land(flight, *outcome)
    assert got == [outcome, outcome]
    assert cache.get("a") == outcome[0]


def test_an_error_is_not_kept() -> None:
    cache = make()
    flight, _ = cache.join("a", lambda value, error: None)
    cache.land(flight, None, Overloaded(1))
    assert cache.join("a", lambda value, error: None)[1] is True


def test_work_that_nobody_waits_for_is_dropped_and_can_start_again() -> None:
    cache = make()

    def waiter(value: str | None, error: ProjectError | None) -> None:
        raise AssertionError("withdrawn")

    flight, _ = cache.join("a", waiter)
    cache.withdraw(flight, waiter)
    assert cache.claim(flight) is False
    assert cache.join("a", lambda value, error: None)[1] is True


def test_one_who_leaves_does_not_take_the_result_from_the_other() -> None:
    cache = make()
    got: list[str | None] = []

    def leaver(value: str | None, error: ProjectError | None) -> None:
        raise AssertionError("withdrawn")

    flight, _ = cache.join("a", leaver)
    cache.join("a", lambda value, error: got.append(value))
    cache.withdraw(flight, leaver)
    assert cache.claim(flight) is True
    cache.land(flight, "x", None)
    assert got == ["x"]
