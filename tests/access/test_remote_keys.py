"""A service that knows the keys, a real one on 127.0.0.1, which answers, hangs, drips, drops and sends garbage."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from libretranslate_py.access.keys import Key, digest_of
from libretranslate_py.access.remote_keys import AT_A_TIME, LARGEST_ANSWER, LONGEST_KEY, RemoteKeys
from libretranslate_py.errors import KeysUnavailable

KNOWN = b'{"req_limit": 60, "char_limit": null}'
UNKNOWN = b'{"error": "Invalid API key"}'


class Service(ThreadingHTTPServer):
    """``do`` answers a request, by default the key "good" with limits and any other with an error."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.do: Callable[[Handler, str], None] = answer_properly
        self.at_a_time = self.most_at_a_time = 0
        self.lock = threading.Lock()
        self.stopping = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/keys"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that are gone are part of the tests."""


class Handler(BaseHTTPRequestHandler):
    server: Service
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        service = self.server
        fields = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        (key,) = fields["api_key"]
        with service.lock:
            service.asked.append(key)
            service.headers.append(dict(self.headers))
            service.at_a_time += 1
            service.most_at_a_time = max(service.most_at_a_time, service.at_a_time)
        try:
            service.do(self, key)
        finally:
            with service.lock:
                service.at_a_time -= 1
            self.close_connection = True

    def do_GET(self) -> None:
        self.server.asked.append("GET")
        self.send(KNOWN)

    def send(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def answer_properly(handler: Handler, key: str) -> None:
    handler.send(KNOWN) if key == "good" else handler.send(UNKNOWN, 403)


def sending(body: bytes, status: int = 200, **headers: str) -> Callable[[Handler, str], None]:
    return lambda handler, key: handler.send(body, status, **headers)


def hang(handler: Handler, key: str) -> None:
    handler.server.stopping.wait(30)


def drip(handler: Handler, key: str) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not handler.server.stopping.wait(0.02):
        handler.wfile.write(b"x")


def drip_body(handler: Handler, key: str) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
    while not handler.server.stopping.wait(0.02):
        handler.wfile.write(b" ")


def drop(handler: Handler, key: str) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def garbage(handler: Handler, key: str) -> None:
    handler.wfile.write(b"\0\xff not HTTP\r\n" * 10)


def cut_off(handler: Handler, key: str) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + KNOWN[:20])


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = Service()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.stopping.set()
    server.shutdown()
    thread.join()
    server.server_close()


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(service: Service, clock: Clock) -> RemoteKeys:
    return RemoteKeys(service.url, timeout=5.0, clock=clock)


@pytest.fixture
def hasty(service: Service, clock: Clock) -> RemoteKeys:
    """Gives up soon."""
    return RemoteKeys(service.url, timeout=0.3, clock=clock)


GOOD = Key(digest_of("good"), 60, None)


def test_a_key_is_asked_for_once_in_ten_minutes(service: Service, keys: RemoteKeys, clock: Clock) -> None:
    assert [keys.find("good") for _ in range(5)] == [GOOD] * 5
    assert [keys.find("wrong") for _ in range(5)] == [None] * 5
    clock.now += 599
    assert (keys.find("good"), keys.find("wrong")) == (GOOD, None)
    assert service.asked == ["good", "wrong"]
    clock.now += 2
    service.do = sending(b'{"req_limit": 5, "char_limit": 7}')
    assert keys.find("wrong") == Key(digest_of("wrong"), 5, 7)
    service.do = sending(UNKNOWN)
    assert keys.find("good") is None
    assert service.asked == ["good", "wrong", "wrong", "good"]


@pytest.mark.parametrize("key", ["a&req_limit=1", "ключ", "a b+c%20", "\0"])
def test_any_text_arrives_as_it_is(service: Service, keys: RemoteKeys, key: str) -> None:
    assert keys.find(key) is None
    assert service.asked == [key]


