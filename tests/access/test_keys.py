"""What a running server knows of the file with the API keys, while others change, replace, damage and remove it."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from libretranslate_py.access.key_file import KeyFile
from libretranslate_py.access.keys import Key, Keys, digest_of
from libretranslate_py.errors import KeysUnusable

NOT_ROOT = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "db" / "api_keys.db"


@pytest.fixture
def keys(path: Path) -> Iterator[Keys]:
    """Looks at the file at every lookup."""
    found = Keys(path, interval=0)
    yield found
    found.close()


def make(path: Path, *statements: str) -> None:
    """A file as another program makes it."""
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_a_key_is_known_by_its_digest_and_its_limits(path: Path, keys: Keys) -> None:
    KeyFile(path).add(60, "secret", 500, ((1000, "minute"), (9000, "day")), disabled=True)
    digest = hashlib.sha256(b"secret").hexdigest()
    assert keys.find("secret") == Key(digest, 60, 500, ((1000, "minute"), (9000, "day")), True)
    assert "secret" not in repr(vars(keys))


@pytest.mark.parametrize("wrong", ["", "Secret", "secret ", "secret\0", "\ud800", "x" * 10**6, "' OR 1=1 --"])
def test_any_other_text_is_no_key(path: Path, keys: Keys, wrong: str) -> None:
    KeyFile(path).add(60, "secret")
    assert keys.find(wrong) is None


def test_what_changes_is_seen_at_the_next_look(path: Path, keys: Keys) -> None:
    """Many changes in a row, faster than the clock of a file system goes on."""
    keys.check()
    file = KeyFile(path)
    for number in range(50):
        file.add(number, "changing")
        found = keys.find("changing")
        assert found is not None
        assert found.req_limit == number
    file.remove("changing")
    assert keys.find("changing") is None


def test_a_new_key_works_at_once_although_it_was_asked_for_before(path: Path) -> None:
    KeyFile(path).add(1, "other")
    slow = Keys(path, interval=3600)
    assert slow.find("new") is None
    KeyFile(path).add(1, "new")
    # What was just looked for is not looked for again within a few milliseconds.
    deadline = time.monotonic() + 5
    while slow.find("new") is None:
        assert time.monotonic() < deadline
    slow.close()


def test_a_removed_key_is_refused_within_a_second(path: Path) -> None:
    KeyFile(path).add(60, "secret")
    with closing(Keys(path)) as keys:
        assert keys.find("secret")
        KeyFile(path).remove("secret")
        time.sleep(1)
        assert keys.find("secret") is None


def test_changes_by_another_program_that_keeps_the_file_open_are_seen(path: Path, keys: Keys) -> None:
    KeyFile(path).add(60, "secret")
    assert keys.find("secret")
    with closing(sqlite3.connect(path)) as other:
        other.execute("INSERT INTO api_keys VALUES ('second', 5, NULL)")
        assert keys.find("second") is None
        other.commit()
        assert keys.find("second")
        assert keys.find("secret")


def test_a_missing_file_holds_no_keys_and_may_come_and_go(path: Path, keys: Keys) -> None:
    keys.check()
    assert keys.find("secret") is None
    assert not path.parent.exists()
    KeyFile(path).add(60, "secret")
    assert keys.find("secret")
    path.unlink()
    assert keys.find("secret") is None
    KeyFile(path).add(60, "other")
    assert (keys.find("secret"), keys.find("other") is None) == (None, False)


@pytest.mark.parametrize("replace", [shutil.copyfile, os.replace])
def test_a_file_put_in_its_place_is_read_as_it_is(path: Path, keys: Keys, tmp_path: Path, replace: object) -> None:
    """Copied over, or moved there: nothing of what was written to the old one shows through."""
    backup = tmp_path / "backup.db"
    KeyFile(backup).add(1, "from the backup")
    for number in range(20):
        KeyFile(path).add(number, f"key-{number}")
        assert keys.find(f"key-{number}")
    assert callable(replace)
    replace(backup, path)
    assert keys.find("from the backup")
    assert keys.find("key-19") is None
    KeyFile(path).add(2, "later")
    assert keys.find("later")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_copy_of_the_file_alone_has_all_keys(path: Path, keys: Keys, tmp_path: Path) -> None:
    """Although a server has it open, and with it the log."""
    KeyFile(path).add(1, "first")
    assert keys.find("first")
    KeyFile(path).add(2, "second")
    shutil.copyfile(path, tmp_path / "copy.db")
    assert [row.api_key for row in KeyFile(tmp_path / "copy.db").list()] == [b"first", b"second"]


@pytest.mark.parametrize(
    ("schema", "rows", "expected"),
    [
        (
            "api_keys (api_key TEXT PRIMARY KEY, req_limit INTEGER, char_limit INTEGER)",
            "('a', 5, NULL), ('b', -1, 7)",
            {"a": (5, None), "b": (-1, 7)},
        ),
        ("api_keys (api_key TEXT, req_limit INTEGER)", "('a', 5), ('b', 6)", {"a": (5, None), "b": (6, None)}),
        (
            "api_keys (api_key TEXT, req_limit INTEGER, char_limit INTEGER)",
            "('a', 5, 1), ('b', 6, NULL), ('a', 7, 2)",
            {"a": (7, 2), "b": (6, None)},
        ),
        (
            "API_KEYS (Api_Key, REQ_LIMIT, char_limit, note)",
            "('a', 5, NULL, 'of Ann'), (CAST(x'fffe' AS TEXT), 1, NULL, ''), (7, 1, NULL, '')",
            {"a": (5, None), "7": None},
        ),
        (
            "api_keys (api_key TEXT, req_limit INTEGER, char_limit INTEGER)",
            "('a', 5, 1), ('a', NULL, NULL), ('b', 'many', NULL), ('c', 1.5, NULL), ('d', 1, 'x'), (NULL, 1, 1), "
            "('e', 1, 1)",
            {"a": None, "b": None, "c": None, "d": None, "e": (1, 1)},
        ),
        ("something_else (x)", "(1)", {"a": None}),
    ],
)
def test_files_that_others_made(
    path: Path, keys: Keys, schema: str, rows: str, expected: dict[str, tuple[int, int | None] | None]
) -> None:
    make(path, f"CREATE TABLE {schema}", f"INSERT INTO {schema.split()[0]} VALUES {rows}")
    before = path.read_bytes()
    keys.check()
    found = {name: keys.find(name) for name in expected}
    assert {name: key and (key.req_limit, key.char_limit) for name, key in found.items()} == expected
    assert path.read_bytes() == before


def test_an_empty_file_holds_no_keys(path: Path, keys: Keys) -> None:
    path.parent.mkdir()
    path.touch()
    keys.check()
    assert keys.find("a") is None


# --- what cannot be read ----------------------------------------------------------------------------------------------


def spoil_content(path: Path) -> None:
    path.write_bytes(b"no database at all" * 100)


def spoil_middle(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:100] + b"\xff" * (len(data) - 100))


def spoil_table(path: Path) -> None:
    path.unlink()
    make(path, "CREATE TABLE api_keys (token TEXT)")


def spoil_kind(path: Path) -> None:
    path.unlink()
    path.mkdir()


def spoil_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


SPOILERS = [spoil_content, spoil_middle, spoil_table, spoil_kind, spoil_pipe]


@pytest.mark.parametrize("spoil", SPOILERS)
def test_at_the_start_it_is_an_error(path: Path, keys: Keys, spoil: object) -> None:
    KeyFile(path).add(60, "secret")
    assert callable(spoil)
    spoil(path)
    with pytest.raises(KeysUnusable) as caught:
        keys.check()
    assert caught.value.path == path
    assert caught.value.reason


@pytest.mark.parametrize("spoil", SPOILERS)
def test_later_the_keys_stay_and_the_log_says_so_once(
    path: Path, keys: Keys, spoil: object, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.INFO)
    KeyFile(path).add(60, "secret")
    assert keys.find("secret")
    shutil.copyfile(path, tmp_path / "good.db")
    assert callable(spoil)
    spoil(path)
    for _ in range(5):
        assert keys.find("secret")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert str(path) in caplog.text
    assert "secret" not in caplog.text
    path.rmdir() if path.is_dir() else path.unlink()
    KeyFile(path).add(60, "new")
    assert keys.find("new")
    assert keys.find("secret") is None
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_a_writer_that_locks_everybody_out_stops_nobody(
    path: Path, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    make(path, "CREATE TABLE api_keys (api_key TEXT, req_limit INTEGER)", "INSERT INTO api_keys VALUES ('a', 5)")
    assert keys.find("a")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        other.execute("DELETE FROM api_keys")
        assert keys.find("a")
        assert keys.find("a")
        other.execute("COMMIT")
    assert keys.find("a") is None
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 1


def as_somebody_else(path: Path, *names: str) -> object:
    """What a server finds that may not write the file; whether each of the names is a key, or an error."""
    code = (
        "import json, os, pathlib, sys\n"
        "from libretranslate_py.access.keys import Keys\n"
        "from libretranslate_py.errors import KeysUnusable\n"
        f"if os.getuid() == 0: os.setgroups([]); os.setgid({NOT_ROOT}); os.setuid({NOT_ROOT})\n"
        "keys = Keys(pathlib.Path(sys.argv[1]))\n"
        "try:\n"
        "    keys.check()\n"
        "    print(json.dumps([keys.find(name) is not None for name in sys.argv[2:]]))\n"
        "except KeysUnusable as error:\n"
        "    print(json.dumps(error.reason))\n"
    )
    command = [sys.executable, "-c", code, str(path), *names]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


@pytest.fixture
def unwritable(path: Path) -> Iterator[Path]:
    """A file with the key a, in a folder that only root may write."""
    KeyFile(path).add(60, "a")
    path.chmod(0o444)
    opened = [folder for folder in path.parents if folder.stat().st_uid == os.getuid() and folder != Path("/")]
    modes = [(folder, folder.stat().st_mode & 0o7777) for folder in opened]
    for folder, mode in modes:
        folder.chmod(mode | 0o055)
    path.parent.chmod(0o555)
    yield path
    for folder, mode in modes:
        folder.chmod(mode)


def test_reading_needs_no_permission_to_write(unwritable: Path) -> None:
    assert as_somebody_else(unwritable, "a", "b") == [True, False]
    assert [path.name for path in unwritable.parent.iterdir()] == [unwritable.name]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can write what others may only read")
def test_reading_sees_what_is_in_the_log_only(unwritable: Path) -> None:
    with closing(sqlite3.connect(unwritable)) as writer:
        writer.execute("INSERT INTO api_keys VALUES ('b', 5, NULL)")
        writer.commit()
        assert unwritable.with_name(f"{unwritable.name}-wal").stat().st_size > 0
        assert as_somebody_else(unwritable, "a", "b") == [True, True]


def test_a_file_that_may_not_be_read(unwritable: Path) -> None:
    unwritable.chmod(0o000)
    assert as_somebody_else(unwritable, "a") == "Permission denied"


# --- many -------------------------------------------------------------------------------------------------------------


def test_a_hundred_thousand_keys(path: Path, keys: Keys) -> None:
    make(
        path,
        "CREATE TABLE api_keys (api_key TEXT PRIMARY KEY, req_limit INTEGER, char_limit INTEGER)",
        "WITH RECURSIVE n(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n WHERE x < 99999) "
        "INSERT INTO api_keys SELECT 'key-' || x, x, NULL FROM n",
    )
    for number in (0, 50_000, 99_999):
        assert keys.find(f"key-{number}") == Key(digest_of(f"key-{number}"), number, None)
    assert keys.find("key-100000") is None


def test_many_threads_find_what_is_there_while_it_changes(path: Path) -> None:
    """A key that is always there is never missing, whoever looks at the file at the moment."""
    file = KeyFile(path)
    file.add(60, "constant")
    missing, lookups, stop = [], [], threading.Event()

    def look(keys: Keys) -> None:
        while not stop.is_set():
            lookups.append(1)
            if keys.find("constant") is None:
                missing.append(1)
            time.sleep(0.0005)

    with closing(Keys(path, interval=0.001)) as keys:
        threads = [threading.Thread(target=look, args=(keys,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for number in range(30):
            file.add(number, f"key-{number % 3}")
            file.remove(f"key-{(number + 1) % 3}")
        stop.set()
        for thread in threads:
            thread.join()
        assert lookups
        assert not missing
        assert keys.find("key-2")
