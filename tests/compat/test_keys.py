"""API keys: where they are read, what they allow, and who is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import ltmanage
from tests.clients.wire import Answer, post_form, post_json, post_multipart, send
from tests.compat.asking import (
    NO_KEY,
    SLOWDOWN,
    KeyService,
    Start,
    ask,
    ask_form,
    ask_with,
    detect,
    fields,
    get,
    send_file,
    serve_keys,
    settings,
)
from tests.e2e.conftest import NOWHERE
from tests.e2e.process import ServerProcess

INVALID = "Invalid API key"
KEY = "key-1111"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TEXTS = {"q": "a", "source": "en", "target": "en"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """``--api-keys``, where nobody without a key gets anything, so that a key that is read can be told."""
    home = tmp_path_factory.mktemp("home")
    ltmanage(home, "keys", "add", "1000", "--key", KEY)
    server = ServerProcess(home, "--index-url", NOWHERE, "--require-api-key")
    try:
        yield server.wait_listening()
    finally:
        server.stop()


def where(server: ServerProcess, place: str, key: str) -> Answer:
    url = f"{server.url}/translate"
    ways: dict[str, Callable[[], Answer]] = {
        "JSON": lambda: post_json(url, {**TEXTS, "api_key": key}),
        "form": lambda: post_form(url, {**TEXTS, "api_key": key}),
        "multipart": lambda: post_multipart(url, {**TEXTS, "api_key": key}),
        "query of a form": lambda: post_form(f"{url}?api_key={key}", TEXTS),
        "query alone": lambda: send("POST", f"{url}?q=a&source=en&target=en&api_key={key}", b"", FORM),
        "query of JSON": lambda: post_json(f"{url}?api_key={key}", TEXTS),
        "Authorization": lambda: post_json(url, TEXTS, {"Authorization": f"Bearer {key}"}),
    }
    return ways[place]()


@pytest.mark.parametrize(
    "place", ["JSON", "form", "multipart", "query of a form", "query alone", "query of JSON", "Authorization"]
)
def test_where_a_key_is_read(server: ServerProcess, place: str) -> None:
    assert where(server, place, KEY).good() == {"translatedText": "a"}
    assert where(server, place, "wrong").refusal(403) == INVALID
    assert where(server, place, "").refusal(400) == NO_KEY


def test_where_no_key_is_read(server: ServerProcess) -> None:
    assert ask_with(server, {"X-API-Key": KEY}).refusal(400) == NO_KEY
    assert ask_with(server, {"Authorization": f"Basic {KEY}"}).refusal(400) == NO_KEY


@pytest.mark.parametrize("key", [5, ["x"], {"a": 1}, True, [KEY], {"api_key": KEY}, 0, False, []])
def test_what_is_no_key(server: ServerProcess, key: object) -> None:
    assert ask(server, api_key=key).refusal(403) == INVALID


def test_no_key_at_all(server: ServerProcess) -> None:
    for none in ("", None):
        assert ask(server, api_key=none).refusal(400) == NO_KEY


def test_require_api_key(server: ServerProcess) -> None:
    assert ask(server).refusal(400) == NO_KEY
    assert detect(server).refusal(400) == NO_KEY
    assert send_file(server).refusal(400) == NO_KEY
    assert ask(server, api_key=KEY).status == 200
    assert settings(server)["keyRequired"] is True
    for path in ("/", "/docs", "/spec", "/languages", "/health", "/frontend/settings"):
        assert get(server, path).status == 200, path


def test_api_keys(start: Start, home: Path) -> None:
    """Without a key the general limit holds, with a key its own."""
    ltmanage(home, "keys", "add", "5", "--key", KEY)
    server = start("--api-keys", "--req-limit", "2")
    assert ask(server, api_key="wrong").refusal(403) == INVALID
    assert ask_form(server, api_key="wrong").refusal(403) == INVALID
    # Guesses count like anything else that an address does without a key.
    assert ask(server).refusal(429) == SLOWDOWN.format(2)
    assert ask(server, api_key="wrong").refusal(429) == SLOWDOWN.format(2)
    assert ask(server, api_key="").refusal(429) == SLOWDOWN.format(2)
    assert ask(server, api_key=None).refusal(429) == SLOWDOWN.format(2)
    assert [ask(server, api_key=KEY).status for _ in range(5)] == [200] * 5
    assert ask(server, api_key=KEY).refusal(429) == SLOWDOWN.format(5)
    assert detect(server, api_key=KEY).status == 200
    assert settings(server)["apiKeys"] is True
    assert settings(server)["keyRequired"] is False


def test_api_keys_of_every_route(start: Start, home: Path) -> None:
    ltmanage(home, "keys", "add", "60", "--key", "key-2222", "--char-limit", "5")
    server = start("--api-keys", "--suggestions")
    assert ask(server).good() == {"translatedText": "a"}
    assert ask(server, "12345", api_key="key-2222").good() == {"translatedText": "12345"}
    refusal = "Invalid request: request (6) exceeds text limit (5)"
    assert ask(server, "123456", api_key="key-2222").refusal(400) == refusal
    assert detect(server, api_key="wrong").refusal(403) == INVALID
    assert detect(server, api_key="key-2222").status == 200
    assert send_file(server, api_key="wrong").refusal(403) == INVALID
    assert send_file(server, api_key="key-2222").status == 200
    suggestion = {"q": "a", "s": "b", "source": "en", "target": "es"}
    assert post_json(f"{server.url}/suggest", {**suggestion, "api_key": "wrong"}).refusal(403) == INVALID
    assert get(server, "/languages?api_key=wrong").status == 200


def test_suggestions_that_are_off_look_at_no_key(start: Start) -> None:
    server = start("--api-keys")
    refused = post_json(f"{server.url}/suggest", {"q": "a", "api_key": "wrong"})
    assert refused.refusal(403) == "Suggestions are disabled on this server."


def test_keys_that_come_and_go(start: Start, home: Path) -> None:
    ltmanage(home, "keys", "add", "60", "--key", KEY)
    server = start("--api-keys")
    assert ask(server, api_key=KEY).status == 200
    assert ask(server, api_key="later").status == 403
    ltmanage(home, "keys", "remove", KEY)
    ltmanage(home, "keys", "add", "60", "--key", "later")
    server.wait_until(lambda: ask(server, api_key=KEY).status == 403, timeout=5)
    assert ask(server, api_key="later").status == 200


def test_api_keys_db_path(start: Start, home: Path) -> None:
    path = str(home / "elsewhere" / "keys.db")
    ltmanage(home, "keys", "--api-keys-db-path", path, "add", "60", "--key", KEY)
    assert ask(start("--api-keys", "--api-keys-db-path", path), api_key=KEY).status == 200
    assert ask(start("--api-keys"), api_key=KEY).refusal(403) == INVALID


def test_a_database_of_the_original(start: Start, home: Path) -> None:
    import sqlite3
    from contextlib import closing

    (home / "db").mkdir()
    with closing(sqlite3.connect(home / "db" / "api_keys.db")) as database, database:
        database.execute('CREATE TABLE api_keys ("api_key" TEXT NOT NULL, "req_limit" INTEGER, "char_limit" INTEGER)')
        database.execute("INSERT INTO api_keys VALUES (?, 2, 5), ('other', 60, NULL)", (KEY,))
    server = start("--api-keys")
    assert [ask(server, api_key=KEY).status for _ in range(3)] == [200, 200, 429]
    assert ask(server, "123456", api_key="other").status == 200


def test_character_quota_and_disabled_keys(start: Start, home: Path) -> None:
    ltmanage(home, "keys", "add", "60", "--key", KEY, "--char-quota", "10/day")
    ltmanage(home, "keys", "add", "60", "--key", "off", "--disabled")
    server = start("--api-keys")
    assert ask(server, "1234567", api_key=KEY).status == 200
    assert ask(server, "1234567", api_key=KEY).refusal(429) == "Slowdown: 10 characters per 1 day"
    assert ask(server, "off", api_key="off").refusal(403) == INVALID


def test_api_keys_remote(start: Start) -> None:
    keys: dict[str, dict[str, object]] = {
        KEY: {"req_limit": 2, "char_limit": 5},
        "free": {"req_limit": 60, "char_limit": None},
    }
    with serve_keys(KeyService(keys)) as service:
        server = start("--api-keys", "--char-limit", "8", "--api-keys-remote", service.url)
        assert ask(server, "123456", api_key=KEY).status == 400
        assert ask(server, "12345", api_key=KEY).status == 200
        assert ask(server, api_key=KEY).refusal(429) == SLOWDOWN.format(2)
        assert ask(server, "12345678", api_key="free").status == 200
        assert ask(server, "123456789", api_key="free").status == 400
        assert ask(server, api_key="wrong").refusal(403) == INVALID
        assert ask(server).status == 200
        # Answers are kept: none of these is asked for again.
        service.asked.clear()
        assert ask(server, api_key="free").status == 200
        assert ask(server, api_key="wrong").refusal(403) == INVALID
        assert not service.asked.is_set()
        service.outage = b"<h1>Bad gateway</h1>"
        outage = ask(server, api_key="another")
        assert "cannot be looked up" in outage.refusal(503)
        assert int(outage.headers["Retry-After"]) > 0
        assert ask(server, api_key="free").status == 200


def test_an_outage_of_the_remote_keys_in_json(start: Start) -> None:
    with serve_keys(KeyService({})) as service:
        server = start("--api-keys", "--api-keys-remote", service.url)
        service.outage = b'{"error": "Bad gateway"}'
        assert ask(server, api_key="any").status == 503


def test_ltmanage_keys(home: Path) -> None:
    """The program itself; its output line by line is in the suite of the program."""
    assert ltmanage(home, "keys") == "There are no API keys\n"
    assert ltmanage(home, "keys", "add", "5", "--key", KEY, "--char-limit", "7") == f"{KEY}\n"
    assert ltmanage(home, "keys") == f"{KEY}: 5\n"
    assert ltmanage(home, "keys", "remove", KEY) == f"{KEY}\n"
    assert ltmanage(home, "keys", "remove", "nope") == "nope\n"
    assert (home / "db" / "api_keys.db").is_file()


def test_no_500_for_any_key(server: ServerProcess) -> None:
    odd: list[Any] = ["\x00", "\ud800", "x" * 100_000, "'; DROP TABLE api_keys; --", "ключ", 1e300, -1, [[]]]
    for key in odd:
        assert ask(server, api_key=key).refusal(403) == INVALID, key
    assert post_json(f"{server.url}/translate", fields(api_key=KEY)).status == 200
