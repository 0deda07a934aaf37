"""Which layer's attention says best which words belong together: found out once for each package, and remembered."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from libretranslate_py.engine.alignment import Units, group, shares
from libretranslate_py.engine.model import NATIVE_ERRORS, DecodeOptions, Model, ModelSettings, RawHypothesis
from libretranslate_py.engine.model_file import (
    MODEL_FILE,
    AttentionFields,
    Setting,
    copied,
    read_fields,
    write_setting,
)
from libretranslate_py.engine.samples import samples
from libretranslate_py.engine.tokenizer import Tokenizer
from libretranslate_py.errors import CorruptPackage
from libretranslate_py.packages.package import Package

log = logging.getLogger(__name__)

_ALL_HEADS = 0
_REMEMBERED = 200
_OPTIONS = DecodeOptions(beam_size=1, alignment=True)
# A name that came through unchanged is known for sure; that two words choose each other is only likely.
_SURE = 3
# One head of the last layer is what nobody chose: where it is better by less than this, that is chance.
_DOUBT = 0.05


class Calibration:
    """What attention each package is to be loaded with. Thread-safe.

    file: where this is remembered; when it cannot be read or written, each process finds out anew.
    """

    def __init__(self, file: Path, settings: ModelSettings) -> None:
        self._file = file
        self._settings = settings
        self._lock = threading.Lock()
        self._measuring = threading.Lock()
        self._known: dict[str, Setting | None] | None = None
        self._unsettled: set[str] = set()

    def load(self, package: Package) -> Model:
        """The model of ``package`` with the best setting if it is known by now, else as it is.

        Raises CorruptPackage.
        """
        with self._lock:
            setting = self._entries().get(_key(package))
        if setting is None:
            return Model(package, self._settings)
        try:
            with _patched(package, setting) as folder:
                return Model(package, self._settings, folder)
        except (OSError, ValueError) as error:
            log.warning("%s %s: word alignments as they are (%s)", package.name, package.version, error)
            return Model(package, self._settings)

    def needed(self, package: Package) -> bool:
        """Whether ``settle`` must be called before the attention of ``package`` is used."""
        key = _key(package)
        with self._lock:
            return key not in self._entries() or key in self._unsettled

    def settle(self, package: Package, tokenizer: Tokenizer, renew: Callable[[Package], None]) -> None:
        """Finds out the setting of ``package``, in a few seconds at most, once however many ask.

        Raises nothing but what ``renew`` raises: a failure is logged, and the package stays as it is.

        A package in which somebody chose the setting is left as it is, as is one with which this fails.
        renew: called before, to make room for the models that are tried, and after, when ``load`` gives another model.
        """
        with self._measuring:
            if not self.needed(package):
                return
            key = _key(package)
            try:
                fields = _unchosen(package)
                if fields is None:
                    self._settle(key, None)
                    return
                renew(package)
                found = _find(package, tokenizer, self._settings, fields)
                self._remember(key, found)
            except (OSError, CorruptPackage, *NATIVE_ERRORS) as error:
                # The next process tries again: the disk may have been full.
                log.warning("%s %s: word alignments as they are (%s)", package.name, package.version, error)
                found = None
            self._settle(key, found, partial(renew, package))

    def _settle(self, key: str, found: Setting | None, renew: Callable[[], None] | None = None) -> None:
        # Nobody may meet a model that was loaded before this was known: it is settled once that is gone.
        with self._lock:
            self._unsettled.add(key)
            self._entries()[key] = found
        try:
            if found is not None and renew:
                renew()
        finally:
            with self._lock:
                self._unsettled.discard(key)

    def _entries(self) -> dict[str, Setting | None]:
        if self._known is None:
            self._known = _read(self._file)
        return self._known

    def _remember(self, key: str, found: Setting | None) -> None:
        # Read again: another process may have added something.
        entries = {**_read(self._file), key: found}
        layers = {key: setting and setting.layer for key, setting in list(entries.items())[-_REMEMBERED:]}
        try:
            _write(self._file, json.dumps(layers, indent=1))
        except OSError as error:
            log.info("%s cannot be written (%s); word alignments are calibrated again next time", self._file, error)


def _key(package: Package) -> str:
    return f"{package.name} {package.version} {package.stamp}"


def _read(file: Path) -> dict[str, Setting | None]:
    """What is remembered: by package the decoder layer whose heads to use, or null for what it has."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    entries: dict[str, Setting | None] = {}
    for key, value in content.items() if isinstance(content, dict) else ():
        if value is None or (type(value) is int and value >= 0):
            entries[key] = None if value is None else Setting(value, _ALL_HEADS)
    return entries


