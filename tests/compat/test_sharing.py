"""Several servers on one Redis, and what happens when it goes away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.compat.asking import NO_KEY, SLOWDOWN, Start, ask, ask_with, detect, figure, settle
from tests.compat.test_protections import visit
from tests.contract.redis_server import RedisServer

StartRedis = Callable[[], RedisServer]


def test_req_limit_storage(start: Start, start_redis: StartRedis, tmp_path: Path) -> None:
    """Servers count together; each goes on by itself while Redis is gone, and none ever answers 500."""
    redis = start_redis()
    options = ("--req-limit", "4", "--req-limit-storage", redis.patient_uri)
    one, two = start(*options, home=tmp_path / "1"), start(*options, home=tmp_path / "2")
    assert [ask(server).headers["X-RateLimit-Remaining"] for server in (one, two, one)] == ["3", "2", "1"]
    assert ask(two).status == 200
    assert ask(one).refusal(429) == SLOWDOWN.format(4)
    assert ask(two).refusal(429) == SLOWDOWN.format(4)
    redis.stop()
    for server in (one, two):
        assert [detect(server).status for _ in range(5)] == [200] * 4 + [429]
        assert {ask(server).status for _ in range(6)} <= {200, 429}
        assert ask(server).status == 429


def test_a_redis_that_is_not_there_at_the_start(start: Start, start_redis: StartRedis) -> None:
    redis = start_redis()
    redis.stop()
    server = start("--req-limit", "2", "--req-limit-storage", redis.uri, "--shared-storage", redis.uri)
    assert [ask(server).status for _ in range(3)] == [200, 200, 429]


def test_shared_storage_bans(start: Start, start_redis: StartRedis, tmp_path: Path) -> None:
    redis = start_redis()
    options = ("--req-limit", "1", "--req-flood-threshold", "2", "--shared-storage", redis.patient_uri)
    one, two = start(*options, home=tmp_path / "1"), start(*options, home=tmp_path / "2")
    assert [ask(one).status for _ in range(4)] == [200, 429, 429, 403]
    assert ask(two).refusal(403) == "Too many request limits violations"
    redis.stop()
    assert {ask(server).status for server in (one, two, one, two)} <= {200, 403, 429}


def test_shared_storage_secrets_and_fingerprints(start: Start, start_redis: StartRedis, tmp_path: Path) -> None:
    options = ("--require-api-key-secret", "--require-api-key-fingerprint", "--shared-storage")
    redis = start_redis()
    one = start(*options, redis.patient_uri, home=tmp_path / "1")
    two = start(*options, redis.patient_uri, home=tmp_path / "2")
    cookie, secret = visit(one)
    browser = {"User-Agent": "A", "Cookie": cookie}
    assert ask_with(one, browser, secret=secret).status == 200
    assert ask_with(two, browser, secret=secret).status == 200
    assert ask_with(two, {**browser, "User-Agent": "B"}, secret=secret).refusal(400) == NO_KEY
    assert visit(two, cookie) == (cookie, secret)


def test_shared_storage_answers(start: Start, start_redis: StartRedis, tmp_path: Path) -> None:
    options = ("--translation-cache", "all", "--metrics", "--shared-storage", start_redis().patient_uri)
    one, two = start(*options, home=tmp_path / "1"), start(*options, home=tmp_path / "2")
    for server in (one, two):
        settle(server)
    answers = [ask(server, "Good morning.", target="es").body for server in (one, two)]
    assert answers == ['{"translatedText":"Buenos días."}'.encode()] * 2
    assert [figure(server, "batch_sentences_sum") for server in (one, two)] == [1.0, 0.0]


def test_secondary(start: Start, start_redis: StartRedis, tmp_path: Path) -> None:
    """There is nothing that only the first server would do."""
    redis = start_redis()
    options = ("--require-api-key-secret", "--shared-storage", redis.patient_uri)
    second = start(*options, "--secondary", home=tmp_path / "2")
    _, secret = visit(second)
    first = start(*options, home=tmp_path / "1")
    assert ask(first, secret=secret).status == 200
    assert visit(first)[1] == secret
