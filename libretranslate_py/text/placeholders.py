"""Pieces of a plain text that must come back as they are: placeholders of programs, addresses, tags."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod

import regex

from libretranslate_py.errors import InvalidParameter
from libretranslate_py.text.characters import UNSPACED
from libretranslate_py.text.icu import Braces
from libretranslate_py.text.paragraphs import extract
from libretranslate_py.text.placeholder_kinds import KINDS, group_of, piece_kind, scanner, without_final_marks
from libretranslate_py.text.placeholder_pairs import DELIMITERS, Pairing
from libretranslate_py.text.placeholder_search import fenced_code, is_plain
from libretranslate_py.text.spans import Kind, Segment, Span, Template
from libretranslate_py.text.windows import find_next

MOST_EXPRESSIONS = 100
LONGEST_EXPRESSION = 1000
# Seconds of processor time for a client's expressions.
TIME_LIMIT = 0.25
# Messages within messages beyond this are not looked into.
DEEPEST_MESSAGE = 5

_NAME = "placeholders"
_ACCEPTED = (
    f"true, false, or a list of at most {MOST_EXPRESSIONS} strings, each one of {', '.join(KINDS)} or a regular "
    f"expression of at most {LONGEST_EXPRESSION} characters"
)
_MISSPELT = re.compile(r"[a-z]{2,}")


@dataclass(frozen=True)
class Placeholders:
    """Which kinds are protected, and a client's own regular expressions. Can be shared by threads."""

    kinds: frozenset[str]
    expressions: tuple[str, ...] = ()

    def find(self, text: str) -> list[Span]:
        """Return the placeholders of ``text`` as a ``Finder`` does; what matches an expression wins over the kinds.

        Raises InvalidParameter if the expressions take more than TIME_LIMIT.
        """
        return self.finder()(text)

    def finder(self) -> Callable[[str], list[Span]]:
        """Return ``find`` with one TIME_LIMIT for all texts that it will be given: for the texts of one request."""
        budget = _Budget(TIME_LIMIT)
        return lambda text: _Search(self, budget).find(text)


DEFAULT = Placeholders(frozenset(KINDS))
NOTHING = Placeholders(frozenset())


def parse(value: object) -> Placeholders:
    """Return what the ``placeholders`` of a request ask for.

    None and True are the kinds that are on by default (all of them), False and an empty list are none. In a list, the
    name of a kind turns this kind on and leaves the others off; any other string is a regular expression, in addition
    to the kinds that are named, or to all where none is named. An expression protects what it matches, as a name; one
    that matches nothing at all does no harm. A word of small letters that is no kind is taken for a misspelt one.
    Raises InvalidParameter.
    """
    if value is None or value is True:
        return DEFAULT
    if value is False:
        return NOTHING
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value) or len(value) > MOST_EXPRESSIONS:
        raise InvalidParameter(_NAME, _ACCEPTED)
    kinds = frozenset(item for item in value if item in KINDS)
    expressions = tuple(dict.fromkeys(item for item in value if item not in KINDS))
    if unknown := next(filter(_MISSPELT.fullmatch, expressions), None):
        raise InvalidParameter(
            _NAME, f"{_ACCEPTED} ({unknown[:40]} is no kind; as an expression, write \\b{unknown[:40]}\\b)"
        )
    _check(expressions)
    _compiled(expressions)
    return Placeholders(kinds or (DEFAULT.kinds if expressions else kinds), expressions)


# --- a client's expressions -------------------------------------------------------------------------------------------

# ``regex`` writes out what is repeated while it compiles: the product of nested repetitions is memory and time.
_LARGEST = 50_000
_LONGEST_TOGETHER = 20_000
_REPEATS = r"(?:[+*?]|\{[^{}]*\})+"
_GROUP_REPEATS = re.compile(rf"\)({_REPEATS})")
_ALL_REPEATS = re.compile(r"[+*?]|\{[^{}]*\}")
# Spaces and comments hide repetitions from the count; recursion takes much memory before its time is over.
_NOT_TAKEN = re.compile(r"\(\?(?:R|\d|[+-]\d|&|P>|#|[a-zA-Z0-9-]{0,12}x)")
_ESCAPED = re.compile(r"\\.", re.DOTALL)


def _check(expressions: Sequence[str]) -> None:
    """Raise InvalidParameter for expressions that would take long to compile."""
    if any(len(expression) > LONGEST_EXPRESSION for expression in expressions):
        raise InvalidParameter(_NAME, _ACCEPTED)
    bare = [_ESCAPED.sub("_", expression) for expression in expressions]
    if sum(map(len, expressions)) > _LONGEST_TOGETHER or sum(map(_size, bare)) > _LARGEST:
        raise InvalidParameter(_NAME, "regular expressions that repeat less within repetitions")
    if any(map(_NOT_TAKEN.search, bare)):
        raise InvalidParameter(_NAME, "regular expressions without recursion, comments and the flag x")


