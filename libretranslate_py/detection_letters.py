"""Scripts and alphabets: what the letters of a text say about its language."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

LATIN = "Latin"
CJK = "CJK"

_SCRIPTS: Mapping[str, str] = {
    **dict.fromkeys(("bg", "ky", "ru", "sr", "uk"), "Cyrillic"),
    **dict.fromkeys(("ar", "fa", "ur"), "Arabic"),
    **dict.fromkeys(("ja", "zh"), CJK),
    "bn": "Bengali",
    "el": "Greek",
    "he": "Hebrew",
    "hi": "Devanagari",
    "ko": "Hangul",
    "th": "Thai",
}

# First and last code point of the blocks that hold letters of a script; kana is a part of "CJK", see `kana_share`.
_BLOCKS: tuple[tuple[int, int, str], ...] = (
    (0x0041, 0x02AF, LATIN),
    (0x1E00, 0x1EFF, LATIN),
    (0xFF21, 0xFF5A, LATIN),
    (0x0370, 0x03FF, "Greek"),
    (0x1F00, 0x1FFF, "Greek"),
    (0x0400, 0x052F, "Cyrillic"),
    (0x0590, 0x05FF, "Hebrew"),
    (0x0600, 0x077F, "Arabic"),
    (0x08A0, 0x08FF, "Arabic"),
    (0xFB50, 0xFDFF, "Arabic"),
    (0xFE70, 0xFEFE, "Arabic"),
    (0x0900, 0x097F, "Devanagari"),
    (0x0980, 0x09FF, "Bengali"),
    (0x0E00, 0x0E7F, "Thai"),
    (0x1100, 0x11FF, "Hangul"),
    (0x3130, 0x318F, "Hangul"),
    (0xAC00, 0xD7AF, "Hangul"),
    (0x3005, 0x3007, CJK),
    (0x3040, 0x30FF, CJK),
    (0x31F0, 0x31FF, CJK),
    (0x3400, 0x4DBF, CJK),
    (0x4E00, 0x9FFF, CJK),
    (0xF900, 0xFAFF, CJK),
    (0xFF66, 0xFF9F, CJK),
    (0x20000, 0x323AF, CJK),
)

# Foreign names and trademarks stand in Latin letters inside texts of every script, the reverse is rare; and a syllable
# or a Chinese character says as much as several letters.
_WEIGHTS: Mapping[str, int] = {LATIN: 1, CJK: 6, "Hangul": 6}
_OTHER_WEIGHT = 3

_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщьюя"
_ARABIC = "ابتثجحخدذرزسشصضطظعغفقلمنهو"

# The letters that a language uses, for Latin those beyond a-z.
_ALPHABETS: Mapping[str, str] = {
    "az": "əçğıöşü",
    "ca": "àèéíïòóúüç",
    "cs": "áčďéěíňóřšťúůýž",
    "da": "æøå",
    "de": "äöüß",
    "en": "",
    "eo": "ĉĝĥĵŝŭ",
    "es": "áéíóúüñ",
    "et": "äöõüšž",
    "eu": "ñ",
    "fi": "äö",
    "fr": "àâæçéèêëîïôœùûüÿ",
    "ga": "áéíóú",
    "gl": "áéíóúñ",
    "hu": "áéíóöőúüű",
    "id": "",
    "it": "àèéìòù",
    "lt": "ąčęėįšųūž",
    "lv": "āčēģīķļņšūž",
    "ms": "",
    "nb": "æøå",
    "nl": "éëïó",
    "pl": "ąćęłńóśźż",
    "pt": "ãáàâçéêíóôõú",
    "ro": "ăâîșțşţ",
    "sk": "áäčďéíĺľňóôŕšťúýž",
    "sl": "čšž",
    "sq": "ëç",
    "sv": "åäö",
    "tl": "ñ",
    "tr": "çğıöşü",
    "vi": "àáâãèéêìíòóôõùúýăđĩũơư" + "".join(map(chr, range(0x1EA0, 0x1EFA))),
    "bg": _CYRILLIC + "ъѝ",
    "ky": _CYRILLIC + "ъыэёңөү",
    "ru": _CYRILLIC + "ъыэё",
    "sr": _CYRILLIC.translate(dict.fromkeys(map(ord, "йщьюя"))) + "ђјљњћџ",
    "uk": _CYRILLIC + "єіїґ",
    "ar": _ARABIC + "كيىةءأإآؤئ",
    "fa": _ARABIC + "پچژگکیآئءأؤۀكي",
    "ur": _ARABIC + "پچژگکیآئءأؤٹڈڑںےہھۂۓۃ",
}

_FOLD_EXTRA = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ı": "i", "ə": "e"})


def script_of(language: str) -> str | None:
    """The script of a language by its Argos code; None for a code never heard of."""
    return _SCRIPTS.get(language) or (LATIN if language in _ALPHABETS else None)


@lru_cache(maxsize=4096)
def _script_of_letter(letter: str) -> str | None:
    if not letter.isalpha():
        return None
    point = ord(letter)
    return next((script for first, last, script in _BLOCKS if first <= point <= last), "other")


def weigh_scripts(letters: Mapping[str, int]) -> Counter[str]:
    """How much of a text, given as its characters with their counts, each script carries; empty without letters."""
    totals: Counter[str] = Counter()
    for letter, count in letters.items():
        script = _script_of_letter(letter)
        if script is not None:
            totals[script] += count * _WEIGHTS.get(script, _OTHER_WEIGHT)
    return totals


def only_script(text: str, script: str) -> str:
    """``text`` with a space for each letter of another script."""
    return "".join([c if _script_of_letter(c) in (script, None) else " " for c in text])


def kana_share(letters: Mapping[str, int]) -> float:
    """Hiragana and katakana among all Chinese and Japanese characters, 0 to 1."""
    kana = total = 0
    for letter, count in letters.items():
        if _script_of_letter(letter) == CJK:
            total += count
            if "\u3040" <= letter <= "\u30ff" or "\uff66" <= letter <= "\uff9f":
                kana += count
    return kana / total if total else 0.0


@lru_cache(maxsize=1024)
def _strangers(letter: str) -> frozenset[str]:
    return frozenset(language for language, alphabet in _ALPHABETS.items() if letter not in alphabet)


def count_strange_letters(letters: Iterable[str]) -> Counter[str]:
    """For each language how many of the distinct lower-case ``letters`` are not in its alphabet."""
    strange: Counter[str] = Counter()
    for letter in letters:
        if not letter.isascii() and letter.isalpha():
            strange.update(_strangers(letter))
    return strange


def fold(word: str) -> str:
    """A lower-case word without its accents, as careless typists leave them out."""
    if word.isascii():
        return word
    parts = unicodedata.normalize("NFD", word.translate(_FOLD_EXTRA))
    return "".join(c for c in parts if not unicodedata.combining(c))


def lower(text: str) -> str:
    """Lower case, with the dotless i of Turkish and Azerbaijani where a dotted capital shows that it is meant."""
    if "İ" in text:
        text = text.replace("I", "ı").replace("İ", "i")
    return text.lower()
