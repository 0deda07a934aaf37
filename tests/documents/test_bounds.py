"""Files that would take memory or time out of all proportion are refused before they do."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libretranslate_py.documents.document import Document
from libretranslate_py.documents.epub import open_epub
from libretranslate_py.documents.formats import FORMATS
from libretranslate_py.documents.html_pages import open_html
from libretranslate_py.documents.markdown import open_md
from libretranslate_py.documents.office_words import open_docx
from libretranslate_py.documents.subtitles import open_srt
from libretranslate_py.documents.xliff import open_xliff
from libretranslate_py.errors import UnreadableFile

DATA = Path(__file__).parents[1] / "data" / "documents"
UNIT = '<xliff version="1.2"><file><body><trans-unit id="1"><source>{}</source></trans-unit></body></file></xliff>'


def changed(name: str, member: str, change: Callable[[bytes], bytes]) -> bytes:
    """A document of tests/data with one member changed."""
    written = io.BytesIO()
    with zipfile.ZipFile(DATA / name) as before, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as after:
        for info in before.infolist():
            content = before.read(info)
            after.writestr(info, change(content) if info.filename == member else content)
    return written.getvalue()


def with_body(paragraphs: bytes) -> bytes:
    return changed("report.docx", "word/document.xml", lambda old: old.replace(b"</w:body>", paragraphs + b"</w:body>"))


def many_runs(count: int) -> bytes:
    runs = b"".join(b"<w:r><w:rPr><w:sz w:val='%d'/></w:rPr><w:t>a</w:t></w:r>" % n for n in range(count))
    return b"<w:p>" + runs + b"</w:p>"


@pytest.mark.parametrize(
    ("opener", "data", "reason"),
    [
        (open_html, b"<p>a</p>" * 700_000, "more than 5000000 characters"),
        (open_md, b"|a" * 120_000, "too large for Markdown"),
        (open_srt, b"1\n00:00:01,000 --> 00:00:02,000\n" + b"<b> " * 6_000, "a cue of more than 20000"),
        (open_xliff, UNIT.format("a b\n" * 60_000).encode(), "a unit of more than 200000"),
        (open_docx, with_body(many_runs(21_000)), "a paragraph of more than 20000 parts"),
        (open_docx, with_body(b"<w:p><w:r><w:t>a</w:t></w:r></w:p>" * 300_000), "unpacks"),
    ],
    ids=["html", "md", "srt", "xliff", "docx paragraph", "docx ratio"],
)
def test_refused(opener: Callable[[bytes], Document], data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        opener(data).pieces("en", "es")


@pytest.mark.parametrize("encoding", ["undefined", "idna", "punycode", "unicode_escape", "utf-7", "cp037", "x" * 40])
def test_an_encoding_that_no_book_is_in(encoding: str) -> None:
    with zipfile.ZipFile(DATA / "report.epub") as book:
        chapter = next(name for name in book.namelist() if name.endswith(".xhtml") and "nav" not in name)
    head = f'<?xml version="1.0" encoding="{encoding}"?>'.encode()
    data = changed("report.epub", chapter, lambda old: head + old[old.index(b"?>") + 2 :])
    with pytest.raises(UnreadableFile, match="an encoding that no book is in"):
        open_epub(data).pieces("en", "es")


def test_what_is_packed_counts_as_what_it_unpacks_to() -> None:
    data = with_body(b"".join(b"<w:p><w:r><w:t>a%d</w:t></w:r></w:p>" % n for n in range(20_000)))
    assert FORMATS[".docx"].weigh(data) > 700_000 > 3 * len(data)
    renamed = data.replace(b"word/document.xml", b"word/document.dat")
    assert FORMATS[".docx"].weigh(renamed) == FORMATS[".docx"].weigh(data)
    assert FORMATS[".docx"].weigh(b"PK\x03\x04 no archive") == 0
    assert FORMATS[".txt"].weigh(b"12345") == 5


PACKED = ("report.docx", "report.odt", "talk.pptx", "talk.odp", "prices.xlsx", "report.epub")
INSERTED = (b"", b"<", b"&x;", b'"', b"\xff", b"\0", b"<x/>", b"</w:p>", b'encoding="idna"', b" xmlns:w='u'", b"9" * 30)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_changed_members_are_read_or_refused(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(PACKED))
    with zipfile.ZipFile(DATA / name) as before:
        members = [one for one in before.namelist() if one.endswith((".xml", ".xhtml", ".opf", ".ncx", ".rels"))]
    member = data.draw(st.sampled_from(members))
    places = data.draw(
        st.lists(st.tuples(st.integers(0, 100_000), st.sampled_from(INSERTED), st.integers(0, 40)), max_size=4)
    )

    def change(content: bytes) -> bytes:
        for place, inserted, removed in places:
            place %= len(content) + 1
            content = content[:place] + inserted + content[place + removed :]
        return content

    with suppress(UnreadableFile):
        document = FORMATS[Path(name).suffix].open(changed(name, member, change))
        document.sample()
        pieces = document.pieces("en", "es")
        document.write(["x" for _ in pieces], "es")


def test_escapes_of_sheets_are_no_words() -> None:
    def change(strings: bytes) -> bytes:
        return strings.replace(b"A red apple", b"A red_x000D_\n apple_x0020_and _x005F_x0041_")

    document = FORMATS[".xlsx"].open(changed("prices.xlsx", "xl/sharedStrings.xml", change))
    pieces = document.pieces("en", "es")
    (place,) = [number for number, piece in enumerate(pieces) if "red" in str(piece)]
    assert "_x0" not in str(pieces[place]).replace("_x0041_", "")
    written = document.write(["a _x0041_ b" if number == place else "x" for number in range(len(pieces))], "es")
    with zipfile.ZipFile(io.BytesIO(written)) as book:
        assert b"a _x005F_x0041_ b" in book.read("xl/sharedStrings.xml")
