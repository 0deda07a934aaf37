"""What Dialect, the translator of the GNOME desktop, asks before it believes a server, and what it asks then."""

from __future__ import annotations

from tests.clients.conftest import Place
from tests.clients.wire import Answer, post_form, post_json, send
from tests.e2e.process import ServerProcess


def meaning(answer: Answer) -> str:
    """What Dialect makes of an answer; it looks at the words alone."""
    error = answer.json.get("error") if isinstance(answer.json, dict) else None
    if error is None:
        return "good"
    if error == "Invalid API key":
        return "key invalid"
    for words, found in {
        "is not supported": "language",
        "exceeds text limit": "size",
        "exceeds character limit": "characters",
        "Cannot translate text": "failed",
        "format is not supported": "failed",
    }.items():
        if words in error:
            return found
    return "unexpected"


def validate_key(place: Place, key: str) -> bool:
    answer = post_form(f"{place.base}/detect", {"q": "hello", "api_key": key}).json
    return isinstance(answer, list) and "confidence" in answer[0]


def test_it_is_a_libretranslate_server(place: Place) -> None:
    document = send("GET", f"{place.base}/spec").good()
    assert document["info"]["title"] == "LibreTranslate"
    assert document["basePath"] == (place.prefix or "/")


def test_settings(place: Place) -> None:
    settings = send("GET", f"{place.base}/frontend/settings").good()
    assert settings["suggestions"] is True
    assert settings["apiKeys"] is settings["keyRequired"] is (place.key is not None)
    assert int(settings["charLimit"]) == -1


def test_languages(place: Place) -> None:
    languages = send("GET", f"{place.base}/languages").good()
    assert [(entry["code"], entry["name"]) for entry in languages] == [
        ("en", "English"),
        ("fr", "French"),
        ("es", "Spanish"),
    ]


def test_a_key_is_tried_with_detect(place: Place) -> None:
    assert validate_key(place, place.key or "")
    if place.key:
        assert not validate_key(place, "wrong")
        assert not validate_key(place, "")


def test_translate(place: Place) -> None:
    fields = place.fields(q="Good morning. How are you?", source="en", target="es")
    answer = post_json(f"{place.base}/translate", fields)
    assert meaning(answer) == "good"
    assert answer.good() == {"translatedText": "Buenos días. ¿Cómo estás?"}
    found = post_json(f"{place.base}/translate", {**fields, "source": "auto"}).good()
    assert found["detectedLanguage"]["language"] == "en"


def test_suggest(place: Place) -> None:
    fields = place.fields(q="Hello", source="en", target="es", s="¡Hola!")
    assert post_form(f"{place.base}/suggest", fields).good() == {"success": True}


def test_the_words_of_errors(place: Place, limited: ServerProcess) -> None:
    fields = place.fields(q="Hello", source="en", target="es")
    assert meaning(post_json(f"{place.base}/translate", {**fields, "target": "de"})) == "language"
    answer = post_json(f"{place.base}/translate", {**fields, "format": "xml"})
    assert answer.refusal(400) == "xml format is not supported"
    if place.key:
        assert meaning(post_json(f"{place.base}/translate", {**fields, "api_key": "wrong"})) == "key invalid"
    client = {"X-Forwarded-For": "203.0.113.60"}
    long = {"q": "Hello " * 10, "source": "en", "target": "es"}
    answer = post_json(f"{limited.url}/translate", long, client)
    assert meaning(answer) == "size"
    assert answer.refusal(400) == "Invalid request: request (60) exceeds text limit (40)"
    assert send("GET", f"{limited.url}/frontend/settings").good()["charLimit"] == 40
