"""The folder where archives wait, whole or in part, until they are installed."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from libretranslate_py.packages.archive import writing
from libretranslate_py.packages.download import remove_old_parts

logger = logging.getLogger(__name__)

PART_DAYS = 14.0


class Downloads:
    """The downloads of one installer.

    They go to ``folder``, or to the one that ``make_other`` makes where ``folder`` cannot be written. Part files that
    nobody comes back for are removed after two weeks.
    """

    def __init__(self, folder: Path, make_other: Callable[[], Path]) -> None:
        self._folder = folder
        self._make_other = make_other
        self._told = False

    @contextmanager
    def alone(self, name: str) -> Iterator[Path]:
        """The folder, while no other program or thread downloads the package ``name`` to it.

        Raises StoreUnwritable where there is no folder for downloads.
        """
        folder = self._choose()
        with writing(folder):
            remove_old_parts(folder, days=PART_DAYS)
            lock = FileLock(folder / f"{name}.lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                logger.info("%s is being installed by another program; waiting for it", name)
                lock.acquire()
        try:
            yield folder
        finally:
            lock.release()

    def _choose(self) -> Path:
        try:
            _demand_writable(self._folder)
        except OSError as error:
            reason = error.strerror or error
        else:
            return self._folder
        other = self._make_other()
        with writing(other):
            _demand_writable(other)
        if not self._told:
            self._told = True
            logger.info("downloads go to %s, because %s cannot be written: %s", other, self._folder, reason)
        return other


def _demand_writable(folder: Path) -> None:
    # Rights alone do not tell: the file system may be read-only, or the user may be another than the files say.
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass
