"""What Mastodon, Rocket.Chat, Discourse and SillyTavern send, and what they do with the answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.clients.conftest import Place
from tests.clients.wire import JSON, Answer, post_form, post_json, send
from tests.e2e.process import ServerProcess

NEEDS_A_KEY = "Please contact the server operator to get an API key"


class TestMastodon:
    """Lists of HTML, the language of the post or ``auto``, a key that may be null; GET with a Content-Type."""

    POST = (
        '<p>Good morning <span class="h-card" translate="no"><a href="https://social.example/@bob" '
        'class="u-url mention">@<span>bob</span></a></span>, how are you?</p>'
        '<p><span translate="no">:blobcat:</span> <a href="https://social.example/tags/cats" class="mention hashtag" '
        'rel="tag">#<span>cats</span></a></p>'
    )

    def translate(self, place: Place, texts: list[str], source: str | None, target: str, key: str | None) -> Answer:
        fields = {"q": texts, "source": source or "auto", "target": target, "format": "html", "api_key": key}
        return post_json(f"{place.base}/translate", fields, {"Accept-Encoding": "gzip"})

    def test_a_post_with_its_warning_and_its_poll(self, place: Place) -> None:
        texts = [self.POST, "Hello", "", "Good morning.", "<p>😀</p>"]
        answer = self.translate(place, texts, None, "es", place.key).good()
        translated, detected = answer["translatedText"], answer["detectedLanguage"]
        assert isinstance(translated, list)
        assert len(translated) == len(detected) == len(texts)
        assert {found["language"] for found in detected} == {"en"}
        assert translated[1:] == ["Hola", "", "Buenos días.", "<p>😀</p>"]
        assert re.findall("<[^>]*>", translated[0]) == re.findall("<[^>]*>", self.POST)
        assert all(kept in translated[0] for kept in ("@<span>bob</span>", ":blobcat:", "#<span>cats</span>"))
        assert "Buenos días" in translated[0]

    def test_the_description_of_a_picture(self, place: Place) -> None:
        # Descriptions, warnings and answers of polls are plain text, in the same list.
        texts = ["<p>Hello</p>", "Good morning.\nHow are you?\n\nHello", "Tom & I &lt; 3"]
        translated = self.translate(place, texts, "en", "es", place.key).good()["translatedText"]
        assert translated[1] == "Buenos días.\n¿Cómo estás?\n\nHola"
        assert "&lt;" in translated[2] and "&amp;" in translated[2]

    def test_a_known_language(self, place: Place) -> None:
        answer = self.translate(place, ["<p>Hello</p>"], "en", "fr", place.key).good()
        # Mastodon takes the language of the post where nothing was detected.
        assert answer == {"translatedText": ["<p>Bonjour</p>"]}

    def test_languages(self, place: Place) -> None:
        languages = send("GET", f"{place.base}/languages", None, JSON).good()
        targets = {entry["code"]: [code for code in entry["targets"] if code != entry["code"]] for entry in languages}
        assert {source: set(codes) for source, codes in targets.items()} == {
            "en": {"es", "fr"},
            "es": {"en", "fr"},
            "fr": {"en", "es"},
        }

    def test_without_a_key(self, place: Place) -> None:
        answer = self.translate(place, ["<p>Hello</p>"], "en", "es", None)
        if place.key:
            assert answer.refusal(400) == NEEDS_A_KEY
            assert self.translate(place, ["Hello"], "en", "es", "wrong").refusal(403) == "Invalid API key"
        else:
            assert answer.good() == {"translatedText": ["<p>Hola</p>"]}

    def test_too_many_requests(self, limited: ServerProcess) -> None:
        client = {"X-Forwarded-For": "203.0.113.1"}
        fields = {"q": ["Hello"], "source": "en", "target": "es", "format": "html", "api_key": None}
        statuses = [post_json(f"{limited.url}/translate", fields, client).status for _ in range(4)]
        assert statuses == [200, 200, 200, 429]


class TestRocketChat:
    """A message as the list of its lines, empty ones too; the codes of the languages are read as BCP 47."""

    def translate(self, place: Place, lines: list[str], target: str) -> Any:
        fields = place.fields(q=lines, source="auto", target=target, format="text")
        return post_json(f"{place.base}/translate", fields).good()["translatedText"]

    def test_lines(self, place: Place) -> None:
        lines = ["Hello", "", "1. Good morning.", "   ", ":smile: 😀", "How are you?", ""]
        assert self.translate(place, lines, "es") == [
            "Hola",
            "",
            "1. Buenos días.",
            "   ",
            ":smile: 😀",
            "¿Cómo estás?",
            "",
        ]

    def test_a_single_empty_description(self, place: Place) -> None:
        assert self.translate(place, [""], "es") == [""]

    def test_a_language_of_a_region(self, place: Place) -> None:
        # It cuts a tag to two letters where /languages does not have it.
        assert self.translate(place, ["Hello"], "es-419"[:2]) == ["Hola"]

    def test_codes_are_locales(self, worldwide: ServerProcess, node: Callable[..., Any]) -> None:
        codes = [entry["code"] for entry in send("GET", f"{worldwide.url}/languages").good()]
        assert set(codes) == {"en", "es", "zh-Hans", "zh-Hant", "pt-BR", "he", "nb"}
        read = "JSON.parse(process.argv[1]).map((code) => new Intl.Locale(code).toString())"
        assert node("-e", f"console.log(JSON.stringify({read}))", json.dumps(codes)) == codes


class TestDiscourse:
    """Forms, always with a key (which may be empty); the detected language has to be one of /languages."""

    def post(self, place: Place, path: str, **fields: str) -> Answer:
        return post_form(f"{place.base}{path}", {**fields, "api_key": place.key or ""})

    def test_a_post(self, place: Place) -> None:
        text = "<p>Good morning. How are you?</p>\n<blockquote>\n<p>Hello &amp; good morning</p>\n</blockquote>"
        detected = self.post(place, "/detect", q="Good morning. How are you?").good()[0]["language"]
        assert detected in [entry["code"] for entry in send("GET", f"{place.base}/languages").good()]
        answer = self.post(place, "/translate", q=text, source=detected, target="es", format="html").good()
        assert re.fullmatch(
            r"<p>Buenos días\. ¿Cómo estás\?</p>\n<blockquote>\n<p>[^<>]*&amp;[^<>]*</p>\n</blockquote>",
            answer["translatedText"],
        )

    def test_nothing_to_detect(self, place: Place) -> None:
        # A post of one picture has no text at all.
        assert self.post(place, "/detect", q="").refusal(400) == "Invalid request: missing q parameter"
        assert self.post(place, "/detect", q="😀").good() == [{"confidence": 0.0, "language": "en"}]

    @pytest.mark.parametrize("code", ["iw", "no", "zh", "pt", "he", "nb"])
    def test_its_codes(self, worldwide: ServerProcess, code: str) -> None:
        fields = {"q": "<p>Hello</p>", "source": "en", "target": code, "format": "html", "api_key": ""}
        assert post_form(f"{worldwide.url}/translate", fields).good() == {"translatedText": "<p>Hola</p>"}


class TestSillyTavern:
    """The whole address is configured; the key may be missing (an undefined field is not sent)."""

    def test_a_message(self, place: Place) -> None:
        fields = place.fields(q="Good morning. *How are you?*", source="auto", target="es", format="text")
        answer = post_json(f"{place.base}/translate", fields).good()
        assert answer["translatedText"] == "Buenos días. *¿Cómo estás?*"
        assert answer["detectedLanguage"]["language"] == "en"

    @pytest.mark.parametrize("code", ["zh", "zt", "zh-CN", "zh-TW", "zh-Hans", "pt-br"])
    def test_its_codes(self, worldwide: ServerProcess, code: str) -> None:
        fields = {"q": "Hello", "source": "auto", "target": code, "format": "text"}
        assert post_json(f"{worldwide.url}/translate", fields).good()["translatedText"] == "Hola"
