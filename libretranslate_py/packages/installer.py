"""What a person asks for, done with the index, the downloads and the store: install, complete, update, remove.

Nothing here prints. A package that fails is noted and does not keep the others from being installed; an older version
goes only after the newer one is in its place.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from libretranslate_py.errors import CorruptPackage, ProjectError, StoreUnwritable, UnknownPackage
from libretranslate_py.languages import Direction
from libretranslate_py.packages.download import download
from libretranslate_py.packages.downloads import Downloads
from libretranslate_py.packages.index import AvailablePackage, Index, local_path
from libretranslate_py.packages.package import METADATA, Catalogue, Package, folder_name, package_name, version_order
from libretranslate_py.packages.store import Store

logger = logging.getLogger(__name__)

SUFFIX = ".argosmodel"

_NAME = re.compile(r"(translate-)?[A-Za-z0-9-]+(_|->)[A-Za-z0-9-]+|(translate-)?[A-Za-z]+-[A-Za-z]+")


class Progress(Protocol):
    """Told how one download gets on. ``total`` and ``done`` are bytes.

    ``start`` comes again with another ``total`` when another mirror takes over; ``done`` can go back for that reason.
    """

    def start(self, label: str, total: int | None) -> None: ...
    def advance(self, done: int) -> None: ...
    def finish(self) -> None: ...


class LogProgress:
    """A line in the log every ``interval`` seconds, for where no terminal is."""

    def __init__(self, interval: float = 5.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = interval
        self._clock = clock
        self._label = ""
        self._total: int | None = None
        self._done = 0
        self._next = clock() + interval

    def start(self, label: str, total: int | None) -> None:
        self._label, self._total = label, total
        size = "" if total is None else f" ({_megabytes(total)})"
        logger.info("%s: downloading%s", label, size)

    def advance(self, done: int) -> None:
        self._done = done
        if self._clock() < self._next:
            return
        self._next = self._clock() + self._interval
        if self._total:
            share = 100 * done // self._total
            logger.info("%s: %s of %s (%d %%)", self._label, _megabytes(done), _megabytes(self._total), share)
        else:
            logger.info("%s: %s", self._label, _megabytes(done))

    def finish(self) -> None:
        logger.info("%s: %s arrived", self._label, _megabytes(self._done))


@dataclass(frozen=True)
class Failure:
    """``name`` is the package's name or the path that was given."""

    name: str
    error: ProjectError


@dataclass(frozen=True)
class Outcome:
    """What became of each package. ``removed``: older versions, or what was to be removed; ``unchanged``: names."""

    installed: tuple[Package, ...] = ()
    removed: tuple[Package, ...] = ()
    unchanged: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()


@dataclass
class _Tally:
    installed: list[Package] = field(default_factory=list)
    removed: list[Package] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)

    @contextmanager
    def noting(self, name: str) -> Iterator[None]:
        try:
            yield
        except ProjectError as error:
            logger.warning("%s: %s", name, error)
            self.failed.append(Failure(name, error))

    def outcome(self) -> Outcome:
        return Outcome(tuple(self.installed), tuple(self.removed), tuple(self.unchanged), tuple(self.failed))


