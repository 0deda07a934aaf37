"""A part of a segment with its translation, word by word: what the placement of tags asks of an alignment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from libretranslate_py.text.alignment import Alignment, words_of
from libretranslate_py.text.spans import Span

# A target word without a link to either side may stand between two words of a pair, at this cost.
_GAP = -0.04
# How much a mark that touches a word holds on to it, in crossing links.
_GLUE = 1.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A protected span in a translation: what stands at ``start`` to ``end`` is its carrier, to be replaced."""

    start: int
    end: int
    span: Span


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a segment's text (a sentence, or what stands between two) and its translation.

    start, end: code points of the segment's text. text: the translation, with carriers for protected pieces. alignment:
    from ranges of the segment's text to ranges of ``text``; None where ``text`` is what stands in the segment.
    """

    start: int
    end: int
    text: str
    pieces: tuple[Piece, ...] = ()
    alignment: Alignment | None = None


@dataclass(slots=True)
class Part:
    """A block with its words: ranges of the segment's text and of the whole translation; links by target word."""

    block: Block
    start: int
    end: int
    source: list[tuple[int, int]]
    target: list[tuple[int, int]]
    # Of each target word: (source word, weight), both counted within the part.
    links: list[list[tuple[int, float]]]
    # Numbers of the part's first words among all words.
    first_source: int = 0
    first_target: int = 0
    # Target words that a pair has, by the pair around it: two pairs in the same one never share a word.
    taken: dict[object, list[tuple[int, int]]] = field(default_factory=dict)
    # Where in the segment's text a protected piece begins, by the number of each target word that is a part of it.
    held: dict[int, int] = field(default_factory=dict)
    positions: dict[tuple[int, int, int, int], int] = field(default_factory=dict)

    def hold_pieces(self) -> None:
        """Fills ``held``, once the numbers of the words are known."""
        word = 0
        for piece in self.block.pieces:
            start, end = self.start + piece.start, self.start + piece.end
            while word < len(self.target) and self.target[word][1] <= start:
                word += 1
            while word < len(self.target) and self.target[word][0] < end:
                self.held[self.first_target + word] = self.block.start + piece.span.start
                word += 1

    def without_pieces(self, first: int, stop: int) -> Iterator[tuple[int, int]]:
        """Yield the runs of words from ``first`` to ``stop`` in which there is no protected piece."""
        for number in range(first, stop):
            if number in self.held:
                if first < number:
                    yield first, number
                first = number + 1
        if first < stop:
            yield first, stop


def make_part(block: Block, offset: int) -> Part:
    if block.alignment is None:
        words = words_of(block.text)
        source = [(block.start + start, block.start + end) for start, end in words]
        links = [[(number, 1.0)] for number in range(len(words))]
    else:
        words = block.alignment.target
        source = list(block.alignment.source)
        links = [[] for _ in words]
        for link in block.alignment.links:
            links[link.target].append((link.source, link.weight))
    target = [(offset + start, offset + end) for start, end in words]
    return Part(block, offset, offset + len(block.text), source, target, links)


def gain_of(links: list[tuple[int, float]], low: int, high: int) -> float:
    inside = sum(weight for source, weight in links if low <= source < high)
    outside = sum(weight for source, weight in links if not low <= source < high)
    return inside - outside if links else _GAP


def largest_run(gains: Sequence[float], to_end: bool, from_start: bool) -> tuple[float, int, int]:
    """The run with the largest sum, as (sum, start, stop)."""
    best = (0.0, 0, 0)
    total, start = 0.0, 0
    for place, gain in enumerate(gains):
        if total <= 0 and not from_start:
            total, start = 0.0, place
        total += gain
        if total > best[0] and not to_end:
            best = (total, start, place + 1)
    if to_end:
        sums = 0.0
        for place in range(len(gains) - 1, -1, -1):
            sums += gains[place]
            if sums > best[0]:
                best = (sums, place, len(gains))
    return best


def free_runs(part: Part, parent: object, begin: int, end: int) -> list[tuple[int, int]]:
    """The runs of target words from ``begin`` to ``end`` that no other pair within ``parent`` has."""
    taken = part.taken.get(parent)
    if not taken:
        return [(begin, end)]
    runs = []
    for first, stop in sorted(taken):
        if first > begin:
            runs.append((begin, min(first, end)))
        begin = max(begin, stop)
        if begin >= end:
            break
    if begin < end:
        runs.append((begin, end))
    return [run for run in runs if run[0] < run[1]]


def strongest_link(part: Part, source: int) -> int | None:
    """The target word with the strongest link to source word ``source`` of the part."""
    found: tuple[float, int] | None = None
    for target, links in enumerate(part.links):
        for word, weight in links:
            if word == source and (found is None or weight > found[0]):
                found = (weight, target)
    return found[1] if found else None


def by_share(part: Part, own: tuple[int, int], within: tuple[int, int]) -> tuple[int, int]:
    """Target words at the same share of the sentence as the source words ``own``."""
    begin, end = within
    scale = (end - begin) / max(1, len(part.source))
    low = min(end, begin + int(own[0] * scale))
    return low, min(end, max(low + 1, begin + round(own[1] * scale)))


def least_crossings(part: Part, words: int, within: tuple[int, int], before: bool, after: bool) -> int:
    """The gap (number of the target word after it) that leaves ``words`` source words before it, as far as possible.

    before, after: whether what goes into the gap touches the word there.
    """
    begin, end = within
    cost = sum(w for t in range(begin, end) for s, w in part.links[t] if s < words)
    holds = {}
    if before and not after and words > 0 and (word := strongest_link(part, words - 1)) is not None:
        holds[word + 1] = _GLUE
    if after and not before and (word := strongest_link(part, words)) is not None:
        holds[word] = _GLUE
    best, lowest = begin, cost - holds.get(begin, 0.0)
    for gap in range(begin + 1, end + 1):
        cost += sum(w if s >= words else -w for s, w in part.links[gap - 1])
        if cost - holds.get(gap, 0.0) < lowest - 1e-9:
            best, lowest = gap, cost - holds.get(gap, 0.0)
    return best
