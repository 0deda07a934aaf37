"""XLIFF 1.2 and 2: units without a target get one, all else stays.

A target that holds something stays, too, unless its state says that nobody has translated it yet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from libretranslate_py.documents.encodings import decode
from libretranslate_py.documents.slices import Edit, Part, SlicedDocument
from libretranslate_py.documents.xliff_inline import source_piece
from libretranslate_py.documents.xliff_lexer import Sort, Token, lex
from libretranslate_py.errors import UnreadableFile
from libretranslate_py.languages import to_public
from libretranslate_py.text.markup_characters import escape_text

_DECLARED = re.compile(rb"\A\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']([\w.:-]{1,40})")
_UNITS = frozenset({"trans-unit", "segment"})
_TEXTS = frozenset({"source", "seg-source", "target"})
_UNTRANSLATED = frozenset({"new", "needs-translation", "initial"})
# Which attribute of which element names the language of the targets.
_LANGUAGE = {"file": ("source-language", "target-language"), "xliff": ("srcLang", "trgLang")}
_STATE = re.compile(r"(\sstate\s*=\s*[\"'])(new|needs-translation|initial)(?=[\"'])")
_SPACE_BEFORE = re.compile(r"\s*\Z")


@dataclass(slots=True)
class _Text:
    """tag: of <source> or <target>. inside: start and end of its content. tokens: those in it. end: behind it all."""

    tag: Token
    inside: tuple[int, int]
    tokens: list[Token]
    end: int


@dataclass(slots=True)
class _Unit:
    """tag: its own. is_new: whether its state says that it is not translated."""

    tag: Token
    is_new: bool
    texts: dict[str, _Text] = field(default_factory=dict)


def open_xliff(data: bytes) -> SlicedDocument:
    """Return the file; raises UnreadableFile for what is not well-formed, not XLIFF, or has a document type."""
    found = _DECLARED.match(data[:1000])
    content = decode(data, found[1].decode() if found else "")
    reader = _Reader(content.text)
    parts: list[Part] = []
    for unit in reader.units():
        own = list(_parts(content.text, unit))
        reader.keeps_targets |= not own and "target" in unit.texts
        parts += own
    # A file in which nothing is translated stays in its language.
    reader.keeps_targets |= not parts
    if not reader.is_xliff:
        raise UnreadableFile("it is not an XLIFF file")
    return SlicedDocument(content, parts, references=True, language_edits=reader.language_edits)


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._open: list[str] = []
        # Whether what is in each open element is translated.
        self._translates: list[bool] = [True]
        self._unit: _Unit | None = None
        self._inner: _Text | None = None
        # Start, end, what is written there, and whether a language stands there by now.
        self._places: list[tuple[int, int, str, bool]] = []
        self.is_xliff = False
        # Whether there are translations by somebody else, in whatever language the file says.
        self.keeps_targets = False

    def units(self) -> Iterator[_Unit]:
        for token in lex(self._text):
            if token.sort is Sort.END:
                yield from self._close(token)
            elif token.sort in (Sort.START, Sort.EMPTY):
                self._open_tag(token)
            if self._inner and token.sort is not Sort.END and token is not self._inner.tag:
                self._inner.tokens.append(token)

    def _open_tag(self, token: Token) -> None:
        parent = self._open[-1] if self._open else ""
        local = token.local
        if not self._open and local == "xliff":
            self.is_xliff = True
        if local in _LANGUAGE:
            self._note_language(token)
        values = token.values() if "translate" in token.attributes or local in _UNITS else {}
        translates = values.get("translate", "yes" if self._translates[-1] else "no") != "no"
        if local in _UNITS and translates:
            self._unit = _Unit(token, values.get("state") in _UNTRANSLATED)
        if self._unit and parent in _UNITS and local in _TEXTS and not self._inner:
            text = _Text(token, (token.end, token.end), [], token.end)
            self._unit.texts.setdefault(local, text)
            self._inner = text if token.sort is Sort.START else None
        if token.sort is Sort.START:
            self._open.append(local)
            self._translates.append(translates)

    def _close(self, token: Token) -> Iterator[_Unit]:
        self._open.pop()
        self._translates.pop()
        if self._inner and token.local in _TEXTS and self._open[-1] in _UNITS:
            self._inner.inside = (self._inner.tag.end, token.start)
            self._inner.end = token.end
            self._inner = None
        elif self._inner:
            self._inner.tokens.append(token)
        elif self._unit and token.local in _UNITS:
            yield self._unit
            self._unit = None

    def _note_language(self, token: Token) -> None:
        source, target = _LANGUAGE[token.local]
        found = re.search(rf"\s{target}\s*=\s*([\"'])(.*?)\1", token.attributes, re.DOTALL)
        start = token.start + 1 + len(token.name)
        if found is None and re.search(rf"\s{source}\s*=", token.attributes):
            end = start + len(token.attributes)
            self._places.append((end, end, f' {target}="%s"', False))
        elif found:
            self._places.append((start + found.start(2), start + found.end(2), "%s", bool(found[2].strip())))

    def language_edits(self, target: str) -> list[Edit]:
        language = to_public(target)
        return [
            (start, end, new % language)
            for start, end, new, is_named in self._places
            if not (is_named and self.keeps_targets)
        ]


def _parts(text: str, unit: _Unit) -> Iterator[Part]:
    source, target = unit.texts.get("source"), unit.texts.get("target")
    if source is None or not text[slice(*source.inside)].strip():
        return
    if target and any(token.sort is not Sort.TEXT or text[token.start : token.end].strip() for token in target.tokens):
        is_new = unit.is_new or target.tag.values().get("state") in _UNTRANSLATED
        if not is_new:
            return
    segmented = unit.texts.get("seg-source")
    original = segmented or source
    piece, form = source_piece(text, original.inside, original.tokens)
    is_plain = isinstance(piece, str)

    def edits(translation: str) -> Sequence[Edit]:
        written = escape_text(translation) if is_plain and form == "%s" and translation != piece else translation
        written = form.replace("%s", written, 1)
        if target is None:
            return [_insertion(text, source, max(source.end, original.end), written)]
        if target.tag.sort is Sort.EMPTY:
            tag = text[target.tag.start : target.tag.end - 2].rstrip()
            return [
                *_state_edits(text, unit.tag),
                (target.tag.start, target.end, f"{_said(tag)}>{written}</{target.tag.name}>"),
            ]
        states = [*_state_edits(text, unit.tag), *_state_edits(text, target.tag)]
        return [*states, (*target.inside, written)]

    yield Part(piece, edits)


def _said(tag: str) -> str:
    """A tag that says no more that there is no translation: the next who works on the file must not lose it."""
    return _STATE.sub(r"\g<1>translated", tag)


def _state_edits(text: str, tag: Token) -> list[Edit]:
    found = _STATE.search(text, tag.start, tag.end)
    return [(found.start(2), found.end(2), "translated")] if found else []


def _insertion(text: str, source: _Text, place: int, written: str) -> Edit:
    """A new target: on a line of its own where the source has one."""
    before = _SPACE_BEFORE.search(text, max(0, source.tag.start - 500), source.tag.start)
    name = f"{source.tag.name[: -len('source')]}target"
    return place, place, f"{before.group() if before else ''}<{name}>{written}</{name}>"