class Installer:
    """Brings packages into ``store``.

    ``downloads_folder`` keeps what has arrived of a download until it is installed; where it cannot be written, a
    hidden folder in the store does. ``progress_factory`` makes one Progress for each download. ``fetch`` is what
    downloads: ``download`` of this package, or the same with other limits.
    """

    def __init__(
        self,
        store: Store,
        index: Index,
        *,
        downloads_folder: Path,
        progress_factory: Callable[[], Progress] = LogProgress,
        fetch: Callable[..., Path] = download,
    ) -> None:
        self.store = store
        self.index = index
        self._downloads = Downloads(downloads_folder, store.downloads_folder)
        self._progress_factory = progress_factory
        self._fetch = fetch

    def install(self, names: Sequence[str], *, force: bool = False) -> Outcome:
        """Installs what ``names`` name, and removes older versions of the same directions.

        A name is a package of the index (``translate-en_es``, ``en_es``, ``en-es``, ``en->es``), the path of an archive
        or of a folder of archives, or the path of an unpacked package. What is installed in this version or a higher
        one stays unchanged, unless ``force``. Raises UnknownPackage before anything is done, and IndexUnusable where a
        name needs the index and there is none.
        """
        paths = [Path(name).expanduser() for name in names if _is_path(name)]
        wanted = self._look_up([name for name in names if not _is_path(name)])
        tally = _Tally()
        for path in paths:
            with tally.noting(str(path)):
                for archive in _archives(path):
                    self._install_local(archive, tally, force)
        self._install_available(wanted, tally, force)
        return tally.outcome()

    def install_languages(self, codes: Collection[str] | None, *, force: bool = False) -> Outcome:
        """Installs every package of the index between the languages ``codes`` (Argos codes; None: all languages).

        Where nothing is missing, the network is not asked. ``force`` installs all of them anew, except those that are
        installed in a higher version; an ``update`` with ``force`` after that would download everything once more.
        Raises IndexUnusable where something may be missing and there is no index.
        """
        catalogue = self.store.read()
        known = _between(codes, self.index.newest(refresh=False))
        if force or _uncovered(codes, known) or _missing(known, catalogue):
            known = _between(codes, self.index.newest())
        if _uncovered(codes, known):
            logger.warning("the index has no package for these languages: %s", ", ".join(_uncovered(codes, known)))
        wanted = [each for each in known if not _is_behind(each, catalogue)] if force else _missing(known, catalogue)
        tally = _Tally()
        tally.unchanged += [available.name for available in known if available not in wanted]
        self._install_available(wanted, tally, force)
        return tally.outcome()

    def missing(
        self, codes: Collection[str] | None, catalogue: Catalogue, *, refresh: bool = True
    ) -> tuple[AvailablePackage, ...]:
        """The packages of the index between the languages ``codes`` whose directions ``catalogue`` does not serve.

        A direction that only a starter package serves is missing. Raises IndexUnusable.
        """
        return tuple(_missing(_between(codes, self.index.newest(refresh)), catalogue))

    def update(self, codes: Collection[str] | None = None, *, force: bool = False) -> Outcome:
        """Replaces each installed package of which the index has a higher version (with ``force``: the same, too).

        ``codes`` restricts it to the directions between these languages. A package whose newer version fails stays.
        Raises IndexUnusable where there is no index.
        """
        catalogue = self.store.read()
        available = self.index.newest()
        tally = _Tally()
        for direction, package in catalogue.served.items():
            if codes is not None and not {*direction} <= {*codes}:
                continue
            if direction in available and not _is_behind(available[direction], catalogue):
                self._install_available([available[direction]], tally, force)
            else:
                tally.unchanged.append(package.name)
        return tally.outcome()

    def remove(self, names: Sequence[str]) -> Outcome:
        """Removes packages: every version of the direction that a name names, or the one in the folder of this name.

        Raises UnknownPackage before anything is removed.
        """
        packages = self.store.read().packages
        chosen: dict[Path, Package] = {}
        for name in names:
            found = [package for package in packages if name in _spellings(package.direction, package.path.name)]
            if not found:
                raise UnknownPackage(name, tuple(sorted({package.name for package in packages})))
            chosen.update((package.path, package) for package in found)
        tally = _Tally()
        for path, package in chosen.items():
            with tally.noting(path.name):
                self.store.remove(package)
                tally.removed.append(package)
        return tally.outcome()

    def _look_up(self, names: Sequence[str]) -> list[AvailablePackage]:
        if not names:
            return []
        available = self.index.newest()
        by_name = {name: package for package in available.values() for name in _spellings(package.direction)}
        for name in names:
            if name not in by_name:
                raise UnknownPackage(name, tuple(sorted(package.name for package in available.values())))
        return list(dict.fromkeys(by_name[name] for name in names))

    def _install_available(self, wanted: Iterable[AvailablePackage], tally: _Tally, force: bool) -> None:
        for available in wanted:
            with tally.noting(available.name):
                if not force and not _is_newer(available, self.store.read()):
                    tally.unchanged.append(available.name)
                    continue
                if not self.store.writable():
                    raise StoreUnwritable(self.store.folder, "the folder does not allow it")
                with self._downloads.alone(available.name) as folder:
                    # Read again after the wait: another program may have been at the same package.
                    before = self.store.read()
                    if not force and not _is_newer(available, before):
                        tally.unchanged.append(available.name)
                    else:
                        self._settle(self._install_one(available, folder, force), before, tally)

    def _install_one(self, available: AvailablePackage, folder: Path, force: bool) -> Package:
        archive = folder / f"{folder_name(available.direction, available.version)}{SUFFIX}"
        try:
            found = self._obtain(available, archive)
            package = self.store.install(found, force=force, expected=available.direction, keep_newer=True)
        finally:
            archive.unlink(missing_ok=True)
        if version_order(package.version) != version_order(available.version):
            logger.warning(
                "%s: the index promised version %s, the archive holds %s",
                available.name,
                available.version,
                package.version,
            )
        return package

    def _install_local(self, path: Path, tally: _Tally, force: bool) -> None:
        with tally.noting(str(path)):
            before = self.store.read()
            install = self.store.install_folder if path.is_dir() else self.store.install
            self._settle(install(path, force=force, keep_newer=True), before, tally)

    def _settle(self, package: Package, before: Catalogue, tally: _Tally) -> None:
        """Counts what the store answered; what was there before has not been installed now."""
        if package.path in {other.path for other in before.packages}:
            tally.unchanged.append(package.name)
            return
        logger.info("%s %s is installed", package.name, package.version)
        tally.installed.append(package)
        tally.removed += self.store.remove_older(package)
        served = self.store.read().served.get(package.direction)
        if served is not None and version_order(served.version) > version_order(package.version):
            logger.warning(
                "%s: version %s goes before it; remove that to use %s", package.name, served.version, package.version
            )

    def _obtain(self, available: AvailablePackage, archive: Path) -> Path:
        """The archive: downloaded to ``archive``, or where it lies when the index is a folder of this machine."""
        local = [local_path(link) for link in available.links if link.startswith("file:")]
        for path in local:
            if path.is_file():
                _demand_checksum(path, available.sha256)
                return path
        report = _Report(available.name, self._progress_factory)
        try:
            return self._fetch(available.links, archive, sha256=available.sha256, progress=report)
        finally:
            report.finish()


