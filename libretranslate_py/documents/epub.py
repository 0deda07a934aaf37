"""Books: .epub, of which chapters are XHTML, and the table of contents and the title are XML."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from urllib.parse import unquote

from libretranslate_py.documents.document import Piece
from libretranslate_py.documents.epub_chapters import Chapter
from libretranslate_py.documents.inline import Node, Paragraph
from libretranslate_py.documents.kinds import expect
from libretranslate_py.documents.xml_parts import (
    SAMPLE_SIZE,
    Element,
    Part,
    XmlDocument,
    local,
    parse_xml,
    read_part,
)
from libretranslate_py.documents.zipped import Archive
from libretranslate_py.errors import UnreadableFile
from libretranslate_py.languages import to_public

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
# Fonts that are made unusable outside of the book; the text is open.
_FONTS = frozenset(("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"))
_XHTML = "application/xhtml+xml"
_NCX = "application/x-dtbncx+xml"
_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def open_epub(data: bytes) -> EpubDocument:
    """Raises UnreadableFile."""
    archive = Archive(data)
    expect(archive, ".epub")
    _refuse_encrypted(archive)
    book = read_part(archive, _find_book(archive), doctype=True)
    parts, chapters = [book], []
    folder = posixpath.dirname(book.name)
    for name, kind in _manifest(book.tree.getroot(), folder):
        if name in archive and kind == _XHTML:
            chapters.append(Chapter(name, archive.read(name)))
        elif name in archive and kind == _NCX:
            parts.append(_read_labels(archive, name))
    _add_title(book)
    return EpubDocument(archive, parts, chapters)


def _refuse_encrypted(archive: Archive) -> None:
    if _ENCRYPTION not in archive:
        return
    for element in parse_xml(archive.read(_ENCRYPTION)).iter():
        if local(element) == "EncryptionMethod" and element.get("Algorithm") not in _FONTS:
            raise UnreadableFile("it is encrypted")


def _find_book(archive: Archive) -> str:
    for element in parse_xml(archive.read(_CONTAINER)).iter():
        if local(element) == "rootfile" and element.get("full-path"):
            return str(element.get("full-path"))
    raise UnreadableFile("it does not say where the book begins")


def _manifest(book: Element, folder: str) -> Sequence[tuple[str, str]]:
    """The members of the book and their media types: first those that are read one after the other, in order."""
    items: dict[str, tuple[str, str]] = {}
    order: list[str] = []
    for element in book.iter():
        if local(element) == "item":
            path = posixpath.normpath(posixpath.join(folder, unquote(element.get("href") or "")))
            items[element.get("id") or path] = (path, element.get("media-type") or "")
        elif local(element) == "itemref":
            order.append(element.get("idref") or "")
    found = {items[identifier] for identifier in order if identifier in items}
    in_order = dict.fromkeys(items[identifier] for identifier in order if identifier in items)
    return [*in_order, *dict.fromkeys(item for item in items.values() if item not in found)]


def _add_title(book: Part) -> None:
    for name in ("title", "description"):
        for element in book.tree.getroot().iter(f"{{{_DUBLIN_CORE}}}{name}"):
            # A description may be HTML that is written as text; without knowing that for sure, it stays.
            if not (element.text or "").lstrip().startswith("<"):
                _add_text(book, element)


def _add_text(part: Part, element: Element) -> None:
    paragraph = Paragraph()
    paragraph.add_text(element.text or "")

    def put(node: Node, target: str) -> None:
        element.text = "".join(child for child in node.children if isinstance(child, str))

    if not len(element):
        part.add(paragraph, put)


def _read_labels(archive: Archive, name: str) -> Part:
    part = read_part(archive, name, doctype=True)
    for element in part.tree.getroot().iter():
        if local(element) == "text":
            _add_text(part, element)
    return part


class EpubDocument(XmlDocument):
    """The chapters' pieces come first: the language of a book is that of its text."""

    def __init__(self, archive: Archive, parts: Sequence[Part], chapters: Sequence[Chapter]) -> None:
        super().__init__(archive, parts)
        self._book = parts[0]
        self._labels = parts
        self._chapters = chapters
        self._count = 0

    def sample(self) -> str:
        found: list[str] = []
        size = 0
        for chapter in self._chapters:
            found.append(chapter.sample())
            size += len(found[-1])
            if size >= SAMPLE_SIZE:
                break
        return "\n".join([*found, super().sample()])[:SAMPLE_SIZE]

    def pieces(self, source: str, target: str) -> Sequence[Piece]:
        found = [piece for chapter in self._chapters for piece in chapter.pieces(source, target)]
        self._count = len(found)
        return [*found, *super().pieces(source, target)]

    def write(self, translations: Sequence[str], target: str) -> bytes:
        changed = {}
        position = 0
        for chapter in self._chapters:
            own = translations[position : position + chapter.count]
            position += chapter.count
            written = chapter.write(own)
            if written is not None:
                changed[chapter.name] = written
        self._set_language(to_public(target))
        return self._archive.rewrite({**changed, **self._changed_parts(translations[self._count :], target)})

    def _set_language(self, language: str) -> None:
        for part in self._labels[1:]:
            root = part.tree.getroot()
            if root.get(_LANGUAGE):
                root.set(_LANGUAGE, language)
                part.is_changed = True
        for element in self._book.tree.getroot().iter(f"{{{_DUBLIN_CORE}}}language"):
            if element.text != language:
                element.text = language
                self._book.is_changed = True
            break
