"""Better translations that people suggest, in a SQLite file as LibreTranslate makes it."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from libretranslate_py.database import explain, open_to_read, writing
from libretranslate_py.errors import InvalidParameter, SuggestionsUnusable

LONGEST_TEXT = 10_000
LONGEST_LANGUAGE = 100
LARGEST_FILE = 1024**3

_MAKE_TABLE = "CREATE TABLE IF NOT EXISTS suggestions (q TEXT, s TEXT, source TEXT, target TEXT)"
# An index over the texts would make the file twice as large.
_MAKE_DIGESTS = "CREATE TABLE suggestion_digests (digest BLOB NOT NULL PRIMARY KEY) WITHOUT ROWID"
_FILL_DIGESTS = "INSERT OR IGNORE INTO suggestion_digests SELECT digest(q, s, source, target) FROM suggestions"
_HAS_DIGESTS = "SELECT count(*) FROM sqlite_master WHERE name = 'suggestion_digests'"


class Suggestion(NamedTuple):
    """``s`` is suggested as the translation of ``q``. The languages are what the client sent."""

    q: str
    s: str
    source: str
    target: str


class Suggestions:
    """A file with suggestions, for any number of threads and programs."""

    def __init__(self, path: Path, *, largest: int = LARGEST_FILE) -> None:
        """``path`` need not exist. ``largest``: bytes from which on nothing more is taken."""
        self._path = path
        self._largest = largest
        self._adding = threading.Lock()

    def check(self) -> None:
        """Makes the file and its folder where they are missing. Raises SuggestionsUnusable if nothing can be stored."""
        try:
            with self._adding, writing(self._path) as connection:
                _make_tables(connection)
        except (sqlite3.Error, OSError) as error:
            raise SuggestionsUnusable(self._path, explain(self._path, error)) from error

    def add(self, q: str, s: str, source: str, target: str) -> None:
        """Stores a suggestion; one that is there already is not stored again. Makes the file and its folder.

        What cannot be written as UTF-8 becomes U+FFFD. Raises InvalidParameter for what is too long, and
        SuggestionsUnusable.
        """
        values = Suggestion(q, s, source, target)
        for name, value, most in zip(
            values._fields, values, (LONGEST_TEXT,) * 2 + (LONGEST_LANGUAGE,) * 2, strict=True
        ):
            if len(value) > most:
                raise InvalidParameter(name, f"a text of at most {most} characters")
        values = Suggestion(*map(_make_writable, values))
        try:
            with self._adding, writing(self._path) as connection:
                _make_tables(connection)
                ((size,),) = connection.execute(
                    "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
                )
                if size > self._largest:
                    raise SuggestionsUnusable(self._path, f"it is larger than {self._largest} bytes")
                digest = "INSERT OR IGNORE INTO suggestion_digests VALUES (?)"
                if connection.execute(digest, (_digest_of(*values),)).rowcount:
                    connection.execute("INSERT INTO suggestions (q, s, source, target) VALUES (?, ?, ?, ?)", values)
        except (sqlite3.Error, OSError) as error:
            raise SuggestionsUnusable(self._path, explain(self._path, error)) from error

    def rows(self) -> Iterator[Suggestion]:
        """All suggestions in the order in which they came, as they were when this began; none without a file.

        Raises SuggestionsUnusable.
        """
        try:
            with closing(open_to_read(self._path)) as connection:
                # A text that is no UTF-8 would raise.
                connection.text_factory = bytes
                if connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'suggestions'").fetchone()[0]:
                    for found in connection.execute("SELECT q, s, source, target FROM suggestions ORDER BY rowid"):
                        yield Suggestion(*map(_read_text, found))
        except FileNotFoundError:
            return
        except (sqlite3.Error, OSError) as error:
            raise SuggestionsUnusable(self._path, explain(self._path, error)) from error


def _make_tables(connection: sqlite3.Connection) -> None:
    connection.execute(_MAKE_TABLE)
    if connection.execute(_HAS_DIGESTS).fetchone()[0] == 0:
        connection.create_function("digest", 4, _digest_of, deterministic=True)
        connection.execute(_MAKE_DIGESTS)
        connection.execute(_FILL_DIGESTS)


def _digest_of(*values: object) -> bytes:
    return hashlib.sha256("\0".join(f"{len(text)} {text}" for text in map(str, values)).encode()).digest()[:16]


def _make_writable(text: str) -> str:
    return "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in text)


def _read_text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)
