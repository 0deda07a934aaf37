"""XML as slices of its source, checked to be nested: enough to edit a file and leave all else as it is.

Nothing is resolved: there are no document types, and entities are no more than characters here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from libretranslate_py.errors import UnreadableFile

_NAME = r"[^\W\d][\w.:-]{0,200}+"
_VALUE = r"\"[^\"<]*+\"|'[^'<]*+'"
_TOKEN = re.compile(
    rf"[^<]++|<(?P<start>{_NAME})(?P<attributes>(?:\s++{_NAME}\s*+=\s*+(?:{_VALUE}))*+)\s*+(?P<empty>/?)>"
    rf"|</(?P<end>{_NAME})\s*+>"
    r"|(?P<data><!\[CDATA\[(?:[^\]]++|\](?!\]>))*+\]\]>)"
    r"|(?P<other><!--(?:[^-]++|-(?!->))*+-->|<\?(?:[^?]++|\?(?!>))*+\?>)"
)
_ATTRIBUTE = re.compile(rf"\s({_NAME})\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_DEEPEST = 200


class Sort(Enum):
    TEXT = auto()
    START = auto()
    END = auto()
    EMPTY = auto()
    DATA = auto()
    # A comment or a processing instruction.
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """start and end: in the text. name: of a tag, as it is written. attributes: their raw text."""

    start: int
    end: int
    sort: Sort
    name: str = ""
    attributes: str = ""

    @property
    def local(self) -> str:
        """The name without the prefix of its namespace."""
        return self.name.rpartition(":")[2]

    def values(self) -> dict[str, str]:
        """The attributes, their values as they are written."""
        return {name: double or single for name, double, single in _ATTRIBUTE.findall(self.attributes)}


def lex(text: str) -> Iterator[Token]:
    """Yield the slices of ``text`` in order; raises UnreadableFile at the first fault, and at a document type."""
    position = 0
    open_names: list[str] = []
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            is_type = text.startswith("<!DOCTYPE", position)
            raise UnreadableFile("it has a document type definition" if is_type else "it is not well-formed XML")
        token = _token(found)
        if token.sort is Sort.START:
            open_names.append(token.name)
            if len(open_names) > _DEEPEST:
                raise UnreadableFile("it is nested too deeply")
        elif token.sort is Sort.END and (not open_names or open_names.pop() != token.name):
            raise UnreadableFile("it is not well-formed XML")
        yield token
        position = token.end
    if open_names:
        raise UnreadableFile("it is not well-formed XML")


def _token(found: re.Match[str]) -> Token:
    start, end = found.span()
    if found["start"]:
        return Token(start, end, Sort.EMPTY if found["empty"] else Sort.START, found["start"], found["attributes"])
    if found["end"]:
        return Token(start, end, Sort.END, found["end"])
    return Token(start, end, Sort.DATA if found["data"] else Sort.OTHER if found["other"] else Sort.TEXT)
