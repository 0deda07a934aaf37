"""Where the spans of a segment belong in its translation: a tag pair around the words that translate its own."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from libretranslate_py.text.parts import (
    Block,
    Part,
    by_share,
    free_runs,
    gain_of,
    largest_run,
    least_crossings,
    make_part,
    strongest_link,
)
from libretranslate_py.text.spans import Kind, Segment, Span

# A pair whose best words gain less than this is put where its neighbours are.
_LEAST_GAIN = 0.12

_OPENING_MARKS = frozenset("¿¡([{“«‘\"'„‚「『（《〈【")


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
        self._parts: list[Part] = []
        self._sources: list[tuple[int, int]] = []
        self._targets: list[tuple[int, int]] = []
        offset = 0
        for block in blocks:
            part = make_part(block, offset)
            part.first_source, part.first_target = len(self._sources), len(self._targets)
            self._sources += part.source
            self._targets += part.target
            self._parts.append(part)
            offset += len(block.text)
        self._starts = [block.start for block in blocks]
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
            siblings.sort(key=lambda node: (node.start, node.end, order[id(node)]))
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
        if part is not last:
            return float("inf")
        return self._best_run(node, part, low, high, room)[0]

    def _part_of_word(self, number: int) -> Part:
        return self._parts[bisect_right(self._starts, self._source_starts[number]) - 1]

    def _place_pair(self, node: Node, room: tuple[int, int, int, int]) -> None:
        low, high = self._words_in(node.span)
        if low >= high:
            self._place_wordless(node, room)
            return
        part, last = self._part_of_word(low), self._part_of_word(high - 1)
        if part is last:
            _, first, stop = self._best_run(node, part, low, high, room)
        else:
            _, first, _ = self._best_run(node, part, low, high, room, to_end=True)
            _, _, stop = self._best_run(node, last, low, high, room, from_start=True)
        if first >= stop:
            node.start = node.end = self._position(node.span.start, room)
            node.first = node.last = bisect_left(self._targets, (node.start, node.start))
            return
        node.first, node.last = first, stop
        for one in {id(part): part, id(last): last}.values():
            one.taken.setdefault(node.parent, []).append((first, stop))
        node.start = max(room[2], self._left_edge(node.span, part, low, first))
        node.end = min(room[3], self._right_edge(node.span, last, high, stop))

    def _place_wordless(self, node: Node, room: tuple[int, int, int, int]) -> None:
        """A pair around punctuation or spaces holds the same again, where that is found, or nothing."""
        inside = self._text[node.span.start : node.span.end]
        node.start = node.end = self._position(node.span.start, room)
        gap = self._target[node.start : room[3]]
        found = gap.find(inside.strip() or inside, 0, len(inside) + 2)
        if inside and found >= 0 and not any(map(str.isalnum, gap[:found])):
            node.start += found
            node.end = node.start + len(inside.strip() or inside)
        node.first = node.last = bisect_left(self._targets, (node.start, node.start))

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
        gains = [gain_of(part.links[t - part.first_target], own_low, own_high) for t in range(begin, end)]
        best = (0.0, begin, begin)
        for start, stop in free_runs(part, node.parent, begin, end):
            if (to_end and stop != end) or (from_start and start != begin):
                continue
            run = largest_run(gains[start - begin : stop - begin], to_end, from_start)
            if run[0] > best[0]:
                best = (run[0], start + run[1], start + run[2])
        if best[0] >= _LEAST_GAIN:
            return best
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
        runs = [run for run in free_runs(part, node.parent, low, high) if run[0] < run[1]]
        if not runs:
            return 0.0, begin, begin
        first, stop = max(runs, key=lambda run: run[1] - run[0])
        return 0.0, first, min(stop, first + 2 * size)

    # --- edges: punctuation and spaces --------------------------------------------------------------------------------

    def _left_edge(self, span: Span, part: Part, low: int, first: int) -> int:
        if span.start <= part.block.start and first == part.first_target:
            lead = part.block.text[: self._targets[first][0] - part.start]
            # "¡<b>Hola</b>!": the mark that opens the sentence belongs to the one that ends it.
            foreign = lead.endswith(("¿", "¡")) and not self._text[part.block.start : span.end].startswith(("¿", "¡"))
            return part.start if not foreign or self._asks(span, lead) else self._targets[first][0]
        edge = self._targets[first][0]
        floor = self._targets[first - 1][1] if first > part.first_target else part.start
        inside = self._text[span.start : max(span.start, self._sources[low][0])]
        gap = self._target[floor:edge]
        keep = 0
        if inside.strip() or self._asks(span, gap):
            keep = len(gap) - len(gap.rstrip("".join(_OPENING_MARKS) + "-–—*_#"))
        if inside[:1].isspace() and gap[len(gap) - keep - 1 : len(gap) - keep].isspace():
            keep += 1
        return edge - keep

    def _asks(self, span: Span, gap: str) -> bool:
        """Whether a question or call is closed within the span, so that its opening mark belongs there as well."""
        return gap[-1:] in ("¿", "¡") and self._text[: span.end].rstrip().endswith(("?", "!"))

    def _right_edge(self, span: Span, part: Part, high: int, stop: int) -> int:
        if span.end >= part.block.end and stop == part.first_target + len(part.target):
            return part.end
        edge = self._targets[stop - 1][1]
        ceiling = self._targets[stop][0] if stop < part.first_target + len(part.target) else part.end
        inside = self._text[min(span.end, self._sources[high - 1][1]) : span.end]
        gap = self._target[edge:ceiling]
        keep = 0
        if inside.strip():
            marks = gap.rstrip()
            keep = len(marks) - len(marks.lstrip()) if marks.lstrip()[:1] in "?!:;»" else 0
            while keep < len(marks) and not marks[keep].isspace() and marks[keep] not in "¿¡([{“«„":
                keep += 1
        if inside[-1:].isspace() and gap[keep : keep + 1].isspace():
            keep += 1
        return edge + keep

    # --- marks --------------------------------------------------------------------------------------------------------

    def _position(self, source: int, room: tuple[int, int, int, int]) -> int:
        """Where in the translation something belongs that stands at code point ``source`` of the segment."""
        number = max(0, bisect_right(self._starts, source) - 1)
        part = self._parts[number]
        if source == part.block.start and number and self._holds_on(source):
            part = self._parts[number - 1]
        if part.block.alignment is None:
            return min(max(part.start + source - part.block.start, room[2]), room[3])
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
        if words == 0 and not (source > part.block.start and not before.isspace()):
            return part.start
        behind_marks = bool(before) and not before.isspace() and not before.isalnum()
        if words == len(part.source) and behind_marks:
            return part.start + len(part.block.text.rstrip())
        begin = max(part.first_target, room[0]) - part.first_target
        end = min(part.first_target + len(part.target), room[1]) - part.first_target
        if begin >= end:
            return room[2]
        glued_before, glued_after = bool(before) and not before.isspace(), bool(after) and not after.isspace()
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
            return part.start + len(part.block.text.rstrip())
        place = part.target[number][0]
        while place > part.start and self._target[place - 1] in _OPENING_MARKS:
            place -= 1
        return place


def _is_mark(character: str) -> bool:
    return not character.isalnum() and not character.isspace()


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
