"""A real HTTP server on 127.0.0.1 that answers each path as it is told, well or badly."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Answer:
    """How to answer one request.

    ``cut_after``: the connection ends after so many bytes of the body; ``length``: a Content-Length that is not true
    (None: none at all); ``ranges``: whether Range and If-Range are understood; ``stall_after``: nothing comes after so
    many bytes of the body, until the server stops; ``trickle``: one byte comes after the other, with pauses.
    """

    content: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: str | None = None
    ranges: bool = True
    cut_after: int | None = None
    stall_after: int | None = None
    trickle: bool = False
    length: int | None = -1


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]


@dataclass
class MisbehavingServer:
    """``answers`` holds, per path, what to answer to the first request, the second ...; the last one is for all others.

    ``sent`` counts the bytes of bodies that went out, per path.
    """

    address: str
    stopping: threading.Event = field(default_factory=threading.Event)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)

    def put(self, path: str, *answers: Answer) -> str:
        self.answers[path] = list(answers)
        return self.url(path)

    def url(self, path: str) -> str:
        return self.address + path

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    def next_answer(self, path: str) -> Answer:
        answers = self.answers.get(path)
        if answers is None:
            return Answer(b"not here", status=404)
        return answers.pop(0) if len(answers) > 1 else answers[0]


@contextmanager
def misbehaving_server() -> Iterator[MisbehavingServer]:
    class Handler(_Handler):
        @property
        def plan(self) -> MisbehavingServer:
            return plan

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    plan = MisbehavingServer(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield plan
    finally:
        plan.stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    @property
    def plan(self) -> MisbehavingServer:
        raise NotImplementedError

    def do_GET(self) -> None:
        self.plan.requests.append(Request(self.path, {name.lower(): value for name, value in self.headers.items()}))
        answer = self.plan.next_answer(self.path)
        start = self._first_byte(answer)
        if start is not None and start >= len(answer.content):
            self._send_head(416, {"Content-Range": f"bytes */{len(answer.content)}", "Content-Length": "0"})
            return
        body = answer.content[start or 0 :]
        headers = {"Content-Type": "application/octet-stream", **answer.headers}
        if answer.length is not None:
            headers["Content-Length"] = str(len(body) if answer.length == -1 else answer.length)
        if answer.etag is not None:
            headers["ETag"] = answer.etag
        if start is not None:
            headers["Content-Range"] = f"bytes {start}-{len(answer.content) - 1}/{len(answer.content)}"
        self._send_head(answer.status if start is None else 206, headers)
        self._send_body(body, answer)

    def _first_byte(self, answer: Answer) -> int | None:
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if found is None or not answer.ranges or answer.status != 200:
            return None
        condition = self.headers.get("If-Range")
        if condition is not None and condition not in (answer.etag, answer.headers.get("Last-Modified")):
            return None
        return int(found[1])

    def _send_head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send_body(self, body: bytes, answer: Answer) -> None:
        limits = [limit for limit in (answer.cut_after, answer.stall_after) if limit is not None]
        part = body[: min(limits)] if limits else body
        # Before it is sent: a test may look as soon as the last byte is with the client.
        self.plan.sent[self.path] = self.plan.sent.get(self.path, 0) + len(part)
        step = 1 if answer.trickle else max(len(part), 1)
        try:
            for start in range(0, len(part), step):
                self.wfile.write(part[start : start + step])
                if answer.trickle and self.plan.stopping.wait(0.02):
                    return
        except OSError:
            return
        if answer.stall_after is not None:
            self.plan.stopping.wait(60)

    def log_message(self, format: str, *args: object) -> None:
        pass
