from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Request, Response

from libretranslate_py.web.edge import Edge, access_of, add_headers
from libretranslate_py.web.guard import Proxies
from libretranslate_py.web.logs import Access, JsonFormatter, TextFormatter
from tests.web.fakes import FakeServices
from tests.web.wire import translation


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[dict[str, object]]]:
    """The log lines of requests so far, read back from the JSON that they are written as."""
    caplog.set_level(logging.INFO, "libretranslate_py.access")
    formatter = JsonFormatter()
    return lambda: [
        json.loads(formatter.format(record)) for record in caplog.records if record.name == "libretranslate_py.access"
    ]


Lines = Callable[[], list[dict[str, object]]]


class TestAccessLog:
    def test_one_line_with_figures_and_no_text(self, client: FlaskClient, lines: Lines) -> None:
        fields = translation(["private words", "more"], api_key="private key")
        client.post("/translate?q=private", json=fields, headers={"Authorization": "Bearer private"})
        (line,) = lines()
        assert {name: line[name] for name in ("method", "path", "status", "client")} == {
            "method": "POST",
            "path": "/translate",
            "status": 200,
            "client": "127.0.0.1",
        }
        assert (line["texts"], line["characters"], line["source"], line["target"]) == (2, 17, "en", "es")
        assert isinstance(line["ms"], float)
        assert "private" not in json.dumps(line)

    @pytest.mark.parametrize(
        "fields",
        [
            translation("private", source="private"),
            translation("private", target="private"),
            translation("private", format="private"),
            translation(["private", 5]),
            {"private": "private"},
        ],
    )
    def test_a_refused_request_leaves_no_text_either(
        self, client: FlaskClient, lines: Lines, fields: dict[str, object]
    ) -> None:
        client.post("/translate", json=fields)
        (line,) = lines()
        assert line["status"] == 400
        assert "private" not in json.dumps(line)

    def test_every_kind_of_request_has_its_line(
        self, client: FlaskClient, services: FakeServices, lines: Lines
    ) -> None:
        services.translator.error = KeyError()
        client.get("/health")
        client.get("/nothing")
        client.options("/translate")
        client.post("/translate", json=translation("a"))
        assert [line["status"] for line in lines()] == [200, 404, 200, 500]

    @pytest.mark.parametrize(
        "path", ["/a\nb", "/a\r\n2030-01-01 INFO forged", "/\x1b[2J", "/a b", "/ü", "/\u2028", "/\ud83d"]
    )
    def test_a_path_cannot_forge_a_line(self, client: FlaskClient, caplog: pytest.LogCaptureFixture, path: str) -> None:
        caplog.set_level(logging.INFO, "libretranslate_py.access")
        raw = path.encode("utf-8", "surrogatepass").decode("latin-1")
        client.get("/", environ_overrides={"PATH_INFO": raw})
        (record,) = caplog.records
        line = TextFormatter().format(record)
        assert line.isprintable() and line.isascii()
        assert line.count(" ") == 3 + len(record.msg.fields())

    def test_a_long_path_is_cut(self, client: FlaskClient, lines: Lines) -> None:
        client.get("/" + "x" * 10_000)
        assert len(str(lines()[0]["path"])) == 200

    def test_text_format(self) -> None:
        access = Access("POST", "/translate", "::1", 200, 12.345, 2, 17, "auto", "es")
        assert str(access) == (
            "method=POST path=/translate status=200 ms=12.3 client=::1 texts=2 characters=17 source=auto target=es"
        )

    def test_json_format_of_other_lines(self) -> None:
        record = logging.LogRecord("x", logging.INFO, "", 0, "two\n%s", ("lines",), None)
        line = JsonFormatter().format(record)
        assert "\n" not in line
        assert json.loads(line)["message"] == "two\nlines"

    def test_whether_an_address_is_spared_is_not_written(self) -> None:
        assert Access("GET", "/", "::1", spared=True).fields() == Access("GET", "/", "::1").fields()


