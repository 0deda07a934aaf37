"""What is sent: distinct sentences, and the shapes of requests that they come in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from client import Exchange

_ENDS = (".", "!", "?")


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """The lines of a file of sentence pairs, English first, a tab between."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [(first, second) for first, _, second in (line.partition("\t") for line in lines)]


def choose_sentences(texts: Sequence[str], count: int, language: str) -> list[str]:
    """The first ``count`` distinct texts that the server's splitter takes for one sentence each, joined ones too.

    Otherwise the server would translate other sentences than those that the limit is measured on.
    """
    from libretranslate_py.engine.splitter import split

    chosen: list[str] = []
    for text in dict.fromkeys(texts):
        pair = [*chosen[-1:], text]
        if text.endswith(_ENDS) and len(split(" ".join(pair), language)) == len(pair):
            chosen.append(text)
        if len(chosen) == count:
            break
    whole = " ".join(chosen)
    if [sentence for sentence, _ in split(whole, language)] != chosen:
        raise RuntimeError("joined, the chosen sentences are not split as they should be; choose others")
    return chosen


def in_lists(sentences: Sequence[str], size: int) -> list[list[str]]:
    return [list(sentences[start : start + size]) for start in range(0, len(sentences), size)]


def steady_rate(exchanges: Sequence[Exchange], weights: Sequence[float]) -> float:
    """Sentences per second while all clients were busy: one sentence per exchange, ``weights`` by request.

    The window begins when every client has had an answer and ends when the first one finds nothing left to send. An
    exchange that lies across an edge counts with the part of it that lies inside. Answers come in bursts, one for each
    batch, and counting them would make the rate depend on where between two bursts the edges fall. Sentences count by
    weight (pieces), scaled to a mean of one: a window with the longer half of them is not slow for that.
    """
    first: dict[int, float] = {}
    last: dict[int, float] = {}
    for exchange in exchanges:
        first.setdefault(exchange.client, exchange.answered)
        last[exchange.client] = exchange.answered
    begin, end = max(first.values()), min(last.values())
    if end <= begin:
        begin, end = min(e.sent for e in exchanges), max(e.answered for e in exchanges)
    inside = sum(weights[e.request] * _overlap(e, begin, end) / e.seconds for e in exchanges)
    mean = sum(weights[e.request] for e in exchanges) / len(exchanges)
    return inside / mean / (end - begin)


def _overlap(exchange: Exchange, begin: float, end: float) -> float:
    return max(0.0, min(exchange.answered, end) - max(exchange.sent, begin))
