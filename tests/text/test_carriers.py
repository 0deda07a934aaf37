"""What stands for protected pieces in a model, and finding it again."""

from __future__ import annotations

import pytest

from libretranslate_py.text.alignment import Alignment, Link, words_of
from libretranslate_py.text.carriers import Attempt, Carried, carry, combine, find, find_by_alignment, settle
from libretranslate_py.text.spans import Kind, Span


def spans(sentence: str, *pieces: str, kind: Kind = Kind.NAME, output: str | None = None) -> list[Span]:
    found = []
    position = 0
    for piece in pieces:
        start = sentence.index(piece, position)
        position = start + len(piece)
        found.append(Span(start, position, kind, output=(piece if output is None else output,)))
    return found


def carried(sentence: str, *pieces: str, attempt: Attempt = Attempt.OTHERS, **more: object) -> Carried:
    own = spans(sentence, *pieces, **more)  # type: ignore[arg-type]
    return carry(sentence, combine(sentence, own, frozenset()), attempt)


def test_every_load_gets_a_carrier_of_its_own() -> None:
    one = carried("Hello {a}, ask {b} about it.", "{a}", "{b}")
    assert one.text == "Hello 7301, ask 6482 about it."
    assert [one.text[start:end] for start, end in one.places] == ["7301", "6482"]


def test_names_come_first_where_the_language_leaves_names_alone() -> None:
    sentence = "Hello {user}, {x} sent you %d notes."
    own = [*spans(sentence, "{user}", "{x}"), *spans(sentence, "%d", kind=Kind.NUMBER)]
    loads = [load for span in own for load in combine(sentence, [span], frozenset())]
    assert carry(sentence, loads, Attempt.LIKELY, "es").text == "Hello Tom, Boston sent you 7301 notes."
    assert carry(sentence, loads, Attempt.LIKELY, "ru").text == "Hello 7301, 6482 sent you 5923 notes."
    assert carry(sentence, loads, Attempt.OTHERS, "es").text == "Hello 7301, 6482 sent you 5923 notes."


def test_a_term_that_is_also_a_carrier() -> None:
    one = carried("Install Linux now.", "Linux", kind=Kind.TERM, output="Tux", attempt=Attempt.LIKELY)
    assert find(one, "Instala Linux ahora.")[1]
    assert not find(one, "Instala Tux ahora.")[1]


def test_a_carrier_that_the_sentence_has_already_is_not_used() -> None:
    assert carried("7301 people saw {a}.", "{a}").text == "7301 people saw 6482."


def test_neighbours_travel_together_unless_a_tag_stands_between() -> None:
    sentence = "Dear {first} {last}, hello."
    own = spans(sentence, "{first}", "{last}")
    assert [load.spans for load in combine(sentence, own, frozenset())] == [tuple(own)]
    assert len(combine(sentence, own, frozenset({13}))) == 2


@pytest.mark.parametrize("sentence", ["Ask {a} or {b}.", "Ask {a}. {b} knows."])
def test_pieces_with_words_or_an_end_between_travel_alone(sentence: str) -> None:
    assert len(combine(sentence, spans(sentence, "{a}", "{b}"), frozenset())) == 2


@pytest.mark.parametrize("written", ["7301", "7,301", "7.301", "7\u202f301", "٧٣٠١", "७३०१"])
def test_numbers_are_found_however_they_are_written(written: str) -> None:
    one = carried("Ask {a} now.", "{a}")
    found, missing = find(one, f"Pregunta a {written} ahora.")
    assert not missing
    settled = settle(one.sentence, f"Pregunta a {written} ahora.", found)
    assert settled.text == "Pregunta a {a} ahora."
    assert [settled.text[piece.start : piece.end] for piece in settled.pieces] == ["{a}"]
    words = settled.move(words_of(f"Pregunta a {written} ahora."))
    assert [settled.text[start:end] for start, end in words][2] == "{a}"


@pytest.mark.parametrize(
    "hypothesis",
    ["Pregunta.", "7301 y 7301", "73010", "17301", "7301,5", "1.7301", "7301th", "x7301", "730 1"],
)
def test_what_is_not_there_exactly_once_is_missing(hypothesis: str) -> None:
    one = carried("Ask {a} now.", "{a}")
    assert find(one, hypothesis) == ([], list(one.loads))


def test_a_korean_particle_may_follow_a_carrier() -> None:
    assert not find(carried("Ask {a} now.", "{a}"), "7301에게 물어보세요.")[1]


def test_a_letter_may_touch_a_carrier_that_it_touched_before() -> None:
    assert not find(carried("The {n}th day.", "{n}"), "Le 7301e jour.")[1]


def test_a_term_is_left_to_the_model_first_and_then_put_in() -> None:
    sentence = "The cloud is big."
    first = carried(sentence, "cloud", kind=Kind.TERM, output="nube", attempt=Attempt.LIKELY)
    assert first.text == sentence
    assert not find(first, "La Nube es grande.")[1]
    found, _ = find(first, "La Nube es grande.")
    assert settle(sentence, "La Nube es grande.", found).text == "La nube es grande."
    assert find(first, "Las nubes son grandes.")[1]
    assert carried(sentence, "cloud", kind=Kind.TERM, output="nube", attempt=Attempt.OTHERS).text == "The nube is big."
    assert carried(sentence, "cloud", kind=Kind.TERM, output="nube", attempt=Attempt.NUMBERS).text.split()[1].isdigit()


def test_equal_terms_are_counted() -> None:
    one = carried("A cloud and a cloud.", "cloud", "cloud", kind=Kind.TERM, output="nube", attempt=Attempt.LIKELY)
    assert not find(one, "Una nube y una nube.")[1]
    assert len(find(one, "Una nube y otra.")[1]) == 2


def test_the_source_words_of_a_carrier_are_its_piece() -> None:
    one = carried("See https://a.b/c today.", "https://a.b/c")
    assert [one.sentence[start:end] for start, end in one.words()] == ["See", "https://a.b/c", "today"]


def test_the_alignment_says_what_became_of_a_carrier() -> None:
    one = carried("Ask {a} now.", "{a}")
    hypothesis = "Pregunta a 7300 ahora."
    links = (Link(0, 0, 0.9), Link(0, 1, 0.5), Link(1, 2, 0.8), Link(2, 3, 0.9))
    alignment = Alignment(words_of(one.text), words_of(hypothesis), links)
    found = find_by_alignment(one, hypothesis, alignment, *find(one, hypothesis))
    assert found is not None
    assert settle(one.sentence, hypothesis, found).text == "Pregunta a {a} ahora."
    unsure = Alignment(alignment.source, alignment.target, (Link(0, 2, 0.8), Link(1, 2, 0.2)))
    assert find_by_alignment(one, hypothesis, unsure, *find(one, hypothesis)) is None
