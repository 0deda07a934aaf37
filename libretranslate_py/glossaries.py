"""Stored glossaries: one file for each glossary and direction in one folder, ``ID.SOURCE-TARGET.tsv``.

A running server takes up what changes in the folder within a second of the next request that asks for a glossary.
"""

from __future__ import annotations

import logging
import os
import re
import stat
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from libretranslate_py.errors import (
    FaultyGlossary,
    GlossariesUnwritable,
    GlossaryError,
    GlossaryUnreadable,
    UnknownGlossary,
)
from libretranslate_py.glossaries_format import read_sheet, write_lines
from libretranslate_py.languages import Direction
from libretranslate_py.option_kinds import DIRECTIONS
from libretranslate_py.text.glossary import Glossary, build

log = logging.getLogger(__name__)

LARGEST_FILE = 16 * 1024**2
ID_ACCEPTED = "1 to 64 letters, digits, dots, hyphens or underscores that do not end like a pair (.en-es)"
PAIR_ACCEPTED = "two languages such as en-es"

_SUFFIX = ".tsv"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# Opening a pipe that somebody put into the folder must not wait for a writer.
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


def glossaries_folder(explicit: Path | None, environ: Mapping[str, str]) -> Path:
    """The folder of stored glossaries; it need not exist. ``environ`` tells where the home folders are."""
    if explicit:
        return explicit
    home, data = environ.get("HOME"), environ.get("XDG_DATA_HOME")
    base = Path(data) if data else (Path(home) if home else Path.home()) / ".local" / "share"
    return base / "libretranslate" / "glossaries"


class Name(NamedTuple):
    """What a glossary's file is named after; the direction has Argos codes."""

    glossary_id: str
    direction: Direction

    def __str__(self) -> str:
        return f"{self.glossary_id} {self.direction.source}-{self.direction.target}"


def parse_direction(text: str) -> Direction | None:
    """The direction that en-es, en-pt-BR and the like stand for; None where it is not one."""
    try:
        directions = DIRECTIONS.parse(text)
    except ValueError:
        return None
    if directions == "all" or len(directions) != 1 or directions[0].source == directions[0].target:
        return None
    return directions[0]


def is_id(text: str) -> bool:
    """Whether a glossary can be stored under this id."""
    return bool(_ID.fullmatch(text)) and ("." not in text or parse_direction(text.rpartition(".")[2]) is None)


def parse_name(file_name: str) -> Name | None:
    """What a file is named after; None if it is not named as a glossary is."""
    glossary_id, _, pair = file_name.removesuffix(_SUFFIX).rpartition(".")
    direction = parse_direction(pair)
    if not file_name.endswith(_SUFFIX) or direction is None or not is_id(glossary_id):
        return None
    return Name(glossary_id, direction)


# --- files ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listing:
    """What is in the folder. ``problems``: file names (.tsv) that are no glossary's, with the reason."""

    files: Mapping[Name, Path]
    problems: Mapping[str, str]


def list_files(folder: Path) -> Listing:
    """The files of ``folder``, unread, by name; none if it does not exist. Raises GlossaryUnreadable."""
    files: dict[Name, Path] = {}
    problems: dict[str, str] = {}
    try:
        names = sorted(path.name for path in folder.iterdir() if path.name.endswith(_SUFFIX) and path.name[0] != ".")
    except FileNotFoundError:
        names = []
    except OSError as error:
        raise GlossaryUnreadable(folder, error.strerror or str(error)) from error
    for file_name in names:
        name = parse_name(file_name)
        if name is None:
            problems[file_name] = "not named ID.SOURCE-TARGET.tsv"
        elif name in files:
            problems[file_name] = f"the same glossary and languages as {files[name].name}"
        else:
            files[name] = folder / file_name
    return Listing(files, problems)


def read_file(path: Path, form: str = "tsv") -> dict[str, str | None]:
    """The terms in a file; see ``read_sheet`` for ``form``. Raises FaultyGlossary, GlossaryUnreadable."""
    try:
        descriptor = os.open(path, _OPEN_FLAGS)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise FaultyGlossary(path.name or str(path), ("it is not a file",))
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise GlossaryUnreadable(path, error.strerror or str(error)) from error
    return read_terms(path.name, data, form)


def read_terms(name: str, data: bytes, form: str = "") -> dict[str, str | None]:
    """The terms in ``data``; ``name`` says in an error what is faulty. Raises FaultyGlossary."""
    if len(data) > LARGEST_FILE:
        raise FaultyGlossary(name, (f"it is larger than {LARGEST_FILE // 1024**2} MB",))
    sheet = read_sheet(data, form)
    if sheet.faults:
        raise FaultyGlossary(name, sheet.faults)
    return dict(sheet.terms)


