"""What finders find becomes spans of a segment, and putting all back gives what was there."""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libretranslate_py.text.pieces import Finder, protect
from libretranslate_py.text.spans import Kind, Segment, Span, Template, fill


def finds(*spans: Span) -> Finder:
    return lambda _: spans


def name(start: int, end: int, text: str) -> Span:
    return Span(start, end, Kind.NAME, output=(text[start:end],))


def mark(start: int, end: int, text: str) -> Span:
    return Span(start, end, Kind.MARK, opening=(text[start:end],))


def pair(start: int, end: int, text: str, width: int = 2) -> Span:
    return Span(start, end, Kind.PAIR, (text[start : start + width],), (text[end - width : end],))


def written(template: Template) -> str:
    return fill(template, lambda segment: segment.raw)


def rendered(segment: Segment) -> str:
    """The segment with all spans at their own places."""
    parts: list[str] = []
    position = 0
    closing: list[Span] = []

    def until(place: int) -> None:
        nonlocal position
        if place > position:
            parts.append(segment.escape(segment.text[position:place]))
            position = place

    for span in segment.spans:
        while closing and closing[-1].end <= span.start:
            until(closing[-1].end)
            parts.append(written(closing.pop().closing))
        until(span.start)
        if span.kind is Kind.PAIR:
            parts.append(written(span.opening))
            closing.append(span)
        elif span.kind is Kind.MARK:
            parts.append(written(span.opening))
            position += len(written(span.output))
        else:
            parts.append(written(span.output))
            position = span.end
    while closing:
        until(closing[-1].end)
        parts.append(written(closing.pop().closing))
    until(len(segment.text))
    return "".join(parts)


def check(segment: Segment) -> None:
    """The spans are as the docstring of Segment says."""
    stack: list[Span] = []
    last = 0
    for span in segment.spans:
        assert 0 <= span.start <= span.end <= len(segment.text)
        assert span.start >= last
        last = span.start
        while stack and stack[-1].end <= span.start:
            stack.pop()
        if stack:
            assert span.end <= stack[-1].end, "crossing"
            assert stack[-1].kind is Kind.PAIR, "something in a protected span"
        if span.kind is Kind.MARK:
            assert span.start == span.end
            assert not stack or span.start > stack[-1].start, "a mark at the edge of a pair counts as outside"
            assert segment.text[span.start :].startswith(written(span.output))
        else:
            assert span.start < span.end
            stack.append(span)


@pytest.mark.parametrize(
    ("text", "marked", "left"),
    [
        ("see 😀 you", ["😀"], "see you"),
        ("see😀you", ["😀"], "seeyou"),
        ("see 😀, you", ["😀"], "see, you"),
        ("in Mexico 😀.", ["😀"], "in Mexico."),
        ("in Mexico 😀 😁.", ["😀", "😁"], "in Mexico."),
        ("see (😀 you)", ["😀"], "see (you)"),
        ("see 😀you", ["😀"], "see you"),
        ("see **you 😀**, so", ["😀"], "see you, so"),
        ("see 😀: **you**", ["😀"], "see: you"),
        ("a 😀 😁 b", ["😀", "😁"], "a b"),
        ("a 😀😁 b", ["😀", "😁"], "a b"),
        ("😀 you", ["😀"], "you"),
        ("you 😀", ["😀"], "you"),
        ("😀 😁", ["😀", "😁"], ""),
        ("you 😀 😁", ["😀", "😁"], "you"),
        ("a **😀** b", ["😀"], "a b"),
        ("a **😀 x** b", ["😀"], "a x b"),
        ("a **x 😀** b", ["😀"], "a x b"),
        ("a **x** 😀 **y** b", ["😀"], "a x y b"),
        ("**x**😀**y**", ["😀"], "xy"),
        ("**😀x😁**", ["😀", "😁"], "x"),
    ],
)
def test_marks_are_taken_out_with_a_space(text: str, marked: list[str], left: str) -> None:
    spans = [mark(text.index(m), text.index(m) + len(m), text) for m in marked]
    stars = [n for n in range(len(text)) if text.startswith("**", n)]
    spans += [pair(start, end + 2, text) for start, end in zip(stars[::2], stars[1::2], strict=True)]
    spans.sort(key=lambda span: (span.start, -span.end))
    segment = protect(Segment(text, raw=text), [finds(*spans)])
    assert segment.text == left
    assert rendered(segment) == text
    assert segment.raw == text
    check(segment)


def test_a_pair_loses_its_delimiters() -> None:
    text = "so **very good** it is"
    segment = protect(Segment(text), [finds(pair(3, 16, text))])
    assert segment.text == "so very good it is"
    assert segment.spans == (Span(3, 12, Kind.PAIR, ("**",), ("**",)),)


