"""Files that would take memory or time out of all proportion are refused before they do."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

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
    assert FORMATS[".docx"].weigh(b"PK\x03\x04 no archive") == 0
    assert FORMATS[".txt"].weigh(b"12345") == 5
