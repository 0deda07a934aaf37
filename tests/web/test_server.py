from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable

import pytest

from libretranslate_py.errors import ClientGone, SettingsError
from libretranslate_py.web.app import WebOptions, create_app
from libretranslate_py.web.connection import Channel
from libretranslate_py.web.server import Server
from tests.web.conftest import Running
from tests.web.fakes import FakeServices
from tests.web.wire import TIMEOUT, Answer, Connection, translation

Start = Callable[..., Running]


def make_server(host: str, port: int, services: FakeServices) -> Server:
    application = create_app(services, WebOptions())
    return Server(application, host, port, threads=2, max_body=1000, admission=services.admission)


class TestRequests:
    def test_many_on_one_connection(self, running: Running) -> None:
        connection = running.connect()
        for text in ("a", "b", "c"):
            assert connection.ask("POST", "/translate", translation(text)).json == {"translatedText": text.upper()}

    def test_headers(self, running: Running) -> None:
        answer = running.connect().ask("GET", "/health")
        assert "server" not in answer.headers
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["content-length"] == str(len(answer.body))

    def test_pipelined(self, running: Running) -> None:
        connection = running.connect()
        for number in range(20):
            connection.request("POST", "/translate", translation(f"t{number}"))
        assert [connection.answer().json["translatedText"] for _ in range(20)] == [f"T{number}" for number in range(20)]

    def test_a_large_answer_to_a_slow_reader(self, running: Running) -> None:
        text = "ä" * 10_000_000
        slow, quick = running.connect(), running.connect()
        slow.request("POST", "/translate", translation(text))
        assert quick.ask("GET", "/health").status == 200
        assert slow.answer().json == {"translatedText": text.upper()}
        assert slow.ask("GET", "/health").status == 200

    def test_a_hundred_connections(self, running: Running) -> None:
        connections = [running.connect() for _ in range(100)]
        for _ in range(3):
            for connection in connections:
                connection.request("GET", "/languages")
            assert {connection.answer().status for connection in connections} == {200}

    def test_chunked_body(self, running: Running) -> None:
        connection = running.connect()
        head = (
            b"POST /translate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
        )
        pieces = (b'{"q":"a', b'","source":"en",', b'"target":"es"}', b"")
        connection.send(head + b"\r\n" + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces))
        assert connection.answer().json == {"translatedText": "A"}

    @pytest.mark.parametrize("path", ["//translate", "/translate/"])
    def test_slashes(self, running: Running, path: str) -> None:
        assert running.connect().ask("POST", path, translation("a")).status == 200

    def test_head(self, running: Running) -> None:
        connection = running.connect()
        connection.request("HEAD", "/health")
        connection.request("GET", "/health")
        head = connection._file.readline()
        assert head.startswith(b"HTTP/1.1 200")
        while connection._file.readline().strip():
            pass
        assert connection.answer().json == {"status": "ok"}

    def test_old_protocol(self, running: Running) -> None:
        connection = running.connect()
        connection.send(b"GET /health HTTP/1.0\r\n\r\n")
        assert connection.answer().json == {"status": "ok"}
        assert connection.at_end()


