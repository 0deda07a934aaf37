"""A bounded cache of finished work, which also joins those who ask for the same thing at the same time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from libretranslate_py.errors import ProjectError

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")

Waiter = Callable[[ValueT | None, ProjectError | None], None]


class Flight(Generic[KeyT, ValueT]):
    """Work on its way for a key, and those who wait for it."""

    __slots__ = ("key", "taken", "waiters")

    def __init__(self, key: KeyT) -> None:
        self.key = key
        self.waiters: dict[Waiter[ValueT], None] = {}
        self.taken = False


class Cache(Generic[KeyT, ValueT]):
    """Least recently used values go first. Thread-safe; waiters are called outside the lock.

    max_bytes: bound on the sum of ``measure(key, value)``; 0 keeps nothing, and only joins simultaneous requests.
    """

    def __init__(self, max_bytes: int, measure: Callable[[KeyT, ValueT], int]) -> None:
        self._max_bytes = max_bytes
        self._measure = measure
        self._lock = threading.Lock()
        self._values: OrderedDict[KeyT, tuple[ValueT, int]] = OrderedDict()
        self._flights: dict[KeyT, Flight[KeyT, ValueT]] = {}
        self.bytes = 0
        self.hits = 0
        self.misses = 0

    def get(self, key: KeyT) -> ValueT | None:
        """The value kept for ``key``, or None."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                self.misses += 1
                return None
            self._values.move_to_end(key)
            self.hits += 1
            return found[0]

    def join(self, key: KeyT, waiter: Waiter[ValueT]) -> tuple[Flight[KeyT, ValueT], bool]:
        """Registers ``waiter`` for the value of ``key``. True: nobody works on it yet, the caller must see to it.

        The waiter is called once, with the value or the error, unless it is withdrawn before. It must be an object of
        its own for each call.
        """
        with self._lock:
            flight = self._flights.get(key)
            new = flight is None
            if flight is None:
                flight = self._flights[key] = Flight(key)
            flight.waiters[waiter] = None
            return flight, new

    def withdraw(self, flight: Flight[KeyT, ValueT], waiter: Waiter[ValueT]) -> None:
        """``waiter`` does not want the value any more."""
        with self._lock:
            flight.waiters.pop(waiter, None)

    def claim(self, flight: Flight[KeyT, ValueT]) -> bool:
        """Whether anybody still waits; if nobody does, the flight is over and a later request starts a new one."""
        with self._lock:
            flight.taken = bool(flight.waiters)
            if not flight.taken:
                self._flights.pop(flight.key, None)
            return flight.taken

    def land(self, flight: Flight[KeyT, ValueT], value: ValueT | None, error: ProjectError | None) -> None:
        """Ends a flight: keeps the value, and tells all who wait."""
        with self._lock:
            self._flights.pop(flight.key, None)
            waiters, flight.waiters = flight.waiters, {}
            if value is not None and error is None:
                self._keep(flight.key, value)
        for waiter in waiters:
            waiter(value, error)

    def _keep(self, key: KeyT, value: ValueT) -> None:
        size = self._measure(key, value)
        if size > self._max_bytes:
            return
        _, old = self._values.pop(key, (None, 0))
        self._values[key] = (value, size)
        self.bytes += size - old
        while self.bytes > self._max_bytes:
            _, (_, gone) = self._values.popitem(last=False)
            self.bytes -= gone
