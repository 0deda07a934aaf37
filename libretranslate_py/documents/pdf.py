"""PDF, of which the text is read and written as plain text: paragraphs on one line each, blank lines between them."""

from __future__ import annotations

import io
import logging
import re
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from libretranslate_py.documents.encodings import Content
from libretranslate_py.documents.plain import read_text
from libretranslate_py.documents.slices import SlicedDocument
from libretranslate_py.errors import UnreadableFile

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

_MOST_PAGES = 5_000
_MOST_CHARACTERS = 50_000_000
# Drawing instructions of all pages: forms may call each other, so that a small file holds any number of them. Each
# takes up to 50 microseconds.
_MOST_INSTRUCTIONS = 3_000_000
_MOST_BYTES_PER_PAGE = 10_000_000
# What damaged files make the library raise, besides its own class.
_DAMAGE = (
    *(ValueError, TypeError, LookupError, AttributeError, RecursionError, ArithmeticError, AssertionError),
    *(NotImplementedError, EOFError, OSError, MemoryError, struct.error, zlib.error),
)

_ILLEGAL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_FINAL = re.compile(r"[.!?:…。！？][\"')\]»”’]*\Z")
_NEW = re.compile(r"(?:[-–•▪◦*·\ue000-\uf8ff]|\(?\d{1,3}(?:\.\d{1,3})*[.)]|[A-Za-z][.)])\s")
_HYPHEN = re.compile(r"[^\W\d_][-\u00ad\u2010]\Z")
# A line is full if the next word would have gone beyond this share of the width of the page's longer lines; letters are
# not equally wide. The end of a sentence on a line that is nearly full is often that of a paragraph.
_FULL = 0.75
_FULL_AT_END = 0.9
_SHORTEST_WIDTH = 40
# Of a page's lines, the few longest are not what tells how wide it is.
_NOT_OUTLIERS = 0.95


def open_pdf(data: bytes) -> SlicedDocument:
    """Return its text as a document; ``write`` gives plain text.

    Raises UnreadableFile for damaged and encrypted files, for scans without text, and for what would take too long.
    """
    if not data:
        raise UnreadableFile("it is empty")
    from pypdf.errors import PyPdfError  # noqa: PLC0415

    # It has a line to say about each oddity of a file.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        pages = _pages(data)
    except UnreadableFile:
        raise
    except (PyPdfError, *_DAMAGE) as error:
        raise UnreadableFile("it is damaged, or no PDF") from error
    text = "\n\n".join(filter(None, ("\n\n".join(paragraphs_of(page)) for page in pages)))
    if not any(map(str.isalnum, text)):
        raise UnreadableFile("it has no text, only pictures")
    return read_text(Content(text + "\n", "utf-8"))


def _pages(data: bytes) -> list[str]:
    from pypdf import PdfReader  # noqa: PLC0415

    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and not _opens_without_password(reader):
        raise UnreadableFile("it is encrypted")
    if len(reader.pages) > _MOST_PAGES:
        raise UnreadableFile("it has too many pages")
    budget = _Budget()
    found: list[str] = []
    size = 0
    for page in reader.pages:
        found.append(_ILLEGAL.sub("", _text_of(page, budget)))
        size += len(found[-1])
        if size > _MOST_CHARACTERS:
            raise UnreadableFile("it has too much text")
    return found


def _opens_without_password(reader: PdfReader) -> bool:
    from pypdf.errors import DependencyError  # noqa: PLC0415

    try:
        return bool(reader.decrypt(""))
    except DependencyError:
        # Ciphers that need a further library.
        return False


class _Budget:
    """Ends the reading of a file that has too many instructions."""

    def __init__(self) -> None:
        self._left = _MOST_INSTRUCTIONS

    def spend(self, *_: Any) -> None:
        self._left -= 1
        self.check()

    def check(self) -> None:
        if self._left < 0:
            raise UnreadableFile("it is too complicated")


def _text_of(page: PageObject, budget: _Budget) -> str:
    contents = page.get_contents()
    if contents is None:
        return ""
    if len(contents.get_data()) > _MOST_BYTES_PER_PAGE:
        raise UnreadableFile("a page of it is too large")
    text = page.extract_text(visitor_operand_before=budget.spend)
    # The library drops what is raised inside of a form, and goes on behind it.
    budget.check()
    return text


def paragraphs_of(page: str) -> list[str]:
    """Return the paragraphs of a page, each on one line, with words joined that were divided at the end of a line."""
    lines = [" ".join(line.split()) for line in page.split("\n")]
    lengths = sorted(len(line) for line in lines)
    width = lengths[int(len(lengths) * _NOT_OUTLIERS)]
    return list(_joined(lines, max(width, _SHORTEST_WIDTH)))


def _joined(lines: Sequence[str], width: int) -> Iterator[str]:
    paragraph: list[str] = []
    last = ""
    for line in lines:
        if paragraph and (not line or not _goes_on(last, line, width)):
            yield "".join(paragraph)
            paragraph = []
        if line and paragraph and _HYPHEN.search(last) and line[0].islower():
            paragraph[-1] = paragraph[-1][:-1]
            paragraph.append(line)
        elif line:
            paragraph += (" ", line) if paragraph else (line,)
        last = line
    if paragraph:
        yield "".join(paragraph)


def _goes_on(line: str, following: str, width: int) -> bool:
    if _NEW.match(following):
        return False
    is_ended = _FINAL.search(line) is not None
    if following[0].islower() and not is_ended:
        return True
    word = following.split(" ", 1)[0]
    return len(line) + 1 + len(word) > width * (_FULL_AT_END if is_ended else _FULL)
