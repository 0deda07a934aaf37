"""Glossaries: terms with the translation to use for them, or with none where they are to stay as they are.

A term is found as whole words, the longest one first at any place. What is found becomes a span (``spans.py``); case is
the only thing that is adapted, inflection around a term is left to the model.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from libretranslate_py.errors import InvalidParameter
from libretranslate_py.text.spans import Kind, Span
from libretranslate_py.text.terms import Finder, Tokens, split

# Of the glossary of a request; a stored one is limited by the size of its file.
MOST_TERMS = 10_000
# Characters of a source or target term.
LONGEST_TERM = 200

_SHAPE = "a JSON object from source terms to target terms, with null for a term that is not to be translated"
_ENDS_SENTENCE = frozenset(".!?:…。！？：｡؟۔।॥։។።")
# More quotes and brackets than this do not stand at the beginning of a sentence.
_LOOK_BACK = 16
_DOTTED_I = frozenset({"tr", "az"})
# In a phrase written like a title, words up to this length ("of", "the") have no capital of their own.
_SMALL_WORD = 3


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Terms that are compared in one way. ``targets``: by the number that ``finder`` knows a term by."""

    folded: bool
    finder: Finder
    targets: tuple[str | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Glossary:
    """Terms made ready to be found. Immutable; two glossaries are equal only if they are the same object."""

    _tables: tuple[_Table, ...]

    def find(self, text: str, target: str = "") -> list[Span]:
        """The terms in ``text``, in order and apart: TERM with what to write for it (as
        ``opening``, what to write where a sentence does not begin with it), NAME where it is to stay.

        Where terms overlap the one that begins first counts, of those that begin together the longest. ``target`` (an
        Argos code) chooses how letters become capitals; it matters for Turkish, Azerbaijani and Georgian. Takes time
        linear in the length of ``text``. ``output`` is plain text that the caller has to escape for its format.
        """
        tokens = split(text)
        found: dict[int, tuple[int, _Table, int]] = {}
        for table in self._tables:
            for place, (size, number) in table.finder.longest(tokens.folded if table.folded else tokens.keys).items():
                if place not in found or size > found[place][0]:
                    found[place] = size, table, number
        spans: list[Span] = []
        end = 0
        for place in sorted(found):
            if place >= end:
                size, table, number = found[place]
                end = place + size
                spans.append(_span(text, tokens, place, end, table, number, target))
        return spans


def _span(text: str, tokens: Tokens, first: int, end: int, table: _Table, number: int, language: str) -> Span:
    start, stop = tokens.ranges[first][0], tokens.ranges[end - 1][1]
    target = table.targets[number]
    if target is None:
        return Span(start, stop, Kind.NAME, output=(text[start:stop],))
    if not table.folded:
        return Span(start, stop, Kind.TERM, output=(target,))
    followed = _follow_case(tokens, first, end, target, language)
    # Elsewhere in the translation, it has no reason for the capital of a sentence's beginning.
    elsewhere = (target,) if followed == _capitalise(target, language) and _begins_sentence(tokens, first) else ()
    return Span(start, stop, Kind.TERM, opening=elsewhere, output=(followed,))


# --- making ---------------------------------------------------------------------------------------------------------


def parse(value: object) -> Glossary | None:
    """The glossary in a request: a mapping of terms, or JSON of one, as fields of a form are; None if it has no terms.

    Raises InvalidParameter, whose words never contain a term.
    """
    if isinstance(value, str):
        value = _decode(value) if value.strip() else None
    if value is None:
        return None
    if not isinstance(value, dict):
        raise InvalidParameter("glossary", _SHAPE)
    if len(value) > MOST_TERMS:
        raise InvalidParameter("glossary", f"an object of at most {MOST_TERMS} terms")
    terms: dict[str, str | None] = {}
    for number, (source, target) in enumerate(value.items(), 1):
        if not isinstance(source, str) or not (target is None or isinstance(target, str)):
            raise InvalidParameter("glossary", f"{_SHAPE} (see term {number})")
        if fault := find_fault(source, target):
            raise InvalidParameter("glossary", f"{_SHAPE}: {fault} (see term {number})")
        terms[source] = target
    return build(terms)


def _decode(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidParameter("glossary", _SHAPE) from error


def find_fault(source: str, target: str | None) -> str:
    """What is wrong with a term, as a clause without the term itself; "" if nothing is."""
    for side, term in (("source", source), ("target", target)):
        if term is None:
            continue
        if len(term) > LONGEST_TERM:
            return f"a {side} term is longer than {LONGEST_TERM} characters"
        if term.isprintable() and any(map(str.isalnum, term)):
            continue
        if all(key in ("", " ") for key in split(term).keys):
            return f"a {side} term is empty" + ("; null means: do not translate" if side == "target" else "")
        if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in term):
            return f"a {side} term contains a line break or another control character"
    return ""


def normalise(source: str) -> tuple[str, ...]:
    """What two source terms have in common that are found at the same places."""
    tokens = split(source.strip())
    return tuple(tokens.folded if _matches_any_case(source) else tokens.keys)


def _matches_any_case(source: str) -> bool:
    return not any(character.isupper() or character.istitle() for character in source)


def build(terms: Mapping[str, str | None]) -> Glossary | None:
    """The glossary of ``terms``, in which ``find_fault`` finds none; None if there are no terms.

    Of two terms that ``normalise`` makes equal the first counts. Takes about 10 microseconds for each word.
    """
    tables = []
    # A term with a capital says more than one that matches any case, so it wins where both match.
    for folded in (False, True):
        chosen = {source: target for source, target in terms.items() if _matches_any_case(source) is folded}
        if chosen:
            targets = tuple(target if target is None else target.strip() for target in chosen.values())
            tables.append(_Table(folded, Finder(map(normalise, chosen)), targets))
    return Glossary(tuple(tables)) if tables else None


def merge(first: Glossary | None, second: Glossary | None) -> Glossary | None:
    """Both glossaries as one; where both have a term for the same words, ``first`` is followed. Copies nothing."""
    if first is None or second is None:
        return first or second
    return Glossary(first._tables + second._tables)


# --- case -----------------------------------------------------------------------------------------------------------


def _follow_case(tokens: Tokens, first: int, end: int, target: str, language: str) -> str:
    """Return ``target`` with the capitals that the text gives to a term that the glossary has in small letters."""
    words = [key for key in tokens.keys[first:end] if key[:1].isalpha()]
    letters = "".join(words)
    if letters == letters.lower():
        return target
    if letters.isupper() and len(letters) > 1:
        return _in_capitals(target, language)
    if all(_is_capitalised(word) or (number and _is_small(word)) for number, word in enumerate(words)):
        return _capitalise(target, language)
    begins = _is_capitalised(words[0]) and all(word.islower() for word in words[1:])
    return _capitalise(target, language) if begins and _begins_sentence(tokens, first) else target


def _is_capitalised(word: str) -> bool:
    return word[0] != word[0].lower() and word[1:] == word[1:].lower()


def _is_small(word: str) -> bool:
    return len(word) <= _SMALL_WORD and word.islower()


def _begins_sentence(tokens: Tokens, place: int) -> bool:
    """Whether nothing, or only quotes, brackets and spaces after the end of a sentence, stands before ``place``."""
    for number in range(place - 1, max(-1, place - 1 - _LOOK_BACK), -1):
        if tokens.keys[number] in _ENDS_SENTENCE:
            return True
        if tokens.is_word(number):
            return False
    return place <= _LOOK_BACK


def _capitalise(target: str, language: str) -> str:
    """With a capital at its beginning, unless its first word has one of its own (iPhone) or begins with a digit."""
    tokens = split(target)
    for number, (start, end) in enumerate(tokens.ranges):
        if tokens.is_word(number):
            word = target[start:end]
            if not word[0].islower() or word != word.lower():
                return target
            return target[:start] + _title(word[0], language) + target[start + 1 :]
    return target


def _in_capitals(target: str, language: str) -> str:
    """In capitals, except for words with a capital beyond their first letter: iPhone, kWh, GmbH have only one form."""
    tokens = split(target)
    pieces = (target[start:end] for start, end in tokens.ranges)
    return "".join(piece if piece[1:] != piece[1:].lower() else _upper(piece, language) for piece in pieces)


def _title(letter: str, language: str) -> str:
    return "İ" if letter == "i" and language in _DOTTED_I else letter.title()


def _upper(text: str, language: str) -> str:
    if language == "ka":
        return text
    return (text.replace("i", "İ") if language in _DOTTED_I else text).upper()
