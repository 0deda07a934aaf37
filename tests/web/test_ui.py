from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from libretranslate_py.access.gate import Rules
from libretranslate_py.web import ui
from libretranslate_py.web.frontend import FrontendOptions
from tests.web.fakes import FakeServices

ASSETS = Path(ui.__file__).parent / "static" / "page"
SEALED = FrontendOptions(secret=True)

Made = Callable[..., FlaskClient]
Node = Callable[..., str]
Evaluate = Callable[[str], object]


class Seen(HTMLParser):
    """The elements of a page with their attributes, and what is written in each kind of element."""

    def __init__(self, page: TestResponse) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.written: dict[str, str] = {}
        self._open = ""
        self.feed(page.get_data(as_text=True))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = tag

    def handle_data(self, data: str) -> None:
        self.written[self._open] = self.written.get(self._open, "") + data.strip()

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def ids(self) -> set[str]:
        return {str(attributes["id"]) for _, attributes in self.elements if "id" in attributes}

    def addresses(self) -> list[str]:
        """What the page refers to, without its base."""
        found = [a.get("src") or a.get("href") for tag, a in self.elements if tag != "base"]
        return [address for address in found if address]


def make(make_client: Made, **options: object) -> FlaskClient:
    return make_client(frontend=FrontendOptions(**options))  # type: ignore[arg-type]


