"""Where the spans of a segment belong in its translation: a tag pair around the words that translate its own."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from libretranslate_py.text.edges import OPENING_MARKS, Edges
from libretranslate_py.text.parts import (
    Block,
    Part,
    by_share,
    free_runs,
    gain_of,
    largest_run,
    least_crossings,
    make_parts,
    strongest_link,
    strongest_word,
)
from libretranslate_py.text.spans import Kind, Segment, Span

# A pair whose best words gain less than this is put where its neighbours are.
_LEAST_GAIN = 0.12

# More than all links of a sentence weigh together.
_HELD = 1000.0


@dataclass(slots=True, eq=False)
class Node:
    """A PAIR or MARK span in the tree of a segment's tags, and where it belongs in the translation."""

    span: Span
    parent: Node | None
    children: list[Node] = field(default_factory=list)
    # Numbers of target words, and code points of the translation.
    first: int = 0
    last: int = 0
    start: int = 0
    end: int = 0

    @property
    def is_mark(self) -> bool:
        return self.span.kind is Kind.MARK

    @property
    def begins_outside(self) -> bool:
        """Whether the tag that opens the pair is before the segment: the pair holds all from its start."""
        return not self.is_mark and not self.span.opening

    @property
    def ends_outside(self) -> bool:
        """Whether the tag that closes the pair is behind the segment."""
        return not self.is_mark and not self.span.closing


def place(segment: Segment, blocks: Sequence[Block]) -> list[Node]:
    """Return the PAIR and MARK spans of ``segment`` as trees (the outermost ones, in the order of the translation).

    ``blocks`` follow each other and make up the whole text. Children lie within their parents and never overlap each
    other; ``start`` and ``end`` count in the joined text of the blocks. Takes time in proportion to the spans and to
    the length of the sentences in which they are.
    """
    roots = _tree(segment)
    if roots and blocks:
        _Placer(segment.text, blocks).place(roots)
    return roots


def _tree(segment: Segment) -> list[Node]:
    roots: list[Node] = []
    stack: list[Node] = []
    tags = [span for span in segment.spans if span.kind in (Kind.PAIR, Kind.MARK)]
    # A mark where a pair begins is outside of it, so it comes first.
    for span in sorted(tags, key=lambda span: (span.start, span.kind is Kind.PAIR)):
        while stack and not _contains(stack[-1].span, span):
            stack.pop()
        parent = stack[-1] if stack else None
        node = Node(span, parent)
        (parent.children if parent else roots).append(node)
        if span.kind is Kind.PAIR:
            stack.append(node)
    return roots


def _contains(outer: Span, inner: Span) -> bool:
    if inner.start == inner.end:
        return outer.start < inner.start < outer.end
    return outer.start <= inner.start and inner.end <= outer.end


