"""The hidden folder inside a store where packages are got ready, and where they go to be deleted.

It lies in the store so that a rename leads from it to the store. Argos Translate fails on every folder of the store
without ``metadata.json``, hidden or not, so this one has a stub from the moment it can be seen: it is made beside the
store and renamed into it, and leaves the same way. Where no rename leads from beside the store (a mount of its own, a
parent that belongs to someone else) it is made in place, once, and stays.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from libretranslate_py.errors import CorruptPackage
from libretranslate_py.packages.archive import demand_room, writing
from libretranslate_py.packages.package import METADATA

STAGING_FOLDER = ".staging"

_STUB = {"type": "staging", "package_version": "", "argos_version": "", "from_name": "", "to_name": ""}
# Some file systems cannot sync a folder.
_CANNOT_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EACCES)


class Staging:
    """The staging folder of one store. Only for the holder of the store's lock: whatever it finds is a leftover."""

    def __init__(self, folder: Path, name: str = STAGING_FOLDER) -> None:
        """``folder`` is the packages folder; ``name`` what the folder in it is called, with a dot in front."""
        self._folder = folder
        self._path = folder / name

    def open(self, *, only_to_delete: bool = False) -> None:
        """Makes the folder where it is missing and empties it.

        With ``only_to_delete`` it does without the stub where the disk is too full even for that: room must come from
        somewhere.
        """
        with writing(self._folder):
            self._make_missing()
            self.empty()
            if not (self._path / METADATA).is_file():
                self._complete(only_to_delete)

    def keep(self) -> Path:
        """Makes the folder where it is missing and returns it: one that stays, with what is put into it."""
        with writing(self._folder):
            self._make_missing()
            if not (self._path / METADATA).is_file():
                self._complete(only_to_delete=False)
        return self._path

    def close(self) -> None:
        """Empties the folder and takes it away, as far as that goes: what stays is cleaned by the next open."""
        outside = self._outside()
        try:
            self.empty()
            _delete(outside)
            remaining = [entry.name for entry in self._path.iterdir()]
            if not remaining:
                self._path.rmdir()
            elif remaining == [METADATA]:
                self._path.rename(outside)
        except OSError:
            # No rename to the parent: left in place, because deleting it here would show it without its stub.
            return
        _delete(outside)

    def empty(self) -> None:
        """Deletes everything but the stub; what cannot be deleted stays."""
        for entry in self._path.iterdir():
            if entry.name != METADATA:
                _delete(entry)

    def slot(self) -> Path:
        """A new empty folder."""
        with writing(self._folder):
            return Path(tempfile.mkdtemp(dir=self._path))

    def discard(self, path: Path) -> None:
        """Takes ``path`` out of the store in one step, then deletes it; nothing happens when it is gone already.

        Of a link only the link is deleted, not what it leads to.
        """
        slot = self.slot()
        with writing(self._folder):
            try:
                path.rename(slot / path.name)
            except FileNotFoundError:
                return
        _delete(slot)

    def _make_missing(self) -> None:
        if self._path.is_symlink():
            self._path.unlink()
        if not self._path.is_dir():
            self._make()

    def _make(self) -> None:
        outside = self._outside()
        try:
            _delete(outside)
            outside.mkdir()
            _write_stub(outside)
            outside.rename(self._path)
        except OSError:
            # The store is a mount of its own, or its parent is not ours to write: for a moment without the stub.
            _delete(outside)
            self._path.mkdir()

    def _complete(self, only_to_delete: bool) -> None:
        try:
            _write_stub(self._path)
        except OSError:
            if not only_to_delete:
                _delete(self._path)
                raise
            self.empty()

    def _outside(self) -> Path:
        folder = self._folder.resolve()
        return folder.parent / f".{folder.name}{self._path.name}"


def copy_folder(source: Path, into: Path) -> Path:
    """Copies a package folder into ``into`` and returns the copy; raises CorruptPackage for anything but plain files.

    Every copied file has the size of its original when this returns.
    """
    try:
        if not source.is_dir():
            raise CorruptPackage(source, "there is no such folder")
        entries = sorted(source.rglob("*"))
        size = sum(entry.lstat().st_size for entry in entries)
        special = [entry.name for entry in entries if entry.is_symlink() or not (entry.is_file() or entry.is_dir())]
    except OSError as error:
        raise CorruptPackage(source, f"it cannot be read: {error.strerror or error}") from error
    if special:
        raise CorruptPackage(source, f"{special[0]!r} is a link or another special entry")
    if not all(os.access(entry, os.R_OK) for entry in (source, *entries)):
        raise CorruptPackage(source, "not all of its files may be read")
    demand_room(into, size)
    copy = into / source.name
    with writing(into):
        copy.mkdir()
        for entry in entries:
            path = copy / entry.relative_to(source)
            if entry.is_dir():
                path.mkdir()
                continue
            shutil.copyfile(entry, path)
            if path.stat().st_size != entry.stat().st_size:
                raise CorruptPackage(source, f"{entry.name!r} changed while it was copied")
    return copy


def sync(path: Path) -> None:
    """Waits until a file or folder, without what is in it, has reached the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """As sync, for everything below ``folder`` and the folder itself."""
    for path in folder.rglob("*"):
        sync(path)
    sync(folder)


def _write_stub(folder: Path) -> None:
    # Renamed into place: a half written stub would stop Argos Translate as much as none.
    part = folder / f"{METADATA}.part"
    part.write_text(json.dumps(_STUB), encoding="utf-8")
    part.rename(folder / METADATA)


def _delete(path: Path) -> None:
    """As far as that goes: what stays is tried again by the next change of the store."""
    if path.is_symlink() or path.is_file():
        with suppress(OSError):
            path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)
