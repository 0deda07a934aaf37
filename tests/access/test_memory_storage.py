"""What only the storage in memory has: a bound."""

from __future__ import annotations

import random

from libretranslate_py.storage import MemoryStorage


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_was_used_longest_ago_goes_first() -> None:
    storage = MemoryStorage(max_bytes=100_000)
    storage.set("used", b"x" * 1000, 600)
    for number in range(1000):
        storage.set(str(number), b"x" * 1000, 600)
        assert storage.get("used") is not None
        assert storage.bytes <= 100_000
    assert storage.get("0") is None
    assert storage.get("999") is not None


def test_an_entry_larger_than_the_bound_is_not_kept_and_takes_the_place_of_its_former_value() -> None:
    storage = MemoryStorage(max_bytes=10_000)
    storage.set("a", b"1", 600)
    storage.set("a", b"x" * 20_000, 600)
    assert storage.get("a") is None
    assert storage.set_if_absent("b", b"x" * 20_000, 600) == b"x" * 20_000
    assert storage.update("c", lambda present: (b"x" * 20_000, 600)) == b"x" * 20_000
    assert storage.bytes == 0


def test_expired_entries_make_room_although_nobody_asks_for_them() -> None:
    clock = Clock()
    storage = MemoryStorage(clock=clock)
    for number in range(1000):
        storage.set(str(number), b"x", 60)
    storage.set("long", b"x", 6000)
    held = storage.bytes
    clock.now = 61
    storage.set("one more", b"x", 60)
    assert storage.bytes < held / 100
    assert storage.get("long") == b"x"


def test_an_entry_that_is_written_again_and_again_does_not_pile_up() -> None:
    storage = MemoryStorage()
    for number in range(10_000):
        storage.set("a", str(number).encode(), 86400)
    assert len(storage._ends) < 1000
    assert storage.get("a") == b"9999"


def test_any_sequence_does_what_a_plain_dictionary_does() -> None:
    choose, clock = random.Random(4), Clock()
    storage, model = MemoryStorage(clock=clock), dict[str, tuple[bytes, float]]()
    for _ in range(20_000):
        clock.now += choose.choice([0, 0, 0.5, 7])
        name, value, seconds = str(choose.randrange(300)), choose.randbytes(3), choose.choice([1.0, 10.0, 1000.0])
        present = model.get(name, (b"", 0.0))
        expected = present[0] if present[1] > clock.now else None
        action = choose.randrange(5)
        if action == 0:
            assert storage.get(name) == expected
        elif action == 1:
            storage.remove(name)
            model.pop(name, None)
        elif action == 2:
            assert storage.set_if_absent(name, value, seconds) == (value if expected is None else expected)
            if expected is None:
                model[name] = (value, clock.now + seconds)
        else:
            storage.set(name, value, seconds)
            model[name] = (value, clock.now + seconds)
    for name in list(model):
        storage.remove(name)
    assert storage.bytes == 0
