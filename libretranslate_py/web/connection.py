"""What waitress does with a connection, where it does not do what we need.

Refused requests (malformed, too large, cut off) are answered in JSON, and the client gets to read that answer, even if
it has closed its sending side; a stop looks at who still has something to get; an answer goes out in one packet; and
when too many connections are open, the one that was idle for longest makes room.
"""

from __future__ import annotations

import errno
import logging
import socket
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask
from waitress.utilities import BadRequest

from libretranslate_py.web.answers import CORS_HEADERS, encode_json
from libretranslate_py.web.logs import Access, access_logger
from libretranslate_py.web.loop import Loop, Serving
from libretranslate_py.web.room import Room, find_room

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# Headroom over the limit of the application, whose own refusal of a body then keeps the connection.
_BODY_MARGIN = 64 * 1024
# How long, and how much of it, the rest of a refused request is read and thrown away.
_DRAIN_SECONDS = 10.0
_DRAIN_BYTES = 1024 * 1024 * 1024
# Seconds without an accept after one that failed for want of what the process or the machine has run out of.
_PAUSE = 1.0
_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_UNLIMITED = 2**31

_SENTENCES = {
    400: "The request is not valid HTTP",
    413: "Invalid request: the body exceeds the limit of {limit} bytes",
    431: "The request headers are too large",
    501: "The transfer encoding is not supported",
}


_serving = Serving()


class _CutOff(BadRequest):  # type: ignore[misc]
    """The client stopped sending in the middle of a request."""


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
        sentence = _SENTENCES.get(error.code, "Internal server error").format(limit=limit)
        if isinstance(error, _CutOff):
            sentence = "The request is incomplete"
        body = encode_json({"error": sentence})
        self.status = f"{error.code} {error.reason}"
        self.response_headers.extend([("Content-Type", "application/json"), *CORS_HEADERS])
        self.set_close_on_finish()
        self.content_length = len(body)
        self.channel.refused = True
        if error.code != 500:  # which has been through the application, and so has its line
            method, path = getattr(self.request, "command", "-"), getattr(self.request, "path", "-")
            access_logger.info(Access(method, path, self.channel.addr[0], error.code))
        self.write(body)


class Channel(HTTPChannel):  # type: ignore[misc]
    task_class = _Task
    error_task_class = _JsonErrorTask
    close_when_flushed: bool
    request: Any
    refused = False
    # A client that has closed everything looks like one that will send nothing more and reads on, as ``nc -N`` does.
    # So for this long (seconds) its translation goes on.
    grace = 5.0
    _drained = -1
    _drain_until = 0.0
    _input_ended: float | None = None

    def service(self) -> None:
        _serving.channel = self
        try:
            super().service()
        finally:
            _serving.channel = None

    def check_client_disconnected(self) -> bool:
        ended = self._input_ended
        return not self.connected or (ended is not None and time.monotonic() >= ended + self.grace)

    def add_channel(self, map: object = None) -> None:
        super().add_channel(map)
        self.server.loop.touch(self)

    def del_channel(self, map: object = None) -> None:
        self.server.loop.forget(self._fileno)
        super().del_channel(map)
        self.server.loop.touch(self.server)

    def idle(self) -> bool:
        """Whether nothing has been asked that is not answered, and not even the beginning of a request is there."""
        return not self.requests and self.request is None and not self.total_outbufs_len

    def readable(self) -> bool:
        if self.server.refusing or self._input_ended is not None:
            return False
        return self._drained >= 0 or bool(super().readable())

    def writable(self) -> bool:
        return bool(super().writable() or self._all_answered())

    def send_continue(self) -> None:
        # waitress would invite the body of a request that it has already refused.
        if self.request.error is None:
            super().send_continue()

    def handle_read(self) -> None:
        try:
            data = self.socket.recv(self.adj.recv_bytes)
        except BlockingIOError:
            return
        except OSError:
            self.handle_close()
            return
        if data:
            self.last_activity = time.time()
            self.received(data)
        else:
            self._end_input()

    def handle_write(self) -> None:
        if self._all_answered():
            self.close_when_flushed = True
        if not (self.refused and self.close_when_flushed) or self.will_close or self._input_ended is not None:
            super().handle_write()
            return
        # Closing with unread data resets the connection, and the client would lose the answer that says why.
        self._flush_exception(self._flush_some)
        if not self.total_outbufs_len and not self.will_close:
            self.close_when_flushed = False
            self._drained = 0
            self._drain_until = time.monotonic() + _DRAIN_SECONDS
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:  # the client is gone
                self.handle_close()

    def received(self, data: bytes) -> bool:
        if self._drained < 0:
            return bool(super().received(data))
        self._drained += len(data)
        if self._drained > _DRAIN_BYTES or time.monotonic() > self._drain_until:
            self.will_close = True
        return False

    def _end_input(self) -> None:
        with self.requests_lock:
            self._refuse_cut_off()
            if self.requests or self.total_outbufs_len:
                self._input_ended = time.monotonic()
                return
        self.handle_close()

    def _refuse_cut_off(self) -> None:
        request, self.request = self.request, None
        # Blank lines between requests are none.
        if request is None or not (request.headers_finished or request.header_plus.strip()):
            return
        if self.will_close or self.close_when_flushed:
            return
        request.error = _CutOff("")
        request.completed = True
        self.requests.append(request)
        if len(self.requests) == 1:
            self.server.add_task(self)

    def _all_answered(self) -> bool:
        return self._input_ended is not None and not self.requests


