"""Sentences with protected pieces, through the models of a route: every piece comes out exactly once.

The pieces go through the models as carriers (``text/carriers.py``), and what comes out is verified. Where a carrier was
lost, doubled or changed, the sentence is tried again with others; then the alignment says which words the models made
of it; and at last what stands around the pieces is translated on its own.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from libretranslate_py.engine.splitter import split
from libretranslate_py.text.alignment import Alignment, Link, retell
from libretranslate_py.text.carriers import (
    MOST_LOADS,
    Attempt,
    Carried,
    Found,
    Load,
    carry,
    combine,
    find,
    find_by_alignment,
    settle,
)
from libretranslate_py.text.formatting import Prepared, prepare
from libretranslate_py.text.paragraphs import DIVIDER, is_translatable, trim
from libretranslate_py.text.parts import Block, Piece
from libretranslate_py.text.spans import PROTECTED, Kind, Segment, Span

# From the first to the last character of a word.
_CORE = re.compile(r"\w(?:.*\w)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a route made of a sentence. alignment: between the words of both; None unless it was asked for."""

    text: str
    score: float
    alignment: Alignment | None = None


class Decode(Protocol):
    """Sentences -> the candidates of each, the preferred one first, never none. aligned: who needs an alignment."""

    def __call__(self, sentences: Sequence[str], *, aligned: Sequence[bool]) -> list[list[Candidate]]: ...


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a segment, or with ``translatable`` False something between two that stays as it is.

    start: code points before it in the segment. spans: the protected ones, relative to ``start``. edges: where in it
    tags begin or end or marks stand, likewise: none where the alignment does not matter.
    """

    text: str
    start: int
    translatable: bool
    spans: tuple[Span, ...] = ()
    edges: frozenset[int] = frozenset()
    # The tag pairs with an edge in it, likewise; they may reach beyond it.
    pairs: tuple[tuple[int, int], ...] = ()

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Rendition:
    """A translation of a sentence: blocks that make up its place in the segment."""

    blocks: tuple[Block, ...]
    score: float


def sentences_of(segment: Segment, language: str) -> list[Sentence]:
    """The segment's text as sentences and what stands between them: joined they are the text exactly."""
    protected = [span for span in segment.spans if span.kind in PROTECTED]
    starts = [span.start for span in protected]
    tags = [span for span in segment.spans if span.kind not in PROTECTED]
    edges = sorted({edge for span in tags for edge in (span.start, span.end)})
    pairs = sorted((edge, tag.start, tag.end) for tag in tags for edge in {tag.start, tag.end} if tag.start < tag.end)
    masked, blanked = _mask(segment.text, protected, _as_word), _mask(segment.text, protected, _as_blank)
    found: list[Sentence] = []
    start = 0
    for part, separator in _split(masked, language):
        for size, is_sentence in ((len(part), True), (len(separator), False)):
            end = start + size
            if is_sentence or size or end < len(masked):
                spans = protected[bisect_left(starts, start) : bisect_left(starts, end)]
                inside = edges[bisect_right(edges, start) : bisect_left(edges, end)]
                around = pairs[bisect_left(pairs, (start + 1,)) : bisect_left(pairs, (end,))] if len(spans) > 2 else ()
                sentence = Sentence(
                    segment.text[start:end],
                    start,
                    is_sentence and is_translatable(blanked[start:end]),
                    tuple(_shifted(span, -start) for span in spans),
                    frozenset(edge - start for edge in inside),
                    tuple({(first - start, last - start) for _, first, last in around}),
                )
                found.append(sentence)
            start = end
    return found


def _shifted(span: Span, by: int) -> Span:
    return replace(span, start=span.start + by, end=span.end + by)


def _split(text: str, language: str) -> Iterator[tuple[str, str]]:
    """Yield sentences, each with what separates it from the next one.

    That is white space, a sign between two entries, or symbols at the edges, which models do not know.
    """
    position = 0
    for divider in DIVIDER.finditer(text):
        yield from _entry(text, position, divider.start(), divider.group(), language)
        position = divider.end()
    yield from _entry(text, position, len(text), "", language)


def _entry(text: str, start: int, end: int, separator: str, language: str) -> Iterator[tuple[str, str]]:
    first, last = trim(text, start, end)
    if first >= last:
        first = last = start
    if first > start:
        yield "", text[start:first]
    *before, (sentence, space) = split(text[first:last], language) or [("", "")]
    yield from before
    yield sentence, space + text[last:end] + separator


def _mask(text: str, protected: Sequence[Span], mask: Callable[[str, Kind], str]) -> str:
    """The text with what ``mask`` makes of protected spans, which has as many characters."""
    if not protected:
        return text
    parts: list[str] = []
    position = 0
    for span in protected:
        parts += (text[position : span.start], mask(text[span.start : span.end], span.kind))
        position = span.end
    return "".join((*parts, text[position:]))


