"""Protected pieces come out exactly once, whatever the model does to their carriers."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libretranslate_py.drafts import take_apart
from libretranslate_py.sentences import Candidate, translate_sentences
from libretranslate_py.text.alignment import Alignment, Link, words_of
from libretranslate_py.text.spans import Kind, Segment, Span
from tests.text.tagged import segment

Spoil = Callable[[str], str]


class Model:
    """Gives back what it reads in capitals, two names as they are, after ``spoil`` has been at it."""

    def __init__(self, spoil: Spoil = str, *, identity: bool = True) -> None:
        self.spoil = spoil
        self.identity = identity
        self.read: list[str] = []

    def __call__(self, sentences: Sequence[str], *, aligned: Sequence[bool]) -> list[list[Candidate]]:
        self.read += sentences
        return [[self._candidate(one, wanted)] for one, wanted in zip(sentences, aligned, strict=True)]

    def _candidate(self, sentence: str, aligned: bool) -> Candidate:
        text = re.sub(r"\b(?!Tom\b|Boston\b)\w+", lambda word: word.group().upper(), self.spoil(sentence))
        if not aligned:
            return Candidate(text, -1.0)
        source, target = words_of(sentence), words_of(text)
        links = [Link(n, n, 0.9) for n in range(min(len(source), len(target)))] if self.identity else []
        return Candidate(text, -1.0, Alignment(source, target, tuple(links)))


def translate(one: Segment, model: Model) -> str:
    draft = take_apart((one,), "en")
    renditions = translate_sentences(draft.sentences(), model, "en", "es")
    return draft.assemble([own[0] for own in renditions], "es")


def test_a_piece_goes_through_as_a_name() -> None:
    model = Model()
    assert translate(segment("I asked {name} about it."), model) == "I ASKED {name} ABOUT IT."
    assert model.read == ["I asked Tom about it."]


def test_pieces_do_not_end_sentences() -> None:
    one = Segment("Open a.b. C? now. Then go.", (Span(5, 12, Kind.NAME, output=("a.b. C?",)),))
    assert translate(one, Model()) == "OPEN a.b. C? NOW. THEN GO."


def test_a_sentence_of_pieces_alone_is_not_translated() -> None:
    model = Model()
    assert translate(segment("{a} {b}, {c}"), model) == "{a} {b}, {c}"
    assert model.read == []


def test_a_lost_carrier_is_tried_with_another() -> None:
    model = Model(lambda text: text.replace("Tom", ""))
    assert translate(segment("I asked {name} about it."), model) == "I ASKED {name} ABOUT IT."
    assert len(model.read) == 2


def test_a_changed_carrier_is_found_by_alignment() -> None:
    model = Model(lambda text: re.sub(r"\d{4}|Tom", "9999", text))
    assert translate(segment("I asked {name} about it."), model) == "I ASKED {name} ABOUT IT."


def test_without_alignment_what_stands_around_is_translated() -> None:
    model = Model(lambda text: re.sub(r"\d{4}|Tom", "gone", text), identity=False)
    assert translate(segment("I asked {name} about it."), model) == "I ASKED {name} ABOUT IT."
    assert model.read[-2:] == ["I asked", "about it"]


def test_many_pieces_are_not_even_tried() -> None:
    text = " and ".join(f"{{a{n}}}" for n in range(40))
    model = Model()
    assert translate(segment(text), model) == text.replace("and", "AND")
    assert set(model.read) == {"and"}


@pytest.mark.parametrize(
    ("spoil", "expected", "read"),
    [
        (lambda text: text.replace("cloud", "nube"), "THE nube IS BIG.", 1),
        (lambda text: text.replace("cloud", "nubes"), "THE nube IS BIG.", 2),
        (lambda text: text.replace("cloud", "nubes").replace("nube ", "nubes "), "THE nube IS BIG.", 3),
    ],
)
def test_a_term_is_there_however_the_model_says_it(spoil: Spoil, expected: str, read: int) -> None:
    one = Segment("The cloud is big.", (Span(4, 9, Kind.TERM, output=("nube",)),))
    model = Model(spoil)
    assert translate(one, model) == expected
    assert len(model.read) == read


def test_a_term_that_is_all_there_is() -> None:
    one = Segment("Cloud", (Span(0, 5, Kind.TERM, output=("Nube",)),))
    assert translate(one, Model(lambda text: "anything")) == "Nube"


def test_tags_around_pieces() -> None:
    one = segment("Ask <b>{name}</b> about <i>it</i>.")
    assert translate(one, Model()) == "ASK <b>{name}</b> ABOUT <i>IT</i>."
    lost = Model(lambda text: re.sub(r"\d{4}|Tom", "", text), identity=False)
    assert translate(one, lost) == "ASK <b>{name}</b> ABOUT <i>IT</i>."


def test_an_escaped_segment_never_becomes_markup() -> None:
    model = Model(lambda text: "<script>" + text + "</b> & {name}")
    result = translate(segment("Ask {name}, <b>please</b>.", escape=True), model)
    assert result.count("<") == 2
    assert "&lt;SCRIPT&gt;" in result


_PIECES = st.lists(
    st.one_of(
        st.sampled_from(["{a}", "{b}", "<b>x", "</b>", "<m/>", ". ", ", ", " ", "word ", "Word ", "7301 ", "漢字"]),
        st.text(alphabet="ab .,é", max_size=5),
    ),
    max_size=14,
)


def _balanced(parts: Sequence[str]) -> str:
    depth = 0
    made = []
    for part in parts:
        if part == "</b>":
            if not depth:
                continue
            depth -= 1
            made.append("y")
        depth += part == "<b>x"
        made.append(part)
    return "".join(made) + "y</b>" * depth


@given(_PIECES, st.randoms(use_true_random=False))
def test_a_model_that_does_as_it_likes_breaks_nothing(parts: Sequence[str], chance: random.Random) -> None:
    def spoil(text: str) -> str:
        words = text.split()
        for _ in range(chance.randint(0, 3)):
            deed = chance.randrange(5)
            place = chance.randrange(len(words) + 1)
            if deed == 0:
                words[place : place + 1] = []
            elif deed == 1:
                words[place:place] = words[:place]
            elif deed == 2:
                chance.shuffle(words)
            elif deed == 3:
                words.insert(place, chance.choice(["{zz}", "7301", "6482", "<b>", "&lt;", "&", "</b>", "<m/>", "ö"]))
            else:
                words = words[::-1]
        return " ".join(words)

    tagged = _balanced(parts)
    one = segment(tagged, escape=True)
    result = translate(one, Model(spoil, identity=chance.random() < 0.5))
    assert sorted(re.findall(r"</?[a-z]+/?>", result)) == sorted(re.findall(r"</?[a-z]+/?>", tagged))
    depth = 0
    for tag in re.findall(r"</?b>", result):
        depth += -1 if tag == "</b>" else 1
        assert depth >= 0
    for piece in ("{a}", "{b}"):
        # What the model invents is in capitals.
        assert result.count(piece) == tagged.count(piece)
    assert not re.search(r"&(?!amp;|lt;|gt;|quot;|#x27;)", result)


def test_an_unchanged_segment_is_given_as_it_was() -> None:
    one = Segment("1 & 2", (), "1 &amp; 2", lambda text: "escaped")
    assert translate(one, Model()) == "1 &amp; 2"


def test_alternatives_change_nothing_about_the_best_translation() -> None:
    class Wide(Model):
        def _candidates(self, sentence: str, aligned: bool) -> list[Candidate]:
            others = [Candidate(f"{name} {sentence}", -2.0) for name in ("first", "second")]
            return [self._candidate(sentence, aligned), *others]

        def __call__(self, sentences: Sequence[str], *, aligned: Sequence[bool]) -> list[list[Candidate]]:
            return [self._candidates(one, wanted) for one, wanted in zip(sentences, aligned, strict=True)]

    def lose_names(text: str) -> str:
        return text.replace("Tom", "")

    one = segment("I asked {name} about it.")
    draft = take_apart((one,), "en")
    (found,) = translate_sentences(draft.sentences(), Wide(lose_names), "en", "es")
    versions = [draft.assemble([rendition], "es") for rendition in found]
    assert versions[0] == translate(one, Model(lose_names)) == "I ASKED {name} ABOUT IT."
    assert len(versions) == len(set(versions)) > 2
    assert all(version.count("{name}") == 1 for version in versions)


def test_bars_separate() -> None:
    model = Model()
    assert translate(segment("Home | <b>About us</b> • {name}'s | "), model) == "HOME | <b>ABOUT US</b> • {name}'S | "
    assert model.read[:2] == ["Home", "About us"]


def test_pieces_of_a_tag_are_not_set_apart() -> None:
    one = segment("I saw <b>{a} with {b}</b> and {c}.")

    def swap(text: str) -> str:
        carriers = re.findall(r"Tom|Boston|Linux|Kvadrat|\d{4}", text)
        if len(carriers) < 3:
            return text
        return f"{carriers[0]} saw {carriers[2]} with {carriers[1]}"

    result = translate(one, Model(swap))
    assert re.search(r"<b>[^<]*\{a\}[^<]*\{b\}[^<]*</b>[^<]*\{c\}", result)


def test_a_piece_that_looks_like_a_marker_is_kept() -> None:
    one = Segment("x) is good", (Span(0, 1, Kind.NAME, output=("<select>",)),))
    assert translate(one, Model()) == "<select>) IS GOOD"


def test_segments_in_tags_are_translated() -> None:
    inner = Segment("a title", (), "a title")
    one = Segment("text", (Span(0, 4, Kind.PAIR, ('<b title="', inner, '">'), ("</b>",)),), "raw")
    assert translate(one, Model()) == '<b title="a TITLE">TEXT</b>'
    alone = Segment("1", (Span(0, 1, Kind.PAIR, ('<b title="', inner, '">'), ("</b>",)),), "raw")
    assert translate(alone, Model()) == '<b title="a TITLE">1</b>'
