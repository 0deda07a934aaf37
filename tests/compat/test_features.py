"""Suggestions, the cache of answers, the page, metrics."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.clients.conftest import ltmanage
from tests.clients.wire import JSON, post_form, post_json, send
from tests.compat.asking import Start, ask, figure, get, send_file, settings, settle
from tests.e2e.conftest import NOWHERE
from tests.e2e.process import ServerProcess

PAIR = {"q": "Hello", "s": "Hola", "source": "en", "target": "es"}
DISABLED = "Files translation are disabled on this server."
KEY = "key-1111"


def suggest(server: ServerProcess, **changed: object) -> object:
    given = {name: value for name, value in {**PAIR, **changed}.items() if value is not None}
    return post_json(f"{server.url}/suggest", given).good()


def refuse_suggestion(server: ServerProcess, **changed: object) -> str:
    given = {name: value for name, value in {**PAIR, **changed}.items() if value is not None}
    return post_json(f"{server.url}/suggest", given).refusal(400)


def rows(path: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT * FROM suggestions").fetchall()


@pytest.fixture(scope="module")
def metered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = ServerProcess(
        tmp_path_factory.mktemp("home"), "--index-url", NOWHERE, "--metrics", "--metrics-auth-token", "s3cret"
    )
    try:
        yield server.wait_listening()
    finally:
        server.stop()


# --- suggestions ------------------------------------------------------------------------------------------------------


def test_suggestions(start: Start, home: Path) -> None:
    """The folder ``db`` is made where there is none; the original answers 500 without it."""
    server = start("--suggestions")
    url = f"{server.url}/suggest"
    assert suggest(server) == {"success": True}
    assert post_form(url, PAIR).good() == {"success": True}
    assert suggest(server, target="zz") == {"success": True}
    assert suggest(server, target="en") == {"success": True}
    assert suggest(server, s="<b>Hola</b>") == {"success": True}
    assert suggest(server, source="EN", target="ES") == {"success": True}
    assert suggest(server, target="zh-Hans") == {"success": True}
    for name in PAIR:
        assert refuse_suggestion(server, **{name: None}) == f"Invalid request: missing {name} parameter"
    assert post_json(url, {}).refusal(400) == "Invalid request: missing q parameter"
    assert send("POST", url).refusal(400) == "Invalid request: missing q parameter"
    assert settings(server)["suggestions"] is True
    refused = get(server, "/suggest")
    assert refused.refusal(405)
    assert set(refused.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}
    assert sorted(rows(home / "db" / "suggestions.db")) == [
        ("Hello", "<b>Hola</b>", "en", "es"),
        ("Hello", "Hola", "en", "en"),
        ("Hello", "Hola", "en", "es"),
        ("Hello", "Hola", "en", "zh"),
        ("Hello", "Hola", "en", "zz"),
    ]


def test_suggestions_of_wrong_types_are_refused(start: Start) -> None:
    server = start("--suggestions")
    for wrong in (["a"], {"a": 1}, 5, True):
        assert refuse_suggestion(server, q=wrong) == "Invalid request: q parameter must be a string"
        assert refuse_suggestion(server, source=wrong) == "Invalid request: source parameter must be a string"
    broken = send("POST", f"{server.url}/suggest", b"{bad", JSON)
    assert broken.refusal(400) == "Invalid JSON format"
    lone = send("POST", f"{server.url}/suggest", rb'{"q":"\ud800","s":"x","source":"en","target":"es"}', JSON)
    assert lone.status in (200, 400)


def test_suggestions_db_path(start: Start, home: Path) -> None:
    path = home / "new" / "folder" / "s.db"
    assert suggest(start("--suggestions", "--suggestions-db-path", str(path))) == {"success": True}
    assert rows(path) == [("Hello", "Hola", "en", "es")]


# --- answers that are kept --------------------------------------------------------------------------------------------


def decoded(server: ServerProcess) -> float:
    return figure(server, "batch_sentences_sum")


def test_translation_cache_all(start: Start) -> None:
    server = settle(start("--translation-cache", "all", "--sentence-cache", "0", "--metrics"))
    answers = [ask(server, "Hello", target="es") for _ in range(3)]
    assert {answer.body for answer in answers} == {b'{"translatedText":"Hola"}'}
    assert {answer.headers["Content-Type"] for answer in answers} == {"application/json"}
    assert decoded(server) == 1
    for _ in range(2):
        assert ask(server, "año").body == '{"translatedText":"año"}'.encode()
        assert ask(server, ["x", "y"]).good() == {"translatedText": ["x", "y"]}
        assert ask(server, "x|y").good() == {"translatedText": "x|y"}
        assert ask(server, ["x|y"]).good() == {"translatedText": ["x|y"]}
        assert ask(server, "x").good() == {"translatedText": "x"}
        assert ask(server, ["x"]).good() == {"translatedText": ["x"]}
        assert ask(server, "año", alternatives=1).good() == {"alternatives": [], "translatedText": "año"}
        assert ask(server, "año", target="zz").refusal(400) == "zz is not supported"
        assert ask(server, ["a", 5]).status == 400


def test_translation_cache_of_a_key(start: Start, home: Path) -> None:
    ltmanage(home, "keys", "add", "50", "--key", KEY)
    server = settle(start("--api-keys", "--translation-cache", KEY, "--sentence-cache", "0", "--metrics"))
    for _ in range(2):
        assert ask(server, "Hello", target="es", api_key=KEY).good() == {"translatedText": "Hola"}
    assert decoded(server) == 1
    for _ in range(2):
        assert ask(server, "Hello", target="es").good() == {"translatedText": "Hola"}
    assert decoded(server) == 3


def test_translation_cache_is_off_by_default(start: Start) -> None:
    server = start("--sentence-cache", "0", "--metrics")
    for _ in range(2):
        assert ask(server, "Hello", target="es", api_key="").good() == {"translatedText": "Hola"}
    assert decoded(server) == 2


def test_translation_cache_does_not_get_around_a_limit(start: Start) -> None:
    server = start("--translation-cache", "all", "--char-limit", "5")
    for _ in range(2):
        refusal = "Invalid request: request (6) exceeds text limit (5)"
        assert ask(server, "123456").refusal(400) == refusal


# --- page -------------------------------------------------------------------------------------------------------------


def test_frontend_options(start: Start) -> None:
    """``--frontend-language-source``, ``-target``, ``--frontend-timeout`` and ``--frontend-title``."""
    server = start(
        *("--frontend-language-source", "es", "--frontend-language-target", "fr"),
        *("--frontend-timeout", "900", "--frontend-title", "MyTitle <3"),
    )
    found = settings(server)
    assert found["frontendTimeout"] == 900
    assert found["language"] == {
        "source": {"code": "es", "name": "Spanish"},
        "target": {"code": "fr", "name": "French"},
    }
    page = get(server, "/").body.decode()
    assert "<title>MyTitle &lt;3</title>" in page


def test_frontend_languages_that_are_not_there(start: Start) -> None:
    server = start("--frontend-language-source", "zz", "--frontend-language-target", "zz")
    assert settings(server)["language"] == {
        "source": {"code": "en", "name": "English"},
        "target": {"code": "fr", "name": "French"},
    }


def test_frontend_language(start: Start) -> None:
    assert '<html lang="fr"' in get(start("--frontend-language", "fr"), "/").body.decode()
    assert '<html lang="en"' in get(start(), "/").body.decode()


def test_hide_api(start: Start) -> None:
    shown, hidden = (get(start(*options), "/").body for options in ((), ("--hide-api",)))
    assert b'id="api"' in shown
    assert b'id="api"' not in hidden


def test_disable_web_ui(start: Start) -> None:
    server = start("--disable-web-ui")
    for path in ("/", "/js/app.js"):
        assert get(server, path).refusal(404)
    for path in ("/docs/", "/spec", "/languages", "/frontend/settings"):
        assert get(server, path).status == 200
    assert ask(server).good() == {"translatedText": "a"}


def test_disable_files_translation(start: Start) -> None:
    server = start("--disable-files-translation")
    assert send_file(server).refusal(403) == DISABLED
    assert send("POST", f"{server.url}/translate_file").refusal(403) == DISABLED
    assert get(server, "/download_file/x.txt").refusal(400) == DISABLED
    found = settings(server)
    assert (found["filesTranslation"], found["supportedFilesFormat"]) == (False, [])
    assert get(server, "/spec").status == 200


# --- metrics ----------------------------------------------------------------------------------------------------------


def test_metrics(start: Start, home: Path) -> None:
    """Also, that the server starts where there is no folder ``db``, and that no key and no address is shown."""
    ltmanage(home, "keys", "--api-keys-db-path", "keys.db", "add", "50", "--key", KEY)
    server = start("--metrics", "--api-keys", "--api-keys-db-path", "keys.db")
    assert ask(server, api_key=KEY).status == 200
    assert ask(server, api_key="zzz").status == 403
    assert post_json(f"{server.url}/translate", {}).status == 400
    answer = get(server, "/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert answer.headers["Content-Type"].count("charset") == 1
    text = answer.body.decode()
    for status in (200, 400, 403):
        labels = f'endpoint="/translate",method="POST",status="{status}"'
        assert f"libretranslate_http_request_duration_seconds_count{{{labels}}} 1.0" in text
        assert f"libretranslate_http_request_duration_seconds_sum{{{labels}}}" in text
    assert 'libretranslate_http_requests_in_flight{endpoint="/translate",method="POST"} 0.0' in text
    for hidden in (KEY, "zzz", "127.0.0.1"):
        assert hidden not in text
    refused = post_json(f"{server.url}/metrics", {})
    assert refused.refusal(405)
    assert "GET" in refused.headers["Allow"]
    assert not (home / "db").exists()


def test_metrics_are_off_by_default(start: Start) -> None:
    assert get(start(), "/metrics").refusal(404)


@pytest.mark.parametrize("header", ["", "Bearer x", "Basic s3cret", "s3cret", "Bearer", "Bearer s3cret2"])
def test_metrics_auth_token_refuses(metered: ServerProcess, header: str) -> None:
    refused = get(metered, "/metrics", Authorization=header)
    assert refused.refusal(401)
    assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_metrics_auth_token(metered: ServerProcess) -> None:
    assert get(metered, "/metrics?token=s3cret").refusal(401)
    for scheme in ("Bearer", "bearer"):
        assert get(metered, "/metrics", Authorization=f"{scheme} s3cret").status == 200
