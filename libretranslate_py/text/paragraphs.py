"""Plain text as segments to translate, and everything between them, which comes back as it was.

A segment is a line, or a column of a line where tabs or runs of spaces set columns off, without its indentation, list
marker, and the symbols at its edges. Pieces that a finder finds are never divided: what is in them separates nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from libretranslate_py.text.characters import SIGNS, SURROGATES, UNSPACED
from libretranslate_py.text.paragraphs_pieces import FIRM, LOOSE, Interval, intervals_of, literal, mask
from libretranslate_py.text.paragraphs_quotes import escaped_quotes, unescape
from libretranslate_py.text.pieces import Finder, protect
from libretranslate_py.text.spans import Kind, Segment, Span, Template
from libretranslate_py.text.windows import find_all

# No language that uses spaces has words of this many characters: such a run is base64, a key, a noise of letters.
LONGEST_WORD = 100

# Control characters (tabs and line ends among them), U+2028 and U+2029, and what no encoder takes.
_CONTROL = rf"\x00-\x1f\x7f-\x9f\u2028\u2029{SURROGATES}"

# Pictures and arrows: a sentence goes on behind them, but models that do not know them lose their way.
_PICTURES = r"\u2190-\u2bff\U0001f000-\U0001faff"

# Between the entries of a menu, or two words: models that do not know a sign lose their way at it, or drop what is
# behind it. Both sides are translated on their own.
DIVIDER = re.compile(
    rf"(?<!\s)\s++(?:[|•·→←↔⇒]|(?:[{SIGNS}]|-{{1,3}}+>|[:!]=)[{SIGNS}:!-]{{0,60}}+|&(?:amp|lt|gt|#38|#60|#62);)\s++"
)

# One control character, bar or picture, or two spaces are enough; the look-behind lets a long run be tried at its first
# character only.
_SEPARATOR = re.compile(
    rf"[\s{_CONTROL}]{{2,}}+|[{_CONTROL}|{_PICTURES}]"
    rf"|(?<![^\s{UNSPACED}{FIRM}{LOOSE}])[^\s{UNSPACED}{FIRM}{LOOSE}]{{{LONGEST_WORD + 1},}}+"
)

# Spaces, zero-width and directional marks, fillers that count as letters, symbols, emoji, private use.
_EDGE = (
    r"\s\u00a9\u00ad\u00ae\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u20d0-\u20ff\u2122\u2060-\u206f"
    r"\ufdd1\u2190-\u2bff\u3164\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffd\U0001f000-\U0001faff\U000e0000-\U000e0fff"
)
_MARKER = (
    r"(?:[-+*–—‒•‣⁃◦·∙▪‧]|#{1,6}|\[[ xX]?\]|\(?(?:\d{1,3}(?:\.\d{1,3})*+|[A-Za-z]|[ivx]{1,5})\.?\)"
    r"|\d{1,3}(?:\.\d{1,3})*+\.-?)(?:[ \u00a0\u3000]|\Z)"
    r"|\d{1,2}(?:\.\d{1,2})++ (?=[A-ZÀ-ÖØ-ÞА-Я])|—(?=\w)|>|[•◦▪‣⁃]|[0-9#*]\ufe0f?\u20e3"
)
_LEADING = re.compile(rf"(?:[{_EDGE}]|{_MARKER})*+")
_AN_EDGE = re.compile(rf"[{_EDGE}]")

# "A." and "iv." are list markers only where a line before or after has the one before or after them in its place: they
# may as well be initials or the end of a sentence.
_LINE = re.compile(r"[^\n\r\x0b\x0c\x85\u2028\u2029]+")
_ORDINAL = re.compile(
    r"[ \t\u00a0\u3000>]*+(?:[-*] )?(?=[A-Za-z])([A-Za-z]|[ivxl]{1,7}|[IVXL]{1,7})(\.-?)(?:[ \u00a0\u3000]|\Z)"
)
_ROMAN_DIGITS = {"i": 1, "v": 5, "x": 10, "l": 50}

_WRAPPERS = (("(", ")"), ("[", "]"), ("{", "}"), ("**", "**"), ("*", "*"), ("__", "__"), ("_", "_"), ("`", "`"))
_OPENING_SIGNS = frozenset(opening[0] for opening, _ in _WRAPPERS)

# Matched against single words, which are short: longer ones are separators.
_TOP_LEVEL = r"(?:com|org|net|edu|gov|mil|int|info|biz|dev|app|[a-z]{2})"
_ADDRESS = re.compile(
    r"[(\[{<\"'«“]*"
    rf"(?:(?:[a-z][a-z0-9+.-]*://|www\.|mailto:)[^\s{UNSPACED}]+"
    r"|[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+"
    rf"|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.{_TOP_LEVEL}(?::\d+)?(?:[/?#][^\s{UNSPACED}]*)?)"
    r"[)\]}>\"'»”.,;:!?…]*",
    re.IGNORECASE,
)


_A_WORD = re.compile(r"\S+")


def find_nothing(text: str) -> Sequence[Span]:
    """The finder of a text without pieces."""
    return ()


def extract(text: str, find: Finder = find_nothing) -> Template:
    """Return ``text`` as a template; with each segment's ``raw`` in its place, the template gives ``text`` exactly.

    What ``find`` finds in the whole text become spans of the segments. A segment holds at least one letter outside of
    pieces and addresses; outside of its NAME, NUMBER and TERM spans it holds no control character, no line end, no lone
    surrogate, no two spaces in a row, and no space at its edges. What is no part of a segment is verbatim, but for the
    segments in the output of a piece that stands there.
    """
    intervals = intervals_of(find(text), text)
    masked = mask(text, intervals)
    separators, extra_spaces = _lines(masked, find_all(_SEPARATOR, masked))
    broken = _broken_pairs(intervals, separators)
    if broken:
        masked = mask(text, [(start, end, span, LOOSE if span in broken else m) for start, end, span, m in intervals])
    template = _Builder(text, intervals, extra_spaces, escaped_quotes(masked))
    cutter = _Cutter(masked, intervals)
    for start, end in _between(separators, len(text)):
        found = cutter.cut(start, end)
        if found:
            template.add_segment(*found)
    return template.finish()


def is_translatable(text: str) -> bool:
    """Whether ``text`` has at least one segment; one without comes back as it is."""
    if text.isascii() and text.isalpha() and len(text) <= LONGEST_WORD:
        return True
    cutter = _Cutter(text, ())
    separators = [separator.span() for separator in find_all(_SEPARATOR, text)]
    return any(cutter.cut(start, end) for start, end in _between(separators, len(text)))


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Return ``text[start:end]`` without its edges."""
    leading = _LEADING.match(text, start, end)
    first = leading.end() if leading else start
    last = end
    while last > first and _AN_EDGE.match(text, last - 1):
        last -= 1
    return first, last