def _as_word(piece: str, kind: Kind) -> str:
    """A capitalised word, in which no sentence ends; a term begins as it does."""
    return (piece[:1] if kind is Kind.TERM else "X") + "x" * (len(piece) - 1)


def _as_blank(piece: str, kind: Kind) -> str:
    """Nothing that could be translated; a term can."""
    return piece if kind is Kind.TERM else " " * len(piece)


def verbatim(sentence: Sentence, text: str | None = None) -> Block:
    """The sentence as it is (or ``text`` instead), its protected pieces included."""
    pieces = tuple(Piece(span.start, span.end, span) for span in sentence.spans)
    return Block(sentence.start, sentence.end, sentence.text if text is None else text, pieces)


def translate_sentences(
    sentences: Sequence[Sentence], decode: Decode, language: str, target: str
) -> list[list[Rendition]]:
    """The renditions of each (translatable) sentence, distinct, the preferred one first, never none."""
    return _Work(sentences, decode, language, target).run()


class _Work:
    """The sentences of one call on their way: what is done with, and what the models made of the rest."""

    def __init__(self, sentences: Sequence[Sentence], decode: Decode, language: str, target: str) -> None:
        self._sentences = sentences
        self._decode = decode
        self._language = language
        self._target = target
        self._loads = [combine(one.text, one.spans, one.edges) if one.spans else () for one in sentences]
        # Of the sentences in which a model lost something at the first attempt: what.
        self._missing: dict[int, list[Load]] = {}
        # Sentences with more than one candidate, and what is an alternative at most.
        self._wide: set[int] = set()
        self._spare: list[list[Rendition]] = [[] for _ in sentences]
        self._done: list[list[Rendition]] = [[] for _ in sentences]

    def run(self) -> list[list[Rendition]]:
        left = [n for n, loads in enumerate(self._loads) if len(loads) <= MOST_LOADS]
        left = self._attempt(self._attempt(left, Attempt.LIKELY), Attempt.OTHERS)
        # Where everything was missing at first, the second attempt has changed everything already.
        self._attempt([n for n in left if len(self._missing[n]) < len(self._loads[n])], Attempt.ALL_OTHERS)
        left = self._attempt([n for n in left if not self._done[n]], Attempt.LIKELY, by_alignment=True)
        # The last that may help: a term as a number.
        with_terms = [n for n in left if any(span.kind is Kind.TERM for span in self._sentences[n].spans)]
        self._attempt(with_terms, Attempt.NUMBERS)
        # Where alternatives were asked for, most of them have lost the pieces at the first attempt.
        self._attempt([n for n in self._wide if self._loads[n] and len(self._done[n]) == 1], Attempt.OTHERS)
        self._around([n for n, found in enumerate(self._done) if not found])
        return [_distinct([*done, *spare]) for done, spare in zip(self._done, self._spare, strict=True)]

    def _attempt(self, numbers: Sequence[int], attempt: Attempt, *, by_alignment: bool = False) -> list[int]:
        """Decodes with carriers; returns the sentences whose best candidate has not all pieces.

        ``by_alignment``: pieces that were not found are put in place of the words that are linked to their carriers.
        """
        carried = [
            carry(self._sentences[n].text, self._loads[n], attempt, self._target, self._missing.get(n)) for n in numbers
        ]
        aligned = [by_alignment or bool(self._sentences[n].edges) for n in numbers]
        for n, one, prepared, candidates in zip(
            numbers, carried, *self._decode_prepared(carried, aligned), strict=True
        ):
            if len(candidates) > 1:
                self._wide.add(n)
            for number, candidate in enumerate(candidates):
                restored = _restore(prepared, candidate, self._target)
                found, missing = find(one, restored)
                if not missing and _tears_apart(self._sentences[n].pairs, found):
                    found, missing = [], list(one.loads)
                if missing and number == 0:
                    self._missing.setdefault(n, missing)
                place = _place(one, prepared, candidate, restored, found, missing) if by_alignment else found
                if place is not None and (by_alignment or not missing):
                    if by_alignment and _tears_apart(self._sentences[n].pairs, place):
                        continue
                    block = _block(self._sentences[n], one, prepared, candidate, restored, place)
                    self._add(n, Rendition((block,), candidate.score), is_best=number == 0)
        return [n for n in numbers if not self._done[n]]

    def _decode_prepared(
        self, carried: Sequence[Carried], aligned: Sequence[bool]
    ) -> tuple[list[Prepared], list[list[Candidate]]]:
        prepared = [prepare(one.text, self._language) for one in carried]
        return prepared, self._decode([one.text for one in prepared], aligned=aligned) if prepared else []

    def _add(self, number: int, rendition: Rendition, *, is_best: bool) -> None:
        """Only the best candidate of an attempt decides on it: what alternatives there are must change nothing."""
        (self._done if is_best or self._done[number] else self._spare)[number].append(rendition)

    def _around(self, numbers: Sequence[int]) -> None:
        """Translates what stands between the pieces of a sentence part by part."""
        fragments = [list(_fragments(self._sentences[n], self._loads[n])) for n in numbers]
        flat = [one for own in fragments for one in own if one.translatable]
        renditions = iter(translate_sentences(flat, self._decode, self._language, self._target) if flat else ())
        for n, own in zip(numbers, fragments, strict=True):
            best = [next(renditions)[0] if one.translatable else None for one in own]
            blocks = [
                block
                for one, rendition in zip(own, best, strict=True)
                for block in (rendition.blocks if rendition else _piece_blocks(one))
            ]
            scores = [rendition.score for rendition in best if rendition]
            self._done[n].append(Rendition(tuple(blocks), min(scores, default=0.0)))


