"""Which delimiters in a plain text belong together: tags, the marks of Markdown, brackets and quotes as entities."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from libretranslate_py.text.spans import Kind, Span

_VOID = frozenset({"br", "hr", "wbr", "img", "input", "v"})
_TAG = re.compile(r"(?:<|&lt;)(/?)([\w:.-]+)")
_SHORTCODE = re.compile(r"\[(/?)([\w-]+)")
_TAG_END = re.compile(r"/(?:>|&gt;)\Z")
# Entities that open and close something, by what closes it.
_OPENING = {
    "&lt;": "&gt;",
    "&#60;": "&#62;",
    "&quot;": "&quot;",
    "&#34;": "&#34;",
    "&laquo;": "&raquo;",
    "&#171;": "&#187;",
    "&ldquo;": "&rdquo;",
    "&#8220;": "&#8221;",
    "&bdquo;": "&ldquo;",
    "&#8222;": "&#8220;",
}
_CLOSING = frozenset(_OPENING.values())
_SIGNS = frozenset({"&lt;", "&gt;", "&#60;", "&#62;"})
_WIDE = frozenset({"&laquo;", "&raquo;", "&#171;", "&#187;"})
# Groups of the scanner whose matches are delimiters.
DELIMITERS = frozenset({"tag", "link", "linkend", "emphasis", "bbcode", "escaped", "bracket"})


@dataclass(frozen=True, slots=True)
class _Delimiter:
    start: int
    end: int
    key: str
    opens: bool
    closes: bool
    is_tag: bool = False
    is_entity: bool = False


class Pairing:
    """Takes the delimiters of a text from its beginning to its end. Takes linear time, and n log n for line ends."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._open: list[_Delimiter] = []
        self._count: Counter[str] = Counter()
        self._line_ends: list[int] | None = None
        self.spans: list[Span] = []

    def add(self, group: str, start: int, end: int) -> None:
        found = self._read(group, start, end)
        if found.closes and self._count[found.key] and self._close(found):
            return
        if found.opens:
            self._open.append(found)
            self._count[found.key] += 1
        elif found.is_tag or found.is_entity or group == "linkend":
            self.spans += self._single(found)

    def finish(self) -> list[Span]:
        """Return the spans, ordered by (start, -end)."""
        self._leave(self._open)
        self._open = []
        return sorted(self.spans, key=lambda span: (span.start, -span.end))

    def _read(self, group: str, start: int, end: int) -> _Delimiter:
        if group in ("tag", "escaped"):
            return self._tag(start, end)
        if group == "bracket":
            return self._bracket(start, end)
        if group == "bbcode":
            return self._shortcode(start, end)
        if group != "emphasis":
            return _Delimiter(start, end, "[", group == "link", group == "linkend")
        return self._emphasis(start, end)

    def _tag(self, start: int, end: int) -> _Delimiter:
        name = _TAG.match(self._text, start, end)
        key = f"<{name.group(2)}" if name else "<"
        single = _TAG_END.search(self._text, max(start, end - 5), end) or key[1:] in _VOID
        closes = name is not None and bool(name.group(1))
        return _Delimiter(start, end, key, not single and not closes, closes, is_tag=True)

    def _shortcode(self, start: int, end: int) -> _Delimiter:
        """``[gallery ids="1"]`` is one for itself, ``[b]`` only where ``[/b]`` follows: it may be a remark."""
        name = _SHORTCODE.match(self._text, start, end)
        key = f"[{name.group(2)}" if name else "["
        closes = name is not None and bool(name.group(1))
        is_tag = closes or (name is not None and name.end() < end - 1)
        return _Delimiter(start, end, key, not closes, closes, is_tag)

    def _bracket(self, start: int, end: int) -> _Delimiter:
        text, piece = self._text, self._text[start:end]
        before, after = text[start - 1 : start] or " ", text[end : end + 1] or " "
        # "x &lt; y": a sign that stands alone divides a sentence.
        is_alone = piece in _SIGNS and before.isspace() and after.isspace()
        closes = piece in _CLOSING and (piece in _WIDE or not before.isspace())
        opens = piece in _OPENING and (piece in _WIDE or not after.isspace()) and not _is_word(before)
        key = piece if closes and self._count[piece] else _OPENING.get(piece, piece)
        return _Delimiter(start, end, key, opens, closes, is_entity=not is_alone)

    def _emphasis(self, start: int, end: int) -> _Delimiter:
        text = self._text
        before, after = text[start - 1 : start] or " ", text[end : end + 1] or " "
        single = text[start:end] in ("*", "__")
        opens = not after.isspace() and not (_is_word(before) if not single else before.isalnum())
        closes = not before.isspace() and not (_is_word(after) if not single else after.isalnum())
        return _Delimiter(start, end, text[start:end], opens, closes)

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
        """Tags and entities that have no counterpart protect themselves; marks of Markdown are text."""
        for found in delimiters:
            if found.is_tag or found.is_entity:
                self.spans += self._single(found)

    def _single(self, found: _Delimiter) -> list[Span]:
        """A tag that stands where a word would is one. The address of a link that never began stays."""
        text = self._text
        if found.key == "[" and not text.startswith("](", found.start):
            return []
        piece = text[found.start : found.end]
        before, after = text[found.start - 1 : found.start] or " ", text[found.end : found.end + 1] or " "
        is_word = (
            found.is_tag
            and not found.closes
            and found.key[1:] not in _VOID
            and before in " ([\"'"
            and after in " .,;:!?)]\"'"
        )
        if is_word:
            return [Span(found.start, found.end, Kind.NAME, output=(piece,))]
        return [Span(found.start, found.end, Kind.MARK, opening=(piece,))]


def _is_word(character: str) -> bool:
    """Whether a mark beside ``character`` is inside a word; in scripts without spaces, words show no edges."""
    return character.isascii() and character.isalnum()
