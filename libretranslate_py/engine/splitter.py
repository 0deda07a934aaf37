"""Segments into sentences, and sentences that are too long for a model into pieces. Nothing is lost on the way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from sentencex import get_sentence_boundaries

from libretranslate_py.text.characters import CLOSERS, OPENERS, SURROGATES, UNSPACED

# sentencex takes quadratic time on some texts (four minutes on a megabyte of short Chinese sentences): it sees windows.
_WINDOW = 2000

_ENDERS = "!.?։؟۔܀܁܂।॥၊။።፧፨។៕᙮᜵᜶᠃᠉᱾᱿․‥…‼‽⁇⁈⁉⸮⸼。꓿꘎꘏꛳꛷꡶꡷꣎꣏꧈꧉꩝꩞꩟꫰꫱꯫﹒﹖﹗！．？｡"
_MORE_ENDERS = {"el": ";\u037e", "hy": ":;՜", "my": "၏"}
_ENDER = {language: re.compile(f"[{_ENDERS}{more}]") for language, more in {"": "", **_MORE_ENDERS}.items()}
# What may follow the last word of a segment.
_TAIL = f" \u00a0\u202f\u3000{_ENDERS}{CLOSERS}"

# sentencex panics on some wide spaces and cannot be given a lone surrogate. Offsets stay: one character for one.
_UNSAFE = re.compile(rf"[^\S ]|[{SURROGATES}\u037e]")

# Ends that sentencex does not know: an ellipsis (before a capital, see _starts_anew) and the Khmer full stop.
_ELLIPSIS = re.compile(rf"(?:…|\.{{3,}}+)[{CLOSERS}]*+\s++")
_KHMER_END = re.compile(r"[។៕]++\s*+")
_THAI_SPACE = re.compile(r"(?<=[\u0e01-\u0e4e]) ++(?=[\u0e01-\u0e2e\u0e30-\u0e45])")

_OPENING = re.compile(rf"[\s{OPENERS}]*+")
_LATE_CLOSERS = re.compile(rf"[{CLOSERS}]++(?:\s++|\Z)")
_QUOTED_SPEECH = re.compile(r"[」』]\s*\Z")
_ENDS_UNSPACED = re.compile(rf"(?:[^\x00-\x7f…]|[{UNSPACED}][!?.]++)[{CLOSERS}]*+\Z")
_LAST_WORD = re.compile(rf"(?:\A|[\s{OPENERS}\-/])([^\s{OPENERS}]{{1,12}})\.\s*\Z")
_LIST_NUMBER = re.compile(r"\s*\(?(?:\d{1,3}(?:\.\d{1,3})*|[^\W\d_]|[ivxIVX]{1,5})[.)]+\s*\Z")

# Longer than any word in the sets below, and short enough that looking back costs the same everywhere.
_LOOK_BACK = 24
_LOOK_AHEAD = 40

# What stands before a name.
_TITLE = re.compile(
    r"MM?|M(?:mes?|lles?|gr|rs?|s)|D(?:ra?|rs|hr|ipl)|dhr|[Mm]evr|[Mm]w|Mej|Profa?|Sr(?:as?|es|tas?)?|Sigg?|Dott|Avv|Hrn?"
    r"|Frl?|St[ea]?|Rev|Hon|Gen|Col|Capt|Lt|Sgt|Gov|Sen|Rep|Pres|Ing|Arq|Lic|Exm[oa]|[Ii]r"
)
_TITLE_OF = {
    "fr": re.compile(r"Me|Pr"),
    "es": re.compile(r"D|Dña|[UV]ds?|Gral"),
    "pt": re.compile(r"D|Eng"),
    "pb": re.compile(r"D|Eng"),
}
# What stands in the middle of a sentence.
_ABBREVIATION = re.compile(r"cf|vs|ej|p\.ej|bzw|ca|viz|approx|z\.b|u\.a|d\.h|e\.g|i\.e", re.IGNORECASE)
# What stands before a number.
_BEFORE_NUMBER = re.compile(
    r"nos?|nr|n[uú]m|n|arts?|figs?|abb|tab|vol|bd|kap|cap|ch|sect?|eq|pp?|p[aá]gs?|s|стр?|рис|д|кв", re.IGNORECASE
)
# These write ordinals with a full stop.
_DOTTED_ORDINALS = re.compile(r"bs|cs|da|de|et|fi|hr|hu|lt|lv|nb|nn|no|pl|sk|sl|sr|tr")
_ORDINAL = re.compile(r"\d{1,2}")


def split(segment: str, language: str) -> list[tuple[str, str]]:
    """Return the sentences of ``segment`` with the white space after each; joined they are ``segment`` exactly.

    ``language`` is an Argos code and chooses abbreviations and full stops; an unknown one gets the general rules. White
    space before the first sentence stays with it. When in doubt two sentences stay together: a model translates two
    sentences in one better than half a sentence.
    """
    if not segment:
        return []
    ender = _ENDER.get(language, _ENDER[""])
    if language != "th" and not ender.search(segment.rstrip(_TAIL)):
        return [_trailing_space(segment)]
    safe = _UNSAFE.sub(_replacement, segment)
    return [_trailing_space(segment[start:end]) for start, end in _with_words(safe, _sentences(safe, language))]


def _trailing_space(text: str) -> tuple[str, str]:
    sentence = text.rstrip()
    return sentence, text[len(sentence) :]


def _replacement(match: re.Match[str]) -> str:
    character = match.group()
    if character == "\u037e":
        return ";"
    return " " if character.isspace() else "-"


def _sentences(safe: str, language: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each sentence, white space after it included."""
    start = 0
    for candidate in _ends(safe, language):
        late = _LATE_CLOSERS.match(safe, candidate) if safe[candidate - 1].isspace() else None
        end = late.end() if late else candidate
        if start < end < len(safe) and _is_end(safe, start, end, language):
            yield start, end
            start = end
    yield start, len(safe)


