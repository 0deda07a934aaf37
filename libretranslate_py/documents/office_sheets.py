"""Spreadsheets: .xlsx. Words in cells are translated; numbers, formulas, and names that formulas use stay."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from copy import deepcopy

from libretranslate_py.documents.inline import Node, Paragraph
from libretranslate_py.documents.kinds import content_types, expect
from libretranslate_py.documents.office_drawings import DRAWN, read_drawing
from libretranslate_py.documents.xml_parts import (
    Element,
    Part,
    XmlDocument,
    element_like,
    local,
    put_text,
    read_part,
    signature,
)
from libretranslate_py.documents.zipped import Archive

_STRINGS = "spreadsheetml.sharedStrings+xml"
_SHEET = "spreadsheetml.worksheet+xml"
_TABLE = "spreadsheetml.table+xml"
_COMMENTS = "spreadsheetml.comments+xml"
_NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
_NOISE = frozenset(("charset",))
# How to read the characters aloud; that of the translation is not known.
_WRITTEN = frozenset(("t", "r", "rPh", "phoneticPr"))
# How characters are written that XML cannot hold, and an underscore before what looks like it.
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")


def open_xlsx(data: bytes) -> XmlDocument:
    """Raises UnreadableFile."""
    archive = Archive(data)
    types = content_types(archive)
    expect(archive, ".xlsx", types)
    headers = {name for part in types if types[part] == _TABLE for name in _column_names(archive, part)}
    parts = [_read_strings(archive, name, "si", headers) for name in types if types[name] == _STRINGS]
    parts += [
        _read_strings(archive, name, "is", headers)
        for name in types
        if types[name] == _SHEET and archive.holds(name, b"inlineStr")
    ]
    parts += [_read_strings(archive, name, "text", set()) for name in types if types[name] == _COMMENTS]
    parts += [read_drawing(archive, name) for name in types if types[name] in DRAWN]
    return XmlDocument(archive, parts)


def _column_names(archive: Archive, name: str) -> Iterator[str]:
    """The names of a table's columns. They must equal the cells above them, and formulas refer to them."""
    for element in read_part(archive, name).tree.getroot().iter():
        if local(element) == "tableColumn":
            yield element.get("name") or ""


def _read_strings(archive: Archive, name: str, tag: str, untouched: set[str]) -> Part:
    part = read_part(archive, name)
    for found in part.tree.getroot().iter(*(f"{{{name}}}{tag}" for name in _NAMESPACES)):
        string = _String(found)
        paragraph = string.read()
        if string.text not in untouched:
            part.add(paragraph, string.put)
    return part


def _unescape(found: re.Match[str]) -> str:
    """A carriage return stands before a line feed; other characters that XML cannot hold are no text either."""
    character = chr(int(found[1], 16))
    return character if character.isprintable() else ""


class _String:
    """The text of a cell: plain, or in runs."""

    def __init__(self, element: Element) -> None:
        self._element = element
        self._is_plain = not any(local(child) == "r" for child in element)
        self.text = ""
        # Style -> the properties of the first run that has it.
        self._properties: dict[Hashable, Element | None] = {}

    def read(self) -> Paragraph:
        paragraph = Paragraph()
        for child in self._element:
            if local(child) == "t":
                self._add(paragraph, child, None)
            elif local(child) == "r":
                properties = next((inner for inner in child if local(inner) == "rPr"), None)
                for inner in child:
                    if local(inner) == "t":
                        self._add(paragraph, inner, properties)
        return paragraph

    def _add(self, paragraph: Paragraph, element: Element, properties: Element | None) -> None:
        style = signature(properties, _NOISE)
        self._properties.setdefault(style, properties)
        text = _ESCAPE.sub(_unescape, element.text or "")
        self.text += text
        paragraph.add_text(text, style)

    def put(self, node: Node, target: str) -> None:
        """Puts the translated string in the place of what it was."""
        new = list(self._build(node))
        for child in list(self._element):
            if local(child) in _WRITTEN:
                self._element.remove(child)
        self._element[0:0] = new

    def _build(self, node: Node) -> Iterator[Element]:
        for child in node.children:
            if not isinstance(child, str):
                yield from self._build(child)
            elif child:
                text = element_like(self._element, "t")
                put_text(text, _ESCAPE.sub(r"_x005F\g<0>", child))
                if self._is_plain:
                    yield text
                    continue
                run = element_like(self._element, "r")
                properties = self._properties.get(node.style)
                if properties is not None:
                    run.append(deepcopy(properties))
                run.append(text)
                yield run
