"""A Redis that stops, hangs, is full or wants a password: nothing fails, and it is used again when it is back."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from libretranslate_py.access.bans import Bans
from libretranslate_py.access.limits import Limits, Rate
from libretranslate_py.access.page_secrets import PageSecrets
from libretranslate_py.errors import Banned, RateLimited
from libretranslate_py.storage import RedisStorage
from tests.contract.redis_server import RedisServer, require_redis

_RATES = [Rate(3, "hour")]


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "libretranslate_py.storage"]


def use(storage: RedisStorage) -> None:
    """Everything that there is."""
    storage.set("a", b"1", 600)
    assert storage.get("a") == b"1"
    assert storage.set_if_absent("a", b"2", 600) == b"1"
    assert storage.update("a", lambda present: ((present or b"") + b"3", 600)) == b"13"
    storage.remove("a")
    assert storage.get("a") is None


def wait_until_used(storage: RedisStorage, server: RedisServer) -> None:
    def is_used() -> bool:
        storage.set("is it used", b"", 600)
        with server.client() as client:
            return bool(client.exists("libretranslate:is it used"))

    wait_until(is_used)


def test_a_redis_that_stops_is_told_once_and_used_again_when_it_is_back(
    own_redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    storage = RedisStorage(own_redis.patient_uri, retry_seconds=0.1)
    use(storage)
    own_redis.stop()
    for _ in range(3):
        use(storage)
        time.sleep(0.15)
    (lost,) = messages(caplog)
    assert "--shared-storage" in lost
    assert "in memory until it is back" in lost
    own_redis.start()
    wait_until_used(storage, own_redis)
    use(storage)
    _, back = messages(caplog)
    assert "is back" in back


def test_a_redis_that_hangs_is_waited_for_once(own_redis: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    storage = RedisStorage(f"{own_redis.uri}?socket_timeout=2", retry_seconds=600)
    use(storage)
    own_redis.freeze()
    try:
        use(storage)
        assert len(messages(caplog)) == 1
        # With 600 s until the next attempt, 200 waits of 2 s each would show as minutes.
        for _ in range(200):
            use(storage)
        assert len(messages(caplog)) == 1
    finally:
        own_redis.thaw()


def test_a_redis_that_is_not_there_at_start_is_used_when_it_comes(
    own_redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    own_redis.stop()
    storage = RedisStorage(own_redis.patient_uri, retry_seconds=0.1)
    wait_until(lambda: bool(messages(caplog)))
    use(storage)
    own_redis.start()
    wait_until_used(storage, own_redis)


def test_a_redis_that_is_full_is_like_one_that_is_gone(
    own_redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    storage = RedisStorage(own_redis.patient_uri, retry_seconds=0.05)
    use(storage)
    with own_redis.client() as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", "1")
        for _ in range(5):
            use(storage)
            time.sleep(0.1)
        assert len(messages(caplog)) == 1
        client.config_set("maxmemory", "0")
    wait_until_used(storage, own_redis)


def test_a_redis_that_lost_its_scripts_gets_them_again(own_redis: RedisServer) -> None:
    storage = RedisStorage(own_redis.patient_uri, retry_seconds=600)
    use(storage)
    with own_redis.client() as client:
        client.script_flush()
        storage.set_if_absent("b", b"1", 600)
        assert client.get("libretranslate:b") == b"1"


def test_connections_that_were_closed_are_opened_again(own_redis: RedisServer) -> None:
    storage = RedisStorage(own_redis.patient_uri, retry_seconds=600)
    use(storage)
    # An attempt that is on its way when Redis stops has failed, and rightly so.
    wait_until(lambda: all(thread.name != "redis-probe" for thread in threading.enumerate()))
    own_redis.stop()
    own_redis.start()
    storage.set("b", b"1", 600)
    with own_redis.client() as client:
        assert client.get("libretranslate:b") == b"1"


def test_a_password_is_used_and_never_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    require_redis()
    server = RedisServer(tmp_path, password="sesame")
    request.addfinalizer(server.stop)
    caplog.set_level(logging.DEBUG)
    use(RedisStorage(server.patient_uri, retry_seconds=600))
    assert messages(caplog) == []
    use(RedisStorage(server.patient_uri.replace("sesame", "barley"), retry_seconds=600))
    assert len(messages(caplog)) == 1
    assert "sesame" not in caplog.text
    assert "barley" not in caplog.text


def test_limits_and_bans_go_on_from_memory(own_redis: RedisServer) -> None:
    limits = Limits(own_redis.patient_uri)
    bans = Bans(RedisStorage(own_redis.patient_uri), 2)
    pages = PageSecrets(RedisStorage(own_redis.patient_uri))
    limits.spend("a", "/r", _RATES)
    bans.report("a")
    own_redis.stop()
    for _ in range(3):
        limits.spend("a", "/r", _RATES)
    with pytest.raises(RateLimited):
        limits.spend("a", "/r", _RATES)
    limits.charge("a", "/r", _RATES, 2)
    for _ in range(2):
        bans.report("a")
    with pytest.raises(Banned):
        bans.check("a")
    assert pages.accepts(pages.current())
    assert pages.knows(pages.cookie())
