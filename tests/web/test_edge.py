from __future__ import annotations

import json
import logging
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from libretranslate_py.web.guard import Proxies
from libretranslate_py.web.logs import Access, JsonFormatter, TextFormatter
from tests.web.fakes import FakeServices
from tests.web.wire import translation

Resolve = Callable[..., tuple[str, dict[str, object]]]


def resolve(peer: str, forwarded: dict[str, str], **trust: object) -> tuple[str, dict[str, object]]:
    environ: dict[str, object] = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", "HTTP_HOST": "inside"}
    environ |= {f"HTTP_X_FORWARDED_{name.upper()}": value for name, value in forwarded.items()}
    address = Proxies(**trust).resolve(environ)  # type: ignore[arg-type]
    return address, environ


class TestProxies:
    @pytest.mark.parametrize(
        ("peer", "header", "trust", "client"),
        [
            ("10.0.0.1", "6.6.6.6", {}, "10.0.0.1"),
            ("10.0.0.1", "", {"hops": 1}, "10.0.0.1"),
            ("10.0.0.1", "1.2.3.4", {"hops": 1}, "1.2.3.4"),
            ("10.0.0.1", "6.6.6.6, 1.2.3.4", {"hops": 1}, "1.2.3.4"),
            ("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", {"hops": 2}, "1.2.3.4"),
            ("10.0.0.1", "1.2.3.4", {"hops": 3}, "1.2.3.4"),
            ("10.0.0.1", "6.6.6.6, nonsense", {"hops": 1}, "10.0.0.1"),
            ("10.0.0.1", "nonsense, 1.2.3.4", {"hops": 2}, "1.2.3.4"),
            ("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", {"trusted": ("10.0.0.0/8",)}, "1.2.3.4"),
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", {"trusted": ("10.0.0.0/8",)}, "10.0.0.3"),
            ("9.9.9.9", "1.2.3.4", {"trusted": ("10.0.0.0/8",)}, "9.9.9.9"),
            ("9.9.9.9", "1.2.3.4", {"trusted": ("10.0.0.1",), "hops": 1}, "9.9.9.9"),
            ("10.0.0.1", "6.6.6.6, 10.0.0.9", {"trusted": ("10.0.0.0/8",), "hops": 1}, "10.0.0.9"),
            ("10.0.0.1", "1.2.3.4:5555", {"hops": 1}, "1.2.3.4"),
            ("10.0.0.1", "[2001:db8::1]:443", {"hops": 1}, "2001:db8::1"),
            ("10.0.0.1", "2001:DB8:0::1", {"hops": 1}, "2001:db8::1"),
            ("::ffff:10.0.0.1", "1.2.3.4", {"trusted": ("10.0.0.1",)}, "1.2.3.4"),
            ("::ffff:10.0.0.1", "", {}, "10.0.0.1"),
            ("10.0.0.1", "1.2.3.4\n5", {"hops": 1}, "10.0.0.1"),
        ],
    )
    def test_client(self, peer: str, header: str, trust: dict[str, object], client: str) -> None:
        assert resolve(peer, {"for": header}, **trust)[0] == client

    def test_scheme_and_host_from_a_trusted_proxy(self) -> None:
        forwarded = {"proto": "https", "host": "example.org:8443"}
        environ = resolve("10.0.0.1", forwarded, trusted=("10.0.0.1",))[1]
        assert (environ["wsgi.url_scheme"], environ["HTTP_HOST"]) == ("https", "example.org:8443")

    @pytest.mark.parametrize(
        ("forwarded", "trust"),
        [
            ({"proto": "https", "host": "evil"}, {}),
            ({"proto": "https", "host": "evil"}, {"trusted": ("10.0.0.2",)}),
            ({"proto": "javascript", "host": "a b"}, {"hops": 1}),
            ({"proto": "", "host": "a/b"}, {"hops": 1}),
        ],
    )
    def test_scheme_and_host_stay(self, forwarded: dict[str, str], trust: dict[str, object]) -> None:
        environ = resolve("10.0.0.1", forwarded, **trust)[1]
        assert (environ["wsgi.url_scheme"], environ["HTTP_HOST"]) == ("http", "inside")

    def test_nobody_else_gets_to_see_the_headers(self) -> None:
        forwarded = {"for": "1.2.3.4", "proto": "https", "host": "a", "port": "1", "by": "x", "prefix": "/a"}
        for trust in ({}, {"hops": 1}):
            environ = resolve("10.0.0.1", forwarded, **trust)[1]
            assert not [name for name in environ if name.startswith("HTTP_X_FORWARDED")]

    def test_a_network_that_is_none(self) -> None:
        with pytest.raises(ValueError, match="nonsense"):
            Proxies(("nonsense",))


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
        assert [line["status"] for line in lines()] == [200, 404, 204, 500]

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
