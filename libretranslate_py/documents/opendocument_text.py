"""The text of an OpenDocument paragraph, where white space collapses and further spaces are elements."""

from __future__ import annotations

import re

from libretranslate_py.documents.xml_parts import Element

_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_WHITE = re.compile(r"[ \t\r\n]+")
_PART = re.compile(r" +|[^ ]+")

# The names of the styles of nested spans, from the outermost.
FrozenStyle = tuple[str, ...]


def squeeze(raw: str, spaced: bool) -> str:
    """Return what ``raw`` shows; ``spaced``: behind a space, or at the beginning of a paragraph."""
    text = _WHITE.sub(" ", raw)
    return text.removeprefix(" ") if spaced else text


class Writer:
    """Writes the content of a paragraph anew; its attributes stay."""

    def __init__(self, paragraph: Element) -> None:
        self._paragraph = paragraph
        _empty(paragraph)
        self._stack = [paragraph]
        # Whether a space would not be seen.
        self._spaced = True

    def open(self, element: Element) -> None:
        """What is written until ``close`` is in ``element``, which loses what was in it."""
        element.tail = None
        _empty(element)
        self._stack[-1].append(element)
        self._stack.append(element)

    def close(self) -> None:
        self._stack.pop()

    def add_element(self, style: FrozenStyle, element: Element) -> None:
        element.tail = None
        self._spans(style).append(element)
        self._spaced = False

    def add_text(self, text: str, style: FrozenStyle) -> None:
        if not text:
            return
        around = self._spans(style)
        for part in _PART.findall(" ".join(text.splitlines()) if "\n" in text else text):
            if part[0] != " ":
                _append(around, part)
                self._spaced = False
                continue
            count = len(part)
            if not self._spaced:
                _append(around, " ")
                self._spaced = True
                count -= 1
            if count:
                spaces = around.makeelement(f"{{{_TEXT}}}s", nsmap=around.nsmap)
                if count > 1:
                    spaces.set(f"{{{_TEXT}}}c", str(count))
                around.append(spaces)
                self._spaced = False

    def _spans(self, style: FrozenStyle) -> Element:
        around = self._stack[-1]
        for name in style:
            span = around.makeelement(f"{{{_TEXT}}}span", {f"{{{_TEXT}}}style-name": name}, nsmap=around.nsmap)
            around.append(span)
            around = span
        return around


def _empty(element: Element) -> None:
    element.text = None
    for child in list(element):
        element.remove(child)


def _append(element: Element, text: str) -> None:
    # Counting children takes as long as there are many.
    last = next(element.iterchildren(reversed=True), None)
    if last is None:
        element.text = (element.text or "") + text
    else:
        last.tail = (last.tail or "") + text