def _write(file: Path, content: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f"{file.name}.", suffix=".tmp", dir=file.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(content)
        Path(temporary).replace(file)
    except OSError:
        with suppress(OSError):
            Path(temporary).unlink()
        raise


@contextmanager
def _patched(package: Package, setting: Setting) -> Iterator[Path]:
    with copied(package.path / "model") as folder:
        fields = read_fields(folder / MODEL_FILE)
        if setting.layer >= fields.layers:
            raise ValueError(f"it has no layer {setting.layer}")
        write_setting(folder / MODEL_FILE, fields, setting)
        yield folder


# --- measuring ------------------------------------------------------------------------------------------------------


def _unchosen(package: Package) -> AttentionFields | None:
    """The fields of a package in which nobody chose the attention; None for others, and where it cannot be chosen."""
    try:
        fields = read_fields(package.path / "model" / MODEL_FILE)
    except ValueError as error:
        log.info("%s %s: word alignments as they are (%s)", package.name, package.version, error)
        return None
    return None if fields.chosen else fields


def _find(package: Package, tokenizer: Tokenizer, settings: ModelSettings, fields: AttentionFields) -> Setting | None:
    started = time.monotonic()
    scores = measure(package, tokenizer, settings, fields)
    best = max(scores, key=lambda setting: scores[setting] - _DOUBT * (setting == fields.setting))
    log.info(
        "%s %s: word alignments from layer %d, %s, found in %.1f s",
        package.name,
        package.version,
        best.layer,
        f"first {best.heads} heads" if best.heads else "all heads",
        time.monotonic() - started,
    )
    return None if best == fields.setting else best


def measure(
    package: Package, tokenizer: Tokenizer, settings: ModelSettings, fields: AttentionFields
) -> Mapping[Setting, float]:
    """Return for each setting that ``package`` might have how well it links words, 0 to 1.

    Raises OSError when the model cannot be copied, and what the native library raises.
    """
    candidates = [fields.setting, *(Setting(layer, _ALL_HEADS) for layer in range(fields.layers))]
    encoded = [(text, *tokenizer.locate_encoded(text)) for text in samples(package.source)]
    sources = [group(text, ranges) for text, _, ranges in encoded]
    scores: dict[Setting, float] = {}
    with copied(package.path / "model") as folder:
        for setting in candidates:
            write_setting(folder / MODEL_FILE, fields, setting)
            model = Model(package, settings, folder)
            try:
                raw = model.run([pieces for _, pieces, _ in encoded], _OPTIONS)
            finally:
                model.unload()
            scores[setting] = _score(sources, [found[0] for found in raw], tokenizer)
    return scores


def _score(sources: Sequence[Units], hypotheses: Sequence[RawHypothesis], tokenizer: Tokenizer) -> float:
    """Return how many of the links that can be judged are right, 0 to 1, those that are known for sure counting more.

    These are of words that source and hypothesis have in common, once each. Of the others, the word with the most
    attention must be one whose attention comes from this word more than from any other.
    """
    right = possible = 0
    for source, hypothesis in zip(sources, hypotheses, strict=True):
        target = group(*tokenizer.locate_decoded(hypothesis.pieces))
        rows = shares(source, target, hypothesis.attention or ())
        if not rows or not source.units:
            continue
        columns = list(zip(*rows, strict=True))
        received = [sum(column) or 1.0 for column in columns]
        same = _same_words(source.texts, target.texts)
        for number, row in enumerate(rows):
            from_target = _largest([share / whole for share, whole in zip(row, received, strict=True)])
            from_source = _largest(columns[_largest(row)])
            known = same.get(number)
            possible += 1 if known is None else _SURE
            if known is None:
                right += from_source == number
            else:
                right += _SURE * (from_target == known and _largest(columns[known]) == number)
    return right / possible if possible else 0.0


def _largest(row: Sequence[float]) -> int:
    return max(range(len(row)), key=row.__getitem__)


def _same_words(source: Sequence[str], target: Sequence[str]) -> dict[int, int]:
    """Return the number in ``source`` of each word of ``target``, by number, that both have just once."""
    once = {word for word, count in Counter(source).items() if count == 1}
    counts = Counter(target)
    return {n: source.index(word) for n, word in enumerate(target) if counts[word] == 1 and word in once}
