"""Characters and how HTML writes them: each reference is read exactly once, each character can never become markup."""

from __future__ import annotations

import html
import re
from html.entities import html5

# What browsers collapse; a no-break space is none of it.
SPACES = " \t\n\f\r"

# Python refuses to read numbers of thousands of digits.
_LONG_NUMBER = re.compile(r"&#(?:[xX]([0-9a-fA-F]++)|([0-9]++));?+")
_MOST_DIGITS = 7
_REFERENCE = re.compile(r"&(?:#[0-9]++;?+|#[xX][0-9a-fA-F]++;?+|([A-Za-z][A-Za-z0-9]*+)(;|=)?+)")
_IN_UNQUOTED = re.compile(r"[&<>\"'`=\t\n\f\r ]")
_PLAIN = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def decode_text(raw: str) -> str:
    """Return the characters that ``raw`` shows between tags."""
    return html.unescape(_shorten(raw)) if "&" in raw else raw


def decode_value(raw: str) -> str:
    """Return the characters of an attribute's value, where ``&copy=1`` is no character reference."""
    return _REFERENCE.sub(_in_value, _shorten(raw)) if "&" in raw else raw


def escape_text(characters: str) -> str:
    """Return ``characters`` as text between tags."""
    return characters.translate(_PLAIN)


def escape_double(characters: str) -> str:
    """Return ``characters`` as a part of a value in double quotes."""
    return escape_text(characters).replace('"', "&quot;")


def escape_single(characters: str) -> str:
    """Return ``characters`` as a part of a value in single quotes."""
    return escape_text(characters).replace("'", "&#39;")


def escape_unquoted(characters: str) -> str:
    """Return ``characters`` as a part of a value without quotes, which needs none then, spaces or not."""
    return _IN_UNQUOTED.sub(lambda match: f"&#{ord(match[0])};", characters)


def _shorten(raw: str) -> str:
    return _LONG_NUMBER.sub(_short_number, raw) if "&#" in raw else raw


def _short_number(match: re.Match[str]) -> str:
    digits = (match[1] or match[2]).lstrip("0") or "0"
    if len(digits) > _MOST_DIGITS:
        return "\ufffd"
    return f"&#x{digits};" if match[1] else f"&#{digits};"


def _in_value(match: re.Match[str]) -> str:
    name = match[1]
    if name is None or match[2] == ";":
        # Only a whole name is one: "&copyright;" would be read as "©right;" in text.
        return html.unescape(match[0]) if name is None or f"{name};" in html5 else match[0]
    return match[0] if match[2] or name not in html5 else html5[name]
