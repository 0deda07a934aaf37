"""Files that are kept for a while: translated ones, and what is known about jobs. One folder, nothing but files in it.

The time at which a file expires is its modification time, so it holds for every server that looks into the folder, and
after a restart.
"""

from __future__ import annotations

import logging
import os
import re
import stat
import tempfile
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from uuid import uuid4

from libretranslate_py.errors import ResultsUnwritable, UnknownFile

log = logging.getLogger(__name__)

_MOST_BYTES = 2 * 1024**3
_LONGEST_STEM = 100
# Seconds between two looks through the whole folder for the sake of space.
_SWEEP_EVERY = 10.0
# An unfinished file is that of a killed process when it is older than this (seconds) and than the time to live.
_UNFINISHED = 60.0

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_RESULT = re.compile(rf"{_UUID}\.(?P<plain>[^/\\]{{1,150}}_[A-Za-z-]{{2,20}}\.[a-z0-9]{{1,8}})")
# Nothing else in the folder is touched, whoever put it there.
_OURS = re.compile(rf"{_RESULT.pattern}|{_UUID}\.job")
_PART = re.compile(rf"\.{_UUID}\.part")
# What some system or shell takes for something else than a part of a name.
_UNSAFE = re.compile(r'[/\\:*?"<>|%]+')
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
_MAKE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)


def results_folder(explicit: Path | None, environ: Mapping[str, str]) -> Path:
    """The folder of translated files; it need not exist. ``environ`` tells where the home folders are."""
    if explicit:
        return explicit
    home, data = environ.get("HOME"), environ.get("XDG_DATA_HOME")
    base = Path(data) if data else (Path(home) if home else Path.home()) / ".local" / "share"
    return base / "libretranslate" / "files"


