"""API keys that another service knows: asked over http(s), and remembered.

The protocol is LibreTranslate's: a POST with the form field ``api_key``, answered with the JSON object
``{"req_limit": 60, "char_limit": null}``, or ``{"error": "..."}`` for a key that is not valid. Whatever else comes, or
does not come, is an outage, which says nothing about the key. Redirects are not followed: they would carry keys to
where nobody meant them to go.
"""

from __future__ import annotations

import http.client
import json
import logging
import socket
import ssl
import threading
import time
import urllib.request
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

from libretranslate_py import __version__
from libretranslate_py.access.keys import Key, digest_of
from libretranslate_py.errors import KeysUnavailable

log = logging.getLogger(__name__)

FRESH = 600.0
# How much longer a key that was valid stays valid while the service cannot be asked.
STALE = 3600.0
LARGEST_ANSWER = 64 * 1024
LONGEST_KEY = 4096
AT_A_TIME = 4

_REMEMBERED = 10_000
_TURN = 1.0
# Seconds until a lookup that failed is tried again; each try may make requests wait for the whole timeout.
_PAUSE = 5.0
_PAUSE_WHILE_STALE = 30.0

ValueT = TypeVar("ValueT")


_TOO_MANY_REQUESTS, _SERVER_ERROR = 429, 500


class _Outage(Exception):
    """``reason`` is a short clause without anything of the key."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class _Recent(Generic[ValueT]):
    """What was learned about the latest keys, by digest, and when."""

    def __init__(self) -> None:
        self._values: OrderedDict[str, tuple[float, ValueT]] = OrderedDict()

    def get(self, digest: str, since: float) -> tuple[ValueT] | None:
        """What was put there at ``since`` or later, in a tuple."""
        found = self._values.get(digest)
        if found is None or found[0] < since:
            return None
        self._values.move_to_end(digest)
        return (found[1],)

    def remove(self, digest: str) -> None:
        self._values.pop(digest, None)

    def put(self, digest: str, now: float, value: ValueT) -> None:
        self._values[digest] = (now, value)
        self._values.move_to_end(digest)
        if len(self._values) > _REMEMBERED:
            self._values.popitem(last=False)


@dataclass(eq=False, slots=True)
class _Lookup:
    """A question on its way, and its answer. ``fault``: why there is none."""

    digest: str
    done: threading.Event = field(default_factory=threading.Event)
    key: Key | None = None
    fault: str = ""
    connection: http.client.HTTPConnection | None = None

    def cut(self) -> None:
        """Ends a wait for the service."""
        sock = self.connection.sock if self.connection else None
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


class RemoteKeys:
    """The keys that a service knows, for any number of threads.

    An answer holds for 10 minutes, whatever it was; during an outage a key that was valid stays valid for an hour more.
    """

    def __init__(self, url: str, *, timeout: float = 5.0, clock: Callable[[], float] = time.monotonic) -> None:
        """``url``: http or https, with user:password@ where the service wants that; ValueError for anything else.
        ``timeout``: seconds for a lookup as a whole.
        """
        self._url, self._headers = _parse(url)
        self._timeout = timeout
        self._clock = clock
        self._context = ssl.create_default_context() if self._url.startswith("https:") else None
        self._slots = threading.BoundedSemaphore(AT_A_TIME)
        self._lock = threading.Lock()
        self._lookups: dict[str, _Lookup] = {}
        # Apart, so that whoever sends a great many wrong keys does not make the service be asked for the right ones.
        self._valid: _Recent[Key] = _Recent()
        self._unknown: _Recent[None] = _Recent()
        self._failed: _Recent[str] = _Recent()
        self._is_down = False

    def remembers(self, api_key: str) -> bool:
        """Whether ``find`` will not have to ask the service."""
        digest = digest_of(api_key)
        with self._lock:
            since = self._clock() - FRESH
            return bool(self._valid.get(digest, since) or self._unknown.get(digest, since))

    def find(self, api_key: str) -> Key | None:
        """The key, or None if the service does not know it. Waits for the service where it has to be asked.

        Raises KeysUnavailable where it cannot be asked and nothing is remembered of the key.
        """
        if not api_key or len(api_key) > LONGEST_KEY or any("\ud800" <= letter <= "\udfff" for letter in api_key):
            return None
        digest = digest_of(api_key)
        with self._lock:
            now = self._clock()
            known = self._valid.get(digest, now - FRESH) or self._unknown.get(digest, now - FRESH)
            if known:
                return known[0]
            is_stale = self._valid.get(digest, now - FRESH - STALE)
            failed = self._failed.get(digest, now - (_PAUSE_WHILE_STALE if is_stale else _PAUSE))
            lookup = self._lookups.get(digest)
            is_first = lookup is None and not failed
            if lookup is None:
                lookup = _Lookup(digest)
            if is_first:
                self._lookups[digest] = lookup
        if failed:
            return self._remembered(digest, failed[0])
        if is_first:
            self._look_up(lookup, api_key)
        lookup.done.wait()
        return self._remembered(digest, lookup.fault) if lookup.fault else lookup.key

    def _remembered(self, digest: str, fault: str) -> Key:
        with self._lock:
            known = self._valid.get(digest, self._clock() - FRESH - STALE)
        if known is None:
            raise KeysUnavailable(fault)
        return known[0]

    def _look_up(self, lookup: _Lookup, api_key: str) -> None:
        """Comes back when the lookup is done, one way or the other."""
        if not self._slots.acquire(timeout=min(_TURN, self._timeout)):
            self._finish(lookup, fault="too many keys are being looked up", by_service=False)
            return
        # In a thread of its own, because nothing bounds the time that it takes to find the address of a host.
        asking = threading.Thread(target=self._ask, args=(lookup, api_key), name="key-lookup", daemon=True)
        try:
            asking.start()
        except RuntimeError as error:
            self._slots.release()
            self._finish(lookup, fault=str(error), by_service=False)
            return
        if not lookup.done.wait(self._timeout):
            self._finish(lookup, fault=self._too_slow().reason)
            lookup.cut()

    def _ask(self, lookup: _Lookup, api_key: str) -> None:
        try:
            status, body = self._post(lookup, {"api_key": api_key})
            self._finish(lookup, _read_answer(status, body, lookup.digest))
        except _Outage as outage:
            self._finish(lookup, fault=outage.reason)
        finally:
            self._slots.release()

    def _post(self, lookup: _Lookup, fields: dict[str, str]) -> tuple[int, bytes]:
        request = urllib.request.Request(self._url, urlencode(fields).encode(), self._headers)
        deadline = time.monotonic() + self._timeout
        try:
            with _opener(lookup, self._context).open(request, timeout=self._timeout) as response:
                body = b""
                while block := response.read1(LARGEST_ANSWER):
                    body += block
                    if len(body) > LARGEST_ANSWER:
                        raise _Outage(f"an answer of more than {LARGEST_ANSWER} bytes")
                    if time.monotonic() > deadline:
                        raise self._too_slow()
                return response.status, body
        except (OSError, http.client.HTTPException, ValueError) as error:
            cause = getattr(error, "reason", error)
            if isinstance(cause, TimeoutError):
                raise self._too_slow() from error
            raise _Outage(getattr(cause, "strerror", None) or type(cause).__name__) from error

    def _too_slow(self) -> _Outage:
        return _Outage(f"no answer within {self._timeout:g} s")

    # ``by_service``: it is the service that answered or failed to, not we who did not ask.
    def _finish(self, lookup: _Lookup, key: Key | None = None, *, fault: str = "", by_service: bool = True) -> None:
        with self._lock:
            if self._lookups.get(lookup.digest) is not lookup:
                return
            del self._lookups[lookup.digest]
            was_down = self._is_down
            if by_service:
                self._is_down = bool(fault)
                self._remember(lookup.digest, key, fault)
        if by_service and fault and not was_down:
            log.warning("API keys cannot be looked up: %s", fault)
        elif by_service and not fault and was_down:
            log.info("API keys can be looked up again")
        lookup.key, lookup.fault = key, fault
        lookup.done.set()

    def _remember(self, digest: str, key: Key | None, fault: str) -> None:
        now = self._clock()
        if fault:
            self._failed.put(digest, now, fault)
        elif key:
            self._valid.put(digest, now, key)
        else:
            self._unknown.put(digest, now, None)
            self._valid.remove(digest)


def _parse(url: str) -> tuple[str, dict[str, str]]:
    """The address without the user's name and password, and the headers to send."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an http or https address")
    headers = {"User-Agent": f"libretranslate-py/{__version__}", "Accept": "application/json"}
    user, at, host = parts.netloc.rpartition("@")
    if at:
        name, _, password = user.partition(":")
        headers["Authorization"] = "Basic " + b64encode(f"{unquote(name)}:{unquote(password)}".encode()).decode()
    _ = parts.port  # raises ValueError where it is no number
    return urlunsplit((parts.scheme, host, parts.path or "/", parts.query, "")), headers


