"""Secrets of the page over each storage."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from libretranslate_py.access.page_secrets import COOKIE_SECONDS, PERIOD_SECONDS, PageSecrets
from libretranslate_py.storage import Storage, open_storage
from tests.contract.conftest import Clock

_FOREIGN = ["", "A", "AAAA", "é" * 32, "\udcff" * 40, "0" * 32, "A" * 40, "=" * 40, "A" * 1_000_000]


def test_two_secrets_are_valid_at_a_time(storage: Storage, clock: Clock) -> None:
    pages = PageSecrets(storage, clock)
    first = pages.current()
    assert pages.accepts(first)
    assert pages.current() == first
    clock.wait(PERIOD_SECONDS)
    second = pages.current()
    assert second != first
    assert pages.accepts(first)
    assert pages.accepts(second)
    clock.wait(PERIOD_SECONDS)
    assert not pages.accepts(first)
    assert pages.accepts(second)


def test_a_secret_of_the_time_to_come_is_not_valid(storage: Storage, clock: Clock) -> None:
    pages = PageSecrets(storage, clock)
    clock.wait(PERIOD_SECONDS)
    later = pages.current()
    clock.wait(-PERIOD_SECONDS)
    assert not pages.accepts(later)


@pytest.mark.parametrize("sent", _FOREIGN, ids=range(len(_FOREIGN)))
def test_foreign_values_are_nothing(storage: Storage, clock: Clock, sent: str) -> None:
    pages = PageSecrets(storage, clock)
    assert not pages.accepts(sent)
    assert not pages.knows(sent)


def test_cookies_are_good_for_a_day_at_least_and_two_at_most(storage: Storage, clock: Clock) -> None:
    pages = PageSecrets(storage, clock)
    cookie = pages.cookie()
    assert pages.knows(cookie)
    clock.wait(COOKIE_SECONDS)
    assert pages.knows(cookie)
    clock.wait(COOKIE_SECONDS)
    assert not pages.knows(cookie)


def test_every_cookie_is_another_and_no_character_may_change(storage: Storage, clock: Clock) -> None:
    pages = PageSecrets(storage, clock)
    cookies = [pages.cookie() for _ in range(20)]
    assert len(set(cookies)) == 20
    for position in range(len(cookies[0])):
        changed = "B" if cookies[0][position] == "A" else "A"
        assert not pages.knows(cookies[0][:position] + changed + cookies[0][position + 1 :])


def test_neither_is_the_other(storage: Storage, clock: Clock) -> None:
    pages = PageSecrets(storage, clock)
    assert not pages.knows(pages.current())
    assert not pages.accepts(pages.cookie())


def test_servers_that_share_a_storage_accept_what_others_gave(uri: str, clock: Clock) -> None:
    one, other = PageSecrets(open_storage(uri), clock), PageSecrets(open_storage(uri), clock)
    shared = uri.startswith("redis")
    assert other.accepts(one.current()) == shared
    assert other.knows(one.cookie()) == shared


def test_all_who_begin_at_once_agree(storage: Storage, clock: Clock) -> None:
    threads = 16

    def work(_: int) -> str:
        start.wait()
        return PageSecrets(storage, clock).current()

    start = threading.Barrier(threads)
    with ThreadPoolExecutor(threads) as pool:
        assert len(set(pool.map(work, range(threads)))) == 1
