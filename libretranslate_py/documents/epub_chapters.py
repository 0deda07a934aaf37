"""A chapter of a book: XHTML of which every byte that is not text stays, and which is well-formed afterwards."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence

from libretranslate_py.documents.document import Piece
from libretranslate_py.documents.encodings import codec_of
from libretranslate_py.documents.inline import legal
from libretranslate_py.documents.xml_parts import SAMPLE_SIZE
from libretranslate_py.errors import UnreadableFile
from libretranslate_py.text.markup import extract
from libretranslate_py.text.spans import Segment, Template, segments_of

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_ENTITY_DECLARATION = re.compile(r"<!ENTITY")
# XHTML has names for them that only its DTD tells, which nobody reads.
_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z][A-Za-z0-9]{0,40};")
_HEAD = re.compile(r"\A\ufeff?\s*<\?xml[^>]*+\?>")


class Chapter:
    """name: that of the member; content: its bytes. Raises UnreadableFile where the encoding is not what it says."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        # How many pieces it has; known after ``pieces``.
        self.count = 0
        self._mark, self._encoding = _encoding_of(content)
        try:
            self._markup = content[len(self._mark) :].decode(self._encoding)
        except UnicodeDecodeError as error:
            raise UnreadableFile("the text of a chapter is damaged") from error
        if _ENTITY_DECLARATION.search(self._markup):
            raise UnreadableFile("its XML declares entities or a document type")
        self._template: Template = ()

    def sample(self) -> str:
        """What is to be read in it, or the beginning of that."""
        template = extract(self._markup[: 4 * SAMPLE_SIZE], source="en", target="en", attributes=False, xml=True)
        return "\n".join(segment.text for segment in segments_of(template))

    def pieces(self, source: str, target: str) -> Sequence[Piece]:
        self._template = extract(self._markup, source=source, target=target, xml=_is_well_formed(self._markup))
        found = [(piece,) for piece in self._template if isinstance(piece, Segment)]
        self.count = len(found)
        return found

    def write(self, translations: Sequence[str]) -> bytes | None:
        """Return the chapter with its pieces translated; None where that is no change.

        What would break the book is left as it was.
        """
        cleaned = [legal(translation) for translation in translations]
        written = self._fill(cleaned)
        if written == self._markup:
            return None
        if not _is_well_formed(written) and _is_well_formed(self._markup):
            raws = [piece.raw for piece in self._template if isinstance(piece, Segment)]
            whole = [
                new if _is_whole(new) or not _is_whole(raw) else raw for raw, new in zip(raws, cleaned, strict=True)
            ]
            written = self._fill(whole)
            if not _is_well_formed(written):
                written = self._fill(raws)
        return self._mark + written.encode(self._encoding, "xmlcharrefreplace")

    def _fill(self, translations: Sequence[str]) -> str:
        supply = iter(translations)
        return "".join(piece if isinstance(piece, str) else next(supply) for piece in self._template)


def _encoding_of(content: bytes) -> tuple[bytes, str]:
    """The byte order mark, if any, and the name of the encoding."""
    for mark, name in _MARKS:
        if content.startswith(mark):
            return mark, name
    declared = _DECLARED.search(content[:500])
    if declared is None:
        return b"", "utf-8"
    codec = codec_of(declared[1].decode("ascii"))
    if codec is None:
        raise UnreadableFile("a chapter is in an encoding that no book is in")
    return b"", codec


def _is_whole(markup: str) -> bool:
    return _is_well_formed(f'<r xmlns:epub="urn:e" xmlns:xlink="urn:x" xmlns:m="urn:m" xmlns:svg="urn:s">{markup}</r>')


def _is_well_formed(markup: str) -> bool:
    from lxml import etree  # noqa: PLC0415

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    plain = _NAMED.sub(" ", _HEAD.sub("", markup, count=1))
    try:
        etree.fromstring(plain.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return False
    return True