def write_file(folder: Path, name: Name, terms: Mapping[str, str | None]) -> Path:
    """Stores ``terms`` in place of what the glossary had for this direction; a reader sees the old ones or the new.

    Raises GlossariesUnwritable, and FaultyGlossary where the file would be too large; then nothing has changed.
    """
    glossary_id, (source, target) = name
    data = write_lines(terms)
    if len(data) > LARGEST_FILE:
        raise FaultyGlossary(str(name), (f"it is larger than {LARGEST_FILE // 1024**2} MB",))
    path = list_files(folder).files.get(name, folder / f"{glossary_id}.{source}-{target}{_SUFFIX}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, staged = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            # The server may run as somebody else.
            Path(staged).chmod(0o644)
            Path(staged).replace(path)
        except OSError:
            with suppress(OSError):
                Path(staged).unlink()
            raise
    except OSError as error:
        raise GlossariesUnwritable(folder, error.strerror or str(error)) from error
    return path


def remove_files(folder: Path, glossary_id: str, direction: Direction | None) -> list[Name]:
    """Removes a glossary, or what it has for one direction; what was removed. Raises GlossariesUnwritable."""
    removed = []
    for name, path in list_files(folder).files.items():
        if name.glossary_id == glossary_id and direction in (None, name.direction):
            try:
                path.unlink()
            except OSError as error:
                raise GlossariesUnwritable(folder, error.strerror or str(error)) from error
            removed.append(name)
    return removed


# --- what is served ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Held:
    """A file as it was last seen, and the last good version of it; ``usable`` if there was one."""

    seen: tuple[int, ...] = ()
    fault: str = ""
    usable: bool = False
    glossary: Glossary | None = None


@dataclass(frozen=True, slots=True)
class _Shelf:
    held: Mapping[Path, _Held] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    served: Mapping[Name, Glossary | None] = field(default_factory=dict)
    ids: frozenset[str] = frozenset()


class Glossaries:
    """The glossaries in a folder, for any number of threads. Nothing is read before somebody asks for one."""

    def __init__(self, folder: Path, *, interval: float = 1.0) -> None:
        """``folder`` need not exist. ``interval``: seconds after which the folder is looked at again."""
        self.folder = folder
        self._interval = interval
        self._looking = threading.Lock()
        self._due: float | None = None
        self._shelf = _Shelf()

    def find(self, glossary_id: str, source: str, target: str) -> Glossary | None:
        """What the glossary has for this direction (Argos codes), None if nothing. Raises UnknownGlossary.

        ``glossary_id`` is only compared with those of the files, so it may be any text.
        """
        shelf = self._current()
        if glossary_id not in shelf.ids:
            raise UnknownGlossary(glossary_id)
        return shelf.served.get(Name(glossary_id, Direction(source, target)))

    def _current(self) -> _Shelf:
        due = self._due
        is_due = due is None or time.monotonic() >= due
        # One request looks while the others go on with what was there. Before the first look nothing was.
        if is_due and self._looking.acquire(blocking=due is None):
            try:
                if self._due == due:
                    self._shelf = self._look(self._shelf)
                    self._due = time.monotonic() + self._interval
            finally:
                self._looking.release()
        return self._shelf

    def _look(self, before: _Shelf) -> _Shelf:
        try:
            listing = list_files(self.folder)
        except GlossaryUnreadable as error:
            problems = {"": str(error)}
            _warn_of_new(problems, before.problems)
            return _Shelf(before.held, problems, before.served, before.ids)
        _warn_of_new(listing.problems, before.problems)
        held: dict[Path, _Held] = {}
        for name, path in listing.files.items():
            held[path] = _take_up(name, path, before.held.get(path, _Held()))
        for path in before.held.keys() - held.keys():
            log.info("glossary %s is gone", path.name)
        served = {name: held[path].glossary for name, path in listing.files.items() if held[path].usable}
        return _Shelf(held, listing.problems, served, frozenset(name.glossary_id for name in served))


def _take_up(name: Name, path: Path, before: _Held) -> _Held:
    """The file as it is now, or what is held of it where it has not changed or cannot be used."""
    seen: tuple[int, ...] = ()
    try:
        # Looked at before it is read: a change in between is seen the next time.
        seen = _fingerprint(path)
        if seen == before.seen:
            return before
        terms = read_file(path)
    except GlossaryError as error:
        if str(error) != before.fault:
            log.warning("%s; %s", error, "its last good version is used" if before.usable else "it is not used")
        # What could not be read for the moment has to be tried again although it does not change.
        seen = () if isinstance(error, GlossaryUnreadable) else seen
        return _Held(seen, str(error), before.usable, before.glossary)
    log.info("glossary %s: %d terms", name, len(terms))
    return _Held(seen, "", True, build(terms))


def _fingerprint(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError as error:
        raise GlossaryUnreadable(path, error.strerror or str(error)) from error
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _warn_of_new(problems: Mapping[str, str], known: Mapping[str, str]) -> None:
    for file_name, reason in problems.items():
        if known.get(file_name) != reason:
            log.warning("%s", f"{file_name!r} is not a usable glossary: {reason}" if file_name else reason)
