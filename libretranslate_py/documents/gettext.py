"""Catalogues of gettext: what has no translation yet gets one, all else stays.

Fuzzy entries that hold something are somebody's work and stay, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from libretranslate_py.documents.document import Piece
from libretranslate_py.documents.encodings import Content, decode
from libretranslate_py.documents.slices import Edit, sample_of, splice
from libretranslate_py.errors import UnreadableFile
from libretranslate_py.languages import to_public

_DECLARED = re.compile(rb"Content-Type:[^\"\n]{0,60}charset=([\w.:-]{1,40})")
_LINE = re.compile(r"([^\r\n]*+)(\r\n?|\n|\Z)")
_STRING = r'"((?:[^"\\]++|\\.)*+)"[ \t]*+'
_KEYWORD = re.compile(rf"[ \t]*+(msgctxt|msgid_plural|msgid|msgstr(?:\[\d{{1,3}}\])?)[ \t]*+{_STRING}")
_GOES_ON = re.compile(rf"[ \t]*+{_STRING}")
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)")
_MEANINGS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_WRITTEN = str.maketrans(
    {
        "\\": "\\\\",
        '"': '\\"',
        "\n": "\\n",
        "\t": "\\t",
        "\r": "\\r",
        "\a": "\\a",
        "\b": "\\b",
        "\f": "\\f",
        "\v": "\\v",
    }
)
_PLURALS = re.compile(r"nplurals\s*=\s*(\d)\s*;")
_LANGUAGE = re.compile(r'"Language:[ \t]*(?=\\n")')
_CHARSET = re.compile(r"(?<=charset=)[\w.:-]{1,40}")
_SCRIPTS = {"zh-Hans": "zh_CN", "zh-Hant": "zh_TW"}
# Gettext's own tools break lines here; files with longer ones have been written without.
_WIDTH = 76
_CHUNK = re.compile(rf"(?:\\.|[^\\]){{1,{_WIDTH}}}(?:\s+|\Z)|\S+\s*+|\s+")


@dataclass(slots=True)
class _String:
    """start and end: from its first quote to its last; value: what it says."""

    start: int
    end: int
    parts: list[str]

    @property
    def value(self) -> str:
        return _ESCAPE.sub(_meaning, "".join(self.parts))


@dataclass(slots=True)
class _Entry:
    strings: dict[str, _String] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Gap:
    """An empty translation. before: what stands in front of it where the file has no line for it yet."""

    piece: str
    start: int
    end: int
    before: str
    is_long: bool


def _meaning(found: re.Match[str]) -> str:
    code = found[1]
    if code[0] == "x" and len(code) > 1:
        return chr(int(code[1:], 16))
    if code[0] in "01234567":
        return chr(int(code, 8))
    return _MEANINGS.get(code, code)


def open_po(data: bytes) -> Catalogue:
    """Return the catalogue; raises UnreadableFile for what is none."""
    found = _DECLARED.search(data[:10_000])
    content = decode(data, found[1].decode() if found else "")
    entries = list(_entries(content.text))
    if not any("msgid" in entry.strings for entry in entries):
        raise UnreadableFile("it has no messages")
    return Catalogue(content, entries)


def _entries(text: str) -> Iterator[_Entry]:
    entry, current = _Entry(), None
    for number, line in enumerate(_LINE.finditer(text), start=1):
        body = line[1]
        found = _KEYWORD.fullmatch(body)
        if found:
            name = found[1]
            if name in entry.strings or (name in ("msgctxt", "msgid") and _has_translation(entry)):
                yield entry
                entry = _Entry()
            start = line.start() + found.start(2) - 1
            current = entry.strings[name] = _String(start, line.start() + found.end(2) + 1, [found[2]])
        elif (more := _GOES_ON.fullmatch(body)) and current:
            current.parts.append(more[1])
            current.end = line.start() + more.end(1) + 1
        elif body.strip() and not body.lstrip().startswith("#"):
            raise UnreadableFile(f"line {number} of it is none of a PO file")
        else:
            current = None
    yield entry


def _has_translation(entry: _Entry) -> bool:
    return any(name.startswith("msgstr") for name in entry.strings)


class Catalogue:
    """A PO file."""

    def __init__(self, content: Content, entries: Sequence[_Entry]) -> None:
        self._content = content
        text = content.text
        self._header = next((one.strings["msgstr"] for one in entries if _is_header(one)), None)
        plurals = _PLURALS.search(self._header.value) if self._header else None
        self._plurals = int(plurals[1]) if plurals else 0
        self._line_end = "\r\n" if "\r\n" in text else "\n"
        self._entries = entries
        self._gaps = [gap for entry in entries for gap in self._gaps_of(entry)]
        self._is_wrapped = all(len(line[1]) <= _WIDTH + 10 for line in _LINE.finditer(text) if line[1][:1] == '"')

    def sample(self) -> str:
        """See Document: all that is to be translated, or has been."""
        return sample_of(entry.strings["msgid"].value for entry in self._entries if "msgid" in entry.strings)

    def pieces(self, source: str, target: str) -> Sequence[Piece]:
        """See Document."""
        return [gap.piece.strip("\n") for gap in self._gaps]

    def write(self, translations: Sequence[str], target: str) -> bytes:
        """See Document."""
        edits: list[Edit] = []
        for gap, translation in zip(self._gaps, translations, strict=True):
            edits.append((gap.start, gap.end, gap.before + self._written(gap, translation)))
        if self._header:
            edits += self._language_edits(self._header, target)
        text = splice(self._content.text, edits)
        if self._header and not self._can_hold(text):
            # What comes before the header's end has not moved: its own translation is no gap.
            place = _CHARSET.search(text, self._header.start)
            if place:
                text = text[: place.start()] + "UTF-8" + text[place.end() :]
            return self._content.mark + text.encode()
        return self._content.encode(text)

    def _can_hold(self, text: str) -> bool:
        if self._content.codec == "utf-8" and not self._content.text.isascii():
            return True
        if text.isascii():
            return True
        if self._content.text.isascii():
            declared = _CHARSET.search(self._content.text)
            return declared is not None and declared.group().lower() in ("utf-8", "utf8")
        try:
            text.encode(self._content.codec)
        except UnicodeEncodeError:
            return False
        return True

    def _language_edits(self, header: _String, target: str) -> Iterator[Edit]:
        found = _LANGUAGE.search(self._content.text, header.start, header.end)
        if found:
            public = to_public(target)
            yield found.start(), found.end(), f'"Language: {_SCRIPTS.get(public, public.replace("-", "_"))}'

    def _gaps_of(self, entry: _Entry) -> Iterator[_Gap]:
        strings = entry.strings
        singular, plural = strings.get("msgid"), strings.get("msgid_plural")
        if singular is None or not singular.value:
            return
        if plural is None:
            if "msgstr" in strings and not strings["msgstr"].value:
                yield _gap(singular, strings["msgstr"])
            return
        forms = [name for name in strings if name.startswith("msgstr[")]
        for name in forms:
            if not strings[name].value:
                yield _gap(singular if name == "msgstr[0]" else plural, strings[name])
        end = max((strings[name].end for name in forms), default=0)
        for number in range(self._plurals) if end else ():
            if f"msgstr[{number}]" not in strings:
                text = singular if number == 0 else plural
                yield _Gap(text.value, end, end, f"{self._line_end}msgstr[{number}] ", len(text.parts) > 1)

    def _written(self, gap: _Gap, translation: str) -> str:
        """A string of PO, with the line ends at its edges that msgfmt demands."""
        core = gap.piece.strip("\n")
        leading = len(gap.piece) - len(gap.piece.lstrip("\n"))
        trailing = len(gap.piece) - len(gap.piece.rstrip("\n")) if core else 0
        escaped = ("\n" * leading + translation.strip("\n") + "\n" * trailing).translate(_WRITTEN)
        lines = re.findall(r"(?:\\(?!n).|[^\\])*\\n|(?:\\(?!n).|[^\\])+", escaped)
        if len(lines) < 2 and not gap.is_long and (len(escaped) <= _WIDTH or not self._is_wrapped):
            return f'"{escaped}"'
        if self._is_wrapped:
            lines = [chunk for line in lines for chunk in _chunks(line)]
        return self._line_end.join(('""', *(f'"{line}"' for line in lines)))


def _chunks(line: str) -> list[str]:
    return [line] if len(line) <= _WIDTH else _CHUNK.findall(line)


def _is_header(entry: _Entry) -> bool:
    strings = entry.strings
    is_first = "msgid" in strings and not strings["msgid"].value and "msgctxt" not in strings
    return is_first and "msgstr" in strings


def _gap(source: _String, target: _String) -> _Gap:
    return _Gap(source.value, target.start, target.end, "", len(source.parts) > 1)
