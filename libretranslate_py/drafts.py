"""A text taken apart into sentences, and put together again from their renditions."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from libretranslate_py.sentences import Rendition, Sentence, sentences_of, verbatim
from libretranslate_py.text.formatting import joint
from libretranslate_py.text.parts import Block
from libretranslate_py.text.pieces import Finder, protect
from libretranslate_py.text.rendering import render
from libretranslate_py.text.spans import Kind, Segment, Span, Template, fill, segments_of

# Characters, and slices, of all texts of a request that are worked on at a time. Sentences of one window are batched
# together; at its end some batches are not full.
_WINDOW = 200_000
_MOST_IN_WINDOW = 20_000


@dataclass(frozen=True, slots=True)
class Draft:
    """template: the text; parts: the segments in it, inner ones first, each with its sentences."""

    template: Template
    parts: tuple[tuple[Segment, tuple[Sentence, ...]], ...]

    def sentences(self) -> list[Sentence]:
        """The sentences to translate."""
        return [sentence for _, own in self.parts for sentence in own if sentence.translatable]

    def assemble(self, renditions: Sequence[Rendition], target: str) -> str:
        """The text with its ``sentences``, in order, replaced by ``renditions``."""
        supply = iter(renditions)
        written: dict[Segment, str] = {}

        def write(template: Template) -> str:
            return fill(template, written.__getitem__)

        for segment, sentences in self.parts:
            if segment.raw and not _has_work(segment, sentences):
                written[segment] = segment.raw
            else:
                written[segment] = render(segment, list(_blocks(sentences, supply, target)), write)
        return write(self.template)


def take_apart(template: Template, language: str) -> Draft:
    """The draft of a text in ``language``, an Argos code."""
    return Draft(template, tuple((one, tuple(sentences_of(one, language))) for one in segments_of(template)))


def windows_of(slices: Iterable[tuple[int, Template]]) -> Iterator[list[tuple[int, Template]]]:
    """The slices in groups that are worked on at a time: what a sentence needs meanwhile is many times its length."""
    window: list[tuple[int, Template]] = []
    size = 0
    for place, template in slices:
        length = sum(len(segment.text) for segment in segments_of(template))
        if window and (size + length > _WINDOW or len(window) == _MOST_IN_WINDOW):
            yield window
            window, size = [], 0
        window.append((place, template))
        size += length
    if window:
        yield window


def join_versions(slices: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The versions of a whole text from those of its slices; where a slice has fewer, its last one stands again."""
    count = max(map(len, slices))
    versions = ("".join(own[min(number, len(own) - 1)] for own in slices) for number in range(count))
    return tuple(dict.fromkeys(versions))


def best_combinations(scores: Sequence[Sequence[float]], count: int) -> list[list[int]]:
    """The ``count`` best ways to choose one candidate per sentence, by the sum of scores; the first is all zeros.

    ``scores[i]`` are those of sentence i's candidates, the preferred one first. Takes time in proportion to the number
    of sentences: only the best ``count`` choices for the sentences so far can be part of a best choice for all.
    """
    # A choice is a linked list of indices, last sentence first, so that lengthening one costs the same for long texts.
    best: list[tuple[float, object]] = [(0.0, None)]
    for own in scores:
        lengthened = [
            (total + score - own[0], (n, chosen)) for total, chosen in best for n, score in enumerate(own[:count])
        ]
        # What the model likes best need not be the preferred candidate; the choice of all zeros stays first.
        best = [lengthened[0], *heapq.nlargest(count - 1, lengthened[1:], key=lambda choice: choice[0])]
    return [_unlink(chosen) for _, chosen in best]


def _unlink(chosen: object) -> list[int]:
    indices: list[int] = []
    while isinstance(chosen, tuple):
        n, chosen = chosen
        indices.append(n)
    return indices[::-1]


def outside(find: Finder, terms: Finder) -> Finder:
    """What ``find`` finds, without what lies in one of the ``terms``: these were asked for in so many words.

    A term in something larger that is protected, such as an address, stays undone.
    """

    def find_outside(text: str) -> Sequence[Span]:
        found, ranges = find(text), [(term.start, term.end) for term in terms(text)]
        if not found or not ranges:
            return found
        kept = []
        for span in found:
            place = bisect_right(ranges, (span.start, len(text))) - 1
            inside = place >= 0 and ranges[place][0] <= span.start and span.end <= ranges[place][1]
            if not inside or span.kind is Kind.PAIR:
                kept.append(span)
        return kept

    return find_outside


def protect_all(template: Template, finder: Finder | None) -> Template:
    """The template with what ``finder`` finds in its segments, inner ones included, as spans of these."""
    if finder is None:
        return template
    return tuple(piece if isinstance(piece, str) else _protected(piece, finder) for piece in template)


def _protected(segment: Segment, finder: Finder) -> Segment:
    if any(span.opening or span.closing or span.output for span in segment.spans):
        spans = (
            replace(
                span,
                opening=protect_all(span.opening, finder),
                closing=protect_all(span.closing, finder),
                output=protect_all(span.output, finder),
            )
            for span in segment.spans
        )
        segment = replace(segment, spans=tuple(spans))
    return protect(segment, [finder])


def _has_work(segment: Segment, sentences: Sequence[Sentence]) -> bool:
    if any(sentence.translatable for sentence in sentences):
        return True
    templates = (t for span in segment.spans for t in (span.opening, span.closing, span.output))
    return any(isinstance(piece, Segment) for template in templates for piece in template)


def _blocks(sentences: Sequence[Sentence], supply: Iterator[Rendition], target: str) -> Iterator[Block]:
    for number, sentence in enumerate(sentences):
        if sentence.translatable:
            yield from next(supply).blocks
        elif 0 < number < len(sentences) - 1 and not sentence.text.strip() and not sentence.spans:
            yield verbatim(sentence, joint(sentence.text, target))
        else:
            yield verbatim(sentence)
