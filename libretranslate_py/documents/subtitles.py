"""SubRip and WebVTT: the words of cues. Times, ids, settings, notes, styles and tags stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from libretranslate_py.documents.encodings import decode
from libretranslate_py.documents.slices import SlicedDocument
from libretranslate_py.documents.subtitles_cues import Cue, Utterance, utterances_of
from libretranslate_py.documents.subtitles_writing import part_of
from libretranslate_py.errors import UnreadableFile

_LINE = re.compile(r"([^\r\n]*+)(?:\r\n?|\n|\Z)")
_TIME = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[,.:](\d{1,3})"
_TIMING = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?=\s|\Z)")
_INDEX = re.compile(r"\s*\d{1,9}\s*\Z")

# A sentence runs on in the next cue if that follows within so many seconds; no more than so many cues are joined.
_LONGEST_GAP = 3.0
_MOST_CUES = 5
# No screen has room for more.
_LONGEST_CUE = 20_000
_MOST_CHARACTERS = 500
# Subtitles of which fewer utterances end like sentences are songs or captions without punctuation.
_PUNCTUATED = 0.4


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    timing: re.Match[str] | None

    def is_blank(self, text: str) -> bool:
        return not text[self.start : self.end].strip()


def open_srt(data: bytes) -> SlicedDocument:
    """Return the subtitles; raises UnreadableFile where there is no cue."""
    return _open(data, is_vtt=False)


def open_vtt(data: bytes) -> SlicedDocument:
    """Return the subtitles; raises UnreadableFile where the header is missing."""
    return _open(data, is_vtt=True)


def _open(data: bytes, *, is_vtt: bool) -> SlicedDocument:
    content = decode(data)
    lines = [
        _Line(found.start(1), found.end(1), _TIMING.match(found[1]) if "-->" in found[1] else None)
        for found in _LINE.finditer(content.text)
        if found.start() < len(content.text)
    ]
    if is_vtt and not re.match(r"WEBVTT(?=\s|\Z)", content.text):
        raise UnreadableFile("it is not a WebVTT file")
    if not is_vtt and not any(line.timing for line in lines):
        raise UnreadableFile("it has no subtitles")
    cues = _cues(content.text, lines, is_vtt=is_vtt)
    return SlicedDocument(content, (part_of(group, is_vtt=is_vtt) for group in _groups(cues)))


def _cues(text: str, lines: Sequence[_Line], *, is_vtt: bool) -> Iterator[Cue]:
    """A cue of SubRip may hold blank lines: it goes on up to the next one, which begins with its number."""
    number = 0
    while number < len(lines):
        timing = lines[number].timing
        number += 1
        if timing is None:
            continue
        first = number
        while number < len(lines) and lines[number].timing is None:
            if is_vtt and lines[number].is_blank(text):
                break
            number += 1
        last = number
        if not is_vtt and number < len(lines) and last > first:
            index = lines[last - 1]
            last -= _INDEX.match(text, index.start, index.end) is not None
        start, end = _seconds(timing)
        payload = [(line.start, line.end) for line in lines[first:last] if not line.is_blank(text)]
        if payload and payload[-1][1] - payload[0][0] > _LONGEST_CUE:
            raise UnreadableFile(f"it has a cue of more than {_LONGEST_CUE} characters")
        yield Cue(text, start, end, payload)


def _seconds(timing: re.Match[str]) -> tuple[float, float]:
    first, second = timing.groups("0")[:4], timing.groups("0")[4:]
    start, end = (int(h) * 3600 + int(m) * 60 + int(s) + int(f.ljust(3, "0")) / 1000 for h, m, s, f in (first, second))
    return start, end


def _groups(cues: Iterator[Cue]) -> Iterator[list[Utterance]]:
    """Yield the utterances that a sentence runs through, each group by itself."""
    utterances = [utterance for cue in cues for utterance in utterances_of(cue)]
    ending = sum(utterance.ends_sentence for utterance in utterances)
    is_punctuated = ending >= _PUNCTUATED * len(utterances)
    group: list[Utterance] = []
    for utterance in utterances:
        if group and not _goes_on(group, utterance, is_punctuated):
            yield group
            group = []
        group.append(utterance)
    if group:
        yield group


def _goes_on(group: Sequence[Utterance], following: Utterance, is_punctuated: bool) -> bool:
    last = group[-1]
    if last.ends_sentence and not (last.trails_off and following.goes_on):
        return False
    is_next = last.is_last and following.is_first and not following.has_marker
    gap = following.cue.start - last.cue.end
    is_small = len(group) < _MOST_CUES and sum(len(one.body) for one in group) < _MOST_CHARACTERS
    return is_next and is_small and gap <= _LONGEST_GAP and (following.goes_on or is_punctuated)
