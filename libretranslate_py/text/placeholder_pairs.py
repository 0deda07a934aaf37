"""Which delimiters in a plain text belong together: tags, and the marks of Markdown."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from libretranslate_py.text.spans import Kind, Span

_VOID = frozenset({"br", "hr", "wbr", "img", "input"})
_TAG_NAME = re.compile(r"</?([\w:.-]+)")
# Groups of the scanner whose matches are delimiters.
DELIMITERS = frozenset({"tag", "link", "linkend", "emphasis"})


@dataclass(frozen=True, slots=True)
class _Delimiter:
    start: int
    end: int
    key: str
    opens: bool
    closes: bool
    is_tag: bool


class Pairing:
    """Takes the delimiters of a text from its beginning to its end. Takes linear time, and n log n for line ends."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._open: list[_Delimiter] = []
        self._count: Counter[str] = Counter()
        self._line_ends: list[int] | None = None
        self.spans: list[Span] = []

    def add(self, group: str, start: int, end: int) -> None:
        found = self._tag(start, end) if group == "tag" else self._mark(group, start, end)
        if found.closes and self._count[found.key] and self._close(found):
            return
        if found.opens:
            self._open.append(found)
            self._count[found.key] += 1
        elif found.is_tag:
            self.spans.append(self._single(found))

    def finish(self) -> list[Span]:
        """Return the spans, ordered by (start, -end)."""
        self._leave(self._open)
        self._open = []
        return sorted(self.spans, key=lambda span: (span.start, -span.end))

    def _tag(self, start: int, end: int) -> _Delimiter:
        text = self._text
        name = _TAG_NAME.match(text, start, end)
        key = f"<{name.group(1)}" if name else "<"
        single = text[end - 2] == "/" or key[1:] in _VOID
        closes = text[start + 1] == "/"
        return _Delimiter(start, end, key, not single and not closes, closes, True)

    def _mark(self, group: str, start: int, end: int) -> _Delimiter:
        text = self._text
        if group != "emphasis":
            return _Delimiter(start, end, "[", group == "link", group == "linkend", False)
        before, after = text[start - 1 : start] or " ", text[end : end + 1] or " "
        single = text[start:end] in ("*", "__")
        opens = not after.isspace() and not (_is_word(before) if not single else before.isalnum())
        closes = not before.isspace() and not (_is_word(after) if not single else after.isalnum())
        return _Delimiter(start, end, text[start:end], opens, closes, False)

    def _close(self, closing: _Delimiter) -> bool:
        """Make a pair of ``closing`` and what opened last under its name; what was opened in between is single."""
        at = len(self._open) - 1
        while self._open[at].key != closing.key:
            at -= 1
        opening = self._open[at]
        between = self._open[at:]
        for found in between:
            self._count[found.key] -= 1
        del self._open[at:]
        self._leave(between[1:])
        if opening.end == closing.start or not (closing.is_tag or self._on_one_line(opening.end, closing.start)):
            self._leave([opening])
            return False
        text = self._text
        head, tail = (text[opening.start : opening.end],), (text[closing.start : closing.end],)
        self.spans.append(Span(opening.start, closing.end, Kind.PAIR, head, tail))
        return True

    def _on_one_line(self, start: int, end: int) -> bool:
        if self._line_ends is None:
            self._line_ends = [match.start() for match in re.finditer(r"[\n\r]", self._text)]
        return bisect_left(self._line_ends, start) == bisect_left(self._line_ends, end)

    def _leave(self, delimiters: Iterable[_Delimiter]) -> None:
        """Tags that have no counterpart protect themselves; marks are text."""
        self.spans += [self._single(found) for found in delimiters if found.is_tag]

    def _single(self, found: _Delimiter) -> Span:
        """A tag that stands where a word would is one."""
        text = self._text
        piece = text[found.start : found.end]
        before, after = text[found.start - 1 : found.start] or " ", text[found.end : found.end + 1] or " "
        is_word = not found.closes and found.key[1:] not in _VOID and before in " ([\"'" and after in " .,;:!?)]\"'"
        if is_word:
            return Span(found.start, found.end, Kind.NAME, output=(piece,))
        return Span(found.start, found.end, Kind.MARK, opening=(piece,))


def _is_word(character: str) -> bool:
    """Whether a mark beside ``character`` is inside a word; in scripts without spaces, words show no edges."""
    return character.isascii() and character.isalnum()
