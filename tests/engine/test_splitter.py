"""Where sentences end, and how a long one is cut."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libretranslate_py.engine.splitter import cut, split

LANGUAGES = ["en", "es", "fr", "de", "el", "hy", "th", "zh", "ja", "km", "xx", ""]
# Single characters and short words that the rules are about.
SPACES_AND_STRAYS = list(" \u00a0\u202f\u3000\u2028\n\ud800\u037e")
MARKS = list(".!?…。؟।។;:,\"'”«»()]")
WORDS = ["Z", "z", "é", "你", "ไ", "1", "5.", "...", "M.", "Mme.", "e.g.", "  "]
TRICKY = st.lists(st.sampled_from([*SPACES_AND_STRAYS, *MARKS, *WORDS]), max_size=40).map("".join)
ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("en", ["Hello world.", "How are you?", "Fine!", "And you"]),
        ("en", ["hello there.", "how are you?", "fine"]),
        ("en", ["Visit https://example.com/a.b?c=D!e now.", "Mail a.b@c.example today."]),
        ("en", ["It costs 3.14 or 1.000,50 in v2.0.1 of file.txt.", "Node.js is fine."]),
        ("en", ["See e.g. Smith and i.e. Jones in the U.S. Army.", "Then go."]),
        ("en", ["Wait... what?", "Well...", "Then go."]),
        ("en", ["Hm…", "Then go… and come back."]),
        ("en", ["Mr. Smith met Dr. Jones at St. Mary's.", "He left."]),
        ("en", ["1. Wash your hands.", "2. Dry them."]),
        ("en", ["A. First.", "B. Second."]),
        ("en", ["See Fig. 3 and p. 5.", "They left."]),
        ("en", ['He said "Stop." and left.', '"Go."', "She did."]),
        ("en", ['"No!" she cried.', "“Yes.”", "He went."]),
        ("en", ['He said "Stop. "', "Then he left."]),
        ("en", ["Hello!!!", "What?!", "No..."]),
        ("fr", ["M. Dupont et Mme. Durand sont là.", "Mlle. Petit arrive."]),
        ("fr", ["« Viens ! » dit-il.", "« Non. »", "Il part."]),
        ("es", ["El Sr. García y la Sra. López llegan.", "¿Qué?", "¡No!"]),
        ("es", ["Otros, p. ej. Madrid.", "Hola."]),
        ("de", ["Dr. Müller kommt am 1. Mai z. B. nach Berlin.", "Er sagte: „Komm.“", "Dann ging er."]),
        ("de", ["Der 3. Mann ist hier.", "Gut."]),
        ("nl", ["Dhr. Jansen en mevr. De Vries.", "Mw. Bakker."]),
        ("hi", ["यह किताब है।", "वह लड़का है।", "क्या?"]),
        ("ur", ["یہ کتاب ہے۔", "کیا؟", "جی"]),
        ("ar", ["هذا كتاب.", "كيف حالك؟", "بخير!", "نعم"]),
        ("el", ["Τι κάνεις;", "Καλά.", "Ευχαριστώ!"]),
        ("el", ["Τι κάνεις\u037e", "Καλά."]),
        ("ko", ["안녕하세요.", "반갑습니다!"]),
        ("th", ["สวัสดีครับ", "ผมชื่อ"]),
        ("th", ["เด็ก ๆ", "เล่น 5 คน"]),
        ("am", ["ሰላም።", "ደህና።"]),
        ("xx", ["One.", "Two."]),
    ],
)
def test_sentences(language: str, sentences: list[str]) -> None:
    assert split(" ".join(sentences), language) == [(s, " ") for s in sentences[:-1]] + [(sentences[-1], "")]


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        ("zh", ["你好。", "你好吗？", "很好！", "价格3.5元。"]),
        ("zh", ["他说：“你好。”", "然后走了。"]),
        ("ja", ["「こんにちは。」と言った。", "今日は？", "はい！"]),
        ("km", ["សួស្តី។", "អ្នក។"]),
    ],
)
def test_sentences_without_spaces(language: str, sentences: list[str]) -> None:
    assert split("".join(sentences), language) == [(s, "") for s in sentences]


@pytest.mark.parametrize("segment", ["!! Hello there.", "Hello there. !!", "Wow. 😀 …", "5. 6."])
def test_what_has_no_word_is_no_sentence(segment: str) -> None:
    assert split(segment, "en") == [(segment, "")]


@pytest.mark.parametrize("segment", ["Z\u00a0.", "A\u202f. B", "Z\u3000. A\u2009.", "x\ud800. Y\udfff."])
def test_wide_spaces_and_surrogates_do_no_harm(segment: str) -> None:
    assert "".join(s + space for s, space in split(segment, "en")) == segment


def test_white_space_is_the_separator() -> None:
    assert split("One.\u00a0 \tTwo.\n", "en") == [("One.", "\u00a0 \t"), ("Two.", "\n")]
    assert split("", "en") == []
    assert split("  ", "en") == [("", "  ")]


def test_ends_are_found_beyond_the_first_window() -> None:
    """sentencex sees a part of a long text at a time; no sentence may be divided or joined where one part ends."""
    sentences = [f"This is sentence number {'x' * (i % 37)} of many." for i in range(500)]
    assert [s for s, _ in split(" ".join(sentences), "en")] == sentences
    long = "word " * 3000 + "end."
    assert [s for s, _ in split(f"{long} Next one.", "en")] == [long, "Next one."]


@settings(deadline=None, max_examples=500)
@given(TRICKY | ANY_TEXT, st.sampled_from(LANGUAGES))
def test_nothing_is_lost_by_splitting(segment: str, language: str) -> None:
    pairs = split(segment, language)
    assert "".join(sentence + separator for sentence, separator in pairs) == segment
    for sentence, separator in pairs:
        assert sentence == sentence.rstrip()
        assert not separator.strip()
    if segment.strip():
        assert all(sentence for sentence, _ in pairs)


@pytest.mark.parametrize(
    "segment",
    [
        "a." * 300_000,
        "你好。" * 60_000,
        "' " * 300_000 + "a. B",
        ". " * 300_000,
        "M. Dupont " * 60_000,
        "." + '"' * 600_000 + "a",
        "… A" * 60_000,
    ],
    ids=lambda value: repr(value)[:16],
)
def test_large_segments(segment: str) -> None:
    assert "".join(s + space for s, space in split(segment, "zh")) == segment


# --- cut ------------------------------------------------------------------------------------------------------------


def words(text: str) -> int:
    return len(text.split())


def word_pieces(text: str) -> int:
    """Like a subword tokeniser: four characters a piece, and one for every other character."""
    return len(re.findall(r"\w{1,4}|\S", text))


def test_a_sentence_within_the_limit_is_left_alone() -> None:
    assert cut("One, two, three.", words, 3) == [("One, two, three.", "")]
    assert cut("", words, 3) == [("", "")]


@pytest.mark.parametrize(
    ("sentence", "pieces"),
    [
        (
            "When the rain had stopped we went out; nobody at all was there that day.",
            ["When the rain had stopped we went out;", "nobody at all was there that day."],
        ),
        (
            "When the rain had stopped we went out, nobody at all was there that day.",
            ["When the rain had stopped we went out,", "nobody at all was there that day."],
        ),
        (
            "He was sure, very sure of it: nobody, not one of them, was there.",
            ["He was sure, very sure of it:", "nobody, not one of them, was there."],
        ),
        (
            "It cost 1,000 and 2,000 and 3,000 and 4,000 and 5,000",
            ["It cost 1,000 and 2,000", "and 3,000 and 4,000 and 5,000"],
        ),
    ],
)
def test_clauses_are_kept_together(sentence: str, pieces: list[str]) -> None:
    assert cut(sentence, words, 10) == [(pieces[0], " "), (pieces[1], "")]


def test_full_width_marks_need_no_space() -> None:
    assert cut("我们今天去公园玩，他们明天去学校读书", len, 12) == [
        ("我们今天去公园玩，", ""),
        ("他们明天去学校读书", ""),
    ]


def test_pieces_are_of_about_equal_length() -> None:
    pieces = [words(piece) for piece, _ in cut("word " * 1010, words, 100)]
    assert max(pieces) <= 100
    assert min(pieces) >= 60


def test_accents_stay_with_their_letters() -> None:
    pieces = cut("e\u0301" * 50, len, 17)
    assert all(piece.startswith("e") for piece, _ in pieces)


@settings(deadline=None, max_examples=300)
@given(
    TRICKY | ANY_TEXT | st.text("ab ,;", max_size=200), st.integers(1, 12), st.sampled_from([words, word_pieces, len])
)
def test_pieces_are_whole_and_short_enough(sentence: str, limit: int, count: Callable[[str], int]) -> None:
    pieces = cut(sentence, count, limit)
    assert "".join(piece + separator for piece, separator in pieces) == sentence
    for piece, separator in pieces:
        assert count(piece) <= limit or len(piece) < 2
        assert not separator.strip()


@pytest.mark.parametrize(
    "sentence",
    [
        "a" * 1_000_000,
        "hello world " * 80_000,
        "你好，" * 300_000,
        "," * 1_000_000,
        " " * 1_000_000,
        "x" * 900_000 + "你" * 3000,
    ],
    ids=lambda value: repr(value)[:16],
)
def test_counting_is_linear(sentence: str) -> None:
    calls: list[int] = []

    def count(text: str) -> int:
        calls.append(len(text))
        return -(-len(text) // 3)

    pieces = cut(sentence, count, 160)
    assert "".join(piece + separator for piece, separator in pieces) == sentence
    assert len(calls) < 3 * len(sentence) / 3 / 160
    assert sum(calls) < 4 * len(sentence)
