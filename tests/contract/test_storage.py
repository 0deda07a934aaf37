"""What every storage does."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from libretranslate_py.storage import Storage, open_storage


def wait_until_gone(storage: Storage, name: str) -> None:
    end = time.monotonic() + 20
    while storage.get(name) is not None:
        assert time.monotonic() < end, f"{name} does not expire"
        time.sleep(0.02)


def test_what_was_set_is_there(storage: Storage) -> None:
    assert storage.get("a") is None
    storage.set("a", b"\x00\xff one", 60)
    storage.set("b", b"", 60)
    storage.set("a", b"two", 60)
    assert (storage.get("a"), storage.get("b")) == (b"two", b"")


@pytest.mark.parametrize("name", ["with blanks", "ключ", "a" * 5000, "{x}", "lone \udc80", "line\nend"])
def test_any_text_is_a_name(storage: Storage, name: str) -> None:
    storage.set(name, b"1", 60)
    assert storage.get(name) == b"1"
    assert storage.get(name + "x") is None


def test_removed_entries_are_gone_and_may_be_removed_again(storage: Storage) -> None:
    storage.set("a", b"1", 60)
    storage.remove("a")
    storage.remove("a")
    assert storage.get("a") is None


def test_entries_end(storage: Storage) -> None:
    storage.set("short", b"1", 0.05)
    storage.set("long", b"1", 600)
    wait_until_gone(storage, "short")
    assert storage.get("long") == b"1"


def test_writing_again_begins_a_new_life(storage: Storage) -> None:
    storage.set("a", b"1", 600)
    storage.set("a", b"2", 0.05)
    wait_until_gone(storage, "a")
    storage.set("a", b"3", 0.05)
    storage.set("a", b"4", 600)
    storage.set("marker", b"", 0.1)
    wait_until_gone(storage, "marker")
    assert storage.get("a") == b"4"


def test_the_first_of_several_stays(storage: Storage) -> None:
    assert storage.set_if_absent("a", b"1", 600) == b"1"
    assert storage.set_if_absent("a", b"2", 600) == b"1"
    assert storage.get("a") == b"1"


def test_an_attempt_to_set_prolongs_nothing(storage: Storage) -> None:
    storage.set_if_absent("a", b"1", 1)
    storage.set_if_absent("a", b"2", 600)
    wait_until_gone(storage, "a")
    assert storage.set_if_absent("a", b"3", 600) == b"3"


def test_update_gets_what_is_there_and_gives_what_is_there_afterwards(storage: Storage) -> None:
    seen: list[bytes | None] = []

    def change(present: bytes | None) -> tuple[bytes, float]:
        seen.append(present)
        return (present or b"") + b"x", 600

    assert storage.update("a", change) == b"x"
    assert storage.update("a", change) == b"xx"
    assert storage.get("a") == b"xx"
    assert seen == [None, b"x"]


def test_update_tells_an_empty_value_from_none(storage: Storage) -> None:
    storage.set("a", b"", 600)
    seen: list[bytes | None] = []
    storage.update("a", lambda present: seen.append(present))
    assert seen == [b""]
    assert storage.get("a") is None


def test_update_removes(storage: Storage) -> None:
    storage.set("a", b"1", 600)
    assert storage.update("a", lambda present: None) is None
    assert storage.update("never there", lambda present: None) is None
    assert storage.get("a") is None


def test_update_sets_the_life(storage: Storage) -> None:
    storage.set("a", b"1", 600)
    storage.update("a", lambda present: (b"2", 0.05))
    wait_until_gone(storage, "a")


def test_what_a_change_raises_changes_nothing(storage: Storage) -> None:
    def change(present: bytes | None) -> None:
        raise LookupError("no")

    storage.set("a", b"1", 600)
    with pytest.raises(LookupError):
        storage.update("a", change)
    assert storage.get("a") == b"1"
    assert storage.update("a", lambda present: (b"2", 600)) == b"2"


def test_no_update_is_lost(storage: Storage) -> None:
    threads, turns = 16, 25

    def count(present: bytes | None) -> tuple[bytes, float]:
        return b"%d" % (int(present or 0) + 1), 600

    def work(_: int) -> list[bytes | None]:
        start.wait()
        return [storage.update("a", count) for _ in range(turns)]

    start = threading.Barrier(threads)
    with ThreadPoolExecutor(threads) as pool:
        given = [value for values in pool.map(work, range(threads)) for value in values]
    assert storage.get("a") == b"%d" % (threads * turns)
    assert len(set(given)) == threads * turns


def test_all_who_set_at_once_get_the_same(storage: Storage) -> None:
    threads = 16

    def work(number: int) -> bytes:
        start.wait()
        return storage.set_if_absent("a", b"%d" % number, 600)

    start = threading.Barrier(threads)
    with ThreadPoolExecutor(threads) as pool:
        assert len(set(pool.map(work, range(threads)))) == 1


def test_a_redis_is_shared_and_a_memory_is_not(uri: str) -> None:
    one, other = open_storage(uri), open_storage(uri)
    one.set("a", b"1", 600)
    assert other.get("a") == (b"1" if uri.startswith("redis") else None)
