"""The slices of HTML: what each of them is, that nothing is lost, that nothing takes more than linear time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libretranslate_py.text.markup_lexer import Lexeme, Slice, attributes, lex

SIGNS = {Lexeme.TEXT: "t", Lexeme.START: "s", Lexeme.END: "e", Lexeme.COMMENT: "c", Lexeme.RAW: "r"}

CASES = {
    "a<b>c</b>": "t:a s:<b> t:c e:</b>",
    "a < b <3 <": "t:a < b <3 <",
    "<B CLASS=x>": "s:<B CLASS=x>",
    "<a title='>' b=\"<>\">x": "s:<a title='>' b=\"<>\"> t:x",
    '<a b"c>d">': 's:<a b"c> t:d">',
    '<a ="x>y">': 's:<a ="x> t:y">',
    "<a b=it's>x": "s:<a b=it's> t:x",
    "<a b = 'x>y' c>z": "s:<a b = 'x>y' c> t:z",
    "<a b=>x": "s:<a b=> t:x",
    "<a/b/>x": "s:<a/b/> t:x",
    "<a\nhref\n=\n'x\n>'\n>y": "s:<a\nhref\n=\n'x\n>'\n> t:y",
    "x<a b=": "t:x s:<a b=",
    "x</b": "t:x e:</b",
    "x</ b>y</>z</3>": "t:x c:</ b> t:y c:</> t:z c:</3>",
    "</": "t:< t:/",
    "<!doctype html>x": "c:<!doctype html> t:x",
    "<!-- <b> -->x": "c:<!-- <b> --> t:x",
    "<!-->x": "c:<!--> t:x",
    "<!--->x": "c:<!---> t:x",
    "<!---->x": "c:<!----> t:x",
    "<!--a--!>x": "c:<!--a--!> t:x",
    "<!--a->x": "c:<!--a->x",
    "<!--[if IE]><p>x</p><![endif]-->y": "c:<!--[if IE]><p>x</p><![endif]--> t:y",
    "<![if !IE]>x<![endif]>": "c:<![if !IE]> t:x c:<![endif]>",
    "<![CDATA[a > b]]>x": "c:<![CDATA[a > b]]> t:x",
    "<![CDATA[a > b": "c:<![CDATA[a > t: b",
    '<?xml version="1.0"?>x': 'c:<?xml version="1.0"?> t:x',
    "<?php echo 1 > 2; ?>x": "c:<?php echo 1 > 2; ?> t:x",
    "<?php echo 1>2": "c:<?php echo 1> t:2",
    "<%= a > b %>x": "c:<%= a > b %> t:x",
    "5 <% 6": "t:5  t:< t:% 6",
    "<script>if (a<b) '</scr' + '<b>'</SCRIPT >x": "s:<script> r:if (a<b) '</scr' + '<b>' e:</SCRIPT > t:x",
    "<script><!-- <script> </script> --></script>x": "s:<script> r:<!-- <script> </script> --> e:</script> t:x",
    "<script><!--> <script> </script>x": "s:<script> r:<!--> <script>  e:</script> t:x",
    "<style>a>b{}</styles></style>": "s:<style> r:a>b{}</styles> e:</style>",
    "<script></script>": "s:<script> e:</script>",
    "<title>a <b> &amp;</title>x": "s:<title> t:a <b> &amp; e:</title> t:x",
    "<textarea><b></textarea>": "s:<textarea> t:<b> e:</textarea>",
    "<xmp><b></xmp><noembed><b></noembed>": "s:<xmp> r:<b> e:</xmp> s:<noembed> r:<b> e:</noembed>",
    "<iframe><b></iframe><noframes><i></noframes>": "s:<iframe> r:<b> e:</iframe> s:<noframes> r:<i> e:</noframes>",
    "<plaintext><b></plaintext>": "s:<plaintext> r:<b></plaintext>",
    "<script>x": "s:<script> r:x",
    "<svg><title><b></title></svg><title><b>": "s:<svg> s:<title> s:<b> e:</title> e:</svg> s:<title> t:<b>",
    "<svg><style/><b>": "s:<svg> s:<style/> s:<b>",
    "<my-tag x>": "s:<my-tag x>",
    "<a<b>": "s:<a<b>",
    "": "",
}


def written(markup: str) -> str:
    return " ".join(f"{SIGNS[piece.kind]}:{markup[piece.start : piece.end]}" for piece in lex(markup))


@pytest.mark.parametrize("markup", CASES)
def test_slices(markup: str) -> None:
    assert written(markup) == CASES[markup]


def test_names_are_in_small_letters() -> None:
    assert [piece.name for piece in lex("<DIV>x</Div><!-- -->")] == ["div", "", "div", ""]


PIECES = (
    "<a", "<b>", "</b>", "<!--", "-->", ">", '"', "'", "=", " ", "title=x", "<script>", "</script>", "<title>",
    "</title>", "<svg>", "</svg>", "<![CDATA[", "]]>", "<%", "%>", "<?php", "?>", "&amp;", "&", "text", "/", "\n",
    "<textarea>", "<style>",
)  # fmt: skip
MARKUP = st.text(alphabet="<>/!?%-=\"'&;[]ab \n") | st.lists(st.sampled_from(PIECES)).map("".join)


def assert_lossless(markup: str) -> None:
    position = 0
    for piece in lex(markup):
        assert piece.start == position < piece.end
        position = piece.end
    assert position == len(markup)


@given(MARKUP | st.text())
def test_slices_put_together_are_the_input(markup: str) -> None:
    assert_lossless(markup)


# Each would take minutes, or hours, in quadratic time.
HOSTILE = (
    "<a ", "<!--", "<", '<a b="', "<a b='\"", "<script>", "</b", "<b>", "</i><b>", "<%", "<?php ", "<![CDATA[", "<!",
    "</", "<title>", "<a =", "<svg><title>", "<script><!--<script>", "<!--->", "<![CDATA[]", "<a b ", "< ", "<textarea",
)  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("tail", ["", ">", '">'])
def test_hostile_markup_takes_linear_time(piece: str, tail: str) -> None:
    assert_lossless(piece * 50_000 + tail)


def only_tag(markup: str) -> Slice:
    (tag,) = lex(markup)
    return tag


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<a>", []),
        ('<img alt="a > b" SRC=x>', [("alt", "a > b", '"'), ("src", "x", "")]),
        ("<img alt='' title=a/b/ checked>", [("alt", "", "'"), ("title", "a/b/", ""), ("checked", "", "")]),
        ("<img alt = x\nalt=y>", [("alt", "x", "")]),
        ("<img alt= title=x>", [("alt", "title=x", "")]),
        ("<img alt=>", [("alt", "", "")]),
        ('<img a=b\'c"d e="f"g>', [("a", "b'c\"d", ""), ("e", "f", '"'), ("g", "", "")]),
        ("<img/alt=x/>", [("alt", "x/", "")]),
        ("<img =x=y>", [("=x", "y", "")]),
        ("<a <%= more %> title=x>", [("title", "x", "")]),
        ("<a title=x", []),
    ],
)
def test_attributes(markup: str, expected: list[tuple[str, str, str]]) -> None:
    found = attributes(markup, only_tag(markup))
    assert [(one.name, markup[one.start : one.end], one.quote) for one in found] == expected


def test_attributes_of_a_hostile_tag_take_linear_time() -> None:
    markup = "<a " + "b=c " * 200_000 + "d" * 200_000 + " " * 200_000 + "=" * 200_000 + ">"
    assert [one.name for one in attributes(markup, only_tag(markup))][:1] == ["b"]
