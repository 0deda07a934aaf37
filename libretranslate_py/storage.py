"""Small things with an end of life, kept in memory or in a Redis that several servers share.

Both storages behave the same (``tests/contract`` runs the same tests over them). A Redis that fails never fails a
request: what would be in there is kept in the memory of this process until it is back.
"""

from __future__ import annotations

import contextlib
import heapq
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeVar, cast

from libretranslate_py.errors import SettingsError

log = logging.getLogger(__name__)

T = TypeVar("T")
Change = Callable[[bytes | None], tuple[bytes, float] | None]

MEMORY_BYTES = 64 * 1024 * 1024
RETRY_SECONDS = 5.0
_CONNECT_SECONDS = 0.3
_ANSWER_SECONDS = 0.5
# Measured: what an entry takes besides its name and value, with what evicted ones leave behind for a while.
_ENTRY_BYTES = 750
_PREFIX = "libretranslate:"
_PROBE = "probe"

_SET_IF_ABSENT = """
if redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') then return ARGV[1] end
return redis.call('GET', KEYS[1])
"""
# ARGV: whether a value is expected, which; whether one is to be there afterwards, which, its life in milliseconds.
_SWAP = """
local present = redis.call('GET', KEYS[1])
if ARGV[1] == '1' and present ~= ARGV[2] or ARGV[1] == '0' and present then return 0 end
if ARGV[3] == '1' then redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5])
elseif present then redis.call('DEL', KEYS[1]) end
return 1
"""


class Storage(Protocol):
    """Values are bytes; ``seconds`` > 0 is how long an entry lives from then on. Thread-safe; no method fails."""

    def get(self, name: str) -> bytes | None: ...

    def set(self, name: str, value: bytes, seconds: float) -> None: ...

    def set_if_absent(self, name: str, value: bytes, seconds: float) -> bytes:
        """The value that is there afterwards: this one, or an earlier one, whose life stays as it was."""

    def update(self, name: str, change: Change) -> bytes | None:
        """What ``change`` makes of the value that is there, as one step that no other writer can come into.

        ``change`` gets None where there is nothing, and gives value and life, or None to remove the entry. It may be
        called several times, must not use the storage, and what it raises is passed on with nothing changed.
        """

    def remove(self, name: str) -> None: ...


def open_storage(uri: str, option: str = "--shared-storage") -> Storage:
    """The storage that ``uri`` names: ``memory://``, ``redis://…`` or ``rediss://…``.

    Does not wait for Redis, which may be down. Raises ValueError for any other URI (without the URI, which may hold a
    password), and SettingsError, naming ``option``, where the package to talk with Redis is missing.
    """
    scheme = uri.partition("://")[0]
    if uri.startswith("memory://"):
        return MemoryStorage()
    if scheme in ("redis", "rediss") and "://" in uri:
        return RedisStorage(uri, option)
    raise ValueError("storages are memory://, redis://HOST:PORT and rediss://HOST:PORT")


class _Entry(NamedTuple):
    value: bytes
    end: float
    size: int


class MemoryStorage:
    """In this process. ``max_bytes`` bounds it whatever clients send: what was used longest ago goes first.

    An entry larger than that is not kept at all. ``clock`` gives seconds and never goes back.
    """

    def __init__(self, max_bytes: int = MEMORY_BYTES, clock: Callable[[], float] = time.monotonic) -> None:
        self._max_bytes = max_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._ends: list[tuple[float, str]] = []
        self.bytes = 0

    def get(self, name: str) -> bytes | None:
        with self._lock:
            return self._get(name)

    def set(self, name: str, value: bytes, seconds: float) -> None:
        with self._lock:
            self._set(name, value, seconds)

    def set_if_absent(self, name: str, value: bytes, seconds: float) -> bytes:
        with self._lock:
            present = self._get(name)
            if present is not None:
                return present
            self._set(name, value, seconds)
            return value

    def update(self, name: str, change: Change) -> bytes | None:
        with self._lock:
            wanted = change(self._get(name))
            if wanted is None:
                self._drop(name)
                return None
            self._set(name, *wanted)
            return wanted[0]

    def remove(self, name: str) -> None:
        with self._lock:
            self._drop(name)

    def _get(self, name: str) -> bytes | None:
        entry = self._entries.get(name)
        if entry is None:
            return None
        if entry.end <= self._clock():
            self._drop(name)
            return None
        self._entries.move_to_end(name)
        return entry.value

    def _set(self, name: str, value: bytes, seconds: float) -> None:
        now = self._clock()
        self._drop(name)
        entry = _Entry(value, now + seconds, len(name) + len(value) + _ENTRY_BYTES)
        self._entries[name] = entry
        self.bytes += entry.size
        heapq.heappush(self._ends, (entry.end, name))
        self._forget_expired(now)
        while self.bytes > self._max_bytes:
            self._drop(next(iter(self._entries)))

    def _drop(self, name: str) -> None:
        entry = self._entries.pop(name, None)
        if entry is not None:
            self.bytes -= entry.size

    def _forget_expired(self, now: float) -> None:
        while self._ends and self._ends[0][0] <= now:
            _, name = heapq.heappop(self._ends)
            entry = self._entries.get(name)
            if entry is not None and entry.end <= now:
                self._drop(name)
        # An entry that is written again leaves its former end behind; without this they would pile up.
        if len(self._ends) > 2 * len(self._entries) + 100:
            self._ends = [(entry.end, name) for name, entry in self._entries.items()]
            heapq.heapify(self._ends)


