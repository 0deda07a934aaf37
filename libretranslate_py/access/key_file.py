"""The file with the API keys: LibreTranslate's SQLite table ``api_keys``, and what is ours in a table beside it.

LibreTranslate can use the same file before and after: the second table is made when a key first needs it.
"""

from __future__ import annotations

import sqlite3
import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from libretranslate_py.database import explain, open_to_read, writing
from libretranslate_py.errors import InvalidParameter, KeysUnusable

LONGEST_KEY = 500
WINDOWS = ("minute", "hour", "day")

_KEY_ACCEPTED = f"1 to {LONGEST_KEY} characters without control characters"
_MAKE_TABLE = "CREATE TABLE IF NOT EXISTS api_keys (api_key TEXT PRIMARY KEY, req_limit INTEGER, char_limit INTEGER)"
_MAKE_EXTRAS = """CREATE TABLE IF NOT EXISTS api_key_extras (
    api_key TEXT PRIMARY KEY, char_quota_minute INTEGER, char_quota_hour INTEGER, char_quota_day INTEGER,
    disabled INTEGER)"""
_READ_EXTRAS = "SELECT api_key, char_quota_minute, char_quota_hour, char_quota_day, disabled FROM api_key_extras"

Quotas = tuple[tuple[int, str], ...]


class Row(NamedTuple):
    """One key. ``api_key``: UTF-8. ``req_limit``: requests per minute, negative = no limit. ``char_limit``: most
    characters of a text, None = that of the server. ``char_quotas``: characters per minute, hour or day.
    """

    api_key: bytes
    req_limit: int
    char_limit: int | None
    char_quotas: Quotas = ()
    disabled: bool = False


class Contents(NamedTuple):
    """``rows`` in the order in which they were added, the last of each key; ``unusable``: rows without numbers."""

    rows: Sequence[Row]
    unusable: int


class KeyFile:
    """What ``ltmanage keys`` does. Any number of programs may do so at the same time. All raise KeysUnusable."""

    def __init__(self, path: Path) -> None:
        """``path`` need not exist."""
        self._path = path

    def add(
        self,
        req_limit: int,
        key: str | None = None,
        char_limit: int | None = None,
        char_quotas: Quotas = (),
        disabled: bool = False,
    ) -> str:
        """Stores a key and returns it, a new random one where none is given; one that is there is replaced as a whole.

        ``char_quotas``: at most one for each of WINDOWS. The numbers are below 2**63. Makes the file and its folder
        where they are missing. When this returns, the key is on disk. Raises InvalidParameter for an unusable key.
        """
        key = str(uuid.uuid4()) if key is None else key
        if not _is_usable(key):
            raise InvalidParameter("key", _KEY_ACCEPTED)
        amounts = {window: amount for amount, window in char_quotas}
        try:
            with writing(self._path) as connection:
                connection.execute(_MAKE_TABLE)
                if "char_limit" not in _columns(connection, "api_keys"):
                    connection.execute("ALTER TABLE api_keys ADD COLUMN char_limit INTEGER")
                _delete(connection, key)
                connection.execute(
                    "INSERT INTO api_keys (api_key, req_limit, char_limit) VALUES (?, ?, ?)",
                    (key, req_limit, char_limit),
                )
                if amounts or disabled:
                    connection.execute(_MAKE_EXTRAS)
                    values = (key, *(amounts.get(window) for window in WINDOWS), int(disabled))
                    connection.execute("INSERT INTO api_key_extras VALUES (?, ?, ?, ?, ?)", values)
        except (sqlite3.Error, OSError) as error:
            raise KeysUnusable(self._path, explain(self._path, error)) from error
        return key

    def remove(self, key: str) -> None:
        """Removes a key; an unknown one is no error, and neither is a missing file."""
        if not self.exists() or not _is_text(key):
            return
        try:
            with writing(self._path) as connection:
                _delete(connection, key)
        except (sqlite3.Error, OSError) as error:
            raise KeysUnusable(self._path, explain(self._path, error)) from error

    def list(self) -> Sequence[Row]:
        """The keys in the order in which they were added; none where the file is missing."""
        try:
            with closing(open_to_read(self._path)) as connection:
                return read_contents(connection).rows
        except FileNotFoundError:
            return ()
        except (sqlite3.Error, OSError) as error:
            raise KeysUnusable(self._path, explain(self._path, error)) from error

    def exists(self) -> bool:
        """Whether there is a file, of whatever content."""
        try:
            return self._path.exists()
        except OSError as error:
            raise KeysUnusable(self._path, error.strerror or str(error)) from error


def read_contents(connection: sqlite3.Connection) -> Contents:
    """All keys, as they are at one moment. Makes the connection give texts as bytes. Raises sqlite3.Error."""
    # A text that is no UTF-8 would raise, and the error would show it.
    connection.text_factory = bytes
    connection.execute("BEGIN")
    try:
        return _read(connection)
    finally:
        connection.execute("ROLLBACK")


def _read(connection: sqlite3.Connection) -> Contents:
    columns = _columns(connection, "api_keys")
    if not columns:
        return Contents((), 0)
    if not {"api_key", "req_limit"} <= columns:
        raise sqlite3.DatabaseError("its table api_keys has other columns than LibreTranslate's")
    char_limit = "char_limit" if "char_limit" in columns else "NULL"
    extras = _read_extras(connection)
    rows: dict[bytes, Row] = {}
    unusable = 0
    for found in connection.execute(f"SELECT api_key, req_limit, {char_limit} FROM api_keys ORDER BY rowid"):
        key = found[0]
        # The last row counts, and its place; also where it cannot be used, for the limit in an older one may be higher.
        rows.pop(key, None)
        if _is_row(*found):
            rows[key] = Row(*found, *extras.get(key, ()))
        else:
            unusable += 1
    return Contents(tuple(rows.values()), unusable)


def _read_extras(connection: sqlite3.Connection) -> Mapping[bytes, tuple[Quotas, bool]]:
    if not _columns(connection, "api_key_extras"):
        return {}
    return {
        key: (
            tuple((amount, window) for amount, window in zip(amounts, WINDOWS, strict=True) if amount is not None),
            bool(off),
        )
        for key, *amounts, off in connection.execute(_READ_EXTRAS)
    }


def _is_row(key: Any, req_limit: Any, char_limit: Any) -> bool:
    return isinstance(key, bytes) and isinstance(req_limit, int) and isinstance(char_limit, int | None)


def _delete(connection: sqlite3.Connection, key: str) -> None:
    for table in ("api_keys", "api_key_extras"):
        if _columns(connection, table):
            connection.execute(f"DELETE FROM {table} WHERE api_key = ?", (key,))


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    names = (found[1] for found in connection.execute(f"PRAGMA table_info({table})"))
    return {(name.decode() if isinstance(name, bytes) else name).lower() for name in names}


def _is_usable(key: str) -> bool:
    if not key.strip() or len(key) > LONGEST_KEY:
        return False
    return not any(unicodedata.category(character) in ("Cc", "Cs") for character in key)


def _is_text(key: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in key)
