"""What is a segment, and that everything else comes back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libretranslate_py.text.paragraphs import LONGEST_WORD, extract, is_translatable

# Texts made of the characters and words that the rules are about, lone surrogates among them.
LAYOUT = st.lists(
    st.sampled_from(
        [
            "\n",
            "\r\n",
            "\r",
            "\t",
            " ",
            "  ",
            "\u00a0",
            "\u3000",
            "\u2028",
            "\x00",
            "\x0b",
            "\x85",
            "\ud800",
            "\u200b",
            "\ufeff",
            "😀",
            "- ",
            "1. ",
            "(a) ",
            "> ",
            "[x] ",
            "# ",
            "1️⃣",
            "word",
            "Haus.",
            "你好",
            "ไทย",
            "https://a.example/b",
            "x" * LONGEST_WORD,
        ]
    )
).map("".join)
ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("Hello", ["Hello"]),
        ("  Hello world \n", ["Hello world"]),
        ("One\nTwo\r\nThree\rFour", ["One", "Two", "Three", "Four"]),
        ("One\n\n\n Two", ["One", "Two"]),
        ("One\u2028Two\u2029Three\x0bFour\x0cFive\x85Six", ["One", "Two", "Three", "Four", "Five", "Six"]),
        ("Name\tAge\nAnna Lee\t5", ["Name", "Age", "Anna Lee"]),
        ("Name   Street name", ["Name", "Street name"]),
        ("Bonjour\u00a0!", ["Bonjour\u00a0!"]),
        ("\u00a0\u3000Hi\u00a0", ["Hi"]),
        ("a\x00b", ["a", "b"]),
        ("good\ud800morning", ["good", "morning"]),
        ("\ufeffHi\u200b", ["Hi"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        # list markers
        ("- milk", ["milk"]),
        ("* milk", ["milk"]),
        ("• milk", ["milk"]),
        ("•milk", ["milk"]),
        ("1. Wash your hands.", ["Wash your hands."]),
        ("2.10.3. Wash", ["Wash"]),
        ("1) Wash", ["Wash"]),
        ("(1) Wash", ["Wash"]),
        ("a) Wash", ["Wash"]),
        ("iv) Wash", ["Wash"]),
        ("[ ] Wash", ["Wash"]),
        ("- [x] Wash", ["Wash"]),
        ("> > Wash", ["Wash"]),
        ("## Wash", ["Wash"]),
        ("— Bonjour", ["Bonjour"]),
        ("1️⃣ Wash", ["Wash"]),
        ("-5 degrees", ["-5 degrees"]),
        ("3.5 million", ["3.5 million"]),
        ("#hashtag", ["#hashtag"]),
        ("I am", ["I am"]),
        ("*Wash*", ["Wash"]),
        ("(Wash your hands.)", ["Wash your hands."]),
        ("(one) and (two)", ["(one) and (two)"]),
        ("**Wash**", ["Wash"]),
        ("| Tom | 12 | Good day |", ["Tom", "Good day"]),
        ("1.1 Wash", ["Wash"]),
        ("3.14 is a number", ["3.14 is a number"]),
        ("—Hola", ["Hola"]),
        # symbols at the edges
        ("🎉 Well done! 😀", ["Well done!"]),
        ("I ❤ you", ["I", "you"]),
        # nothing to translate
        ("", []),
        (" \n\t ", []),
        ("12.5 %", []),
        ("... !? —", []),
        ("😀👍🏽 ❤️", []),
        ("https://example.com/path?q=word", []),
        ("<https://example.com>, www.example.org", []),
        ("info@example.com", []),
        ("example.com", []),
        ("README.md", []),
        ("1.", []),
        ("a)", []),
        ("\u3164", []),
        ("See https://example.com", ["See https://example.com"]),
        ("请看https://example.com", ["请看https://example.com"]),
        ("https://example.com。谢谢", ["https://example.com。谢谢"]),
        # words that are none
        ("x" * LONGEST_WORD, ["x" * LONGEST_WORD]),
        ("x" * (LONGEST_WORD + 1), []),
        ("The key " + "aB3+/" * 40 + " is secret", ["The key", "is secret"]),
        ("我" * 500, ["我" * 500]),
        ("ไ" * 500, ["ไ" * 500]),
        ("က" * 500, ["က" * 500]),
        ("カ" * 500, ["カ" * 500]),
        ("请用" + "aB3" * 50 + "登录", ["请用", "登录"]),
    ],
)
def test_segments(text: str, segments: list[str]) -> None:
    found, rebuild = extract(text)
    assert found == segments
    assert rebuild(found) == text
    assert is_translatable(text) == bool(segments)


def test_translations_take_the_places_of_the_segments() -> None:
    segments, rebuild = extract("\ufeff\n  - Wash your hands.\r\n\t2) Dry\tthem 😀\n")
    assert segments == ["Wash your hands.", "Dry", "them"]
    assert rebuild(["A", "", "B\nC"]) == "\ufeff\n  - A\r\n\t2) \tB\nC 😀\n"


@pytest.mark.parametrize("translations", [[], ["a"], ["a", "b", "c"]])
def test_as_many_translations_as_segments(translations: list[str]) -> None:
    _, rebuild = extract("one\ntwo")
    with pytest.raises(ValueError, match="zip"):
        rebuild(translations)


@settings(deadline=None, max_examples=300)
@given(LAYOUT | ANY_TEXT)
def test_everything_comes_back(text: str) -> None:
    segments, rebuild = extract(text)
    assert rebuild(segments) == text
    assert is_translatable(text) == bool(segments)
    for segment in segments:
        assert any(map(str.isalpha, segment))
        assert segment == segment.strip()
        assert "  " not in segment
        assert not any(c in segment for c in "\n\r\t\x00\x85\u2028")
        segment.encode()


@settings(deadline=None, max_examples=300)
@given(LAYOUT | ANY_TEXT)
def test_a_segment_is_its_own_segment_or_loses_edges_only(text: str) -> None:
    """Extracting twice finds nothing to divide: no separator is left inside a segment."""
    for segment in extract(text)[0]:
        assert len(extract(segment)[0]) <= 1


# Each of these took a naive pattern minutes; a quadratic one would not end within the limit of the test run.
@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("\n" * 100_000, 0),
        ("a" * 1_000_000, 0),
        (" " * 1_000_000, 0),
        ("a " + "😀 " * 300_000 + "b", 2),
        ("a\t" * 100_000, 100_000),
        ("1.1." * 250_000, 0),
        ("- " * 300_000, 0),
        ("http://a.example " * 50_000, 0),
        ("a@" * 300_000, 0),
        ("你" * 1_000_000, 1),
        (("a" * LONGEST_WORD + " ") * 9_000, 1),
    ],
    ids=lambda value: repr(value)[:16],
)
def test_large_texts(text: str, count: int) -> None:
    segments, rebuild = extract(text)
    assert len(segments) == count
    assert rebuild(segments) == text
