"""Of limits what has nothing to do with a storage; the rest is in ``tests/contract``."""

from __future__ import annotations

import pytest

from libretranslate_py.access.limits import Limits, Rate, client_of
from libretranslate_py.errors import RateLimited
from libretranslate_py.storage import MemoryStorage


@pytest.mark.parametrize(
    ("rate", "words", "seconds"),
    [
        (Rate(3, "minute"), "3 per 1 minute", 60),
        (Rate(5, "hour", 2), "5 per 2 hour", 7200),
        (Rate(0, "day"), "0 per 1 day", 86400),
        (Rate(100, "day", unit="characters"), "100 characters per 1 day", 86400),
    ],
)
def test_rates_in_words(rate: Rate, words: str, seconds: int) -> None:
    assert (str(rate), rate.seconds) == (words, seconds)


@pytest.mark.parametrize(("amount", "per", "multiples"), [(-1, "minute", 1), (1, "second", 1), (1, "hour", 0)])
def test_what_is_no_rate(amount: int, per: str, multiples: int) -> None:
    with pytest.raises(ValueError):
        Rate(amount, per, multiples)


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("64:ff9b::192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2::/64", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_who_is_behind_an_address(address: str, client: str) -> None:
    assert client_of(address) == client
    assert client_of(client) == client


@pytest.mark.parametrize(
    "stored", [b"", b"[]", b"7", b"{", b'{"3 per 1 minute":1}', b'{"3 per 1 minute":["x",9e99]}', b"\xff"]
)
def test_what_something_else_has_written_refuses_nobody(stored: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = MemoryStorage()
    storage.set("limit:a:/r", stored, 600)
    monkeypatch.setattr("libretranslate_py.access.limits.open_storage", lambda *_: storage)
    limits = Limits("memory://")
    for _ in range(3):
        limits.spend("a", "/r", [Rate(3, "minute")])
    with pytest.raises(RateLimited):
        limits.spend("a", "/r", [Rate(3, "minute")])