def _size(expression: str) -> int:
    """Return a bound on the compiled size: any group may stand within any other, as far as this can tell."""
    groups = [_times(found.group(1)) for found in _GROUP_REPEATS.finditer(expression)]
    atoms = [_times(found.group()) for found in _ALL_REPEATS.finditer(expression)]
    return len(expression) * prod(groups) + sum(atoms) * prod(groups)


def _times(repeats: str) -> int:
    return prod(_factor(found.group()) for found in _ALL_REPEATS.finditer(repeats))


def _factor(repeat: str) -> int:
    if repeat in "*?":
        return 1
    # Digits beyond these are over the limit anyway.
    return 1 + max((int(digits[:7]) for digits in re.findall(r"[0-9]+", repeat)), default=1)


@lru_cache(maxsize=16)
def _compiled(expressions: tuple[str, ...]) -> tuple[regex.Pattern[str], ...]:
    try:
        return tuple(regex.compile(expression, regex.V0, cache_pattern=False) for expression in expressions)
    except (regex.error, RecursionError, OverflowError, ValueError, KeyError, IndexError, MemoryError) as error:
        raise InvalidParameter(_NAME, f"{_ACCEPTED} (an expression cannot be read: {str(error)[:80]})") from error


class _Budget:
    """The processor time of the calling threads that is left for expressions."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    def spans(self, expression: regex.Pattern[str], text: str) -> list[Span]:
        """Return what ``expression`` matches. The interpreter runs other threads while ``regex`` searches."""
        found: list[Span] = []
        position = 0
        finished = False
        while not finished:
            began = time.thread_time()
            try:
                for match in expression.finditer(text, position, timeout=max(self._left, 0.001), concurrent=True):
                    start, position = match.span()
                    if start < position:
                        found.append(Span(start, position, Kind.NAME, output=(text[start:position],)))
                finished = True
            except TimeoutError:
                # ``regex`` counts the time of all threads of the process: only this one's counts against the client.
                finished = False
            self._left -= time.thread_time() - began
            if self._left <= 0:
                raise InvalidParameter(_NAME, f"regular expressions that match within {int(TIME_LIMIT * 1000)} ms")
        return found


def _own_spans(placeholders: Placeholders, budget: _Budget, text: str) -> list[Span]:
    """Return what the client's expressions match; of two that overlap, the one that begins first, then the longer."""
    matches = [span for expression in _compiled(placeholders.expressions) for span in budget.spans(expression, text)]
    matches.sort(key=lambda span: (span.start, -span.end))
    kept: list[Span] = []
    for span in matches:
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


# --- the search -------------------------------------------------------------------------------------------------------

_NUMBER_SIGN = re.compile("#")
_STANDING_FOR_WORDS = frozenset({Kind.NAME, Kind.NUMBER})
_BRACKETS = dict(zip("([{<\"'“‘«„‹「『（【《", ")]}>\"'”’»“›」』）】》", strict=True))
_OF_A_WORD = re.compile(rf"[^\W{UNSPACED}]")


