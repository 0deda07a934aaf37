"""Where and how the server listens, and how it is told what to do."""

from __future__ import annotations

import contextlib
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.clients.wire import JSON, post_json, post_multipart, send
from tests.compat.asking import KeyService, Start, ask, fail_to_start, get, send_file, serve_keys, settings
from tests.e2e.conftest import NOWHERE
from tests.e2e.process import ServerProcess


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_host(start: Start, host: str) -> None:
    server = start("--host", host)
    port = server.url.rpartition(":")[2].strip("/")
    assert send("GET", f"http://127.0.0.1:{port}/health").good() == {"status": "ok"}


def test_port(start: Start) -> None:
    port = free_port()
    server = start("--port", str(port))
    assert server.url.rstrip("/").endswith(f":{port}")
    assert ask(server).status == 200


def test_ssl(start: Start) -> None:
    server = start("--ssl")
    assert ask(server).good() == {"translatedText": "a"}
    url = send_file(server).json["translatedFileUrl"]
    assert url.startswith(f"https://{server.url.partition('://')[2]}/download_file/")


@pytest.mark.parametrize("prefix", ["/lt", "lt", "/lt/"])
def test_url_prefix(start: Start, prefix: str) -> None:
    server = start("--url-prefix", prefix)
    root = server.url.rstrip("/").removesuffix("/lt")
    for path in ("/", "/ltx", "/translate"):
        outside = send("GET", root + path)
        assert (outside.status, outside.headers["Location"]) == (301, "/lt/"), path
    # A redirect would lose the body.
    assert post_json(f"{root}/translate", {"q": "a", "source": "en", "target": "en"}).refusal(404)
    for path in ("", "/", "/languages", "/health", "/docs", "/docs/", "/js/app.js", "/frontend/settings"):
        assert send("GET", f"{root}/lt{path}").status == 200, path
    assert post_json(f"{root}/lt/translate", {"q": "a", "source": "en", "target": "en"}).good()
    assert send("GET", f"{root}/lt/spec").good()["basePath"] == "/lt"
    file = post_multipart(f"{root}/lt/translate_file", {"source": "en", "target": "en"}, ("a.txt", b"a"))
    assert file.good()["translatedFileUrl"].startswith(f"{root}/lt/download_file/")
    assert send("GET", file.json["translatedFileUrl"]).body == b"a"
    assert send("OPTIONS", f"{root}/lt/translate", None, {"Origin": "https://a.example"}).status == 200


def test_threads(start: Start) -> None:
    """With a single thread, a request is answered while three others wait for something else."""
    with serve_keys(KeyService({name: {"req_limit": 9, "char_limit": None} for name in "abc"})) as service:
        server = start("--threads", "1", "--api-keys", "--api-keys-remote", service.url)
        service.open.clear()
        with ThreadPoolExecutor(3) as pool:
            waiting = [pool.submit(ask, server, api_key=name) for name in "abc"]
            assert service.asked.wait(20)
            assert ask(server).good() == {"translatedText": "a"}
            assert not any(job.done() for job in waiting)
            service.open.set()
            assert [job.result().status for job in waiting] == [200] * 3


def test_debug(start: Start) -> None:
    server = start("--debug")
    assert ask(server).good() == {"translatedText": "a"}
    broken = send("POST", f"{server.url}/translate", b"{bad", JSON)
    assert broken.refusal(400) == "Invalid JSON format"
    assert ask(server, 5).refusal(400) == "Invalid request: q parameter must be a string or a list of strings"


def start_quietly(home: Path, *arguments: str) -> ServerProcess:
    """A server whose log does not say in plain words that it listens."""
    port = free_port()
    server = ServerProcess(home, "--index-url", NOWHERE, "--port", str(port), *arguments)

    def listens() -> bool:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        return False

    server.wait_until(listens)
    server.url = f"http://127.0.0.1:{port}"
    return server


def test_log_level(home: Path) -> None:
    heard = {}
    for level in ("info", "error"):
        server = start_quietly(home, "--log-level", level)
        try:
            assert ask(server).status == 200
        finally:
            assert server.stop() == 0
        heard[level] = any("path=/translate" in line for line in server.log)
    assert heard == {"info": True, "error": False}


def test_log_format(home: Path) -> None:
    server = start_quietly(home, "--log-format", "json")
    try:
        assert ask(server, "a secret").status == 200
    finally:
        assert server.stop() == 0
    lines = [json.loads(line) for line in server.log]
    assert any("/translate" in str(line) for line in lines)
    assert not any("secret" in str(line) for line in lines)


def test_environment(start: Start) -> None:
    names = {
        "LT_CHAR_LIMIT": "10",
        "LT_FRONTEND_TIMEOUT": "700",
        "LT_ALTERNATIVES_LIMIT": "1",
        "LT_SUGGESTIONS": "true",
    }
    server = start(**names)
    assert ask(server, "12345678901").refusal(400) == "Invalid request: request (11) exceeds text limit (10)"
    found = settings(server)
    assert (found["charLimit"], found["frontendTimeout"], found["suggestions"]) == (10, 700, True)
    assert ask(server, alternatives=3).refusal(400) == "Invalid request: alternatives parameter must be <= 1"
    # The command line is stronger.
    assert settings(start("--char-limit", "20", **names))["charLimit"] == 20


def test_a_file_of_variables(start: Start, home: Path) -> None:
    (home / ".env").write_text('LT_CHAR_LIMIT="10"\nexport LT_SUGGESTIONS=1\n')
    found = settings(start())
    assert (found["charLimit"], found["suggestions"]) == (10, True)


def test_a_wrong_variable_stops_the_start() -> None:
    status, said = fail_to_start(LT_CHAR_LIMIT="ten")
    assert status == 2
    assert said.count("\n") == 1
    assert "LT_CHAR_LIMIT" in said
    assert "'ten'" in said


def test_a_wrong_value_stops_the_start() -> None:
    status, said = fail_to_start("--char-limit", "abc")
    assert status == 2
    assert said.count("\n") == 1
    assert "--char-limit" in said
    assert "'abc'" in said


def test_an_unknown_option_stops_the_start() -> None:
    status, said = fail_to_start("--no-such-option")
    assert status == 2
    assert "--no-such-option" in said


def test_an_unknown_variable_is_named(start: Start) -> None:
    server: ServerProcess = start(LT_CHAR_LIMITS="10")
    assert any("LT_CHAR_LIMITS" in line for line in server.log)
    assert get(server, "/health").status == 200
