from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from libretranslate_py.access.bans import Bans
from libretranslate_py.access.fingerprints import Fingerprints
from libretranslate_py.access.gate import Gate, Rules
from libretranslate_py.access.key_file import KeyFile
from libretranslate_py.access.keys import Keys
from libretranslate_py.access.limits import Limits
from libretranslate_py.access.page_secrets import PageSecrets
from libretranslate_py.storage import open_storage
from libretranslate_py.suggestions import LONGEST_TEXT, Suggestion, Suggestions
from libretranslate_py.web.door import Door
from libretranslate_py.web.edge import Edge
from libretranslate_py.web.guard import Admission, Proxies
from libretranslate_py.web.suggest import create_blueprint

GOOD = {"q": "Hello", "s": "Hola", "source": "en", "target": "es"}
STORED = ("Hello", "Hola", "en", "es")


class Site:
    """``/suggest`` over the real door; ``rows`` are what was stored."""

    def __init__(self, folder: Path, *, enabled: bool = True, threshold: int = -1, **rules: Any) -> None:
        self._suggestions = Suggestions(folder / "db" / "suggestions.db")
        self.keys = KeyFile(folder / "keys.db")
        storage = open_storage("memory://")
        gate = Gate(
            Rules(**rules),
            Limits("memory://"),
            Bans(storage, threshold),
            Keys(folder / "keys.db"),
            Fingerprints(storage),
            PageSecrets(storage),
        )
        app = Flask(__name__, static_folder=None)
        store = self._suggestions.add if enabled else None
        app.register_blueprint(create_blueprint(Door(gate, Admission(8)), store))
        app.wsgi_app = Edge(app.wsgi_app, Proxies())  # type: ignore[method-assign]
        self.client: FlaskClient = app.test_client()

    @property
    def rows(self) -> list[Suggestion]:
        return list(self._suggestions.rows())

    def suggest(self, fields: object = GOOD, **changes: object) -> TestResponse:
        sent = {**fields, **changes} if isinstance(fields, dict) else fields
        return self.client.post("/suggest", data=json.dumps(sent), content_type="application/json")


def refusal(answer: TestResponse) -> tuple[int, str]:
    assert answer.content_type == "application/json"
    assert isinstance(answer.json, dict) and list(answer.json) == ["error"]
    return answer.status_code, answer.json["error"]


def without(name: str) -> dict[str, str]:
    return {field: value for field, value in GOOD.items() if field != name}


class TestStored:
    def test_json_form_and_query(self, tmp_path: Path) -> None:
        site = Site(tmp_path)
        for answer in (
            site.suggest(),
            site.suggest(),
            site.client.post("/suggest", data={**GOOD, "q": "2"}),
            site.client.post("/suggest", data={**GOOD, "q": "3"}, content_type="multipart/form-data"),
            site.client.post("/suggest", query_string={**GOOD, "q": "4"}),
        ):
            assert (answer.status_code, answer.json) == (200, {"success": True})
        assert site.rows == [STORED] + [(q, *STORED[1:]) for q in "234"]

    @pytest.mark.parametrize(
        ("sent", "stored"),
        [
            ("zh-Hans", "zh"),
            ("zh-TW", "zt"),
            ("pt-BR", "pb"),
            ("ES", "es"),
            ("zz", "zz"),
            ("en", "en"),
            ("auto", "auto"),
        ],
    )
    def test_codes(self, tmp_path: Path, sent: str, stored: str) -> None:
        site = Site(tmp_path)
        assert site.suggest(target=sent, q="1").status_code == 200
        assert site.suggest(source=sent, q="2").status_code == 200
        assert site.rows == [("1", "Hola", "en", stored), ("2", "Hola", stored, "es")]

    def test_texts_as_they_are(self, tmp_path: Path) -> None:
        site = Site(tmp_path)
        site.suggest(q=" <b>Hi</b>\n😀", s="'; drop table suggestions; --\0")
        assert site.rows == [(" <b>Hi</b>\n😀", "'; drop table suggestions; --\0", "en", "es")]


