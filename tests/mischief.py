"""Models that do as they like, the same again for the same sentence: what property tests translate with."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from libretranslate_py.detection import Detector
from libretranslate_py.engine.alignment import Attention
from libretranslate_py.engine.model import DecodeOptions, RawHypothesis
from libretranslate_py.packages.package import Package
from libretranslate_py.text.pieces import Finder
from libretranslate_py.translator import TranslationRequest, Translator
from tests.fakes import Answer, Behaviour, FakeStack, fake_catalogue

# What no generated document holds; each looks like something that the program itself writes or reads.
INVENTIONS = (
    *("<b>", "</b>", "</p>", "<script>", "<i", "-->", "<!--", "]]>", "&lt;", "&hearts;", "&#9829;", "&", '"', "'", "`"),
    *(
        "7301",
        "6482",
        "7,301",
        "Boston",
        "{foe}",
        "%x",
        "[9]",
        "foe@foe.org",
        "https://foe.example/",
        "@foe",
        "**",
        "_",
    ),
    *("♥", "漢字", "ö\u0301", "\u202e", "\u200b", "...", "¿", "«", "⁇", "\ufffd", "FOE", "foe|foe", "\u00a0", "|"),
)
LINE_ENDS = ("foe\nfoe", "\r", "foe\u2028foe", "foe\tfoe")
_DEEDS = ("copy", "drop", "double", "reverse", "shuffle", "invent", "invent", "capitals", "repeat")


@dataclass(frozen=True)
class Mischief:
    """What a model does to a sentence depends on ``seed``, the sentence and the package only.

    most: deeds per hypothesis. inventions: the words that it makes up. raises: whether it breaks now and then.
    empties: whether it gives nothing now and then. faithful: whether its attention is the diagonal.
    """

    seed: int
    most: int = 3
    inventions: Sequence[str] = INVENTIONS
    raises: bool = False
    empties: bool = True
    faithful: bool = False

    def answer(self, package: Package, pieces: list[str], options: DecodeOptions) -> list[Answer]:
        found: list[Answer] = []
        for number in range(options.hypotheses):
            chance = random.Random(repr((self.seed, package.name, pieces, number)))
            if self.raises and chance.random() < 0.3:
                raise RuntimeError("out of memory")
            words = self._spoilt(list(pieces), chance)
            attention = None if self.faithful else _attention(len(words), len(pieces), chance)
            found.append(RawHypothesis(words, -chance.random(), attention))
        return found

    def _spoilt(self, words: list[str], chance: random.Random) -> list[str]:
        if self.empties and chance.random() < 0.06:
            return chance.choice(([], [""], ["."], [chance.choice(self.inventions)] if self.inventions else []))
        for _ in range(chance.randint(0, self.most)):
            words = self._deed(words, chance)
        return words

    def _deed(self, words: list[str], chance: random.Random) -> list[str]:
        deed = chance.choice(_DEEDS)
        first, last = sorted((chance.randint(0, len(words)), chance.randint(0, len(words))))
        if deed == "drop":
            return words[:first] + words[first + 1 :]
        if deed == "double":
            return words[:last] + words[first:]
        if deed == "reverse":
            return words[:first] + words[first:last][::-1] + words[last:]
        if deed == "shuffle":
            return chance.sample(words, len(words))
        if deed == "invent" and self.inventions:
            invented = chance.choice(self.inventions)
            if words and chance.random() < 0.3:
                # Touching a word, a carrier for example.
                place = min(first, len(words) - 1)
                glued = invented + words[place] if chance.random() < 0.5 else words[place] + invented
                return [*words[:place], glued, *words[place + 1 :]]
            return [*words[:first], invented, *words[first:]]
        if deed == "capitals":
            return [word.upper() for word in words]
        if deed == "repeat" and words:
            return words + [words[-1]] * 6
        return words


def _attention(rows: int, columns: int, chance: random.Random) -> Attention | None:
    kind = chance.randrange(6)
    if kind == 0:
        return []
    if kind == 1:
        return None
    if kind == 2:
        return [[0.0] * columns for _ in range(rows)]
    if kind == 3:
        # Fewer rows than pieces, and rows of another length.
        return [[1.0] * chance.randint(0, columns + 1) for _ in range(chance.randint(0, rows + 1))]
    if kind == 4:
        order = [chance.randrange(columns) for _ in range(rows)] if columns else [0] * rows
        return [[float(column == place) for column in range(columns)] for place in order]
    return [[chance.random() for _ in range(columns)] for _ in range(rows)]


class World:
    """A translator whose models do what ``mischief`` says at the moment. English is the pivot."""

    def __init__(self) -> None:
        self.mischief = Mischief(0)
        self._stack = FakeStack(self._behaviour)
        catalogue = fake_catalogue("en-es", "en-fr", "en-zh", "en-ar", "en-de", "es-en")
        self.translator = Translator(self._stack.engine, Detector(), catalogue, beam_size=2)

    def _behaviour(self, package: Package) -> Behaviour:
        return lambda pieces, options: self.mischief.answer(package, pieces, options)

    def translate(
        self,
        texts: Sequence[str],
        mischief: Mischief,
        route: tuple[str, str] = ("en", "es"),
        *,
        form: str = "text",
        alternatives: int = 0,
        terms: Callable[[str, str], Finder | None] | None = None,
        attributes: bool = True,
    ) -> list[tuple[str, ...]]:
        """All versions of each text, the preferred one first."""
        self.mischief = mischief
        found = self.translator.translate(
            TranslationRequest(tuple(texts), *route, alternatives, format=form, attributes=attributes, terms=terms)
        )
        return [(one.text, *one.alternatives) for one in found]

    def close(self) -> None:
        self._stack.close()


@contextmanager
def open_world() -> Iterator[World]:
    world = World()
    try:
        yield world
    finally:
        world.close()
