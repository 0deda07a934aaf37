"""Sentences in, hypotheses out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from libretranslate_py.cache import Cache, Flight
from libretranslate_py.engine.batcher import Batcher, Item
from libretranslate_py.engine.model import DecodeOptions, Hypothesis, RawHypothesis
from libretranslate_py.engine.pool import Pool
from libretranslate_py.engine.splitter import cut
from libretranslate_py.engine.tokenizer import Tokenizer
from libretranslate_py.errors import ClientGone, CorruptPackage, ProjectError, TranslationFailed
from libretranslate_py.packages.package import Package
from libretranslate_py.text.formatting import is_copy, looks_repeated

log = logging.getLogger(__name__)

# Pieces of a sentence beyond which it is cut. The models were trained on sentences of up to about 200 pieces and lose
# their way, or leave parts out, on longer ones.
WINDOW = 160

# Forbids runs of so many pieces to come twice when a sentence is decoded again after an endless repetition.
_NO_REPEAT_NGRAM = 3

# How often a request that waits looks whether its client is still there, in seconds.
_POLL = 0.5

Hypotheses = tuple[Hypothesis, ...]


class RunnableModel(Protocol):
    """What the engine needs of a model; see model.py for the real one."""

    @property
    def bytes(self) -> int: ...

    def run(self, sentences: Sequence[list[str]], options: DecodeOptions) -> list[list[RawHypothesis]]: ...

    def unload(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _BatchKey:
    package: Package
    options: DecodeOptions


_CacheKey = tuple[Path, DecodeOptions, str]


class _Job:
    """The sentences of one call: collects their hypotheses as they come, from any thread."""

    def __init__(self, count: int) -> None:
        self.results: list[Hypotheses] = [()] * count
        self.waiters: list[tuple[Flight[_CacheKey, Hypotheses], Callable[..., None]]] = []
        self._left = count
        self._error: ProjectError | None = None
        self._lock = threading.Lock()
        self._done = threading.Event()
        if not count:
            self._done.set()

    def set(self, index: int, value: Hypotheses | None, error: ProjectError | None) -> None:
        with self._lock:
            self.results[index] = value or ()
            self._error = self._error or error
            self._left -= 1
            if self._left == 0 or self._error:
                self._done.set()

    def wait(self, client_gone: Callable[[], bool] | None) -> None:
        """Returns when all results are there; raises the first error, or ClientGone when nobody will read them."""
        while not self._done.wait(_POLL if client_gone else None):
            if client_gone and client_gone():
                raise ClientGone
        if self._error:
            raise self._error


class Engine:
    """Decodes sentences with the models of the pool, together with those of all other requests.

    cache_bytes: bound on the kept translations of sentences, 0 = none are kept.
    window: pieces beyond which a sentence is cut at clause or word boundaries.
    """

    def __init__(
        self,
        pool: Pool[RunnableModel],
        *,
        workers: int,
        max_batch: int,
        max_requests: int,
        cache_bytes: int,
        window: int = WINDOW,
    ) -> None:
        self.pool = pool
        self.cache: Cache[_CacheKey, Hypotheses] = Cache(cache_bytes, _measure)
        self._window = window
        self.batcher: Batcher[_BatchKey, Hypotheses] = Batcher(
            self._run, _explain, workers=workers, max_batch=max_batch, max_requests=max_requests
        )

    def hold(self, package: Package) -> AbstractContextManager[object]:
        """While this is open, ``package`` stays usable even if it is removed or replaced on disk, once loaded."""
        return self.pool.pin(package)

    def translate(
        self,
        package: Package,
        sentences: Sequence[str],
        options: DecodeOptions,
        client_gone: Callable[[], bool] | None = None,
    ) -> list[Hypotheses]:
        """The hypotheses of each sentence, best first; at least one each, at most ``options.hypotheses``.

        Raises Overloaded, Stopping, TranslationFailed, CorruptPackage, and ClientGone when ``client_gone`` says so.
        """
        with self.pool.pin(package) as tokenizer:
            pieces = [self._cut(sentence, tokenizer) for sentence in sentences]
            flat = [text for parts in pieces for text, _ in parts]
            decoded = iter(self._repair(package, tokenizer, flat, options, client_gone))
            return [_join([(next(decoded), separator) for _, separator in parts]) for parts in pieces]

    def close(self) -> None:
        """Answers all that waits with Stopping."""
        self.batcher.close()

    def _cut(self, sentence: str, tokenizer: Tokenizer) -> list[tuple[str, str]]:
        # A piece is at least one byte, so a sentence of few bytes need not be counted.
        if len(sentence) * 4 <= self._window or len(sentence.encode()) <= self._window:
            return [(sentence, "")]
        return cut(sentence, lambda text: len(tokenizer.encode(text)), self._window)

    def _repair(
        self,
        package: Package,
        tokenizer: Tokenizer,
        sentences: Sequence[str],
        options: DecodeOptions,
        client_gone: Callable[[], bool] | None,
    ) -> list[Hypotheses]:
        """Decodes; what came out as an endless repetition or as a copy of its source is decoded a second time."""
        results = self._decode(package, tokenizer, sentences, options, client_gone)
        repeated = [i for i, text in enumerate(sentences) if looks_repeated(results[i][0].text, text)]
        copied = [i for i, text in enumerate(sentences) if i not in repeated and is_copy(results[i][0].text, text)]
        for indices, again in (
            (repeated, replace(options, no_repeat_ngram=_NO_REPEAT_NGRAM)),
            (copied, replace(options, hypotheses=max(options.beam_size, options.hypotheses))),
        ):
            if indices:
                found = self._decode(package, tokenizer, [sentences[i] for i in indices], again, client_gone)
                for i, hypotheses in zip(indices, found, strict=True):
                    results[i] = _better(sentences[i], hypotheses)[: options.hypotheses]
        return results

    def _decode(
        self,
        package: Package,
        tokenizer: Tokenizer,
        sentences: Sequence[str],
        options: DecodeOptions,
        client_gone: Callable[[], bool] | None,
    ) -> list[Hypotheses]:
        job = _Job(len(sentences))
        items: list[Item[Hypotheses]] = []
        for index, sentence in enumerate(sentences):
            key = (package.path, options, sentence)
            kept = self.cache.get(key)
            if kept is not None:
                job.set(index, kept, None)
                continue
            item = self._join_flight(key, job, index, tokenizer)
            if item:
                items.append(item)
        try:
            if items:
                self._submit(_BatchKey(package, options), items)
            job.wait(client_gone)
        finally:
            for flight, waiter in job.waiters:
                self.cache.withdraw(flight, waiter)
        return job.results

    def _join_flight(self, key: _CacheKey, job: _Job, index: int, tokenizer: Tokenizer) -> Item[Hypotheses] | None:
        def waiter(value: Hypotheses | None, error: ProjectError | None) -> None:
            job.set(index, value, error)

        flight, new = self.cache.join(key, waiter)
        job.waiters.append((flight, waiter))
        if not new:
            return None
        return Item(
            tokenizer.encode(key[2]),
            lambda value, error: self.cache.land(flight, value, error),
            lambda: self.cache.claim(flight),
        )

    def _submit(self, key: _BatchKey, items: list[Item[Hypotheses]]) -> None:
        try:
            self.batcher.submit(key, items)
        except ProjectError as error:
            # Others may have joined these flights in the meantime: they must be answered as well.
            for item in items:
                item.done(None, error)

    def _run(self, key: _BatchKey, sentences: Sequence[list[str]]) -> list[Hypotheses]:
        with self.pool.lease(key.package) as model, self.pool.pin(key.package) as tokenizer:
            raw = model.run(sentences, key.options)
            if not all(raw):
                raise ValueError("a sentence came back without a hypothesis")
            return [tuple(Hypothesis(tokenizer.decode(pieces), score) for pieces, score in found) for found in raw]


def _explain(key: _BatchKey, cause: BaseException) -> ProjectError:
    if isinstance(cause, CorruptPackage):
        return cause
    # The native library names options and shapes in its messages, never the text.
    return TranslationFailed(key.package.source, key.package.target, f"{type(cause).__name__}: {cause}")


def _better(sentence: str, hypotheses: Hypotheses) -> Hypotheses:
    """The hypotheses with copies and repetitions moved to the end."""
    return tuple(sorted(hypotheses, key=lambda h: is_copy(h.text, sentence) or looks_repeated(h.text, sentence)))


def _join(parts: list[tuple[Hypotheses, str]]) -> Hypotheses:
    """Puts a sentence that was cut together again: its n-th hypothesis is made of the n-th one of every part."""
    if len(parts) == 1 and not parts[0][1]:
        return parts[0][0]
    count = min(len(hypotheses) for hypotheses, _ in parts)
    return tuple(
        Hypothesis(
            "".join(hypotheses[n].text + separator for hypotheses, separator in parts),
            sum(hypotheses[n].score for hypotheses, _ in parts) / len(parts),
        )
        for n in range(count)
    )


def _measure(key: _CacheKey, value: Hypotheses) -> int:
    """Bytes that an entry keeps, roughly: four per character, and the objects around them."""
    return 400 + 4 * len(key[2]) + sum(100 + 4 * len(hypothesis.text) for hypothesis in value)