@pytest.mark.parametrize("key", ["", "\ud800", "x" * (LONGEST_KEY + 1)])
def test_what_can_be_no_key_is_not_asked_for(service: Service, keys: RemoteKeys, key: str) -> None:
    assert keys.find(key) is None
    assert service.asked == []


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b'{"req_limit": 0}', (0, None)),
        (201, b'{"req_limit": -1, "char_limit": -1, "more": []}', (-1, -1)),
        (200, b'{"req_limit": 3, "error": null}', (3, None)),
        (200, UNKNOWN, None),
        (403, UNKNOWN, None),
        (200, b'{"error": "", "req_limit": 5}', None),
    ],
)
def test_answers(
    service: Service, keys: RemoteKeys, status: int, body: bytes, expected: tuple[int, int | None] | None
) -> None:
    service.do = sending(body, status)
    found = keys.find("any")
    assert (found and (found.req_limit, found.char_limit)) == expected


OUTAGES = {
    "500": sending(b"Internal Server Error", 500),
    "503 with limits": sending(KNOWN, 503),
    "500 with an error": sending(UNKNOWN, 500),
    "429 with an error": sending(UNKNOWN, 429),
    "404": sending(b"<h1>Not Found</h1>", 404),
    "empty": sending(b""),
    "HTML": sending(b"<html>"),
    "list": sending(b"[]"),
    "no limit": sending(b"{}"),
    "text as limit": sending(b'{"req_limit": "60"}'),
    "true as limit": sending(b'{"req_limit": true}'),
    "fraction as limit": sending(b'{"req_limit": 1.5}'),
    "null as limit": sending(b'{"req_limit": null}'),
    "list as character limit": sending(b'{"req_limit": 1, "char_limit": []}'),
    "deep": sending(b"[" * 60_000),
    "digits": sending(b'{"req_limit": ' + b"9" * 60_000 + b"}"),
    "not UTF-8": sending(b'{"req_limit": 1, "\xff": 1}'),
    "large": sending(KNOWN + b" " * LARGEST_ANSWER),
    "redirect": sending(b"", 307, Location="/elsewhere"),
    "redirect to a file": sending(b"", 302, Location="file:///etc/hostname"),
    "drop": drop,
    "garbage": garbage,
    "cut off": cut_off,
}


@pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES.keys())
def test_an_outage_is_no_invalid_key(
    service: Service, keys: RemoteKeys, clock: Clock, outage: Callable[[Handler, str], None]
) -> None:
    service.do = outage
    with pytest.raises(KeysUnavailable) as caught:
        keys.find("good")
    assert caught.value.reason
    assert "good" not in str(caught.value)
    # Those who come right after do not wait for the same again.
    with pytest.raises(KeysUnavailable):
        keys.find("good")
    assert service.asked == ["good"]
    service.do = answer_properly
    clock.now += 6
    assert keys.find("good") == GOOD


@pytest.mark.parametrize("outage", [hang, drip, drip_body])
def test_a_service_that_takes_its_time_is_left(
    service: Service, hasty: RemoteKeys, clock: Clock, outage: Callable[[Handler, str], None]
) -> None:
    """More often than there are slots: none is kept."""
    service.do = outage
    for number in range(AT_A_TIME + 2):
        with pytest.raises(KeysUnavailable) as caught:
            hasty.find(f"key-{number}")
        assert caught.value.reason == "no answer within 0.3 s"
    service.do = answer_properly
    assert hasty.find("good") == GOOD


