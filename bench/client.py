"""An HTTP client that costs next to nothing, because it runs on the processors that the server needs.

One thread looks after all connections; requests are bytes made beforehand, and of an answer only the status and the
length are looked at while time is being measured.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TIMEOUT = 600.0
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request: which one, over which connection, when it was sent and answered (perf_counter), and the answer."""

    request: int
    client: int
    sent: float
    answered: float
    body: bytes

    @property
    def seconds(self) -> float:
        return self.answered - self.sent

    @property
    def translated(self) -> str | list[str]:
        translated: str | list[str] = json.loads(self.body)["translatedText"]
        return translated


@dataclass(frozen=True, slots=True)
class Run:
    """What ``Clients.run`` did: exchanges in the order of the answers, and processor seconds of this client."""

    exchanges: list[Exchange]
    cpu: float

    @property
    def seconds(self) -> float:
        """From the first request to the last answer."""
        return max(e.answered for e in self.exchanges) - min(e.sent for e in self.exchanges)

    def translated(self) -> list[str | list[str]]:
        """The translations in the order of the requests."""
        return [exchange.translated for exchange in sorted(self.exchanges, key=lambda e: e.request)]


def translate_request(q: str | Sequence[str], source: str, target: str) -> bytes:
    """The bytes of one POST to /translate."""
    body = json.dumps({"q": q, "source": source, "target": target}, ensure_ascii=False).encode()
    head = f"POST /translate HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


class Clients:
    """``count`` keep-alive connections to a server, each of which has at most one request under way."""

    def __init__(self, url: str, count: int) -> None:
        address = urlsplit(url)
        self._selector = selectors.DefaultSelector()
        self._connections = []
        for number in range(count):
            connection = _Connection(number, (address.hostname or "", address.port or 80))
            self._connections.append(connection)
            self._selector.register(connection.socket, selectors.EVENT_READ, connection)

    def __enter__(self) -> Clients:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._selector.close()
        for connection in self._connections:
            connection.socket.close()

    def run(self, requests: Sequence[bytes]) -> Run:
        """A closed loop: every client sends the next of ``requests`` as soon as it has its answer.

        Raises RuntimeError for an answer that is not 200, and when the server closes a connection.
        """
        cpu = time.process_time()
        waiting = iter(enumerate(requests))
        exchanges: list[Exchange] = []
        busy = sum(connection.send_next(waiting) for connection in self._connections)
        while busy:
            ready = self._selector.select(_TIMEOUT)
            if not ready:
                raise RuntimeError("the server does not answer")
            for key, _ in ready:
                connection: _Connection = key.data
                exchange = connection.receive()
                if exchange:
                    exchanges.append(exchange)
                    busy -= not connection.send_next(waiting)
        return Run(exchanges, time.process_time() - cpu)


def translate(url: str, q: str | Sequence[str], source: str, target: str) -> str | list[str]:
    """One request over a connection of its own. Raises RuntimeError for an answer that is not 200."""
    with Clients(url, 1) as clients:
        return clients.run([translate_request(q, source, target)]).exchanges[0].translated


class _Connection:
    def __init__(self, number: int, address: tuple[str, int]) -> None:
        self._number = number
        self.socket = socket.create_connection(address, _TIMEOUT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request = 0
        self._sent = 0.0
        self._received = b""

    def send_next(self, waiting: Iterator[tuple[int, bytes]]) -> bool:
        """Sends the next request; False when there is none left."""
        self._request, request = next(waiting, (-1, b""))
        if not request:
            return False
        self._sent = time.perf_counter()
        self.socket.sendall(request)
        return True

    def receive(self) -> Exchange | None:
        """Reads what has come; the exchange once the answer is complete."""
        chunk = self.socket.recv(_CHUNK)
        if not chunk:
            raise RuntimeError(f"the server closed a connection after {self._received[:200]!r}")
        self._received += chunk
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator:
            return None
        length = _LENGTH.search(head)
        if not head.startswith(b"HTTP/1.1 200") or not length:
            raise RuntimeError(f"the server answered {self._received[:400]!r}")
        if len(body) < int(length[1]):
            return None
        self._received = b""
        return Exchange(self._request, self._number, self._sent, time.perf_counter(), body)
