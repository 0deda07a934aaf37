"""Requests as they were sent to the original, most of them from English to English: no model is needed for that."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs

from tests.clients.wire import Answer, post_form, post_json, post_multipart, send
from tests.e2e.process import ServerProcess

Start = Callable[..., ServerProcess]
SLOWDOWN = "Slowdown: {} per 1 minute"
NO_KEY = "Please contact the server operator to get an API key"


def fields(q: object = "a", **more: object) -> dict[str, Any]:
    return {"q": q, "source": "en", "target": "en", **more}


def ask(server: ServerProcess, q: object = "a", client: str = "", **more: object) -> Answer:
    """``/translate`` with JSON. ``client``: the address in X-Forwarded-For."""
    return post_json(f"{server.url}/translate", fields(q, **more), {"X-Forwarded-For": client} if client else {})


def ask_with(server: ServerProcess, headers: dict[str, str], **more: object) -> Answer:
    """``/translate`` with JSON and these headers."""
    return post_json(f"{server.url}/translate", fields(**more), headers)


def ask_form(server: ServerProcess, q: str = "a", **more: object) -> Answer:
    texts = {name: str(value) for name, value in fields(q, **more).items()}
    return post_form(f"{server.url}/translate", texts)


def detect(server: ServerProcess, q: object = "Hello there", **more: object) -> Answer:
    return post_json(f"{server.url}/detect", {"q": q, **more})


def send_file(server: ServerProcess, data: bytes = b"a", name: str = "a.txt", **more: str) -> Answer:
    given = {"source": "en", "target": "en", **more}
    return post_multipart(f"{server.url}/translate_file", given, (name, data))


def get(server: ServerProcess, path: str, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return send("GET", server.url + path, None, named)


def settings(server: ServerProcess) -> dict[str, Any]:
    found: dict[str, Any] = get(server, "/frontend/settings").good()
    return found


def codes(server: ServerProcess) -> list[str]:
    return [entry["code"] for entry in get(server, "/languages").good()]


def figure(server: ServerProcess, name: str) -> float:
    """The sum of the metric ``name`` over all of its labels."""
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=20) as answer:
        text = answer.read().decode()
    return sum(float(value) for value in re.findall(rf"^libretranslate_{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE))


def settle(server: ServerProcess) -> ServerProcess:
    """Wait until the starter packages lie where they stay; what was kept before belongs to packages that are gone."""
    server.wait_until(lambda: any("small starter packages" in line for line in server.log))
    return server


def fail_to_start(*arguments: str, **environment: str) -> tuple[int, str]:
    """The exit status of a server that does not start, and what it said."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LT_", "ARGOS_", "XDG_"))}
    done = subprocess.run(
        [sys.executable, "-m", "libretranslate_py", "--port", "0", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        env={**kept, "PYTHONPATH": str(Path(__file__).parents[2]), **environment},
        check=False,
    )
    return done.returncode, done.stderr


class KeyService:
    """What ``--api-keys-remote`` asks. ``keys``: answers by key; unknown ones are said to be so. ``open`` lets them
    go; ``asked`` is told of each question, and ``outage``, if there is one, is the body of a 502 to all of them."""

    def __init__(self, keys: dict[str, dict[str, object]]) -> None:
        self.keys = keys
        self.asked = Event()
        self.open = Event()
        self.open.set()
        self.outage = b""
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/keys"


@contextmanager
def serve_keys(service: KeyService) -> Iterator[KeyService]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            service.asked.set()
            service.open.wait(20)
            answer = json.dumps(service.keys.get(parse_qs(body)["api_key"][0], {"error": "unknown"})).encode()
            self.send_response(502 if service.outage else 200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(service.outage or answer)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.open.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
