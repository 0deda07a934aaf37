"""A real Redis for tests: a process of its own on a free port of this machine, ended by its process id."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

_START_SECONDS = 20


def require_redis() -> None:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    pytest.importorskip("redis", reason="the Python package redis is not installed")


class RedisServer:
    """Keeps nothing on disk. ``port`` stays the same over ``stop`` and ``start``."""

    def __init__(self, folder: Path, *options: str, password: str = "") -> None:
        self._folder = folder
        self._options = [*options, "--requirepass", password] if password else list(options)
        self._password = password
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def uri(self) -> str:
        before = f":{self._password}@" if self._password else ""
        return f"redis://{before}127.0.0.1:{self.port}/0"

    @property
    def patient_uri(self) -> str:
        """For tests that are not about time: a busy machine is no failure."""
        return f"{self.uri}?socket_timeout=20&socket_connect_timeout=20"

    def client(self) -> Any:
        from redis import Redis

        return Redis.from_url(self.uri, socket_timeout=5)

    def start(self) -> None:
        own = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        command = ["redis-server", *own, "--dir", str(self._folder), *self._options]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait(self._process)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        from redis.exceptions import RedisError

        end = time.monotonic() + _START_SECONDS
        with self.client() as client:
            while process.poll() is None:
                try:
                    client.ping()
                    return
                except RedisError:
                    assert time.monotonic() < end, "redis-server does not answer"
                    time.sleep(0.02)
        raise AssertionError(f"redis-server ended with {process.returncode}")

    def freeze(self) -> None:
        """Connections are accepted from now on, and nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=20)
            self._process = None
