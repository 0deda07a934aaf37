"""One loaded direction: prepare, run, finish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import ctranslate2

from libretranslate_py.engine.alignment import Attention
from libretranslate_py.engine.hardware import available_cores
from libretranslate_py.errors import CorruptPackage, SettingsError
from libretranslate_py.packages.package import Package
from libretranslate_py.text.alignment import Alignment

# Output pieces per input piece, and a few more for very short inputs: more than any two languages need, little enough
# that a model which never ends costs no more than a few sentences.
_LENGTH_FACTOR = 3
_LENGTH_EXTRA = 32
# Many models know 512 positions and fail on the next one.
_LONGEST_OUTPUT = 500

# What the native library raises for damaged files and for work that it cannot do.
NATIVE_ERRORS = (RuntimeError, ValueError, IndexError, MemoryError, OverflowError)

# How much larger the weights become in memory than model.bin, which is int8 in nearly all packages.
_GROWTH = {"float32": 4.0, "float16": 2.0, "bfloat16": 2.0, "int16": 2.0}


@dataclass(frozen=True, slots=True)
class DecodeOptions:
    """How a sentence is decoded. Sentences share a batch only when their options are equal.

    beam_size: wider is better up to about 4 and costs in proportion. hypotheses: how many results to return, at most
    beam_size. no_repeat_ngram: forbids that any run of so many pieces comes twice; 0 = allowed. alignment: every
    hypothesis says which of its words come from which of the source; this costs a tenth of a millisecond a sentence.
    """

    beam_size: int = 4
    hypotheses: int = 1
    no_repeat_ngram: int = 0
    alignment: bool = False


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One translation of a sentence, and its log-probability per output length (0 is certain, lower is worse).

    alignment: between the words of the sentence and those of ``text``; None unless DecodeOptions asked for it.
    """

    text: str
    score: float
    alignment: Alignment | None = None


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Where and how models run. inter_threads: batches decoded at a time; intra_threads: processors per batch."""

    device: str
    compute_type: str
    inter_threads: int
    intra_threads: int


def choose_settings(device: str, compute_type: str, inter_threads: int, intra_threads: int) -> ModelSettings:
    """Fills in what the person left open (0 threads, device ``auto``) with what is right for this machine.

    One thread per batch and as many batches as processors gave the most sentences per second, and the shortest time for
    a single sentence, on machines with two processors; more of them, and a GPU, have not been measured yet.

    Raises SettingsError for a device or compute type that this machine does not have.
    """
    gpus = ctranslate2.get_cuda_device_count()
    if device == "auto":
        device = "cuda" if gpus else "cpu"
    if device == "cuda" and not gpus:
        raise SettingsError("--device", device, "CTranslate2 finds no GPU on this machine; cpu or auto would do")
    known = {"default", "auto", *ctranslate2.get_supported_compute_types(device)}
    if compute_type not in known:
        raise SettingsError("--compute-type", compute_type, f"this machine has {', '.join(sorted(known))}")
    if not inter_threads:
        inter_threads = 1 if device == "cuda" else max(1, available_cores() // max(1, intra_threads))
    return ModelSettings(device, compute_type, inter_threads, intra_threads or 1)


class RawHypothesis(NamedTuple):
    """The pieces of a hypothesis, its score, and the attention between its pieces and those of the source."""

    pieces: list[str]
    score: float
    attention: Attention | None = None


class Model:
    """A loaded package. ``run`` is thread-safe and releases the GIL; ``settings.inter_threads`` calls run at a time.

    folder: where the files of its model lie, if not in the package; they may go once the model is made.
    """

    def __init__(self, package: Package, settings: ModelSettings, folder: Path | None = None) -> None:
        self.package = package
        folder = folder or package.path / "model"
        try:
            stored = (folder / "model.bin").stat().st_size
            self.bytes = int(stored * _GROWTH.get(settings.compute_type, 1.0))
            self._translator = ctranslate2.Translator(
                str(folder),
                device=settings.device,
                compute_type=settings.compute_type,
                inter_threads=settings.inter_threads,
                intra_threads=settings.intra_threads,
                max_queued_batches=-1,
            )
        except (OSError, *NATIVE_ERRORS) as error:
            raise CorruptPackage(package.path, f"the model cannot be loaded ({error})") from error

    def run(self, sentences: Sequence[list[str]], options: DecodeOptions) -> list[list[RawHypothesis]]:
        """Pieces of each sentence -> its hypotheses, best first; with attention if the options ask for an alignment."""
        longest = max(len(pieces) for pieces in sentences)
        prefix = self.package.target_prefix
        results = self._translator.translate_batch(
            sentences,
            target_prefix=[[prefix]] * len(sentences) if prefix else None,
            beam_size=options.beam_size,
            num_hypotheses=options.hypotheses,
            no_repeat_ngram_size=options.no_repeat_ngram,
            max_input_length=0,
            max_decoding_length=min(longest * _LENGTH_FACTOR + _LENGTH_EXTRA, _LONGEST_OUTPUT),
            return_scores=True,
            return_attention=options.alignment,
            replace_unknowns=True,
        )
        return [self._finish(result) for result in results]

    def _finish(self, result: ctranslate2.TranslationResult) -> list[RawHypothesis]:
        """Takes the prefix off, which is a piece of every hypothesis."""
        prefix = self.package.target_prefix
        attention = result.attention or [None] * len(result.hypotheses)
        return [
            RawHypothesis(pieces[1:], score, rows and rows[1:])
            if prefix and pieces[:1] == [prefix]
            else RawHypothesis(pieces, score, rows)
            for pieces, score, rows in zip(result.hypotheses, result.scores, attention, strict=True)
        ]

    def unload(self) -> None:
        """Gives the memory back at once instead of when the last reference goes."""
        self._translator.unload_model()