@pytest.mark.parametrize(
    ("text", "left", "stands"),
    [
        ("a_b", "a b", True),
        ("a _b", "a b", False),
        ("a_ b", "a b", False),
        ("a _ b", "a b", False),
        ("a_😀 b", "a b", False),
        ("a 😀_b", "a b", False),
        ("a😀_b", "a b", True),
        ("a_😀", "a", False),
        ("😀_b", "b", False),
        ("a_!", "a !", True),
        ("a_😀!", "a!", False),
        ("(😀_b", "(b", False),
        ("a_**b**", "a b", True),
        ("**a_b**", "a b", True),
    ],
)
def test_a_mark_that_stands_for_a_space(text: str, left: str, stands: bool) -> None:
    at = text.index("_")
    spans = [Span(at, at + 1, Kind.MARK, opening=("_",), output=(" ",))]
    spans += [mark(text.index("😀"), text.index("😀") + 1, text)] if "😀" in text else []
    spans += [pair(text.index("**"), text.rindex("**") + 2, text)] if "**" in text else []
    segment = protect(Segment(text), [finds(*sorted(spans, key=lambda span: span.start))])
    assert segment.text == left
    found = [span for span in segment.spans if span.output]
    assert bool(found) is stands
    assert all(segment.text[span.start] == " " for span in found)
    assert rendered(segment) == text
    check(segment)


def test_a_find_that_overlaps_a_protected_span_is_dropped() -> None:
    text = "the big red house"
    segment = Segment(text, (name(4, 11, text),))
    assert protect(segment, [finds(name(8, 17, text), name(0, 3, text))]).spans == (name(0, 3, text), name(4, 11, text))


def test_the_earlier_finder_wins() -> None:
    text = "the big red house"
    segment = protect(Segment(text), [finds(name(4, 11, text)), finds(name(0, 7, text), name(12, 17, text))])
    assert segment.spans == (name(4, 11, text), name(12, 17, text))


def test_a_later_finder_sees_the_text_without_marks() -> None:
    text = "the big 😀 house"
    seen: list[str] = []

    def later(left: str) -> Sequence[Span]:
        seen.append(left)
        return [name(8, 13, left)]

    segment = protect(Segment(text), [finds(mark(8, 9, text)), later])
    assert seen == ["the big house"]
    assert rendered(segment) == text


@pytest.mark.parametrize("kind", [Kind.NAME, Kind.NUMBER])
def test_a_find_takes_in_the_tags_and_marks_within_it(kind: Kind) -> None:
    text = "go to example.org?a&b now"
    around = Span(6, 21, Kind.PAIR, ("<a>",), ("</a>",))
    first = Span(6, 9, Kind.PAIR, ("<b>",), ("</b>",))
    inner = Span(8, 9, Kind.PAIR, ("<i>",), ("</i>",))
    line = Span(12, 12, Kind.MARK, ("<br>",))
    last = Span(17, 21, Kind.PAIR, ("<u>",), ("</u>",))
    behind = Span(21, 21, Kind.MARK, ("<hr>",))
    before = Segment(text, (around, first, inner, line, last, behind), escape=html.escape)
    segment = protect(before, [finds(Span(6, 21, kind, output=("example.org?a&b",)))])
    assert [span.output for span in segment.spans if span.kind is kind] == [
        ("<b>ex<i>a</i></b>mpl<br>e.org<u>?a&amp;b</u>",)
    ]
    assert [span.opening for span in segment.spans if span.kind is not kind] == [("<a>",), ("<hr>",)]
    assert rendered(segment) == rendered(before)
    check(segment)


def test_a_find_takes_in_a_space_and_a_tag_with_a_text_of_its_own() -> None:
    text = "call +44 20 79 now"
    space = Span(8, 8, Kind.MARK, ("&nbsp;",), output=(" ",))
    alt = Segment("a dog", raw="a dog")
    picture = Span(12, 12, Kind.MARK, ("<img alt='", alt, "'>"))
    segment = protect(Segment(text, (space, picture)), [finds(name(5, 14, text))])
    assert [span.output for span in segment.spans] == [("+44&nbsp;20 <img alt='", alt, "'>79")]


def test_a_find_that_a_pair_crosses_is_divided() -> None:
    text = "go to example.org now"
    bold = Span(3, 9, Kind.PAIR, ("<b>",), ("</b>",))
    line = Span(12, 12, Kind.MARK, ("<br>",))
    segment = protect(Segment(text, (bold, line)), [finds(name(6, 17, text))])
    assert [span.output for span in segment.spans if span.kind is Kind.NAME] == [("exa",), ("mpl",), ("e.org",)]
    assert rendered(segment) == "go <b>to exa</b>mpl<br>e.org now"
    check(segment)


