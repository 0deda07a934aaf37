"""Alignments of whole sentences, of those that were cut, and of those that were decoded twice."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from libretranslate_py.engine.engine import Engine
from libretranslate_py.engine.model import DecodeOptions, Hypothesis, Model, RawHypothesis
from libretranslate_py.text.alignment import words_of
from tests.fakes import Answer, FakeStack, fake_package

PACKAGE = fake_package("en", "es")
ALIGNED = DecodeOptions(alignment=True)


def translate(engine: Engine, sentence: str, options: DecodeOptions = ALIGNED) -> Hypothesis:
    return engine.translate(PACKAGE, [sentence], options)[0][0]


def links(sentence: str, found: Hypothesis) -> dict[str, str]:
    """The target word that each word is linked with most."""
    assert found.alignment is not None
    assert found.alignment.source == words_of(sentence)
    assert found.alignment.target == words_of(found.text)
    return {
        sentence[slice(*found.alignment.source[link.source])]: found.text[slice(*found.alignment.target[link.target])]
        for link in sorted(found.alignment.links, key=lambda link: link.weight)
    }


def backwards(sentence: list[str], options: DecodeOptions) -> list[Answer]:
    """Every word with an x before it, the last one first."""
    rows = [
        [float(row + column + 1 == len(sentence)) for column in range(len(sentence))] for row in range(len(sentence))
    ]
    return [RawHypothesis([f"x{word}" for word in reversed(sentence)], -0.1, rows)]


@pytest.fixture
def stack():
    stack = FakeStack(lambda package: backwards, window=10, cache_bytes=1_000_000)
    yield stack
    stack.close()


def test_only_who_asks_gets_an_alignment(stack: FakeStack) -> None:
    assert translate(stack.engine, "good day", DecodeOptions()).alignment is None
    assert links("good day", translate(stack.engine, "good day")) == {"good": "xgood", "day": "xday"}
    assert len(stack.model(PACKAGE).batches) == 2


def test_an_alignment_is_kept_with_its_sentence_and_counted(stack: FakeStack) -> None:
    translate(stack.engine, "good day", DecodeOptions())
    plain = stack.engine.cache.bytes
    first = translate(stack.engine, "good day")
    assert stack.engine.cache.bytes > 2 * plain
    assert translate(stack.engine, "good day") == first
    assert len(stack.model(PACKAGE).batches) == 2


def test_a_sentence_in_parts_is_aligned_as_a_whole(stack: FakeStack) -> None:
    words = [f"word{n}" for n in range(35)]
    sentence = " ".join(words)
    found = translate(stack.engine, sentence)
    assert sum(map(len, stack.model(PACKAGE).batches)) > 3
    assert found.text.split() != [f"x{word}" for word in reversed(words)], "each part was turned round on its own"
    assert links(sentence, found) == {word: f"x{word}" for word in words}


def test_capitals_and_full_stops_that_parts_get_do_no_harm() -> None:
    def spoken(sentence: list[str], options: DecodeOptions) -> list[Answer]:
        words = [f"x{word}" for word in sentence]
        return [([words[0].capitalize(), *words[1:-1], words[-1].rstrip(",") + "."], -0.1)]

    stack = FakeStack(lambda package: spoken, window=10)
    words = [f"{'abcdefghij'[n // 10]}{'abcdefghij'[n % 10]}" for n in range(25)]
    sentence = ", ".join(words)
    assert links(sentence, translate(stack.engine, sentence)) == {word: f"x{word}" for word in words}
    stack.close()


def test_a_second_decoding_brings_its_own_alignment() -> None:
    def repeats(sentence: list[str], options: DecodeOptions) -> list[Answer]:
        return [((["no"] * 60) if not options.no_repeat_ngram else ["fine", "now"], -1.0)]

    stack = FakeStack(lambda package: repeats)
    assert links("splendid today", translate(stack.engine, "splendid today")) == {"splendid": "fine", "today": "now"}
    stack.close()


def test_every_hypothesis_has_an_alignment() -> None:
    stack = FakeStack()
    (found,) = stack.engine.translate(PACKAGE, ["good day"], DecodeOptions(4, 4, alignment=True))
    assert len(found) == 4
    assert all(
        hypothesis.alignment and hypothesis.alignment.target == words_of(hypothesis.text) for hypothesis in found
    )
    stack.close()


def test_the_prefix_of_a_target_language_has_no_row() -> None:
    model = Model.__new__(Model)
    model.package = SimpleNamespace(target_prefix=">>spa<<")  # type: ignore[assignment]
    result = SimpleNamespace(
        hypotheses=[[">>spa<<", "a", "b"], ["c"]],
        scores=[-1.0, -2.0],
        attention=[[[0.1], [0.2], [0.3]], [[0.4]]],
    )
    assert [tuple(raw) for raw in model._finish(result)] == [
        (["a", "b"], -1.0, [[0.2], [0.3]]),
        (["c"], -2.0, [[0.4]]),
    ]
