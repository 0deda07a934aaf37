"""The kinds of values that options have: which texts are accepted, and what they become."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal
from unicodedata import category

import regex

from libretranslate_py.errors import UnsupportedLanguage
from libretranslate_py.languages import Direction, to_argos
from libretranslate_py.options import Kind, Unacceptable

Network = IPv4Network | IPv6Network
Directions = tuple[Direction, ...] | Literal["all"]

# No more digits than any range needs, so that a text of a million of them costs nothing.
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,15}")
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
_SIZE = re.compile(r"([0-9]{1,15})([KMG]?)(?:i?B)?", re.IGNORECASE)
_SIZE_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
_HOST = re.compile(r"[0-9A-Za-z.:_%\[\]*-]+")
_INDEX_ADDRESS = re.compile(r"(?:https?://[^\s/]|file:/)\S*", re.IGNORECASE)
_WEB_ADDRESS = re.compile(r"https?://[^\s/]\S*", re.IGNORECASE)
_STORAGE = re.compile(r"memory://|rediss?://[^\s/]\S*")
_PREFIX_SEGMENT = re.compile(r"[A-Za-z0-9_.~-]+")
_LONGEST_PREFIX = 200
_REGION_OR_SCRIPT_CODE = re.compile(r"(?:zh|pt|sr)-(?:hans|hant|cn|tw|hk|mo|sg|br|pt|latn|cyrl)", re.IGNORECASE)

_WORDS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def integer(low: int, high: int | None = None, note: str = "") -> Kind[int]:
    """Whole numbers of a range, both ends in it."""
    span = f"from {low} to {high}" if high is not None else f"from {low} up"
    accepted = f"a whole number {span}{f' ({note})' if note else ''}"

    def parse(text: str) -> int:
        if not _WHOLE_NUMBER.fullmatch(text.strip()):
            raise ValueError(text)
        value = int(text)
        if value < low or (high is not None and value > high):
            raise ValueError(text)
        return value

    return Kind("NUMBER", accepted, parse)


def minutes(high: int) -> Kind[float]:
    """Minutes, more than 0 and up to ``high``, with or without a fraction."""

    def parse(text: str) -> float:
        if not _NUMBER.fullmatch(text.strip()) or not 0 < float(text) <= high:
            raise ValueError(text)
        return float(text)

    return Kind("MINUTES", f"a number of minutes, more than 0 and up to {high}", parse, lambda value: f"{value:g}")


def seconds(high: int, note: str = "") -> Kind[float]:
    """Seconds from 0 to ``high``, with or without a fraction."""

    def parse(text: str) -> float:
        if not _NUMBER.fullmatch(text.strip()) or float(text) > high:
            raise ValueError(text)
        return float(text)

    accepted = f"a number of seconds from 0 to {high}{f' ({note})' if note else ''}"
    return Kind("SECONDS", accepted, parse, lambda value: f"{value:g}")


def choice(*words: str) -> Kind[str]:
    """One of ``words``, in any case."""

    def parse(text: str) -> str:
        word = text.strip().lower()
        if word not in words:
            raise ValueError(text)
        return word

    return Kind("|".join(words), f"one of {', '.join(words)}", parse)


def _parse_switch(text: str) -> bool:
    try:
        return _WORDS[text.strip().lower()]
    except KeyError as error:
        raise ValueError(text) from error


def _parse_text(text: str) -> str:
    # Control characters and halves of surrogate pairs would break the header, log line or file that the text ends in.
    if any(category(character) in ("Cc", "Cs") for character in text):
        raise ValueError(text)
    return text.strip()


def _parse_host(text: str) -> str:
    if not _HOST.fullmatch(text.strip()):
        raise ValueError(text)
    return text.strip()


def _parse_regex(text: str) -> str:
    try:
        regex.compile(text)
    except regex.error as error:
        raise Unacceptable(f"a regular expression ({error})") from error
    return text


def _parse_path(text: str) -> Path:
    if not text.strip() or "\0" in text:
        raise ValueError(text)
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise ValueError(text) from error


def _parse_file(text: str) -> Path:
    path = _parse_path(text)
    if not path.name:
        raise ValueError(text)
    return path


def _parse_index_url(text: str) -> str:
    address = _parse_text(text)
    is_path = "://" not in address and address != ""
    if not (is_path or _INDEX_ADDRESS.fullmatch(address)):
        raise ValueError(text)
    return address


def _parse_web_address(text: str) -> str:
    address = _parse_text(text)
    if address and not _WEB_ADDRESS.fullmatch(address):
        raise ValueError(text)
    return address


def _parse_storage(text: str) -> str:
    if not _STORAGE.fullmatch(text.strip()):
        raise ValueError(text)
    return text.strip()


def parse_prefix(text: str) -> str:
    """The path under which something is served, as ``/a/b``; empty for the root.

    Takes it with or without slashes at its ends. Raises ValueError for anything that is no plain path.
    """
    inner = text.strip().strip("/")
    if not inner:
        return ""
    segments = inner.split("/")
    plain = all(_PREFIX_SEGMENT.fullmatch(segment) and segment.strip(".") for segment in segments)
    if len(inner) > _LONGEST_PREFIX or not plain:
        raise ValueError(text)
    return "/" + inner


def _parse_size(text: str) -> int:
    written = _SIZE.fullmatch(text.strip())
    if written is None:
        raise ValueError(text)
    size = int(written[1]) * _SIZE_UNITS[written[2].upper()]
    if not 1024 <= size <= 1024**4:
        raise ValueError(text)
    return size


def _show_size(size: int) -> str:
    for unit in "GMK":
        if size % _SIZE_UNITS[unit] == 0:
            return f"{size // _SIZE_UNITS[unit]}{unit}"
    return str(size)


def _items(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _parse_words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_items(_parse_text(text))))


def _parse_codes(text: str) -> tuple[str, ...]:
    codes = _items(text)
    if "all" in (code.lower() for code in codes):
        return ()
    return tuple(dict.fromkeys(_argos_code(code) for code in codes))


def _parse_directions(text: str) -> Directions:
    items = _items(text)
    if "all" in (item.lower() for item in items):
        return "all"
    return tuple(dict.fromkeys(_direction(item) for item in items))


def _show_directions(directions: Directions) -> str:
    if directions == "all":
        return "all"
    return ",".join(f"{source}-{target}" for source, target in directions)


def _direction(text: str) -> Direction:
    source, arrow, target = text.partition("->")
    if arrow:
        return Direction(_argos_code(source), _argos_code(target))
    parts = text.replace("_", "-").split("-")
    # A hyphen stands between the two codes, and may stand within one of them.
    for length in range(1, len(parts)):
        source, target = "-".join(parts[:length]), "-".join(parts[length:])
        if _is_plain(source) and _is_plain(target):
            return Direction(_argos_code(source), _argos_code(target))
    raise ValueError(text)


def _is_plain(code: str) -> bool:
    return len(code) in (2, 3) or _REGION_OR_SCRIPT_CODE.fullmatch(code) is not None


def _argos_code(code: str) -> str:
    try:
        return to_argos(code.strip())
    except UnsupportedLanguage as error:
        raise ValueError(code) from error


def _parse_networks(text: str) -> tuple[Network, ...]:
    if not _items(text):
        raise ValueError(text)
    # Someone who writes 192.168.1.7/24 means that network.
    return tuple(dict.fromkeys(ip_network(item, strict=False) for item in _items(text)))


def _joined(values: tuple[object, ...]) -> str:
    return ",".join(str(value) for value in values)


LIMIT: Kind[int] = integer(-1, note="-1 = no limit")
SWITCH: Kind[bool] = Kind("", "true, false, 1, 0, yes, no, on or off", _parse_switch, lambda value: str(value).lower())
TEXT: Kind[str] = Kind("TEXT", "text without control characters", _parse_text)
HOST: Kind[str] = Kind("ADDRESS", "an IP address or a host name", _parse_host)
REGEX: Kind[str] = Kind("REGEX", "a regular expression", _parse_regex)
PATH: Kind[Path | None] = Kind("FOLDER", "the path of a folder", _parse_path, lambda value: str(value or ""))
INDEX_URL: Kind[str] = Kind("URL", "an http:// or https:// address, or the path of a file or folder", _parse_index_url)
WEB_ADDRESS: Kind[str] = Kind("URL", "an address that begins with http:// or https://", _parse_web_address)
STORAGE: Kind[str] = Kind("URI", "memory://, redis://HOST:PORT or rediss://HOST:PORT", _parse_storage)
PREFIX: Kind[str] = Kind("PATH", "a path of letters, digits, - . _ and ~, such as /translator", parse_prefix)
FILE: Kind[Path] = Kind("FILE", "the path of a file", _parse_file)
SIZE: Kind[int] = Kind("SIZE", "a number of bytes from 1K to 1024G, such as 500K, 64M or 1G", _parse_size, _show_size)
WORDS: Kind[tuple[str, ...]] = Kind("LIST", "texts with commas between them", _parse_words, _joined)
CODES: Kind[tuple[str, ...]] = Kind(
    "CODES",
    "language codes with commas between them, such as en,es,zh-Hans, or all",
    _parse_codes,
    lambda codes: _joined(codes) or "all",
)
DIRECTIONS: Kind[Directions] = Kind(
    "DIRECTIONS",
    "directions with commas between them, such as en-es,es-en, or all",
    _parse_directions,
    _show_directions,
)
NETWORKS: Kind[tuple[Network, ...]] = Kind(
    "NETWORKS",
    "IP addresses or networks with commas between them, such as 127.0.0.1,10.0.0.0/8",
    _parse_networks,
    _joined,
)