def _ordinals(text: str) -> dict[int, int]:
    """Return where letters and roman numerals with a full stop begin that mark the entries of a list -> their ends."""
    markers: dict[int, int] = {}
    before: re.Match[str] | None = None
    for line in _LINE.finditer(text):
        found = _ORDINAL.match(text, line.start(), line.end())
        if found and before and _follows(before, found):
            markers[before.start(1)], markers[found.start(1)] = before.end(2), found.end(2)
        if found or not line.group().isspace():
            before = found
    return markers


def _follows(before: re.Match[str], after: re.Match[str]) -> bool:
    (first, first_end), (second, second_end) = before.group(1, 2), after.group(1, 2)
    if first_end != second_end or first.isupper() is not second.isupper():
        return False
    in_alphabet = len(first) == len(second) == 1 and ord(second) == ord(first) + 1
    return in_alphabet or (_roman(first) > 0 and _roman(second) == _roman(first) + 1)


def _roman(numeral: str) -> int:
    """Return the value of a roman numeral; 0 if it is none."""
    digits = [_ROMAN_DIGITS.get(letter, 0) for letter in numeral.lower()]
    if 0 in digits:
        return 0
    return sum(-own if own < coming else own for own, coming in zip(digits, [*digits[1:], 0], strict=True))


def _unwrap(chunk: str, first: int, last: int) -> tuple[int, int]:
    """Leave out a pair of brackets or marks around the whole of ``chunk[first:last]``: it stays as it is."""
    if chunk[first : first + 1] not in _OPENING_SIGNS:
        return first, last
    for opening, closing in _WRAPPERS:
        width = len(opening)
        inside = chunk[first + width : last - width]
        if (
            inside.strip()
            and chunk.startswith(opening, first)
            and chunk.endswith(closing, first + width, last)
            and opening not in inside
            and closing not in inside
            and not inside[0].isspace()
            and not inside[-1].isspace()
        ):
            return first + width, last - width
    return first, last


def _has_words(chunk: str) -> bool:
    words = (found.group() for found in _A_WORD.finditer(chunk))
    return any(_has_letter(word) and not _ADDRESS.fullmatch(word) for word in words)


def _has_letter(word: str) -> bool:
    return any(map(str.isalpha, word))


# --- texts with pieces ------------------------------------------------------------------------------------------------

_LINE_END = re.compile(r"[^\S\t \u00a0\u3000\u2000-\u200a\u202f\u205f\u1680]|[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_FINAL_MARKS = frozenset(".!?…。！？)]\"'”»" + LOOSE)


