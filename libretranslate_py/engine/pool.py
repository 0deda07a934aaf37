"""The loaded models: lent out, never handed over."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from libretranslate_py.engine.tokenizer import Tokenizer
from libretranslate_py.packages.package import Package

log = logging.getLogger(__name__)


class LoadedModel(Protocol):
    """What the pool needs of a model."""

    @property
    def bytes(self) -> int: ...

    def unload(self) -> None: ...


ModelT = TypeVar("ModelT", bound=LoadedModel)


@dataclass(eq=False)
class _Pins:
    """Requests that hold a package, whichever of its models they meet."""

    count: int = 0


@dataclass(eq=False)
class _Entry(Generic[ModelT]):
    """One package that was asked for. ``loading`` is held while its model loads, so that it loads once."""

    package: Package
    loading: threading.Lock = field(default_factory=threading.Lock)
    model: ModelT | None = None
    tokenizer: Tokenizer | None = None
    leases: int = 0
    pins: _Pins = field(default_factory=lambda: _Pins())
    retired: bool = False
    last_used: float = 0.0


class Pool(Generic[ModelT]):
    """Loads models when they are first needed and unloads the least recently used ones.

    load, load_tokenizer: called outside the pool's lock; they raise CorruptPackage.
    memory_limit: bytes of weights to keep at most, 0 = no bound. A model on lease is never unloaded, so with a limit
    below what the running batches need, that much stays loaded all the same.
    idle_unload: seconds without a lease after which ``sweep`` unloads a model, 0 = never.
    """

    def __init__(
        self,
        load: Callable[[Package], ModelT],
        load_tokenizer: Callable[[Package], Tokenizer],
        *,
        memory_limit: int = 0,
        idle_unload: float = 0,
    ) -> None:
        self._load = load
        self._load_tokenizer = load_tokenizer
        self._memory_limit = memory_limit
        self._idle_unload = idle_unload
        self._lock = threading.Lock()
        self._entries: dict[Path, _Entry[ModelT]] = {}
        self._kept: frozenset[Path] | None = None

    @contextmanager
    def pin(self, package: Package) -> Iterator[Tokenizer]:
        """Held by a request for as long as it needs the package: its tokenizer, and the promise not to retire it."""
        entry = self._hold(package, pins=1)
        try:
            with entry.loading:
                if entry.tokenizer is None:
                    entry.tokenizer = self._load_tokenizer(package)
            yield entry.tokenizer
        finally:
            self._let_go(entry, pins=1)

    @contextmanager
    def lease(self, package: Package) -> Iterator[ModelT]:
        """Held by a worker while it decodes a batch. Loads the model when it is not loaded, once however many ask."""
        entry = self._hold(package, leases=1)
        try:
            with entry.loading:
                if entry.model is None:
                    entry.model = self._load_model(package)
                model = entry.model
            self._keep_to_limit()
            yield model
        finally:
            self._let_go(entry, leases=1)

    def retain(self, packages: Collection[Package]) -> None:
        """Unloads all models but those of ``packages``; one that a request still uses goes when the request ends."""
        with self._lock:
            self._kept = frozenset(package.path for package in packages)
            for path, entry in self._entries.items():
                entry.retired = path not in self._kept
        self._unload([entry for entry in self._idle_entries() if entry.retired], forget=True)

    def renew(self, package: Package) -> None:
        """The model of ``package``, loaded or loading, is not as it should be: batches from now on get another one.

        It is unloaded at once, or when the batches that run on it have ended.
        """
        with self._lock:
            old = self._entries.get(package.path)
            if old is None or old.package != package or (old.model is None and not old.leases):
                return
            self._entries[package.path] = _Entry(package, tokenizer=old.tokenizer, pins=old.pins, retired=old.retired)
            old.retired = True
        self._unload([old])

    def sweep(self) -> None:
        """Unloads what has been idle for too long; called every few seconds by the owner."""
        if self._idle_unload:
            before = time.monotonic() - self._idle_unload
            self._unload([entry for entry in self._idle_entries() if entry.last_used < before])

    def loaded(self) -> list[tuple[Package, int]]:
        """The packages whose models are loaded, with the bytes of their weights."""
        with self._lock:
            return [(entry.package, entry.model.bytes) for entry in self._entries.values() if entry.model]

    def _load_model(self, package: Package) -> ModelT:
        started = time.monotonic()
        model = self._load(package)
        log.info("loaded %s %s in %.0f ms", package.name, package.version, 1000 * (time.monotonic() - started))
        return model

    def _hold(self, package: Package, *, leases: int = 0, pins: int = 0) -> _Entry[ModelT]:
        with self._lock:
            entry = self._entries.get(package.path)
            if entry is None or entry.package != package:
                retired = self._kept is not None and package.path not in self._kept
                entry = self._entries[package.path] = _Entry(package, retired=retired)
            entry.leases += leases
            entry.pins.count += pins
            entry.last_used = time.monotonic()
            return entry

    def _let_go(self, entry: _Entry[ModelT], *, leases: int = 0, pins: int = 0) -> None:
        with self._lock:
            entry.leases -= leases
            entry.pins.count -= pins
            entry.last_used = time.monotonic()
            # The one that has come in its place meanwhile was held by the same pins.
            held = {id(one): one for one in (entry, self._entries.get(entry.package.path)) if one}.values()
            unused = [one for one in held if one.retired and not one.leases and not one.pins.count]
        if unused:
            self._unload(unused, forget=True)

    def _idle_entries(self) -> list[_Entry[ModelT]]:
        with self._lock:
            return [entry for entry in self._entries.values() if not entry.leases and not entry.pins.count]

    def _keep_to_limit(self) -> None:
        if not self._memory_limit:
            return
        with self._lock:
            loaded = [entry for entry in self._entries.values() if entry.model]
            excess = sum(entry.model.bytes for entry in loaded if entry.model) - self._memory_limit
            # A leased model may not go, a batch is running on it. A pinned one may, if its request can load it again.
            free = [e for e in loaded if not e.leases and not (e.pins.count and e.retired)]
            free.sort(key=lambda e: (e.pins.count > 0, e.last_used))
            victims = []
            for entry in free:
                if excess <= 0:
                    break
                victims.append(entry)
                excess -= entry.model.bytes if entry.model else 0
        self._unload(victims)

    def _unload(self, entries: list[_Entry[ModelT]], *, forget: bool = False) -> None:
        for entry in entries:
            with entry.loading, self._lock:
                if entry.leases:
                    continue
                model, entry.model = entry.model, None
                if forget and not entry.pins.count and self._entries.get(entry.package.path) is entry:
                    del self._entries[entry.package.path]
            if model is not None:
                model.unload()
                log.info("unloaded %s %s", entry.package.name, entry.package.version)
