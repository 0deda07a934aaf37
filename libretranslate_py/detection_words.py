"""Frequent words of the languages, read from ``data/detection-words.txt``."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from importlib import resources

from libretranslate_py.detection_letters import fold

_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u064b-\u0655\u0670\u200c·])*(?:['’][^\W\d_]+)*['’]?")
_ACCENTED = re.compile(r"[^\W\d_a-z]")
_HAN = re.compile(r"[\u3005\u3400-\u9fff]+")


def split_words(text: str) -> list[str]:
    """The words of a lower-case text; of Chinese characters each one and each pair of neighbours."""
    words: list[str] = []
    for word in _WORD.findall(text):
        if _HAN.match(word):
            words.extend(word)
            words.extend(map("".join, zip(word, word[1:], strict=False)))
        else:
            words.append(word.replace("’", "'").rstrip("'") if word[-1] in "'’" and len(word) > 3 else word)
    return words


class Lexicon:
    """Which languages have a word among their frequent ones, with its accents or without them."""

    def __init__(self, lines: Iterable[str]) -> None:
        """``lines`` in the format that the head of the data file describes."""
        exact: defaultdict[str, set[str]] = defaultdict(set)
        folded: defaultdict[str, set[str]] = defaultdict(set)
        self._markers: dict[str, frozenset[str]] = {}
        for code, words in _sections(lines):
            if code.endswith("!"):
                self._markers[code[:-1]] = self._markers.get(code[:-1], frozenset()).union(words)
                continue
            for word in words:
                exact[word].add(code)
                folded[fold(word)].add(code)
        self._exact = {word: tuple(codes) for word, codes in exact.items()}
        self._folded = {word: tuple(codes - exact.get(word, set())) for word, codes in folded.items()}

    @classmethod
    def shipped(cls) -> Lexicon:
        file = resources.files("libretranslate_py").joinpath("data/detection-words.txt")
        return cls(file.read_text(encoding="utf-8").splitlines())

    def hits(self, words: Iterable[str]) -> tuple[Counter[str], Counter[str]]:
        """For each language how many of the lower-case ``words`` are its own, and how many are but for missing accents."""
        exact: Counter[str] = Counter()
        folded: Counter[str] = Counter()
        for part in self._parts(words):
            exact.update(self._exact.get(part, ()))
            if part.isascii():
                folded.update(self._folded.get(part, ()))
        return exact, folded

    def markers(self, words: Iterable[str], code: str) -> int:
        """How many of ``words`` only the twin ``code`` uses, of the two."""
        own = self._markers.get(code, frozenset())
        return sum(word in own for word in words)

    def _parts(self, words: Iterable[str]) -> Iterator[str]:
        for word in words:
            if ("'" not in word and "’" not in word) or word in self._exact:
                yield word
                continue
            head, _, tail = word.replace("’", "'").partition("'")
            if head + "'" + tail in self._exact:
                yield head + "'" + tail
            else:
                yield from (part for part in (head + "'", tail) if part)


def _sections(lines: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    for line in lines:
        if line and not line.startswith("#"):
            code, words = line.split(":", 1)
            yield code, words.split()
