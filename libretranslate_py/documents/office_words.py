"""Word processor files: .docx."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from copy import deepcopy

from libretranslate_py.documents.inline import Node, Paragraph
from libretranslate_py.documents.inline_tokens import Sort
from libretranslate_py.documents.kinds import content_types, expect
from libretranslate_py.documents.office_drawings import DESCRIBED, DRAWN, add_descriptions, read_drawing
from libretranslate_py.documents.office_fields import Atom, Field, Fields, is_written
from libretranslate_py.documents.xml_parts import (
    Element,
    Part,
    XmlDocument,
    element_like,
    local,
    namespace,
    order_ranges,
    put_text,
    read_part,
    signature,
)
from libretranslate_py.documents.zipped import Archive
from libretranslate_py.languages import to_public

_PARTS = tuple(
    f"wordprocessingml.{name}+xml"
    for name in ("document.main", "footnotes", "endnotes", "header", "footer", "comments")
)
_NAMESPACES = (
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "http://purl.oclc.org/ooxml/wordprocessingml/main",
)

# Differences between runs that nobody sees.
_NOISE = frozenset(("lang", "noProof", "hint", "rPrChange", "webHidden", "rsidR", "rsidRPr"))
# Deleted text, to be read by nobody any more.
_DELETED = ("del", "moveFrom")
_CONTAINERS = frozenset(("hyperlink", "ins", "moveTo", "sdt", "smartTag", "customXml", "dir", "bdo", "fldSimple"))
_LINKS = frozenset(("hyperlink", "fldSimple"))
# What says how an element looks, and is no part of its text.
_PROPERTIES = frozenset(("pPr", "sdtPr", "sdtEndPr", "smartTagPr", "customXmlPr", "fldData"))
# They are made anew by whoever opens the file; a hyphen's place is that of another word.
_DROPPED = frozenset(("proofErr", "lastRenderedPageBreak", "softHyphen"))
# Each has a mark where it begins and one where it ends, with the same id.
_RANGES = frozenset(("bookmark", "perm", "commentRange", "moveFromRange", "moveToRange")) | {
    f"customXml{change}Range" for change in ("Ins", "Del", "MoveFrom", "MoveTo")
}
_RAISED = {"superscript": "sup", "subscript": "sub"}


def open_docx(data: bytes) -> XmlDocument:
    """Raises UnreadableFile."""
    archive = Archive(data)
    types = content_types(archive)
    expect(archive, ".docx", types)
    names = sorted((name for name in types if types[name] in _PARTS), key=lambda name: _PARTS.index(types[name]))
    parts = [_read_words(archive, name) for name in names]
    parts += [read_drawing(archive, name) for name in types if types[name] in DRAWN]
    return XmlDocument(archive, parts)


def _read_words(archive: Archive, name: str) -> Part:
    part = read_part(archive, name)
    for found in _written(part.tree.getroot()):
        if local(found) != "p":
            add_descriptions(part, found)
            continue
        words = _Words(found)
        part.add(words.read(), words.put)
    return part


def _written(root: Element) -> Iterator[Element]:
    """Paragraphs, those of text boxes included, and pictures in the order in which they begin, without deleted ones."""
    tags = [f"{{{name}}}{tag}" for name in _NAMESPACES for tag in ("p", *_DELETED)] + list(DESCRIBED)
    deleted: Element | None = None
    for found in root.iter(*tags):
        if deleted is not None and any(ancestor is deleted for ancestor in found.iterancestors()):
            continue
        if local(found) not in _DELETED:
            yield found
        elif len(found):
            deleted = found


class _Words:
    """One paragraph."""

    def __init__(self, element: Element) -> None:
        self._element = element
        self._paragraph = Paragraph()
        # Style -> the properties of the first run that has it.
        self._properties: dict[Hashable, Element | None] = {}

    # --- reading ------------------------------------------------------------------------------------------------------

    def read(self) -> Paragraph:
        self._read_children(self._element)
        paragraph, self._paragraph = self._paragraph, Paragraph()
        return paragraph

    def _read_children(self, around: Element) -> None:
        atoms: list[Atom] = []
        for child in around:
            name = local(child)
            if name == "r" and namespace(child) in _NAMESPACES:
                atoms += [Atom(inner, child) for inner in child if local(inner) != "rPr"]
            elif name not in _PROPERTIES:
                atoms.append(Atom(child))
        fields = Fields(atoms)
        self._read_range(fields, 0, len(atoms))

    def _read_range(self, fields: Fields, start: int, stop: int) -> None:
        for found in fields.groups(start, stop):
            if isinstance(found, Atom):
                self._read_atom(found)
            elif found.is_written and not self._paragraph.is_deep:
                self._paragraph.open(found, "a")
                self._read_range(fields, found.start, found.stop)
                self._paragraph.close()
            else:
                result = fields.atoms[found.start : found.stop]
                text = "".join(_text_of(atom.element) for atom in result)
                self._paragraph.add_name((*found.before, *result, *found.after), text)

    def _read_atom(self, atom: Atom) -> None:
        name = local(atom.element)
        if name in _DROPPED:
            return
        found = _range_of(atom.element)
        if found is not None and atom.run is None:
            key, is_end = found
            (self._paragraph.end_range if is_end else self._paragraph.begin_range)((atom,), key)
        elif name in ("oMath", "oMathPara", "ruby"):
            self._paragraph.add_name((atom,), _text_of(atom.element) or "x")
        elif atom.run is not None:
            self._read_character(atom, name, atom.run)
        elif name in _CONTAINERS and namespace(atom.element) in _NAMESPACES and not self._paragraph.is_deep:
            self._read_container(atom, name)
        else:
            self._paragraph.add_mark((atom,))

    def _read_container(self, atom: Atom, name: str) -> None:
        content = _content_of(atom.element)
        if content is None:
            self._paragraph.add_mark((atom,))
        elif name == "fldSimple" and not is_written(_value(atom.element, "instr")):
            self._paragraph.add_name((atom,), _text_of(content))
        else:
            self._paragraph.open(atom, "a" if name in _LINKS else "")
            self._read_children(content)
            self._paragraph.close()

    def _read_character(self, atom: Atom, name: str, run: Element) -> None:
        if name in ("t", "noBreakHyphen"):
            properties = _properties_of(run)
            style = signature(properties, _NOISE)
            self._properties.setdefault(style, properties)
            text = "\u2011" if name == "noBreakHyphen" else atom.element.text or ""
            self._paragraph.add_text(" ".join(text.splitlines()).replace("\t", " "), style, _script_of(properties))
        elif name == "cr" or (name == "br" and _value(atom.element, "type") in ("", "textWrapping")):
            self._paragraph.add_break((atom,))
        elif name in ("tab", "ptab", "br"):
            self._paragraph.add_gap((atom,))
        else:
            self._paragraph.add_mark((atom,))

    # --- writing ------------------------------------------------------------------------------------------------------

    def put(self, node: Node, target: str) -> None:
        """Puts the translated paragraph in the place of what it was."""
        _replace(self._element, list(self._build(node, to_public(target))))
        order_ranges(self._element, _range_of)

    def _build(self, node: Node, language: str) -> Iterator[Element]:
        for child in node.children:
            if isinstance(child, str):
                yield from self._runs(child, node.style, language)
            elif child.sort is Sort.TEXT:
                yield from self._build(child, language)
            elif child.sort is not Sort.OPEN:
                yield from _settle(child.thing)
            elif isinstance(child.thing, Field):
                yield from _settle(child.thing.before)
                yield from self._build(child, language)
                yield from _settle(child.thing.after)
            else:
                inner = list(self._build(child, language))
                _replace(_content_of(child.thing.element), inner)
                yield from _settle((child.thing,))

    def _runs(self, text: str, style: Hashable, language: str) -> Iterator[Element]:
        if not text:
            return
        run = element_like(self._element, "r")
        properties = self._properties.get(style)
        if properties is not None:
            properties = deepcopy(properties)
            _set_language(properties, language)
            run.append(properties)
        for number, part in enumerate(text.split("\u2011")):
            if number:
                run.append(element_like(self._element, "noBreakHyphen"))
            if part:
                words = element_like(self._element, "t")
                put_text(words, part)
                run.append(words)
        yield run


def _settle(atoms: Sequence[Atom]) -> Iterator[Element]:
    """The elements on their way to a new place, those of one run in one again."""
    run = new = None
    for atom in atoms:
        if atom.run is None:
            run = None
            atom.element.tail = None
            yield atom.element
        elif atom.run is run and new is not None:
            new.append(atom.element)
        else:
            run = atom.run
            new = run.makeelement(run.tag, dict(run.attrib), nsmap=run.nsmap)
            properties = _properties_of(run)
            if properties is not None:
                new.append(deepcopy(properties))
            new.append(atom.element)
            yield new


def _replace(around: Element, new: Sequence[Element]) -> None:
    """Leaves nothing in ``around`` but what says how it looks, and puts ``new`` there."""
    for child in list(around):
        if local(child) not in _PROPERTIES:
            around.remove(child)
    around.extend(new)


def _content_of(container: Element) -> Element | None:
    if local(container) != "sdt":
        return container
    return next((child for child in container if local(child) == "sdtContent"), None)


def _range_of(element: Element) -> tuple[Hashable, bool] | None:
    name = local(element)
    for suffix in ("Start", "End"):
        if name.endswith(suffix) and name.removesuffix(suffix) in _RANGES:
            return (name.removesuffix(suffix), _value(element, "id")), suffix == "End"
    return None


def _properties_of(run: Element) -> Element | None:
    # They come first. Looking further, as counting the children, takes as long as the run is, for each thing in it.
    first = next(iter(run), None)
    return first if first is not None and local(first) == "rPr" else None


def _value(element: Element, name: str) -> str:
    return element.get(f"{{{namespace(element)}}}{name}") or ""


def _text_of(element: Element) -> str:
    return "".join(found.text or "" for found in element.iter() if local(found) == "t")


def _script_of(properties: Element | None) -> str:
    for child in properties if properties is not None else ():
        if local(child) == "vertAlign":
            return _RAISED.get(_value(child, "val"), "")
    return ""


def _set_language(properties: Element, language: str) -> None:
    for child in properties:
        name = f"{{{namespace(child)}}}val"
        if local(child) == "lang" and child.get(name):
            child.set(name, language)
