"""Clients that run into their limits again and again are sent away for a while."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from libretranslate_py.errors import Banned
from libretranslate_py.storage import Storage

FORGIVE_SECONDS = 600


class Bans:
    """A client with ``threshold`` violations is banned; every 10 minutes one of them is forgiven.

    Violations count up to ``threshold``, and a ban starts these 10 minutes again, so it ends 10 minutes after the last
    violation; the next violation soon after that bans again. A negative threshold bans nobody; 0 is the same as 1.
    Nothing runs in the background: what is forgiven is worked out when a client is looked at. ``clock`` gives seconds
    since 1970, because servers share what they store.
    """

    def __init__(self, storage: Storage, threshold: int, clock: Callable[[], float] = time.time) -> None:
        self._storage = storage
        self._enabled = threshold >= 0
        self._threshold = max(1, threshold)
        self._clock = clock

    def report(self, client: str) -> None:
        """Count a violation; that of a client that is banned already prolongs nothing."""
        if self._enabled:
            self._storage.update(_name(client), self._count)

    def check(self, client: str) -> None:
        """Raises Banned, with the seconds until the ban ends."""
        if not self._enabled:
            return
        now = self._clock()
        violations, since = _after_forgiving(self._storage.get(_name(client)), now)
        if violations >= self._threshold:
            raise Banned(max(1, math.ceil(since + FORGIVE_SECONDS - now)))

    def _count(self, present: bytes | None) -> tuple[bytes, float]:
        now = self._clock()
        violations, since = _after_forgiving(present, now)
        if violations < self._threshold:
            violations += 1
            if violations == self._threshold:
                since = now
        return f"{violations} {since!r}".encode(), violations * FORGIVE_SECONDS


def _name(client: str) -> str:
    return f"violations:{client}"


def _after_forgiving(stored: bytes | None, now: float) -> tuple[int, float]:
    """The violations that are left, and since when the next one is on its way to be forgiven."""
    try:
        first, second = (stored or b"").split()
        violations, since = int(first), float(second)
    except ValueError:
        return 0, now
    if not since <= now:
        # A clock was wrong when this was written; no ban is longer than one that begins now.
        since = now
    forgiven = int((now - since) // FORGIVE_SECONDS)
    if forgiven >= violations:
        return 0, now
    return violations - forgiven, since + forgiven * FORGIVE_SECONDS
