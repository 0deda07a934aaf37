"""Room for what takes much memory: so many at a time, and the others wait."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from libretranslate_py.errors import ClientGone, Stopping

# Seconds between two questions whether the client is still there.
_POLL = 0.2
_RETRY_AFTER = 5


class Places:
    """How much may be worked on at a time. Whoever finds all places taken waits, in the order of coming."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._taken = 0
        self._line: deque[object] = deque()
        self._changed = threading.Condition()
        self._closed = False

    @contextmanager
    def hold(self, stopped: Callable[[], bool]) -> Iterator[None]:
        """Raises ClientGone when ``stopped`` says so before a place is free, Stopping after ``close``."""
        ticket = object()
        with self._changed:
            self._line.append(ticket)
            try:
                self._await_turn(ticket, stopped)
                self._taken += 1
            finally:
                self._line.remove(ticket)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._taken -= 1
                self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _await_turn(self, ticket: object, stopped: Callable[[], bool]) -> None:
        while not self._closed and (self._line[0] is not ticket or self._taken >= self._count):
            if stopped():
                raise ClientGone
            self._changed.wait(_POLL)
        if self._closed:
            raise Stopping(_RETRY_AFTER)
