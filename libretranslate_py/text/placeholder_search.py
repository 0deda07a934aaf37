"""What of a text needs no search for placeholders: what has none of their characters, and fenced code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from libretranslate_py.text.characters import UNSPACED
from libretranslate_py.text.spans import Kind, Span
from libretranslate_py.text.windows import WINDOW

# Letters, and signs that stand beside words: nothing that any kind needs. A capital behind a small letter, two
# capitals in a row or a full stop before a letter may be a part of a name.
_PLAIN = re.compile(
    rf"(?:[^\W\d_A-Z{UNSPACED}]|(?<![^\W\d_])[A-Z](?![A-Z])"
    r"|[ ,;!?'\"\n\r)]|\((?!\))|:(?!\w)|-(?![\w-])|\.(?![\w.~/*-]))*+"
)


def is_plain(text: str) -> bool:
    """Whether ``text`` has none of the characters that placeholders of the kinds are made of."""
    for start in range(0, len(text), WINDOW):
        end = min(start + WINDOW, len(text))
        found = _PLAIN.match(text, start, end)
        if not found or found.end() < end:
            return False
    return True


# --- fenced code ------------------------------------------------------------------------------------------------------

_FENCE = re.compile(r"(?m)^(?:[ \t>]|[-*+] |\d{1,3}\. ){0,12}+(`{3,}|~{3,4}(?!~))([^`\n\r]*+)$")
_WORD = re.compile(r"[ \t]*+(?:\{[^{}\n]*\}|[\w.+#-]*+)[ \t\r]*+")


def fenced_code(text: str) -> Iterator[Span]:
    """Yield blocks of code between fences, each as one name: its lines, the fences and the language word.

    One that is not closed reaches to the end if it begins with backticks; lines of tildes are also drawn for looks.
    """
    if "```" not in text and "~~~" not in text:
        return
    opening: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        sign = fence.group(1)[0]
        if opening is None:
            if _WORD.fullmatch(fence.group(2)) or (sign == "`" and fence.group(2).strip()):
                opening = fence
        elif (
            sign == opening.group(1)[0] and len(fence.group(1)) >= len(opening.group(1)) and not fence.group(2).strip()
        ):
            yield _block(text, opening.start(), fence.end())
            opening = None
    if opening and opening.group(1)[0] == "`" and _WORD.fullmatch(opening.group(2)):
        yield _block(text, opening.start(), len(text.rstrip()))


def _block(text: str, start: int, end: int) -> Span:
    return Span(start, end, Kind.NAME, output=(text[start:end],))
