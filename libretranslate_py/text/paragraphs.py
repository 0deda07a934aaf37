"""Plain text as segments to translate, and everything between them, which comes back as it was.

A segment is a line, or a column of a line where tabs or runs of spaces set columns off, without its indentation, list
marker, and the symbols at its edges.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from libretranslate_py.text.characters import SURROGATES, UNSPACED

# No language that uses spaces has words of this many characters: such a run is base64, a key, a noise of letters.
LONGEST_WORD = 100

# Control characters (tabs and line ends among them), U+2028 and U+2029, and what no encoder takes.
_CONTROL = rf"\x00-\x1f\x7f-\x9f\u2028\u2029{SURROGATES}"

# Pictures and arrows: a sentence goes on behind them, but models that do not know them lose their way.
_PICTURES = r"\u2190-\u2bff\U0001f000-\U0001faff"

# One control character, bar or picture, or two spaces are enough; the look-behind lets a long run be tried at its first
# character only.
_SEPARATOR = re.compile(
    rf"[\s{_CONTROL}]{{2,}}+|[{_CONTROL}|{_PICTURES}]|(?<![^\s{UNSPACED}])[^\s{UNSPACED}]{{{LONGEST_WORD + 1},}}+"
)

# Spaces, zero-width and directional marks, fillers that count as letters, symbols, emoji, private use.
_EDGE = (
    r"\s\u00a9\u00ad\u00ae\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u20d0-\u20ff\u2122\u2060-\u206f"
    r"\u2190-\u2bff\u3164\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffd\U0001f000-\U0001faff\U000e0000-\U000e0fff"
)
_MARKER = (
    r"(?:[-+*–—‒•‣⁃◦·∙▪‧]|#{1,6}|\[[ xX]?\]|\(?(?:\d{1,3}(?:\.\d{1,3})*+|[A-Za-z]|[ivx]{1,5})\)"
    r"|\d{1,3}(?:\.\d{1,3})*+\.)(?:[ \u00a0\u3000]|\Z)"
    r"|\d{1,2}(?:\.\d{1,2})++ (?=[A-ZÀ-ÖØ-ÞА-Я])|—(?=\w)|>|[•◦▪‣⁃]|[0-9#*]\ufe0f?\u20e3"
)
_LEADING = re.compile(rf"(?:[{_EDGE}]|{_MARKER})*+")
_AN_EDGE = re.compile(rf"[{_EDGE}]")
_TRAILING = re.compile(rf"(?<![{_EDGE}])[{_EDGE}]++\Z")

_WRAPPERS = (("(", ")"), ("[", "]"), ("{", "}"), ("**", "**"), ("*", "*"), ("__", "__"), ("_", "_"), ("`", "`"))

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


def extract(text: str) -> tuple[list[str], Callable[[Sequence[str]], str]]:
    """Return the segments of ``text`` in order, and a function that puts as many translations in their places.

    A segment holds at least one letter outside of addresses; it holds no control character, no line end, no lone
    surrogate, no two spaces in a row, and no space at its edges. Given the segments themselves, the function returns
    ``text`` exactly; given more or fewer strings than there are segments, it raises ValueError.
    """
    spans = list(_spans(text))

    def rebuild(translations: Sequence[str]) -> str:
        parts: list[str] = []
        position = 0
        for (start, end), translation in zip(spans, translations, strict=True):
            parts += (text[position:start], translation)
            position = end
        parts.append(text[position:])
        return "".join(parts)

    return [text[start:end] for start, end in spans], rebuild


def is_translatable(text: str) -> bool:
    """Whether ``text`` has at least one segment; one without comes back as it is."""
    return next(_spans(text), None) is not None


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each segment."""
    position = 0
    for separator in _SEPARATOR.finditer(text):
        if separator.start() > position:
            yield from _segment(text, position, separator.start())
        position = separator.end()
    if position < len(text):
        yield from _segment(text, position, len(text))


def _segment(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the segment between two separators without its edges, or nothing if there is nothing to translate."""
    chunk = text[start:end]
    if chunk.isascii() and chunk.isalpha():
        yield start, end
        return
    leading = _LEADING.match(chunk)
    first = leading.end() if leading else 0
    if first == len(chunk):
        return
    last = len(chunk)
    if _AN_EDGE.match(chunk, last - 1) and (trailing := _TRAILING.search(chunk, first)):
        last = trailing.start()
    first, last = _unwrap(chunk, first, last)
    if _has_words(chunk[first:last]):
        yield start + first, start + last


def _unwrap(chunk: str, first: int, last: int) -> tuple[int, int]:
    """Leave out a pair of brackets or marks around the whole of ``chunk[first:last]``: it stays as it is."""
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
    return any(_has_letter(word) and not _ADDRESS.fullmatch(word) for word in chunk.split())


def _has_letter(word: str) -> bool:
    return any(map(str.isalpha, word))