class _Search:
    """A search in a text, or (depth > 0) in an arm of a message that it holds."""

    def __init__(self, placeholders: Placeholders, budget: _Budget, depth: int = 0, is_counting: bool = False) -> None:
        self._placeholders = placeholders
        self._budget = budget
        self._depth = depth
        self._is_counting = is_counting

    def find(self, text: str) -> list[Span]:
        placeholders = self._placeholders
        own = _own_spans(placeholders, self._budget, text) if placeholders.expressions else []
        if not placeholders.kinds or (not self._is_counting and is_plain(text)):
            return own
        if "code" in placeholders.kinds:
            own = _with_blocks(own, list(fenced_code(text)))
        pairing = Pairing(text)
        flat = list(self._scan(text, own, pairing))
        paired = pairing.finish()
        # In the arms of a plural, # is the number; no tag or mark of Markdown holds one that counts.
        numbers = self._numbers(text, [*flat, *paired]) if self._is_counting else []
        return sorted([*flat, *paired, *numbers], key=lambda span: (span.start, -span.end))

    def _scan(self, text: str, own: Sequence[Span], pairing: Pairing) -> Iterator[Span]:
        """Yield the client's spans, and those of the kinds apart from them; give delimiters to ``pairing``."""
        kinds = self._placeholders.kinds
        pattern, without_messages = scanner(kinds), scanner(kinds - {"icu"})
        braces = Braces(text) if "icu" in kinds and "{" in text else None
        coming = iter([*own, Span(len(text), len(text) + 1, Kind.NAME)])
        client = next(coming)
        position = 0
        match = find_next(pattern, text, 0)
        while match:
            found = self._read(match, braces)
            if found is None and group_of(match) == "icu":
                match = without_messages.match(text, match.start()) or find_next(pattern, text, match.start() + 1)
                continue
            end = found[0] if found else match.end()
            while client.end <= match.start():
                yield client
                position, client = max(position, client.end), next(coming)
            if client.start < end:
                # The client's piece comes first; behind it the search goes on.
                yield client
                position, client = client.end, next(coming)
                if position <= match.start():
                    continue
            else:
                first, last = _with_brackets(text, match.start(), end, position, client.start)
                position = last if found and found[1] in _STANDING_FOR_WORDS else end
                yield from self._settle(match, found, (first, last), pairing)
            match = find_next(pattern, text, position)
        while client.end <= len(text):
            yield client
            client = next(coming)

    def _settle(
        self,
        match: re.Match[str],
        found: tuple[int, Kind | None, Template] | None,
        bracketed: tuple[int, int],
        pairing: Pairing,
    ) -> Iterator[Span]:
        group = group_of(match)
        if group in DELIMITERS:
            pairing.add(group, match.start(), match.end())
        elif not found or (self._is_counting and "#" in match.group() and group == "formula_name"):
            return
        elif found[1] is Kind.MARK:
            stands_for: Template = (" ",) if group in ("space_mark", "break_mark") else ()
            yield Span(match.start(), found[0], Kind.MARK, opening=found[2], output=stands_for)
        elif found[1]:
            first, last = bracketed
            text = match.string
            output = (text[first : match.start()], *found[2], text[found[0] : last])
            yield Span(first, last, found[1], output=_joined(output))

    def _read(self, match: re.Match[str], braces: Braces | None) -> tuple[int, Kind | None, Template] | None:
        """Return end, kind and template of what ``match`` begins; None if that is no message after all."""
        group = group_of(match)
        text = match.string
        if group == "icu":
            read = self._read_arm if self._depth < DEEPEST_MESSAGE else None
            message = braces.message_at(match.start(), read) if braces else None
            return (message[0], Kind.NAME, message[1]) if message else None
        end = match.end()
        if group.startswith(("url", "path")):
            end = without_final_marks(text, match.start(), end)
        return end, piece_kind(group, match), (text[match.start() : end],)

    def _read_arm(self, arm: str, is_counting: bool) -> Template:
        search = _Search(self._placeholders, self._budget, self._depth + 1, is_counting or self._is_counting)
        return extract(arm, search.find)

    def _numbers(self, text: str, taken: Sequence[Span]) -> Iterator[Span]:
        covered = bytearray(len(text))
        for span in taken:
            if span.kind is Kind.PAIR:
                inner, outer = span.start + _width(span.opening), span.end - _width(span.closing)
                covered[span.start : inner] = b"\1" * (inner - span.start)
                covered[outer : span.end] = b"\1" * (span.end - outer)
            else:
                covered[span.start : span.end] = b"\1" * (span.end - span.start)
        for match in _NUMBER_SIGN.finditer(text):
            if not covered[match.start()]:
                yield Span(match.start(), match.end(), Kind.NUMBER, output=("#",))


def _with_blocks(own: Sequence[Span], blocks: Sequence[Span]) -> list[Span]:
    """Return both, without the spans of ``own`` that a block overlaps: all of it is kept anyway."""
    if not blocks:
        return list(own)
    kept = list(blocks)
    coming = 0
    for span in own:
        while coming < len(blocks) and blocks[coming].end <= span.start:
            coming += 1
        if coming == len(blocks) or span.end <= blocks[coming].start:
            kept.append(span)
    return sorted(kept, key=lambda span: span.start)


def _width(template: Template) -> int:
    return sum(len(piece.raw if isinstance(piece, Segment) else piece) for piece in template)


def _with_brackets(text: str, start: int, end: int, least: int, most: int) -> tuple[int, int]:
    """Return ``start`` and ``end`` with a pair of brackets or quotes that holds nothing else: models would lose them.

    least, most: where what comes before ends, and what comes next begins.
    """
    if start - 1 < least or end + 1 > min(most, len(text)) or _BRACKETS.get(text[start - 1]) != text[end]:
        return start, end
    around = text[max(0, start - 2) : start - 1], text[end + 1 : end + 2]
    is_link = text[end] == "]" and around[1] == "("
    is_own = not is_link and not any(map(_OF_A_WORD.match, around))
    return (start - 1, end + 1) if is_own else (start, end)


def _joined(template: Template) -> Template:
    if any(isinstance(piece, Segment) for piece in template):
        return tuple(piece for piece in template if piece != "")
    return ("".join(map(str, template)),)