def _ends(safe: str, language: str) -> list[int]:
    ends = set(_library_ends(safe, language))
    ends.update(match.end() for match in _ELLIPSIS.finditer(safe) if _begins_with(safe, match.end(), str.isupper))
    ends.update(match.end() for match in _KHMER_END.finditer(safe))
    if language == "th":
        ends.update(match.end() for match in _THAI_SPACE.finditer(safe))
    return sorted(ends)


def _library_ends(safe: str, language: str) -> Iterator[int]:
    """Yield the ends that sentencex finds, looking at one window after the other.

    The last sentence of a window may go on after it, so the next window begins with it; a window without any end is
    left at a space.
    """
    start = 0
    while start < len(safe):
        window = safe[start : start + _WINDOW]
        ends = [boundary["end_index"] for boundary in get_sentence_boundaries(language, window)]
        if start + len(window) == len(safe):
            yield from (start + end for end in ends)
            return
        if len(ends) > 1:
            yield from (start + end for end in ends[:-1])
            start += ends[-2]
        else:
            space = window.rfind(" ", _WINDOW // 2)
            start += space if space > 0 else len(window)


def _is_end(safe: str, start: int, end: int, language: str) -> bool:
    """Whether the sentence that began at ``start`` is over at ``end``."""
    tail = safe[max(start, end - _LOOK_BACK) : end]
    if not tail[-1].isspace():
        # "example.com?q=A" is no end, "好。好" is.
        return bool(_ENDS_UNSPACED.search(tail)) and not _goes_on_after_speech(safe, end, tail)
    if end - start <= _LOOK_BACK and _LIST_NUMBER.match(tail):
        return False
    if _begins_with(safe, end, str.islower) and not _begins_with(safe, start, str.islower):
        return False
    word = _LAST_WORD.search(tail)
    return not (word and _is_abbreviation(word.group(1), safe[end : end + 1], language))


def _goes_on_after_speech(safe: str, end: int, tail: str) -> bool:
    """「…。」と言った: kana after a closing bracket belong to the sentence around the speech."""
    return "\u3041" <= safe[end] <= "\u309f" and bool(_QUOTED_SPEECH.search(tail))


def _is_abbreviation(word: str, following: str, language: str) -> bool:
    own = _TITLE_OF.get(language)
    if _TITLE.fullmatch(word) or _ABBREVIATION.fullmatch(word) or (own and own.fullmatch(word)):
        return True
    if following.isdigit():
        return bool(_BEFORE_NUMBER.fullmatch(word))
    return bool(_DOTTED_ORDINALS.fullmatch(language) and _ORDINAL.fullmatch(word))


def _begins_with(text: str, position: int, kind: Callable[[str], bool]) -> bool:
    """Whether the first character at ``position`` that is no space, quote or bracket is of this kind."""
    opening = _OPENING.match(text, position, position + _LOOK_AHEAD)
    first = text[opening.end() : opening.end() + 1] if opening else ""
    return kind(first)


def _with_words(safe: str, sentences: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Join what has neither letter nor digit to the sentence before it, or at the beginning to the one after."""
    kept_start = kept_end = 0
    worded = False
    for start, end in sentences:
        own = any(map(str.isalnum, safe[start:end]))
        if own and worded:
            yield kept_start, kept_end
            kept_start = start
        worded = worded or own
        kept_end = end
    yield kept_start, kept_end


# --- sentences that are too long ------------------------------------------------------------------------------------

# Pieces are aimed at this part of the limit: a cut rarely falls where it should, and a piece that is too long after all
# is halved, which leaves short ones.
_FILL = 0.85
# How far a cut may lie from where it should, in parts of a piece.
_REACH = 0.3

_STRONG = re.compile(rf"[;:—–!?.؛।。！？；：][{CLOSERS}]*+\s|[。！？；：]|\s[—–-]\s")
_WEAK = re.compile(rf"[,،][{CLOSERS}]*+\s|[，、]")
_SPACE = re.compile(r"\s")
# A cut before one of these would tear a character from its accent, its selector or its joiner.
_ATTACHED = re.compile(
    r"[\u0300-\u036f\u064b-\u065f\u0900-\u0903\u093a-\u094f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u200d\ufe0f]"
)


def cut(sentence: str, count: Callable[[str], int], limit: int) -> list[tuple[str, str]]:
    """Return pieces of ``sentence`` with the white space after each; joined they are ``sentence`` exactly.

    ``count`` gives the tokens of a text; every piece has at most ``limit`` of them, unless one character has more.
    Pieces are of about equal length, cut after a clause where there is one near, else at a space, else between two
    characters. ``count`` is called about 1.2 * tokens / limit times, on two or three times the sentence in all.
    """
    total = count(sentence)
    if total <= limit or len(sentence) < 2:
        return [(sentence, "")]
    pieces: list[tuple[str, str]] = []
    for piece, separator in _divide(sentence, max(2, round(total / (limit * _FILL) + 0.5))):
        parts = cut(piece, count, limit)
        last, _ = parts.pop()
        pieces += (*parts, (last, separator))
    return pieces


def _divide(text: str, parts: int) -> Iterator[tuple[str, str]]:
    """Yield at most ``parts`` pieces, at least two, with the white space after each."""
    start = 0
    while parts > 1:
        size = max(1, (len(text) - start) // parts)
        end, following = _cut_near(text, start, start + size, max(1, int(size * _REACH)))
        if following >= len(text):
            break
        yield text[start:end], text[end:following]
        start = following
        parts -= 1
    yield text[start:], ""


def _cut_near(text: str, start: int, aim: int, reach: int) -> tuple[int, int]:
    """Return where to end the piece that begins at ``start`` and where to begin the next one."""
    low, high = max(start + 1, aim - reach), min(len(text) - 1, aim + reach)
    for kind in (_STRONG, _WEAK, _SPACE):
        places = [match.end() for match in kind.finditer(text, low, high)]
        if places:
            best = min(places, key=lambda place: abs(place - aim))
            end, following = _around_space(text, start, best)
            if start < end and following < len(text):
                return end, following
    place = max(start + 1, aim)
    while place < high and _ATTACHED.match(text, place):
        place += 1
    return place, place


def _around_space(text: str, start: int, place: int) -> tuple[int, int]:
    """Return the first and the last position of the white space around ``place``, looking back to ``start`` only."""
    end = following = place
    while end > start and text[end - 1].isspace():
        end -= 1
    while end > start and following < len(text) and text[following].isspace():
        following += 1
    return end, following
