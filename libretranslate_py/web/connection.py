"""What waitress does with a connection, where it does not do what we need.

Refused requests (malformed, too large) are answered in JSON, and the client gets to read that answer; a stop looks at
who still has something to get; and an answer goes out in one packet.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask

from libretranslate_py.web.answers import CORS_HEADERS, encode_json
from libretranslate_py.web.logs import Access, access_logger
from libretranslate_py.web.loop import Loop, Serving

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# Headroom over the limit of the application, whose own refusal of a body then keeps the connection.
_BODY_MARGIN = 64 * 1024
# How long, and how much of it, the rest of a refused request is read and thrown away.
_DRAIN_SECONDS = 10.0
_DRAIN_BYTES = 1024 * 1024 * 1024

_SENTENCES = {
    400: "The request is not valid HTTP",
    413: "Invalid request: the body exceeds the limit of {limit} bytes",
    431: "The request headers are too large",
    501: "The transfer encoding is not supported",
}


_serving = Serving()


class _Task(WSGITask):  # type: ignore[misc]
    wrote_header: bool

    def write(self, data: bytes) -> None:
        if self.wrote_header or not self.complete or not self.has_body or self.content_length != len(data):
            super().write(data)
            return
        # The usual answer is complete at once: one packet instead of two.
        head = self.build_response_header()
        self.wrote_header = True
        self.content_bytes_written = len(data)
        self.channel.write_soon(head + data)


class _JsonErrorTask(ErrorTask):  # type: ignore[misc]
    def execute(self) -> None:
        error = self.request.error
        limit = self.channel.adj.max_request_body_size - _BODY_MARGIN
        body = encode_json({"error": _SENTENCES.get(error.code, "Internal server error").format(limit=limit)})
        self.status = f"{error.code} {error.reason}"
        self.response_headers.extend([("Content-Type", "application/json"), *CORS_HEADERS])
        self.set_close_on_finish()
        self.content_length = len(body)
        self.channel.refused = True
        if error.code != 500:  # which has been through the application, and so has its line
            access_logger.info(Access("-", "-", self.channel.addr[0], error.code))
        self.write(body)


class Channel(HTTPChannel):  # type: ignore[misc]
    task_class = _Task
    error_task_class = _JsonErrorTask
    close_when_flushed: bool
    refused = False
    _drained = -1
    _drain_until = 0.0

    def service(self) -> None:
        _serving.channel = self
        try:
            super().service()
        finally:
            _serving.channel = None

    def add_channel(self, map: object = None) -> None:
        super().add_channel(map)
        self.server.loop.touch(self)

    def del_channel(self, map: object = None) -> None:
        self.server.loop.forget(self._fileno)
        super().del_channel(map)

    def readable(self) -> bool:
        if self.server.refusing:
            return False
        return self._drained >= 0 or bool(super().readable())

    def send_continue(self) -> None:
        # waitress would invite the body of a request that it has already refused.
        if self.request.error is None:
            super().send_continue()

    def handle_write(self) -> None:
        if not (self.refused and self.close_when_flushed) or self.will_close:
            super().handle_write()
            return
        # Closing with unread data resets the connection, and the client would lose the answer that says why.
        self._flush_exception(self._flush_some)
        if not self.total_outbufs_len and not self.will_close:
            self.close_when_flushed = False
            self._drained = 0
            self._drain_until = time.monotonic() + _DRAIN_SECONDS
            self.socket.shutdown(socket.SHUT_WR)

    def received(self, data: bytes) -> bool:
        if self._drained < 0:
            return bool(super().received(data))
        self._drained += len(data)
        if self._drained > _DRAIN_BYTES or time.monotonic() > self._drain_until:
            self.will_close = True
        return False


class HttpServer(TcpWSGIServer):  # type: ignore[misc]
    channel_class = Channel
    refusing = False
    _ended = False

    def __init__(self, loop: Loop, application: WSGIApplication, **options: object) -> None:
        self.loop = loop
        super().__init__(application, loop.dispatchers, **options)

    def answer_requests(self) -> None:
        """Answer the connections of all servers that share this one's loop, until ``end``."""
        try:
            while not self._ended:
                self.loop.turn()
        finally:
            self.loop.close()

    def pull_trigger(self) -> None:
        channel = _serving.channel
        # After most answers nothing changes for the loop, and waking it costs more than parsing the request did.
        if channel is None or self.loop.wants(channel):
            self.loop.touch(channel)
            self.loop.wake(super().pull_trigger)

    def refuse_requests(self) -> None:
        """Read nothing more from anybody; answers still go out."""
        self.accepting = False
        self.refusing = True
        self.pull_trigger()

    def busy(self) -> bool:
        """Whether a request is being answered or an answer is on its way."""
        return any(channel.requests or channel.total_outbufs_len for channel in list(self.active_channels.values()))

    def end(self) -> None:
        """Have ``answer_requests`` close all connections and return."""
        self._ended = True
        self.pull_trigger()


def create_servers(
    application: WSGIApplication, sockets: Sequence[socket.socket], *, threads: int, max_body: int
) -> list[HttpServer]:
    adjustments = Adjustments(
        sockets=list(sockets),
        threads=threads,
        ident=None,
        connection_limit=threads + 2000,
        channel_request_lookahead=1,
        max_request_body_size=max_body + _BODY_MARGIN,
        # web/guard.py decides whom to believe, and removes the headers otherwise.
        clear_untrusted_proxy_headers=False,
        log_socket_errors=False,
    )
    # It would log paths as clients send them, and a warning whenever every thread is busy.
    logging.getLogger("waitress").setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(threads)
    loop = Loop()
    return [
        HttpServer(
            loop,
            application,
            _sock=listener,
            dispatcher=dispatcher,
            adj=adjustments,
            bind_socket=False,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
        )
        for listener in sockets
    ]
