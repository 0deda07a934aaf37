"""API keys of a file, held in memory by their digests."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from libretranslate_py.access.key_file import Quotas, read_contents
from libretranslate_py.database import explain, file_marks, open_to_read
from libretranslate_py.errors import KeysUnusable

log = logging.getLogger(__name__)

# What was seen longer ago is not used, so that a removed key is refused within a second.
_OLDEST = 0.9
_WAIT_FOR_WRITERS = 0.25
# Seconds between two looks for the sake of keys that are not there.
_MISS_INTERVAL = 0.02


@dataclass(frozen=True, slots=True)
class Key:
    """What a key allows. ``digest``: the key's SHA-256 in hexadecimal, never the key. ``req_limit``: requests per
    minute, negative = no limit. ``char_limit``: most characters of a text, None = that of the server.
    ``char_quotas``: characters per "minute", "hour" or "day". A ``disabled`` key is refused as an unknown one is.
    """

    digest: str
    req_limit: int
    char_limit: int | None
    char_quotas: Quotas = ()
    disabled: bool = False


def digest_of(api_key: str) -> str:
    """What a key is known by; any text has a digest."""
    return hashlib.sha256(api_key.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class _Held:
    """``since``: when the file was last seen to be like this. ``fault``: why it could not be read, then."""

    since: float = float("-inf")
    version: tuple[int, ...] | None = None
    fault: str = ""
    keys: Mapping[str, Key] = field(default_factory=dict)


class Keys:
    """The keys in a file, for any number of threads. Nothing is read before somebody asks."""

    def __init__(self, path: Path, *, interval: float = 0.25) -> None:
        """``path`` need not exist, and may come and go. ``interval``: seconds after which it is looked at again."""
        self._path = path
        self._interval = interval
        self._looking = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._connections = 0
        self._marks: tuple[int, ...] = ()
        self._held = _Held()

    def check(self) -> None:
        """Reads the file. Raises KeysUnusable; a missing file is no error and holds no keys."""
        with self._looking:
            self._held = self._look(self._held)

    def remembers(self, api_key: str) -> bool:
        """Whether ``find`` has nobody to ask: always."""
        return True

    def find(self, api_key: str) -> Key | None:
        """The key, also a disabled one; None if there is no such key.

        A file that cannot be read any more is as it was; that is logged once.
        """
        digest = digest_of(api_key)
        # A key that was made a moment ago works at once.
        return self._current(self._interval).get(digest) or self._current(_MISS_INTERVAL).get(digest)

    def close(self) -> None:
        """Lets go of the file; the next lookup opens it again."""
        with self._looking:
            self._disconnect()

    def _current(self, interval: float) -> Mapping[str, Key]:
        held = self._held
        age = time.monotonic() - held.since
        # One request looks while the others go on with what was there, as long as that is not too old.
        if age >= interval and self._looking.acquire(blocking=age >= _OLDEST):
            try:
                held = self._held
                if time.monotonic() - held.since >= interval:
                    held = self._held = self._refresh(held)
            finally:
                self._looking.release()
        return held.keys

    def _refresh(self, before: _Held) -> _Held:
        try:
            held = self._look(before)
        except KeysUnusable as error:
            if error.reason != before.fault:
                log.warning("%s; those that were there stay valid", error)
            return replace(before, since=time.monotonic(), fault=error.reason)
        if before.fault and held.version:
            log.info("the API keys in %s can be read again", self._path)
        elif before.version and not held.version:
            log.warning("the file with the API keys, %s, is gone: no key is valid", self._path)
        return held

    def _look(self, before: _Held) -> _Held:
        started = time.monotonic()
        try:
            # Looked at before it is read: a change in between is seen the next time.
            version = self._version()
            if version == before.version:
                return replace(before, since=started, fault="")
            return _Held(started, version, keys=self._read() if version else {})
        except (sqlite3.Error, OSError) as error:
            self._disconnect()
            raise KeysUnusable(self._path, explain(self._path, error)) from error

    def _version(self) -> tuple[int, ...]:
        """Another one whenever the keys may be others; empty where there is no file."""
        try:
            marks = file_marks(self._path)
            if self._connection is None or marks != self._marks:
                self._disconnect()
                self._connection = open_to_read(self._path, wait=_WAIT_FOR_WRITERS)
                self._connections += 1
                self._marks = marks
        except FileNotFoundError:
            self._disconnect()
            return ()
        # The marks alone would miss a change within a tick of the clock, the number alone another file.
        ((version,),) = self._connection.execute("PRAGMA data_version").fetchall()
        return (self._connections, version)

    def _read(self) -> Mapping[str, Key]:
        assert self._connection is not None
        contents = read_contents(self._connection)
        if contents.unusable:
            log.warning(
                "%d of the API keys in %s are refused: their limits are no whole numbers; "
                "'ltmanage keys add N --key KEY' gives a key another one",
                contents.unusable,
                self._path,
            )
        keys = {}
        for row in contents.rows:
            digest = hashlib.sha256(row.api_key).hexdigest()
            keys[digest] = Key(digest, row.req_limit, row.char_limit, row.char_quotas, row.disabled)
        return keys

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
