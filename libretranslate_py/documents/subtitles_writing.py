"""The translation of what is said in one cue or several, back in the lines of these."""

from __future__ import annotations

import re
from collections.abc import Sequence

from libretranslate_py.documents.slices import Edit, Part
from libretranslate_py.documents.subtitles_cues import MARKUP, Utterance, spans_in
from libretranslate_py.documents.tags import escape_all_but, piece_of
from libretranslate_py.documents.wrapping import Range, break_places, divide_evenly
from libretranslate_py.text.spans import Kind

_SPACES = re.compile(r"\s+")


def part_of(group: Sequence[Utterance], *, is_vtt: bool) -> Part:
    """Return what is to be translated of a sentence that runs through ``group``."""
    body = " ".join(utterance.body for utterance in group)

    def edits(translation: str) -> Sequence[Edit]:
        if translation == body:
            return []
        written = _SPACES.sub(" ", translation).strip()
        if is_vtt:
            written = escape_all_but(written, MARKUP, ampersands=False)
        shares = _shares(written, [len(utterance.body) for utterance in group])
        return [(*one.place, _in_lines(share, one.separators)) for one, share in zip(group, shares, strict=True)]

    return Part(piece_of(body, spans_in(body)), edits)


def _shares(text: str, weights: Sequence[int]) -> list[str]:
    """Return ``text`` divided among cues; where it has too few words for all, it is shown in each of them."""
    if len(weights) == 1:
        return [text]
    words = MARKUP.sub("", text)
    return _divide(text, weights) or [text, *[words] * (len(weights) - 1)]


def _in_lines(text: str, separators: Sequence[str]) -> str:
    lines = _divide(text, [1] * (len(separators) + 1)) if separators else None
    if lines is None:
        return text
    return lines[0] + "".join(separator + line for separator, line in zip(separators, lines[1:], strict=True))


def _divide(text: str, weights: Sequence[int]) -> list[str] | None:
    """Divide between the words, and not within a pair of tags where that can be helped."""
    places = break_places(text)
    for chosen in (_outside_pairs(text, places), places):
        found = divide_evenly(text, weights, chosen)
        if found and all(MARKUP.sub("", one).strip() for one in found):
            return found
    return None


def _outside_pairs(text: str, places: Sequence[Range]) -> list[Range]:
    found: list[Range] = []
    pairs = [span for span in spans_in(text) if span.kind is Kind.PAIR]
    inside, number = 0, 0
    for place in places:
        while number < len(pairs) and pairs[number].start < place[1]:
            inside = max(inside, pairs[number].end)
            number += 1
        if place[0] >= inside:
            found.append(place)
    return found
