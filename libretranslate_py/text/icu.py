"""ICU messages in a text, ``{n, plural, one {# file} other {# files}}``: their syntax stays, their arms are texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from libretranslate_py.text.spans import Segment, Template

# {count, plural, ... and, for plural, a number to subtract.
_HEAD = re.compile(
    r"\{\s{0,20}+[\w.-]{1,60}+\s{0,20}+,\s{0,20}+(plural|selectordinal|select)\s{0,20}+,"
    r"(?:\s{0,20}+offset\s{0,5}+:\s{0,5}+\d{1,9}+)?"
)
_SIMPLE = re.compile(
    r"\{\s{0,20}+[\w.-]{1,60}+\s{0,20}+,\s{0,20}+(?!plural|select)\w{1,20}+\s{0,20}+(?:,[^{}]{0,200}+)?\}"
)
_SELECTOR = re.compile(r"\s{0,100}+(?:=\d{1,9}+|[\w-]{1,60}+)\s{0,100}+(?=\{)")
_END = re.compile(r"\s{0,100}+\}")
# An apostrophe before and behind a brace is how these messages write the brace itself.
_BRACE = re.compile(r"'[{}]'|[{}]")

# Given the text of an arm and whether it counts something, returns its template.
Reader = Callable[[str, bool], Template]


class Braces:
    """Which brace closes which, over a whole text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._closing: dict[int, int] = {}
        opened: list[int] = []
        for match in _BRACE.finditer(text):
            if match.group() == "{":
                opened.append(match.start())
            elif match.group() == "}" and opened:
                self._closing[opened.pop()] = match.start()

    def message_at(self, start: int, read: Reader | None) -> tuple[int, Template] | None:
        """Return the end of the message that begins at ``start`` and its template; None if it is no whole message.

        Without ``read`` the message is not looked into: all of it is verbatim.
        """
        text = self._text
        closing = self._closing.get(start)
        if closing is None:
            return None
        head = _HEAD.match(text, start)
        if not head:
            simple = _SIMPLE.match(text, start)
            return (simple.end(), (simple.group(),)) if simple else None
        arms = self._arms(head.end(), closing)
        if not arms:
            return None
        if read is None:
            return closing + 1, (text[start : closing + 1],)
        return closing + 1, tuple(self._template(start, arms, closing + 1, head.group(1) != "select", read))

    def _arms(self, position: int, closing: int) -> list[tuple[int, int]] | None:
        """Return what is between the braces of each arm; None if something else than arms is there."""
        arms: list[tuple[int, int]] = []
        while not (end := _END.match(self._text, position)):
            selector = _SELECTOR.match(self._text, position)
            inner = self._closing.get(selector.end()) if selector else None
            if selector is None or inner is None:
                return None
            arms.append((selector.end() + 1, inner))
            position = inner + 1
        return arms if end.end() == closing + 1 else None

    def _template(
        self, start: int, arms: list[tuple[int, int]], end: int, is_counting: bool, read: Reader
    ) -> Iterator[str | Segment]:
        position = start
        for first, last in arms:
            yield self._text[position:first]
            yield from read(self._text[first:last], is_counting)
            position = last
        yield self._text[position:end]
