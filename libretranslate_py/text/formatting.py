"""Case and punctuation of a translation as in its source; hypotheses that are no translations.

What is done here is done to single sentences, and only where it cannot harm: never a whole sentence lower-cased, never
a word with an inner capital touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from libretranslate_py.text.characters import OPENERS, UNSPACED, UNSPACED_LANGUAGES
from libretranslate_py.text.punctuation import follow_punctuation

# An upper-case word of up to so many letters, alone, is taken for an acronym.
_LONGEST_ACRONYM = 5

_DOTTED_I = frozenset({"tr", "az"})
# What word processors and phones write, as the texts that models are trained on have it: many models have no piece for
# these characters and lose their way at the first one.
_TYPEWRITTEN = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"', "\u00ad": None, "—": "-", "–": "-", "…": "..."}
)
_DASH = re.compile(r"(?:(?<=\s)|\A)-(?=\S)|(?<=\S)-(?=\s)|(?<=\s)-(?=\s)")
_RANGE = re.compile(r"\d–\d")

# These write nouns, or nothing at all, in the case that only they know.
_KEEP_CASE = frozenset({"de", "lb", "ka"})

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]++")
_UNKNOWN = re.compile(r"(?:(?P<glued>(?<=[¿¡(\[])\s*|\s*(?=[\s⁇]*[.,…)\]]))|\s*)⁇[\s⁇]*")
_FIRST_WORD = re.compile(rf"([\s{OPENERS}¡¿—–-]*+)([^\s]++)")
_WORD = re.compile(r"[^\W\d_]+")
_ENGLISH_I = re.compile(r"\bi\b")
_PLAIN_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*[^\w\s]*")
_ENGLISH_PRONOUN = re.compile(r"I(?:['’]\w+)?\b")

# English writes these with a capital where the languages around it do not: days, months, and what comes from countries.
_ENGLISH_NAME = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?|January|February|March|April|May|June|July|August|September|October"
    r"|November|December|Christmas|Easter|God|Internet|M(?:rs?|s)|Dr|Dutch|Danes?|Swedes?|Finns?|Turks?|Greeks?|French"
    r"|Germans?|Czechs?|Welsh|Swiss|Thai|Arabs?|Arabic|Hindi|Hebrew|Iraqi|Pakistani|Israeli|Basque|Catalan|Slovaks?|Latin"
    r"|Spaniards?|Catholics?|Christians?|Jews?|Muslims?|Islam|Islamic"
    r"|(?:Span|Pol|Turk|Dan|Swed|Finn|Ir|Brit|Engl|Scott|Flem|Jew)ish|English"
    r"|(?:Chin|Japan|Portugu|Vietnam|Malt|Nepal)ese"
    r"|(?:Americ|Afric|Mexic|Kore|Rom)ans?"
    r"|(?:Ital|Russ|Ukrain|As|Ind|Brazil|Canad|Austral|Austr|Belg|Norweg|Hungar|Bulgar|Roman|Croat|Serb|Slovak|Pers"
    r"|Palestin|Egypt|Iran|Argentin|Colomb|Peruv|Chile|Lithuan|Eston|Alban|Latv|Sloven|Indones|Europe|Cub)i?ans?"
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """One sentence on its way through a model. ``text`` goes in; what comes out goes through ``restore``."""

    source: str
    text: str
    language: str = ""
    # Whether the source was in capitals and ``text`` is not.
    shouted: bool = False

    def restore(self, hypothesis: str, target: str) -> str:
        """Return the hypothesis with the source's case, final punctuation and nothing at its edges.

        ``target`` is an Argos code; it chooses the full stops, the capitals and where the case is left alone. An empty
        hypothesis stays empty.
        """
        # Models with byte fallback can write any character; one of these would divide a line.
        result = _CONTROL.sub(" ", hypothesis).strip()
        if "⁇" in result and "⁇" not in self.source:
            result = _without_unknown(result)
        if not result:
            return ""
        result = follow_punctuation(self.source, self.language, result, target)
        result = _upper(result, target) if self.shouted else _follow_case(self.source, self.language, result, target)
        return _follow_typography(self.source, result)


def prepare(sentence: str, language: str = "") -> Prepared:
    """Return the sentence as a model reads it best: one in capitals goes into it in ordinary case.

    ``language`` is the Argos code of the sentence; without it English "I" becomes "i", and Turkish capitals their
    English counterparts. A single short word in capitals (NASA, USB) is an acronym and stays.
    """
    shouted = _is_shouted(sentence)
    text = _sentence_case(sentence, language) if shouted else sentence
    return Prepared(sentence, _CONTROL.sub(" ", text.translate(_TYPEWRITTEN)), language, shouted)


def _follow_typography(source: str, result: str) -> str:
    """Return ``result`` with the apostrophes, quotes and dashes that the source prefers."""
    if "…" in source and "..." not in source:
        result = result.replace("...", "…")
    if "’" in source and "'" not in source:
        result = result.replace("'", "’")
    if "“" in source and '"' not in source and result.count('"') % 2 == 0:
        pieces = result.split('"')
        result = pieces[0] + "".join(("”" if n % 2 else "“") + piece for n, piece in enumerate(pieces[1:]))
    dash = next((dash for dash in "—–" if dash in source), None)
    if dash:
        result = _DASH.sub(dash, result)
    if _RANGE.search(source):
        result = re.sub(r"(?<=\d)-(?=\d)", "–", result)
    return result


# --- case -----------------------------------------------------------------------------------------------------------


def _is_shouted(sentence: str) -> bool:
    if not sentence.isupper():
        return False
    words = [word for word in sentence.split() if any(map(str.isalpha, word))]
    letters = max((len(word) for word in _WORD.findall(sentence)), default=0)
    return letters > _LONGEST_ACRONYM or (len(words) > 1 and letters > 1)


def _sentence_case(sentence: str, language: str) -> str:
    if language in _DOTTED_I:
        sentence = sentence.replace("I", "ı")
    lowered = sentence.replace("İ", "i").lower()
    if language == "en":
        lowered = _ENGLISH_I.sub("I", lowered)
    return _recase_first(lowered, lambda letter: _upper(letter, language))


def _upper(text: str, language: str) -> str:
    if language == "ka":
        return text
    return (text.replace("i", "İ") if language in _DOTTED_I else text).upper()


def _recase_first(text: str, change: Callable[[str], str]) -> str:
    found = _FIRST_WORD.match(text)
    if not found or not found.group(2)[0].isalpha():
        return text
    place = found.start(2)
    return text[:place] + change(text[place]) + text[place + 1 :]


def _follow_case(source: str, language: str, result: str, target: str) -> str:
    source_word, result_word = _first_word(source), _first_word(result)
    if not (_PLAIN_WORD.fullmatch(source_word) and _PLAIN_WORD.fullmatch(result_word)):
        return result
    if _is_capitalised(source_word) and result_word.islower():
        return _recase_first(result, lambda letter: _upper(letter, target))
    if source_word.islower() and _may_be_lowered(result_word, source, language, result, target):
        lower_i = "ı" if target in _DOTTED_I else "i"
        return _recase_first(result, lambda letter: {"I": lower_i, "İ": "i"}.get(letter) or letter.lower())
    return result


def _first_word(sentence: str) -> str:
    found = _FIRST_WORD.match(sentence)
    return found.group(2) if found else ""


def _is_capitalised(word: str) -> bool:
    """Whether the first letter is a capital and no other is: neither an acronym nor CamelCase."""
    return word[0].isupper() and word[1:] == word[1:].lower()


def _may_be_lowered(word: str, source: str, language: str, result: str, target: str) -> bool:
    """Whether the capital of ``word`` is owed to its place only: no name, no acronym, no German noun."""
    letters = _WORD.findall(word)[0]
    if target in _KEEP_CASE or not _is_capitalised(word):
        return False
    if target == "en" and (_ENGLISH_NAME.fullmatch(letters) or _ENGLISH_PRONOUN.match(word)):
        return False
    if language == "de":
        start = letters[:4].casefold()
        return not any(name[:4].casefold() == start for name in _names(source))
    # "en España ..." may come back as "Spain ...": a name of the source must have its capital in the result as well.
    return len(_names(source)) <= len(_names(result)) - (len(letters) > 1)


def _names(sentence: str) -> list[str]:
    """Words with a capital; "I" and the like are none."""
    return [word for word in _WORD.findall(sentence) if len(word) > 1 and word[0].isupper()]


def _without_unknown(text: str) -> str:
    """Models print ⁇, with spaces around it, for a piece that they cannot write."""
    without = _UNKNOWN.sub(lambda match: "" if match.group("glued") is not None else " ", text)
    return without.strip()


# --- hypotheses that are no translations ----------------------------------------------------------------------------

_REPEATS = 4
_REPEATED = re.compile(r"(.{1,8}?)\1++", re.DOTALL)
# Runs of letters of fewer characters than this are words ("hahaha"), not decoding gone wrong.
_SHORTEST_RUN = 12
_WIDE = re.compile(rf"[{UNSPACED}\uac00-\ud7af]")
# A character of Han or Hangul says about as much as four letters.
_WIDE_WEIGHT = 4
_MOST_WORDS = 100_000


def looks_repeated(hypothesis: str, source: str) -> bool:
    """Whether the hypothesis repeats itself as decoders do that have lost their way, or is absurdly long.

    That is: one to eight words or characters at least four times in a row, at the end or over more than half of it, and
    more than twice as often as anything in the source is repeated. Takes linear time.
    """
    if _weight(hypothesis) > 4 * _weight(source) + 60:
        return True
    found = [_longest_run(symbols, shortest) for symbols, shortest in _symbols(hypothesis)]
    if max(found) < _REPEATS:
        return False
    own = [_longest_run(symbols, 0, anywhere=True) for symbols, _ in _symbols(source)]
    return any(times >= _REPEATS and times > 2 * before for times, before in zip(found, own, strict=True))


def _weight(text: str) -> int:
    return len(text) + (_WIDE_WEIGHT - 1) * (0 if text.isascii() else len(_WIDE.findall(text)))


def _symbols(text: str) -> tuple[tuple[str, int], tuple[str, int]]:
    """Return the words, each as one character, and the letters; with each the weight from which a run counts."""
    lowered = text.casefold()
    numbers: dict[str, int] = {}
    words = "".join(chr(numbers.setdefault(word, len(numbers))) for word in re.findall(r"\w+", lowered)[:_MOST_WORDS])
    return (words, _REPEATS), (re.sub(r"[\W\d_]+", "", lowered), _SHORTEST_RUN)


def _longest_run(symbols: str, shortest: int, *, anywhere: bool = False) -> int:
    """Return how often in a row something comes at the end or over more than half of ``symbols``; at least 1."""
    longest = 1
    for run in _REPEATED.finditer(symbols):
        length, period = len(run.group()), len(run.group(1))
        # A few symbols of one more period may follow the last full one.
        counts = anywhere or len(symbols) - run.end() < period or length * 2 > len(symbols)
        if counts and _weight(run.group()) >= shortest:
            longest = max(longest, length // period)
    return longest


def is_copy(hypothesis: str, source: str) -> bool:
    """Whether the hypothesis is its source, untranslated, case, spaces and punctuation apart.

    A source that may rightly stay as it is (a name, a code, a number, an address, a few words that two languages share)
    is no copy: it takes four words or twenty letters, and three words that are written small.
    """
    words = [word for word in source.split() if any(map(str.isalpha, word))]
    wide = len(_WIDE.findall(source))
    if len(words) < 4 and sum(map(str.isalpha, source)) + (_WIDE_WEIGHT - 1) * wide < 20:
        return False
    ordinary = sum(1 for word in words if _PLAIN_WORD.fullmatch(word.lstrip("\"'“‘«(¿¡")) and not word[0].isupper())
    if ordinary + wide // 2 < 3 and not _is_shouted(source):
        return False
    return _bare(hypothesis) == _bare(source)


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def joint(separator: str, target: str) -> str:
    """What stands between two translated sentences whose sources had ``separator`` between them.

    Chinese sentences follow each other without a space, and their English translations need one.
    """
    return separator if separator or target in UNSPACED_LANGUAGES else " "
