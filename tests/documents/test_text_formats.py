"""All formats that are text: what nobody changes stays as it was, and no bytes make them fail otherwise than said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libretranslate_py.documents.document import Document
from libretranslate_py.documents.gettext import open_po
from libretranslate_py.documents.html_pages import open_html
from libretranslate_py.documents.json_values import open_json
from libretranslate_py.documents.markdown import open_md
from libretranslate_py.documents.pdf_process import Limits, read_pdf
from libretranslate_py.documents.plain import open_txt
from libretranslate_py.documents.subtitles import open_srt, open_vtt
from libretranslate_py.documents.xliff import open_xliff
from libretranslate_py.errors import UnreadableFile
from tests.documents.text_files import rewritten, unchanged

Open = Callable[[bytes], Document]


def _open_pdf_here(data: bytes) -> Document:
    """Without the process that the server reads it in, which takes a moment to start."""
    return open_txt(read_pdf(data, Limits()).encode())


FORMATS: dict[str, Open] = {
    "txt": open_txt,
    "html": open_html,
    "md": open_md,
    "srt": open_srt,
    "vtt": open_vtt,
    "po": open_po,
    "json": open_json,
    "xliff": open_xliff,
    "pdf": _open_pdf_here,
}
each = pytest.mark.parametrize("open_file", FORMATS.values(), ids=FORMATS)

_LINE_ENDS = st.sampled_from(["\n", "\r\n", "\n\n", "\r", "  \n", ""])
_FRAGMENTS = {
    "txt": ["The red house", "is near the river.", "  - ", "\t", "\f", "é", "\u2028", "漢字", "x" * 60, " and "],
    "html": [
        "<p>",
        "</p>",
        "<b>bold</b>",
        "<!-- c -->",
        "&amp;",
        "&",
        "<",
        "<script>x<y</script>",
        '<a title="A b">',
        "é",
    ],
    "md": [
        *(
            "# ",
            "> ",
            "- ",
            "1. ",
            "```",
            "    ",
            "| a | b |\n|---|---|",
            "[^1]: ",
            "[link](u)",
            "[ref]: /u",
            "`a`",
            "**b**",
        ),
        *(
            "A word",
            "two words here",
            "<div>",
            "---",
            "===",
            "\\",
            "[ref]",
            "- [ ] ",
            "\t",
            "é",
            "\f",
            "\0"[:0],
            "$$",
            "\u2028",
        ),
    ],
    "srt": [
        *(
            "1\n00:00:01,000 --> 00:00:02,000\n",
            "2\n00:00:02,500 --> 00:00:04,000\n",
            "<i>",
            "</i>",
            "{\\an8}",
            "- Hi",
            "♪",
        ),
        *("You were there", "and so was I.", "JOHN: ", "...", "<font color='red'>", "</font>", "12", "-->", "é", "<"),
    ],
    "json": [],
}
_FRAGMENTS["vtt"] = [
    *_FRAGMENTS["srt"],
    "NOTE x",
    "STYLE",
    "<v Bob>",
    "<00:01.000>",
    "&amp;",
    "00:01.000 --> 00:02.000 a:b\n",
]


def _files(kind: str) -> st.SearchStrategy[str]:
    return st.lists(st.one_of(st.sampled_from(_FRAGMENTS[kind]), _LINE_ENDS, st.just(" ")), max_size=30).map("".join)


@pytest.mark.parametrize("kind", ["txt", "html", "md", "srt", "vtt"])
@given(data=st.data())
def test_what_is_translated_by_itself_is_the_same_file(kind: str, data: st.DataObject) -> None:
    text = ("WEBVTT\n\n" if kind == "vtt" else "") + data.draw(_files(kind))
    codec = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]))
    _holds_its_bytes(FORMATS[kind], text.encode(codec, "replace"))


_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
)


@given(_VALUES, st.booleans(), st.sampled_from([None, 2, "\t"]))
def test_json_translated_by_itself_is_the_same_file(value: object, is_ascii: bool, indent: int | str | None) -> None:
    text = json.dumps(value, ensure_ascii=is_ascii, indent=indent)
    _holds_its_bytes(open_json, text.encode("utf-8", "replace"))


def _holds_its_bytes(open_file: Open, data: bytes) -> None:
    try:
        document = open_file(data)
    except UnreadableFile:
        return
    document.sample()
    assert unchanged(document) == data


@each
@given(data=st.binary(max_size=300))
def test_arbitrary_bytes_are_read_or_refused(open_file: Open, data: bytes) -> None:
    _holds_or_changes(open_file, data)


_STARTS = {
    "srt": b"1\n00:00:01,000 --> 00:00:02,000\n",
    "vtt": b"WEBVTT\n\n00:01.000 --> 00:02.000\n",
    "po": b'msgid "a"\nmsgstr ""\n',
    "json": b'{"a": "',
    "xliff": b'<xliff version="1.2"><file><body><trans-unit><source>a</source>',
    "pdf": b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\ntrailer << /Root 1 0 R >>\n",
}


@pytest.mark.parametrize("kind", _STARTS)
@given(data=st.binary(max_size=100))
def test_arbitrary_bytes_behind_a_beginning_are_read_or_refused(kind: str, data: bytes) -> None:
    _holds_or_changes(FORMATS[kind], _STARTS[kind] + data)


def _holds_or_changes(open_file: Open, data: bytes) -> None:
    try:
        document = open_file(data)
    except UnreadableFile:
        return
    document.sample()
    rewritten(document, lambda text: text + " «ß漢»")


@each
def test_nothing_is_no_file(open_file: Open) -> None:
    with pytest.raises(UnreadableFile, match="it is empty"):
        open_file(b"")


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "pdf"])
def test_what_is_not_text_is_refused(kind: str) -> None:
    with pytest.raises(UnreadableFile, match="it is not a text file"):
        FORMATS[kind](Path(__file__).read_bytes() + b"\0")


_HOSTILE = {
    "txt": ["a\n", "\n", "a\n\n", " ", "word " * 12 + "\n", "a ", "\r\r\n", "x|"],
    "md": [
        "> " * 19 + "a\n",
        "- a\n",
        "`",
        "[",
        "![[",
        "*a **",
        "| a ",
        "1. ",
        "[a]: b\n",
        "\\\n",
        "<",
        "a\n",
        "[^a]: b\n",
        "~",
    ],
    "srt": [
        "1\n00:00:01,000 --> 00:00:02,000\na b\n\n",
        "a\n",
        "<i>",
        "</i>",
        "{\\",
        "-->",
        "1\n",
        "- A\n",
        "<i>a</i>",
        "♪ ",
    ],
    "json": ['"a",', "[", '{"a":', "\\", '"\\u00e9" ', "[],", "1,"],
    "po": ['msgid "a"\nmsgstr ""\n\n', '"a"\n', "#\n", 'msgstr[0] ""\n', "\\", 'msgid ""\n"\\"'],
    "xliff": [
        "<",
        "<a>",
        "<a/>",
        "<!--",
        "<![CDATA[",
        "&",
        "<a b='",
        "<mrk mtype='seg'>a",
        "a</mrk>",
        "<g>a</g>",
        "<ph>",
    ],
    "html": ["<", "<p>", "a ", "<!--", "&", "<a b='", "<b>a"],
}


@pytest.mark.parametrize(("kind", "part"), [(kind, part) for kind, parts in _HOSTILE.items() for part in parts])
def test_repetitions_without_end_are_read_or_refused(kind: str, part: str) -> None:
    """Slow here means not linear: each takes a second at most, or hours."""
    start = {
        **_STARTS,
        "vtt": b"",
        "pdf": b"",
        "json": b"[",
        "xliff": _STARTS["xliff"] + b"</trans-unit><trans-unit><source>",
    }
    repeated = (part * (100_000 // len(part))).encode()
    _holds_or_changes(FORMATS[kind], start.get(kind, b"") + repeated)
    if kind == "xliff":
        closed = b"</source></trans-unit></body></file></xliff>"
        _holds_or_changes(open_xliff, start["xliff"] + repeated + closed)
