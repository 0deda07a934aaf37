"""DrawingML: the text of slides, charts, diagrams and shapes."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from copy import deepcopy
from functools import partial

from libretranslate_py.documents.inline import Node, Paragraph
from libretranslate_py.documents.inline_tokens import Sort
from libretranslate_py.documents.kinds import content_types, expect
from libretranslate_py.documents.xml_parts import Element, Part, XmlDocument, element_like, local, read_part, signature
from libretranslate_py.documents.zipped import Archive
from libretranslate_py.languages import to_public

# Parts with drawn text that stand beside slides, in a text or in a sheet.
DRAWN = (
    "drawingml.chart+xml",
    "drawingml.diagramData+xml",
    "office.drawingml.diagramDrawing+xml",
    "drawing+xml",
    "drawingml.chartshapes+xml",
)
_SLIDES = ("presentationml.slide+xml", "presentationml.notesSlide+xml", *DRAWN)
_NAMESPACES = ("http://schemas.openxmlformats.org/drawingml/2006/main", "http://purl.oclc.org/ooxml/drawingml/main")
# They name pictures and shapes, and say what they show.
DESCRIBED = ("{*}docPr", "{*}cNvPr")
_NOISE = frozenset(("lang", "altLang", "dirty", "err", "noProof", "smtClean", "smtId", "bmk"))
_PROPERTIES = frozenset(("pPr", "endParaRPr"))


def open_pptx(data: bytes) -> XmlDocument:
    """Raises UnreadableFile."""
    archive = Archive(data)
    types = content_types(archive)
    expect(archive, ".pptx", types)
    names = sorted(
        (name for name in types if types[name] in _SLIDES),
        key=lambda name: (_number(name), _SLIDES.index(types[name]), name),
    )
    return XmlDocument(archive, [read_drawing(archive, name) for name in names])


def _number(name: str) -> int:
    found = re.search(r"(\d{1,9})\.", name)
    return int(found[1]) if found else 0


def read_drawing(archive: Archive, name: str) -> Part:
    """Return the part with all its drawn paragraphs and what it says of pictures. Raises UnreadableFile."""
    part = read_part(archive, name)
    for found in part.tree.getroot().iter(*(f"{{{name}}}p" for name in _NAMESPACES), *DESCRIBED):
        if local(found) != "p":
            add_descriptions(part, found)
            continue
        drawn = _Drawn(found)
        part.add(drawn.read(), drawn.put)
    return part


def add_descriptions(part: Part, element: Element) -> None:
    """Adds what is read to who does not see the picture; ``element``: one that is DESCRIBED."""
    for name in ("title", "descr"):
        part.add_text(element.get(name) or "", partial(element.set, name))


class _Drawn:
    """One paragraph."""

    def __init__(self, element: Element) -> None:
        self._element = element
        # Style -> the properties of the first run that has it.
        self._properties: dict[Hashable, Element | None] = {}

    def read(self) -> Paragraph:
        paragraph = Paragraph()
        for child in self._element:
            name = local(child)
            if name == "r":
                self._read_run(child, paragraph)
            elif name == "br":
                paragraph.add_break(child)
            elif name == "fld":
                paragraph.add_name(child, _text_of(child))
            elif name not in _PROPERTIES:
                # A formula, for the most part.
                paragraph.add_name(child, _text_of(child))
        return paragraph

    def _read_run(self, run: Element, paragraph: Paragraph) -> None:
        properties = next((child for child in run if local(child) == "rPr"), None)
        style = signature(properties, _NOISE)
        self._properties.setdefault(style, properties)
        raised = int(_digits(properties.get("baseline"))) if properties is not None else 0
        text = _text_of(run).replace("\n", " ").replace("\x0b", " ")
        paragraph.add_text(text, style, "sup" if raised > 0 else "sub" if raised < 0 else "")

    def put(self, node: Node, target: str) -> None:
        """Puts the translated paragraph in the place of what it was."""
        new = list(self._build(node, to_public(target)))
        place = 0
        for child in list(self._element):
            if local(child) not in _PROPERTIES:
                self._element.remove(child)
            elif local(child) == "pPr":
                place = 1
        self._element[place:place] = new

    def _build(self, node: Node, language: str) -> Iterator[Element]:
        for child in node.children:
            if not isinstance(child, str):
                yield from self._build(child, language) if child.sort is Sort.TEXT else _settle([child.thing])
            elif child:
                run = element_like(self._element, "r")
                properties = self._properties.get(node.style)
                if properties is not None:
                    properties = deepcopy(properties)
                    if properties.get("lang"):
                        properties.set("lang", language)
                    run.append(properties)
                text = element_like(self._element, "t")
                text.text = child
                run.append(text)
                yield run


def _settle(elements: Sequence[Element]) -> Sequence[Element]:
    for element in elements:
        element.tail = None
    return elements


def _digits(value: str | None) -> str:
    found = re.match(r"-?\d{1,9}", value or "")
    return found[0] if found else "0"


def _text_of(element: Element) -> str:
    return "".join(found.text or "" for found in element.iter() if local(found) == "t")
