"""The file with the API keys as ``ltmanage`` changes it: its schema, several programs at once, and kill -9."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
import uuid
from contextlib import closing
from pathlib import Path

import pytest

from libretranslate_py.access.key_file import KeyFile, Row
from libretranslate_py.access.keys import Keys
from libretranslate_py.errors import InvalidParameter, KeysUnusable

_ADDING = """
import pathlib, sys
from libretranslate_py.access.key_file import KeyFile
file = KeyFile(pathlib.Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    print(file.add(number, f"{sys.argv[2]}-{number}", None, ((5, "day"),) if number % 3 == 0 else ()), flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "db" / "api_keys.db"


def ask(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def names(path: Path) -> list[str]:
    return [row.api_key.decode() for row in KeyFile(path).list()]


def start_adding(path: Path, prefix: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _ADDING, str(path), prefix, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_schema_is_the_originals_as_long_as_nothing_else_is_needed(path: Path) -> None:
    file = KeyFile(path)
    file.add(120, "a", 5)
    assert ask(path, "SELECT name FROM sqlite_master WHERE type = 'table'") == [("api_keys",)]
    columns = [found[1:3] for found in ask(path, "PRAGMA table_info(api_keys)")]
    assert columns == [("api_key", "TEXT"), ("req_limit", "INTEGER"), ("char_limit", "INTEGER")]
    assert ask(path, "SELECT * FROM api_keys") == [("a", 120, 5)]
    file.add(1, "b", disabled=True)
    assert ask(path, "SELECT * FROM api_keys") == [("a", 120, 5), ("b", 1, None)]
    assert ask(path, "SELECT * FROM api_key_extras") == [("b", None, None, None, 1)]


def test_a_random_key_is_a_uuid(path: Path) -> None:
    key = KeyFile(path).add(1)
    assert str(uuid.UUID(key, version=4)) == key
    assert names(path) == [key]


def test_only_the_owner_may_read_a_new_file(path: Path) -> None:
    KeyFile(path).add(1)
    assert path.stat().st_mode & 0o777 == 0o600


def test_adding_again_replaces_all_of_a_key_and_puts_it_last(path: Path) -> None:
    file = KeyFile(path)
    file.add(1, "a", 5, ((9, "hour"),), disabled=True)
    file.add(2, "b")
    file.add(3, "a")
    assert file.list() == (Row(b"b", 2, None), Row(b"a", 3, None))
    file.remove("b")
    file.remove("unknown")
    assert file.list() == (Row(b"a", 3, None),)


def test_what_was_removed_leaves_nothing_for_a_key_of_the_same_name(path: Path) -> None:
    file = KeyFile(path)
    file.add(1, "a", disabled=True)
    file.remove("a")
    assert ask(path, "SELECT * FROM api_key_extras") == []


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_file_of_an_older_version_gets_what_it_lacks(path: Path, journal: str) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode={journal}")
        connection.execute("CREATE TABLE api_keys (api_key TEXT, req_limit INTEGER)")
        connection.execute("INSERT INTO api_keys VALUES ('a', 1), ('b', 2), ('a', 3)")
        connection.commit()
    file = KeyFile(path)
    assert file.list() == (Row(b"b", 2, None), Row(b"a", 3, None))
    file.add(4, "c", 5)
    assert file.list() == (Row(b"b", 2, None), Row(b"a", 3, None), Row(b"c", 4, 5))
    file.add(6, "a")
    assert ask(path, "SELECT * FROM api_keys") == [("b", 2, None), ("c", 4, 5), ("a", 6, None)]


@pytest.mark.parametrize("key", ["", " ", "a\nb", "a\x1b[2J", "\x7f", "a\x85", "\ud800", "x" * 501])
def test_keys_that_nobody_can_use_are_refused(path: Path, key: str) -> None:
    with pytest.raises(InvalidParameter):
        KeyFile(path).add(1, key)
    assert not path.exists()


@pytest.mark.parametrize("key", ["x" * 500, "ключ", "a b", "'; DROP TABLE api_keys; --", "😀"])
def test_any_other_key_is_found_and_removed(path: Path, key: str) -> None:
    file = KeyFile(path)
    file.add(1, key)
    with closing(Keys(path, interval=0)) as keys:
        assert keys.find(key)
        file.remove(key)
        assert keys.find(key) is None


def test_removing_from_nowhere_makes_nothing(path: Path) -> None:
    KeyFile(path).remove("a")
    KeyFile(path).remove("\udcff")
    assert KeyFile(path).list() == ()
    assert not path.parent.exists()


def test_what_cannot_be_written_is_an_error_and_stays_as_it_is(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 100)
    file = KeyFile(path)
    for change in (lambda: file.add(1, "a"), lambda: file.remove("a"), file.list):
        with pytest.raises(KeysUnusable):
            change()
    assert path.read_bytes() == b"no database at all" * 100
    with pytest.raises(KeysUnusable):
        KeyFile(path / "below" / "a.db").add(1)


def test_a_number_that_does_not_fit_is_never_half_a_key(path: Path) -> None:
    file = KeyFile(path)
    file.add(1, "a")
    with pytest.raises(OverflowError):
        file.add(2**63, "a")
    assert file.list() == (Row(b"a", 1, None),)


def test_programs_that_add_at_the_same_time_wait_for_each_other(path: Path) -> None:
    """Also at the very beginning, when all of them make the file."""
    programs = [start_adding(path, f"program-{number}", 15) for number in range(4)]
    with closing(Keys(path, interval=0)) as keys:
        while any(program.poll() is None for program in programs):
            keys.find("program-0-0")
            time.sleep(0.01)
        assert [program.communicate(timeout=60)[1] for program in programs] == [""] * 4
        assert all(keys.find(f"program-{number}-14") for number in range(4))
    assert len(names(path)) == 60


def test_kill_9_loses_no_key_that_was_reported(path: Path) -> None:
    """At random moments, again and again in the same file, beside a program that is not killed and a reader."""
    moments = random.Random(7)
    survivor = start_adding(path, "survivor", 60)
    reported: set[str] = set()
    kills = 0
    with closing(Keys(path, interval=0)) as keys:
        for turn in range(8):
            program = start_adding(path, f"turn-{turn}", 10**6)
            assert program.stdout is not None
            reported.add(program.stdout.readline().strip())
            time.sleep(moments.random() * 0.15)
            program.kill()
            out, err = program.communicate(timeout=60)
            assert err == ""
            # The last line may be cut.
            reported.update(out[: out.rfind("\n") + 1].splitlines())
            kills += program.returncode == -9
            assert ask(path, "PRAGMA integrity_check") == [("ok",)]
            assert [key for key in reported if keys.find(key) is None] == []
        out, err = survivor.communicate(timeout=60)
    assert (err, len(out.split())) == ("", 60)
    assert kills == 8
    assert (reported | set(out.split())) <= set(names(path))
