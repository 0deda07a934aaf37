"""The same tests over each storage; those over Redis are skipped where there is none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from libretranslate_py.storage import Storage, open_storage
from tests.contract.redis_server import RedisServer, require_redis


class Clock:
    """Seconds since 1970, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def running_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    require_redis()
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One that the test may stop, start and freeze."""
    require_redis()
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture(params=["memory", "redis"])
def uri(request: pytest.FixtureRequest) -> str:
    """Of an empty storage."""
    if request.param == "memory":
        return "memory://"
    server: RedisServer = request.getfixturevalue("running_redis")
    with server.client() as client:
        client.flushall()
    return server.patient_uri


@pytest.fixture
def storage(uri: str) -> Storage:
    return open_storage(uri)
