"""Unpacking of package archives (zip files, ``.argosmodel``) that may come from anywhere.

Every entry is looked at before the first byte is written, and what the archive says about sizes is never believed:
the bytes are counted as they come out.
"""

from __future__ import annotations

import os
import shutil
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from libretranslate_py.errors import CorruptPackage, StoreUnwritable
from libretranslate_py.packages.package import METADATA

_CHUNK = 1 << 20
_NAME_BYTES = 200
_DEPTH = 16
_ENCRYPTED = 0x1
# zipfile unpacks the other methods without a bound on memory.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DIRECTORY_BYTES_PER_ENTRY = 2048

# What zipfile and the decompressors raise for a damaged file, apart from OSError.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    struct.error,
)


@dataclass(frozen=True)
class Limits:
    """How much an archive may unpack to.

    ``size`` is in bytes, over all entries. ``ratio`` is unpacked to packed bytes of the whole archive; it is looked at
    only above ``ratio_from`` bytes, because small texts may shrink a lot. Models hardly shrink at all.
    """

    size: int = 4 << 30
    entries: int = 10_000
    ratio: int = 100
    ratio_from: int = 16 << 20


def unpack(archive: Path, into: Path, limits: Limits | None = None) -> Path:
    """Unpacks ``archive`` into the folder ``into`` and returns the folder that holds ``metadata.json``.

    Raises CorruptPackage for anything but an intact zip file with one top folder of plain files, and StoreUnwritable
    when ``into`` has no room or cannot be written. Either way what was written so far is left in ``into``. No file
    gets execute rights, whatever the archive says.
    """
    limits = limits or Limits()
    with _opened(archive, limits) as zipped:
        entries = zipped.infolist()
        top = _demand_safe(archive, entries, limits)
        demand_room(into, sum(entry.file_size for entry in entries))
        budget = _Budget(archive, limits)
        for entry in entries:
            path = into / entry.filename
            if entry.is_dir():
                with writing(into):
                    path.mkdir(parents=True, exist_ok=True)
            else:
                _unpack_file(zipped, entry, path, budget)
    return into / top


def demand_room(folder: Path, size: int) -> None:
    """Raises StoreUnwritable when fewer than ``size`` bytes are free where ``folder`` lies."""
    with writing(folder):
        free = shutil.disk_usage(folder).free
    if size > free:
        raise StoreUnwritable(folder, f"{_megabytes(size)} are needed and {_megabytes(free)} are free")


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turns the OSErrors of a block that changes ``folder`` into StoreUnwritable."""
    try:
        yield
    except OSError as error:
        raise StoreUnwritable(folder, error.strerror or str(error)) from error


class _Budget:
    """Counts the bytes that really come out of an archive and stops it at its limits."""

    def __init__(self, archive: Path, limits: Limits) -> None:
        self._archive = archive
        self._limits = limits
        self._packed = archive.stat().st_size
        self._left = limits.size

    def spend(self, size: int) -> None:
        self._left -= size
        unpacked = self._limits.size - self._left
        if self._left < 0:
            raise CorruptPackage(self._archive, f"it unpacks to more than {_megabytes(self._limits.size)}")
        if unpacked > self._limits.ratio_from and unpacked > self._limits.ratio * self._packed:
            raise CorruptPackage(self._archive, f"it unpacks to more than {self._limits.ratio} times its size")


@contextmanager
def _opened(archive: Path, limits: Limits) -> Iterator[zipfile.ZipFile]:
    try:
        if not archive.is_file():
            raise CorruptPackage(archive, "there is no such file")
        with archive.open("rb") as file:
            _demand_short_directory(archive, file, limits)
            zipped = zipfile.ZipFile(file)
            with zipped:
                yield zipped
    except zipfile.BadZipFile as error:
        raise CorruptPackage(archive, "it is no zip file, or it was cut off") from error
    except _DAMAGE as error:
        raise CorruptPackage(archive, f"its list of files is damaged: {error}") from error
    except OSError as error:
        raise CorruptPackage(archive, f"it cannot be read: {error.strerror or error}") from error


def _demand_short_directory(archive: Path, file: IO[bytes], limits: Limits) -> None:
    """zipfile reads the whole list of entries before it can be asked how long it is: a look at the trailer first."""
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - (1 << 16) - 128)
    file.seek(start)
    tail = file.read()
    file.seek(0)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or end + 22 > len(tail):
        raise CorruptPackage(archive, "it is no zip file, or it was cut off")
    length = int.from_bytes(tail[end + 12 : end + 16], "little")
    if tail[max(0, end - 20) : end].startswith(b"PK\x06\x07") and end >= 76:
        length = int.from_bytes(tail[end - 76 + 40 : end - 76 + 48], "little")
    if length > limits.entries * _DIRECTORY_BYTES_PER_ENTRY:
        raise CorruptPackage(archive, f"it has more than {limits.entries} entries")


def _demand_safe(archive: Path, entries: list[zipfile.ZipInfo], limits: Limits) -> str:
    """Refuses every entry that is not a plain file or folder below one top folder; returns that folder's name."""
    if len(entries) > limits.entries:
        raise CorruptPackage(archive, f"it has more than {limits.entries} entries")
    if sum(entry.file_size for entry in entries) > limits.size:
        raise CorruptPackage(archive, f"it unpacks to more than {_megabytes(limits.size)}")
    tops = {_parts(archive, entry)[0] for entry in entries}
    if len(tops) != 1:
        raise CorruptPackage(archive, f"it has {len(tops)} top folders instead of one")
    top = tops.pop()
    _demand_distinct(archive, entries)
    if f"{top}/{METADATA}" not in {entry.filename for entry in entries}:
        raise CorruptPackage(archive, f"it has no file {METADATA} in its top folder")
    return top


