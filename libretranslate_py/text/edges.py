"""Which punctuation and spaces around the words of a tag pair belong into it, as they did in the source."""

from __future__ import annotations

from collections.abc import Sequence

from libretranslate_py.text.characters import OPENERS
from libretranslate_py.text.parts import Part
from libretranslate_py.text.spans import Span

# A closing guillemet opens in German only.
OPENING_MARKS = frozenset(OPENERS) - set("\\‹»")
# Characters; there are no more spaces between a mark and the end of a pair.
_LOOK_BACK = 20
_SPACED_MARKS = frozenset("?!:;»%€$£")


class Edges:
    """The texts of a segment and of its translation, and where the words of both are."""

    def __init__(
        self, text: str, target: str, sources: Sequence[tuple[int, int]], targets: Sequence[tuple[int, int]]
    ) -> None:
        self._text = text
        self._target = target
        self._sources = sources
        self._targets = targets

    def left(self, span: Span, part: Part, low: int, first: int) -> int:
        """Where the pair begins whose first source word is ``low`` and first target word ``first``."""
        edge = self._targets[first][0]
        if span.start <= part.source_start and first == part.first_target:
            lead = self._target[part.start : edge]
            # "¡<b>Hola</b>!": the mark that opens the sentence belongs to the one that ends it.
            foreign = lead.endswith(("¿", "¡")) and not self._text[part.source_start : span.end].startswith(("¿", "¡"))
            return edge if foreign and not self._closes_call(span) else part.start
        floor = self._targets[first - 1][1] if first > part.first_target else part.start
        inside = self._text[span.start : max(span.start, self._sources[low][0])]
        gap = self._target[floor:edge]
        keep = 0
        if inside.strip() or (gap.endswith(("¿", "¡")) and self._closes_call(span)):
            keep = len(_attached_before(gap, inside.strip()))
        if inside[:1].isspace() and gap[: len(gap) - keep][-1:].isspace():
            keep += 1
        return edge - keep

    def right(self, span: Span, part: Part, high: int, stop: int) -> int:
        """Where the pair ends whose last source word is ``high`` - 1 and last target word ``stop`` - 1."""
        if span.end >= part.source_end and stop == part.first_target + len(part.target):
            return part.end
        edge = self._targets[stop - 1][1]
        ceiling = self._targets[stop][0] if stop < part.first_target + len(part.target) else part.end
        inside = self._text[min(span.end, self._sources[high - 1][1]) : span.end]
        gap = self._target[edge:ceiling]
        keep = len(_attached_after(gap, inside.strip())) if inside.strip() else 0
        if inside[-1:].isspace() and gap[keep : keep + 1].isspace():
            keep += 1
        return edge + keep

    def wordless(self, span: Span, position: int, room: tuple[int, int]) -> tuple[int, int]:
        """Where a pair around punctuation or spaces goes: around the same again next to ``position``, or nothing."""
        inside = self._text[span.start : span.end]
        wanted = inside.strip() or inside
        reach = len(wanted) + 2
        start = max(room[0], position - reach)
        near = self._target[start : min(room[1], position + reach)]
        places = [n for n in range(len(near)) if wanted and near.startswith(wanted, n)]
        places = [n for n in places if not any(map(str.isalnum, self._between(start + n, position, len(wanted))))]
        if not places:
            return position, position
        best = start + min(places, key=lambda n: abs(start + n - position))
        return best, best + len(wanted)

    def _between(self, start: int, position: int, size: int) -> str:
        return self._target[start + size : position] if start < position else self._target[position:start]

    def _closes_call(self, span: Span) -> bool:
        """Whether a question or call ends within the span, so that its opening mark belongs there as well."""
        # Never more than a little of a long text, which may have a pair at every word.
        return self._text[max(0, span.end - _LOOK_BACK) : span.end].rstrip().endswith(("?", "!"))


def _attached_before(gap: str, inside: str) -> str:
    """The end of ``gap``, which is before a word, that goes with the word."""
    end = gap.rstrip()
    if len(end) < len(gap):
        # There is a space before the word: what is before that is its own only if it was so in the source.
        return gap[gap.rindex(inside) :] if inside and end.endswith(inside) else ""
    tail = gap[len(gap) - len(gap.split()[-1]) :] if gap.split() else ""
    if len(tail) < len(gap) or not gap:
        return tail
    # No space between two words: "l'", "1/".
    kept = len(gap) - len(gap.rstrip("".join(OPENING_MARKS - {"'"})))
    return inside if inside and gap.endswith(inside) else gap[len(gap) - kept :]


def _attached_after(gap: str, inside: str) -> str:
    """The beginning of ``gap``, which is behind a word, that goes with the word."""
    space = len(gap) - len(gap.lstrip())
    if space and not (gap[space : space + 1] in _SPACED_MARKS or gap.lstrip().startswith(inside)):
        return ""
    end = space
    while end < len(gap) and not gap[end].isspace() and gap[end] not in "¿¡([{“«„":
        end += 1
    return gap[:end] if end > space else ""