def _lines(masked: str, separators: Iterable[re.Match[str]]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return what separates segments, and the spaces beyond the first where a sentence goes on behind several.

    That is so where a lower-case letter follows, and nothing else on the line looks as if there were columns.
    """
    kept: list[tuple[int, int]] = []
    extra: list[tuple[int, int]] = []
    line: list[tuple[int, int]] = []
    for found in separators:
        if _LINE_END.search(found.group()):
            _end_line(masked, line, kept, extra)
            kept.append(found.span())
            line = []
        else:
            line.append(found.span())
    _end_line(masked, line, kept, extra)
    return kept, extra


def _end_line(
    masked: str, line: list[tuple[int, int]], kept: list[tuple[int, int]], extra: list[tuple[int, int]]
) -> None:
    columns = [(start, end) for start, end in line if masked[start] in "\t|" or masked[start].isspace()]
    within = [(start, end) for start, end in columns if start > 0 and end < len(masked)]
    for start, end in line:
        goes_on = (
            within == [(start, end)]
            and not set(masked[start:end]) - {" ", "\u00a0"}
            and masked[start - 1].isalnum()
            and masked[end].islower()
        )
        if goes_on:
            extra.append((start + 1, end))
        else:
            kept.append((start, end))


def _broken_pairs(intervals: Sequence[Interval], separators: Sequence[tuple[int, int]]) -> set[Span]:
    """Return the PAIR spans that a separator divides."""
    starts = [start for start, _ in separators]
    return {
        span
        for _, _, span, _ in intervals
        if span.kind is Kind.PAIR and bisect_left(starts, span.start) != bisect_left(starts, span.end)
    }


def _between(separators: Sequence[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    position = 0
    for start, end in separators:
        if start > position:
            yield position, start
        position = end
    if position < length:
        yield position, length


class _Cutter:
    """Finds the segments between separators."""

    def __init__(self, masked: str, intervals: Sequence[Interval]) -> None:
        self._masked = masked
        pairs = [span for _, _, span, _ in intervals if span.kind is Kind.PAIR]
        self._pairs = {(span.start, span.end): span for span in pairs}
        self._firm = {end: (start, span) for start, end, span, _ in intervals if span.kind is Kind.NAME}
        self._ordinals = _ordinals(masked)

    def cut(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the segment in ``start`` to ``end`` without its edges; None if there is nothing to translate."""
        masked = self._masked
        start, end = trim(masked, start, end)
        if marker_end := self._ordinals.get(start):
            start, end = trim(masked, min(marker_end, end), end)
        start, end = _unwrap(masked, start, end)
        while pair := self._pairs.get((start, end)):
            start, end = trim(masked, start + len(literal(pair.opening)), end - len(literal(pair.closing)))
        end = self._without_hashtags(start, end)
        return (start, end) if _has_words(masked[start:end]) else None

    def _without_hashtags(self, start: int, end: int) -> int:
        """Leave out hashtags that come after the end of the last sentence."""
        last = end
        while (found := self._firm.get(last)) and literal(found[1].output).startswith("#"):
            if found[0] <= start:
                return end
            last = found[0]
            while last > start and _AN_EDGE.match(self._masked, last - 1):
                last -= 1
            if last > start and self._masked[last - 1] in _FINAL_MARKS:
                return last
        return end


class _Builder:
    """Puts a template together, from the beginning of the text to its end."""

    def __init__(
        self, text: str, intervals: Sequence[Interval], extra_spaces: Sequence[tuple[int, int]], quotes: str
    ) -> None:
        self._text = text
        self._quotes = quotes
        spaces = [(a, b, Span(a, b, Kind.MARK, opening=(text[a:b],)), LOOSE) for a, b in extra_spaces]
        self._intervals = sorted([*intervals, *spaces], key=lambda interval: interval[:2])
        self._next = 0
        self._position = 0
        self._template: list[str | Segment] = []

    def add_segment(self, start: int, end: int) -> None:
        self._add_verbatim(start)
        finds: list[Span] = []
        while self._next < len(self._intervals) and self._intervals[self._next][0] < end:
            first, last, span, _ = self._intervals[self._next]
            self._next += 1
            if start <= span.start and span.end <= end:
                if span.kind is not Kind.PAIR or first == span.start:
                    finds.append(_moved(span, start))
            else:
                finds.append(Span(first - start, last - start, Kind.MARK, opening=(self._text[first:last],)))
        raw = self._text[start:end]
        segment = Segment(raw, raw=raw)
        if finds:
            segment = protect(segment, [lambda _: finds])
        self._template.append(unescape(segment, self._quotes) if self._quotes else segment)
        self._position = end

    def finish(self) -> Template:
        self._add_verbatim(len(self._text))
        template: list[str | Segment] = []
        for is_text, pieces in groupby(self._template, key=lambda piece: isinstance(piece, str)):
            if is_text:
                template.append("".join(map(str, pieces)))
            else:
                template.extend(pieces)
        return tuple(piece for piece in template if piece != "")

    def _add_verbatim(self, end: int) -> None:
        while self._next < len(self._intervals) and self._intervals[self._next][0] < end:
            first, last, span, _ = self._intervals[self._next]
            self._next += 1
            if any(isinstance(piece, Segment) for piece in span.output):
                self._template += (self._text[self._position : first], *span.output)
                self._position = last
        self._template.append(self._text[self._position : end])
        self._position = end


def _moved(span: Span, back: int) -> Span:
    return replace(span, start=span.start - back, end=span.end - back) if back else span
