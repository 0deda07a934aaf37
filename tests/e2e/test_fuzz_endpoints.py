"""Every endpoint with whatever may arrive: no answer says that the server is at fault, and every refusal is JSON."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import create_environ, run_wsgi_app

from libretranslate_py.services import build
from libretranslate_py.settings import load
from libretranslate_py.suggestions import Suggestions
from libretranslate_py.web.app import create_app
from libretranslate_py.web.options import WebOptions
from tests.e2e.conftest import NOWHERE
from tests.e2e.process import ServerProcess
from tests.web.fakes import FakeServices

POSTS = ("/translate", "/detect", "/suggest", "/translate_file")
PATHS = (
    *POSTS,
    "/languages",
    "/frontend/settings",
    "/health",
    "/ready",
    "/spec",
    "/openapi.json",
    "/docs",
    "/docs/a/b",
    "/metrics",
    "/download_file/a",
    "/translate_file/a",
    "/",
    "/js/app.js",
    "/static/page/a",
    "/nothing",
)
FIELDS = (
    "q",
    "source",
    "target",
    "format",
    "alternatives",
    "api_key",
    "secret",
    "placeholders",
    "glossary",
    "glossary_id",
    "preformatted",
    "s",
    "async",
    "file",
)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT", "BREW")
HEADERS = (
    "Accept-Language",
    "Authorization",
    "Cookie",
    "If-None-Match",
    "If-Modified-Since",
    "Origin",
    "Range",
    "User-Agent",
    "X-Forwarded-For",
    "X-Forwarded-Prefix",
    "Forwarded",
)
TYPES = (
    "application/json",
    "application/json; charset=utf-16",
    "application/problem+json",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=latin-1",
    "multipart/form-data; boundary=b",
    "multipart/form-data; boundary=b; charset=big5",
    "multipart/form-data",
    "text/plain",
    "application/json; charset=punycode",
    "",
)
GOOD = {"q": "Hello.", "s": "Hola.", "source": "en", "target": "es"}

# What a client can send in a header: the server refuses control characters before anybody sees them.
latin = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=30)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["en", "es", "auto", "html", "text", "true", "3", "-1", "", " ", "\ud800", "\0", "{name} & <b>x"]),
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))
objects = st.dictionaries(st.sampled_from(FIELDS), values, max_size=8)
good_objects = objects.map(lambda fields: {**GOOD, **{k: v for k, v in fields.items() if k not in GOOD}})
json_bodies = st.one_of(objects, good_objects, values).map(lambda value: json.dumps(value).encode())
form_bodies = st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=20), max_size=8).map(
    lambda fields: "&".join(f"{k}={quote(v, errors='replace')}" for k, v in {**GOOD, **fields}.items()).encode()
)


@st.composite
def multiparts(draw: st.DrawFn) -> bytes:
    """Parts as they should be, or nearly."""
    pieces = []
    for name in draw(st.lists(st.sampled_from((*FIELDS, "file")), max_size=6)):
        filename = draw(st.sampled_from(["", '; filename="a.txt"', '; filename="a.docx"', '; filename="..\\x.html"']))
        content = draw(st.one_of(st.binary(max_size=30), st.sampled_from([b"en", b"es", b"true", b"Hello."])))
        pieces.append(
            b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n' % (name.encode(), filename.encode())
        )
        pieces.append(content + b"\r\n")
    body = b"".join([*pieces, b"--b--\r\n"])
    if draw(st.booleans()):
        return body
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(body))] * 2)))
    return body[:start] + draw(st.binary(max_size=5)) + body[end:]


@dataclass(frozen=True)
class Sent:
    """A request; the target is path and query as bytes would be in them, all in latin-1."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@st.composite
def anything(draw: st.DrawFn) -> Sent:
    path = draw(st.sampled_from(PATHS))
    path = draw(st.sampled_from([path, path, path, path + "/", "/" + path])) + draw(st.just("") | st.just("") | latin)
    fields = draw(st.dictionaries(st.sampled_from(FIELDS), latin, max_size=3))
    query = draw(st.one_of(st.just(""), latin, st.just("&".join(f"{k}={v}" for k, v in fields.items()))))
    headers = draw(st.dictionaries(st.sampled_from(HEADERS), latin, max_size=3))
    body = draw(st.one_of(st.binary(max_size=40), json_bodies, form_bodies, multiparts()))
    return Sent(
        draw(st.sampled_from(METHODS)), path, query, {**headers, "Content-Type": draw(st.sampled_from(TYPES))}, body
    )


