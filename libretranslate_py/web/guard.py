"""Who asks, and whether there is room: the client's address behind proxies, and the number of requests in flight."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple

from libretranslate_py.errors import Overloaded, Stopping
from libretranslate_py.option_kinds import parse_prefix
from libretranslate_py.web.addresses import is_host

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

logger = logging.getLogger(__name__)

_PORT = re.compile(r"[1-9][0-9]{0,4}")
_HAS_PORT = re.compile(r":[0-9]+\Z")
_FORWARDED = ("FOR", "PROTO", "HOST", "PORT", "BY", "PREFIX", "SERVER")
_WITH_PORT = re.compile(r"\[([^\]]+)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")
# More proxies in a row than anybody has; what is to the left of them is not even looked at.
_MOST_HOPS = 64


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


class Client(NamedTuple):
    """Who asks. ``spared``: the address may stand for many people, so nobody must be kept out because of it."""

    address: str
    spared: bool = False


class Proxies:
    """Which forwarded headers to believe: none, unless ``trusted`` (addresses or networks) or ``hops`` say so.

    ``hops`` is the number of proxies of ours in front of this server; the client is that many places from the right of
    ``X-Forwarded-For``, or the left-most of what is there. Without ``hops``, the client is the right-most address that
    is not itself trusted. With both, the connection must come from a trusted address, and the hops are counted; with
    ``hops`` alone, any peer is believed. Nothing to the left of an entry that is no address is believed. Raises
    ValueError for a wrong network.
    """

    def __init__(self, trusted: Sequence[str] = (), hops: int = 0) -> None:
        self._networks = tuple(ip_network(network, strict=False) for network in trusted)
        self._hops = hops
        # Taken for good by whoever warns. Two of them: a stranger who sends the header must not use up the warning
        # about the operator's own proxy.
        self._warned = {True: threading.Lock(), False: threading.Lock()}

    def resolve(self, environ: WSGIEnvironment) -> Client:
        """The client. Scheme, host and prefix (SCRIPT_NAME) in ``environ`` become those that a trusted proxy names;
        all forwarded headers are taken out of it, so that nothing behind this can believe them."""
        peer: str = environ.get("REMOTE_ADDR") or ""
        if peer.startswith("::ffff:"):
            peer = str(_parse_address(peer) or peer)
        named = {name: environ.pop("HTTP_X_FORWARDED_" + name, "") for name in _FORWARDED}
        standard = environ.pop("HTTP_FORWARDED", "")
        if not (self._hops or self._networks) or (self._networks and not self._trusts(peer)):
            if not (named["FOR"] or standard):
                return Client(peer)
            return Client(peer, self._suspect(peer, warn=bool(named["FOR"])))
        scheme = self._pick(named["PROTO"]).lower()
        if scheme in ("http", "https"):
            environ["wsgi.url_scheme"] = scheme
        host = self._pick(named["HOST"])
        if is_host(host):
            environ["HTTP_HOST"] = host
        self._add_port(environ, self._pick(named["PORT"]))
        if named["PREFIX"]:
            environ["SCRIPT_NAME"] = self._pick_prefix(named["PREFIX"])
        return Client(self._find_client(peer, named["FOR"]))

    def _find_client(self, peer: str, header: str) -> str:
        client = peer
        for count, entry in enumerate(reversed(header.rsplit(",", _MOST_HOPS)), start=1):
            address = _parse_address(entry)
            if address is None:
                return client
            client = str(address)
            if count == self._hops or (not self._hops and not self._trusts(client)):
                return client
        return client

    def _suspect(self, peer: str, *, warn: bool) -> bool:
        """Whether ``peer``, which sends headers that are not believed, may well be a proxy of the operator's."""
        address = _parse_address(peer)
        near = address is not None and not address.is_global
        if warn and self._warned[near].acquire(blocking=False):
            logger.warning(
                "%s sends X-Forwarded-For and is not trusted, so all clients behind it count as one; if it is a proxy "
                "of yours, start the server with --trusted-proxies %s, or with --trust-forwarded-for if nobody can "
                "connect but through a proxy",
                peer,
                peer,
            )
        return near

    def _pick(self, header: str) -> str:
        values = [value.strip() for value in header.split(",")]
        return values[-min(len(values), self._hops or 1)]

    def _add_port(self, environ: WSGIEnvironment, port: str) -> None:
        """Some proxies name the host without its port, and the port beside it."""
        host: str = environ.get("HTTP_HOST", "")
        usual = {"http": "80", "https": "443"}.get(environ.get("wsgi.url_scheme", ""), "")
        if _PORT.fullmatch(port) and port != usual and host and not _HAS_PORT.search(host):
            environ["HTTP_HOST"] = f"{host}:{port}"

    def _pick_prefix(self, header: str) -> str:
        try:
            return parse_prefix(self._pick(header))
        except ValueError:
            return ""

    def _trusts(self, address: str) -> bool:
        parsed = _parse_address(address)
        return parsed is not None and any(parsed in network for network in self._networks)


def _parse_address(entry: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write it: bare, or ``[v6]`` or v4 with a port behind it. A zone (``%eth0``) is dropped:
    it may be any text."""
    match = _WITH_PORT.fullmatch(entry.strip())
    text = match[1] or match[2] if match else entry.strip()
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