def test_many_finds_with_tags_take_linear_time() -> None:
    text = "ab " * 30_000
    pairs = [Span(n, n + 1, Kind.PAIR, ("<b>",), ("</b>",)) for n in range(0, len(text), 3)]
    names = [name(n, n + 2, text) for n in range(0, len(text), 3)]
    segment = protect(Segment(text, tuple(pairs)), [finds(*names)])
    assert {span.output for span in segment.spans} == {("<b>a</b>b",)}


def term(start: int, end: int, output: str) -> Span:
    return Span(start, end, Kind.TERM, output=(output,))


def tag(start: int, end: int, name: str) -> Span:
    return Span(start, end, Kind.PAIR, (f"<{name}>",), (f"</{name}>",))


@pytest.mark.parametrize(
    ("spans", "result"),
    [
        ((tag(4, 7, "b"),), "the <b>maison rouge</b> there"),
        ((tag(8, 13, "b"),), "the <b>maison rouge</b> there"),
        ((tag(4, 7, "b"), tag(8, 13, "i")), "the <b><i>maison rouge</i></b> there"),
        ((tag(0, 19, "p"), tag(5, 6, "b")), "<p>the <b>maison rouge</b> there</p>"),
        ((Span(7, 7, Kind.MARK, ("<br>",)),), "the maison rouge<br> there"),
        ((tag(4, 13, "b"),), "the <b>maison rouge</b> there"),
        ((tag(0, 3, "b"), tag(14, 19, "i")), "<b>the</b> maison rouge <i>there</i>"),
        # crossing: the pair is widened
        ((tag(0, 7, "b"),), "<b>the maison rouge</b> there"),
        ((tag(8, 19, "b"),), "the <b>maison rouge there</b>"),
        ((tag(0, 7, "b"), tag(8, 13, "i")), "<b>the <i>maison rouge</i></b> there"),
        ((tag(4, 7, "b"), tag(8, 19, "i")), "the <i><b>maison rouge</b> there</i>"),
        ((tag(0, 7, "b"), tag(8, 19, "i")), "<b>the maison rouge</b><i> there</i>"),
        ((tag(0, 9, "b"), tag(2, 7, "i")), "<b>th<i>e maison rouge</i></b> there"),
        ((tag(6, 19, "b"), tag(8, 15, "i")), "the <b><i>maison rouge t</i>here</b>"),
        ((tag(0, 11, "b"), Span(7, 7, Kind.MARK, ("<br>",))), "<b>the maison rouge<br></b> there"),
        (
            (tag(0, 7, "b"), tag(8, 19, "i"), Span(10, 10, Kind.MARK, ("<br>",))),
            "<b>the maison rouge</b><i><br> there</i>",
        ),
        (
            (tag(0, 9, "b"), *(Span(n, n, Kind.MARK, (f"<{n}>",)) for n in (6, 7, 11))),
            "<b>the maison rouge<6><7></b><11> there",
        ),
    ],
)
def test_a_term_is_never_divided(spans: tuple[Span, ...], result: str) -> None:
    segment = protect(Segment("the red house there", spans), [finds(term(4, 13, "maison rouge"))])
    assert rendered(segment) == result
    check(segment)


@given(st.data())
def test_terms_leave_the_spans_in_order(data: st.DataObject) -> None:
    edges = data.draw(st.lists(st.integers(0, 19), min_size=2, max_size=8, unique=True).map(sorted))
    spans: list[Span] = []

    def nest(edges: list[int], name: str) -> None:
        while len(edges) >= 2:
            at = data.draw(st.integers(1, len(edges) - 1))
            if data.draw(st.booleans()):
                spans.append(Span(edges[at - 1], edges[at - 1], Kind.MARK, (f"<{name}>",)))
                edges, name = edges[at:], f"{name}b"
                continue
            spans.append(tag(edges[0], edges[at], name))
            nest([edge for edge in edges[1:at] if data.draw(st.booleans())], f"{name}a")
            edges, name = edges[at:], f"{name}b"

    nest(edges, "x")
    terms = data.draw(st.sampled_from([[(4, 13)], [(0, 4), (5, 13)], [(2, 8), (8, 13), (14, 19)]]))
    finder = finds(*(term(start, end, "T") for start, end in terms))
    segment = protect(Segment("the red house there", tuple(spans)), [finder])
    check(segment)
    assert [(s.start, s.end) for s in segment.spans if s.kind is Kind.TERM] == terms
    result = rendered(segment)
    assert all(result.count(written(s.opening)) == 1 for s in spans)
    assert all(result.count(written(s.closing)) == 1 for s in spans if s.kind is Kind.PAIR)


def test_a_term_that_stays_as_it_is_is_divided() -> None:
    segment = protect(Segment("the red house", (tag(4, 6, "b"),)), [finds(term(4, 13, "red house"))])
    assert rendered(segment) == "the <b>re</b>d house"
    assert [span.kind for span in segment.spans] == [Kind.PAIR, Kind.TERM, Kind.TERM]


