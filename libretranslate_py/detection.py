"""Which language a text is in: script, alphabet, frequent words and py3langid's n-grams in one log-linear blend."""

from __future__ import annotations

import math
import re
import threading
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from typing import NamedTuple, Protocol

from libretranslate_py.detection_letters import (
    CJK,
    count_strange_letters,
    kana_share,
    lower,
    only_script,
    script_of,
    weigh_scripts,
)
from libretranslate_py.detection_words import Lexicon, split_words

# Variants of another language: found as that language, then told apart by what only one of the two writes.
_TWINS: Mapping[str, str] = {"pb": "pt", "zt": "zh"}
_LANGUAGE_OF_LABEL: Mapping[str, str] = {"no": "nb", "nn": "nb", "yue": "zh", "wuu": "zh"}

_WINDOW = 2_000
_SAMPLE = 1_000
_MARGIN = 64
_LETTER = re.compile(r"[^\W\d_]")
_NOISE = re.compile(
    r"https?://[!-~]+|www\.[!-~]+"
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})*"
    r"|</?[a-zA-Z][^<>]{0,200}>|&#?\w{1,10};"
    r"|\$?\{[^{}\s]{0,60}\}|%\(\w{1,40}\)[a-z]|%[a-z](?![^\W\d_])|[\d_]+"
)
_LATIN_I_IN_CYRILLIC = re.compile(r"(?<=[\u0400-\u045f])i|i(?=[\u0400-\u045f])")
_LEAST_KANA = 0.1

# Of texts that leave it open, more are in a widespread language.
_COMMON: Mapping[str, float] = {"en": 0.6, "es": 0.4, "fr": 0.4, "de": 0.4, "it": 0.3, "pt": 0.3}

_TWIN_MARKER = 2.0
_TWIN_PRIOR = -0.85
_MOST_MARKERS = 10

# The rest of a batch adds log(1 + 1 / _PRIOR_FLOOR) at most, and half as much to a text, or from a rest, of _PRIOR_HALF
# letters.
_PRIOR_FLOOR = 0.05
_PRIOR_HALF = 30
_PRIOR_LETTERS = 100
_LEAST_CONFIDENCE = 0.1


@dataclass(frozen=True)
class Guess:
    """An Argos code and how sure the detector is of it, 0 to 100; those of one ranking add up to 100 at most."""

    language: str
    confidence: float


class Evidence(NamedTuple):
    """For one language; as ``WEIGHTS``, what a unit of each adds to the logarithm of the odds."""

    ngrams: float  # log-likelihood of py3langid minus that of the best language
    ngrams_per_root: float  # the same over the root of the number of bytes, as n-grams overlap
    words: float  # how many words are frequent ones of the language, over the root of the number of words
    strange_letters: float  # how many distinct letters are not in its alphabet


WEIGHTS = Evidence(0.066, 0.91, 4.25, -1.14)


class Model(Protocol):
    def rank(self, text: str) -> list[tuple[str, float]]:
        """Labels with log-likelihoods."""


@dataclass(frozen=True)
class Sample:
    """What is looked at of a text: lower-case words of one script, at most _SAMPLE characters, and their letters."""

    words: list[str]
    letters: Counter[str]
    script: str