class TestRefused:
    @pytest.mark.parametrize("name", ["q", "s", "source", "target"])
    @pytest.mark.parametrize("empty", [None, "", ...])
    def test_what_is_missing(self, tmp_path: Path, name: str, empty: object) -> None:
        site = Site(tmp_path)
        fields = without(name) if empty is ... else {**GOOD, name: empty}
        assert refusal(site.suggest(fields)) == (400, f"Invalid request: missing {name} parameter")
        assert not site.rows

    def test_the_first_that_is_missing_is_named(self, tmp_path: Path) -> None:
        site = Site(tmp_path)
        assert refusal(site.suggest({}))[1] == "Invalid request: missing q parameter"
        assert refusal(site.client.post("/suggest"))[1] == "Invalid request: missing q parameter"
        assert refusal(site.suggest({"q": "a", "target": "es"}))[1] == "Invalid request: missing s parameter"

    @pytest.mark.parametrize("name", ["q", "s", "source", "target"])
    @pytest.mark.parametrize("value", [5, 0, True, False, 1.5, ["a"], [], {"a": 1}, {}])
    def test_what_is_no_string(self, tmp_path: Path, name: str, value: object) -> None:
        site = Site(tmp_path)
        assert refusal(site.suggest(**{name: value})) == (400, f"Invalid request: {name} parameter must be a string")
        assert not site.rows

    def test_half_a_surrogate_pair(self, tmp_path: Path) -> None:
        site = Site(tmp_path)
        assert [site.suggest(q="\ud800").status_code, site.suggest(target="\ud800").status_code] == [200, 400]
        assert site.rows == [("\ufffd", *STORED[1:])]

    @pytest.mark.parametrize("code", ["e", "../en", "en'--", "x" * 1000, " ", "ü", "1"])
    def test_what_is_no_code(self, tmp_path: Path, code: str) -> None:
        site = Site(tmp_path)
        status, sentence = refusal(site.suggest(target=code))
        assert (status, sentence.endswith("is not supported")) == (400, True)
        assert not site.rows

    def test_bodies_that_cannot_be_read(self, tmp_path: Path) -> None:
        site = Site(tmp_path)
        for body, kind in ((b"{bad", "application/json"), (b"[]", "application/json"), (b"\xff", "application/json")):
            assert site.client.post("/suggest", data=body, content_type=kind).status_code == 400
        assert site.client.post("/suggest", data=b"x", content_type="text/plain").status_code == 415
        assert site.client.get("/suggest").status_code == 405

    def test_disabled_is_said_before_anything_else(self, tmp_path: Path) -> None:
        site = Site(tmp_path, enabled=False, require_key=True)
        disabled = (403, "Suggestions are disabled on this server.")
        assert refusal(site.suggest()) == refusal(site.suggest({})) == disabled
        assert refusal(site.client.post("/suggest", data=b"{bad", content_type="application/json")) == disabled

    @pytest.mark.parametrize("name", ["q", "s"])
    def test_length(self, tmp_path: Path, name: str) -> None:
        site = Site(tmp_path, char_limit=5)
        assert site.suggest(**{name: "12345"}).status_code == 200
        expected = (400, "Invalid request: request (6) exceeds text limit (5)")
        assert refusal(site.suggest(**{name: "123456"})) == expected

    @pytest.mark.parametrize("limit", [-1, 10_000_000])
    def test_length_without_a_lower_limit(self, tmp_path: Path, limit: int) -> None:
        site = Site(tmp_path, char_limit=limit)
        assert site.suggest(s="x" * LONGEST_TEXT).status_code == 200
        expected = (400, f"Invalid request: request ({LONGEST_TEXT + 1}) exceeds text limit ({LONGEST_TEXT})")
        assert refusal(site.suggest(s="x" * (LONGEST_TEXT + 1))) == expected


class TestAccess:
    def test_limit(self, tmp_path: Path) -> None:
        site = Site(tmp_path, req_limit=2)
        assert [site.suggest().status_code, site.suggest({}).status_code] == [200, 400]
        answer = site.suggest()
        assert refusal(answer) == (429, "Slowdown: 2 per 1 minute")
        assert answer.headers["X-RateLimit-Remaining"] == "0"
        assert int(answer.headers["Retry-After"]) >= 1
        assert len(site.rows) == 1

    def test_ban(self, tmp_path: Path) -> None:
        site = Site(tmp_path, req_limit=1, threshold=1)
        assert [site.suggest().status_code for _ in range(3)] == [200, 429, 403]

    def test_keys(self, tmp_path: Path) -> None:
        site = Site(tmp_path, keys=True, require_key=True, char_limit=3)
        key = site.keys.add(100, char_limit=5)
        assert refusal(site.suggest())[0] == 400
        assert refusal(site.suggest(api_key="wrong")) == (403, "Invalid API key")
        assert not site.rows
        assert site.suggest(api_key=key).status_code == 200
        assert refusal(site.suggest(api_key=key, q="123456"))[1].endswith("text limit (5)")
        assert site.rows == [STORED]
