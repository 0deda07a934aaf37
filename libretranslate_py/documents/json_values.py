"""JSON: the strings that are values, at any depth; keys, numbers, order and layout stay."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import partial

from libretranslate_py.documents.encodings import decode
from libretranslate_py.documents.slices import Edit, Part, SlicedDocument
from libretranslate_py.errors import UnreadableFile

_STRING = re.compile(r'"((?:[^"\\]++|\\.)*+)"(\s*+:)?+', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u[0-9a-fA-F]{4}")
# Each value takes memory when the file is read as a whole, sixty times what a small one takes in the file.
_MOST_VALUES = 4_000_000


def open_json(data: bytes) -> SlicedDocument:
    """Return the file; raises UnreadableFile for what is not valid or too deep for the reader."""
    content = decode(data)
    text = content.text
    if sum(map(text.count, "[{,:")) > _MOST_VALUES:
        raise UnreadableFile("it has too many values")
    try:
        json.loads(text, strict=False, parse_int=_ignore, parse_float=_ignore, parse_constant=_ignore)
    except RecursionError as error:
        raise UnreadableFile("it is nested too deeply") from error
    except ValueError as error:
        raise UnreadableFile("it is not valid JSON") from error
    is_ascii = text.isascii() and _ESCAPED.search(text) is not None
    return SlicedDocument(content, _parts(text, is_ascii))


def _ignore(number: str) -> None:
    """Numbers stay as they are written, whatever their size."""


def _parts(text: str, is_ascii: bool) -> Iterator[Part]:
    for found in _STRING.finditer(text):
        if found[2]:
            continue
        value = json.loads(f'"{found[1]}"', strict=False) if "\\" in found[1] else found[1]
        # Half a surrogate pair is no character, and could not be written again.
        if any(map(str.isalpha, value)) and not _SURROGATE.search(value):
            yield Part(value, partial(_edits, value, found.span(1), "\\/" in found[1], is_ascii))


def _edits(value: str, place: tuple[int, int], escapes_slash: bool, is_ascii: bool, translation: str) -> Sequence[Edit]:
    if translation == value:
        return []
    written = json.dumps(translation, ensure_ascii=is_ascii)[1:-1]
    return [(*place, written.replace("/", "\\/") if escapes_slash else written)]
