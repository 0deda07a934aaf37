"""What spans cost: quality and time with tags beside the same sentences without, and the speed of the lexer."""

from __future__ import annotations

import html
import json
import random
import re
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sacrebleu
from client import Clients
from fidelity_checks import Case
from fidelity_markup import bare_text
from workload import read_pairs

MOST_BLEU = 1.0
MOST_COST = 1.25
LEAST_LEXED = 5.0
# Twice the time for twice the text is linear; the rest is for a noisy machine.
MOST_GROWTH = 2.5

_SEED = 7
_TAGS = ("b", "i", "em", "strong", "span", "u")
_LIST = 100
_PAGE = 100_000
_TAGGED_SHARE = 0.6
_PARAGRAPH = 5
_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_TAG = re.compile(r"<[^>]*>")
_REPEATS = 5


@dataclass(frozen=True, slots=True)
class Quality:
    """BLEU of one direction, of bare sentences and of the same ones with tags that were taken out of the result."""

    direction: str
    sentences: int
    bare: float
    tagged: float
    differing: int

    @property
    def difference(self) -> float:
        return self.tagged - self.bare


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of each round for a page and for its bare text."""

    characters: int
    sentences: int
    tagged: list[float]
    bare: list[float]

    @property
    def ratios(self) -> list[float]:
        return [one / other for one, other in zip(self.tagged, self.bare, strict=True)]

    @property
    def median(self) -> float:
        return statistics.median(self.ratios)


@dataclass(frozen=True, slots=True)
class Lexed:
    """speed: MB/s on a page of 1 MB. growth: by hostile input, the time for twice of it beside the time for it."""

    speed: float
    growth: dict[str, float]


def request_of(fields: Mapping[str, Any]) -> bytes:
    """The bytes of one POST to /translate."""
    body = json.dumps(fields, ensure_ascii=False).encode()
    head = f"POST /translate HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


def measure_quality(url: str, heldout: Path, direction: str, count: int) -> Quality:
    """The first ``count`` held-out sentences of a direction, each with one or two tags around words, and without."""
    source, target = direction.split("-")
    pairs = read_pairs(heldout / f"tatoeba.en-{direction.replace('en', '').strip('-')}.test.tsv")[:count]
    ordered = pairs if source == "en" else [(other, english) for english, other in pairs]
    chance = random.Random(_SEED)
    texts, references = [text for text, _ in ordered], [reference for _, reference in ordered]
    bare = _translate_lists(url, texts, source, target, "text")
    tagged = _translate_lists(url, [put_tags(text, chance, 2) for text in texts], source, target, "html")
    without = [html.unescape(_TAG.sub("", text)) for text in tagged]
    scores = [sacrebleu.corpus_bleu(texts, [references]).score for texts in (bare, without)]
    differing = sum(one != other for one, other in zip(bare, without, strict=True))
    return Quality(direction, len(texts), scores[0], scores[1], differing)


def measure_cost(url: str, sentences: Sequence[str], rounds: int, progress: Callable[[str], None]) -> Cost:
    """An English page of 100 KB into Spanish, in turns with its bare text; which comes first changes every round."""
    page, text, count = build_page(sentences)
    asked = {"source": "en", "target": "es"}
    requests = {
        "tagged": request_of({**asked, "q": page, "format": "html"}),
        "bare": request_of({**asked, "q": text, "format": "text"}),
    }
    seconds: dict[str, list[float]] = {"tagged": [], "bare": []}
    with Clients(url, 1) as clients:
        # What a server does once for a package, it does here.
        clients.run([request_of({**asked, "q": page[: page.index("</p>")], "format": "html"})])
        clients.run([request_of({**asked, "q": text[:5000], "format": "text"})])
        for number in range(rounds):
            for name in ("tagged", "bare") if number % 2 else ("bare", "tagged"):
                seconds[name].append(clients.run([requests[name]]).seconds)
            progress(f"round {number + 1}: tagged {seconds['tagged'][-1]:.2f} s, bare {seconds['bare'][-1]:.2f} s")
    return Cost(len(page), count, seconds["tagged"], seconds["bare"])


def measure_lexer() -> Lexed:
    """In this process; each time is the best of a few."""
    sentence = 'The <a href="/x?a=1&amp;b=2" class="k">red house</a> &mdash; near the <b>river</b> &mdash; is old.'
    page = f"<p id=p1>{sentence}</p>\n<!-- a note -->\n" * (1_000_000 // (len(sentence) + 31))
    hostile = {"33,000 x '<a '": "<a " * 33_000, "25,000 x '<!--'": "<!--" * 25_000, "100,000 x '<'": "<" * 100_000}
    growth = {name: _lex_seconds(text * 2) / _lex_seconds(text) for name, text in hostile.items()}
    return Lexed(len(page) / 1e6 / _lex_seconds(page), growth)


def built_in_sentences(cases: Sequence[Case]) -> list[str]:
    """Two English sentences of the cases made one, in all combinations, for a machine without held-out ones.

    No sentence may come twice in a page: a server that translates it once only would save more without tags.
    """
    english = [case for case in cases if case.fields["source"] == "en" and case.id.startswith("words")]
    short = [text for text in dict.fromkeys(bare_text(case.q).strip() for case in english) if text.endswith(".")]
    return [
        f"{one[:-1]}, and {short[(number + step) % len(short)]}"
        for step in range(1, len(short))
        for number, one in enumerate(short)
    ]


def build_page(sentences: Sequence[str]) -> tuple[str, str, int]:
    """Paragraphs of 100 KB with tags in 60 % of their sentences, their bare text, and the number of sentences."""
    chance = random.Random(_SEED)
    pieces, bare = [], []
    size = number = 0
    while size < _PAGE:
        chosen = [sentences[(number + index) % len(sentences)] for index in range(_PARAGRAPH)]
        tagged = [
            put_tags(text, chance, 1) if chance.random() < _TAGGED_SHARE else html.escape(text, quote=False)
            for text in chosen
        ]
        pieces.append(f"<p>{' '.join(tagged)}</p>\n")
        bare.append(" ".join(chosen))
        size += len(pieces[-1].encode())
        number += _PARAGRAPH
    return "".join(pieces), "\n\n".join(bare), number


def put_tags(text: str, chance: random.Random, most: int) -> str:
    """The text as HTML, with one to ``most`` pairs of tags, each around one to three words."""
    words = [found.span() for found in _WORD.finditer(text)]
    edges: list[tuple[int, str]] = []
    first = 0
    for _ in range(chance.randint(1, most)):
        if first < len(words):
            start = chance.randrange(first, len(words))
            end = min(len(words) - 1, start + chance.randrange(3))
            tag = chance.choice(_TAGS)
            edges += [(words[start][0], f"<{tag}>"), (words[end][1], f"</{tag}>")]
            first = end + 1
    written, position = "", 0
    for place, tag in edges:
        written += html.escape(text[position:place], quote=False) + tag
        position = place
    return written + html.escape(text[position:], quote=False)


def _translate_lists(url: str, texts: Sequence[str], source: str, target: str, kind: str) -> list[str]:
    lists = [texts[start : start + _LIST] for start in range(0, len(texts), _LIST)]
    requests = [request_of({"q": few, "source": source, "target": target, "format": kind}) for few in lists]
    with Clients(url, 1) as clients:
        return [text for answer in clients.run(requests).translated() for text in answer]


def _lex_seconds(text: str) -> float:
    from libretranslate_py.text.markup_lexer import lex

    times = []
    for _ in range(_REPEATS):
        started = time.perf_counter()
        for _ in lex(text):
            pass
        times.append(time.perf_counter() - started)
    return min(times)