def _tears_apart(pairs: Iterable[tuple[int, int]], found: Found) -> bool:
    """Whether a piece from outside of a tag pair has come between two from within: one of them would change sides."""
    for start, end in pairs:
        inside = [start <= load.start and load.end <= end for _, _, load in found]
        if inside.count(True) > 1 and not all(inside[inside.index(True) : len(inside) - inside[::-1].index(True)]):
            return True
    return False


def _distinct(renditions: Iterable[Rendition]) -> list[Rendition]:
    first: dict[str, Rendition] = {}
    for rendition in renditions:
        first.setdefault("".join(block.text for block in rendition.blocks), rendition)
    return list(first.values())


def _place(
    carried: Carried, prepared: Prepared, candidate: Candidate, restored: str, found: Found, missing: Sequence[Load]
) -> Found | None:
    if candidate.alignment is None:
        return None
    alignment = retell(candidate.alignment, prepared.text, carried.text, candidate.text, restored)
    return find_by_alignment(carried, restored, alignment, found, missing)


def _restore(prepared: Prepared, candidate: Candidate, target: str) -> str:
    return prepared.restore(candidate.text, target) or prepared.source


def _block(
    sentence: Sentence, carried: Carried, prepared: Prepared, candidate: Candidate, restored: str, found: Found
) -> Block:
    settled = settle(sentence.text, restored, found)
    if candidate.alignment is None or not sentence.edges:
        whole = Alignment(((sentence.start, sentence.end),), ((0, len(settled.text)),), (Link(0, 0, 1.0),))
        return Block(sentence.start, sentence.end, settled.text, settled.pieces, whole)
    alignment = retell(candidate.alignment, prepared.text, carried.text, candidate.text, restored)
    source = tuple([(sentence.start + start, sentence.start + end) for start, end in carried.words()])
    alignment = Alignment(source, settled.move(alignment.target), alignment.links)
    return Block(sentence.start, sentence.end, settled.text, settled.pieces, alignment)


def _fragments(sentence: Sentence, loads: Iterable[Load]) -> Iterator[Sentence]:
    """The sentence cut at its pieces: what can be translated without its white space, everything else as it is."""
    position = 0
    for load in loads:
        yield from _fragment(sentence, position, load.start)
        spans = tuple(_shifted(span, -load.start) for span in load.spans)
        yield Sentence(sentence.text[load.start : load.end], sentence.start + load.start, False, spans)
        position = load.end
    yield from _fragment(sentence, position, len(sentence.text))


def _fragment(sentence: Sentence, start: int, end: int) -> Iterator[Sentence]:
    """What stands between two pieces: its words, without the white space and punctuation around them."""
    text = sentence.text[start:end]
    core = _CORE.search(text)
    if not core or not is_translatable(core.group()):
        if text:
            yield Sentence(text, sentence.start + start, translatable=False)
        return
    first, last = start + core.start(), start + core.end()
    if first > start:
        yield Sentence(sentence.text[start:first], sentence.start + start, translatable=False)
    edges = frozenset(edge - first for edge in sentence.edges if first < edge < last)
    yield Sentence(core.group(), sentence.start + first, True, (), edges)
    if end > last:
        yield Sentence(sentence.text[last:end], sentence.start + last, translatable=False)


def _piece_blocks(fragment: Sentence) -> list[Block]:
    """The blocks of something that is not translated; a term becomes its translation."""
    if not fragment.spans or fragment.spans[0].kind is not Kind.TERM:
        return [verbatim(fragment)]
    settled = settle(
        fragment.text, fragment.text, [(0, len(fragment.text), Load(0, len(fragment.text), fragment.spans))]
    )
    whole = Alignment(((fragment.start, fragment.end),), ((0, len(settled.text)),), (Link(0, 0, 1.0),))
    return [Block(fragment.start, fragment.end, settled.text, settled.pieces, whole)]
