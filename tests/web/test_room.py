"""More clients than there are file descriptors."""

from __future__ import annotations

import errno
import logging
import os
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from libretranslate_py.web import connection as connection_module
from libretranslate_py.web import room as room_module
from libretranslate_py.web.connection import HttpServer
from libretranslate_py.web.room import Room, find_room
from tests.web.conftest import Running
from tests.web.test_signals import Process
from tests.web.wire import Connection, translation

Limited = Callable[[str], Process]


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Limited]:
    processes: list[Process] = []

    def run(command: str) -> Process:
        processes.append(Process(tmp_path, 1, prefix=("sh", "-c", f'{command}; exec "$@"', "sh")))
        return processes[-1]

    yield run
    for process in processes:
        process.end()


def connect(process: Process, count: int) -> list[Connection]:
    return [Connection(process.port) for _ in range(count)]


def close(connections: list[Connection]) -> None:
    for connection in connections:
        connection.close()


class TestProcess:
    def test_the_soft_limit_is_raised(self, limited: Limited) -> None:
        process = limited("ulimit -Sn 64")
        connections = connect(process, 150)
        assert {connection.ask("GET", "/health").status for connection in connections} == {200}
        close(connections)

    def test_more_clients_than_the_hard_limit(self, limited: Limited) -> None:
        process = limited("ulimit -n 100")
        connections = connect(process, 140)
        assert "connections are open" in process.error_line()
        first, last = connections[0], connections[-1]
        assert first.ask("GET", "/health").status == 200
        last.request("POST", "/translate", translation("a"))
        for _ in range(5):
            assert first.ask("POST", "/translate", translation("a")).status == 200
        if (opened := Path(f"/proc/{process.pid}/fd")).exists():
            assert len(list(opened.iterdir())) < 75
        close(connections[1:-1])
        assert last.answer().json == {"translatedText": "A"}
        close([first, last])
        process.signal(signal.SIGTERM)
        assert process.status() == 0
        assert process.errors() == ""


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """Room for that many clients; the listener, the trigger and its kind take the rest."""
    monkeypatch.setattr(connection_module, "find_room", lambda wanted: Room(7))
    return 5


class TestFull:
    def test_waits_until_one_leaves(
        self, few: int, start: Callable[..., Running], caplog: pytest.LogCaptureFixture
    ) -> None:
        running = start()
        connections = [running.connect() for _ in range(few)]
        for connection in connections:
            assert connection.ask("GET", "/health").status == 200
        late = [running.connect() for _ in range(3)]
        for connection in late:
            connection.request("GET", "/health")
        for connection in connections:
            assert connection.ask("GET", "/health").status == 200
        close(connections)
        assert [connection.answer().status for connection in late] == [200] * 3
        assert [record.name for record in caplog.records if record.levelno >= logging.WARNING] == [room_module.__name__]

    def test_the_idlest_makes_room(
        self, few: int, start: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(HttpServer, "idle_before_closed", 0.0)
        running = start()
        half = running.connect()
        half.send(b"GET /health HTTP/1.1\r\n")
        connections = [running.connect() for _ in range(few - 1)]
        for connection in [*connections[1:], connections[0]]:
            assert connection.ask("GET", "/health").status == 200
        assert running.connect().ask("GET", "/health").status == 200
        assert connections[1].at_end()
        assert connections[0].ask("GET", "/health").status == 200
        half.send(b"\r\n")
        assert half.answer().status == 200


class Exhausted:
    """A listening socket without descriptors for what it accepts, until ``missing`` is False."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.attempts = 0
        self.missing = True

    def accept(self) -> tuple[socket.socket, object]:
        self.attempts += 1
        if self.missing:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return self._listener.accept()

    def __getattr__(self, name: str) -> object:
        return getattr(self._listener, name)


class TestNoDescriptor:
    def test_is_not_tried_on_and_on(self, running: Running, caplog: pytest.LogCaptureFixture) -> None:
        present = running.connect()
        assert present.ask("GET", "/health").status == 200
        (server,) = running.server._servers
        exhausted = server.socket = Exhausted(server.socket)
        waiting = running.connect()
        waiting.request("GET", "/health")
        for _ in range(200):
            assert present.ask("GET", "/health").status == 200
        assert 1 <= exhausted.attempts < 50
        exhausted.missing = False
        assert waiting.answer().status == 200
        (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
        assert "Too many open files" in record.getMessage()


class TestFindRoom:
    @pytest.mark.parametrize(
        ("soft", "hard", "connections"),
        [
            (1024, 1024, 824),
            (1024, 1_000_000, 2000),
            (1024, resource.RLIM_INFINITY, 2000),
            (resource.RLIM_INFINITY, resource.RLIM_INFINITY, 2000),
            (5000, 1_000_000, 2000),
            (100, 100, 50),
        ],
    )
    def test_from_the_limits(self, monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, connections: int) -> None:
        raised: list[tuple[int, int]] = []
        monkeypatch.setattr(resource, "getrlimit", lambda kind: (soft, hard))
        monkeypatch.setattr(resource, "setrlimit", lambda kind, limits: raised.append(limits))
        assert find_room(2000).connections == connections
        assert raised == ([(2200, hard)] if soft == 1024 != hard else [])

    def test_a_limit_that_cannot_be_raised(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def refuse(kind: int, limits: tuple[int, int]) -> None:
            raise ValueError("not allowed")

        monkeypatch.setattr(resource, "getrlimit", lambda kind: (1024, 4096))
        monkeypatch.setattr(resource, "setrlimit", refuse)
        assert find_room(2000).connections == 824
        assert "not allowed" in caplog.text
