"""The wiring: from settings to the objects that do the work. Below this, everything takes plain values."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from libretranslate_py.detection import Detector
from libretranslate_py.documents.files import Files
from libretranslate_py.documents.formats import FORMATS
from libretranslate_py.documents.results import Results, results_folder
from libretranslate_py.engine.calibration import Calibration
from libretranslate_py.engine.check import check_package
from libretranslate_py.engine.engine import Engine, RunnableModel
from libretranslate_py.engine.figures import engine_figures
from libretranslate_py.engine.memory import keep_buffers, return_free_memory
from libretranslate_py.engine.model import choose_settings
from libretranslate_py.engine.pool import Pool
from libretranslate_py.engine.tokenizer import load_tokenizer
from libretranslate_py.errors import CorruptPackage, ProjectError, TranslationFailed
from libretranslate_py.figures import Figure
from libretranslate_py.glossaries import Glossaries, glossaries_folder
from libretranslate_py.packages.index import Index
from libretranslate_py.packages.installer import Installer, LogProgress, Progress
from libretranslate_py.packages.package import Catalogue, Package
from libretranslate_py.packages.paths import index_file, packages_folder
from libretranslate_py.packages.store import Store
from libretranslate_py.services_access import Access, build_access
from libretranslate_py.settings import Settings
from libretranslate_py.translator import Translator

log = logging.getLogger(__name__)

STARTER_FOLDER = Path(__file__).parent / "packages" / "starter"

# Sentences in one batch, by device: beyond this, more of them are hardly faster, take more memory (each keeps the odds
# of every word for every hypothesis), and make the next request wait longer.
_MAX_BATCH = {"cpu": 64, "cuda": 128}
# Seconds between two looks at the packages folder; a change is taken up when two looks agree.
_WATCH_SECONDS = 1.0
# Seconds without a finished batch after which the memory of the last ones is given back.
_IDLE_SECONDS = 0.25
_MEGABYTE = 1024 * 1024


def build_store(settings: Settings, environ: Mapping[str, str]) -> Store:
    """The store of installed packages; nothing is read or made yet."""
    folder = packages_folder(settings.packages_dir, environ)
    return Store(folder, check=check_package, starter_folder=None if settings.no_starter else STARTER_FOLDER)


def build_installer(
    settings: Settings,
    store: Store,
    environ: Mapping[str, str],
    progress_factory: Callable[[], Progress] = LogProgress,
) -> Installer:
    """What brings packages of the index into ``store``."""
    index = Index(settings.index_url, index_file(environ))
    downloads = index_file(environ).parent / "downloads"
    return Installer(store, index, downloads_folder=downloads, progress_factory=progress_factory)


@dataclass(frozen=True)
class _StartPlan:
    """What to do about packages once the server answers requests."""

    codes: Collection[str] | None
    update: bool
    force: bool
    preload: Collection[tuple[str, str]] | str


class Shelf:
    """What is served now: the packages of the store, and starters lent by the program where nothing better is there.

    Starters are lent to an empty store that never held packages, and, with ``codes``, for each direction between these
    languages that the store lacks.
    """

    def __init__(self, store: Store, codes: Collection[str] | None) -> None:
        self._store = store
        self._codes = codes
        self._broken: frozenset[Path] = frozenset()

    def read(self) -> Catalogue:
        """The catalogue to serve from, as it is on disk at this moment."""
        whole = self._store.read()
        found = Catalogue(tuple(p for p in whole.packages if p.path not in self._broken), whole.problems)
        if self._codes is not None:
            found = found.restricted_to(self._codes)
        return Catalogue((*found.packages, *self._lent(whole, found)), found.problems)

    def serves(self, path: Path) -> bool:
        """Whether the package in ``path`` has not been set aside."""
        return path not in self._broken

    def set_aside(self, path: Path) -> None:
        """The package in ``path`` turned out to be unusable: it is not served again until ``reconsider``."""
        self._broken |= {path}

    def reconsider(self) -> None:
        """Something changed on disk: what was unusable may have been repaired."""
        self._broken = frozenset()

    def _lent(self, whole: Catalogue, found: Catalogue) -> list[Package]:
        starters = self._store.starters()
        if starters.incomplete:
            return []
        if self._codes is not None:
            starters = starters.restricted_to(self._codes)
        elif self._store.held_packages() or whole.packages or any(p.path != self._store.folder for p in whole.problems):
            return []
        return [package for direction, package in starters.served.items() if direction not in found.served]


class Services:
    """Everything that answers requests, and the threads that keep it up to date. Made by ``build``."""

    def __init__(
        self,
        store: Store,
        installer: Installer,
        engine: Engine,
        shelf: Shelf,
        glossaries: Glossaries,
        access: Access,
        results: Results,
        beam_size: int,
        plan: _StartPlan,
    ) -> None:
        self._store = store
        self._installer = installer
        self._engine = engine
        self._shelf = shelf
        self.glossaries = glossaries
        self.access = access
        self._plan = plan
        self._check = check_package
        self._vouched: set[Path] = set()
        self._doubting = threading.Lock()
        self._reloading = threading.Lock()
        self._stopped = threading.Event()
        self._catalogue = shelf.read()
        self.translator = Translator(
            engine,
            Detector(),
            self._catalogue,
            beam_size=beam_size,
            on_failure=self._doubt,
            not_ready=_reason_to_wait(plan.codes),
        )
        self.files = Files(self.translator, results, FORMATS)

    def start(self) -> None:
        """Starts what goes on beside the requests: installing, updating, preloading, watching the packages folder."""
        seen = self._store.fingerprint()
        self.files.start()
        threading.Thread(target=self._prepare, name="packages", daemon=True).start()
        threading.Thread(target=self._watch, args=(seen,), name="watch", daemon=True).start()

    def stop(self) -> None:
        """Answers every waiting sentence with Stopping."""
        log.info("stopping")
        self._stopped.set()
        self.files.close()
        self.translator.close()
        self._engine.close()
        self.access.close()

    def reload(self) -> bool:
        """Takes up what was installed, updated or removed; requests in flight end with what they began with.

        False when the packages cannot be read at the moment: what was served goes on being served.
        """
        self._shelf.reconsider()
        self._vouched.clear()
        complete = self._adopt()
        self._preload()
        return complete

    def figures(self) -> list[Figure]:
        """What there is to watch about the work."""
        return [*engine_figures(self._engine), *self.files.figures()]

    def _adopt(self) -> bool:
        """Serves what is on disk; False when that could not be read and must be tried again."""
        with self._reloading:
            catalogue = self._shelf.read()
            if catalogue.incomplete and self._catalogue.served:
                # Too many open files, say: what could not be read is not gone.
                log.warning("the packages cannot all be read at the moment; serving what was there")
                return False
            if catalogue == self._catalogue:
                return True
            _log_changes(self._catalogue, catalogue)
            self._catalogue = catalogue
            self.translator.use(catalogue)
        self._engine.pool.retain(catalogue.packages)
        return True

    def _doubt(self, error: CorruptPackage | TranslationFailed) -> None:
        """A package failed a request: it is set aside when it fails the check as well, or is gone.

        What it met may have been the moment's (no memory, too many open files): then it goes on being served.
        """
        path = error.path
        if path is None:
            return
        with self._doubting:
            if path.exists() and path not in self._vouched and self._shelf.serves(path):
                try:
                    self._check(path)
                    self._vouched.add(path)
                    log.warning("%s; the package passes its check and is served on", error)
                except CorruptPackage as confirmed:
                    log.warning("%s; it is not served any more", confirmed)
                    self._shelf.set_aside(path)
                except OSError as failure:
                    log.warning("%s; the package could not be checked: %s", error, failure)
            self._adopt()

    def _watch(self, adopted: object) -> None:
        before = adopted
        batches = trimmed = self._engine.batcher.batches
        looked = time.monotonic()
        while not self._stopped.wait(_IDLE_SECONDS):
            # A batch may run longer than this: it must find its buffers where they are.
            if self._engine.batcher.batches == batches != trimmed and self._engine.batcher.idle():
                return_free_memory()
                trimmed = batches
            batches = self._engine.batcher.batches
            if time.monotonic() - looked < _WATCH_SECONDS:
                continue
            looked = time.monotonic()
            self._engine.pool.sweep()
            now = self._store.fingerprint()
            if now == before and now != adopted and self._guarded("taking up the packages", self.reload) is not False:
                adopted = now
            before = now

    def _prepare(self) -> None:
        """Gets the packages that were asked for, one step after the other; a step that fails leaves what is there."""
        for step in (self._preload, self._install_starters, self._install_missing, self._update, self._preload):
            self._guarded("getting the packages", step)
        if self._plan.codes is not None:
            served = {code for direction in self._catalogue.served for code in direction}
            if lacking := sorted(set(self._plan.codes) - served):
                log.warning("--load-only: no installed package translates %s", ", ".join(lacking))
        _log_starters(self._catalogue)

    def _guarded(self, what: str, step: Callable[[], bool | None]) -> bool | None:
        try:
            return step()
        except ProjectError as error:
            log.warning("%s; serving what is installed", error)
        except Exception:
            # These threads must outlive whatever a step meets: nobody would look after the packages any more.
            log.exception("%s failed; serving what is installed", what)
        return None

    def _install_starters(self) -> None:
        lent = {p.direction for p in self._catalogue.packages if p.starter and p.path.parent != self._store.folder}
        if lent:
            self._store.install_starters(lent)
            self._adopt()
        if self._store.read().packages:
            self._store.mark_held()

    def _install_missing(self) -> None:
        if self._plan.codes is not None:
            self._installer.install_languages(self._plan.codes, force=self._plan.force)
            self._adopt()

    def _update(self) -> None:
        plan = self._plan
        # With languages named, force has installed all of their packages anew by now.
        if plan.update or (plan.force and plan.codes is None):
            self._installer.update(plan.codes, force=plan.force and plan.codes is None)
            self._adopt()

    def _preload(self) -> None:
        wanted = self._plan.preload
        for direction, package in self._catalogue.served.items():
            if wanted == "all" or direction in wanted:
                try:
                    with self._engine.pool.pin(package), self._engine.pool.lease(package):
                        pass
                except CorruptPackage as error:
                    self._doubt(error)


def build(settings: Settings, environ: Mapping[str, str]) -> Services:
    """All services for ``settings``; ``environ`` tells where the home folders are. Loads no model yet.

    Raises KeysUnusable, SuggestionsUnusable, ResultsUnwritable, SettingsError.
    """
    access = build_access(settings)
    keep_buffers()
    store = build_store(settings, environ)
    codes = settings.load_only or None
    model_settings = choose_settings(
        settings.device, settings.compute_type, settings.inter_threads, settings.intra_threads
    )
    calibration = Calibration(index_file(environ).parent / "alignments.json", model_settings)
    pool: Pool[RunnableModel] = Pool(
        calibration.load,
        load_tokenizer,
        memory_limit=settings.memory_limit * _MEGABYTE,
        idle_unload=settings.idle_unload,
    )
    engine = Engine(
        pool,
        workers=model_settings.inter_threads,
        max_batch=_MAX_BATCH[model_settings.device],
        max_requests=2 * settings.queue_limit,
        cache_bytes=settings.sentence_cache * _MEGABYTE,
        calibrator=calibration,
    )
    plan = _StartPlan(codes, settings.update_models, settings.force_update_models, settings.preload)
    installer = build_installer(settings, store, environ)
    glossaries = Glossaries(glossaries_folder(settings.glossaries_dir, environ))
    results = Results(results_folder(settings.files_dir, environ), 60 * settings.files_expiry)
    if settings.files_dir:
        # Whoever names a folder means that one, and no other in its place.
        results.check()
    shelf = Shelf(store, codes)
    return Services(store, installer, engine, shelf, glossaries, access, results, settings.beam_size, plan)


def _reason_to_wait(codes: Collection[str] | None) -> str:
    if codes is None:
        return "No language package is installed yet."
    return f"No installed language package translates between the languages of --load-only: {', '.join(sorted(codes))}."


def _log_changes(before: Catalogue, after: Catalogue) -> None:
    old, new = set(before.served.values()), set(after.served.values())
    for package in sorted(new - old, key=lambda p: p.direction):
        log.info("now serving %s %s", package.name, package.version)
    for direction in sorted(before.served.keys() - after.served.keys()):
        log.info("no longer serving %s", direction)
    for problem in set(after.problems) - set(before.problems):
        log.warning("%s is not a usable package: %s", problem.path, problem.reason)


def _log_starters(catalogue: Catalogue) -> None:
    starters = sorted(package.name for package in catalogue.served.values() if package.starter)
    if starters:
        log.info(
            "%s: small starter packages, good for short everyday sentences only; "
            "'ltmanage models update' replaces them by full-size ones",
            ", ".join(starters),
        )