@st.composite
def posts(draw: st.DrawFn) -> Sent:
    """What gets beyond the route."""
    kind, body = draw(
        st.one_of(
            st.tuples(st.just("application/json"), json_bodies),
            st.tuples(st.just("application/x-www-form-urlencoded"), form_bodies),
            st.tuples(st.just("multipart/form-data; boundary=b"), multiparts()),
        )
    )
    return Sent("POST", draw(st.sampled_from(POSTS)), "", {"Content-Type": kind}, body)


def check(method: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
    assert status < 500
    assert headers["access-control-allow-origin"] == "*"
    if status >= 400 and method != "HEAD":
        assert headers["content-type"] == "application/json"
        refusal = json.loads(body)
        assert list(refusal) == ["error"]
        assert refusal["error"]
        assert isinstance(refusal["error"], str)


def many(examples: int) -> Callable[[Any], Any]:
    """The same requests in every run."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    home = tmp_path_factory.mktemp("home")
    real = build(load({}, {}, None), {"HOME": str(home)})
    services = FakeServices()
    services.translator = real.translator  # type: ignore[assignment]
    services.files = real.files
    services.figures = real.figures  # type: ignore[method-assign]
    services.suggestions = Suggestions(home / "suggestions.db")
    yield create_app(services, WebOptions(metrics=True)).wsgi_app
    real.stop()


class TestTheApplication:
    """In this process, where a path and a header can be what no server would let through."""

    @given(sent=anything())
    @many(600)
    def test_anything(self, application: Any, sent: Sent) -> None:
        self.send(application, sent)

    @given(sent=posts())
    @many(400)
    def test_bodies(self, application: Any, sent: Sent) -> None:
        self.send(application, sent)

    @given(st.binary(max_size=200), st.sampled_from(POSTS), st.sampled_from(TYPES))
    @many(200)
    def test_bytes(self, application: Any, body: bytes, path: str, kind: str) -> None:
        self.send(application, Sent("POST", path, "", {"Content-Type": kind}, body))

    def send(self, application: Any, sent: Sent) -> None:
        environ = create_environ("/", input_stream=BytesIO(sent.body))
        environ.update(REQUEST_METHOD=sent.method, PATH_INFO=sent.path, QUERY_STRING=sent.query)
        environ["CONTENT_LENGTH"] = str(len(sent.body))
        environ["REMOTE_ADDR"] = "127.0.0.1"
        for name, value in sent.headers.items():
            name = name.upper().replace("-", "_")
            environ[name if name == "CONTENT_TYPE" else f"HTTP_{name}"] = value
        iterable, status, headers = run_wsgi_app(application, environ)
        body = b"".join(iterable)
        check(sent.method, int(status[:3]), {name.lower(): value for name, value in headers}, body)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    home = tmp_path_factory.mktemp("home")
    server = ServerProcess(home, "--index-url", NOWHERE, "--metrics", "--suggestions").wait_listening()
    server.wait_until(lambda: server.request("/ready")[0] == 200)
    yield server
    server.stop()


class TestTheServer:
    """Over a connection, as bytes."""

    @given(sent=anything())
    @many(250)
    def test_anything(self, server: ServerProcess, sent: Sent) -> None:
        target = quote(sent.path, safe="/", encoding="latin-1")
        if sent.query:
            target += "?" + quote(sent.query, safe="=&+%", encoding="latin-1")
        headers = {**sent.headers, "Host": "localhost", "Content-Length": str(len(sent.body)), "Connection": "close"}
        lines = [f"{sent.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        self.send(server, "\r\n".join(lines).encode("latin-1") + sent.body, sent.method)

    @given(sent=posts())
    @many(150)
    def test_bodies(self, server: ServerProcess, sent: Sent) -> None:
        head = (
            f"POST {sent.path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            f"Content-Type: {sent.headers['Content-Type']}\r\nContent-Length: {len(sent.body)}\r\n\r\n"
        )
        self.send(server, head.encode() + sent.body, "POST")

    @given(start=st.binary(min_size=1, max_size=40), lines=st.lists(st.binary(max_size=30), max_size=4))
    @many(150)
    def test_heads_of_bytes(self, server: ServerProcess, start: bytes, lines: list[bytes]) -> None:
        sent = b"GET /%s HTTP/1.1\r\n%s\r\n\r\n" % (start, b"\r\n".join(lines))
        self.send(server, sent, "GET")

    def test_it_is_as_well_as_before(self, server: ServerProcess) -> None:
        assert server.translate("Hello.") == "Hola."
        assert not [line for line in server.log if "Traceback" in line or "unexpected error" in line]

    def send(self, server: ServerProcess, data: bytes, method: str) -> None:
        address = urlsplit(server.url)
        with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=30) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        # There may be several: what followed the request may be another one.
        head, _, body = answer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body = body[: int(headers["content-length"])] if "content-length" in headers else body
        check(method, int(first.split(" ")[1]), headers, body)