class Detector:
    """Ranks languages. Threads may share one, and should: the n-gram model takes about 80 MB and a second to load."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: tuple[Model, Lexicon] | None = None

    def load(self) -> None:
        """Load the models now; without this the first text that needs them waits for them."""
        self.models()

    def models(self) -> tuple[Model, Lexicon]:
        """The models, loaded by whichever thread asks first while the others wait."""
        if self._loaded is None:
            with self._lock:
                if self._loaded is None:
                    self._loaded = _load_model(), Lexicon.shipped()
        return self._loaded

    def detect(self, texts: Sequence[str], allowed: Collection[str]) -> list[list[Guess]]:
        """For each text the languages among ``allowed`` (Argos codes) that it may be in, best first, never empty.

        The confidence compares the allowed languages with one another: where only one of them has the script of the
        text, it gets 100. The texts are taken as parts of one document: a short one leans to the languages of the
        others, unless it says clearly what it is. A text without letters gives English with confidence 0, or the first
        allowed code where English is not allowed. A text in a script that no allowed language has gives the language
        of the other texts with confidence 0.
        """
        samples = [read_sample(text) for text in texts]
        by_script = CandidatesByScript(allowed)
        scores = [self._score(sample, by_script.of(sample)) if sample else {} for sample in samples]
        sizes = [sum(sample.letters.values()) if sample else 0 for sample in samples]
        fallback = _fallback(allowed)
        if len(texts) == 1:
            return [_ranking(_normalise(scores[0]), fallback)]
        batch = _Batch(scores, sizes)
        rankings: list[list[Guess]] = []
        for index, sample in enumerate(samples):
            expected = batch.expected_at(index) if sample else {}
            likeliest = max(expected, key=expected.__getitem__, default=fallback)
            rankings.append(_ranking(_normalise(_lean(scores[index], expected, sizes[index])), likeliest))
        return rankings

    def _score(self, sample: Sample, candidates: Sequence[str]) -> dict[str, float]:
        """Log-likelihoods of the candidates, up to a constant."""
        if len(candidates) < 2:
            return dict.fromkeys(candidates, 0.0)
        model, lexicon = self.models()
        languages = list(dict.fromkeys(_TWINS.get(code, code) for code in candidates))
        found = _score_languages(sample, languages, model, lexicon)
        for twin, base in _TWINS.items():
            if twin in candidates:
                _split(found, twin, base, lexicon.lead(sample.words, twin, base) if base in candidates else None)
        return found


def _load_model() -> Model:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415  (heavy)

    model: Model = LanguageIdentifier.from_model_file(MODEL_FILE)
    return model


def read_sample(text: str) -> Sample | None:
    """The sample of a text of any length, None when it has no letters outside of addresses, tags and placeholders."""
    end = 0
    while first := _LETTER.search(text, end):
        window = _cut_window(text, end, first.start())
        end = window.stop
        sample = _prepare(_NOISE.sub(" ", text[window])[:_SAMPLE])
        if sample:
            return sample
    return None


def _cut_window(text: str, least: int, letter: int) -> slice:
    """Whole words, if it can be, from the one that has its first letter at ``letter``, none from before ``least``."""
    before = text[max(least, letter - _MARGIN) : letter].rsplit(None, 1)
    joined = text[letter - 1 : letter].strip()
    start = letter - len(before[-1]) if before and joined else letter
    stop = start + _WINDOW
    cut = max(text.rfind(" ", start + _WINDOW // 2, stop), text.rfind("\n", start + _WINDOW // 2, stop))
    return slice(start, cut if cut > 0 and stop < len(text) else stop)


def _prepare(clean: str) -> Sample | None:
    text = lower(unicodedata.normalize("NFC", clean))
    scripts = weigh_scripts(Counter(text))
    if not scripts:
        return None
    script = max(scripts, key=scripts.__getitem__)
    if script == "Cyrillic":
        text = _LATIN_I_IN_CYRILLIC.sub("і", text)
    if len(scripts) > 1:
        text = only_script(text, script)
    words = split_words(text)
    return Sample(words, Counter("".join(words)), script)


class CandidatesByScript:
    """The allowed languages that a sample may be in, by its script."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._scripts = {code: script_of(_TWINS.get(code, code)) for code in allowed}
        self._known: dict[str, list[str]] = {}

    def of(self, sample: Sample) -> list[str]:
        codes = self._known.get(sample.script)
        if codes is None:
            codes = [code for code, script in self._scripts.items() if script in (None, sample.script)]
            self._known[sample.script] = codes
        if sample.script == CJK and "ja" in codes and kana_share(sample.letters) > _LEAST_KANA:
            return ["ja"]
        return codes


