"""Which sockets to look at: waitress asks every connection at every turn, here only those that something happened to.

With 64 connections and one request on each, that is the larger part of what a request costs in waitress.
"""

from __future__ import annotations

import selectors
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from waitress import wasyncore

# Seconds; how often everything is looked at: for connections that were idle too long, and room for new ones.
_TURN = 1.0


class Loop:
    """Waits for the dispatchers (connections, listening sockets, the trigger) in ``dispatchers``, by file descriptor.

    All methods but ``wants``, ``touch`` and ``wake`` are for the thread that runs ``turn``, or for the time before it.
    """

    def __init__(self) -> None:
        self.dispatchers: dict[int, Any] = {}
        self._selector = selectors.DefaultSelector()
        self._interest: dict[int, int] = {}
        self._touched: deque[Any] = deque()
        self._rescan = True
        self._next_scan = 0.0
        self._closing = threading.Lock()
        self._closed = False

    def wants(self, dispatcher: Any) -> bool:
        """Whether ``dispatcher`` needs the loop to wait for something else than it waits for now."""
        return self._interest.get(dispatcher._fileno, 0) != _desired(dispatcher)

    def touch(self, dispatcher: Any | None) -> None:
        """Have ``dispatcher`` looked at again in the next turn; None: all of them."""
        if dispatcher is None:
            self._rescan = True
        else:
            self._touched.append(dispatcher)

    def forget(self, descriptor: int) -> None:
        """To be called before ``descriptor`` is closed."""
        if self._interest.pop(descriptor, 0):
            self._selector.unregister(descriptor)

    def turn(self) -> None:
        """Wait for something to happen, a second at most, and let those that it happened to handle it."""
        self._look_again()
        for key, events in self._selector.select(_TURN):
            dispatcher = self.dispatchers.get(key.fd)
            if dispatcher is None:
                continue
            if events & selectors.EVENT_READ:
                wasyncore.read(dispatcher)
            if events & selectors.EVENT_WRITE and dispatcher._fileno == key.fd:
                wasyncore.write(dispatcher)
            self._update(dispatcher)

    def wake(self, pull_trigger: Callable[[], None]) -> None:
        """Have ``turn`` return. Nothing happens after ``close``, when the trigger's descriptor may be another's."""
        with self._closing:
            if not self._closed:
                pull_trigger()

    def close(self) -> None:
        """Close everything."""
        with self._closing:
            self._closed = True
        wasyncore.close_all(self.dispatchers, ignore_all=True)
        self._selector.close()

    def _look_again(self) -> None:
        now = time.monotonic()
        if self._rescan or now >= self._next_scan:
            self._rescan = False
            self._next_scan = now + _TURN
            for dispatcher in list(self.dispatchers.values()):
                self._update(dispatcher)
        while self._touched:
            self._update(self._touched.popleft())

    def _update(self, dispatcher: Any) -> None:
        descriptor = dispatcher._fileno
        if self.dispatchers.get(descriptor) is not dispatcher:
            return
        # Again after each change: a thread that changed its mind meanwhile has compared with the old interest.
        while (desired := _desired(dispatcher)) != (known := self._interest.get(descriptor, 0)):
            self._interest[descriptor] = desired
            if not known:
                self._selector.register(descriptor, desired)
            elif desired:
                self._selector.modify(descriptor, desired)
            else:
                self._selector.unregister(descriptor)


def _desired(dispatcher: Any) -> int:
    read = selectors.EVENT_READ if dispatcher.readable() else 0
    return read | (selectors.EVENT_WRITE if dispatcher.writable() and not dispatcher.accepting else 0)


class Serving(threading.local):
    """The connection whose request this thread answers."""

    channel: Any = None
