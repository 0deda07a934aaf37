"""Serving: waitress with many threads, signals, and a stop that answers everybody.

Threads must outnumber the translations that may be in flight, so that the rest of the endpoints stay quick.
"""

from __future__ import annotations

import errno
import logging
import os
import queue
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from libretranslate_py.errors import SettingsError
from libretranslate_py.web.connection import create_servers
from libretranslate_py.web.guard import Admission

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

logger = logging.getLogger(__name__)

# Seconds that answers may take on their way out, and that the waiting sentences may take to be failed.
_FLUSH_TIMEOUT = 1.0
_FAIL_TIMEOUT = 2.0

_SIGNAL_POLL = 0.2

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Server:
    """Listens from its making on (``url`` says where); ``run`` answers until ``stop`` has been called."""

    def __init__(
        self, application: WSGIApplication, host: str, port: int, *, threads: int, max_body: int, admission: Admission
    ) -> None:
        """Port 0 takes any free one. Raises SettingsError if the address cannot be listened on."""
        sockets = _listen(host, port)
        self.url = _url_of(host, sockets[0])
        self._admission = admission
        self._servers = create_servers(application, sockets, threads=threads, max_body=max_body)

    def run(self) -> None:
        self._servers[0].answer_requests()

    def stop(self, stop_timeout: float, on_stop: Callable[[], None]) -> None:
        """Refuse new translations, wait ``stop_timeout`` seconds for the running ones, fail the rest with ``on_stop``,
        and send what has been answered. Then ``run`` returns."""
        self._admission.close()
        self._admission.wait_idle(stop_timeout)
        failing = threading.Thread(target=on_stop, name="fail-waiting", daemon=True)
        failing.start()
        failing.join(_FAIL_TIMEOUT)
        self._admission.wait_idle(_FLUSH_TIMEOUT)
        for server in self._servers:
            server.refuse_requests()
        deadline = time.monotonic() + _FLUSH_TIMEOUT
        while any(server.busy() for server in self._servers) and time.monotonic() < deadline:
            time.sleep(0.005)
        self._servers[0].end()


def serve(
    application: WSGIApplication,
    host: str,
    port: int,
    *,
    threads: int,
    max_body: int,
    stop_timeout: float,
    on_stop: Callable[[], None],
    on_hangup: Callable[[], object],
    admission: Admission,
    announce: Callable[[str], None],
) -> NoReturn:
    """Serve until SIGTERM or SIGINT, then leave the process with status 0; only for the main thread.

    ``announce`` gets the URL once requests are answered. After a signal, translations in flight have ``stop_timeout``
    seconds; then ``on_stop`` must make those that still wait fail. ``on_hangup`` is called in a thread of its own at
    every SIGHUP. A second SIGTERM or SIGINT leaves at once with status 1. Raises SettingsError if the address cannot
    be listened on.
    """
    signals: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in _SIGNALS:
        signal.signal(number, lambda received, frame: signals.put(received))
    server = Server(application, host, port, threads=threads, max_body=max_body, admission=admission)
    loop = threading.Thread(target=_run, args=(server, signals), name="http", daemon=True)
    loop.start()
    announce(server.url)
    _notify("READY=1")
    while _next_signal(signals) == signal.SIGHUP:
        threading.Thread(target=_reload, args=(on_hangup,), name="reload", daemon=True).start()
    _notify("STOPPING=1")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, frame: os._exit(1))
    status = 0 if loop.is_alive() else 1
    server.stop(stop_timeout, on_stop)
    loop.join(_FLUSH_TIMEOUT)
    _leave(status)


def _next_signal(signals: queue.SimpleQueue[int]) -> int:
    while True:
        try:
            # A signal that comes just before the wait begins does not interrupt it: its handler runs at the next turn.
            return signals.get(timeout=_SIGNAL_POLL)
        except queue.Empty:
            continue


def _run(server: Server, signals: queue.SimpleQueue[int]) -> None:
    try:
        server.run()
    finally:
        # Without its loop the process would live on and answer nobody.
        signals.put(signal.SIGTERM)


def _reload(on_hangup: Callable[[], object]) -> None:
    _notify(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")
    try:
        on_hangup()
    finally:
        _notify("READY=1")


def _leave(status: int) -> NoReturn:
    # A batch that CTranslate2 still decodes would hold up an ordinary exit.
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _listen(host: str, port: int) -> list[socket.socket]:
    """Listening sockets for every address that ``host`` means, all on the same port."""
    try:
        found = socket.getaddrinfo(
            None if host == "*" else host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError, OverflowError) as error:
        raise SettingsError("--host", host, "it must be an address or a name of this machine") from error
    sockets: list[socket.socket] = []
    refusal: OSError | None = None
    for family, _, _, _, address in dict.fromkeys(found):
        try:
            sockets.append(_bind(family, (address[0], port, *address[2:]), dual=host == "::"))
        except OSError as error:
            refusal = error
            continue
        port = sockets[-1].getsockname()[1]
    if sockets:
        return sockets
    reason = refusal.strerror if refusal else "no address"
    if refusal and refusal.errno == errno.EADDRNOTAVAIL:
        raise SettingsError("--host", host, "an address of this machine") from refusal
    raise SettingsError("--port", str(port), f"{host} port {port} cannot be listened on ({reason})") from refusal


def _bind(family: int, address: tuple[object, ...], *, dual: bool) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if dual else 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def _url_of(host: str, listener: socket.socket) -> str:
    address, port = listener.getsockname()[:2]
    shown = host if host and host != "*" else address
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def _notify(state: str) -> None:
    """Tell systemd, if it started this process with Type=notify."""
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        try:
            channel.sendto(state.encode(), "\0" + path[1:] if path.startswith("@") else path)
        except OSError as error:
            logger.warning("systemd could not be told %s: %s", state.partition("\n")[0], error)
