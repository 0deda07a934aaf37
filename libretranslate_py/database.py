"""SQLite files: read without a permission to write them, written by several programs at a time."""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

_BUSY_PRIMARY_CODES = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def open_to_read(path: Path, *, wait: float = 5.0) -> sqlite3.Connection:
    """A connection for any thread, used by one at a time; the caller closes it.

    ``wait``: seconds to wait for others that write. Raises sqlite3.Error and OSError (FileNotFoundError, too).
    """
    _demand_file(path)
    try:
        return _connect(path, "mode=ro", wait)
    except sqlite3.OperationalError as error:
        if _is_busy(error):
            raise
        first = error
    # What a killed writer left is cleared up by the next one that may write. And where the folder cannot be written,
    # WAL has no place for its index; without a log the file holds everything, and may be read as if nobody wrote it.
    with suppress(sqlite3.OperationalError):
        return _connect(path, "mode=rw", wait)
    if _is_empty(_beside(path, "-wal")) and _is_empty(_beside(path, "-journal")):
        return _connect(path, "mode=ro&immutable=1", wait)
    raise first


@contextmanager
def writing(path: Path, *, wait: float = 10.0) -> Iterator[sqlite3.Connection]:
    """One transaction: what is done in the block is in the file afterwards, or none of it if the block raises.

    Makes the file (readable for its owner only) and its folder where they are missing. ``wait``: seconds to wait for
    others that write. Raises sqlite3.Error and OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_CLOEXEC", 0), 0o600))
    _demand_file(path)
    with closing(_connect(path, "mode=rw", wait)) as connection:
        # Some file systems refuse it, and another program may be using the file just now; then it stays as it is.
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode=WAL").fetchall()
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")
        # A running server keeps its connection, and with it the log, open. Whoever copies the file, or puts another
        # one in its place, does not think of the log: let it be empty.
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA busy_timeout=1000").fetchall()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def file_marks(path: Path) -> tuple[int, ...]:
    """Numbers that differ when the file was replaced or written. Raises OSError.

    Two changes within a tick of the clock may look the same, and one that is in the log only may do so later.
    """
    found = path.stat()
    marks = [found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns]
    log = _beside(path, "-wal")
    if not _is_empty(log):
        with suppress(FileNotFoundError):
            found = log.stat()
            marks += [found.st_ino, found.st_size, found.st_mtime_ns]
    return tuple(marks)


def explain(path: Path, error: sqlite3.Error | OSError) -> str:
    """Why ``path`` could not be used, as a short clause."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if path.exists() and not os.access(path, os.R_OK):
        return os.strerror(errno.EACCES)
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_READONLY:
        return "it cannot be written"
    return str(error)


def _demand_file(path: Path) -> None:
    # Opening a pipe would wait for whoever writes into it.
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "it is not a file")


def _connect(path: Path, how: str, wait: float) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?{how}"
    connection = sqlite3.connect(uri, uri=True, timeout=wait, isolation_level=None, check_same_thread=False)
    try:
        # Nothing is opened before it is needed.
        connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _is_empty(path: Path) -> bool:
    try:
        return path.stat().st_size == 0
    except FileNotFoundError:
        return True


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _BUSY_PRIMARY_CODES
