"""Texts of people, in every way in which clients send them: the answer has to be the same."""

from __future__ import annotations

import urllib.parse

import pytest

from tests.clients.conftest import Place
from tests.clients.wire import FORM, post_form, post_json, post_multipart, send

KEPT = {
    "emoji": "😀",
    "families and flags": "👨‍👩‍👧 🇪🇸 👍🏽",
    "digits": "2 + 2 = 4 & 100%",
    "punctuation": "?!… — «»",
    "space": "   ",
    "address": "https://example.org/a?b=1&c=%20#d",
}
TRANSLATED = {
    "escapes": "Hello + world & 100% = 'good' \"morning\"; #1",
    "emoji inside": "Hello 😀 world",
    "accents, composed or not": "cafe\u0301 and café",
    "other scripts": "Hello Привет 你好 שלום नमस्ते",
    "controls": "Hello\tworld\u200b\u00a0!",
    "markup": "Hello <b>world</b> &amp; <script>alert(1)</script>",
    "lines": "Hello\n\n\n  world\n",
    "long": "Good morning. " * 300,
}


def everyway(place: Place, text: str, **more: str) -> list[str]:
    """The translation of ``text`` sent as JSON, list, form, multipart and in the address."""
    fields = place.fields(q=text, source="en", target="es", **more)
    url = f"{place.base}/translate"
    answers = [post_json(url, fields), post_form(url, fields), post_multipart(url, fields)]
    if len(text) < 1000:
        answers.append(send("POST", f"{url}?{urllib.parse.urlencode(fields)}", b"", FORM))
        answers.append(send("POST", f"{url}?{urllib.parse.urlencode(fields)}"))
    found = [answer.good()["translatedText"] for answer in answers]
    return [*found, *post_json(url, {**fields, "q": [text]}).good()["translatedText"]]


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in KEPT.items()])
@pytest.mark.parametrize("kind", ["text", "html"])
def test_nothing_to_translate(place: Place, text: str, kind: str) -> None:
    if kind == "html":
        text = text.replace("&", "&amp;")
    assert set(everyway(place, text, format=kind)) == {text}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in TRANSLATED.items()])
@pytest.mark.parametrize("kind", ["text", "html"])
def test_something_to_translate(place: Place, text: str, kind: str) -> None:
    found = everyway(place, text, format=kind)
    assert len(set(found)) == 1
    assert found[0] not in ("", text)


def test_nothing_at_all(place: Place) -> None:
    missing = "Invalid request: missing q parameter"
    fields = place.fields(source="en", target="es")
    for q in ("", None, []):
        assert post_json(f"{place.base}/translate", {**fields, "q": q}).refusal(400) == missing
    for post in (post_form, post_multipart):
        assert post(f"{place.base}/translate", {**fields, "q": ""}).refusal(400) == missing
        assert post(f"{place.base}/translate", fields).refusal(400) == missing
    assert post_json(f"{place.base}/translate", {**fields, "q": [""]}).good() == {"translatedText": [""]}


def test_alternatives_in_lists(place: Place) -> None:
    fields = place.fields(q=["Hello", "", "😀"], source="auto", target="es", alternatives="2")
    answer = post_json(f"{place.base}/translate", fields).good()
    assert answer["translatedText"] == ["Hola", "", "😀"]
    assert [len(alternatives) <= 2 for alternatives in answer["alternatives"]] == [True, True, True]
    assert answer["alternatives"][0] and "Hola" not in answer["alternatives"][0]
    assert len(answer["detectedLanguage"]) == 3


def test_a_character_that_is_none(place: Place) -> None:
    # Half of a pair, as JavaScript leaves it when it cuts a text in the middle of an emoji.
    fields = place.fields(q="Hello \ud83d", source="en", target="es")
    answer = post_json(f"{place.base}/translate", fields)
    assert answer.status in (200, 400)
    answer.body.decode()
