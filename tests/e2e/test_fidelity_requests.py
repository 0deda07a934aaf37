"""Markup, placeholders and glossaries as clients ask for them, on a real server."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from tests.e2e.process import ServerProcess

Start = Callable[..., ServerProcess]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_the_tag_is_on_the_right_word(server: ServerProcess) -> None:
    assert server.translate("<p>I bought a <b>red</b> car.</p>", format="html") == "<p>Compré un coche <b>rojo</b>.</p>"
    through_english = server.translate("<p>Compré un coche <b>rojo</b>.</p>", "es", "fr", format="html")
    assert through_english == "<p>J'ai acheté une voiture <b>rouge</b>.</p>"


def test_html_with_auto_and_alternatives(server: ServerProcess) -> None:
    fields = {
        "q": ["<p>Where is the <i>train</i> station?</p>", "<b>Wo ist der Bahnhof?</b>", "<br>"],
        "source": "auto",
        "target": "fr",
        "format": "html",
        "alternatives": 2,
    }
    _, answer = server.request("/translate", json.dumps(fields).encode())
    assert answer["detectedLanguage"][0]["language"] == "en"
    assert len(answer["translatedText"]) == 3
    assert answer["translatedText"][2] == "<br>"
    for text in (answer["translatedText"][0], *answer["alternatives"][0]):
        assert text.startswith("<p>")
        assert text.endswith("</p>")
        assert text.count("<i>") == text.count("</i>") == 1
    assert answer["alternatives"][0]


def test_a_form_has_the_same_fields(server: ServerProcess) -> None:
    fields = {
        "q": "The cloud of ACME-7 is on /srv/x.",
        "source": "en",
        "target": "es",
        "glossary": json.dumps({"cloud": "nube de datos", "ACME-7": None}),
        "placeholders": json.dumps(["path"]),
    }
    _, answer = server.request("/translate", urlencode(fields).encode(), headers=FORM)
    for kept in ("nube de datos", "ACME-7", "/srv/x"):
        assert answer["translatedText"].count(kept) == 1


def test_a_glossary_never_becomes_markup(server: ServerProcess) -> None:
    text = server.translate("<p>The dog is here.</p>", format="html", glossary={"dog": "<b>perro</b> & co"})
    assert "&lt;b&gt;perro&lt;/b&gt; &amp; co" in text


def test_stored_glossaries_are_reloaded(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "glossaries"
    folder.mkdir()
    server = start("--glossaries-dir", str(folder))

    def asked() -> tuple[int, object]:
        fields = {"q": "The dog is here.", "source": "en", "target": "es", "glossary_id": "pets"}
        return server.request("/translate", json.dumps(fields).encode())

    status, answer = asked()
    assert status == 400
    assert "pets" in str(answer)
    (folder / "pets.en-es.tsv").write_text("dog\tcan\n")
    server.wait_until(lambda: asked()[0] == 200)
    assert "can" in str(asked()[1])
    (folder / "pets.en-es.tsv").write_text("dog\tchucho\n")
    server.wait_until(lambda: "chucho" in str(asked()[1]))
    assert "perro" in server.translate("The dog is here.")


def test_a_slow_expression_is_refused_and_others_are_served(server: ServerProcess) -> None:
    fields = {"q": "a" * 5000 + "!", "source": "en", "target": "es", "placeholders": ["(a|a)*$|(a+)+b"]}
    status, answer = server.request("/translate", json.dumps(fields).encode())
    assert status == 400
    assert "placeholders" in str(answer)
    assert server.translate("Hello") == "Hola"


def test_what_a_text_is_next_to_changes_nothing(server: ServerProcess) -> None:
    texts = ["<p>She gave the <i>book</i> to him.</p>", "<p>She gave the book to him.</p>", "plain & simple"]
    together = server.translate(texts, format="html")
    assert together == [server.translate(text, format="html") for text in texts]
    assert together[0].replace("<i>", "").replace("</i>", "") == together[1]
