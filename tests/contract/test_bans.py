"""Bans over each storage."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from libretranslate_py.access.bans import Bans
from libretranslate_py.errors import Banned
from libretranslate_py.storage import Storage, open_storage
from tests.contract.conftest import Clock


def banned_for(bans: Bans, client: str = "a") -> int:
    """Seconds; 0 for a client that is not banned."""
    try:
        bans.check(client)
    except Banned as error:
        assert error.retry_after > 0
        return error.retry_after
    return 0


def test_violations_up_to_the_threshold_ban_for_ten_minutes(storage: Storage, clock: Clock) -> None:
    bans = Bans(storage, 3, clock)
    for _ in range(2):
        bans.report("a")
        assert banned_for(bans) == 0
    bans.report("a")
    assert banned_for(bans) == 600
    clock.wait(599.5)
    assert banned_for(bans) == 1
    clock.wait(0.5)
    assert banned_for(bans) == 0


def test_the_ban_counts_from_the_last_violation(storage: Storage, clock: Clock) -> None:
    bans = Bans(storage, 2, clock)
    bans.report("a")
    clock.wait(590)
    bans.report("a")
    clock.wait(590)
    assert banned_for(bans) == 10


def test_clients_are_banned_apart(storage: Storage, clock: Clock) -> None:
    bans = Bans(storage, 1, clock)
    bans.report("a")
    assert banned_for(bans, "a") == 600
    assert banned_for(bans, "b") == 0


def test_after_a_ban_one_violation_bans_again(storage: Storage, clock: Clock) -> None:
    bans = Bans(storage, 3, clock)
    for _ in range(3):
        bans.report("a")
    clock.wait(600)
    bans.report("a")
    assert banned_for(bans) == 600


def test_one_violation_is_forgiven_every_ten_minutes(storage: Storage, clock: Clock) -> None:
    bans = Bans(storage, 3, clock)
    for _ in range(3):
        bans.report("a")
    clock.wait(1200)
    bans.report("a")
    assert banned_for(bans) == 0
    bans.report("a")
    assert banned_for(bans) == 600
    clock.wait(1800)
    bans.report("a")
    bans.report("a")
    assert banned_for(bans) == 0


def test_forgiving_goes_on_although_violations_come_in_between(storage: Storage, clock: Clock) -> None:
    """One violation every 10 minutes never adds up to a ban."""
    bans = Bans(storage, 3, clock)
    for _ in range(20):
        bans.report("a")
        assert banned_for(bans) == 0
        clock.wait(600)


def test_violations_of_a_banned_client_do_not_prolong(storage: Storage, clock: Clock) -> None:
    bans = Bans(storage, 2, clock)
    for _ in range(50):
        bans.report("a")
    clock.wait(300)
    bans.report("a")
    assert banned_for(bans) == 300
    clock.wait(300)
    assert banned_for(bans) == 0


@pytest.mark.parametrize("threshold", [0, 1])
def test_the_lowest_thresholds_ban_at_the_first_violation(storage: Storage, clock: Clock, threshold: int) -> None:
    bans = Bans(storage, threshold, clock)
    assert banned_for(bans) == 0
    bans.report("a")
    assert banned_for(bans) == 600


def test_a_negative_threshold_bans_nobody(storage: Storage, clock: Clock) -> None:
    bans = Bans(storage, -1, clock)
    for _ in range(10):
        bans.report("a")
    assert banned_for(bans) == 0
    assert storage.get("violations:a") is None


def test_no_ban_is_longer_than_ten_minutes_although_a_clock_was_ahead(storage: Storage, clock: Clock) -> None:
    bans = Bans(storage, 1, clock)
    bans.report("a")
    clock.wait(-86400)
    assert banned_for(bans) == 600


def test_a_clock_that_was_ahead_adds_no_violations(storage: Storage, clock: Clock) -> None:
    bans = Bans(storage, 3, clock)
    bans.report("a")
    clock.wait(-86400)
    assert banned_for(bans) == 0


def test_simultaneous_violations_are_all_counted(storage: Storage, clock: Clock) -> None:
    threads = 16
    bans = Bans(storage, threads, clock)

    def work(_: int) -> None:
        start.wait()
        bans.report("a")

    start = threading.Barrier(threads)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, range(threads)))
    assert banned_for(bans) == 600


def test_servers_share_bans_over_redis(uri: str, clock: Clock) -> None:
    Bans(open_storage(uri), 1, clock).report("a")
    assert (banned_for(Bans(open_storage(uri), 1, clock)) > 0) == uri.startswith("redis")