class RedisStorage:
    """In a Redis, under names with a prefix; while that fails, in the memory of this process.

    Requests wait for a silent Redis once, half a second (``socket_timeout`` in the URI says otherwise); from then on it
    is left alone, and looked for every ``retry_seconds`` by a thread that ends by itself. What was kept in memory
    meanwhile is not carried over.
    """

    def __init__(self, uri: str, option: str = "--shared-storage", retry_seconds: float = RETRY_SECONDS) -> None:
        self._shown = without_secrets(uri)
        self._option = option
        self._client = _connect(uri, self._shown, option)
        self._set_absent = self._client.register_script(_SET_IF_ABSENT)
        self._swap = self._client.register_script(_SWAP)
        self._own = MemoryStorage()
        self._retry_seconds = retry_seconds
        self._failures = _failures()
        self._lock = threading.Lock()
        self._failed = False
        self._retry_at = 0.0
        self._start_probe()

    def get(self, name: str) -> bytes | None:
        return self._try(lambda: self._get(name), lambda: self._own.get(name))

    def set(self, name: str, value: bytes, seconds: float) -> None:
        def there() -> None:
            self._client.set(_key(name), value, px=_milliseconds(seconds))

        self._try(there, lambda: self._own.set(name, value, seconds))

    def set_if_absent(self, name: str, value: bytes, seconds: float) -> bytes:
        return self._try(
            lambda: cast(bytes, self._set_absent([_key(name)], [value, _milliseconds(seconds)])),
            lambda: self._own.set_if_absent(name, value, seconds),
        )

    def update(self, name: str, change: Change) -> bytes | None:
        return self._try(lambda: self._update(name, change), lambda: self._own.update(name, change))

    def remove(self, name: str) -> None:
        def there() -> None:
            self._client.delete(_key(name))

        self._try(there, lambda: self._own.remove(name))

    def _get(self, name: str) -> bytes | None:
        return cast("bytes | None", self._client.get(_key(name)))

    def _update(self, name: str, change: Change) -> bytes | None:
        # Ends: a swap fails only when that of another writer has just succeeded.
        while True:
            present = self._get(name)
            wanted = change(present)
            expected: list[Any] = [0, b""] if present is None else [1, present]
            after: list[Any] = [0, b"", 0] if wanted is None else [1, wanted[0], _milliseconds(wanted[1])]
            if self._swap([_key(name)], [*expected, *after]):
                return None if wanted is None else wanted[0]

    def _try(self, there: Callable[[], T], here: Callable[[], T]) -> T:
        if self._failed:
            if time.monotonic() >= self._retry_at:
                self._start_probe()
            return here()
        try:
            return there()
        except self._failures as error:
            self._lost(error)
            return here()

    def _start_probe(self) -> None:
        # A thread, because even finding out that the name of a host cannot be resolved may take many seconds.
        with self._lock:
            if time.monotonic() < self._retry_at:
                return
            self._retry_at = time.monotonic() + self._retry_seconds
        probe = threading.Thread(target=self._probe, name="redis-probe", daemon=True)
        # No room for another thread, or the process is ending: next time.
        with contextlib.suppress(RuntimeError):
            probe.start()

    def _probe(self) -> None:
        try:
            # A write, because a Redis that is full or a replica answers everything else.
            self._set_absent([_key(_PROBE)], [b"1", 1])
        except self._failures as error:
            self._lost(error)
            return
        with self._lock:
            back, self._failed = self._failed, False
        if back:
            log.warning("%s: %s is back, and used again", self._option, self._shown)

    def _lost(self, error: Exception) -> None:
        with self._lock:
            self._retry_at = time.monotonic() + self._retry_seconds
            if self._failed:
                return
            self._failed = True
        # The kind only: messages of Redis may quote values.
        kind = type(error).__name__
        log.warning("%s: %s fails (%s); kept in memory until it is back", self._option, self._shown, kind)


def without_secrets(uri: str) -> str:
    """``uri`` without user, password and parameters; no more than its scheme where it is unclear what they are."""
    scheme, separator, rest = uri.partition("://")
    before, _, place = rest.rpartition("@")
    # Is this at sign in a parameter, or the question mark in a password?
    if "?" in before:
        return f"{scheme}{separator}…"
    return f"{scheme}{separator}{place.partition('?')[0]}"


def _connect(uri: str, shown: str, option: str) -> Any:
    # Any: releases of the package differ in their types, and whether they come from elsewhere.
    try:
        from redis import Redis  # noqa: PLC0415
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415
    except ImportError as error:
        accepted = 'for Redis the package "redis" has to be installed: pip install redis'
        raise SettingsError(option, shown, accepted) from error
    open_client: Any = Redis.from_url
    try:
        client = open_client(
            uri,
            socket_timeout=_ANSWER_SECONDS,
            socket_connect_timeout=_CONNECT_SECONDS,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        # Connects to nothing yet, but finds out what would else be found with the first request.
        client.connection_pool.make_connection()
    except (ValueError, TypeError):
        # Not chained: the message would hold the password.
        raise ValueError(f"{shown} is no address of a Redis") from None
    return client


def _failures() -> tuple[type[Exception], ...]:
    from redis.exceptions import RedisError  # noqa: PLC0415

    return (RedisError, OSError)


def _key(name: str) -> bytes:
    return f"{_PREFIX}{name}".encode("utf-8", "backslashreplace")


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
