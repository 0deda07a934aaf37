"""Packages for Python, as they are published: libretranslatepy, deep-translator and the client in Argos Translate."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Place
from tests.e2e.process import ServerProcess


class TestLibretranslatepy:
    @pytest.fixture
    def client(self, place: Place) -> Any:
        from libretranslatepy import LibreTranslateAPI

        return LibreTranslateAPI(place.base, place.key)

    def test_translate(self, client: Any) -> None:
        assert client.translate("Hello", "en", "es") == "Hola"
        assert client.translate("Hello.\r\nGood morning. How are you?") == "Hola.\nBuenos días. ¿Cómo estás?"

    def test_detect(self, client: Any) -> None:
        first, *_ = client.detect("Where is the train station?")
        assert first["language"] == "en"
        assert 0 < first["confidence"] <= 100

    def test_languages_with_a_body_in_a_get(self, client: Any) -> None:
        assert [language["code"] for language in client.languages()] == ["en", "fr", "es"]

    def test_an_address_with_a_slash_at_its_end(self, place: Place) -> None:
        from libretranslatepy import LibreTranslateAPI

        assert LibreTranslateAPI(place.base + "/", place.key).translate("Hello") == "Hola"

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (("Hello", "en", "de"), "de is not supported"),
            (("Hello", "xx", "es"), "xx is not supported"),
            (("", "en", "es"), "Invalid request: missing q parameter"),
        ],
    )
    def test_errors(self, client: Any, arguments: tuple[str, ...], sentence: str) -> None:
        with pytest.raises(urllib.error.HTTPError) as caught:
            client.translate(*arguments)
        with caught.value as error:
            assert error.code == 400
            assert json.load(error) == {"error": sentence}

    def test_a_wrong_key(self, place: Place) -> None:
        from libretranslatepy import LibreTranslateAPI

        client = LibreTranslateAPI(place.base, "wrong")
        if place.key is None:
            # As in the original, a key that nobody asks for does no harm.
            assert client.translate("Hello") == "Hola"
            return
        for ask in (client.translate, client.detect):
            with pytest.raises(urllib.error.HTTPError) as caught:
                ask("Hello")
            with caught.value as error:
                assert error.code == 403
                assert json.load(error) == {"error": "Invalid API key"}
        assert client.languages()


class TestDeepTranslator:
    @pytest.fixture
    def client(self, place: Place) -> Callable[..., Any]:
        from deep_translator import LibreTranslator

        def make(source: str = "en", target: str = "es", api_key: str | None = None) -> Any:
            # It wants some key, also for a server that has none.
            return LibreTranslator(source, target, api_key or place.key or "none", custom_url=place.base + "/")

        return make

    def test_translate_from_the_query_string(self, client: Callable[..., Any]) -> None:
        assert client().translate("Hello") == "Hola"
        assert client("English", "French").translate("Hello") == "Bonjour"
        assert client("auto", "en").translate("¿Dónde está la estación de tren?") == "Where's the train station?"

    def test_texts_that_a_query_string_has_to_escape(self, client: Callable[..., Any]) -> None:
        assert client().translate("Hello & good morning + 1 = 100% 😀?\n#Hello") is not None
        assert client().translate("😀") == "😀"
        assert client().translate("Hello.\nHello.") == "Hola.\nHola."

    def test_what_it_answers_by_itself(self, client: Callable[..., Any]) -> None:
        assert client().translate("") == ""
        assert client("en", "en").translate("Hello") == "Hello"

    def test_translate_batch(self, client: Callable[..., Any]) -> None:
        assert client().translate_batch(["Hello", "world", ""]) == ["Hola", "mundo", ""]

    def test_translate_file(self, client: Callable[..., Any], tmp_path: Path) -> None:
        path = tmp_path / "letter.txt"
        path.write_text("Good morning.\n\nHow are you?\n")
        assert client().translate_file(str(path)) == "Buenos días.\n\n¿Cómo estás?"

    def test_a_language_that_it_does_not_know(self, client: Callable[..., Any]) -> None:
        from deep_translator.exceptions import LanguageNotSupportedException

        with pytest.raises(LanguageNotSupportedException):
            client("klingon")

    def test_a_language_that_the_server_does_not_know(self, client: Callable[..., Any]) -> None:
        from deep_translator.exceptions import ServerException

        with pytest.raises(ServerException):
            client(target="German").translate("Hello")

    def test_a_wrong_key(self, place: Place, client: Callable[..., Any]) -> None:
        from deep_translator.exceptions import AuthorizationException

        if place.key is None:
            assert client(api_key="wrong").translate("Hello") == "Hola"
            return
        with pytest.raises(AuthorizationException):
            client(api_key="wrong").translate("Hello")


def test_clients_that_ask_too_often(start: Callable[..., ServerProcess]) -> None:
    from deep_translator import LibreTranslator
    from deep_translator.exceptions import ServerException
    from libretranslatepy import LibreTranslateAPI

    server = start("--req-limit", "2")
    server.wait_until(lambda: any("small starter packages" in line for line in server.log))
    client = LibreTranslateAPI(server.url)
    assert [client.translate("Hello"), client.translate("Hello")] == ["Hola", "Hola"]
    with pytest.raises(urllib.error.HTTPError) as caught:
        client.translate("Hello")
    with caught.value as error:
        assert error.code == 429
        assert json.load(error) == {"error": "Slowdown: 2 per 1 minute"}
        assert 0 < int(error.headers["Retry-After"]) <= 60
    with pytest.raises(ServerException, match="TOO_MANY_REQUESTS"):
        LibreTranslator("en", "es", "none", custom_url=server.url + "/").translate("Hello")
    assert client.detect("Hello")
    assert client.languages()


_ARGOS = """
import json, sys
from argostranslate.apis import LibreTranslateAPI

api = LibreTranslateAPI(sys.argv[1], sys.argv[2] or None)
json.dump({
    "translate": api.translate("Good morning. How are you?", "en", "es"),
    "detect": api.detect("Where is the train station?"),
    "languages": api.languages(),
}, sys.stdout)
"""


def test_the_client_in_argos_translate(place: Place, tmp_path: Path) -> None:
    # Importing it makes folders in the home, hence one of its own. It asks for the languages with a POST.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ARGOS_", "XDG_"))}
    done = subprocess.run(
        [sys.executable, "-c", _ARGOS, place.base, place.key or ""],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        env={**kept, "HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["translate"] == "Buenos días. ¿Cómo estás?"
    assert found["detect"][0]["language"] == "en"
    assert [language["code"] for language in found["languages"]] == ["en", "fr", "es"]
