"""What Weblate and other programs for translators send: lists of strings with placeholders."""

from __future__ import annotations

import re

import pytest

from tests.clients.conftest import Place
from tests.clients.wire import Answer, post_form, post_json, send
from tests.e2e.process import ServerProcess

STRINGS = [
    *("Hello", "Good morning.", "How are you?", "Hello, %s!", "%(count)d house", "Hello {name}", "<b>Hello</b>"),
    *("Open the door", "world", "100%", "", "😀", "Hello\nworld", "%1$s and %2$s", "https://example.org/", "&copy;"),
    *("Yes", "No", "Thank you.", "I love you."),
]
HOLDERS = re.compile(r"%\(?\w*\)?\$?[sd]|\{\w+\}|</?\w>|https?://\S+|&\w+;")


class TestWeblate:
    """20 strings at a time, an empty key where there is none, no format; answers are taken by their place."""

    def translate(self, url: str, texts: list[str], target: str, key: str = "", client: str = "") -> Answer:
        fields = {"api_key": key, "q": texts, "source": "en", "target": target}
        headers = {"Accept": "application/json, */*; q=0.5", "User-Agent": "Weblate/5.9"}
        return post_json(f"{url}/translate", fields, headers | ({"X-Forwarded-For": client} if client else {}))

    def test_twenty_strings(self, place: Place) -> None:
        assert len(STRINGS) == 20
        translated = self.translate(place.base, STRINGS, "es", place.key or "").good()["translatedText"]
        assert len(translated) == 20
        for text, translation in zip(STRINGS, translated, strict=True):
            assert sorted(HOLDERS.findall(translation)) == sorted(HOLDERS.findall(text)), (text, translation)
        assert translated[:3] == ["Hola", "Buenos días.", "¿Cómo estás?"]
        assert translated[8:13] == ["mundo", "100%", "", "😀", "Hola\nmundo"]

    def test_as_older_versions_a_form_for_each_string(self, place: Place) -> None:
        fields = {"api_key": place.key or "", "q": "Hello, world & co.", "source": "en", "target": "es"}
        assert "Hola" in post_form(f"{place.base}/translate", fields).good()["translatedText"]

    def test_languages(self, place: Place) -> None:
        assert [entry["code"] for entry in send("GET", f"{place.base}/languages").good()] == ["en", "fr", "es"]

    @pytest.mark.parametrize("code", ["zh-Hans", "zh_Hans", "zh", "zh-Hant", "zh_Hant", "pt_BR", "nb_NO", "he"])
    def test_its_codes(self, worldwide: ServerProcess, code: str) -> None:
        assert self.translate(worldwide.url, ["Hello"], code).good() == {"translatedText": ["Hola"]}

    def test_a_list_that_is_larger_than_the_whole_limit(self, limited: ServerProcess) -> None:
        client = "203.0.113.20"
        first = self.translate(limited.url, ["Hello"] * 20, "es", client=client).good()
        assert first == {"translatedText": ["Hola"] * 20}
        refused = self.translate(limited.url, ["Hello"], "es", client=client)
        assert refused.refusal(429) == "Slowdown: 3 per 1 minute"
        assert 0 < int(refused.headers["Retry-After"]) <= 60


@pytest.mark.parametrize("count", [50, 1000])
def test_long_lists_keep_their_order(place: Place, count: int) -> None:
    texts = [str(number) if number % 3 else "Hello" for number in range(count)]
    fields = place.fields(q=texts, source="en", target="es")
    assert post_json(f"{place.base}/translate", fields).good()["translatedText"] == [
        "Hola" if text == "Hello" else text for text in texts
    ]
