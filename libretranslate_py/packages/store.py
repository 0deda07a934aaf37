"""The folder of installed packages, shared with Argos Translate, and everything that changes it.

A change is got ready in a hidden staging folder and becomes visible by one rename, so a program that is killed at any
moment leaves the store as it was or as it should become. Every version gets a folder name of its own.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from libretranslate_py.errors import CorruptPackage, StoreUnwritable
from libretranslate_py.languages import Direction
from libretranslate_py.packages.archive import Limits, unpack, writing
from libretranslate_py.packages.lock import locked
from libretranslate_py.packages.package import (
    METADATA,
    Catalogue,
    Package,
    demand_version,
    folder_name,
    read_folders,
    read_package,
    split_revision,
    version_order,
)
from libretranslate_py.packages.staging import Staging, copy_folder, sync, sync_tree

logger = logging.getLogger(__name__)

DOWNLOADS_FOLDER = ".downloads"
HELD_FILE = ".held-packages"

_HELD_TEXT = "This folder once held packages: the starter packages are not installed into it any more.\n"
_WATCHED = (
    "",
    METADATA,
    "sentencepiece.model",
    "bpe.model",
    "model",
    "model/model.bin",
    "model/config.json",
    *(f"model/{side}_vocabulary.{form}" for side in ("shared", "source", "target") for form in ("json", "txt")),
)


class Store:
    """The packages in one folder. Safe to use from several threads and several processes at once."""

    def __init__(
        self,
        folder: Path,
        *,
        check: Callable[[Path], None],
        starter_folder: Path | None = None,
        limits: Limits | None = None,
        lock_timeout: float = 600.0,
    ) -> None:
        """Nothing is read or made yet; ``folder`` need not exist.

        ``check`` is called with the folder of a package before it becomes visible; it loads the model, translates a
        sentence and raises CorruptPackage. ``starter_folder`` holds the packages that come with the program, unpacked.
        A change waits up to ``lock_timeout`` seconds for another program that changes the store.
        """
        self.folder = folder
        self.starter_folder = starter_folder
        self._check = check
        self._limits = limits or Limits()
        self._lock_timeout = lock_timeout

    # --- looking --------------------------------------------------------------------------------------------------

    def read(self) -> Catalogue:
        """What the store holds now. Never raises: what is damaged or unreadable is among the problems.

        Models are not loaded; see verify. Look at ``incomplete`` before taking it for all that there is.
        """
        starters = self.starters()
        catalogue = read_folders(self.folder, _marker(starters))
        # Without the starters nobody knows which of the packages are such.
        unknown = tuple(problem for problem in starters.problems if problem.transient)
        return Catalogue(catalogue.packages, catalogue.problems + unknown)

    def starters(self) -> Catalogue:
        """The packages that come with the program, where they lie: to serve from when the store cannot be written."""
        if self.starter_folder is None:
            return Catalogue()
        return read_folders(self.starter_folder, lambda package: replace(package, starter=True))

    def fingerprint(self) -> tuple[tuple[object, ...], ...]:
        """A cheap look, to be compared with the one before: it differs whenever the files behind read do.

        While another program unpacks straight into the store it differs at every look; wait for two equal ones.
        """
        try:
            paths = sorted(path for path in self.folder.iterdir() if not path.name.startswith("."))
        except OSError as error:
            return ((error.errno,),)
        return tuple((path.name, *(_look(path, part) for part in _WATCHED)) for path in paths)

    def writable(self) -> bool:
        """Whether packages could be installed; changes nothing. A full disk is not noticed."""
        path = self.folder
        while not os.path.lexists(path) and path != path.parent:
            path = path.parent
        return path.is_dir() and os.access(path, os.W_OK | os.X_OK)

    def verify(self) -> list[tuple[Path, str | None]]:
        """Checks every package as an install does: each folder with the reason why it is unusable, None if it is not.

        Loads one model after the other: seconds for each.
        """
        catalogue = self.read()
        reports: list[tuple[Path, str | None]] = [(problem.path, problem.reason) for problem in catalogue.problems]
        reports += [(package.path, self._fault(package)) for package in catalogue.packages]
        return sorted(reports, key=lambda report: report[0])

    def held_packages(self) -> bool:
        """Whether this store is known to have held packages at some time."""
        return os.path.lexists(self.folder / HELD_FILE)

    def mark_held(self) -> None:
        """Notes that the store held packages, so that starters never come to it by themselves again.

        A store that cannot be written stays unmarked: no starter can come to it either.
        """
        if not self.held_packages():
            with suppress(OSError):
                (self.folder / HELD_FILE).write_text(_HELD_TEXT, encoding="utf-8")

    # --- changing -------------------------------------------------------------------------------------------------

    def install(
        self, archive: Path, *, force: bool = False, expected: Direction | None = None, keep_newer: bool = False
    ) -> Package:
        """Installs a package archive and returns the package as installed.

        A version that is installed and passes the check is returned as it is, unless ``force``; one that fails it is
        replaced. With ``keep_newer`` that holds for a higher version, too. Other versions of the direction stay, see
        remove_older. Raises CorruptPackage when the archive or its model is damaged, has no proper version, or
        translates another direction than ``expected``, and StoreUnwritable; the store is then as before.
        """
        with self._changing() as staging:
            staged = unpack(archive, staging.slot(), self._limits)
            return self._adopt(staging, staged, archive, _Terms(force, expected, keep_newer))

    def install_folder(
        self, folder: Path, *, force: bool = False, expected: Direction | None = None, keep_newer: bool = False
    ) -> Package:
        """As install, for a package that lies unpacked in ``folder``."""
        with self._changing() as staging:
            staged = copy_folder(folder, staging.slot())
            return self._adopt(staging, staged, folder, _Terms(force, expected, keep_newer))

    def install_starters(self, directions: Collection[Direction] | None = None) -> list[Package]:
        """Installs starter packages and returns those that were installed.

        With ``directions``: those of them that no installed package serves, whatever the store held before. Without:
        all, but only into a store that has no package and never held one, so removed starters do not come back.
        Their models are not checked. Raises StoreUnwritable, also where the store cannot be read at the moment.
        """
        available = self.starters().served
        with self._changing() as staging:
            found = self.read()
            if found.incomplete:
                raise StoreUnwritable(self.folder, "what it holds cannot be read at the moment")
            installed = found.served
            if directions is None:
                wanted = [] if installed or self.held_packages() else list(available)
            else:
                wanted = [
                    direction for direction in available if direction in directions and direction not in installed
                ]
            staged = [read_package(copy_folder(available[each].path, staging.slot())) for each in sorted(wanted)]
            with writing(self.folder):
                for package in staged:
                    sync_tree(package.path)
            # All are ready before the first is seen: hardly a moment in which a kill leaves some of them.
            packages = [replace(each, path=self._publish(each.path, each, 1), starter=True) for each in staged]
            if packages:
                self.mark_held()
            return packages

    def remove(self, package: Package) -> None:
        """Removes one package; nothing happens when it is gone already.

        Raises StoreUnwritable, also for a package that lies elsewhere, such as a starter served from the program.
        """
        if package.path.parent != self.folder:
            raise StoreUnwritable(package.path, f"it does not lie in {self.folder}")
        with self._changing(only_to_delete=True) as staging:
            self.mark_held()
            self._discard(staging, [package.path])

    def remove_older(self, package: Package) -> list[Package]:
        """Removes every package of the same direction that ``package`` goes before; returns them."""
        with self._changing(only_to_delete=True) as staging:
            older = [
                other
                for other in self.read().packages
                if other.direction == package.direction and other.order < package.order
            ]
            self.mark_held()
            self._discard(staging, [other.path for other in older])
            return older

    def downloads_folder(self) -> Path:
        """A hidden folder in the store for downloads, made where it is missing; for when there is no better place.

        It stays, and neither ``read`` nor Argos Translate takes it for a package. Raises StoreUnwritable.
        """
        with locked(self.folder, self._lock_timeout):
            return Staging(self.folder, DOWNLOADS_FOLDER).keep()

    def clean(self) -> None:
        """Removes what killed installs left; every change begins with this anyway. Raises StoreUnwritable."""
        with self._changing(only_to_delete=True):
            pass

    @contextmanager
    def _changing(self, *, only_to_delete: bool = False) -> Iterator[Staging]:
        with locked(self.folder, self._lock_timeout):
            staging = Staging(self.folder)
            staging.open(only_to_delete=only_to_delete)
            try:
                self._finish_replacements(staging)
                yield staging
            finally:
                staging.close()

    def _finish_replacements(self, staging: Staging) -> None:
        """Removes packages behind a later ``-rN`` folder of the same version: its install was killed at the end."""
        packages = self.read().packages

        def key(package: Package) -> tuple[object, ...]:
            return package.direction, version_order(package.version), split_revision(package.path.name)[0]

        latest: dict[tuple[object, ...], int] = {}
        for package in packages:
            latest[key(package)] = max(latest.get(key(package), 0), package.revision)
        behind = [package.path for package in packages if package.revision < latest[key(package)]]
        self._discard(staging, behind)

    def _adopt(self, staging: Staging, staged: Path, origin: Path, terms: _Terms) -> Package:
        try:
            package = read_package(staged)
            terms.demand(package)
            kept = None if terms.force else self._good_enough(package, terms.keep_newer)
            if kept is not None:
                self.mark_held()
                return kept
            self._check(staged)
        except CorruptPackage as error:
            raise CorruptPackage(origin, error.reason) from error
        with writing(self.folder):
            sync_tree(staged)
        replaced = {other.path for other in self._of_version(package)} | set(self._namesakes(package))
        revisions = [split_revision(path.name)[1] for path in replaced]
        path = self._publish(staged, package, max(revisions, default=0) + 1)
        self.mark_held()
        self._discard(staging, sorted(replaced))
        return _marker(self.starters())(replace(package, path=path))

    def _of_version(self, package: Package) -> list[Package]:
        """What is installed in the direction and version of ``package``, in any spelling of it."""
        version = version_order(package.version)
        return [
            other
            for other in self.read().packages
            if other.direction == package.direction and version_order(other.version) == version
        ]

    def _good_enough(self, package: Package, keep_newer: bool) -> Package | None:
        """What is installed, passes the check, and makes it needless to install ``package``."""
        same = self._of_version(package)
        if same and self._fault(same[-1]) is None:
            return same[-1]
        served = self.read().served.get(package.direction)
        if not keep_newer or served is None or version_order(served.version) <= version_order(package.version):
            return None
        if self._fault(served) is not None:
            return None
        logger.warning("%s %s stays: version %s is older", served.name, served.version, package.version)
        return served

    def _publish(self, staged: Path, package: Package, revision: int) -> Path:
        """Makes a package visible under the first free folder name from ``revision`` on."""
        with writing(self.folder):
            while True:
                path = self.folder / folder_name(package.direction, package.version, revision)
                revision += 1
                if os.path.lexists(path):
                    continue
                try:
                    staged.rename(path)
                except OSError:
                    # Argos Translate does not know the lock: it may just have taken this name.
                    if os.path.lexists(path):
                        continue
                    raise
                sync(self.folder)
                return path

    def _namesakes(self, package: Package) -> Iterator[Path]:
        """Folders of any revision of this version's name that hold no package: they are in the way and no use."""
        stem = folder_name(package.direction, package.version)
        for problem in self.read().problems:
            if split_revision(problem.path.name)[0] == stem:
                yield problem.path

    def _discard(self, staging: Staging, paths: Sequence[Path]) -> None:
        for path in paths:
            staging.discard(path)
        if paths:
            with writing(self.folder):
                sync(self.folder)

    def _fault(self, package: Package) -> str | None:
        try:
            self._check(package.path)
        except CorruptPackage as error:
            return error.reason
        return None


@dataclass(frozen=True)
class _Terms:
    """On which a package is let into the store; see Store.install."""

    force: bool
    expected: Direction | None
    keep_newer: bool

    def demand(self, package: Package) -> None:
        demand_version(package)
        if self.expected not in (None, package.direction):
            raise CorruptPackage(package.path, f"it translates {package.direction} instead of {self.expected}")


def _marker(starters: Catalogue) -> Callable[[Package], Package]:
    def mark(package: Package) -> Package:
        starter = starters.served.get(package.direction)
        return replace(package, starter=starter is not None and starter.version == package.version)

    return mark


def _look(folder: Path, part: str) -> tuple[int, ...]:
    try:
        # A Path for each of the many files would take most of the time.
        status = os.stat(f"{folder}/{part}")  # noqa: PTH116
    except OSError as error:
        return (error.errno or 0,)
    return status.st_ino, status.st_size, status.st_mtime_ns
