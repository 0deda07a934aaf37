"""How long the master of the page's secrets lives; the rest is in ``tests/contract``."""

from __future__ import annotations

from libretranslate_py.access.page_secrets import PageSecrets
from libretranslate_py.storage import MemoryStorage

_DAY = 86400.0


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_master_lives_on_while_it_is_used_and_a_month_after() -> None:
    clock = Clock()
    storage = MemoryStorage(clock=clock)
    pages = PageSecrets(storage, clock)
    pages.current()
    master = storage.get("page-master")
    assert master
    for _ in range(100):
        clock.now += _DAY
        pages.current()
    assert storage.get("page-master") == master
    clock.now += 29 * _DAY
    assert storage.get("page-master") == master
    clock.now += 2 * _DAY
    assert storage.get("page-master") is None
    assert pages.accepts(pages.current())


def test_a_master_that_was_lost_is_made_anew() -> None:
    clock = Clock()
    storage = MemoryStorage(clock=clock)
    pages = PageSecrets(storage, clock)
    lost = pages.current()
    storage.remove("page-master")
    assert pages.accepts(pages.current())
    assert not pages.accepts(lost)
