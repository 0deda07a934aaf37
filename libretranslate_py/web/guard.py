"""Who asks, and whether there is room: the client's address behind proxies, and the number of requests in flight."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from types import TracebackType
from typing import TYPE_CHECKING

from libretranslate_py.errors import Overloaded, Stopping

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_FORWARDED = ("FOR", "PROTO", "HOST", "PORT", "BY", "PREFIX", "SERVER")
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")


class Admission:
    """At most ``limit`` translations at a time; one more is refused at once instead of being kept waiting.

    Used as a context manager around the work of one request; entering raises Overloaded or, after ``close()``,
    Stopping. ``retry_after`` (seconds) is what a refused client is told.
    """

    def __init__(self, limit: int, *, retry_after: int = 1) -> None:
        self.limit = limit
        self.retry_after = retry_after
        self._changed = threading.Condition()
        self._in_flight = 0
        self._closed = False

    @property
    def in_flight(self) -> int:
        return self._in_flight

    @property
    def closed(self) -> bool:
        return self._closed

    def __enter__(self) -> None:
        with self._changed:
            if self._closed:
                raise Stopping(self.retry_after)
            if self._in_flight >= self.limit:
                raise Overloaded(self.retry_after)
            self._in_flight += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._in_flight -= 1
            if self._closed and not self._in_flight:
                self._changed.notify_all()

    def close(self) -> None:
        """Refuse everything from now on; what is in flight goes on."""
        with self._changed:
            self._closed = True

    def wait_idle(self, timeout: float) -> bool:
        """Wait until nothing is in flight, ``timeout`` seconds at most; only of use after ``close()``."""
        deadline = time.monotonic() + timeout
        with self._changed:
            return self._changed.wait_for(lambda: not self._in_flight, max(0.0, deadline - time.monotonic()))


class Proxies:
    """Which forwarded headers to believe: none, unless ``trusted`` (addresses or networks) or ``hops`` say so.

    ``hops`` is the number of proxies of ours in front of this server; the client is that many places from the right of
    ``X-Forwarded-For``. Without ``hops``, the client is the right-most address that is not itself trusted. With both,
    the connection must come from a trusted address, and the hops are counted. Raises ValueError for a wrong network.
    """

    def __init__(self, trusted: Sequence[str] = (), hops: int = 0) -> None:
        self._networks = tuple(ip_network(network, strict=False) for network in trusted)
        self._hops = hops

    def resolve(self, environ: WSGIEnvironment) -> str:
        """The client's address. Scheme and host in ``environ`` become those that a trusted proxy names; all forwarded
        headers are taken out of it, so that nothing behind this can believe them."""
        peer: str = environ.get("REMOTE_ADDR") or ""
        if peer.startswith("::ffff:"):
            peer = str(_parse_address(peer) or peer)
        named = {name: environ.pop("HTTP_X_FORWARDED_" + name, "") for name in _FORWARDED}
        if not (self._hops or self._networks) or (self._networks and not self._trusts(peer)):
            return peer
        scheme = self._pick(named["PROTO"]).lower()
        if scheme in ("http", "https"):
            environ["wsgi.url_scheme"] = scheme
        host = self._pick(named["HOST"])
        if _HOST.fullmatch(host):
            environ["HTTP_HOST"] = host
        return self._client(peer, named["FOR"])

    def _client(self, peer: str, header: str) -> str:
        client = peer
        for count, entry in enumerate(reversed(header.split(",")), start=1):
            address = _parse_address(entry)
            if address is None:
                return client
            client = str(address)
            if count == self._hops or (not self._hops and not self._trusts(client)):
                return client
        return client

    def _pick(self, header: str) -> str:
        values = [value.strip() for value in header.split(",")]
        return values[-min(len(values), self._hops or 1)]

    def _trusts(self, address: str) -> bool:
        parsed = _parse_address(address)
        return parsed is not None and any(parsed in network for network in self._networks)


def _parse_address(entry: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write it: bare, ``[v6]``, or with a port behind it."""
    text = entry.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