def _demand_distinct(archive: Path, entries: list[zipfile.ZipInfo]) -> None:
    """Refuses entries that would land on each other, also on file systems that take two names for one."""
    is_folder: dict[str, bool] = {}
    for entry in entries:
        key = unicodedata.normalize("NFC", entry.filename.removesuffix("/")).casefold()
        if key in is_folder:
            raise CorruptPackage(archive, f"it has more than one entry {entry.filename!r}")
        is_folder[key] = entry.is_dir()
    for key in is_folder:
        if not all(is_folder.get(parent, True) for parent in _parents(key)):
            raise CorruptPackage(archive, f"{key!r} lies below a file")


def _parts(archive: Path, entry: zipfile.ZipInfo) -> list[str]:
    """The parts of an entry's name; raises CorruptPackage for a name or a kind of entry that is not taken."""
    name = entry.filename
    if name != entry.orig_filename or not name.isprintable() or "\\" in name or ":" in name:
        raise CorruptPackage(archive, f"the entry name {entry.orig_filename!r} is not safe")
    parts = name.removesuffix("/").split("/")
    if any(part in ("", ".", "..") for part in parts):
        raise CorruptPackage(archive, f"the entry name {name!r} is not safe")
    if len(parts) > _DEPTH or any(len(part.encode()) > _NAME_BYTES for part in parts):
        raise CorruptPackage(archive, f"the entry name {name[:80]!r}... is too long")
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise CorruptPackage(archive, f"{name!r} is a link or another special entry")
    if entry.flag_bits & _ENCRYPTED:
        raise CorruptPackage(archive, f"{name!r} is encrypted")
    if entry.compress_type not in _METHODS:
        raise CorruptPackage(archive, f"{name!r} is neither stored nor deflated")
    return parts


def _parents(key: str) -> Iterator[str]:
    while "/" in key:
        key = key.rpartition("/")[0]
        yield key


def _unpack_file(zipped: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, budget: _Budget) -> None:
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            for chunk in _chunks(zipped, entry):
                budget.spend(len(chunk))
                file.write(chunk)


def _chunks(zipped: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    archive = Path(zipped.filename or "")
    try:
        with zipped.open(entry) as source:
            while chunk := source.read(_CHUNK):
                yield chunk
    except (*_DAMAGE, OSError) as error:
        raise CorruptPackage(archive, f"{entry.filename!r} is damaged: {error}") from error


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
