"""What stands between two boundaries of an HTML document, as segments with their spans."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from libretranslate_py.text.characters import CLOSERS
from libretranslate_py.text.markup_attributes import SPACE_RUN, Edit, has_letters
from libretranslate_py.text.markup_characters import SPACES, escape_text
from libretranslate_py.text.markup_elements import WIDGETS
from libretranslate_py.text.markup_scripts import join_scripts
from libretranslate_py.text.markup_spans import Item, Role, SpanWriter
from libretranslate_py.text.spans import Segment

_SENTENCE_ENDS = frozenset(".!?…:;。！？：；؟।۔")
# Anything but letters, digits, and the punctuation that sentences need.
_ORNAMENT = re.compile(r"[^\w.,;:!?…'\"()«»“”„‘’¿¡、。，！？-]++")
# White space at the edges of a segment, as it may be written; no-break spaces there are layout, too.
_BLANKS = (*SPACES, "\u00a0", "&nbsp;", "&#160;", "&#xa0;", "&#xA0;")
_BLANK = re.compile("(?:" + "|".join(map(re.escape, _BLANKS)) + ")*+")
_BLANK_CHARACTERS = SPACES + "\u00a0"
_CLOSERS = CLOSERS.replace("\\", "") + SPACES


def edit_run(markup: str, items: Sequence[Item], *, keep_spaces: bool) -> Iterator[Edit]:
    """Yield what is to be changed in the markup of ``items``, which follow each other without a gap, in order.

    Each sentence with a letter outside of its protected spans becomes a segment, cut free of what is around it.
    """
    if len(items) == 1 and items[0].role is not Role.TEXT:
        yield from items[0].edits
        return
    for line in _lines(items if keep_spaces else join_scripts(markup, items)):
        yield from _edit_line(markup, line, keep_spaces, may_split=True)


# --- line breaks ----------------------------------------------------------------------------------------------------


def _lines(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Yield the parts of ``items`` between those line breaks that end a sentence; each break ends its line."""
    breaks = [number for number, item in enumerate(items) if item.role is Role.BREAK]
    if not breaks:
        yield items
        return
    # What a reader sees of each line.
    texts = [
        "".join(item.text for item in items[first:last]).strip(_BLANK_CHARACTERS)
        for first, last in pairwise([0, *breaks, len(items)])
    ]
    first = 0
    for line in _ends(texts):
        yield items[first : breaks[line] + 1]
        first = breaks[line] + 1
    yield items[first:]


def _ends(texts: Sequence[str]) -> Iterator[int]:
    """Yield the numbers of the lines after which a sentence does not go on.

    It goes on where a line has no final mark and the next one begins with a small letter; but lines none of which has
    a final mark are entries of a list, names, a poem.
    """
    group: list[int] = []
    for number, text in enumerate(texts[:-1]):
        if _goes_on(text, texts[number + 1]):
            group.append(number)
            continue
        if group and not _is_ended(text):
            yield from group
        group = []
        yield number
    if group and not _is_ended(texts[-1]):
        yield from group


def _is_ended(text: str) -> bool:
    return text[-100:].rstrip(_CLOSERS)[-1:] in _SENTENCE_ENDS


def _goes_on(before: str, after: str) -> bool:
    return bool(before) and not _is_ended(before) and after[:1].islower()


# --- what a segment is cut out of -----------------------------------------------------------------------------------


def _edit_line(markup: str, items: Sequence[Item], keep_spaces: bool, *, may_split: bool) -> Iterator[Edit]:
    if not any(item.role is Role.TEXT and has_letters(item.text) for item in items):
        for item in items:
            yield from item.edits
        return
    partners = _partners(items)
    first, last = _cut(items, partners)
    parts = _parts(items, partners, first, last) if may_split else []
    if len(parts) > 1:
        yield from _edit_parts(markup, items, parts, keep_spaces)
        return
    for item in items[:first]:
        yield from item.edits
    yield _segment_of(markup, items, partners, (first, last), keep_spaces)
    for item in items[last:]:
        yield from item.edits


def _partners(items: Sequence[Item]) -> list[int]:
    """Return for each tag the number of the tag that it makes a pair with; -1 for others. Pairs never cross."""
    partners = [-1] * len(items)
    opened: list[int] = []
    counts: dict[str, int] = {}
    for number, item in enumerate(items):
        if item.role is Role.OPEN:
            opened.append(number)
            counts[item.name] = counts.get(item.name, 0) + 1
        elif item.role is Role.CLOSE and counts.get(item.name):
            while True:
                candidate = opened.pop()
                counts[items[candidate].name] -= 1
                if items[candidate].name == item.name:
                    partners[candidate], partners[number] = number, candidate
                    break
    return partners


def _is_content(item: Item) -> bool:
    # A button or a list in the middle of a sentence stands for a noun; at its edge, for nothing of it.
    return (item.role is Role.NAME and item.name not in WIDGETS) or (
        item.role is Role.TEXT and bool(item.text.strip(SPACES))
    )


