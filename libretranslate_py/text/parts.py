"""A part of a segment with its translation, word by word: what the placement of tags asks of an alignment."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from libretranslate_py.text.alignment import Alignment, words_of
from libretranslate_py.text.spans import Span

# A target word without a link to either side may stand between two words of a pair, at this cost.
_GAP = -0.04
_MOST_WORDS = 240
# A link of less than this is no reason to put a pair somewhere.
_LEAST_LINK = 0.25
# A longer block is divided into parts of at least so many words: what a tag costs grows with the part that it is in.
_LEAST_WORDS = 60
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
    """A block, or a piece of a long one, with its words.

    source_start, source_end, source: in the segment's text; start, end, target: in the whole translation.
    """

    verbatim: bool
    source_start: int
    source_end: int
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
    # Source words, counted within the part, that are a part of a protected piece.
    held_sources: set[int] = field(default_factory=set)
    # Of each source word: the weight of its strongest link, and the target word.
    strongest: dict[int, tuple[float, int]] = field(default_factory=dict)
    positions: dict[tuple[int, int, int, int], int] = field(default_factory=dict)

    def hold(self, piece: Piece, source: tuple[int, int], target: tuple[int, int]) -> None:
        """Notes a piece, once the numbers of the words are known."""
        for word in _touched(self.target, target):
            self.held[self.first_target + word] = source[0]
        self.held_sources.update(_touched(self.source, source))

    def without_pieces(self, first: int, stop: int) -> Iterator[tuple[int, int]]:
        """Yield the runs of words from ``first`` to ``stop`` in which there is no protected piece."""
        for number in range(first, stop):
            if number in self.held:
                if first < number:
                    yield first, number
                first = number + 1
        if first < stop:
            yield first, stop


def make_parts(blocks: Sequence[Block]) -> list[Part]:
    """Return the parts of ``blocks``, which follow each other; a long block is divided where no link is cut."""
    parts: list[Part] = []
    offset = first_source = first_target = 0
    for block in blocks:
        own = list(_divide(block, offset))
        for part in own:
            part.first_source, part.first_target = first_source, first_target
            first_source += len(part.source)
            first_target += len(part.target)
        starts = [part.start for part in own]
        for piece in block.pieces:
            part = own[max(0, bisect_right(starts, offset + piece.start) - 1)]
            source = block.start + piece.span.start, block.start + piece.span.end
            part.hold(piece, source, (offset + piece.start, offset + piece.end))
        parts += own
        offset += len(block.text)
    return parts


def _divide(block: Block, offset: int) -> Iterator[Part]:
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
    cuts = [(0, 0), (len(source), len(target))]
    if len(target) >= 2 * _LEAST_WORDS:
        cuts[1:1] = _cuts(source, target, links)
    for (s, t), (next_s, next_t) in pairwise(cuts):
        yield Part(
            block.alignment is None,
            source[s][0] if s else block.start,
            source[next_s][0] if next_s < len(source) else block.end,
            target[t][0] if t else offset,
            target[next_t][0] if next_t < len(target) else offset + len(block.text),
            source[s:next_s],
            target[t:next_t],
            [[(word - s, weight) for word, weight in own if s <= word < next_s] for own in links[t:next_t]],
        )


def _cuts(
    source: Sequence[tuple[int, int]], target: Sequence[tuple[int, int]], links: Sequence[Sequence[tuple[int, float]]]
) -> Iterator[tuple[int, int]]:
    """Yield where a long block is divided, as (source word, target word).

    That is where all links lie on one side; where there is no such place for long, at the same share of both texts.
    """
    lowest = [len(source)] * (len(target) + 1)
    for number in range(len(target) - 1, -1, -1):
        lowest[number] = min([lowest[number + 1], *(word for word, _ in links[number])])
    highest, last_source, last = -1, 0, 0
    for number, own in enumerate(links):
        if number - last >= _LEAST_WORDS and len(target) - number >= _LEAST_WORDS:
            is_forced = number - last >= _MOST_WORDS
            s = len(source) * number // len(target) if is_forced else lowest[number]
            if (is_forced or highest < s) and s > last_source and _are_edges(source, s) and _are_edges(target, number):
                yield s, number
                last_source, last = s, number
        highest = max([highest, *(word for word, _ in own)])


def _are_edges(words: Sequence[tuple[int, int]], number: int) -> bool:
    """Whether a word begins at ``number``: several with the same range are one piece."""
    return 0 < number < len(words) and words[number] != words[number - 1]


def _touched(words: Sequence[tuple[int, int]], within: tuple[int, int]) -> Iterator[int]:
    """Yield the numbers of the words that lie in a range, at least partly."""
    for number in range(max(0, bisect_left(words, within) - 1), len(words)):
        start, end = words[number]
        if start >= within[1]:
            return
        if end > within[0]:
            yield number


def gain_of(links: list[tuple[int, float]], low: int, high: int) -> float:
    """What a target word with these links says for being in a pair of source words ``low`` to ``high``."""
    if not links:
        return _GAP
    gain = 0.0
    for source, weight in links:
        gain += weight if low <= source < high else -weight
    return gain


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
    if not part.strongest:
        for target, links in enumerate(part.links):
            for word, weight in links:
                if weight > part.strongest.get(word, (0.0, 0))[0]:
                    part.strongest[word] = weight, target
    found = part.strongest.get(source)
    return found[1] if found else None


def strongest_word(part: Part, parent: object, own: tuple[int, int], within: tuple[int, int]) -> int | None:
    """The free target word with the strongest link to the source words ``own``, though others may have more of it."""
    best: tuple[float, int] | None = None
    for start, stop in free_runs(part, parent, *within):
        for number in (n for run in part.without_pieces(start, stop) for n in range(*run)):
            weight = sum(w for s, w in part.links[number - part.first_target] if own[0] <= s < own[1])
            if weight >= _LEAST_LINK and (best is None or weight > best[0]):
                best = weight, number
    return best[1] if best else None


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
