"""What SubtitleEdit and Lingarr send: one cue at a time."""

from __future__ import annotations

import urllib.parse

import pytest

from tests.clients.conftest import Place
from tests.clients.wire import JSON, Answer, post_json, send
from tests.e2e.process import ServerProcess


class TestSubtitleEdit:
    """JSON put together by hand, without spaces where libraries have them; line breaks travel as ``<br />``."""

    def translate(self, place: Place, text: str, target: str = "es", comma: str = ",") -> Answer:
        # Its base address ends in a slash, and "translate" is relative to that.
        url = urllib.parse.urljoin(f"{place.base}/", "translate")
        key = f'{comma} "api_key": "{place.key or "some"}" ' if place.key or not comma else ""
        encoded = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "<br />")
        body = f'{{"q": "{encoded}", "source": "en", "target": "{target}"{key}}}'
        return send("POST", url, body.encode(), {**JSON, "Accept": "application/json"})

    def test_a_cue(self, place: Place) -> None:
        assert self.translate(place, "Good morning.").good() == {"translatedText": "Buenos días."}
        assert self.translate(place, "{\\an8}<i>Good morning.</i>").good()["translatedText"] == (
            "{\\an8}<i>Buenos días.</i>"
        )
        assert self.translate(place, "♪").good()["translatedText"] == "♪"

    def test_a_cue_of_two_lines(self, place: Place) -> None:
        answer = self.translate(place, "- Good morning.\n- How are you?").good()
        assert answer["translatedText"] == "- Buenos días.<br />- ¿Cómo estás?"
        answer = self.translate(place, "<i>Good morning.\nHow are you?</i>").good()
        assert answer["translatedText"] == "<i>Buenos días.<br />¿Cómo estás?</i>"

    def test_the_version_that_leaves_out_a_comma(self, place: Place) -> None:
        assert self.translate(place, "Hello", comma="").refusal(400) == "Invalid JSON format"

    @pytest.mark.parametrize("code", ["zh", "zh-CN", "zh-TW", "pt", "he", "nb", "no"])
    def test_its_codes(self, worldwide: ServerProcess, code: str) -> None:
        place = Place("plain", worldwide, worldwide.url)
        assert self.translate(place, "Hello", code).good() == {"translatedText": "Hola"}


class TestLingarr:
    """A key that is null or empty where there is none, and another attempt later after 429 and 503."""

    def translate(self, url: str, text: str, key: str | None = None, client: str = "") -> Answer:
        fields = {"q": text, "source": "en", "target": "es", "format": "text", "api_key": key}
        headers = {"Accept": "application/json", **({"X-Forwarded-For": client} if client else {})}
        return post_json(f"{url}/translate", fields, headers)

    @pytest.mark.parametrize("empty", [None, ""])
    def test_a_cue(self, place: Place, empty: str | None) -> None:
        for text, translation in {"Good morning.\nHow are you?": "Buenos días.\n¿Cómo estás?", "♪ ♪": "♪ ♪"}.items():
            answer = self.translate(place.base, text, place.key or empty).good()
            assert answer == {"translatedText": translation}

    @pytest.mark.parametrize("empty", [None, ""])
    def test_no_key_where_one_is_needed(self, place: Place, empty: str | None) -> None:
        if place.key:
            refusal = self.translate(place.base, "Hello", empty).refusal(400)
            assert refusal == "Please contact the server operator to get an API key"

    def test_it_is_told_when_to_come_back(self, limited: ServerProcess) -> None:
        answers = [self.translate(limited.url, "Hello", client="203.0.113.40") for _ in range(5)]
        assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
        assert answers[-1].refusal(429) == "Slowdown: 3 per 1 minute"
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
        # Another one is not held up.
        assert self.translate(limited.url, "Hello", client="203.0.113.41").status == 200
