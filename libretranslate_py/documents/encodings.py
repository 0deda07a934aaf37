"""Bytes of text files as characters and back: what nobody changed comes out as the same bytes."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from libretranslate_py.errors import UnreadableFile

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    # Before that of UTF-16, which it begins with.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Names that documents declare -> what browsers read them as. What is not here is no charset of documents.
_CODECS = {
    **dict.fromkeys(("utf-8", "utf8"), "utf-8"),
    **dict.fromkeys(("iso-8859-1", "iso8859-1", "latin1", "latin-1", "us-ascii", "ascii", "windows-1252"), "cp1252"),
    **{f"windows-125{n}": f"cp125{n}" for n in (0, 1, 3, 4, 5, 6, 7, 8)},
    **{f"cp125{n}": f"cp125{n}" for n in range(9)},
    **{f"iso-8859-{n}": f"iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    **dict.fromkeys(("iso-8859-9", "latin5"), "cp1254"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j"), "cp932"),
    **dict.fromkeys(("gb2312", "gbk", "gb18030"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs"), "big5hkscs"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987"), "cp949"),
    **dict.fromkeys(("tis-620", "windows-874"), "cp874"),
    **{name: name for name in ("euc-jp", "koi8-r", "koi8-u", "cp866")},
    "ibm866": "cp866",
    "macintosh": "mac-roman",
}
# What stands for the odd byte of a file that is UTF-8 otherwise, while it is text: private use, 0xf700 and the byte.
_DAMAGED = re.compile("[\uf780-\uf7ff]")
_TO_PRIVATE = {0xDC00 + byte: 0xF700 + byte for byte in range(0x80, 0x100)}
_FROM_PRIVATE = {private: surrogate for surrogate, private in _TO_PRIVATE.items()}
_SURROGATES = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile("[\x80-\U0010ffff]")
# A file with one such byte among at least this many other characters beyond ASCII is UTF-8, with damage.
_OTHERS_PER_DAMAGED = 10


@dataclass(frozen=True, slots=True)
class Content:
    """text: the characters behind the byte order mark. codec: Python's name of what they were written in."""

    text: str
    codec: str
    mark: bytes = b""
    is_damaged: bool = False

    def encode(self, text: str, *, references: bool = False) -> bytes:
        """Return ``text`` as the file would have it.

        Where its encoding lacks a character, it becomes a numeric character reference (``references``, for HTML and
        XML, which mean the character by it), or else all is written in UTF-8.
        """
        if self.is_damaged:
            return self.mark + text.translate(_FROM_PRIVATE).encode("utf-8", "surrogateescape")
        try:
            return self.mark + text.encode(self.codec, "xmlcharrefreplace" if references else "strict")
        except UnicodeEncodeError:
            mark = self.mark if self.mark == codecs.BOM_UTF8 else b""
            return mark + text.encode("utf-8", "replace")


def codec_of(declared: str) -> str | None:
    """Python's name of what a document declares to be written in; None for what is no charset of documents."""
    return _CODECS.get(declared.strip().lower())


def decode(data: bytes, declared: str = "") -> Content:
    """Return what ``data`` says; ``declared``: the charset that the document names, if any.

    A byte order mark counts most, then UTF-8 if it is that without fault, then what is declared (also of what is ASCII
    so far: it will be written so); anything else is read as Windows-1252. Raises UnreadableFile for no bytes at all and
    for what is not text.
    """
    if not data:
        raise UnreadableFile("it is empty")
    content = _decode(data, declared)
    if "\0" in content.text:
        raise UnreadableFile("it is not a text file")
    return content


def _decode(data: bytes, declared: str) -> Content:
    for mark, codec in _MARKS:
        if data.startswith(mark):
            if codec == "utf-8":
                content = _decode_without_mark(data[len(mark) :], "")
                return Content(content.text, content.codec, mark, content.is_damaged)
            text = _decode_exactly(data[len(mark) :], codec)
            if text is None:
                raise UnreadableFile("it is not a text file")
            return Content(text, codec, mark)
    return _decode_without_mark(data, declared)


def _decode_without_mark(data: bytes, declared: str) -> Content:
    codec = codec_of(declared) or "utf-8"
    text = _decode_exactly(data, "utf-8")
    if text is not None:
        return Content(text, codec if text.isascii() else "utf-8")
    if codec != "utf-8" and (text := _decode_exactly(data, codec)) is not None:
        return Content(text, codec)
    text = data.decode("utf-8", "surrogateescape")
    damaged = len(_SURROGATES.findall(text))
    if damaged * (_OTHERS_PER_DAMAGED + 1) < len(_BEYOND_ASCII.findall(text)) and not _DAMAGED.search(text):
        return Content(text.translate(_TO_PRIVATE), "utf-8", is_damaged=True)
    text = _decode_exactly(data, "cp1252")
    return Content(data.decode("latin-1"), "latin-1") if text is None else Content(text, "cp1252")


def _decode_exactly(data: bytes, codec: str) -> str | None:
    """Return the characters if they would be written as just these bytes."""
    try:
        text = data.decode(codec)
        return text if text.encode(codec) == data else None
    except UnicodeError:
        return None
