"""XML inside of archives: read without entities, files or networks, and written with the declaration that it had."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from libretranslate_py.documents.document import Piece
from libretranslate_py.documents.inline import Inline, Node, Paragraph
from libretranslate_py.documents.zipped import Archive
from libretranslate_py.errors import UnreadableFile

# lxml has no types of its own.
Element = Any
SAMPLE_SIZE = 20_000

# Properties of a run have no more levels than this.
_DEEPEST = 10

_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^>]{0,200}\?>\s*")
_ENCODING = re.compile(rb"encoding\s*=\s*[\"'](?!utf-8[\"'])", re.IGNORECASE)


def parse_xml(content: bytes, *, doctype: bool = False) -> Element:
    """Return the element tree of ``content``. ``doctype``: whether it may have one, though not one with entities.

    Raises UnreadableFile: not well-formed, nested too deep, with a DTD.
    """
    from lxml import etree  # noqa: PLC0415

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_blank_text=False
    )
    head = content[:100_000]
    for encoding in ("ascii", "utf-16-le", "utf-16-be"):
        # A document that has entities is refused before anything can come of them.
        if "<!ENTITY".encode(encoding) in content or (not doctype and "<!DOCTYPE".encode(encoding) in head):
            raise UnreadableFile("its XML declares entities or a document type")
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableFile("its XML is damaged") from error
    if any(entry.level >= etree.ErrorLevels.ERROR for entry in parser.error_log):
        # After a warning the parser lets pass what it refuses otherwise, such as a namespace that is no address, and
        # what it let pass cannot be written.
        raise UnreadableFile("its XML is damaged")
    if root is None or (not doctype and root.getroottree().docinfo.internalDTD is not None):
        raise UnreadableFile("its XML declares entities or a document type")
    return root.getroottree()


def write_xml(tree: Element, original: bytes) -> bytes:
    """Return ``tree`` with the declaration that ``original`` begins with."""
    from lxml import etree  # noqa: PLC0415

    declaration = _DECLARATION.match(original)
    if declaration and not _ENCODING.search(declaration.group()):
        tail = original[-2:] if original.endswith(b"\r\n") else original[-1:] if original.endswith(b"\n") else b""
        written: bytes = etree.tostring(tree, encoding="UTF-8", xml_declaration=False)
        return declaration.group() + written.rstrip(b"\r\n") + tail
    standalone = tree.docinfo.standalone
    result: bytes = etree.tostring(tree, encoding="UTF-8", xml_declaration=True, standalone=standalone)
    return result


def local(element: Element) -> str:
    """The tag without its namespace; empty for comments and processing instructions."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def namespace(element: Element) -> str:
    tag = element.tag
    return tag[1:].partition("}")[0] if isinstance(tag, str) and tag[:1] == "{" else ""


def signature(element: Element | None, noise: frozenset[str]) -> Hashable:
    """What two elements have in common that look the same; tags and attributes in ``noise`` (local names) are nothing.

    None for an element without anything else.
    """
    if element is None:
        return None
    children = tuple(_signature(child, noise) for child in element if local(child) not in noise)
    own = _attributes(element, noise)
    return (own, children) if own or children else None


def _signature(element: Element, noise: frozenset[str], depth: int = 0) -> Hashable:
    if depth > _DEEPEST:
        # Nothing is like it.
        return object()
    children = tuple(_signature(child, noise, depth + 1) for child in element if local(child) not in noise)
    return (element.tag, _attributes(element, noise), element.text or "", children)