def _opener(lookup: _Lookup, context: ssl.SSLContext | None) -> urllib.request.OpenerDirector:
    """Opens http and https, through proxies of the environment; gives every status as it comes, redirects too."""

    class Plain(urllib.request.HTTPHandler):
        def http_open(self, req: urllib.request.Request) -> Any:
            return self.do_open(connect, req)

    class Secure(urllib.request.HTTPSHandler):
        def https_open(self, req: urllib.request.Request) -> Any:
            return self.do_open(connect_securely, req)

    def connect(host: str, **rest: Any) -> http.client.HTTPConnection:
        lookup.connection = http.client.HTTPConnection(host, **rest)
        return lookup.connection

    def connect_securely(host: str, **rest: Any) -> http.client.HTTPConnection:
        lookup.connection = http.client.HTTPSConnection(host, context=context, **rest)
        return lookup.connection

    opener = urllib.request.OpenerDirector()
    handlers = [urllib.request.ProxyHandler(), urllib.request.UnknownHandler(), Plain()]
    for handler in [*handlers, Secure(context=context)] if context else handlers:
        opener.add_handler(handler)
    return opener


def _read_answer(status: int, body: bytes, digest: str) -> Key | None:
    if status == _TOO_MANY_REQUESTS or status >= _SERVER_ERROR:
        # Many services say {"error": ...} when they crash, too.
        raise _Outage(f"status {status}")
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _Outage(f"status {status}, and no JSON") from error
    if not isinstance(answer, dict):
        raise _Outage(f"status {status}, and no JSON object")
    if answer.get("error") not in (None, False):
        return None
    req_limit: Any = answer.get("req_limit")
    char_limit: Any = answer.get("char_limit")
    has_limits = type(req_limit) is int and (char_limit is None or type(char_limit) is int)
    if not 200 <= status < 300 or not has_limits:
        raise _Outage(f"status {status}, and neither limits nor an error")
    return Key(digest, req_limit, char_limit)
