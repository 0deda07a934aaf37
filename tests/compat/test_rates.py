"""Limits of one client: what counts, for whom, and what it costs. Windows are filled, never waited for."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.clients.conftest import ltmanage
from tests.clients.wire import post_json, send
from tests.compat.asking import (
    NO_KEY,
    SLOWDOWN,
    KeyService,
    Start,
    ask,
    ask_form,
    ask_with,
    detect,
    get,
    send_file,
    serve_keys,
)

BANNED = "Too many request limits violations"
EXEMPT = ("/languages", "/health", "/ready", "/spec", "/openapi.json", "/docs", "/", "/frontend/settings")


def test_req_limit(start: Start) -> None:
    server = start("--req-limit", "3")
    left = []
    for _ in range(3):
        answer = ask(server)
        assert answer.good() == {"translatedText": "a"}
        assert answer.headers["X-RateLimit-Limit"] == "3"
        assert abs(int(answer.headers["X-RateLimit-Reset"]) - time.time()) < 100
        left.append(answer.headers["X-RateLimit-Remaining"])
    assert left == ["2", "1", "0"]
    refused = ask(server)
    assert refused.refusal(429) == SLOWDOWN.format(3)
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert ask_form(server).refusal(429) == SLOWDOWN.format(3)
    # Each route has a counter of its own, and some have none.
    assert detect(server).good()[0]["language"] == "en"
    assert post_json(f"{server.url}/suggest", {"q": "a"}).refusal(403) == "Suggestions are disabled on this server."
    file = send_file(server)
    assert file.status == 200
    for path in EXEMPT:
        assert [get(server, path).status for _ in range(4)] == [200] * 4, path
    for _ in range(4):
        assert send("GET", file.json["translatedFileUrl"]).body == b"a"
        assert get(server, "/download_file/x.txt").status == 404


def test_preflights_are_free(start: Start) -> None:
    server = start("--req-limit", "1")
    headers = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    for _ in range(3):
        assert send("OPTIONS", f"{server.url}/translate", None, headers).status == 200
    assert ask(server).status == 200
    assert ask(server).status == 429
    assert send("OPTIONS", f"{server.url}/translate", None, headers).status == 200


def test_refusals_are_in_english(start: Start) -> None:
    server = start("--req-limit", "0")
    assert ask_with(server, {"Accept-Language": "fr"}).refusal(429) == SLOWDOWN.format(0)


def test_bad_requests_count(start: Start) -> None:
    server = start("--req-limit", "3")
    for _ in range(3):
        answer = post_json(f"{server.url}/translate", {})
        assert answer.refusal(400) == "Invalid request: missing q parameter"
    assert ask(server).refusal(429) == SLOWDOWN.format(3)


def test_each_route_has_a_counter(start: Start) -> None:
    server = start("--req-limit", "2", "--suggestions")
    suggestion = {"q": "Hello", "s": "Hola", "source": "en", "target": "es"}
    for _ in range(2):
        assert ask(server).status == 200
        assert detect(server).status == 200
        assert send_file(server).status == 200
        assert post_json(f"{server.url}/suggest", suggestion).status == 200
    assert ask(server).refusal(429) == SLOWDOWN.format(2)
    assert detect(server).refusal(429) == SLOWDOWN.format(2)
    assert send_file(server).refusal(429) == SLOWDOWN.format(2)
    assert post_json(f"{server.url}/suggest", suggestion).refusal(429) == SLOWDOWN.format(2)


def test_a_list_costs_its_texts(start: Start) -> None:
    server = start("--req-limit", "5")
    assert ask(server, ["a", "b", "c", "d"]).good() == {"translatedText": ["a", "b", "c", "d"]}
    assert ask(server, ["a", "b", "c", "d"]).refusal(429) == SLOWDOWN.format(5)
    assert ask(server).headers["X-RateLimit-Remaining"] == "0"
    assert ask(server).status == 429
    assert detect(server, ["Hello"] * 3).headers["X-RateLimit-Remaining"] == "2"


def test_a_list_above_the_limit_uses_all_of_it(start: Start) -> None:
    server = start("--req-limit", "3")
    assert ask(server, ["a"] * 10).good() == {"translatedText": ["a"] * 10}
    assert ask(server).refusal(429) == SLOWDOWN.format(3)


def test_a_file_costs_its_bytes(start: Start) -> None:
    server = start("--req-limit", "5")
    assert send_file(server, b"a" * 25_000).headers["X-RateLimit-Remaining"] == "2"
    assert send_file(server, b"a" * 25_000).refusal(429) == SLOWDOWN.format(5)
    assert send_file(server, b"a").headers["X-RateLimit-Remaining"] == "1"


def test_hourly_req_limit(start: Start) -> None:
    server = start("--hourly-req-limit", "2")
    assert [ask(server).status for _ in range(2)] == [200, 200]
    refused = ask(server)
    assert refused.refusal(429) == "Slowdown: 2 per 1 hour"
    assert 60 < int(refused.headers["Retry-After"]) <= 3600


def test_hourly_req_limit_decay(start: Start) -> None:
    """Of 4 an hour, 4 x 14 x 0.75^13 = 1.3 are left for 14 hours together."""
    server = start("--hourly-req-limit", "4", "--hourly-req-limit-decay", "13")
    assert ask(server).status == 200
    assert ask(server).refusal(429) == "Slowdown: 1 per 14 hour"


def test_hourly_req_limit_multiplier(start: Start, home: Path) -> None:
    ltmanage(home, "keys", "add", "2", "--key", "key-1111")
    server = start("--api-keys", "--hourly-req-limit", "2", LT_HOURLY_REQ_LIMIT_MULTIPLIER="1")
    # Without a key the limit is as it was given.
    assert [ask(server).status for _ in range(3)] == [200, 200, 429]
    assert [ask(server, api_key="key-1111").status for _ in range(2)] == [200, 200]
    assert ask(server, api_key="key-1111").refusal(429) == "Slowdown: 2 per 1 hour"


def test_daily_req_limit(start: Start) -> None:
    server = start("--daily-req-limit", "2")
    assert [ask(server).status for _ in range(2)] == [200, 200]
    refused = ask(server)
    assert refused.refusal(429) == "Slowdown: 2 per 1 day"
    assert 3600 < int(refused.headers["Retry-After"]) <= 86400


def test_daily_req_limit_multiplier(start: Start, home: Path) -> None:
    ltmanage(home, "keys", "add", "2", "--key", "key-1111")
    server = start("--api-keys", "--daily-req-limit", "100", LT_DAILY_REQ_LIMIT_MULTIPLIER="1")
    assert [ask(server, api_key="key-1111").status for _ in range(2)] == [200, 200]
    assert ask(server, api_key="key-1111").refusal(429) == "Slowdown: 2 per 1 day"
    assert ask(server).headers["X-RateLimit-Limit"] == "100"


def test_req_time_cost(start: Start) -> None:
    """A request that takes more than two seconds, because its key is looked up for that long, counts as three."""
    with serve_keys(KeyService({"slow": {"req_limit": 4, "char_limit": None}})) as service:
        server = start("--api-keys", "--req-time-cost", "1", "--req-limit", "2", "--api-keys-remote", service.url)
        assert [ask(server).status for _ in range(3)] == [200, 200, 429]
        service.open.clear()
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(ask, server, api_key="slow")
            assert service.asked.wait(20)
            time.sleep(2.05)
            service.open.set()
            assert slow.result().status == 200
        assert [ask(server, api_key="slow").status for _ in range(2)] == [200, 429]


def test_req_flood_threshold(start: Start) -> None:
    server = start("--req-limit", "1", "--req-flood-threshold", "2")
    assert ask(server).status == 200
    assert ask(server).refusal(429) == SLOWDOWN.format(1)
    assert ask(server).refusal(429) == SLOWDOWN.format(1)
    banned = ask(server)
    assert banned.refusal(403) == BANNED
    assert 60 < int(banned.headers["Retry-After"]) <= 600
    assert detect(server).refusal(403) == BANNED
    assert send_file(server).refusal(403) == BANNED
    assert get(server, "/languages").status == 200
    assert get(server, "/health").status == 200


def test_a_proxy_that_nobody_named_is_not_banned(start: Start) -> None:
    server = start("--req-limit", "1", "--req-flood-threshold", "2")
    assert [ask(server, client="10.1.2.3").status for _ in range(6)] == [200, *[429] * 5]
    assert any("--trusted-proxies 127.0.0.1" in line for line in server.log)


def test_trust_forwarded_for(start: Start) -> None:
    server = start("--trust-forwarded-for", "--req-limit", "1")
    assert ask(server, client="10.0.0.1").status == 200
    assert ask(server, client="10.0.0.1").refusal(429) == SLOWDOWN.format(1)
    assert ask(server, client="10.0.0.2").status == 200
    # What a client writes itself stands to the left of what the proxy adds.
    assert ask(server, client="10.9.9.9, 10.0.0.1").refusal(429) == SLOWDOWN.format(1)


def test_forwarded_addresses_are_not_believed(start: Start) -> None:
    server = start("--req-limit", "1")
    assert ask(server, client="10.0.0.1").status == 200
    assert ask(server, client="10.0.0.1").refusal(429) == SLOWDOWN.format(1)
    assert ask(server, client="10.0.0.2").refusal(429) == SLOWDOWN.format(1)


@pytest.mark.parametrize(("trusted", "statuses"), [("127.0.0.0/8", [200, 200, 429]), ("10.0.0.0/8", [200, 429, 429])])
def test_trusted_proxies(start: Start, trusted: str, statuses: list[int]) -> None:
    server = start("--trusted-proxies", trusted, "--req-limit", "1")
    clients = ("203.0.113.1", "203.0.113.2", "203.0.113.2")
    assert [ask(server, client=client).status for client in clients] == statuses


def test_trusted_hops(start: Start) -> None:
    server = start("--trusted-proxies", "127.0.0.1", "--trusted-hops", "2", "--req-limit", "1")
    assert ask(server, client="203.0.113.1, 198.51.100.7").status == 200
    assert ask(server, client="203.0.113.2, 198.51.100.7").status == 200
    assert ask(server, client="203.0.113.9, 203.0.113.1, 198.51.100.7").refusal(429) == SLOWDOWN.format(1)


def test_req_limit_0_with_keys_means_that_a_key_is_needed(start: Start, home: Path) -> None:
    ltmanage(home, "keys", "add", "5", "--key", "key-1111")
    server = start("--req-limit", "0", "--api-keys")
    assert ask(server).refusal(400) == NO_KEY
    assert ask(server, api_key="key-1111").good() == {"translatedText": "a"}
    for path in EXEMPT:
        assert get(server, path).status == 200, path