class TestBadHttp:
    def error_of(self, answer: Answer) -> tuple[int, str]:
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert list(answer.json) == ["error"]
        return answer.status, answer.json["error"]

    @pytest.mark.parametrize(
        "data",
        [
            b"nonsense\r\n\r\n",
            b"GET /\r\nb HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost a\r\n\r\n",
            b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
            b"POST / HTTP/1.1\r\nContent-Length: 5, 6\r\n\r\n",
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        ],
        ids=range(7),
    )
    def test_malformed(self, running: Running, data: bytes, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO, "libretranslate_py.access")
        connection = running.connect()
        connection.send(data)
        assert self.error_of(connection.answer()) == (400, "The request is not valid HTTP")
        assert connection.at_end()
        (line,) = [record.getMessage() for record in caplog.records if record.name == "libretranslate_py.access"]
        assert "status=400" in line and "client=127.0.0.1" in line

    def test_headers_too_large(self, running: Running) -> None:
        connection = running.connect()
        connection.send(b"GET / HTTP/1.1\r\nX: " + b"x" * 300_000 + b"\r\n\r\n")
        assert self.error_of(connection.answer()) == (431, "The request headers are too large")

    def test_unknown_transfer_encoding(self, running: Running) -> None:
        connection = running.connect()
        connection.send(b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n")
        assert self.error_of(connection.answer()) == (501, "The transfer encoding is not supported")

    LIMIT = 100_000
    TOO_LARGE = (413, "Invalid request: the body exceeds the limit of 100000 bytes")

    def head(self, *lines: str) -> bytes:
        fixed = ("POST /translate HTTP/1.1", "Host: a", "Content-Type: application/json")
        return "\r\n".join([*fixed, *lines, "", ""]).encode()

    @pytest.mark.parametrize("size", [LIMIT + 1, 10 * LIMIT, 30_000_000])
    def test_body_too_large_by_content_length(self, start: Start, size: int) -> None:
        connection = start(max_body=self.LIMIT).connect()
        connection.send(self.head(f"Content-Length: {size}") + b"x" * size)
        assert self.error_of(connection.answer()) == self.TOO_LARGE

    def test_body_announced_too_large_is_refused_unread(self, start: Start) -> None:
        connection = start(max_body=self.LIMIT).connect()
        connection.send(self.head("Content-Length: 99999999999999"))
        assert self.error_of(connection.answer()) == self.TOO_LARGE
        assert connection.at_end()

    def test_body_announced_too_large_is_not_invited(self, start: Start) -> None:
        connection = start(max_body=self.LIMIT).connect()
        connection.send(self.head("Content-Length: 10000000", "Expect: 100-continue"))
        assert self.error_of(connection.answer()) == self.TOO_LARGE

    @pytest.mark.parametrize("chunk", [5_000, 1_000_000])
    def test_body_too_large_in_chunks(self, start: Start, chunk: int) -> None:
        connection = start(max_body=self.LIMIT).connect()
        connection.send(self.head("Transfer-Encoding: chunked"))
        piece = f"{chunk:x}\r\n".encode() + b"x" * chunk + b"\r\n"
        for _ in range(30_000_000 // chunk):
            connection.send(piece)
        assert self.error_of(connection.answer()) == self.TOO_LARGE

    def test_the_largest_body_that_fits(self, start: Start) -> None:
        text = "x" * (self.LIMIT - 41)
        answer = start(max_body=self.LIMIT).connect().ask("POST", "/translate", translation(text))
        assert answer.json == {"translatedText": text.upper()}

    @pytest.mark.parametrize(
        "sent",
        [
            b"POST /transl",
            b"POST /translate HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n",
            b'POST /translate HTTP/1.1\r\nContent-Length: 1000\r\n\r\n{"q": "a"',
            b"POST /translate HTTP/1.1\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n",
            b'POST /translate HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"q":\r\n',
        ],
        ids=["line", "headers", "body", "uninvited", "chunks"],
    )
    def test_cut_off(self, running: Running, services: FakeServices, sent: bytes) -> None:
        connection = running.connect()
        connection.send(sent)
        connection.socket.shutdown(socket.SHUT_WR)
        if b"Expect" in sent:
            assert connection.answer().status == 100
        assert self.error_of(connection.answer()) == (400, "The request is incomplete")
        assert connection.at_end()
        assert services.translator.requests == []

    def test_cut_off_after_whole_requests(self, running: Running) -> None:
        connection = running.connect()
        for text in ("a", "b"):
            connection.request("POST", "/translate", translation(text))
        connection.send(self.head("Content-Length: 1000") + b'{"q": "a"')
        connection.socket.shutdown(socket.SHUT_WR)
        assert [connection.answer().json["translatedText"] for _ in "ab"] == ["A", "B"]
        assert self.error_of(connection.answer()) == (400, "The request is incomplete")
        assert connection.at_end()

    @pytest.mark.parametrize("reset", [False, True])
    def test_cut_off_by_leaving(self, running: Running, caplog: pytest.LogCaptureFixture, reset: bool) -> None:
        for _ in range(20):
            connection = running.connect()
            connection.send(self.head("Content-Length: 1000") + b'{"q": "a"')
            (connection.reset if reset else connection.close)()
        assert running.connect().ask("GET", "/health").status == 200
        assert [record for record in caplog.records if record.levelno > logging.INFO] == []


class TestClosedSendingSide:
    def test_what_was_asked_is_answered(self, running: Running, services: FakeServices) -> None:
        services.translator.gate = threading.Event()
        connection = running.connect()
        for text in ("a", "b"):
            connection.request("POST", "/translate", translation(text))
        assert services.translator.entered.acquire(timeout=TIMEOUT)
        connection.socket.shutdown(socket.SHUT_WR)
        # What the loop is told after it has looked at the end of the other connection.
        for _ in range(3):
            assert running.connect().ask("GET", "/health").status == 200
        services.translator.gate.set()
        assert [connection.answer().json["translatedText"] for _ in "ab"] == ["A", "B"]
        assert connection.at_end()

    def test_a_large_answer(self, running: Running) -> None:
        connection, text = running.connect(), "ä" * 3_000_000
        connection.request("POST", "/translate", translation(text))
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.answer().json == {"translatedText": text.upper()}
        assert connection.at_end()

    @pytest.mark.parametrize("sent", [b"", b"\r\n", b"GET /health HTTP/1.1\r\n\r\n\r\n"])
    def test_nothing_more_is_closed(self, running: Running, sent: bytes) -> None:
        connection = running.connect()
        connection.send(sent)
        connection.socket.shutdown(socket.SHUT_WR)
        if b"GET" in sent:
            assert connection.answer().status == 200
        assert connection.at_end()


class TestBusy:
    def test_refuses_at_once_when_full_and_the_rest_answers(self, running: Running, services: FakeServices) -> None:
        services.translator.gate = threading.Event()
        waiting = [running.connect() for _ in range(services.admission.limit)]
        for connection in waiting:
            connection.request("POST", "/translate", translation("a"))
            assert services.translator.entered.acquire(timeout=TIMEOUT)
        refused = running.connect().ask("POST", "/translate", translation("a"))
        assert (refused.status, refused.headers["retry-after"]) == (503, "3")
        assert refused.json == {"error": "The server is overloaded, try again in 3 s"}
        for path in ("/health", "/ready", "/languages"):
            assert running.connect().ask("GET", path).status == 200
        services.translator.gate.set()
        assert [connection.answer().status for connection in waiting] == [200] * len(waiting)
        assert running.connect().ask("POST", "/translate", translation("a")).status == 200

    def ask_and_leave(self, running: Running, services: FakeServices, leave: Callable[[Connection], None]) -> bool:
        """Whether it is seen, while it waits for its translation, that the client has left."""
        seen = threading.Event()

        def wait_for_hangup(request: object) -> None:
            gone = services.translator.requests[-1].client_gone
            assert gone is not None and not gone()
            leave(connection)
            deadline = time.monotonic() + TIMEOUT
            while not gone() and time.monotonic() < deadline:
                threading.Event().wait(0.001)
            if gone():
                seen.set()

        services.translator.probe = wait_for_hangup
        connection = running.connect()
        connection.request("POST", "/translate", translation("a"))
        return seen.wait(TIMEOUT)

    def test_a_client_that_hangs_up_is_seen(
        self, running: Running, services: FakeServices, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Channel, "grace", 0.1)
        assert self.ask_and_leave(running, services, Connection.close)

    def test_a_client_that_breaks_off_is_seen_at_once(
        self, running: Running, services: FakeServices, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Channel, "grace", 3600.0)
        assert self.ask_and_leave(running, services, Connection.reset)

    def test_a_client_that_is_given_up_is_told(
        self, running: Running, services: FakeServices, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Channel, "grace", 0.0)
        services.translator.error = ClientGone()
        connection = running.connect()
        connection.request("POST", "/translate", translation("a"))
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.answer().status == 499
        assert connection.at_end()


class TestForwarded:
    FORGED = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}  # noqa: RUF012

    def client_of(self, running: Running, caplog: pytest.LogCaptureFixture) -> str:
        caplog.set_level(logging.INFO, "libretranslate_py.access")
        assert running.connect().ask("GET", "/health", headers=self.FORGED).status == 200
        (record,) = [record for record in caplog.records if record.name == "libretranslate_py.access"]
        return record.getMessage().partition("client=")[2]

    def test_not_believed(self, running: Running, caplog: pytest.LogCaptureFixture) -> None:
        assert self.client_of(running, caplog) == "127.0.0.1"

    def test_not_believed_from_anybody_else(self, start: Start, caplog: pytest.LogCaptureFixture) -> None:
        assert self.client_of(start(trusted_proxies=("10.0.0.0/8",)), caplog) == "127.0.0.1"

    @pytest.mark.parametrize("trust", [{"trusted_hops": 1}, {"trusted_proxies": ("127.0.0.0/8",)}])
    def test_believed_from_a_trusted_proxy(
        self, start: Start, caplog: pytest.LogCaptureFixture, trust: dict[str, object]
    ) -> None:
        assert self.client_of(start(**trust), caplog) == "6.6.6.6"


class TestListening:
    def test_address_in_use(self, running: Running, services: FakeServices) -> None:
        with pytest.raises(SettingsError) as caught:
            make_server("127.0.0.1", running.port, services)
        assert caught.value.option == "--port"
        assert "\n" not in str(caught.value)
        assert str(running.port) in str(caught.value)

    @pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", "x" * 300, "1.2.3.4.5"])
    def test_no_address_of_this_machine(self, services: FakeServices, host: str) -> None:
        with pytest.raises(SettingsError):
            make_server(host, 0, services)

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "0.0.0.0", "*"])
    def test_any_free_port(self, services: FakeServices, host: str) -> None:
        running = Running(make_server(host, 0, services))
        try:
            assert running.port > 0
            assert running.connect().ask("GET", "/health").status == 200
        finally:
            running.stop()

    @pytest.mark.parametrize("host", ["::1", "::"])
    def test_version_six(self, services: FakeServices, host: str) -> None:
        try:
            server = make_server(host, 0, services)
        except SettingsError:
            pytest.skip("this machine has no IPv6")
        assert server.url.startswith(f"http://[{host}]:")
        running = Running(server)
        try:
            if host == "::":
                assert running.connect().ask("GET", "/health").status == 200
            with socket.create_connection(("::1", running.port), TIMEOUT) as connection:
                connection.sendall(b"GET /health HTTP/1.0\r\n\r\n")
                assert connection.recv(12) == b"HTTP/1.0 200"
        finally:
            running.stop()
