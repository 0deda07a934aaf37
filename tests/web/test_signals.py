from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.web.wire import Answer, Connection, translation


class Process:
    def __init__(
        self, folder: Path, timeout: float, environment: dict[str, str] | None = None, prefix: Sequence[str] = ()
    ) -> None:
        self.released = folder / "released"
        self._process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "tests.web.serving", str(timeout), str(self.released)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | (environment or {}),
        )
        assert self._process.stdout
        self._lines = self._process.stdout
        self.pid = self._process.pid
        self.port = int(self.line().rpartition(":")[2])

    def line(self) -> str:
        return self._lines.readline().strip()

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def ask(self, text: str) -> Connection:
        """A connection on which the translation of ``text`` has begun."""
        connection = Connection(self.port)
        connection.request("POST", "/translate", translation(text))
        assert self.line() == text
        return connection

    def status(self) -> int:
        return self._process.wait(20)

    def error_line(self) -> str:
        assert self._process.stderr
        return self._process.stderr.readline()

    def errors(self) -> str:
        assert self._process.stderr
        return self._process.stderr.read()

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    processes: list[Process] = []

    def run(timeout: float = 600, **environment: str) -> Process:
        processes.append(Process(tmp_path, timeout, environment))
        return processes[-1]

    yield run
    for process in processes:
        process.end()


Launch = Callable[..., Process]


def wait_until_stopping(process: Process) -> Answer:
    """The first answer that a new translation gets once the stop has begun."""
    while True:
        connection = Connection(process.port)
        answer = connection.ask("POST", "/translate", translation("a"))
        connection.close()
        if answer.status != 200:
            return answer


class TestSignals:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_stops_at_once_when_idle(self, launch: Launch, number: signal.Signals) -> None:
        process = launch()
        idle = Connection(process.port)
        assert idle.ask("GET", "/health").status == 200
        half = Connection(process.port)
        half.send(b"POST /translate HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc")
        process.signal(number)
        assert process.status() == 0
        assert process.errors() == ""
        assert idle.at_end()
        idle.close()
        half.close()

    def test_what_runs_is_finished_and_what_is_new_is_refused(self, launch: Launch) -> None:
        process = launch()
        connection = process.ask("soon")
        process.signal(signal.SIGTERM)
        refused = wait_until_stopping(process)
        assert (refused.status, refused.json) == (503, {"error": "The server is stopping"})
        assert "retry-after" in refused.headers
        process.released.touch()
        assert connection.answer().json == {"translatedText": "SOON"}
        assert process.line() == "failing"
        assert process.status() == 0
        connection.close()

    def test_what_waits_too_long_is_failed(self, launch: Launch) -> None:
        process = launch(timeout=0.2)
        connection = process.ask("wait")
        process.signal(signal.SIGTERM)
        answer = connection.answer()
        assert (answer.status, answer.json) == (503, {"error": "The server is stopping"})
        assert process.status() == 0
        connection.close()

    def test_what_cannot_be_failed_does_not_hold_the_exit(self, launch: Launch) -> None:
        process = launch(timeout=0.1)
        connection = process.ask("stuck")
        process.signal(signal.SIGTERM)
        assert process.status() == 0
        connection.close()

    @pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
    def test_a_second_signal_leaves_at_once(self, launch: Launch, second: signal.Signals) -> None:
        process = launch()
        connection = process.ask("stuck")
        process.signal(signal.SIGTERM)
        wait_until_stopping(process)
        process.signal(second)
        assert process.status() == 1
        connection.close()

    def test_hangup_reloads_and_does_not_end(self, launch: Launch) -> None:
        process = launch()
        for _ in range(3):
            process.signal(signal.SIGHUP)
            assert process.line() == "hangup"
        connection = Connection(process.port)
        assert connection.ask("GET", "/health").status == 200
        connection.close()
        process.signal(signal.SIGTERM)
        assert process.status() == 0

    def test_systemd_is_told(self, launch: Launch, notify_socket: socket.socket) -> None:
        process = launch(NOTIFY_SOCKET=notify_socket.getsockname())
        assert notify_socket.recv(1000) == b"READY=1"
        process.signal(signal.SIGHUP)
        assert notify_socket.recv(1000).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
        assert notify_socket.recv(1000) == b"READY=1"
        process.signal(signal.SIGTERM)
        assert notify_socket.recv(1000) == b"STOPPING=1"
        assert process.status() == 0