def _attributes(element: Element, noise: frozenset[str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(item for item in element.items() if item[0].rpartition("}")[2] not in noise))


# --- documents of such parts ----------------------------------------------------------------------------------------

# Puts a translated paragraph in the place of what it was; the second argument is the target, an Argos code.
Put = Callable[[Node, str], None]


@dataclass(slots=True, eq=False)
class Block:
    """A paragraph, a title, a cell: what is translated as one piece."""

    inline: Inline
    put: Put


@dataclass(slots=True, eq=False)
class Part:
    """A member of an archive that holds text."""

    name: str
    content: bytes
    tree: Element
    blocks: list[Block] = field(default_factory=list)
    is_changed: bool = False

    def add(self, paragraph: Paragraph, put: Put) -> None:
        inline = paragraph.finish()
        if inline is not None:
            self.blocks.append(Block(inline, put))

    def add_text(self, text: str, put: Callable[[str], None]) -> None:
        """A text of its own, with nothing in it; ``put`` gets its translation."""

        def put_words(node: Node, target: str) -> None:
            put("".join(child for child in node.children if isinstance(child, str)))

        paragraph = Paragraph()
        paragraph.add_text(text)
        self.add(paragraph, put_words)


def read_part(archive: Archive, name: str, *, doctype: bool = False) -> Part:
    content = archive.read(name)
    return Part(name, content, parse_xml(content, doctype=doctype))


class XmlDocument:
    """An archive of which some parts are XML with text. ``write`` changes the trees: it is called once."""

    def __init__(self, archive: Archive, parts: Sequence[Part]) -> None:
        self._archive = archive
        self._parts = parts
        self._numbers: dict[tuple[bool, str], int] = {}

    def sample(self) -> str:
        found: list[str] = []
        size = 0
        for block in self._blocks():
            text = block.inline.text
            found.append(text)
            size += len(text) + 1
            if size > SAMPLE_SIZE:
                break
        return "\n".join(found)[:SAMPLE_SIZE]

    def pieces(self, source: str, target: str) -> Sequence[Piece]:
        """What stands in the file twice (a text box, for old and new readers) is one piece."""
        found: list[Piece] = []
        for block in self._blocks():
            key = _key(block.inline)
            if key not in self._numbers:
                self._numbers[key] = len(found)
                found.append(block.inline.piece)
        return found

    def write(self, translations: Sequence[str], target: str) -> bytes:
        return self._archive.rewrite(self._changed_parts(translations, target))

    def _changed_parts(self, translations: Sequence[str], target: str) -> dict[str, bytes]:
        changed = {}
        for part in self._parts:
            for block in part.blocks:
                translation = translations[self._numbers[_key(block.inline)]]
                if translation != block.inline.source:
                    block.put(block.inline.parse(translation), target)
                    part.is_changed = True
            if part.is_changed:
                changed[part.name] = write_xml(part.tree, part.content)
        return changed

    def _blocks(self) -> Iterator[Block]:
        for part in self._parts:
            yield from part.blocks


def _key(inline: Inline) -> tuple[bool, str]:
    return isinstance(inline.piece, str), inline.source


def element_like(pattern: Element, name: str) -> Element:
    """A new element of this local name in the namespace of ``pattern``, with its prefixes."""
    return pattern.makeelement(f"{{{namespace(pattern)}}}{name}", nsmap=pattern.nsmap)


def put_text(element: Element, text: str) -> None:
    """Makes ``text`` the text of ``element``, with a note to keep its spaces where it needs one."""
    element.text = text
    if text != text.strip() or "  " in text:
        element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


# --- ranges between two marks -----------------------------------------------------------------------------------------

# The key of the range that an element begins or, where it is True, ends.
RangeKey = Callable[[Element], tuple[Hashable, bool] | None]
_PARAGRAPHS = ("p", "h")


def order_ranges(paragraph: Element, range_of: RangeKey) -> None:
    """Swaps the marks of each range that would end before it begins; paragraphs inside are left alone."""
    starts: dict[Hashable, list[tuple[int, Element]]] = {}
    ends: dict[Hashable, list[tuple[int, Element]]] = {}
    for number, (mark, key, is_end) in enumerate(_range_marks(paragraph, range_of)):
        (ends if is_end else starts).setdefault(key, []).append((number, mark))
    for key in starts.keys() & ends.keys():
        for (place, start), (end_place, end) in zip(starts[key], ends[key], strict=False):
            if end_place < place:
                _swap(start, end)


def _range_marks(paragraph: Element, range_of: RangeKey) -> Iterator[tuple[Element, Hashable, bool]]:
    stack = [iter(paragraph)]
    while stack:
        child = next(stack[-1], None)
        if child is None:
            stack.pop()
            continue
        found = range_of(child)
        if found is not None:
            yield child, *found
        elif local(child) not in _PARAGRAPHS:
            stack.append(iter(child))


def _swap(one: Element, other: Element) -> None:
    """Takes the same time wherever they are; what is behind each stays where it is."""
    tail, other_tail = one.tail, other.tail
    one.tail = other.tail = None
    keeper = one.makeelement("keeper")
    one.addprevious(keeper)
    other.addprevious(one)
    keeper.addprevious(other)
    keeper.getparent().remove(keeper)
    one.tail, other.tail = other_tail, tail
