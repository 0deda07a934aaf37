"""``ltmanage translate`` and ``detect``, run as the program with the starter packages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Done


def test_texts_come_out_line_by_line_and_the_standard_input_as_it_was(run: Callable[..., Done]) -> None:
    assert run("translate", "-s", "en", "-t", "es", "Good morning.", "Hello") == (0, "Buenos días.\nHola\n", "")
    assert run("translate", "-t", "es", stdin=b"\tGood morning.").out == "\tBuenos días."


def test_html(run: Callable[..., Done]) -> None:
    page = '<p lang="en" title="Good morning.">I bought a <b>red</b> car.</p><!-- & -->'
    as_text = run("translate", "-s", "en", "-t", "es", page).out
    as_html = run("translate", "-s", "en", "-t", "es", "--format", "html", page).out
    assert '<p lang="en" title="Good morning.">' in as_text
    assert '<p lang="es" title="Buenos días.">' in as_html
    assert as_html.count("<!-- & -->") == as_html.count("<b>") == as_html.count("</b>") == 1


def test_placeholders_are_chosen(run: Callable[..., Done]) -> None:
    translate = ("translate", "-s", "en", "-t", "es")
    text = "The red house is near {the river}."
    assert "{the river}" not in run(*translate, text).out
    assert run(*translate, "--placeholders", r"\{.*?\}", text).out.count("{the river}") == 1
    assert run(*translate, "--placeholders", "[r]ed", "--placeholders", "[h]ouse", text).out.count("red") == 1
    assert "`the dog`" in run(*translate, "I see `the dog`.").out
    assert "`the dog`" not in run(*translate, "--placeholders", "url", "I see `the dog`.").out


def test_a_stored_glossary_is_followed(run: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "terms.tsv").write_text("house\tmorada\n")
    run("glossary", "add", "brand", "en-es", "terms.tsv")
    translate = ("translate", "-s", "en", "-t", "es", "This is my house.")
    assert "morada" not in run(*translate).out
    assert run(*translate, "--glossary-id", "brand").out.count("morada") == 1


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("--glossary-id", "brand"), 1, "ltmanage: there is no glossary brand\n"),
        (("--placeholders", "("), 1, "an expression cannot be read"),
        (("--format", "pdf"), 2, "'pdf' is not one of 'text', 'html'"),
    ],
)
def test_what_cannot_be_done_is_said(
    run: Callable[..., Done], arguments: tuple[str, ...], status: int, words: str
) -> None:
    done = run("translate", "-s", "en", "-t", "es", *arguments, "Hello")
    assert (done.status, done.out) == (status, "")
    assert words in done.err


def test_detect(run: Callable[..., Done]) -> None:
    done = run("detect", "Where is the station?", "¿Dónde está la estación?")
    assert [line.split()[0] for line in done.out.splitlines()] == ["en", "es"]
