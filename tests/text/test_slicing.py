from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libretranslate_py.text import markup
from libretranslate_py.text.slicing import cut_template, cut_text
from libretranslate_py.text.spans import Kind, Segment, Span, Template, fill, segments_of

WORDS = st.lists(
    st.sampled_from(["a", "Hello.", "word ", " ", "\n", "\n\n", ". ", "。", "<b>", "</b>", "x" * 30]), max_size=80
)


@given(WORDS, st.integers(1, 60))
def test_a_text_comes_back_whole(words: list[str], most: int) -> None:
    text = "".join(words)
    slices = list(cut_text(text, most))
    assert "".join(slices) == text
    assert all(0 < len(one) <= most for one in slices) or slices == [""]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("One two three.\n\nFour five. Six", "One two three.\n\n"),
        ("One two. Three four. Five six", "One two. Three four. "),
        ("一二三四五六七八九十一二。三四五六七八九十一二", "一二三四五六七八九十一二。"),
        ("one two three four five six", "one two three four "),
        ("x" * 40, "x" * 22),
        ("Mr Smith\nwent. Then he came", "Mr Smith\nwent. "),
    ],
)
def test_it_is_cut_where_it_hurts_least(text: str, first: str) -> None:
    assert next(cut_text(text, 22)) == first


@given(WORDS, st.integers(1, 60))
def test_a_template_comes_back_whole_with_all_its_spans(words: list[str], most: int) -> None:
    template = markup.extract("".join(words), source="en", target="es")
    slices = list(cut_template(template, most))
    assert "".join(map(show, slices)) == show(template)
    assert spans_of(slices) == spans_of([template])


def test_a_segment_is_cut_between_its_spans_only() -> None:
    bold = Span(10, 40, Kind.PAIR, ("<b>",), ("</b>",))
    segment = Segment("One. Two. " + "bold. " * 5 + " Three. Four. Five. Six.", (bold,), raw="raw")
    parts = [one for slice_ in cut_template((segment,), 12) for one in segments_of(slice_)]
    assert "".join(part.text for part in parts) == segment.text
    assert [(part.text[span.start : span.end], span.kind) for part in parts for span in part.spans] == [
        ("bold. " * 5, Kind.PAIR)
    ]
    assert len(parts) > 3
    assert all(part.raw == "" for part in parts)


def test_what_is_short_stays_as_it_is() -> None:
    template: Template = ("<p>", Segment("Hello.", raw="Hello."), "</p>")
    assert list(cut_template(template, 100)) == [template]
    assert list(cut_template((), 100)) == [()]


def show(template: Template) -> str:
    return fill(template, lambda segment: segment.text)


def spans_of(slices: list[Template]) -> list[tuple[str, Kind, Template, Template]]:
    return [
        (segment.text[span.start : span.end], span.kind, span.opening, span.closing)
        for slice_ in slices
        for segment in segments_of(slice_)
        for span in segment.spans
    ]
