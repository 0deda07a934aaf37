"""What is said in a cue of subtitles: who says how much of it, and what surrounds the words."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from libretranslate_py.documents.tags import Tag, spans_of
from libretranslate_py.text.spans import Kind, Span

# Start and end in the file's text.
Range = tuple[int, int]

MARKUP = re.compile(
    r"</?[A-Za-z][^<>\r\n]{0,500}>|<\d[\d:.]{2,20}>|</?>|\{\\[^{}\r\n]{0,200}\}|\{/?[a-zA-Z]:[^{}\r\n]{0,60}\}"
)
_UNSEEN = re.compile(rf"{MARKUP.pattern}|&[a-z]{{2,6}};")
_NAME = re.compile(r"</?\s*([A-Za-z]\w*)")
# What the line of another speaker, or of a song, begins with; tags may stand before it.
_MARKER = re.compile(
    rf"(?:{MARKUP.pattern}|[\s\u200e\u200f])*+"
    r"(?:[-–—‐‑―]+\s*+(?!\Z)|[♪♫♬#]+\s+|>>+\s*+|(?:\[[^\]\r\n]{1,40}\]\s*+)?[A-Z][A-Z0-9 .'’-]{1,30}:\s+)"
)
_VOICE = re.compile(r"\s*<v[ .]")
_LINE_END = re.compile(r"\r\n?|\n")
_MUSIC = re.compile(r"[♪♫♬]")
_LEADING = re.compile(r"[\s♪♫♬\u200e\u200f]+")
_TRAILING = re.compile(r"[\s♪♫♬\u200e\u200f]+\Z")
_FINAL = re.compile(r"[.!?:…。！？؟।][\"'”’»)\]』」]*\Z|[)\]♪♫♬]\Z")
_TRAILING_OFF = re.compile(r"(?:\.\.\.?|…)\Z")
_FIRST_WORD = re.compile(r"(?:\.\.\.?|…|[\"'“‘«(])*+\s*+(\w)")


@dataclass(frozen=True, slots=True)
class Cue:
    """text: the whole file's. start and end: in seconds. lines: those that are not blank."""

    text: str
    start: float
    end: float
    lines: Sequence[Range]


@dataclass(slots=True)
class Utterance:
    """Lines of a cue that belong together.

    place: where its words are, in the file's text, behind what marks a speaker and inside of tags around the whole.
    body: the words, on one line, with the tags among them. has_marker: whether a new speaker begins. is_song: it
    has notes of music, and often no full stop. separators: what stands between its lines. is_first and is_last: in its
    cue.
    """

    cue: Cue
    place: Range
    body: str
    has_marker: bool
    is_song: bool
    separators: Sequence[str]
    is_first: bool = False
    is_last: bool = False
    ends_sentence: bool = field(init=False)
    trails_off: bool = field(init=False)
    goes_on: bool = field(init=False)

    def __post_init__(self) -> None:
        words = _UNSEEN.sub("", self.body).strip()
        self.ends_sentence = self.is_song or not words or _FINAL.search(words[-20:]) is not None
        self.trails_off = _TRAILING_OFF.search(words[-3:]) is not None
        first = _FIRST_WORD.match(words)
        self.goes_on = first is not None and not first[1].isupper()


def spans_in(text: str) -> list[Span]:
    """Return the tags in a text as spans."""
    return spans_of(text, (_tag(found) for found in MARKUP.finditer(text)))


def _tag(found: re.Match[str]) -> Tag:
    raw = found.group()
    name = _NAME.match(raw)
    if name is None:
        return Tag(*found.span(), raw)
    return Tag(*found.span(), name[1].lower(), opens=raw[1] != "/", closes=raw[1] == "/")


def utterances_of(cue: Cue) -> list[Utterance]:
    """Return the utterances with words of a cue."""
    found = [one for lines in _by_speaker(cue) for one in _utterance(cue, lines)]
    if found:
        found[0].is_first = found[0].place[0] < cue.lines[0][1] or len(found) == 1
        found[-1].is_last = True
    return found


def _by_speaker(cue: Cue) -> Iterator[list[Range]]:
    lines: list[Range] = []
    for line in cue.lines:
        begins = _MARKER.match(cue.text, *line) or _VOICE.match(cue.text, *line)
        if lines and (begins or len(_LINE_END.findall(cue.text, lines[-1][1], line[0])) > 1):
            yield lines
            lines = []
        lines.append(line)
    if lines:
        yield lines


def _utterance(cue: Cue, lines: Sequence[Range]) -> list[Utterance]:
    text = cue.text
    (start, first_end), end = lines[0], lines[-1][1]
    marker = _MARKER.match(text, start, first_end)
    has_marker = marker is not None or _VOICE.match(text, start, first_end) is not None
    is_song = _MUSIC.search(text, start, end) is not None
    start, end = _trim(text, marker.end() if marker else start, end)
    if not any(map(str.isalpha, MARKUP.sub("", text[start:end]))):
        return []
    inside = [(max(start, first), min(end, last)) for first, last in lines]
    inside = [(first, last) for first, last in inside if first < last]
    stripped = [_strip(text, *one) for one in inside]
    stripped = [(first, last) for first, last in stripped if first < last]
    separators = [text[before[1] : after[0]] for before, after in itertools.pairwise(stripped)]
    body = " ".join(text[first:last] for first, last in stripped)
    return [Utterance(cue, (stripped[0][0], stripped[-1][1]), body, has_marker, is_song, separators)]


def _strip(text: str, start: int, end: int) -> Range:
    line = text[start:end]
    return start + len(line) - len(line.lstrip()), start + len(line.rstrip())


def _trim(text: str, start: int, end: int) -> Range:
    """Leave out what surrounds the words: notes of music, tags without a counterpart, and pairs around the whole."""
    body = text[start:end]
    first, last = 0, len(body)
    spans = spans_in(body)
    heads = {span.start: span for span in reversed(spans)}
    tails = {span.end: span for span in spans}
    while True:
        leading, trailing = _LEADING.match(body, first, last), _TRAILING.search(body, max(first, last - 200), last)
        first = leading.end() if leading else first
        last = max(first, trailing.start()) if trailing else last
        head, tail = heads.get(first), tails.get(last)
        if head and head.kind is Kind.MARK and head.end <= last:
            first = head.end
        elif tail and tail.kind is Kind.MARK and tail.start >= first:
            last = tail.start
        elif head and head.kind is Kind.PAIR and head.end == last:
            first, last = first + len(str(head.opening[0])), last - len(str(head.closing[0]))
        elif not leading and not trailing:
            return start + first, start + last