class HttpServer(TcpWSGIServer):  # type: ignore[misc]
    channel_class = Channel
    refusing = False
    # Seconds; a client that used its connection a moment ago may be about to use it again.
    idle_before_closed = 10.0
    _ended = False
    _paused_until = 0.0

    def __init__(self, loop: Loop, room: Room, application: WSGIApplication, **options: object) -> None:
        self.loop = loop
        self._room = room
        super().__init__(application, loop.dispatchers, **options)

    def readable(self) -> bool:
        if not super().readable() or time.monotonic() < self._paused_until:
            return False
        if not self._full():
            return True
        self._room.warn("%d connections are open, as many as can be: new ones have to wait", self._room.connections)
        return self._oldest_idle() is not None

    def accept(self) -> tuple[socket.socket, tuple[object, ...]] | None:
        try:
            accepted: tuple[socket.socket, tuple[object, ...]] | None = super().accept()
        except OSError as error:
            if error.errno in _EXHAUSTED:
                # The connection stays in the queue, and trying again at once would fail again, on and on.
                self._paused_until = time.monotonic() + _PAUSE
                self._room.warn("No new connection can be accepted, the next have to wait: %s", error.strerror)
            raise
        return accepted

    def handle_accept(self) -> None:
        oldest = self._oldest_idle() if self._full() else None
        before = len(self._map)
        super().handle_accept()
        if oldest is not None and len(self._map) > before:
            oldest.handle_close()

    def _full(self) -> bool:
        return len(self._map) >= self._room.connections

    def _oldest_idle(self) -> Channel | None:
        latest = time.time() - self.idle_before_closed
        idle = [found for found in self.active_channels.values() if found.last_activity <= latest and found.idle()]
        return min(idle, key=lambda channel: channel.last_activity, default=None)

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
        # Of silence; a connection whose answer is being made is never closed for that.
        channel_timeout=60,
        connection_limit=_UNLIMITED,  # HttpServer looks at the room instead
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
    loop, room = Loop(), find_room(threads + 2000)
    return [
        HttpServer(
            loop,
            room,
            application,
            _sock=listener,
            dispatcher=dispatcher,
            adj=adjustments,
            bind_socket=False,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
        )
        for listener in sockets
    ]
