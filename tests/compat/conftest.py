from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.contract.redis_server import RedisServer, require_redis
from tests.e2e.conftest import start as start  # a fixture: each test gets servers of its own, in one home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where the servers of ``start`` are at home, for what has to be there before they are."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    return home


@pytest.fixture
def start_redis(tmp_path: Path) -> Iterator[Callable[[], RedisServer]]:
    require_redis()
    servers: list[RedisServer] = []

    def start_one() -> RedisServer:
        servers.append(RedisServer(tmp_path))
        return servers[-1]

    yield start_one
    for server in servers:
        server.stop()