def test_nobody_listens(service: Service, clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(KeysUnavailable) as caught:
        RemoteKeys(f"http://127.0.0.1:{port}/", clock=clock).find("good")
    assert caught.value.reason == "Connection refused"
    assert caught.value.retry_after > 0


def test_https_is_verified(service: Service, clock: Clock) -> None:
    with pytest.raises(KeysUnavailable):
        RemoteKeys(service.url.replace("http:", "https:"), clock=clock).find("good")
    assert service.asked == []


def test_during_an_outage_a_valid_key_stays_valid_for_an_hour(
    service: Service, keys: RemoteKeys, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert (keys.find("good"), keys.find("wrong")) == (GOOD, None)
    service.do = drop
    clock.now += 601
    for _ in range(3):
        assert keys.find("good") == GOOD
        clock.now += 9
    assert service.asked == ["good", "wrong", "good"]
    with pytest.raises(KeysUnavailable):
        keys.find("wrong")
    clock.now += 3570
    assert keys.find("good") == GOOD
    clock.now += 10
    with pytest.raises(KeysUnavailable):
        keys.find("good")
    service.do = answer_properly
    clock.now += 6
    assert keys.find("good") == GOOD
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "good" not in caplog.text


def test_a_withdrawn_key_does_not_come_back_in_an_outage(service: Service, keys: RemoteKeys, clock: Clock) -> None:
    assert keys.find("good") == GOOD
    clock.now += 601
    service.do = sending(UNKNOWN)
    assert keys.find("good") is None
    clock.now += 601
    service.do = drop
    with pytest.raises(KeysUnavailable):
        keys.find("good")


def test_those_who_ask_for_the_same_key_share_one_lookup(service: Service, keys: RemoteKeys) -> None:
    release = threading.Event()

    def wait(handler: Handler, key: str) -> None:
        release.wait(30)
        answer_properly(handler, key)

    service.do = wait
    with ThreadPoolExecutor(20) as pool:
        found = [pool.submit(keys.find, "good") for _ in range(20)]
        while not service.asked:
            time.sleep(0.01)
        release.set()
        assert [future.result() for future in found] == [GOOD] * 20
    assert service.asked == ["good"]


def test_many_wrong_keys_open_few_connections_and_hide_no_right_one(service: Service, keys: RemoteKeys) -> None:
    assert keys.find("good") == GOOD
    release = threading.Event()

    def wait(handler: Handler, key: str) -> None:
        release.wait(30)
        answer_properly(handler, key)

    service.do = wait
    with ThreadPoolExecutor(20) as pool:
        found = [pool.submit(keys.find, f"wrong-{number}") for number in range(20)]
        # Those who find no free slot are sent away while the service still thinks.
        refused = 0
        while refused < 20 - AT_A_TIME:
            refused = sum(future.done() for future in found)
            assert keys.find("good") == GOOD
        release.set()
        answers = [future.exception() for future in found]
    assert sum(isinstance(answer, KeysUnavailable) for answer in answers) == 20 - AT_A_TIME
    assert service.most_at_a_time == AT_A_TIME
    service.do = answer_properly
    # Having been sent away says nothing about the service, nor about the key.
    assert [keys.find(f"wrong-{number}") for number in range(20)] == [None] * 20


def test_many_wrong_keys_do_not_push_out_the_right_ones(
    service: Service, keys: RemoteKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libretranslate_py.access.remote_keys._REMEMBERED", 10)
    assert keys.find("good") == GOOD
    for number in range(30):
        assert keys.find(f"wrong-{number}") is None
    assert keys.find("good") == GOOD
    assert service.asked.count("good") == 1
    assert keys.find("wrong-29") is None
    assert service.asked.count("wrong-29") == 1
    assert keys.find("wrong-0") is None
    assert service.asked.count("wrong-0") == 2


def test_name_and_password_in_the_address(service: Service, clock: Clock) -> None:
    keys = RemoteKeys(service.url.replace("://", "://ann:p%40ss@"), clock=clock)
    assert keys.find("good") == GOOD
    assert service.headers[0]["Authorization"] == "Basic YW5uOnBAc3M="


@pytest.mark.parametrize(
    "url",
    ["", "file:///etc/hostname", "ftp://a.example/", "a.example/keys", "http://", "http://a.example:x/", "http://["],
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ValueError):
        RemoteKeys(url)


def test_the_protocol_as_it_goes_over_the_wire(service: Service, keys: RemoteKeys) -> None:
    keys.find("good")
    (headers,) = service.headers
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert headers["Accept"] == "application/json"
    assert service.asked == ["good"]
