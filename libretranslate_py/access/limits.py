"""How much a client may do in a time: windows that begin with the first request, and end as a whole.

All windows of a client on a route are one entry of a storage, read and written in one step: either all rates take the
cost of a request or none does, however many servers share the storage.
"""

from __future__ import annotations

import ipaddress
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from libretranslate_py.errors import RateLimited
from libretranslate_py.storage import Storage, open_storage

_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}
# Addresses of IPv4 clients as a gateway in front of an IPv6 server writes them.
_TRANSLATED_IPV4 = ipaddress.IPv6Network("64:ff9b::/96")
_CLIENT_PREFIX = 64


@dataclass(frozen=True, slots=True)
class Rate:
    """``amount`` (0 refuses everything) in ``multiples`` times a minute, hour or day.

    ``unit`` is what is counted, empty for requests; rates with different units never share a count.
    """

    amount: int
    per: str
    multiples: int = 1
    unit: str = ""

    def __post_init__(self) -> None:
        if self.per not in _SECONDS or self.multiples < 1 or self.amount < 0:
            raise ValueError(f"no rate: {self.amount} per {self.multiples} {self.per}")

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.amount}{unit} per {self.multiples} {self.per}"

    @property
    def seconds(self) -> int:
        return _SECONDS[self.per] * self.multiples


@dataclass(frozen=True, slots=True)
class Standing:
    """Of the rate with the least share left: ``reset`` is the number of seconds until it is unused again."""

    limit: int
    remaining: int
    reset: float


# The windows of a client on a route, by str(rate): how much is used, and when they end (seconds since 1970).
_Windows = dict[str, tuple[int, float]]


class Limits:
    """Counts in the storage that ``uri`` names (``memory://``, ``redis://…``); nothing here fails because of it.

    While Redis is down each server counts for itself, in memory. In memory there is room for some 70,000 clients at a
    time; beyond, those who were away longest begin anew. ``clock`` gives seconds since 1970: servers share ends.
    Raises ValueError and SettingsError as ``open_storage`` does.
    """

    def __init__(self, uri: str, clock: Callable[[], float] = time.time) -> None:
        self._storage: Storage = open_storage(uri, "--req-limit-storage")
        self._clock = clock

    def spend(self, client: str, route: str, rates: Sequence[Rate], cost: int = 1) -> Standing | None:
        """Count ``cost`` for ``client`` on ``route`` in each of ``rates``; None without rates.

        A cost larger than a whole rate is taken by an unused window, and uses all of it. Raises RateLimited when a
        rate has not enough left (the one to be waited for longest is named); then nothing is counted anywhere.
        ``client`` is stored as it is: an address from ``client_of``, or the digest of a key, never a key.
        """
        if not rates:
            return None
        now = self._clock()

        def count(present: bytes | None) -> tuple[bytes, float] | None:
            windows = _read(present, now)
            _refuse(windows, rates, cost, now)
            return _write(_counted(windows, rates, cost, now), now)

        windows = _read(self._storage.update(_name(client, route), count), now)
        return min((_standing(rate, windows, now) for rate in rates), key=_share_left)

    def check(self, client: str, route: str, rates: Sequence[Rate]) -> None:
        """Raises RateLimited if ``spend`` would for a cost of 1; counts nothing."""
        if rates:
            now = self._clock()
            _refuse(_read(self._storage.get(_name(client, route)), now), rates, 1, now)

    def charge(self, client: str, route: str, rates: Sequence[Rate], cost: int) -> None:
        """Count ``cost`` afterwards: refuses nobody, and uses no more of a rate than there is."""
        if not rates or cost <= 0:
            return
        now = self._clock()
        self._storage.update(
            _name(client, route), lambda present: _write(_counted(_read(present, now), rates, cost, now), now)
        )


def client_of(address: str) -> str:
    """Who is behind ``address``: an IPv4 address itself, the /64 of an IPv6 one, since a single host has all of it.

    What is no address comes back as it is.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    if parsed in _TRANSLATED_IPV4:
        return str(ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF))
    return str(ipaddress.IPv6Network((int(parsed), _CLIENT_PREFIX), strict=False))


def _name(client: str, route: str) -> str:
    return f"limit:{client}:{route}"


def _read(stored: bytes | None, now: float) -> _Windows:
    """The windows that have not ended."""
    if stored is None:
        return {}
    try:
        return {rate: (int(used), float(end)) for rate, (used, end) in json.loads(stored).items() if end > now}
    except (ValueError, TypeError, AttributeError, OverflowError):
        # Written by something else; a client is not refused for that.
        return {}


def _write(windows: _Windows, now: float) -> tuple[bytes, float] | None:
    if not windows:
        return None
    life = max(end for _, end in windows.values()) - now
    return json.dumps(windows, separators=(",", ":")).encode(), life


def _used(rate: Rate, windows: Mapping[str, tuple[int, float]], now: float) -> tuple[int, float]:
    """How much of ``rate`` is used, and when its window ends."""
    used, end = windows.get(str(rate), (0, math.inf))
    # Never later than a window that begins now, even if a clock was wrong when this one began.
    return used, min(end, now + rate.seconds)


def _refuse(windows: _Windows, rates: Sequence[Rate], cost: int, now: float) -> None:
    refusing = [
        (end, rate) for rate in rates for used, end in [_used(rate, windows, now)] if not _fits(rate, used, cost)
    ]
    if refusing:
        end, rate = max(refusing, key=lambda found: found[0])
        raise RateLimited(str(rate), rate.amount, max(1, math.ceil(end - now)))


def _fits(rate: Rate, used: int, cost: int) -> bool:
    if rate.amount == 0:
        return False
    return used + cost <= rate.amount or (used == 0 and cost > rate.amount)


def _counted(windows: _Windows, rates: Sequence[Rate], cost: int, now: float) -> _Windows:
    after = dict(windows)
    for rate in rates:
        used, end = _used(rate, windows, now)
        used = min(rate.amount, used + max(0, cost))
        if used:
            after[str(rate)] = (used, end)
    return after


def _standing(rate: Rate, windows: _Windows, now: float) -> Standing:
    used, end = _used(rate, windows, now)
    return Standing(rate.amount, rate.amount - min(used, rate.amount), end - now if used else 0.0)


def _share_left(standing: Standing) -> float:
    return standing.remaining / standing.limit if standing.limit else 0.0