def echo(environ: Any, start_response: Any) -> Iterable[bytes]:
    """An application that tells what it was asked; under /extra with headers left for the edge."""
    if environ["PATH_INFO"] == "/extra":
        add_headers(environ, [("X-RateLimit-Limit", "3")])
        add_headers(environ, [("X-RateLimit-Remaining", "2")])
    told = {name: environ[name] for name in ("SCRIPT_NAME", "PATH_INFO", "REQUEST_METHOD")}
    told["logged"] = access_of(environ).path
    told["body"] = Request(environ).get_data(as_text=True)
    return Response(json.dumps(told), mimetype="application/json")(environ, start_response)


def ask(prefix: str, method: str, path: str, trust: dict[str, Any] | None = None, **more: Any) -> TestResponse:
    return Client(Edge(echo, Proxies(**(trust or {})), prefix=prefix)).open(path, method=method, **more)


class TestPrefix:
    @pytest.mark.parametrize(
        ("prefix", "path", "inside"),
        [
            ("", "/translate", "/translate"),
            ("", "/translate/", "/translate"),
            ("", "//translate", "/translate"),
            ("/lt", "/lt", "/"),
            ("/lt", "/lt/", "/"),
            ("/lt", "//lt//", "/"),
            ("/lt", "/lt/translate", "/translate"),
            ("/lt", "/lt/translate/", "/translate"),
            ("/lt", "//lt//translate", "/translate"),
            ("/lt", "/lt/lt", "/lt"),
            ("/a/b.c", "/a/b.c/translate", "/translate"),
        ],
    )
    def test_the_application_sees_paths_without_it(self, prefix: str, path: str, inside: str) -> None:
        # As PATH_INFO, because two slashes at its beginning would make a URL's host of what follows.
        told = ask(prefix, "POST", "/", environ_overrides={"PATH_INFO": path}, data="text").json
        assert told == {
            "SCRIPT_NAME": prefix,
            "PATH_INFO": inside,
            "REQUEST_METHOD": "POST",
            "logged": path,
            "body": "text",
        }

    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    @pytest.mark.parametrize("path", ["/", "/ltx", "/l", "/languages", "/x/lt", "/LT/"])
    def test_reading_outside_is_redirected(self, method: str, path: str) -> None:
        answer = ask("/lt", method, path)
        assert (answer.status_code, answer.headers["Location"]) == (301, "/lt/")
        assert bool(answer.data) == (method == "GET")

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "BREW"])
    @pytest.mark.parametrize("path", ["/", "/ltx", "/translate"])
    def test_anything_else_outside_is_refused(self, method: str, path: str) -> None:
        answer = ask("/lt", method, path, data="text")
        assert (answer.status_code, answer.content_type) == (404, "application/json")
        assert answer.json == {"error": "There is nothing here: everything on this server is under /lt"}

    @pytest.mark.parametrize("path", ["/", "/ltx", "/lt/translate"])
    def test_preflights_are_answered_everywhere(self, path: str) -> None:
        answer = ask("/lt", "OPTIONS", path)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, "*")

    def test_a_redirect_keeps_what_a_proxy_has_taken_off(self) -> None:
        trust: dict[str, Any] = {"hops": 1}
        answer = ask("/lt", "GET", "/", trust, headers={"X-Forwarded-Prefix": "/apps"})
        assert answer.headers["Location"] == "/apps/lt/"
        told = ask("/lt", "GET", "/lt/x", trust, headers={"X-Forwarded-Prefix": "/apps"}).json
        assert (told["SCRIPT_NAME"], told["PATH_INFO"]) == ("/apps/lt", "/x")


class TestHeaders:
    def test_those_that_were_left_are_in_the_answer(self) -> None:
        headers = ask("", "GET", "/extra").headers
        assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("3", "2")
        assert "X-RateLimit-Limit" not in ask("", "GET", "/").headers

    @pytest.mark.parametrize("method", ["GET", "OPTIONS"])
    def test_pages_of_any_origin_may_use_everything(self, method: str) -> None:
        headers = ask("", method, "/").headers
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert headers["Access-Control-Allow-Methods"] == "GET, POST, DELETE, OPTIONS"
        exposed = set(headers["Access-Control-Expose-Headers"].split(", "))
        assert exposed >= {"Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}
        assert "Content-Disposition" in exposed