class _Report:
    """Passes what a download tells on to a Progress, which is made once something arrives."""

    def __init__(self, label: str, factory: Callable[[], Progress]) -> None:
        self._label = label
        self._factory = factory
        self._progress: Progress | None = None
        self._total: int | None = None

    def __call__(self, done: int, total: int | None) -> None:
        if self._progress is None:
            self._progress = self._factory()
            self._progress.start(self._label, total)
        elif total != self._total:
            self._progress.start(self._label, total)
        self._total = total
        self._progress.advance(done)

    def finish(self) -> None:
        if self._progress is not None:
            self._progress.finish()


def _is_path(name: str) -> bool:
    if "/" in name or os.sep in name or name.endswith(SUFFIX):
        return True
    return _NAME.fullmatch(name) is None and Path(name).exists()


def _archives(path: Path) -> list[Path]:
    """The archives in a folder; an archive, or the folder of an unpacked package, by itself."""
    if not path.is_dir() or (path / METADATA).is_file():
        return [path]
    found = sorted(path.glob(f"*{SUFFIX}"))
    if not found:
        raise CorruptPackage(path, f"the folder holds no {SUFFIX} file")
    return found


def _spellings(direction: Direction, *others: str) -> set[str]:
    source, target = direction
    return {package_name(direction), f"{source}_{target}", f"{source}-{target}", f"{source}->{target}", *others}


def _between(codes: Collection[str] | None, available: Mapping[Direction, AvailablePackage]) -> list[AvailablePackage]:
    return [package for package in available.values() if codes is None or {*package.direction} <= {*codes}]


def _uncovered(codes: Collection[str] | None, known: Sequence[AvailablePackage]) -> list[str]:
    covered = {code for package in known for code in package.direction}
    return sorted({*(codes or ())} - covered)


def _missing(known: Sequence[AvailablePackage], catalogue: Catalogue) -> list[AvailablePackage]:
    full_size = {direction for direction, package in catalogue.served.items() if not package.starter}
    return [available for available in known if available.direction not in full_size]


def _is_newer(available: AvailablePackage, catalogue: Catalogue) -> bool:
    installed = catalogue.served.get(available.direction)
    return installed is None or version_order(available.version) > version_order(installed.version)


def _is_behind(available: AvailablePackage, catalogue: Catalogue) -> bool:
    installed = catalogue.served.get(available.direction)
    return installed is not None and version_order(installed.version) > version_order(available.version)


def _demand_checksum(path: Path, sha256: str | None) -> None:
    if sha256 is None:
        return
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CorruptPackage(path, f"it cannot be read: {error.strerror or error}") from error
    if found != sha256:
        raise CorruptPackage(path, f"its SHA-256 is {found} instead of {sha256}")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