def evidence(sample: Sample, languages: Collection[str], model: Model, lexicon: Lexicon) -> dict[str, Evidence]:
    """What speaks for each of ``languages``, given as codes of languages that are no twins."""
    text = f" {' '.join(word for word in sample.words if word not in '¿¡')} "
    ngrams = dict(model.rank(text))
    least = min(ngrams.values())
    for label, language in _LANGUAGE_OF_LABEL.items():
        ngrams[language] = max(ngrams.get(language, least), ngrams.get(label, least))
    top = max(ngrams.get(language, least) for language in languages)
    length, number = math.sqrt(len(text.encode())), math.sqrt(len(sample.words))
    words, strange = lexicon.count(sample.words), count_strange_letters(sample.letters)
    found: dict[str, Evidence] = {}
    for language in languages:
        behind = ngrams.get(language, least) - top
        found[language] = Evidence(behind, behind / length, words[language] / number, strange[language])
    return found


def _score_languages(sample: Sample, languages: Collection[str], model: Model, lexicon: Lexicon) -> dict[str, float]:
    found = evidence(sample, languages, model, lexicon)
    return {language: _COMMON.get(language, 0.0) + sum(map(mul, WEIGHTS, values)) for language, values in found.items()}


def _split(scores: dict[str, float], twin: str, base: str, lead: int | None) -> None:
    """Give ``twin`` its share of the score of ``base``: all of it without a ``lead``, as the base is not allowed."""
    if lead is None:
        scores[twin] = scores.pop(base)
        return
    odds = _TWIN_PRIOR + _TWIN_MARKER * max(-_MOST_MARKERS, min(lead, _MOST_MARKERS))
    scores[twin] = scores[base] - math.log1p(math.exp(-odds))
    scores[base] -= math.log1p(math.exp(odds))


class _Batch:
    """What the texts of a batch say about the language of one another."""

    def __init__(self, scores: Sequence[Mapping[str, float]], sizes: Sequence[int]) -> None:
        """``sizes`` in letters; a text without scores says nothing."""
        self._shares = [_normalise(score) for score in scores]
        self._weights = [
            min(size, _PRIOR_LETTERS) if share else 0 for size, share in zip(sizes, self._shares, strict=True)
        ]
        self._total = sum(self._weights)
        self._sums: defaultdict[str, float] = defaultdict(float)
        for share, weight in zip(self._shares, self._weights, strict=True):
            for code, part in share.items():
                self._sums[code] += part * weight

    def expected_at(self, index: int) -> dict[str, float]:
        """For each language its log-odds from the other texts, at least 0; empty where these say nothing."""
        own, weight = self._shares[index], self._weights[index]
        total = self._total - weight
        if total <= 0:
            return {}
        trust = total / (total + _PRIOR_HALF)
        return {
            code: trust * math.log1p(max(0.0, (part - own.get(code, 0.0) * weight) / total) / _PRIOR_FLOOR)
            for code, part in self._sums.items()
        }


def _lean(scores: Mapping[str, float], expected: Mapping[str, float], size: int) -> dict[str, float]:
    """``scores`` of a text of ``size`` letters with what its batch lets expect, the less of it the longer it is."""
    trust = _PRIOR_HALF / (_PRIOR_HALF + size)
    return {code: score + trust * expected.get(code, 0.0) for code, score in scores.items()}


def _normalise(scores: Mapping[str, float]) -> dict[str, float]:
    """Probabilities of log-likelihoods."""
    if not scores:
        return {}
    top = max(scores.values())
    powers = {code: math.exp(score - top) for code, score in scores.items()}
    total = sum(powers.values())
    return {code: power / total for code, power in powers.items()}


def _ranking(shares: Mapping[str, float], fallback: str) -> list[Guess]:
    guesses = [Guess(code, 100.0 * share) for code, share in shares.items()]
    guesses.sort(key=lambda guess: (-guess.confidence, guess.language))
    return [guess for guess in guesses if guess.confidence >= _LEAST_CONFIDENCE] or [Guess(fallback, 0.0)]


def _fallback(allowed: Collection[str]) -> str:
    if "en" in allowed or not allowed:
        return "en"
    return next(iter(allowed)) if isinstance(allowed, Sequence) else min(allowed)
