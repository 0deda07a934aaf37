"""What is asked of clients without a key."""

from __future__ import annotations

import re
from base64 import b64decode
from pathlib import Path

from tests.clients.conftest import ltmanage
from tests.clients.wire import send
from tests.compat.asking import NO_KEY, Start, ask, ask_with, detect, get, send_file, settings
from tests.e2e.process import ServerProcess

KEY = "key-1111"
GOOD = {"Origin": "https://good.example"}


def visit(server: ServerProcess, cookie: str = "") -> tuple[str, str]:
    """What a browser gets that opens the page: its cookie, and the secret that the page's script unseals."""
    page = get(server, "/", **({"Cookie": cookie} if cookie else {}))
    cookie = page.headers.get("Set-Cookie", "").partition(";")[0] or cookie
    script = get(server, "/js/app.js", Cookie=cookie).body.decode()
    sealed = re.search(r'seal = "([^"]+)"', script)
    assert sealed, script
    key, hidden = (raw := b64decode(sealed[1]))[:8], raw[8:]
    return cookie, bytes(byte ^ key[place % 8] for place, byte in enumerate(hidden)).decode()


def test_require_api_key_origin(start: Start, home: Path) -> None:
    ltmanage(home, "keys", "add", "50", "--key", KEY)
    server = start("--api-keys", "--require-api-key-origin", "https://good.example")
    assert ask(server).refusal(400) == NO_KEY
    assert ask_with(server, GOOD).good() == {"translatedText": "a"}
    assert ask_with(server, {"Origin": "https://bad.example"}).refusal(400) == NO_KEY
    # The original lets this one in.
    assert ask_with(server, {"Origin": "https://good.example.evil.test"}).refusal(400) == NO_KEY
    assert ask(server, api_key=KEY).good() == {"translatedText": "a"}
    assert ask(server, api_key="x").refusal(403) == "Invalid API key"
    assert detect(server).refusal(400) == NO_KEY
    assert settings(server)["keyRequired"] is True


def test_get_api_key_link(start: Start) -> None:
    link = "https://portal.example/key"
    server = start("--api-keys", "--require-api-key-origin", "https://good.example", "--get-api-key-link", link)
    assert ask(server).refusal(400) == f"Visit {link} to get an API key"
    # In English, whoever asks: programs look for these words.
    assert ask_with(server, {"Accept-Language": "es"}).refusal(400) == f"Visit {link} to get an API key"


def test_require_api_key_secret(start: Start) -> None:
    server = start("--api-keys", "--require-api-key-secret")
    assert ask(server).refusal(400) == NO_KEY
    assert ask(server, secret="AAAA").refusal(400) == NO_KEY
    for odd in (5, ["AAAA"], None, True, {"a": 1}):
        assert ask(server, secret=odd).refusal(400) == NO_KEY
    assert get(server, "/").headers["Set-Cookie"].startswith("r=")
    _, secret = visit(server)
    assert ask(server, secret=secret).good() == {"translatedText": "a"}
    assert detect(server, secret=secret).status == 200
    assert send_file(server, secret=secret).status == 200
    assert ask(server, secret=secret[:-1]).refusal(400) == NO_KEY
    assert settings(server)["keyRequired"] is True


def test_the_secret_is_only_for_who_has_opened_the_page(start: Start) -> None:
    server = start("--api-keys", "--require-api-key-secret")
    for cookie in ("", "r=0", "r=" + "A" * 40):
        assert b"seal =" not in get(server, "/js/app.js", Cookie=cookie).body
    _, secret = visit(server)
    assert secret.encode() not in get(server, "/").body


def test_require_api_key_fingerprint(start: Start) -> None:
    server = start("--api-keys", "--require-api-key-fingerprint")
    assert ask_with(server, {"User-Agent": "A"}).good() == {"translatedText": "a"}
    assert ask_with(server, {"User-Agent": "A"}).good() == {"translatedText": "a"}
    assert ask_with(server, {"User-Agent": "B"}).refusal(400) == NO_KEY
    assert ask_with(server, {"User-Agent": ""}).refusal(400) == NO_KEY
    assert ask_with(server, {"User-Agent": "A", "Cookie": "x=1"}).refusal(400) == NO_KEY
    assert ask_with(server, {"User-Agent": "A"}).status == 200


def test_under_attack(start: Start, home: Path) -> None:
    ltmanage(home, "keys", "add", "50", "--key", KEY)
    server = start("--api-keys", "--under-attack")
    assert ask(server).refusal(400) == NO_KEY
    assert ask(server, api_key=KEY).good() == {"translatedText": "a"}
    assert ask_with(server, GOOD).refusal(400) == NO_KEY
    assert detect(server).refusal(400) == NO_KEY
    assert send_file(server).refusal(400) == NO_KEY
    assert get(server, "/languages").status == 200


def test_everything_at_once(start: Start) -> None:
    """Who has the right origin still needs the secret, and to stay the same."""
    server = start(
        "--require-api-key-origin", "https://good.example", "--require-api-key-secret", "--require-api-key-fingerprint"
    )
    cookie, secret = visit(server)
    browser = {**GOOD, "User-Agent": "A", "Cookie": cookie}
    assert ask_with(server, browser).refusal(400) == NO_KEY
    assert ask_with(server, browser, secret=secret).good() == {"translatedText": "a"}
    assert ask_with(server, {**browser, "User-Agent": "B"}, secret=secret).refusal(400) == NO_KEY
    assert visit(server, cookie) == (cookie, secret)


def test_preflights_need_no_key(start: Start) -> None:
    server = start("--under-attack")
    assert send("OPTIONS", f"{server.url}/translate", None, GOOD).status == 200