class _Placer:
    def __init__(self, text: str, blocks: Sequence[Block]) -> None:
        self._text = text
        self._target = "".join(block.text for block in blocks)
        self._parts = make_parts(blocks)
        self._sources = [word for part in self._parts for word in part.source]
        self._targets = [word for part in self._parts for word in part.target]
        self._edges = Edges(text, self._target, self._sources, self._targets)
        self._starts = [part.source_start for part in self._parts]
        self._source_starts = [start for start, _ in self._sources]

    def place(self, roots: list[Node]) -> None:
        """Sets first, last, start and end of all nodes, parents before their children, and orders siblings."""
        whole = (0, len(self._targets), 0, len(self._target))
        queue: list[tuple[list[Node], tuple[int, int, int, int]]] = [(roots, whole)]
        while queue:
            siblings, room = queue.pop()
            pairs = [(self._gain(node, room), node) for node in siblings if not node.is_mark]
            for _, node in sorted(pairs, key=lambda found: -found[0]):
                self._place_pair(node, room)
            for node in siblings:
                if node.is_mark:
                    node.start = node.end = self._position(node.span.start, room)
            order = {id(node): number for number, node in enumerate(siblings)}
            siblings.sort(
                key=lambda node: (
                    node.ends_outside - node.begins_outside,
                    node.start,
                    node.end,
                    order[id(node)],
                )
            )
            _keep_apart(siblings, room[3])
            for node in siblings:
                if node.children:
                    queue.append((node.children, (node.first, node.last, node.start, node.end)))

    # --- pairs ------------------------------------------------------------------------------------------------------

    def _words_in(self, span: Span) -> tuple[int, int]:
        """The source words of ``span``: those of which the larger part is inside, or that hold the whole span."""
        low, high = bisect_left(self._source_starts, span.start), bisect_left(self._source_starts, span.end)
        if low > 0:
            start, end = self._sources[low - 1]
            inside = min(end, span.end) - span.start
            if inside * 2 > end - start or (inside > 0 and low == high):
                low -= 1
        if high > low:
            start, end = self._sources[high - 1]
            if end > span.end and (span.end - start) * 2 < end - start and high - low > 1:
                high -= 1
        return low, high

    def _gain(self, node: Node, room: tuple[int, int, int, int]) -> float:
        low, high = self._words_in(node.span)
        if low >= high:
            return -1.0
        part, last = self._part_of_word(low), self._part_of_word(high - 1)
        if part is not last or node.begins_outside or node.ends_outside:
            return float("inf")
        return self._best_run(node, part, low, high, room)[0]

    def _part_of_word(self, number: int) -> Part:
        return self._parts[bisect_right(self._starts, self._source_starts[number]) - 1]

    def _place_pair(self, node: Node, room: tuple[int, int, int, int]) -> None:
        low, high = self._words_in(node.span)
        if low >= high:
            position = self._position(node.span.start, room)
            node.start, node.end = self._edges.wordless(node.span, position, room[2:])
            node.first = node.last = bisect_left(self._targets, (node.start, node.start))
            return
        part, last = self._part_of_word(low), self._part_of_word(high - 1)
        if node.begins_outside or node.ends_outside:
            first, stop = self._run_to_edge(node, part, last, (low, high), room)
        elif part is last:
            _, first, stop = self._best_run(node, part, low, high, room)
        else:
            _, first, _ = self._best_run(node, part, low, high, room, to_end=True)
            _, _, stop = self._best_run(node, last, low, high, room, from_start=True)
        if first >= stop:
            node.start = node.end = self._position(node.span.start, room)
            if node.begins_outside or node.ends_outside:
                node.start = node.end = room[2] if node.begins_outside else room[3]
            node.first = node.last = bisect_left(self._targets, (node.start, node.start))
            return
        if self._place_in_word(node, (low, high), (first, stop)):
            return
        first, stop = self._whole_words(node, part, last, (first, stop), room)
        node.first, node.last = first, stop
        for one in {id(part): part, id(last): last}.values():
            one.taken.setdefault(node.parent, []).append((first, stop))
        node.start = room[2] if node.begins_outside else max(room[2], self._edges.left(node.span, part, low, first))
        node.end = room[3] if node.ends_outside else min(room[3], self._edges.right(node.span, last, high, stop))

    def _run_to_edge(
        self, node: Node, part: Part, last: Part, words: tuple[int, int], room: tuple[int, int, int, int]
    ) -> tuple[int, int]:
        """The run of a pair of which one tag is outside of the segment: all from its start, or up to its end."""
        first, stop = room[:2]
        if not node.begins_outside:
            first = max(first, self._best_run(node, part, *words, room, to_end=True)[1])
        if not node.ends_outside:
            found = self._best_run(node, last, *words, room, from_start=True)
            stop = min(stop, found[2]) if found[1] < found[2] else max(first, min(stop, last.first_target))
        if first >= stop and room[0] < room[1]:
            # Where nothing is known, the word next to the edge.
            return (room[1] - 1, room[1]) if node.ends_outside else (room[0], room[0] + 1)
        return first, stop

    def _place_in_word(self, node: Node, words: tuple[int, int], run: tuple[int, int]) -> bool:
        """A pair around a part of a word (H<sub>2</sub>O) keeps its place if the word is the same again."""
        if words[1] - words[0] != 1 or run[1] - run[0] != 1:
            return False
        (start, end), (new_start, new_end) = self._sources[words[0]], self._targets[run[0]]
        if node.span.start <= start and node.span.end >= end:
            return False
        if self._text[start:end] != self._target[new_start:new_end]:
            return False
        node.first, node.last = run
        node.start = new_start + max(0, node.span.start - start)
        node.end = min(new_end, new_start + node.span.end - start)
        return True

    def _whole_words(
        self, node: Node, part: Part, last: Part, run: tuple[int, int], room: tuple[int, int, int, int]
    ) -> tuple[int, int]:
        """The run with what a hyphen joins to its words ("grand-mère"), where that is free."""
        first, stop = run
        while first > max(part.first_target, room[0]) and self._are_one(first) and self._is_free(node, part, first - 1):
            first -= 1
        end = min(last.first_target + len(last.target), room[1])
        while stop < end and self._are_one(stop) and self._is_free(node, last, stop):
            stop += 1
        return first, stop

    def _are_one(self, number: int) -> bool:
        """Whether target word ``number`` and the one before it are one word to a reader."""
        (start, end), (following, after) = self._targets[number - 1 : number + 1]
        joint = self._target[end:following]
        if joint in ("'", "’"):
            return self._target[following:after] == "t" or self._target[start:end].lower() == "aujourd"
        return joint in ("-", "\u2011")

    def _is_free(self, node: Node, part: Part, number: int) -> bool:
        return bool(free_runs(part, node.parent, number, number + 1)) and number not in part.held

    def _best_run(
        self,
        node: Node,
        part: Part,
        low: int,
        high: int,
        room: tuple[int, int, int, int],
        *,
        to_end: bool = False,
        from_start: bool = False,
    ) -> tuple[float, int, int]:
        """The target words of ``part`` that translate source words ``low`` to ``high``: (gain, first, stop).

        ``to_end``: they reach to the last word of the part, and ``from_start``: from the first one.
        """
        begin, end = part.first_target, part.first_target + len(part.target)
        begin, end = max(begin, room[0]), min(end, room[1])
        own_low, own_high = low - part.first_source, high - part.first_source
        if own_low <= 0 and own_high >= len(part.source) and begin < end:
            free = free_runs(part, node.parent, begin, end)
            if free == [(begin, end)]:
                return float("inf"), begin, end
        gains = _gains(node, part, (own_low, own_high), (begin, end))
        best = (0.0, begin, begin)
        for start, stop in free_runs(part, node.parent, begin, end):
            if (to_end and stop != end) or (from_start and start != begin):
                continue
            run = largest_run(gains[start - begin : stop - begin], to_end, from_start)
            if run[0] > best[0]:
                best = (run[0], start + run[1], start + run[2])
        if best[0] >= _LEAST_GAIN:
            return best
        if not to_end and not from_start:
            word = strongest_word(part, node.parent, (own_low, own_high), (begin, end))
            if word is not None:
                return 0.0, word, word + 1
        return self._between_neighbours(node, part, (own_low, own_high), (begin, end), to_end or from_start)

    def _between_neighbours(
        self, node: Node, part: Part, own: tuple[int, int], within: tuple[int, int], crossing: bool
    ) -> tuple[float, int, int]:
        """Where the alignment says nothing: the free words between those of the source words before and after."""
        begin, end = within
        if crossing:
            return 0.0, end, begin
        size = own[1] - own[0]
        before, after = strongest_link(part, own[0] - 1), strongest_link(part, own[1])
        low = begin if before is None else max(begin, part.first_target + before + 1)
        high = end if after is None else min(end, part.first_target + after)
        if (before is None and after is None) or low >= high:
            low, high = by_share(part, own, within)
        elif before is None:
            low = max(low, high - size)
        elif after is None:
            high = min(high, low + size)
        runs = [run for free in free_runs(part, node.parent, low, high) for run in part.without_pieces(*free)]
        if not runs:
            return 0.0, begin, begin
        first, stop = max(runs, key=lambda run: run[1] - run[0])
        return 0.0, first, min(stop, first + 2 * size)

    # --- marks --------------------------------------------------------------------------------------------------------

    def _position(self, source: int, room: tuple[int, int, int, int]) -> int:
        """Where in the translation something belongs that stands at code point ``source`` of the segment."""
        number = max(0, bisect_right(self._starts, source) - 1)
        part = self._parts[number]
        if source == part.source_start and number and self._holds_on(source):
            part = self._parts[number - 1]
        if part.verbatim:
            return min(max(part.start + source - part.source_start, room[2]), room[3])
        key = (source, *room[:2], room[3])
        found = part.positions.get(key)
        if found is None:
            found = part.positions[key] = self._find_gap(part, source, room)
        return min(max(found, room[2]), room[3])

    def _holds_on(self, source: int) -> bool:
        return not self._text[source - 1 : source].isspace()

    def _find_gap(self, part: Part, source: int, room: tuple[int, int, int, int]) -> int:
        words = bisect_left([end for _, end in part.source], source + 1)
        words -= words > 0 and part.source[words - 1][1] > source
        before, after = self._text[source - 1 : source], self._text[source : source + 1]
        if words == 0 and not (source > part.source_start and not before.isspace()):
            return part.start
        behind_marks = bool(before) and not before.isspace() and not before.isalnum()
        if words == len(part.source) and behind_marks:
            return part.start + len(self._target[part.start : part.end].rstrip())
        begin = max(part.first_target, room[0]) - part.first_target
        end = min(part.first_target + len(part.target), room[1]) - part.first_target
        if begin >= end:
            return room[2]
        glued_before = bool(before) and not before.isspace()
        glued_after = after.isalnum() or after in OPENING_MARKS
        gap = least_crossings(part, words, (begin, end), glued_before, glued_after)
        if gap > begin and (glued_before or not glued_after):
            return self._after_word(part, gap - 1, behind_marks)
        return self._before_word(part, gap)

    def _after_word(self, part: Part, number: int, behind_marks: bool) -> int:
        place = part.target[number][1]
        while (
            behind_marks and place < part.end and not (self._target[place].isalnum() or self._target[place].isspace())
        ):
            place += 1
        return place

    def _before_word(self, part: Part, number: int) -> int:
        if number >= len(part.target):
            return part.start + len(self._target[part.start : part.end].rstrip())
        place = part.target[number][0]
        while place > part.start and self._target[place - 1] in OPENING_MARKS:
            place -= 1
        return place


