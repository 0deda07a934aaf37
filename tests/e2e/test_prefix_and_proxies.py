"""A prefix and proxies in front, with the real server and a real little proxy between it and the client."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.e2e.process import ServerProcess

Start = Callable[..., ServerProcess]

HELLO = {"q": "Hello.", "source": "en", "target": "es"}


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(url: str, method: str, path: str, fields: object = None, **headers: str) -> Answer:
    """One request, redirects not followed. Header names with _ for -."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = None
    if fields is not None:
        body, named["Content-Type"] = json.dumps(fields), "application/json"
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)) as connection:
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())


@contextmanager
def proxy(server: ServerProcess, strip: str = "") -> Iterator[str]:
    """The address of a reverse proxy as they are usually set up: it adds its peer to X-Forwarded-For, names host,
    scheme and what it has taken off the path."""

    class Handler(BaseHTTPRequestHandler):
        def forward(self) -> None:
            before = self.headers.get("X-Forwarded-For")
            sent = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
            sent["X-Forwarded-For"] = ", ".join(filter(None, [before, "203.0.113.7"]))
            sent["X-Forwarded-Host"], sent["X-Forwarded-Proto"] = "translate.example", "https"
            if strip:
                sent["X-Forwarded-Prefix"] = strip
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)) as connection:
                connection.request(self.command, self.path.removeprefix(strip) or "/", body, sent)
                answer = connection.getresponse()
                content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_POST = do_HEAD = do_OPTIONS = forward  # noqa: N815

        def log_message(self, *arguments: object) -> None:
            return None

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listener.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{listener.server_port}"
    listener.shutdown()
    thread.join()
    listener.server_close()


class TestPrefix:
    def test_everything_is_under_it(self, start: Start) -> None:
        url = start("--url-prefix", "lt").url
        assert ask(url, "GET", "/lt/health").json == {"status": "ok"}
        assert ask(url, "POST", "/lt/translate", HELLO).json == {"translatedText": "Hola."}
        assert ask(url, "POST", "/lt/translate/", HELLO).json == {"translatedText": "Hola."}
        assert [ask(url, "GET", path).status for path in ("/lt", "/lt/", "/lt/languages")] == [200] * 3

    def test_outside_of_it(self, start: Start) -> None:
        url = start("--url-prefix", "/a/lt/").url
        for path in ("/", "/a", "/a/ltx", "/languages"):
            answer = ask(url, "GET", path)
            assert (answer.status, answer.headers["Location"]) == (301, "/a/lt/")
            # The connection is fit for the next request: a HEAD has no body.
            assert ask(url, "HEAD", path).body == b""
        refused = ask(url, "POST", "/translate", HELLO)
        assert refused.status == 404 and "/a/lt" in refused.json["error"]
        assert ask(url, "OPTIONS", "/translate").status == 200

    def test_a_proxy_that_takes_a_prefix_off(self, start: Start) -> None:
        server = start("--url-prefix", "lt", "--trust-forwarded-for", "--require-api-key-secret")
        with proxy(server, strip="/apps") as url:
            assert ask(url, "GET", "/apps/").headers["Location"] == "/apps/lt/"
            page = ask(url, "GET", "/apps/lt/")
            assert page.status == 200 and "Path=/apps/lt;" in page.headers["Set-Cookie"] + ";"
            assert "Secure" in page.headers["Set-Cookie"]


class TestProxies:
    def test_clients_behind_a_trusted_proxy_are_told_apart(self, start: Start) -> None:
        server = start("--trusted-proxies", "127.0.0.1", "--req-limit", "1")
        with proxy(server) as url:
            assert [ask(url, "POST", "/detect", {"q": "Hello"}).status for _ in range(2)] == [200, 429]
            # What the client itself claims changes nothing.
            assert ask(url, "POST", "/detect", {"q": "Hello"}, X_Forwarded_For="198.51.100.1").status == 429
        assert ask(server.url, "POST", "/detect", {"q": "Hello"}).status == 200
        assert any("client=203.0.113.7" in line for line in server.log)
        assert not any("--trusted-proxies" in line for line in server.log)

    def test_trust_forwarded_for_is_one_hop(self, start: Start) -> None:
        server = start("--trust-forwarded-for", "--req-limit", "1")
        statuses = [
            ask(server.url, "POST", "/detect", {"q": "Hello"}, X_Forwarded_For=header).status
            for header in ("198.51.100.1", "203.0.113.7, 198.51.100.1", "198.51.100.1, 203.0.113.7", "nonsense", "")
        ]
        # The last two are the peer itself.
        assert statuses == [200, 429, 200, 200, 429]

    def test_whoever_forgets_to_name_the_proxy_is_told_and_locks_nobody_out(self, start: Start) -> None:
        server = start("--req-limit", "1", "--req-flood-threshold", "1")
        with proxy(server) as url:
            statuses = [ask(url, "POST", "/detect", {"q": "Hello"}).status for _ in range(5)]
        assert statuses == [200, 429, 429, 429, 429]
        server.wait_until(lambda: any("--trusted-proxies 127.0.0.1" in line for line in server.log))
        (line,) = [line for line in server.log if "--trusted-proxies" in line]
        assert "WARNING" in line and "--trust-forwarded-for" in line
        # Without the header it is a client like any other.
        direct = [ask(server.url, "POST", "/detect", {"q": "Hello"}).status for _ in range(2)]
        assert direct == [429, 403]

    def test_invalid_headers_harm_nobody(self, start: Start) -> None:
        url = start("--trusted-proxies", "127.0.0.0/8,::1").url
        for value in ("unknown", ",,,", "[::1", "1.2.3.4:", "fe80::1% status=200", "x" * 50_000, "1," * 20_000):
            headers = {
                f"X_Forwarded_{name}": value for name in ("For", "Proto", "Host", "Prefix", "Port", "By", "Server")
            }
            assert ask(url, "GET", "/health", Forwarded=value, X_Forwarded_For=value).status == 200
            assert ask(url, "GET", "/health", **{k: v[:2000] for k, v in headers.items()}).status == 200