def _is_ornament(items: Sequence[Item], partners: Sequence[int], number: int) -> bool:
    """Whether the item is the sign that a link to a heading consists of, or a star, alone in its tags."""
    if not 0 < number < len(items) - 1 or partners[number - 1] != number + 1:
        return False
    return _ORNAMENT.fullmatch(items[number].text) is not None


def _cut(items: Sequence[Item], partners: Sequence[int]) -> tuple[int, int]:
    """Return the range of items that must be in the segment: all content, and the pairs around a part of it only."""
    content = [n for n, item in enumerate(items) if _is_content(item) and not _is_ornament(items, partners, n)]
    first, last = content[0], content[-1]
    start = next((n for n in range(first) if items[n].role is Role.OPEN and first < partners[n] < last), first)
    end = next(
        (
            n
            for n in range(len(items) - 1, last, -1)
            if items[n].role is Role.CLOSE and start <= partners[n] < last and partners[n] >= 0
        ),
        last,
    )
    return start, end + 1


def _links(items: Sequence[Item], partners: Sequence[int], first: int, last: int) -> list[tuple[int, int]]:
    """Return the ranges of the links that ``items[first:last]`` consist of, with no word between: a menu."""
    links: list[tuple[int, int]] = []
    number = first
    while number < last:
        item = items[number]
        if item.name == "a" and item.role is Role.OPEN and partners[number] >= 0:
            links.append((number, partners[number] + 1))
            number = partners[number]
        elif item.role in (Role.NAME, Role.OPEN) or any(map(str.isalnum, item.text)):
            return []
        number += 1
    return links


def _labels(items: Sequence[Item], partners: Sequence[int], first: int, last: int) -> list[tuple[int, int]]:
    """Return the ranges of ``items[first:last]`` where "wordWord" shows that two pairs only seem to touch.

    <span>Draft</span><span>New</span>: the space between them is the style sheet's.
    """
    bounds = [first]
    number, before = first, ""
    while number < last:
        item = items[number]
        if item.role is Role.OPEN and partners[number] >= 0:
            inside = "".join(inner.text for inner in items[number : partners[number]])
            if (before.islower() or before.isdigit()) and inside[:1].isupper():
                bounds.append(number)
            before = inside[-1:]
            number = partners[number]
        elif item.text:
            before = ""
        number += 1
    return list(pairwise([*bounds, last]))


def _parts(items: Sequence[Item], partners: Sequence[int], first: int, last: int) -> list[tuple[int, int]]:
    links = _links(items, partners, first, last)
    return links if len(links) > 1 else _labels(items, partners, first, last)


def _edit_parts(
    markup: str, items: Sequence[Item], parts: Sequence[tuple[int, int]], keep_spaces: bool
) -> Iterator[Edit]:
    position = 0
    for first, last in parts:
        for item in items[position:first]:
            yield from item.edits
        yield from _edit_line(markup, items[first:last], keep_spaces, may_split=False)
        position = last
    for item in items[position:]:
        yield from item.edits


def _segment_of(
    markup: str, items: Sequence[Item], partners: Sequence[int], bounds: tuple[int, int], keep_spaces: bool
) -> Edit:
    first, last = bounds
    start, end = items[first].start, items[last - 1].end
    items = [*items]
    if items[first].role is Role.TEXT:
        start += _leading(markup, items[first])
    if items[last - 1].role is Role.TEXT:
        end -= _trailing(markup, items[last - 1])
    if not keep_spaces:
        items[first] = items[first]._replace(text=items[first].text.lstrip(_BLANK_CHARACTERS))
        items[last - 1] = items[last - 1]._replace(text=items[last - 1].text.rstrip(_BLANK_CHARACTERS))
    if last - first == 1 and not keep_spaces:
        text = SPACE_RUN.sub(" ", items[first].text)
        return start, end, Segment(text, (), markup[start:end], escape_text)
    writer = SpanWriter(markup, (start, end), keep_spaces=keep_spaces)
    empty = _find_empty(items, partners, bounds)
    number = first
    while number < last:
        partner = partners[number]
        if number in empty:
            writer.write_empty(items[number : partner + 1])
            number = partner
        else:
            writer.write(items[number], number, partner)
        number += 1
    text, spans = writer.finish([edit for item in items[first:last] for edit in item.edits])
    return start, end, Segment(text, spans, markup[start:end], escape_text)


def _find_empty(items: Sequence[Item], partners: Sequence[int], bounds: tuple[int, int]) -> set[int]:
    """Return the opening tags of pairs without content."""
    empty: set[int] = set()
    seen = 0
    before: dict[int, int] = {}
    for number in range(*bounds):
        if _is_content(items[number]):
            seen += 1
        elif partners[number] > number:
            before[number] = seen
        elif partners[number] >= 0 and before.get(partners[number]) == seen:
            empty.add(partners[number])
    return empty


def _leading(markup: str, item: Item) -> int:
    found = _BLANK.match(markup, item.start, item.end)
    return found.end() - item.start if found else 0


def _trailing(markup: str, item: Item) -> int:
    end = item.end
    while end > item.start:
        blank = next((b for b in _BLANKS if markup.endswith(b, item.start, end)), None)
        if blank is None:
            break
        end -= len(blank)
    return item.end - end