class TestPage:
    def test_answer(self, client: FlaskClient) -> None:
        page = client.get("/")
        assert (page.status_code, page.content_type) == (200, "text/html; charset=utf-8")
        assert "Set-Cookie" not in page.headers
        assert client.head("/").status_code == 200

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
    def test_other_methods(self, client: FlaskClient, method: str) -> None:
        answer = client.open("/", method=method, data="text")
        assert (answer.status_code, answer.content_type) == (405, "application/json")

    def test_what_is_on_it(self, client: FlaskClient) -> None:
        seen = Seen(client.get("/"))
        needed = {"key", "source", "swap", "target", "text", "translation", "problem", "curl"}
        assert seen.ids() >= needed
        assert (seen.written["title"], seen.of("html")) == ("libretranslate-py", [{"lang": "en"}])
        assert "docs/" in seen.addresses()

    def test_every_element_that_the_script_asks_for_is_there(self, client: FlaskClient) -> None:
        script = (ASSETS / "page.js").read_text()
        (named,) = re.findall(r"= \[\n(.*?)\]\.map\(element\)", script, re.DOTALL)
        asked = set(re.findall(r'"([\w-]+)"', named)) | set(re.findall(r'element\("([\w-]+)"\)', script))
        assert len(asked) > 8
        assert asked <= Seen(client.get("/")).ids()

    def test_title_is_text(self, make_client: Made) -> None:
        title = '</title><script>alert("1")</script>&amp;'
        page = make(make_client, title=title, language='"><script>').get("/")
        seen = Seen(page)
        assert b"<script>" not in page.data
        assert len(seen.of("script")) == 2
        assert (seen.written["title"], seen.written["h1"]) == (title, title)
        assert seen.of("html") == [{"lang": "en"}]

    @pytest.mark.parametrize(("language", "tag"), [("fr", "fr"), ("pt_BR", "pt-BR"), ("zh-Hant-TW", "zh-Hant-TW")])
    def test_language(self, make_client: Made, language: str, tag: str) -> None:
        assert Seen(make(make_client, language=language).get("/")).of("html") == [{"lang": tag, "data-language": tag}]

    @pytest.mark.parametrize("language", ["", "ü", "fr,de", "f", "x" * 100])
    def test_no_language(self, make_client: Made, language: str) -> None:
        assert Seen(make(make_client, language=language).get("/")).of("html") == [{"lang": "en"}]

    def test_hidden_api(self, make_client: Made) -> None:
        ids = Seen(make(make_client, hide_api=True).get("/")).ids()
        assert "text" in ids and not ids & {"api", "curl"}

    def test_nothing_inline_and_nothing_from_elsewhere(self, client: FlaskClient) -> None:
        page = client.get("/")
        policy = dict(rule.split(" ", 1) for rule in page.headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        seen = Seen(page)
        assert all("src" in script for script in seen.of("script")) and not seen.of("style")
        assert not [a for _, attributes in seen.elements for a in attributes if a == "style" or a.startswith("on")]
        assert not [address for address in seen.addresses() if address.startswith(("/", "http"))]
        for path in ASSETS.iterdir():
            text = path.read_text()
            assert not re.search(r"https?:|//[a-z]|url\(|@import|innerHTML|insertAdjacent|eval\(", text), path.name

    @pytest.mark.parametrize(
        ("prefix", "path"), [("", "/"), ("/lt", "/lt"), ("/lt", "/lt/"), ("/a/lt", "/a/lt"), ("/a/lt", "/a/lt/")]
    )
    def test_addresses_under_a_prefix(self, make_client: Made, prefix: str, path: str) -> None:
        client = make_client(url_prefix=prefix)
        seen = Seen(client.get(path))
        (base,) = seen.of("base")
        found = [
            urljoin(urljoin(f"http://x{path}", base["href"]), address)
            for address in [*seen.addresses(), "frontend/settings"]
            if address.endswith((".js", ".css", "settings"))
        ]
        assert len(found) == 4
        for address in found:
            assert address.startswith(f"http://x{prefix}/")
            assert client.get(address.removeprefix("http://x")).status_code == 200

    def test_not_served_when_disabled(self, make_client: Made) -> None:
        client = make_client(web_page=False)
        for path in ("/", "/js/app.js", "/static/page/page.js", "/static/page/page.css"):
            answer = client.get(path)
            assert (answer.status_code, answer.content_type) == (404, "application/json")
        assert client.get("/languages").status_code == client.get("/frontend/settings").status_code == 200


class TestAssets:
    @pytest.mark.parametrize(
        ("name", "kind"), [("page.js", "text/javascript"), ("words.js", "text/javascript"), ("page.css", "text/css")]
    )
    def test_served_and_kept(self, client: FlaskClient, name: str, kind: str) -> None:
        answer = client.get(f"/static/page/{name}")
        assert (answer.status_code, answer.mimetype, answer.data) == (200, kind, (ASSETS / name).read_bytes())
        again = client.get(f"/static/page/{name}", headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")

    @pytest.mark.parametrize(
        "name", ["nothing.js", "..", "../../ui.py", "%2e%2e/%2e%2e/ui.py", "..%2f..%2fui.py", "ui.py"]
    )
    def test_no_other_file(self, client: FlaskClient, name: str) -> None:
        answer = client.get(f"/static/page/{name}")
        assert (answer.status_code, answer.content_type) == (404, "application/json")


def cookie_of(page: TestResponse) -> dict[str, str]:
    parts = [part.strip().partition("=") for part in page.headers["Set-Cookie"].split(";")]
    return {"value": parts[0][2], **{name: value for name, _, value in parts[1:]}}


def unseal(seal: str) -> str:
    raw = base64.b64decode(seal)
    return bytes(byte ^ raw[place % 8] for place, byte in enumerate(raw[8:])).decode()


def seal_of(script: TestResponse) -> str:
    assert (script.status_code, script.mimetype) == (200, "text/javascript")
    assert script.headers["Cache-Control"] == "no-store"
    found = re.search(r'dataset\.seal = "([^"]*)"', script.get_data(as_text=True))
    return found[1] if found else ""


class TestSecret:
    def test_from_the_page_to_a_translation(self, make_client: Made, services: FakeServices) -> None:
        client = make_client(rules=Rules(secret=True), frontend=SEALED)
        fields = {"q": "hello", "source": "en", "target": "es"}
        assert client.post("/translate", json=fields).status_code == 400
        page = client.get("/")
        assert "data-sealed" in Seen(page).of("html")[0]
        secret = unseal(seal_of(client.get("/js/app.js")))
        assert secret == services.page_secrets.current()
        assert client.post("/translate", json={**fields, "secret": secret}).json == {"translatedText": "HELLO"}
        assert client.post("/translate", json={**fields, "secret": secret[:-1]}).status_code == 400

    def test_cookie(self, make_client: Made) -> None:
        client = make_client(frontend=SEALED)
        cookie = cookie_of(client.get("/"))
        assert "HttpOnly" in cookie and "Secure" not in cookie
        assert (cookie["SameSite"], cookie["Path"]) == ("Strict", "/")

    def test_a_known_cookie_stays(self, make_client: Made) -> None:
        client = make_client(frontend=SEALED)
        assert "Set-Cookie" in client.get("/").headers
        assert "Set-Cookie" not in client.get("/").headers
        client.set_cookie("r", "stale")
        assert "Set-Cookie" in client.get("/").headers

    def test_cookie_under_a_prefix_and_https(self, make_client: Made) -> None:
        client = make_client(frontend=FrontendOptions(secret=True, ssl=True), url_prefix="/lt")
        cookie = cookie_of(client.get("/lt"))
        assert (cookie["Path"], "Secure" in cookie) == ("/lt", True)
        client = make_client(frontend=SEALED, trusted_hops=1)
        headers = {"X-Forwarded-Prefix": "/apps", "X-Forwarded-Proto": "https"}
        cookie = cookie_of(client.get("/", headers=headers))
        assert (cookie["Path"], "Secure" in cookie) == ("/apps", True)

    @pytest.mark.parametrize("cookie", [None, "", "1", "x" * 40, "A" * 40, "\x00", "ü"])
    def test_none_without_a_known_cookie(self, make_client: Made, services: FakeServices, cookie: str | None) -> None:
        client = make_client(frontend=SEALED)
        headers = {} if cookie is None else {"Cookie": f"r={cookie}"}
        script = client.get("/js/app.js", headers=headers)
        assert seal_of(script) == ""
        assert services.page_secrets.current().encode() not in script.data

    def test_none_where_it_is_not_asked_for(self, client: FlaskClient, services: FakeServices) -> None:
        assert "data-sealed" not in Seen(client.get("/")).of("html")[0]
        client.set_cookie("r", services.page_secrets.cookie())
        assert seal_of(client.get("/js/app.js")) == ""

    def test_it_does_not_stand_there_plainly(self, make_client: Made, services: FakeServices) -> None:
        client = make_client(frontend=SEALED)
        client.get("/")
        first, second = client.get("/js/app.js"), client.get("/js/app.js")
        secret = services.page_secrets.current().encode()
        assert secret not in first.data and base64.b64encode(secret) not in first.data
        assert seal_of(first) != seal_of(second)


@pytest.fixture
def node() -> Node:
    """Runs node with these arguments and returns what it printed."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed")

    def run(*arguments: str) -> str:
        done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def evaluate(node: Node, tmp_path: Path) -> Evaluate:
    """The value of an expression of strings over ``words``, the page's module."""
    module = tmp_path / "words.mjs"
    module.write_bytes((ASSETS / "words.js").read_bytes())

    def run(expression: str) -> object:
        script = tmp_path / "run.mjs"
        script.write_text(f'import * as words from "./words.mjs";\nconsole.log(JSON.stringify({expression}));\n')
        return json.loads(node(str(script)))

    return run


class TestWords:
    """The page's own functions, in the language they are written in."""

    @pytest.mark.parametrize("secret", ["0123456789abcdef0123456789abcdef", "x", "", "Ünï"])
    def test_unseal(self, evaluate: Evaluate, secret: str) -> None:
        seal = ui.seal(secret).decode()
        assert evaluate(f"words.unseal({json.dumps(seal)})") == secret

    def test_the_line_for_a_shell(self, evaluate: Evaluate) -> None:
        fields = {"q": "it's \"$HOME\" `id`\n\\ 'x'", "source": "en"}
        address = "http://a.example/translate?x='y"
        line = evaluate(f"words.curlLine({json.dumps(address)}, {json.dumps(fields)})")
        script = f'curl() {{ printf "%s\\0" "$@"; }}\n{line}\n'
        said = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, timeout=60).stdout
        arguments = said.split("\0")
        assert arguments[:4] == [address, "-H", "Content-Type: application/json", "-d"]
        assert json.loads(arguments[4]) == fields

    @pytest.mark.parametrize(
        ("status", "body", "shown"),
        [
            (400, {"error": "Slowdown: 3"}, "Slowdown: 3"),
            (502, None, "The server answered with status 502."),
            (200, {"error": 5}, "The server answered with status 200."),
            (0, None, "The server cannot be reached."),
        ],
    )
    def test_problems(self, evaluate: Evaluate, status: int, body: object, shown: str) -> None:
        assert evaluate(f"words.problemOf({status}, {json.dumps(body)})") == shown

    def test_the_page_can_be_parsed(self, node: Node, tmp_path: Path) -> None:
        copy = tmp_path / "page.mjs"
        copy.write_bytes((ASSETS / "page.js").read_bytes())
        node("--check", str(copy))