def _gains(node: Node, part: Part, own: tuple[int, int], within: tuple[int, int]) -> list[float]:
    """What each target word of ``within`` says for being in the pair, whose source words are ``own``."""
    begin, end = within
    gains = [gain_of(part.links[t - part.first_target], *own) for t in range(begin, end)]
    if part.held_sources.issuperset(range(*own)):
        # Nothing but pieces: nothing but these again.
        gains = [-1.0] * len(gains)
    # A protected piece stays inside the pairs that it was in, and outside of others.
    for number, place in part.held.items():
        if begin <= number < end:
            gains[number - begin] = _HELD if node.span.start <= place < node.span.end else -_HELD
    return gains


def _keep_apart(siblings: list[Node], end: int) -> None:
    """What punctuation may have made overlap: each begins where the one before it ends."""
    position = 0
    for node in siblings:
        node.start = min(max(node.start, position), end)
        node.end = min(max(node.end, node.start), end)
        position = node.end


def walk(roots: Sequence[Node]) -> Iterator[tuple[Node, bool]]:
    """Yield each node twice: when it begins (True) and when it ends (False)."""
    stack = [(node, True) for node in reversed(roots)]
    while stack:
        node, begins = stack.pop()
        yield node, begins
        if begins:
            stack.append((node, False))
            stack.extend((child, True) for child in reversed(node.children))
