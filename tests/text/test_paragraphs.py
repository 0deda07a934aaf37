"""What is a segment, and that everything else comes back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libretranslate_py.text.paragraphs import DIVIDER, LONGEST_WORD, extract, is_translatable
from libretranslate_py.text.placeholders import DEFAULT
from libretranslate_py.text.spans import Kind, Segment, Template, fill

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


def segments_in(template: Template) -> list[str]:
    return [piece.text for piece in template if isinstance(piece, Segment)]


def raw(template: Template) -> str:
    return fill(template, lambda segment: segment.raw)


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
        ("1.- Lavar", ["Lavar"]),
        ("1.) Wash", ["Wash"]),
        ("a.) Wash", ["Wash"]),
        ("A. Wash\nB. Dry", ["Wash", "Dry"]),
        ("  a. Wash\r\n\r\n  b. Dry\n  c. Rest", ["Wash", "Dry", "Rest"]),
        ("i. Wash\nii. Dry\niii. Rest\niv. Go\nv. End", ["Wash", "Dry", "Rest", "Go", "End"]),
        ("VIII. Wash\nIX. Dry\nX. Rest", ["Wash", "Dry", "Rest"]),
        ("- a.- Wash\n- b.- Dry", ["Wash", "Dry"]),
        ("h. Wash\ni. Dry\nj. Rest", ["Wash", "Dry", "Rest"]),
        ("A. Einstein was here.", ["A. Einstein was here."]),
        ("A. Einstein\nC. Darwin", ["A. Einstein", "C. Darwin"]),
        ("A. Einstein\nwith\nB. Franklin", ["A. Einstein", "with", "B. Franklin"]),
        ("a. Wash\nB. Dry", ["a. Wash", "B. Dry"]),
        ("a. Wash\nb) Dry", ["a. Wash", "Dry"]),
        ("Me or\nI. am", ["Me or", "I. am"]),
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
    template = extract(text)
    assert segments_in(template) == segments
    assert raw(template) == text
    assert is_translatable(text) == bool(segments)


def test_translations_take_the_places_of_the_segments() -> None:
    template = extract("\ufeff\n  - Wash your hands.\r\n\t2) Dry\tthem 😀\n")
    assert segments_in(template) == ["Wash your hands.", "Dry", "them"]
    translations = iter(["A", "", "B\nC"])
    assert fill(template, lambda _: next(translations)) == "\ufeff\n  - A\r\n\t2) \tB\nC 😀\n"


def test_strings_and_segments_take_turns() -> None:
    template = extract("- one\n\t- two {x}\n3 {n, plural, other {# files}} 4\n", DEFAULT.find)
    kinds = [isinstance(piece, Segment) for piece in template]
    assert kinds == [False, True] * 3 + [False]


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("Hello  world", ["Hello world"]),
        ("Hello    world", ["Hello world"]),
        ("- Hello  world\nIt is  so", ["Hello world", "It is so"]),
        ("  Hello  world  ", ["Hello world"]),
        ("Hello  World", ["Hello", "World"]),
        ("one  two  three", ["one", "two", "three"]),
        ("one\ttwo  three", ["one", "two", "three"]),
        ("one | two  three", ["one", "two", "three"]),
        ("It ends.  so", ["It ends.", "so"]),
        ("Room 5  is free", ["Room 5 is free"]),
        ("one  two\nthree  four", ["one two", "three four"]),
    ],
)
def test_spaces_in_the_middle_of_a_sentence(text: str, segments: list[str]) -> None:
    template = extract(text)
    assert segments_in(template) == segments
    assert raw(template) == text


def test_the_spaces_beyond_the_first_are_a_mark() -> None:
    (segment,) = extract("Hello   world")
    assert isinstance(segment, Segment)
    ((start, kind, opening),) = [(span.start, span.kind, span.opening) for span in segment.spans]
    assert (segment.text[start:], kind, opening) == ("world", Kind.MARK, ("  ",))


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        # pieces in a sentence
        ("I ❤ you", ["I you"]),
        ("I am 😀 and happy", ["I am and happy"]),
        ("Hello {name}, hi", ["Hello {name}, hi"]),
        ("{name} is here", ["{name} is here"]),
        ("I like %s", ["I like %s"]),
        ("So **very** good", ["So very good"]),
        ("**Note:** wash", ["Note: wash"]),
        ("Open a → b", ["Open a", "b"]),
        # at the edges
        ("🎉 Well done! 😀", ["Well done!"]),
        ("It is so [1]", ["It is so"]),
        ("It is so.[1]", ["It is so."]),
        ("[1] It is so", ["It is so"]),
        ("**Wash**", ["Wash"]),
        ("- **Wash your hands**", ["Wash your hands"]),
        ("<b><i>Wash</i></b>", ["Wash"]),
        ("<b>- Wash</b>", ["Wash"]),
        ("What a day! #sun #beach", ["What a day!"]),
        ("What a day! 😀 #sun 😀 #beach 😀", ["What a day!"]),
        ("What a #sunny #day", ["What a #sunny #day"]),
        ("(See {name})", ["See {name}"]),
        # pieces alone
        ("{name}", []),
        ("%s: %d", []),
        ("**{name}**", []),
        ("@bob #tag 😀 [1]", []),
        ("v1.2.3 getName()", []),
        ("<b>😀</b>", []),
        # what separates stands in a piece
        ("See {n, date,\n\tshort} now", ["See {n, date,\n\tshort} now"]),
        ("Try `a | b` now", ["Try `a | b` now"]),
        ("See https://example.org/" + "a" * 200 + " now", ["See https://example.org/" + "a" * 200 + " now"]),
        ("{n, plural, one {# file} other {# files}}", ["# file", "# files"]),
        ("1. {n, plural, one {# file} other {# files}} 😀", ["# file", "# files"]),
        ("{n, plural, other {one line\nanother}}", ["one line", "another"]),
        # a separator within a pair
        ("<b>One\ntwo</b>", ["One", "two"]),
        ("So <b>One\ntwo</b> so", ["So One", "two so"]),
        # as without pieces
        ("2.10.3. Wash", ["Wash"]),
        ("1.1 Wash", ["Wash"]),
        ("Name   Street name", ["Name", "Street name"]),
        ("| Tom | 12 | Good day |", ["Tom", "Good day"]),
        ("# Title", ["Title"]),
        ("* milk", ["milk"]),
        ("1️⃣ Wash", ["Wash"]),
    ],
)
def test_segments_with_pieces(text: str, segments: list[str]) -> None:
    template = extract(text, DEFAULT.find)
    assert segments_in(template) == segments
    assert raw(template) == text


def test_a_pair_that_is_divided_is_two_marks() -> None:
    first, _, second = extract("So <b>One\ntwo</b> so", DEFAULT.find)
    assert isinstance(first, Segment)
    assert isinstance(second, Segment)
    assert [(span.kind, span.opening) for span in first.spans] == [(Kind.MARK, ("<b>",))]
    assert [(span.kind, span.opening) for span in second.spans] == [(Kind.MARK, ("</b>",))]


@settings(deadline=None, max_examples=300)
@given(LAYOUT | ANY_TEXT)
def test_everything_comes_back(text: str) -> None:
    template = extract(text)
    assert raw(template) == text
    assert is_translatable(text) == bool(segments_in(template))
    for segment in segments_in(template):
        assert any(map(str.isalpha, segment))
        assert segment == segment.strip()
        assert "  " not in segment
        assert not any(c in segment for c in "\n\r\t\x00\x85\u2028")
        segment.encode()


@settings(deadline=None, max_examples=300)
@given(LAYOUT | ANY_TEXT)
def test_a_segment_is_its_own_segment_or_loses_edges_only(text: str) -> None:
    """Extracting twice finds nothing to divide: no separator is left inside a segment."""
    for segment in segments_in(extract(text)):
        assert len(segments_in(extract(segment))) <= 1


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Fish & chips", ["Fish", "chips"]),
        ("Fish &amp; chips", ["Fish", "chips"]),
        ("one | two \u2022 three", ["one", "two", "three"]),
        ("File > Save as > Text", ["File", "Save as", "Text"]),
        ("this -> that --> these := those != x", ["this", "that", "these", "those", "x"]),
        ("a  ==  b", ["a", "b"]),
        ("one - two", ["one - two"]),
        ("well-known and/or 5% R&D", ["well-known and/or 5% R&D"]),
        ("<3 you :) -1 =)", ["<3 you :) -1 =)"]),
        ("+ one", ["+ one"]),
        ("so !", ["so !"]),
        ("it is: so", ["it is: so"]),
    ],
)
def test_signs_that_divide(text: str, parts: list[str]) -> None:
    assert DIVIDER.split(text) == parts


def test_many_spaces_do_not_take_long() -> None:
    assert DIVIDER.search("a" + " " * 1_000_000 + "b") is None
    assert DIVIDER.search("= " * 300_000 + "b") is not None
    assert DIVIDER.search("a " + "=" * 1_000_000) is None


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
        ("a. b\nb. c\n" * 50_000, 100_000),
        (" > " * 300_000 + "a. b", 1),
    ],
    ids=lambda value: repr(value)[:16],
)
def test_large_texts(text: str, count: int) -> None:
    template = extract(text)
    assert len(segments_in(template)) == count
    assert raw(template) == text
