"""One program at a time changes a store; reading needs no lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from libretranslate_py.errors import StoreUnwritable
from libretranslate_py.packages.archive import writing

LOCK_FILE = ".lock"


@contextmanager
def locked(folder: Path, timeout: float) -> Iterator[None]:
    """Holds the lock of ``folder``, which is made where it is missing; waits up to ``timeout`` seconds for it.

    Raises StoreUnwritable when the folder cannot be written or another program keeps the lock. The lock of a program
    that was killed is free at once.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK_FILE, timeout=timeout)
    try:
        lock.acquire()
    except Timeout as error:
        reason = f"another program has been changing the folder for more than {timeout:g} seconds"
        raise StoreUnwritable(folder, reason) from error
    except OSError as error:
        raise StoreUnwritable(folder, error.strerror or str(error)) from error
    try:
        yield
    finally:
        lock.release()
