"""Frequent words of the languages, read from ``data/detection-words.txt``."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from importlib import resources
from itertools import chain, pairwise

from libretranslate_py.detection_letters import fold

# A letter, then letters, combining accents, vowel signs of Arabic, joiners, and the marks inside of l'any and col·lega.
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u064b-\u0655\u0670\u200c·]|['’](?=[^\W\d_]))*|[¿¡]")
_HAN = re.compile(r"[\u3005\u3400-\u9fff]+")


def split_words(text: str) -> list[str]:
    """The words of a lower-case text, runs of Chinese characters in one piece; also ``¿`` and ``¡``."""
    return _WORD.findall(text)


class Lexicon:
    """Which languages have a word among their frequent ones, be it with its accents or without them."""

    def __init__(self, lines: Iterable[str]) -> None:
        """``lines`` in the format that the head of the data file describes."""
        languages: defaultdict[str, set[str]] = defaultdict(set)
        markers: defaultdict[str, set[str]] = defaultdict(set)
        for code, words in _sections(lines):
            if code.endswith("!"):
                markers[code[:-1]].update(words)
                continue
            for word in words:
                languages[word].add(code)
                languages[fold(word)].add(code)
        self._languages = {word: tuple(sorted(codes)) for word, codes in languages.items()}
        self._markers = dict(markers)

    @classmethod
    def shipped(cls) -> Lexicon:
        file = resources.files("libretranslate_py").joinpath("data/detection-words.txt")
        return cls(file.read_text(encoding="utf-8").splitlines())

    def count(self, words: Iterable[str]) -> Counter[str]:
        """For each language how many of the lower-case ``words`` are its own."""
        hits: Counter[str] = Counter()
        for part in self._parts(words):
            hits.update(self._languages.get(part, ()))
        return hits

    def lead(self, words: Iterable[str], code: str, rival: str) -> int:
        """How many more of ``words`` and pairs of neighbours only ``code`` uses than only ``rival``, of two twins."""
        own, other = self._markers.get(code, ()), self._markers.get(rival, ())
        parts = list(self._parts(words))
        pairs = map("_".join, pairwise(parts))
        return sum((part in own) - (part in other) for part in chain(parts, pairs))

    def _parts(self, words: Iterable[str]) -> Iterator[str]:
        for word in words:
            plain = word.replace("’", "'")
            if _HAN.match(word):
                yield from word
                yield from map("".join, pairwise(word))
            elif "'" not in plain or plain in self._languages:
                yield plain
            else:
                head, _, tail = plain.partition("'")
                yield from (head + "'", tail)


def _sections(lines: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    for line in lines:
        if line and not line.startswith("#"):
            code, words = line.split(":", 1)
            yield code, words.split()
