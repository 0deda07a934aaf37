"""Sentences in, hypotheses out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Protocol

from libretranslate_py.cache import Cache, Flight
from libretranslate_py.engine.alignment import Part, Units, align, group, join
from libretranslate_py.engine.batcher import Batcher, Item
from libretranslate_py.engine.model import DecodeOptions, Hypothesis, RawHypothesis
from libretranslate_py.engine.pool import Pool
from libretranslate_py.engine.splitter import cut
from libretranslate_py.engine.tokenizer import Tokenizer
from libretranslate_py.errors import ClientGone, CorruptPackage, ProjectError, TranslationFailed
from libretranslate_py.languages import Direction
from libretranslate_py.packages.package import Package
from libretranslate_py.tally import Tally
from libretranslate_py.text.alignment import Alignment
from libretranslate_py.text.formatting import is_copy, joint, looks_repeated, prepare

log = logging.getLogger(__name__)

# Pieces of a sentence beyond which it is cut. The models were trained on sentences of up to about 200 pieces and lose
# their way, or leave parts out, on longer ones.
WINDOW = 160

# Forbids runs of so many pieces to come twice when a sentence is decoded again after an endless repetition.
_NO_REPEAT_NGRAM = 3

# Models lose whole clauses of long sentences, small ones from about 40 pieces on. A sentence of at least _LONG pieces
# whose translation has far fewer pieces, or somewhat fewer of which the model is unsure, is translated in halves.
_LONG = 32
_FAR_FEWER = 0.6
_FEWER = 0.95
_UNSURE = -0.7
_CLAUSE_ENDS = ",;:，、；：،؛—–)"

# How often a request that waits looks whether its client is still there, in seconds.
_POLL = 0.5

# What a range of a word and a link take in memory, with the reference to them.
_WORD_BYTES = 64
_LINK_BYTES = 80

Hypotheses = tuple[Hypothesis, ...]
_Parts = list[tuple[str, str]]


class RunnableModel(Protocol):
    """What the engine needs of a model; see model.py for the real one."""

    @property
    def bytes(self) -> int: ...

    def run(self, sentences: Sequence[list[str]], options: DecodeOptions) -> list[list[RawHypothesis]]: ...

    def unload(self) -> None: ...


class Calibrator(Protocol):
    """What finds out how models must be loaded for good alignments; see calibration.py."""

    def needed(self, package: Package) -> bool: ...

    def settle(self, package: Package, tokenizer: Tokenizer, renew: Callable[[Package], None]) -> None: ...


@dataclass(frozen=True, slots=True)
class _BatchKey:
    package: Package
    options: DecodeOptions


_CacheKey = tuple[Package, DecodeOptions, str]


@dataclass(frozen=True, slots=True)
class _Call:
    """What stays the same for all sentences of one call."""

    package: Package
    tokenizer: Tokenizer
    options: DecodeOptions
    client_gone: Callable[[], bool] | None
    # Sentences whose alignment nobody wants.
    plain: frozenset[str] = frozenset()

    def options_for(self, sentence: str) -> DecodeOptions:
        """What decides on the result for ``sentence``; it may all the same share a batch with aligned ones."""
        return replace(self.options, alignment=False) if sentence in self.plain else self.options

    def count(self, text: str) -> int:
        return len(self.tokenizer.encode(text))


class _Pieces(list[str]):
    """The pieces of a sentence with their units, which the alignment of its hypotheses needs."""

    units: Units | None = None


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
    calibrator: asked before the first alignments of a package; without it they are made with what its model gives.
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
        calibrator: Calibrator | None = None,
    ) -> None:
        self.pool = pool
        self.cache: Cache[_CacheKey, Hypotheses] = Cache(cache_bytes, _measure)
        self.tally = Tally()
        self._window = window
        self._calibrator = calibrator
        self.batcher: Batcher[_BatchKey, Hypotheses] = Batcher(
            self._run, _explain, workers=workers, max_batch=max_batch, max_requests=max_requests
        )

    def hold(self, package: Package) -> AbstractContextManager[object]:
        """While this is open, the model of ``package``, once loaded, stays even if the package is removed on disk."""
        return self.pool.pin(package)

    def translate(
        self,
        package: Package,
        sentences: Sequence[str],
        options: DecodeOptions,
        client_gone: Callable[[], bool] | None = None,
        aligned: Sequence[bool] | None = None,
    ) -> list[Hypotheses]:
        """The hypotheses of each sentence, best first; at least one each, at most ``options.hypotheses``.

        ``aligned``: for which sentences ``options.alignment`` counts, None = all: an alignment takes as long as a tenth
        of the decoding with a small model.

        Raises Overloaded, Stopping, TranslationFailed, CorruptPackage, and ClientGone when ``client_gone`` says so.
        """
        with self.pool.pin(package) as tokenizer:
            if options.alignment and self._calibrator and self._calibrator.needed(package):
                self._calibrator.settle(package, tokenizer, self.pool.renew)
            call = _Call(package, tokenizer, options, client_gone, _plain(sentences, aligned))
            return self._in_parts(call, [self._cut(sentence, tokenizer) for sentence in sentences])

    def close(self) -> None:
        """Answers all that waits with Stopping."""
        self.batcher.close()

    def _cut(self, sentence: str, tokenizer: Tokenizer) -> list[tuple[str, str]]:
        # A piece is at least one byte, so a sentence of few bytes need not be counted.
        if len(sentence) * 4 <= self._window or len(sentence.encode()) <= self._window:
            return [(sentence, "")]
        return cut(sentence, lambda text: len(tokenizer.encode(text)), self._window)

    def _in_parts(self, call: _Call, sentences: Sequence[_Parts]) -> list[Hypotheses]:
        """The hypotheses of sentences that were cut into (part, separator) pairs, put together again."""
        decoded = iter(self._complete(call, [text for parts in sentences for text, _ in parts]))
        direction = call.package.direction
        return [_join(parts, [next(decoded) for _ in parts], direction) for parts in sentences]

    def _complete(self, call: _Call, sentences: Sequence[str]) -> list[Hypotheses]:
        """Decodes; a long sentence of which a part got lost is decoded in halves."""
        results = self._repair(call, sentences)
        count = call.count
        lossy = [i for i, text in enumerate(sentences) if _lost_a_part(count, text, results[i][0])]
        halves = [(i, cut(sentences[i], count, max(_LONG // 2, (count(sentences[i]) + 1) // 2))) for i in lossy]
        halves = [(i, parts) for i, parts in halves if _cut_well(parts, count(sentences[i]))]
        if halves:
            joined_halves = self._in_parts(call, [parts for _, parts in halves])
            for (i, _), joined in zip(halves, joined_halves, strict=True):
                if count(joined[0].text) > count(results[i][0].text):
                    results[i] = joined
        return results

    def _repair(self, call: _Call, sentences: Sequence[str]) -> list[Hypotheses]:
        """Decodes; what came out as an endless repetition or as a copy of its source is decoded a second time."""
        results = self._decode(call, sentences)
        options = call.options
        repeated = {i for i, text in enumerate(sentences) if looks_repeated(results[i][0].text, text)}
        copied = {i for i, text in enumerate(sentences) if i not in repeated and is_copy(results[i][0].text, text)}
        for indices, again in (
            (sorted(repeated), replace(options, no_repeat_ngram=_NO_REPEAT_NGRAM)),
            (sorted(copied), replace(options, hypotheses=max(options.beam_size, options.hypotheses))),
        ):
            if indices:
                found = self._decode(replace(call, options=again), [sentences[i] for i in indices])
                for i, hypotheses in zip(indices, found, strict=True):
                    results[i] = _better(sentences[i], hypotheses)[: options.hypotheses]
        return results

    def _decode(self, call: _Call, sentences: Sequence[str]) -> list[Hypotheses]:
        job = _Job(len(sentences))
        missing: list[tuple[int, _CacheKey]] = []
        for index, sentence in enumerate(sentences):
            key = (call.package, call.options_for(sentence), sentence)
            kept = self.cache.get(key)
            if kept is not None:
                job.set(index, kept, None)
            else:
                missing.append((index, key))
        began = perf_counter()
        # All are made first: once a flight is joined, nothing may fail before it is submitted.
        encoded = [_encode(call, sentences[index]) for index, _ in missing]
        self.tally.spend("tokenise", perf_counter() - began)
        joined = [
            self._join_flight(key, job, index, pieces) for (index, key), pieces in zip(missing, encoded, strict=True)
        ]
        items = [item for item in joined if item]
        try:
            if items:
                self._submit(_BatchKey(call.package, call.options), items)
            job.wait(call.client_gone)
        finally:
            for flight, waiter in job.waiters:
                self.cache.withdraw(flight, waiter)
        return job.results

    def _join_flight(self, key: _CacheKey, job: _Job, index: int, pieces: list[str]) -> Item[Hypotheses] | None:
        def waiter(value: Hypotheses | None, error: ProjectError | None) -> None:
            job.set(index, value, error)

        flight, new = self.cache.join(key, waiter)
        job.waiters.append((flight, waiter))
        if not new:
            return None
        return Item(
            pieces,
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
            began = perf_counter()
            raw = model.run(sentences, key.options)
            decoded = perf_counter()
            if not all(raw):
                raise ValueError("a sentence came back without a hypothesis")
            results = [
                tuple(_finish(tokenizer, pieces, hypothesis) for hypothesis in found)
                for pieces, found in zip(sentences, raw, strict=True)
            ]
            self.tally.spend("decode", decoded - began)
            self.tally.spend("detokenise", perf_counter() - decoded)
            return results


def _plain(sentences: Sequence[str], aligned: Sequence[bool] | None) -> frozenset[str]:
    if aligned is None:
        return frozenset()
    wanted = {sentence for sentence, is_wanted in zip(sentences, aligned, strict=True) if is_wanted}
    return frozenset(sentences) - wanted


def _encode(call: _Call, sentence: str) -> list[str]:
    if not call.options_for(sentence).alignment:
        return call.tokenizer.encode(sentence)
    found, ranges = call.tokenizer.locate_encoded(sentence)
    pieces = _Pieces(found)
    pieces.units = group(sentence, ranges)
    return pieces


def _finish(tokenizer: Tokenizer, source: list[str], raw: RawHypothesis) -> Hypothesis:
    units = source.units if isinstance(source, _Pieces) else None
    if units is None:
        return Hypothesis(tokenizer.decode(raw.pieces), raw.score)
    text, ranges = tokenizer.locate_decoded(raw.pieces)
    return Hypothesis(text, raw.score, align(units, group(text, ranges), raw.attention or ()))


def _explain(key: _BatchKey, cause: BaseException) -> ProjectError:
    if isinstance(cause, CorruptPackage):
        return cause
    # The native library names options and shapes in its messages, never the text.
    reason = f"{type(cause).__name__}: {cause}"
    return TranslationFailed(key.package.source, key.package.target, reason, key.package.path)


def _better(sentence: str, hypotheses: Hypotheses) -> Hypotheses:
    """The hypotheses with copies and repetitions moved to the end."""
    return tuple(sorted(hypotheses, key=lambda h: is_copy(h.text, sentence) or looks_repeated(h.text, sentence)))


def _lost_a_part(count: Callable[[str], int], source: str, hypothesis: Hypothesis) -> bool:
    # A piece is at least one byte.
    if len(source.encode()) < _LONG:
        return False
    pieces = count(source)
    ratio = count(hypothesis.text) / pieces
    return pieces >= _LONG and (ratio < _FAR_FEWER or (ratio < _FEWER and hypothesis.score < _UNSURE))


def _cut_well(parts: _Parts, pieces: int) -> bool:
    """Whether to translate the parts: a sentence not very long gains nothing from a cut in the middle of a clause."""
    return len(parts) > 1 and (pieces >= 2 * _LONG or all(text[-1:] in _CLAUSE_ENDS for text, _ in parts[:-1]))


def _join(parts: _Parts, found: list[Hypotheses], direction: Direction) -> Hypotheses:
    """Puts a sentence that was cut together again: its n-th hypothesis is made of the n-th one of every part.

    A part is no sentence: the capital and the full stop that the model gives it go, and its comma stays.
    """
    if len(parts) == 1:
        return found[0]
    prepared = [prepare(text, direction.source) for text, _ in parts]
    separators = [joint(separator, direction.target) for _, separator in parts[:-1]] + [parts[-1][1]]
    joined: list[Hypothesis] = []
    for version in zip(*found, strict=False):
        written = [part.restore(h.text, direction.target) for part, h in zip(prepared, version, strict=True)]
        text = "".join(part + separator for part, separator in zip(written, separators, strict=True))
        score = sum(hypothesis.score for hypothesis in version) / len(parts)
        joined.append(Hypothesis(text, score, _join_alignments(parts, version, written, separators, text)))
    return tuple(joined)


def _join_alignments(
    parts: _Parts, version: Hypotheses, written: Sequence[str], separators: Sequence[str], target: str
) -> Alignment | None:
    aligned: list[Part] = []
    source_start = target_start = 0
    for (text, space), hypothesis, output, separator in zip(parts, version, written, separators, strict=True):
        if hypothesis.alignment is None:
            return None
        aligned.append(Part(hypothesis.alignment, source_start, hypothesis.text, output, target_start))
        source_start += len(text) + len(space)
        target_start += len(output) + len(separator)
    source = "".join(text + space for text, space in parts)
    return join(source, target, aligned)


def _measure(key: _CacheKey, value: Hypotheses) -> int:
    """Bytes that an entry keeps, roughly: four per character, and the objects around them."""
    return 400 + 4 * len(key[2]) + sum(_measure_hypothesis(hypothesis) for hypothesis in value)


def _measure_hypothesis(hypothesis: Hypothesis) -> int:
    size = 100 + 4 * len(hypothesis.text)
    if hypothesis.alignment:
        alignment = hypothesis.alignment
        size += 200 + _WORD_BYTES * (len(alignment.source) + len(alignment.target))
        size += _LINK_BYTES * len(alignment.links)
    return size
