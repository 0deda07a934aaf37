"""What the server is compared with: CTranslate2 called directly, in a process of its own.

``Limit`` starts this file as a process that loads the model once, answers commands (one JSON object per line) and
sleeps between them, so that it takes nothing from a server that is being measured.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any

BEAM_SIZE = 4
BATCH_SIZES = (16, 32, 64)


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds that passed, and processor seconds of all threads in that time."""

    seconds: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Shape:
    """How sentences are decoded: batches at a time, processors per batch, sentences in a batch."""

    inter_threads: int
    intra_threads: int
    max_batch_size: int

    def __str__(self) -> str:
        return f"inter_threads={self.inter_threads} intra_threads={self.intra_threads} batch={self.max_batch_size}"


class Limit:
    """The parent's side. ``package`` is an unpacked Argos package with a SentencePiece model."""

    def __init__(self, package: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(package)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.version: str = self._ask("version")

    def __enter__(self) -> Limit:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()

    def time_all(self, sentences: Sequence[str], shape: Shape) -> Timing:
        """One call of ``translate_batch`` with all ``sentences``; pieces are made before and put together never."""
        return Timing(**self._ask("time_all", list(sentences), *_parts(shape)))

    def time_each(self, sentences: Sequence[str], intra_threads: int) -> list[Timing]:
        """Each sentence decoded by a call of its own, one after the other."""
        return [Timing(**timing) for timing in self._ask("time_each", list(sentences), intra_threads)]

    def time_as_they_come(self, sentences: Sequence[str], shape: Shape, size: int) -> Timing:
        """Batches of ``size`` sentences in the order given, which is all that a server with so many clients can make:
        no sorting by length over all of them, as ``translate_batch`` does it."""
        return Timing(**self._ask("time_as_they_come", list(sentences), shape.inter_threads, shape.intra_threads, size))

    def count_pieces(self, sentences: Sequence[str]) -> list[int]:
        pieces: list[int] = self._ask("count_pieces", list(sentences))
        return pieces

    def translate(self, texts: Sequence[str], shape: Shape) -> list[str]:
        """Each text as one sentence, by plain beam search with no other option."""
        translated: list[str] = self._ask("translate", list(texts), *_parts(shape))
        return translated

    def forget(self) -> None:
        """Unloads all models; the next command loads the one that it needs, before it begins to measure."""
        self._ask("forget")

    def _ask(self, method: str, *arguments: object) -> Any:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps([method, *arguments]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process that measures the limit ended")
        return json.loads(line)


def find_best(limit: Limit, sentences: Sequence[str], cores: int) -> Shape:
    """The shape that decodes ``sentences`` fastest on ``cores`` processors: first threads, then the size of a batch."""
    limit.time_all(sentences[:64], Shape(cores, 1, 32))
    threads = [(cores // intra, intra) for intra in _powers_of_two(cores)]
    best = _fastest(limit, sentences, [Shape(inter, intra, 32) for inter, intra in threads])
    # An even share for every worker, too: with few sentences and many workers it beats the round sizes.
    rounds = math.ceil(len(sentences) / (best.inter_threads * max(BATCH_SIZES)))
    sizes = {*BATCH_SIZES, math.ceil(len(sentences) / (best.inter_threads * rounds))}
    return _fastest(limit, sentences, [Shape(best.inter_threads, best.intra_threads, size) for size in sorted(sizes)])


def find_best_for_one(limit: Limit, sentences: Sequence[str], cores: int) -> int:
    """The number of threads with which a single sentence takes least time."""
    times: dict[int, float] = {}
    for intra in _powers_of_two(cores):
        limit.time_each(sentences[:3], intra)
        times[intra] = median(timing.seconds for timing in limit.time_each(sentences, intra))
        print(f"  one sentence, inter_threads=1 intra_threads={intra}: p50 {times[intra] * 1000:.1f} ms", flush=True)
    return min(times, key=lambda intra: times[intra])


def _fastest(limit: Limit, sentences: Sequence[str], shapes: Sequence[Shape]) -> Shape:
    # Each shape twice, in turn, and its better time: other programs can only make it slower.
    seconds = [limit.time_all(sentences, shape).seconds for _ in range(2) for shape in shapes]
    rates = {
        shape: len(sentences) / min(times)
        for shape, *times in zip(shapes, seconds[: len(shapes)], seconds[len(shapes) :], strict=True)
    }
    for shape, rate in rates.items():
        print(f"  {len(sentences)} sentences, {shape}: {rate:.1f} sentences/s", flush=True)
    return max(rates, key=lambda shape: rates[shape])


def _powers_of_two(most: int) -> list[int]:
    return [1 << exponent for exponent in range(most.bit_length())]


def _parts(shape: Shape) -> tuple[int, int, int]:
    return shape.inter_threads, shape.intra_threads, shape.max_batch_size


class _Worker:
    """The child's side: every public method is a command."""

    def __init__(self, package: Path) -> None:
        import sentencepiece

        self._package = package
        self._tokenizer = sentencepiece.SentencePieceProcessor(model_file=str(package / "sentencepiece.model"))
        metadata = json.loads((package / "metadata.json").read_text(encoding="utf-8"))
        self._prefix: str = metadata.get("target_prefix") or ""
        self._translators: dict[tuple[int, int], Any] = {}

    def version(self) -> str:
        import ctranslate2

        return str(ctranslate2.__version__)

    def forget(self) -> None:
        self._translators.clear()

    def count_pieces(self, sentences: list[str]) -> list[int]:
        return [len(pieces) for pieces in self._encode(sentences)]

    def time_all(self, sentences: list[str], inter: int, intra: int, size: int) -> dict[str, float]:
        return self._time(self._translator(inter, intra), self._encode(sentences), size)

    def time_each(self, sentences: list[str], intra: int) -> list[dict[str, float]]:
        translator = self._translator(1, intra)
        return [self._time(translator, [pieces], 1) for pieces in self._encode(sentences)]

    def time_as_they_come(self, sentences: list[str], inter: int, intra: int, size: int) -> dict[str, float]:
        translator, pieces = self._translator(inter, intra), self._encode(sentences)
        batches = [pieces[start : start + size] for start in range(0, len(pieces), size)]
        start, cpu = time.perf_counter(), time.process_time()
        with ThreadPoolExecutor(inter) as threads:
            list(threads.map(lambda batch: self._decode(translator, batch, 0), batches))
        return {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}

    def translate(self, texts: list[str], inter: int, intra: int, size: int) -> list[str]:
        results = self._decode(self._translator(inter, intra), self._encode(texts), size)
        best = [result.hypotheses[0] for result in results]
        if self._prefix:
            best = [pieces[1:] if pieces[:1] == [self._prefix] else pieces for pieces in best]
        return [self._tokenizer.decode_pieces(pieces) for pieces in best]

    def _encode(self, texts: list[str]) -> list[list[str]]:
        pieces: list[list[str]] = self._tokenizer.encode(texts, out_type=str)
        return pieces

    def _translator(self, inter: int, intra: int) -> Any:
        import ctranslate2

        if (inter, intra) not in self._translators:
            self._translators[inter, intra] = ctranslate2.Translator(
                str(self._package / "model"), device="cpu", inter_threads=inter, intra_threads=intra
            )
        return self._translators[inter, intra]

    def _time(self, translator: Any, pieces: list[list[str]], size: int) -> dict[str, float]:
        start, cpu = time.perf_counter(), time.process_time()
        self._decode(translator, pieces, size)
        return {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu}

    def _decode(self, translator: Any, pieces: list[list[str]], size: int) -> list[Any]:
        prefix = [[self._prefix]] * len(pieces) if self._prefix else None
        results: list[Any] = translator.translate_batch(
            pieces, target_prefix=prefix, beam_size=BEAM_SIZE, max_batch_size=size
        )
        return results


def _answer_commands(package: Path) -> None:
    worker = _Worker(package)
    for line in sys.stdin:
        method, *arguments = json.loads(line)
        print(json.dumps(getattr(worker, method)(*arguments)), flush=True)


if __name__ == "__main__":
    _answer_commands(Path(sys.argv[1]))
