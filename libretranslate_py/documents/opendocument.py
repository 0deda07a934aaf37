"""OpenDocument files: .odt and .odp."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import partial
from typing import cast

from libretranslate_py.documents.inline import Node, Paragraph
from libretranslate_py.documents.inline_tokens import Sort
from libretranslate_py.documents.kinds import expect
from libretranslate_py.documents.opendocument_styles import Looks, read_looks
from libretranslate_py.documents.opendocument_text import FrozenStyle, Writer, squeeze
from libretranslate_py.documents.xml_parts import Element, Part, XmlDocument, local, namespace, order_ranges, read_part
from libretranslate_py.documents.zipped import Archive
from libretranslate_py.errors import UnreadableFile

TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_PRESENTATION = "urn:oasis:names:tc:opendocument:xmlns:presentation:1.0"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_SVG = "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"
_MANIFEST = "META-INF/manifest.xml"
_MOST_SPACES = 200
_DEEPEST_STYLE = 50

_PARAGRAPHS = (f"{{{TEXT}}}p", f"{{{TEXT}}}h", f"{{{_PRESENTATION}}}footer-decl", f"{{{_PRESENTATION}}}header-decl")
# What is read to who does not see a picture.
_DESCRIPTIONS = (f"{{{_SVG}}}title", f"{{{_SVG}}}desc")
_CHANGES = f"{{{TEXT}}}tracked-changes"
_CONTAINERS = frozenset(("a", "meta", "meta-field"))
# Paragraphs of their own are in them, or nothing.
_WITHOUT_WORDS = frozenset(("note", "bookmark", "script"))
# Each has a mark where it begins and one where it ends -> the attribute that both have.
_RANGES = {
    "bookmark": "name",
    "reference-mark": "name",
    "change": "change-id",
    "alphabetical-index-mark": "id",
    "toc-mark": "id",
    "user-index-mark": "id",
}


def open_odt(data: bytes) -> XmlDocument:
    """Raises UnreadableFile."""
    return _open(data, ".odt", ("content.xml", "styles.xml"))


def open_odp(data: bytes) -> XmlDocument:
    """Raises UnreadableFile."""
    return _open(data, ".odp", ("content.xml",))


def _open(data: bytes, extension: str, names: tuple[str, ...]) -> XmlDocument:
    archive = Archive(data)
    expect(archive, extension)
    if "encrypted-package" in archive or (
        _MANIFEST in archive and any(local(e) == "encryption-data" for e in read_part(archive, _MANIFEST).tree.iter())
    ):
        raise UnreadableFile("it is encrypted")
    return XmlDocument(archive, [_read(archive, name) for name in names if name in archive or name == names[0]])


def _read(archive: Archive, name: str) -> Part:
    part = read_part(archive, name)
    root = part.tree.getroot()
    looks = read_looks(root)
    for found in root.iter(*_PARAGRAPHS, *_DESCRIPTIONS):
        # Text that was deleted is kept there.
        if next(found.iterancestors(_CHANGES), None) is not None:
            continue
        if namespace(found) == _SVG:
            if not len(found):
                part.add_text(found.text or "", partial(setattr, found, "text"))
        else:
            lines = _Lines(found, looks)
            part.add(lines.read(), lines.put)
    return part


class _Lines:
    """One paragraph."""

    def __init__(self, element: Element, looks: Looks) -> None:
        self._element = element
        self._looks = looks
        # Whether white space would be one too many.
        self._spaced = True

    def read(self) -> Paragraph:
        paragraph = Paragraph()
        self._read_children(self._element, (), paragraph)
        return paragraph

    def _read_children(self, around: Element, style: FrozenStyle, paragraph: Paragraph) -> None:
        self._add_text(around.text, style, paragraph)
        for child in around:
            found = _range_of(child)
            if found is not None:
                key, is_end = found
                (paragraph.end_range if is_end else paragraph.begin_range)((style, child), key)
                self._spaced = False
            elif namespace(child) == TEXT:
                self._read_element(child, local(child), style, paragraph)
            elif local(child):
                paragraph.add_mark((style, child))
                self._spaced = False
            self._add_text(child.tail, style, paragraph)

    def _add_text(self, raw: str | None, style: FrozenStyle, paragraph: Paragraph) -> None:
        if raw:
            text = squeeze(raw, self._spaced)
            if text:
                self._spaced = text.endswith(" ")
                paragraph.add_text(text, style, self._looks.script_of(style))

    def _read_element(self, element: Element, name: str, style: FrozenStyle, paragraph: Paragraph) -> None:
        if name == "soft-page-break":
            return
        if name == "span" and len(style) < _DEEPEST_STYLE:
            own = element.get(f"{{{TEXT}}}style-name") or ""
            inner = style if own in self._looks.unseen else (*style, own)
            self._read_children(element, inner, paragraph)
            return
        if name in _CONTAINERS and not paragraph.is_deep:
            paragraph.open(element, "a" if name == "a" else "")
            self._read_children(element, style, paragraph)
            paragraph.close()
            return
        spaces = _count(element) if name == "s" else 0
        if 0 < spaces <= _MOST_SPACES:
            paragraph.add_text(" " * spaces, style)
        elif name == "line-break":
            paragraph.add_break((style, element))
        elif name in ("tab", "s"):
            paragraph.add_gap((style, element))
        elif name in _WITHOUT_WORDS:
            paragraph.add_mark((style, element))
        else:
            paragraph.add_name((style, element), _text_of(element, name))
        self._spaced = False

    def put(self, node: Node, target: str) -> None:
        """Puts the translated paragraph in the place of what it was."""
        writer = Writer(self._element)
        self._write(node, writer)
        order_ranges(self._element, _range_of)

    def _write(self, node: Node, writer: Writer) -> None:
        for child in node.children:
            if isinstance(child, str):
                writer.add_text(child, cast(FrozenStyle, node.style or ()))
            elif child.sort is Sort.TEXT:
                self._write(child, writer)
            elif child.sort is Sort.OPEN:
                writer.open(child.thing)
                self._write(child, writer)
                writer.close()
            else:
                writer.add_element(*child.thing)


def _range_of(element: Element) -> tuple[Hashable, bool] | None:
    name, space = local(element), namespace(element)
    if space == _OFFICE and name in ("annotation", "annotation-end"):
        # One without a name belongs to a place, and to no words.
        key = element.get(f"{{{_OFFICE}}}name")
        return (("annotation", key), name == "annotation-end") if key else None
    base, _, side = name.rpartition("-")
    if space != TEXT or side not in ("start", "end") or base not in _RANGES:
        return None
    return (base, element.get(f"{{{TEXT}}}{_RANGES[base]}") or ""), side == "end"


def _count(element: Element) -> int:
    said = element.get(f"{{{TEXT}}}c") or "1"
    return int(said) if said.isdecimal() and len(said) < 6 else _MOST_SPACES + 1


def _text_of(element: Element, name: str) -> str:
    if name == "ruby":
        element = next((child for child in element if local(child) == "ruby-base"), element)
    return " ".join(_words(element))[:1000]


def _words(element: Element) -> Iterator[str]:
    for text in element.itertext(with_tail=False):
        yield from text.split()