@pytest.mark.parametrize(("start", "end"), [(0, 7), (6, 16), (1, 12)])
def test_a_found_pair_that_crosses_is_dropped(start: int, end: int) -> None:
    text = "a **b c** d **e f** g"
    inner = Span(4, 14, Kind.PAIR, ("<b>",), ("</b>",))
    segment = Segment(text, (inner,))
    assert protect(segment, [finds(Span(start, end, Kind.PAIR, ("x",), ("y",)))]).spans == (inner,)


def test_what_comes_from_the_text_is_escaped() -> None:
    text = "a {x<y} b & <z> c"
    finder = finds(name(2, 7, text), mark(12, 15, text))
    segment = protect(Segment(text, escape=lambda s: html.escape(s, False)), [finder])
    assert segment.spans[0].output == ("{x&lt;y}",)
    assert rendered(segment) == html.escape(text, False)


def test_segments_in_a_piece_are_escaped_as_their_segment() -> None:
    arm = Segment("a < b", raw="a < b")
    text = "n {x, plural, other {a < b}} m"
    found = Span(2, 28, Kind.NAME, output=("{x, plural, other {", arm, "}}"))
    segment = protect(Segment(text, escape=lambda s: html.escape(s, False)), [finds(found)])
    inner = segment.spans[0].output[1]
    assert isinstance(inner, Segment)
    assert (inner.text, inner.raw, inner.escape("<")) == ("a < b", "a &lt; b", "&lt;")


def test_marks_of_the_segment_stay_where_they_are() -> None:
    text = "one two"
    lines = (Span(3, 3, Kind.MARK, ("<br>",)), Span(3, 7, Kind.PAIR, ("<i>",), ("</i>",)))
    segment = protect(Segment(text, lines), [finds(name(4, 7, text))])
    assert rendered(segment) == "one<br><i> two</i>"


@st.composite
def texts_with_finds(draw: st.DrawFn) -> tuple[str, list[Span], list[Span]]:
    """A text, spans of a segment (nested pairs, marks, names), and finds: each made by dividing the text at random."""
    text = draw(st.text("ab 😀", min_size=1, max_size=24))

    def divide(start: int, end: int, depth: int, delimiters: int) -> list[Span]:
        edges = sorted(draw(st.sets(st.integers(start, end), max_size=6)))
        spans: list[Span] = []
        for a, b in pairwise(edges):
            kind = draw(st.sampled_from([None, Kind.PAIR, Kind.NAME, Kind.NUMBER, Kind.MARK]))
            if kind is Kind.PAIR and b - a > 2 * delimiters:
                opening, closing = (
                    (text[a : a + delimiters], text[b - delimiters : b]) if delimiters else ("<b>", "</b>")
                )
                spans.append(Span(a, b, Kind.PAIR, (opening,), (closing,)))
                if depth:
                    spans += divide(a + delimiters, b - delimiters, depth - 1, delimiters)
            elif kind is Kind.MARK and not delimiters:
                if start < a < end:
                    spans.append(Span(a, a, Kind.MARK, ("<br>",)))
            elif kind is Kind.MARK:
                spans.append(mark(a, b, text))
            elif kind in (Kind.NAME, Kind.NUMBER):
                spans.append(Span(a, b, kind, output=(text[a:b],)))
        return spans

    return text, divide(0, len(text), 2, 0), divide(0, len(text), 2, 1)


@settings(deadline=None, max_examples=600)
@given(texts_with_finds())
def test_everything_comes_back(case: tuple[str, list[Span], list[Span]]) -> None:
    text, own, found = case
    segment = Segment(text, tuple(own), raw=text)
    before = rendered(segment)
    done = protect(segment, [finds(*found)])
    assert rendered(done) == before
    check(done)


def test_many_pieces() -> None:
    """A quadratic way to do this would not end within the limit of the test run."""
    text = "a **b** 😀 {c} " * 5_000
    spans: list[Span] = []
    for start in range(0, len(text), 14):
        spans += [
            pair(start + 2, start + 7, text),
            mark(start + 8, start + 9, text),
            name(start + 10, start + 13, text),
        ]
    tags = tuple(Span(start, start + 12, Kind.PAIR, ("<i>",), ("</i>",)) for start in range(0, len(text), 14))
    segment = protect(Segment(text, tags), [finds(*spans)])
    assert rendered(segment) == rendered(Segment(text, tags))
    nested = "[" * 20_000 + "a 😀 b" + "]" * 20_000
    pairs = [pair(n, len(nested) - n, nested, 1) for n in range(20_000)]
    segment = protect(Segment(nested), [finds(*pairs, mark(20_002, 20_003, nested))])
    assert rendered(segment) == nested
