"""The cases of ``bench/fidelity.py``, on one real server; and whether their checks see what they are there for."""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.process import ServerProcess

sys.path.append(str(Path(__file__).parents[2] / "bench"))

from fidelity_checks import FIGURES, Finding, ask_all, look_at, read_cases, summarise

CASES = read_cases()
WITH_TARGET = [name for name, target in FIGURES.items() if target.least is not None]
# What no change of a text by itself can spoil, because the translation is not looked at.
ABSOLUTE = [name for name in WITH_TARGET if FIGURES[name].least == 1]


@pytest.fixture(scope="module")
def findings(server: ServerProcess) -> list[Finding]:
    def ask(fields: Mapping[str, Any]) -> Any:
        status, answer = server.request("/translate", dict(fields))
        if status != 200:
            raise RuntimeError(f"{status} {answer}")
        return answer["translatedText"]

    return look_at(ask_all(CASES, ask))


@pytest.mark.parametrize("name", WITH_TARGET)
def test_the_cases_reach_their_target(findings: list[Finding], name: str) -> None:
    figure = next(figure for figure in summarise(findings) if figure.name == name)
    wrong = [(one.case.id, one.detail) for one in findings if one.figure == name and one.right is False]
    assert figure.reached, f"{figure.share:.3f} of {figure.right + figure.wrong}: {wrong[:20]}"


def test_most_words_are_known_to_the_models(findings: list[Finding]) -> None:
    """A model that says other words than a case looks for proves nothing."""
    words = next(figure for figure in summarise(findings) if figure.name == "html words")
    assert words.right + words.wrong >= 200
    assert words.unanswerable <= 0.2 * (words.right + words.wrong)


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 360
    assert {case.kind for case in CASES} == {"html", "placeholder", "glossary", "plain"}
    assert len({(case.fields["source"], case.fields["target"]) for case in CASES}) == 6


def look_through(change: Callable[[str], str]) -> dict[str, int]:
    """How often each figure is wrong where the server does no more than ``change``."""
    found = look_at(ask_all(CASES, lambda fields: [change(text) for text in fields["q"]]))
    return {figure.name: figure.wrong for figure in summarise(found)}


def test_a_text_that_is_left_alone_breaks_nothing() -> None:
    wrong = look_through(str)
    assert [name for name in ABSOLUTE if wrong[name]] == []


@pytest.mark.parametrize(
    ("change", "seen_by"),
    [
        (html.unescape, ["html bytes", "html nesting", "html markup", "placeholders kept"]),
        (str.strip, ["html bytes", "plain separators"]),
        (lambda text: re.sub(r"\s+", " ", text), ["html bytes", "plain separators"]),
        (lambda text: text.replace("\r\n", "\n"), ["html bytes", "plain separators"]),
        (lambda text: text.replace("'", '"'), ["html bytes"]),
        (lambda text: text.replace("<b>", "<b><b>"), ["html bytes", "html nesting", "html markup"]),
        (lambda text: text.replace("</b>", ""), ["html bytes", "html nesting"]),
        (lambda text: text.replace("<b>", "</b>"), ["html bytes", "html nesting"]),
        (lambda text: text.replace("%", "% "), ["placeholders kept"]),
        (lambda text: text.replace("}", "}}"), ["placeholders kept"]),
        (lambda text: text.replace("<!--", "<!-- "), ["html bytes"]),
        (lambda text: text.replace("- ", "-"), ["plain separators"]),
        (str.upper, ["html bytes", "placeholders kept"]),
    ],
)
def test_the_checks_see_damage(change: Callable[[str], str], seen_by: list[str]) -> None:
    wrong = look_through(change)
    assert [name for name in seen_by if not wrong[name]] == []


def test_a_tag_on_the_wrong_word_is_seen() -> None:
    english = [case for case in CASES if case.fields["q"] == "I bought a <b>red</b> car."]
    answers = {"es": "Compré un <b>coche</b> rojo.", "fr": "J'ai acheté une <b>voiture</b> rouge."}
    plain = {"es": "Compré un coche rojo.", "fr": "J'ai acheté une voiture rouge."}

    def ask(fields: Mapping[str, Any]) -> list[str]:
        return [(answers if fields["format"] == "html" else plain)[fields["target"]] for _ in fields["q"]]

    words = next(figure for figure in summarise(look_at(ask_all(english, ask))) if figure.name == "html words")
    assert (words.right, words.wrong, words.unanswerable) == (0, 2, 0)


@pytest.mark.parametrize(
    ("output", "place"),
    [
        ("Abre el panel de control y cierra la ventana.", True),
        ("Abre la ventana y cierra el panel de control.", False),
        ("Abre el panel de control y cierra la puerta.", None),
    ],
)
def test_a_term_in_the_wrong_place_is_seen(output: str, place: bool | None) -> None:
    english = [case for case in CASES if case.q == "Open the dashboard and close the window."]
    found = look_at(ask_all(english[:1], lambda fields: [output for _ in fields["q"]]))
    assert [(one.figure, one.right) for one in found] == [("glossary place", place), ("glossary present", True)]


def test_an_answer_that_is_an_error_is_wrong_in_every_figure() -> None:
    def refuse(fields: Mapping[str, Any]) -> Any:
        raise RuntimeError("500")

    figures = summarise(look_at(ask_all(CASES, refuse)))
    assert [figure.name for figure in figures if figure.name in ABSOLUTE and not figure.wrong] == []
    assert sum(figure.right for figure in figures) == 0
