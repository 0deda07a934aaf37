"""Terms are found as whole words, the longest first, in linear time; their translations follow the case of the text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libretranslate_py.errors import InvalidParameter
from libretranslate_py.text.glossary import LONGEST_TERM, MOST_TERMS, Glossary, build, merge, normalise, parse
from libretranslate_py.text.spans import Kind, Span
from libretranslate_py.text.terms import Finder, split

ANY_TEXT = st.text(st.characters(exclude_categories=()))


def find(terms: Mapping[str, str | None], text: str, target: str = "") -> list[tuple[str, str]]:
    """What is found in ``text``, each with what is written for it."""
    glossary = parse(terms)
    assert glossary is not None
    return [(text[span.start : span.end], written(span)) for span in glossary.find(text, target)]


def written(span: Span) -> str:
    (output,) = span.output
    assert isinstance(output, str)
    return output


def apply(glossary: Glossary | None, text: str) -> str:
    assert glossary is not None
    for span in reversed(glossary.find(text)):
        text = text[: span.start] + written(span) + text[span.end :]
    return text


class TestWhatIsFound:
    def test_a_term_and_a_name_that_stays(self) -> None:
        glossary = parse({"cloud": "nube", "acme": None})
        assert glossary is not None
        assert glossary.find("ACME cloud") == [
            Span(0, 4, Kind.NAME, output=("ACME",)),
            Span(5, 10, Kind.TERM, output=("nube",)),
        ]

    @pytest.mark.parametrize("text", ["clouds", "cloudy", "icloud", "cloud_1", "cloud9", "the-CLOUDS", "cloud\u0301"])
    def test_only_whole_words(self, text: str) -> None:
        assert find({"cloud": "nube"}, text) == []

    @pytest.mark.parametrize(
        "text", ["cloud", "(cloud)", "my cloud's", "cloud-based", "un'cloud", "云cloud云", "a/cloud."]
    )
    def test_words_end_at_anything_but_letters_and_digits(self, text: str) -> None:
        assert find({"cloud": "nube"}, text) == [("cloud", "nube")]

    @pytest.mark.parametrize(
        ("term", "text", "found"),
        [
            ("C++", "C++ and C", "C++"),
            (".NET", "Use .NET!", ".NET"),
            ("A/B test", "an A/B test", "A/B test"),
            ("100 %", "100\u00a0% of", "100\u00a0%"),
            ("ice cream", "ice \n\t cream", "ice \n\t cream"),
            ("ice  cream", "ice cream", "ice cream"),
            ("ice cream", "ice\u202fcream", "ice\u202fcream"),
            ("don't", "I don’t", "don’t"),
            ("l’eau", "de l'eau", "l'eau"),
            ('"x"', "“x”", "“x”"),
            ("e-mail", "e\u2011mail", "e\u2011mail"),
            ("café", "cafe\u0301 noir", "cafe\u0301"),
            ("cafe\u0301", "café noir", "café"),
            ("straße", "STRASSE", "STRASSE"),
            ("software", "soft\u00adware", "soft\u00adware"),
            ("हिन्दी", "यह हिन्दी है", "हिन्दी"),
            ("人工智能", "使用人工智能技术", "人工智能"),
            ("ガス", "カ\u3099スの", "カ\u3099ス"),
            ("istanbul", "İSTANBUL", "İSTANBUL"),
        ],
    )
    def test_different_ways_to_write_the_same(self, term: str, text: str, found: str) -> None:
        assert find({term: None}, text) == [(found, found)]

    @pytest.mark.parametrize(
        ("term", "text"), [("हि", "हिन्दी"), ("caf", "cafe\u0301"), ("cafe", "cafe\u0301"), ("カ", "カ\u3099")]
    )
    def test_marks_belong_to_their_letters(self, term: str, text: str) -> None:
        assert find({term: None}, text) == []

    def test_a_term_with_a_capital_is_found_as_it_is_written_only(self) -> None:
        assert find({"Apple": None}, "Apple apple APPLE") == [("Apple", "Apple")]
        assert find({"iPhone": None}, "iPhone IPHONE iphone") == [("iPhone", "iPhone")]

    def test_the_term_as_written_wins_over_the_one_in_any_case(self) -> None:
        terms = {"apple": "manzana", "Apple": None}
        assert find(terms, "Apple apple APPLE") == [("Apple", "Apple"), ("apple", "manzana"), ("APPLE", "MANZANA")]

    def test_the_longest_first_and_nothing_twice(self) -> None:
        terms = {"a": "1", "a b": "2", "a b c": "3", "b c d": "4", "d": "5"}
        assert find(terms, "a b c d") == [("a b c", "3"), ("d", "5")]
        assert find(terms, "x b c d a b") == [("b c d", "4"), ("a b", "2")]

    def test_what_begins_first_wins_over_what_is_longer(self) -> None:
        assert find({"a b": "1", "b c d e": "2"}, "a b c d e") == [("a b", "1")]

    def test_a_failed_long_term_leaves_the_short_one(self) -> None:
        assert find({"a b c d": "1", "b c": "2"}, "a b c x") == [("b c", "2")]

    @given(st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), min_size=1, max_size=8), st.data())
    def test_the_same_as_trying_every_term_at_every_place(self, terms: list[list[str]], data: st.DataObject) -> None:
        keys = data.draw(st.lists(st.sampled_from("abcd"), max_size=30))
        expected = {}
        for place in range(len(keys)):
            fitting = [term for term in terms if keys[place : place + len(term)] == term]
            if fitting:
                longest = max(fitting, key=len)
                expected[place] = len(longest), terms.index(longest)
        assert Finder(terms).longest(keys) == expected

    @given(st.dictionaries(ANY_TEXT.filter(str.strip), st.none(), min_size=1, max_size=5), ANY_TEXT)
    def test_spans_are_in_order_apart_and_keep_the_text(self, terms: dict[str, None], text: str) -> None:
        glossary = build(terms)
        assert glossary is not None
        text = text.join(terms)
        spans = glossary.find(text)
        assert all(0 <= span.start < span.end <= len(text) for span in spans)
        assert all(one.end <= other.start for one, other in pairwise(spans))
        assert apply(glossary, text) == text

    @given(ANY_TEXT)
    def test_tokens_cover_the_text(self, text: str) -> None:
        tokens = split(text)
        assert "".join(text[start:end] for start, end in tokens.ranges) == text
        assert len(tokens.ranges) == len(tokens.keys) == len(tokens.folded)

    @given(st.text(st.sampled_from("aB c_'-.9é"), max_size=20))
    def test_ascii_is_split_as_any_other_text(self, text: str) -> None:
        # The appended character takes the other way through the code, and is a token of its own.
        assert [*split(text).keys, "云"] == list(split(f"{text}云").keys)


class TestCase:
    @pytest.mark.parametrize(
        ("text", "result"),
        [
            ("my cloud", "my nube"),
            ("Cloud is", "Nube is"),
            ("my Cloud", "my Nube"),
            ("THE CLOUD", "THE NUBE"),
            ("cLOUd", "nube"),
            ("Ice cream", "Crema helada"),
            ("“Ice cream”", "“Crema helada”"),
            ("Well. (Ice cream", "Well. (Crema helada"),
            ("well, Ice cream", "well, crema helada"),
            ("well, Ice Cream", "well, Crema helada"),
            ("well, ice Cream", "well, crema helada"),
            ("ICE CREAM", "CREMA HELADA"),
            ("ICE cream", "crema helada"),
            ("well, Head of State", "well, Jefe de Estado"),
            ("well, head of state", "well, Jefe de Estado"),
            ("Iphone", "iPhone"),
            ("THE IPHONE", "THE iPhone"),
            ("THE SIM CARD", "THE TARJETA SIM"),
            ("Sim card", "Tarjeta SIM"),
            ("Where", "¿Dónde"),
            ("I", "Yo"),
            ("¿Qué? Ice cream", "¿Qué? Crema helada"),
            ("Try: Ice cream", "Try: Crema helada"),
            ("Dresden", "4K-TV"),
            ("云", "cloud"),
        ],
    )
    def test_the_translation_follows_the_text(self, text: str, result: str) -> None:
        glossary = parse(
            {
                "cloud": "nube",
                "ice cream": "crema helada",
                "head of state": "Jefe de Estado",
                "iphone": "iPhone",
                "sim card": "tarjeta SIM",
                "where": "¿dónde",
                "i": "yo",
                "dresden": "4K-TV",
                "云": "cloud",
            }
        )
        assert apply(glossary, text) == result

    def test_the_target_language_says_what_a_capital_is(self) -> None:
        terms = {"work": "iş bilgisi"}
        assert find(terms, "WORK", "tr") == [("WORK", "İŞ BİLGİSİ")]
        assert find(terms, "Work", "tr") == [("Work", "İş bilgisi")]
        assert find({"work": "სამუშაო"}, "WORK", "ka") == [("WORK", "სამუშაო")]

    def test_a_term_found_as_written_is_translated_as_written(self) -> None:
        assert find({"Cloud": "nube", "AWS": "el proveedor"}, "Cloud AWS") == [
            ("Cloud", "nube"),
            ("AWS", "el proveedor"),
        ]


class TestHostile:
    """Each would take hours if a step went over the text or the terms again."""

    def test_terms_that_are_beginnings_of_each_other(self) -> None:
        glossary = build({" ".join("a" * count): "b" for count in range(1, 101)})
        assert glossary is not None
        assert len(glossary.find("a " * 200_000)) == 2000

    def test_terms_that_nearly_fit_everywhere(self) -> None:
        near = {" ".join("a" * count) + end: "b" for count in range(1, 99) for end in (" z", " Z", "-z")}
        glossary = build(near | {f"z {source}": "b" for source in near})
        assert glossary is not None
        assert glossary.find("a " * 200_000) == []

    def test_many_terms_in_a_long_text(self) -> None:
        glossary = build({f"word{number} of {number % 7}": "x" for number in range(MOST_TERMS)})
        assert glossary is not None
        assert len(glossary.find("word77 of 0 word77 of 1 " * 30_000)) == 30_000

    @pytest.mark.parametrize("text", ["(" * 300_000 + "Ice cream", "(((((( Ice cream" * 30_000, "'" * 300_000])
    def test_marks_before_a_term(self, text: str) -> None:
        glossary = build({"ice cream": "helado", "'": "’"})
        assert glossary is not None
        assert len(glossary.find(text)) >= 1

    @pytest.mark.parametrize(
        "text",
        [
            "a" * 1_000_000,
            "\u0301" * 1_000_000,
            "e" + "\u0301" * 300_000,
            "e" + "\u0300\u0316" * 300_000,
            " " * 1_000_000,
        ],
    )
    def test_one_endless_token(self, text: str) -> None:
        glossary = build({"a b": "c", "é": "f"})
        assert glossary is not None
        assert glossary.find(text) == []


class TestParse:
    @pytest.mark.parametrize("value", [None, {}, "", "  ", "{}", "null"])
    def test_no_terms(self, value: object) -> None:
        assert parse(value) is None

    def test_a_field_of_a_form(self) -> None:
        terms = {"cloud": "nube", "Acme": None}
        assert apply(parse(json.dumps(terms)), "Acme cloud") == apply(parse(terms), "Acme cloud") == "Acme nube"

    def test_white_space_around_terms_does_not_count(self) -> None:
        assert find({" cloud ": " nube "}, "a cloud") == [("cloud", "nube")]

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            (1, "a JSON object"),
            (True, "a JSON object"),
            (["a"], "a JSON object"),
            ("a=b", "a JSON object"),
            ("[]", "a JSON object"),
            ("[" * 100_000, "a JSON object"),
            ({"a": 1}, "see term 1"),
            ({"x": "y", "a": ["b"]}, "see term 2"),
            ({1: "b"}, "see term 1"),
            ({"": "b"}, "a source term is empty"),
            ({" \u00a0": "b"}, "a source term is empty"),
            ({"\u00ad": "b"}, "a source term is empty"),
            ({"a": ""}, "null means: do not translate"),
            ({"a": " "}, "null means: do not translate"),
            ({"a\nb": "c"}, "line break"),
            ({"a": "b\u2028c"}, "line break"),
            ({"a\0": "b"}, "control character"),
            ({"a": "\ud800"}, "control character"),
            ({"a" * (LONGEST_TERM + 1): "b"}, "longer than 200"),
            ({"a": "b" * (LONGEST_TERM + 1)}, "longer than 200"),
            ({str(number): "b" for number in range(MOST_TERMS + 1)}, "at most 10000"),
        ],
    )
    def test_what_is_refused(self, value: object, words: str) -> None:
        with pytest.raises(InvalidParameter) as caught:
            parse(value)
        assert caught.value.name == "glossary"
        assert words in caught.value.accepted

    def test_as_many_and_as_long_as_allowed(self) -> None:
        terms = {f"{number}".rjust(LONGEST_TERM, "a"): "b" * LONGEST_TERM for number in range(MOST_TERMS)}
        assert parse(terms) is not None

    @given(
        st.recursive(
            st.none() | st.booleans() | st.floats() | ANY_TEXT, lambda v: st.lists(v) | st.dictionaries(ANY_TEXT, v)
        )
    )
    def test_any_value_is_a_glossary_or_an_error(self, value: object) -> None:
        try:
            glossary = parse(value)
        except InvalidParameter as error:
            assert len(error.accepted) < 250
        else:
            assert glossary is None or glossary.find("a") is not None

    def test_no_words_of_the_client_in_the_error(self) -> None:
        with pytest.raises(InvalidParameter) as caught:
            parse({"secret": ""})
        assert "secret" not in str(caught.value)


class TestMerge:
    def test_nothing_with_nothing(self) -> None:
        one = parse({"a": "b"})
        assert merge(None, None) is None
        assert merge(one, None) is merge(None, one) is one

    def test_the_first_is_followed(self) -> None:
        first, second = parse({"cloud": None}), parse({"cloud": "nube", "ice": "hielo"})
        assert apply(merge(first, second), "cloud ice") == "cloud hielo"
        assert apply(merge(second, first), "cloud ice") == "nube hielo"

    def test_the_first_is_followed_whatever_the_case(self) -> None:
        merged = merge(parse({"apple": "pomme"}), parse({"Apple": None}))
        assert apply(merged, "Apple") == "Pomme"

    def test_a_longer_term_of_the_second_is_still_the_longest(self) -> None:
        merged = merge(parse({"ice": "hielo"}), parse({"ice cream": "helado"}))
        assert apply(merged, "ice cream, ice") == "helado, hielo"


class TestIdentity:
    def test_equal_terms_make_two_glossaries(self) -> None:
        one, other = parse({"a": "b"}), parse({"a": "b"})
        assert one == one
        assert one != other
        assert len({one, other}) == 2

    def test_terms_that_are_found_at_the_same_places(self) -> None:
        assert normalise("ice  cream") == normalise(" ICE cream".lower()) == normalise("ice\u00a0cream")
        assert normalise("Apple") != normalise("apple")

    def test_the_first_of_equal_terms_counts(self) -> None:
        assert find({"ice cream": "1", "ice  cream": "2"}, "ice cream") == [("ice cream", "1")]
