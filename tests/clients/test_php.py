"""What programs in PHP send: the requests of the package jefs42/libretranslate, made by PHP's own curl, and by hand."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Place, ltmanage
from tests.clients.wire import FORM, post_form, post_multipart, send

SCRIPT = Path(__file__).parent / "client.php"
Ask = Callable[..., list[tuple[int, str]]]
LINES = ["Good morning.", "How are you?", "Hello"]
TRANSLATED = ["Buenos días.", "¿Cómo estás?", "Hola"]


@pytest.fixture(scope="session")
def php() -> str:
    program = shutil.which("php")
    if not program:
        pytest.skip("php is not installed")
    if "curl" not in subprocess.run([program, "-m"], capture_output=True, text=True, timeout=60).stdout.split():
        pytest.skip("php has no curl")
    return program


@pytest.fixture
def ask(place: Place, php: str) -> Ask:
    def ask(*questions: tuple[Any, ...], key: str = place.key or "") -> list[tuple[int, str]]:
        command = [php, str(SCRIPT), place.base, key, json.dumps(questions)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done
        return [(status, body) for status, body in json.loads(done.stdout)]

    return ask


def test_what_it_asks_first(place: Place, ask: Ask) -> None:
    (connected, _), settings, languages, with_fields = ask(
        ("connect",), ("settings",), ("languages",), ("get with fields",)
    )
    # It only wants an answer there, whatever that is.
    assert connected < 500
    assert settings[0] == languages[0] == with_fields[0] == 200
    assert json.loads(settings[1])["keyRequired"] is (place.key is not None)
    assert {entry["code"]: entry["name"] for entry in json.loads(languages[1])} == {
        "en": "English",
        "fr": "French",
        "es": "Spanish",
    }
    assert with_fields[1] == languages[1]


def test_detect_and_translate(ask: Ask) -> None:
    detected, text, markup, suggested = ask(
        ("detect", "Where is the train station? 50% & more"),
        ("translate", "Good morning. How are you?", "en", "es"),
        ("translate", "<p>Hello</p>", "en", "fr"),
        ("suggest", "Hello & good morning", "¡Hola & buenos días!", "en", "es"),
    )
    assert json.loads(detected[1])[0]["language"] == "en"
    assert json.loads(text[1]) == {"translatedText": "Buenos días. ¿Cómo estás?"}
    assert json.loads(markup[1]) == {"translatedText": "<p>Bonjour</p>"}
    assert json.loads(suggested[1]) == {"success": True}


def test_lines(ask: Ask) -> None:
    # It says that every text is HTML, and has only this way to send one that is not.
    lines, paragraphs = ask(
        ("translate", "Good morning.\nHow are you?", "en", "es"), ("translate", "Hello\n\nHello", "en", "es")
    )
    assert json.loads(lines[1]) == {"translatedText": "Buenos días.\n¿Cómo estás?"}
    assert json.loads(paragraphs[1]) == {"translatedText": "Hola\n\nHola"}


def test_errors(place: Place, ask: Ask) -> None:
    unknown, missing = ask(("translate", "Hello", "en", "de"), ("translate", "", "en", "es"))
    assert unknown[0] == missing[0] == 400
    assert json.loads(unknown[1]) == {"error": "de is not supported"}
    assert json.loads(missing[1]) == {"error": "Invalid request: missing q parameter"}
    if place.key:
        (wrong,) = ask(("translate", "Hello", "en", "es"), key="wrong")
        assert wrong == (403, '{"error":"Invalid API key"}')


def test_several_texts(ask: Ask) -> None:
    ((status, body),) = ask(("translate all", LINES, "en", "es"))
    assert status == 200
    ((_, decoded),) = ask(("decode", json.loads(body)["translatedText"]))
    assert json.loads(decoded) == TRANSLATED


def test_a_file(ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_bytes(b"Good morning.\r\n\r\nHow are you?\r\n")
    ((status, body),) = ask(("translate file", str(path), "en", "es"))
    assert status == 200, body
    ((status, text),) = ask(("download", json.loads(body)["translatedFileUrl"]))
    assert (status, text) == (200, "Buenos días.\r\n\r\n¿Cómo estás?\r\n")


class TestByHand:
    """The same requests where there is no PHP."""

    def test_requests(self, place: Place) -> None:
        key = place.key or ""
        fields = {"q": "<p>Hello</p>", "format": "html", "source": "en", "target": "es", "api_key": key}
        assert post_multipart(f"{place.base}/translate", fields).good() == {"translatedText": "<p>Hola</p>"}
        query = urllib.parse.urlencode({"q": "Where is the train station?", "api_key": key})
        assert send("POST", f"{place.base}/detect?{query}", b"", FORM).good()[0]["language"] == "en"
        assert send("GET", f"{place.base}/languages", b"", FORM).status == 200
        assert send("POST", f"{place.base}/", b"", FORM).status < 500
        suggestion = {"q": "Hello", "s": "¡Hola!", "source": "en", "target": "es", "api_key": key}
        assert post_form(f"{place.base}/suggest", suggestion).good() == {"success": True}

    def test_several_texts(self, place: Place) -> None:
        listed = urllib.parse.quote_plus(json.dumps(LINES, separators=(",", ":")))
        fields = {"q": listed, "format": "html", "source": "en", "target": "es", "api_key": place.key or ""}
        answer = post_multipart(f"{place.base}/translate", fields).good()["translatedText"]
        assert json.loads(urllib.parse.unquote_plus(answer)) == TRANSLATED

    def test_a_file(self, place: Place) -> None:
        fields = {"format": "html", "source": "en", "target": "es", "api_key": place.key or ""}
        file = ("letter.txt", b"Good morning.\n")
        url = post_multipart(f"{place.base}/translate_file", fields, file).good()["translatedFileUrl"]
        # Absolute, with the prefix, and free to fetch without a key.
        assert url.startswith(f"{place.base}/download_file/")
        answer = send("GET", url)
        assert (answer.status, answer.body.decode()) == (200, "Buenos días.\n")


def test_the_list_of_keys(tmp_path: Path) -> None:
    database = str(tmp_path / "db" / "api_keys.db")

    def keys(*arguments: str) -> list[str]:
        return ltmanage(tmp_path, "keys", "--api-keys-db-path", database, *arguments).splitlines()

    (added,) = keys("add", "120")
    assert keys("add", "5", "--key", "own-key") == ["own-key"]
    # It cuts the lines at their colons.
    listed = {key: int(limit) for key, limit in (line.split(":") for line in keys())}
    assert listed == {added: 120, "own-key": 5}
    assert keys("remove", "own-key") == ["own-key"]
    assert keys() == [f"{added}: 120"]
