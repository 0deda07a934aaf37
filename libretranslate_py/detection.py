"""Which language a text is in: script, alphabet, frequent words and py3langid's n-grams in one log-linear blend."""

from __future__ import annotations

import math
import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from libretranslate_py.detection_letters import (
    dominant_script,
    foreign_letters,
    kana_share,
    lower,
    only_script,
    script_of,
)
from libretranslate_py.detection_words import Lexicon, split_words

# Argos codes for variants of another language: found as that language, then told apart by their markers.
_TWINS: Mapping[str, str] = {"pb": "pt", "zt": "zh"}
_BASE_OF_MODEL_LABEL: Mapping[str, str] = {"no": "nb", "nn": "nb", "yue": "zh", "wuu": "zh"}

_WINDOW = 2_000
_SAMPLE = 1_000
_LETTER = re.compile(r"[^\W\d_]")
_NOISE = re.compile(
    r"https?://[!-~]+|www\.[!-~]+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})*"
    r"|</?[a-zA-Z][^<>]{0,200}>|&#?\w{1,10};|\$?\{[^{}\s]{0,60}\}|%\(\w{1,40}\)[a-z]|%[a-z](?![^\W\d_])|[\d_]+"
)
_LATIN_I_IN_CYRILLIC = re.compile(r"(?<=[\u0400-\u045f])i|i(?=[\u0400-\u045f])")


@dataclass(frozen=True)
class Guess:
    """An Argos code and how sure the detector is of it, 0 to 100; those of one ranking add up to 100 at most."""

    language: str
    confidence: float


@dataclass(frozen=True)
class _Weights:
    """Of the evidence, in units of log-odds; fitted by ``bench/detection.py --fit``."""

    ngrams: float = 0.035
    ngrams_per_root: float = 0.10
    word: float = 1.0
    bare_word: float = 0.5
    strange_letter: float = 1.5
    occasional_letter: float = 0.3


_WEIGHTS = _Weights()


@dataclass(frozen=True)
class _Sample:
    """What is looked at of a text: its first letters, lower-case, in one script, and the counts of its characters."""

    text: str
    script: str
    letters: Counter[str]
    words: list[str]


class _Model(Protocol):
    def rank(self, text: str) -> list[tuple[str, float]]: ...


class Detector:
    """Ranks languages. Threads may share one; the n-gram model (about 80 MB) is loaded by the first text that needs it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: tuple[_Model, Lexicon] | None = None

    def detect(self, texts: Sequence[str], allowed: Collection[str]) -> list[list[Guess]]:
        """For each text the languages among ``allowed`` (Argos codes) that it may be in, best first, never empty.

        The texts are taken as parts of one document: a short one leans to the languages of the others, unless it says
        clearly what it is. A text without letters gives English with confidence 0 (or the first allowed code, where
        English is not allowed); so does one in a script that no allowed language is written in.
        """
        samples = [_read_sample(text) for text in texts]
        bases = {_TWINS.get(code, code) for code in allowed}
        scores = [self._score(sample, bases) if sample else {} for sample in samples]
        return scores  # type: ignore

    def _score(self, sample: _Sample, bases: Collection[str]) -> dict[str, float]:
        candidates = _candidates(sample, bases)
        if len(candidates) < 2:
            return dict.fromkeys(candidates, 0.0)
        model, lexicon = self._load()
        feats = features(sample, candidates, model, lexicon)
        return {c: sum(w * x for w, x in zip(W, feats[c])) for c in candidates}

    def _load(self) -> tuple[_Model, Lexicon]:
        if self._loaded is None:
            with self._lock:
                if self._loaded is None:
                    self._loaded = _load_model(), Lexicon.shipped()
        return self._loaded


W = [0.035, 0.1, 1, 0.5, -1.5, -0.3]


def features(sample, candidates, model, lexicon):
    ranked: dict[str, float] = {}
    for label, score in model.rank(sample.text):
        ranked.setdefault(_BASE_OF_MODEL_LABEL.get(label, label), score)
    floor = min(ranked.values())
    grams = {c: ranked.get(c, floor) for c in candidates}
    top = max(grams.values())
    root = math.sqrt(len(sample.text.encode("utf-8", "surrogatepass")))
    exact, bare = lexicon.hits(sample.words)
    strange, occ = foreign_letters(sample.letters, candidates)
    return {c: [grams[c] - top, (grams[c] - top) / root, exact[c], bare[c], strange[c], occ[c]] for c in candidates}


def _load_model() -> _Model:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415  (heavy)

    model: _Model = LanguageIdentifier.from_model_file(MODEL_FILE)
    return model


def _read_sample(text: str) -> _Sample | None:
    """The sample of a text of any length, None when it has no letters outside of addresses, tags and placeholders."""
    start = _LETTER.search(text)
    while start:
        window = text[start.start() : start.start() + _WINDOW]
        clean = _NOISE.sub(" ", window)
        if _LETTER.search(clean):
            return _prepare(clean[:_SAMPLE])
        start = _LETTER.search(text, start.start() + _WINDOW)
    return None


def _prepare(clean: str) -> _Sample | None:
    text = " ".join(lower(unicodedata.normalize("NFC", clean.encode("utf-8", "ignore").decode())).split())
    letters = Counter(text)
    script = dominant_script(letters)
    if script is None:
        return None
    if not text.isascii():
        if script == "Cyrillic" and "i" in letters:
            text = _LATIN_I_IN_CYRILLIC.sub("і", text)
        text = only_script(text, script)
        letters = Counter(text)
    return _Sample(text, script, letters, split_words(text))


def _candidates(sample: _Sample, bases: Iterable[str]) -> list[str]:
    found = [base for base in bases if script_of(base) in (None, sample.script)]
    if "ja" in found and kana_share(sample.letters) > 0.1:
        return ["ja"]
    return found
