"""The page docs/what-is-kept.md: its examples on one real server, and whether it names everything that is kept."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from libretranslate_py.errors import InvalidParameter
from libretranslate_py.text import placeholders
from libretranslate_py.text.markup import extract
from libretranslate_py.text.placeholder_kinds import KINDS
from libretranslate_py.text.spans import segments_of
from tests.e2e.process import ServerProcess

sys.path.append(str(Path(__file__).parents[2] / "scripts"))

from what_is_kept import PAGE, Example, code_spans, fill_in, read_examples

TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = read_examples(TEXT)
EXAMPLES = [example for block in BLOCKS for example in block]
by_text = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.q[:60])


@by_text
def test_the_server_keeps_what_is_listed(server: ServerProcess, example: Example) -> None:
    status, answer = server.request("/translate", dict(example.fields))
    assert status == 200, answer
    assert example.faults(answer["translatedText"]) == []
    for part in example.written:
        assert answer["translatedText"].count(part) == example.answer.count(part)


@by_text
def test_the_answer_on_the_page_has_what_is_listed(example: Example) -> None:
    assert example.faults(example.answer) == []


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block[0].q[:60])
def test_what_is_listed_occurs(block: list[Example]) -> None:
    """What is in none of the texts would be as often in the answers."""
    sent, answers = [example.q for example in block], [example.answer for example in block]
    listed = block[0]
    assert [part for part in listed.kept + listed.translated if not any(part in text for text in sent)] == []
    assert [part for part in listed.written if not any(part in text for text in answers)] == []


def test_no_example_is_overlooked() -> None:
    assert len(BLOCKS) == TEXT.count("```diff") >= 15
    assert sum(len(re.findall(r"^\+", block, re.MULTILINE)) for block in TEXT.split("```diff")[1:]) >= len(EXAMPLES)
    fields = {name for example in EXAMPLES for name in example.fields}
    assert fields == {"q", "source", "target", "format", "placeholders", "glossary"}


@pytest.mark.parametrize(
    ("answer", "is_fine"),
    [
        ("- <b>El perro</b>\r\n", True),
        ("- <b>El perro<b>\r\n", False),
        ("- <b>El perro</b></b>\r\n", False),
        ("- <b>the dog</b>\r\n", False),
        ("- <b>El perro</b>\n", False),
        ("- <b>El perro</b>", False),
        ("  - <b>El perro</b>\r\n", False),
    ],
)
def test_damage_is_seen(answer: str, is_fine: bool) -> None:
    example = Example({"q": "- <b>the dog</b>\r\n"}, "", ("<b>", "</b>"), ("the dog",), ())
    assert (example.faults(answer) == []) is is_fine


def test_the_page_is_filled_in_as_it_is_read() -> None:
    answers = {(example.q, str(example.fields.get("format"))): example.answer for example in EXAMPLES}
    assert fill_in(TEXT, lambda fields: answers[fields["q"], str(fields.get("format"))]) == TEXT
    reread = [example for block in read_examples(fill_in(TEXT, lambda fields: "\t1\r\n\n  2")) for example in block]
    assert reread == [replace(example, answer="\t1\r\n\n  2") for example in EXAMPLES]


# --- the tables -------------------------------------------------------------------------------------------------------


def rows(heading: str) -> dict[str, str]:
    """The rows of the table below a heading: the first cell and the rest."""
    table = TEXT.partition(f"\n### {heading}\n")[2].partition("\n|---|---|\n")[2].partition("\n\n")[0]
    return dict(line.strip("| ").split(" | ", 1) for line in table.splitlines())


FORMS = [(code_spans(kind)[0], form) for kind, text in rows("Kinds").items() for form in code_spans(text)]


def test_every_kind_is_on_the_page() -> None:
    assert sorted(kind for kind, _ in dict(FORMS).items()) == sorted(KINDS)


@pytest.mark.parametrize(("kind", "form"), FORMS)
def test_every_form_is_of_its_kind(kind: str, form: str) -> None:
    spans = placeholders.parse([kind]).find(f"On {form} today")
    assert min(span.start for span in spans) <= 3
    assert max(span.end for span in spans) >= 3 + len(form)
    others = placeholders.parse([other for other in KINDS if other != kind])
    assert [span for span in others.find(f"On {form} today") if span.start <= 3 and span.end >= 3 + len(form)] == []


def test_the_limits_of_expressions_are_on_the_page() -> None:
    said = TEXT.partition("### Choosing them")[2].partition("## ")[0]
    assert f"At most {placeholders.MOST_EXPRESSIONS} expressions of at most {placeholders.LONGEST_EXPRESSION:,}" in said
    assert placeholders.TIME_LIMIT == 0.25
    with pytest.raises(InvalidParameter):
        placeholders.parse(["("])


@pytest.mark.parametrize(("values", "keeps"), rows("Choosing them").items())
def test_what_chooses_placeholders_is_taken(values: str, keeps: str) -> None:
    wanted = {"all kinds": set(KINDS), "nothing": set(), "these kinds": {"url", "email"}, "this kind": {"url"}}
    for value in map(json.loads, code_spans(values)):
        found = placeholders.parse(value)
        assert found.kinds == wanted[keeps.split(",")[0]]
        assert bool(found.expressions) == ("regular expression" in keeps)


def _names(listed: str) -> list[str]:
    return listed.split()


# Everything that HTML has, to find out what is translated.
ELEMENTS = _names(
    "a abbr area article audio b body button canvas col data details dialog div embed fieldset form h1 html i"
    " iframe img input ins label legend li link map menu meta meter object ol optgroup option output p param picture"
    " progress q script select slot source span style svg table td textarea th time track ul video"
)
ATTRIBUTES = _names(
    "abbr accept accept-charset accesskey action allow alt aria-describedby aria-description aria-label aria-labelledby"
    " aria-placeholder aria-roledescription aria-valuetext as autocomplete charset cite class color cols content coords"
    " data data-label data-title datetime default download enctype for form headers href hreflang id integrity is"
    " itemprop kind label list loading max media method min name onclick pattern placeholder poster prompt property rel"
    " role rows sandbox scope shape sizes slot span src srcdoc srclang srcset step style summary tabindex target title"
    " type usemap value width wrap"
)
TYPES = _names("button checkbox hidden radio reset search submit text")
METADATA = _names(
    "author description keywords robots viewport og:title og:description og:type twitter:title twitter:description"
    " twitter:card"
)
SPECIAL = {
    "value": [("input", f'type="{name}"') for name in TYPES],
    "content": [("meta", f'{key}="{name}"') for key in ("name", "property") for name in METADATA],
}


@cache
def translated_attributes() -> dict[str, set[str]]:
    """Attribute -> the elements on which it is translated, or what else must stand there."""
    probes = [(element, "", name) for element in ELEMENTS for name in ATTRIBUTES]
    probes += [(element, other, name) for name, pairs in SPECIAL.items() for element, other in pairs]
    found: dict[str, set[str]] = {}
    for element, other, name in probes:
        template = extract(f'<{element} {other} {name}="Words here">', source="en", target="es")
        if any(segment.text == "Words here" for segment in segments_of(template)):
            found.setdefault(name, set()).add(other.partition('"')[2].rstrip('"') or element)
    return found


def test_every_attribute_that_is_translated_is_on_the_page() -> None:
    said = {name: set(code_spans(where)) for cell, where in rows("Attributes").items() for name in code_spans(cell)}
    found = translated_attributes()
    assert said.keys() == found.keys()
    for name in ("alt", "aria-label", "placeholder"):
        assert found[name] == set(ELEMENTS)
    assert found["title"] == set(ELEMENTS) - said["title"]
    assert found["label"] == said["label"]
    assert found["value"] == said["value"] - {"input"}
    assert found["content"] == said["content"] - {"meta"}