class Results:
    """Thread-safe. ``folder`` is made at the first write, for nobody else to read; where it cannot be written, a folder
    of this user among the temporary files is used instead.

    expiry_seconds: how long a file can be had. most_bytes: of all files together; the oldest make room for new ones.
    spare: the other folder; None takes one that is named after the user.
    """

    def __init__(
        self,
        folder: Path,
        expiry_seconds: float,
        *,
        most_bytes: int = _MOST_BYTES,
        spare: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.expiry_seconds = expiry_seconds
        self._folder = folder
        self._given_spare = spare
        self._most_bytes = most_bytes
        self._clock = clock
        self._changed = threading.RLock()
        self._chosen: Path | None = None
        self._bytes = 0
        self._swept = float("-inf")

    def check(self) -> None:
        """Makes the folder. Raises ResultsUnwritable if that is not possible; nobody has to call this."""
        try:
            _prepare(self._folder)
        except OSError as error:
            raise ResultsUnwritable(self._folder, error.strerror or str(error)) from error

    def store(self, file_name: str, target: str, extension: str, data: bytes) -> str:
        """Keeps a translated file, and returns the name under which ``find`` has it.

        file_name: as the client sent it, which may be anything; what is harmless of it becomes a part of the name.
        target: the language code to add to it. Raises ResultsUnwritable.
        """
        name = f"{uuid4()}.{safe_stem(file_name)}_{target}{extension}"
        self.write(name, data, self.expiry_seconds)
        return name

    def find(self, name: str) -> Path:
        """The file that ``store`` named ``name``. Raises UnknownFile for anything else and when it has expired."""
        if not _RESULT.fullmatch(name):
            raise UnknownFile
        path = self._find(name)
        if path is None:
            raise UnknownFile
        return path

    def plain_name(self, name: str) -> str:
        """What a person calls the file that ``store`` named ``name``: without what makes it unique."""
        found = _RESULT.fullmatch(name)
        if not found:
            raise UnknownFile
        return found["plain"]

    def write(self, name: str, data: bytes, seconds: float) -> None:
        """Keeps ``data`` for ``seconds`` under ``name``: that of a result, or a UUID with ``.job``.

        Replaces what was there. Raises ResultsUnwritable; then nothing of it is left.
        """
        with self._changed:
            folder = self._writable()
            self._make_room(len(data), folder)
            self._bytes += len(data)
        part = folder / f".{uuid4()}.part"
        try:
            with os.fdopen(os.open(part, _MAKE_FLAGS, 0o600), "wb") as file:
                file.write(data)
            expires = self._clock() + seconds
            os.utime(part, (expires, expires))
            part.replace(folder / name)
        except OSError as error:
            with suppress(OSError):
                part.unlink()
            raise ResultsUnwritable(folder, error.strerror or str(error)) from error

    def read(self, name: str) -> bytes | None:
        """What ``write`` was given for ``name``; None if there is no such file, or no longer."""
        path = self._find(name)
        try:
            return path.read_bytes() if path else None
        except OSError:
            return None

    def remove(self, name: str) -> None:
        """Removes a file that may be there or not."""
        if _OURS.fullmatch(name):
            for folder in self._folders():
                with suppress(OSError):
                    (folder / name).unlink()

    def sweep(self) -> None:
        """Removes what has expired, and what a killed process left unfinished."""
        with self._changed:
            for folder in self._folders():
                self._sweep(folder)

    def _find(self, name: str) -> Path | None:
        if not _OURS.fullmatch(name):
            return None
        for folder in self._folders():
            path = folder / name
            try:
                found = path.lstat()
            except (OSError, ValueError):
                continue
            if stat.S_ISREG(found.st_mode) and found.st_mtime > self._clock():
                return path
        return None

    @cached_property
    def _spare(self) -> Path | None:
        return self._given_spare or _spare_folder()

    def _folders(self) -> Iterator[Path]:
        yield self._folder
        if self._spare and _is_private(self._spare):
            yield self._spare

    def _writable(self) -> Path:
        if self._chosen is not None and self._chosen.is_dir():
            return self._chosen
        try:
            self._chosen = _prepare(self._folder)
        except OSError as refusal:
            reason = refusal.strerror or str(refusal)
            self._chosen = self._prepare_spare()
            if self._chosen is None:
                raise ResultsUnwritable(self._folder, reason) from refusal
            log.warning("translated files cannot be written to %s (%s); using %s", self._folder, reason, self._chosen)
        return self._chosen

    def _prepare_spare(self) -> Path | None:
        if self._spare is None:
            return None
        try:
            spare = _prepare(self._spare)
        except OSError:
            return None
        return spare if _is_private(spare) else None

    def _make_room(self, size: int, folder: Path) -> None:
        if size > self._most_bytes:
            raise ResultsUnwritable(folder, f"a file of {size} bytes is larger than all of them may be together")
        now = time.monotonic()
        if now - self._swept < _SWEEP_EVERY and self._bytes + size <= self._most_bytes:
            return
        self._swept = now
        kept = sorted(self._sweep(folder))
        self._bytes = sum(bytes_ for _, bytes_, _ in kept)
        for _, bytes_, path in kept:
            if self._bytes + size <= self._most_bytes:
                break
            with suppress(OSError):
                path.unlink()
                self._bytes -= bytes_

    def _sweep(self, folder: Path) -> list[tuple[float, int, Path]]:
        """Removes what has expired; when each of the other files will, its size and path."""
        now, kept = self._clock(), []
        for path, found in _files(folder):
            age = now - found.st_mtime
            expired = age > max(self.expiry_seconds, _UNFINISHED) if _PART.fullmatch(path.name) else age >= 0
            if expired:
                with suppress(OSError):
                    path.unlink()
            else:
                kept.append((found.st_mtime, found.st_size, path))
        return kept


def safe_stem(file_name: str) -> str:
    """What is left of a file's name without folders, extension and everything that could harm: at most 100 bytes of
    UTF-8, printable, never empty."""
    last = re.split(r"[/\\]", file_name)[-1]
    stem = last.rpartition(".")[0] if "." in last else last
    # Names are short, whatever is sent.
    composed = unicodedata.normalize("NFC", stem[: 4 * _LONGEST_STEM])
    printable = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in composed)
    plain = " ".join(_UNSAFE.sub("_", printable).split()).lstrip(". ~-")
    cut = plain.encode("utf-8", "ignore")[:_LONGEST_STEM].decode("utf-8", "ignore").rstrip(". ")
    try:
        os.fsencode(cut)
    except UnicodeEncodeError:  # the locale of this machine has no such letters in names
        return "file"
    return cut or "file"


def open_result(path: Path) -> int:
    """A descriptor of a file that ``find`` returned. Raises UnknownFile if it is gone by now, or no plain file."""
    try:
        descriptor = os.open(path, _OPEN_FLAGS)
    except OSError as error:
        raise UnknownFile from error
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise UnknownFile


def _prepare(folder: Path) -> Path:
    """Makes the folder if need be, and tries whether a file can be made in it. Raises OSError."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    probe = folder / f".{uuid4()}.part"
    os.close(os.open(probe, _MAKE_FLAGS, 0o600))
    probe.unlink()
    return folder


def _spare_folder() -> Path | None:
    user = os.geteuid() if hasattr(os, "geteuid") else "user"
    try:
        return Path(tempfile.gettempdir()) / f"libretranslate-files-{user}"
    except OSError:  # no folder for temporary files can be written either
        return None


def _is_private(folder: Path) -> bool:
    """Whether ``folder`` is one that nobody else could have put there: anybody may make files beside it."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    mine = not hasattr(os, "geteuid") or found.st_uid == os.geteuid()
    return stat.S_ISDIR(found.st_mode) and mine and not found.st_mode & 0o077


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """The files of ours in ``folder``; others are none of our business."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if _OURS.fullmatch(entry.name) or _PART.fullmatch(entry.name):
            with suppress(OSError):
                yield Path(entry.path), entry.stat(follow_symlinks=False)
