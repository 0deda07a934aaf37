"""``ltmanage keys``, run as the program: what it prints where, its exit status, and what a server finds then."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from libretranslate_py.access.key_file import KeyFile
from libretranslate_py.access.keys import Keys
from tests.conftest import Done

Run = Callable[..., Done]


@pytest.fixture(autouse=True)
def no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LT_API_KEYS_DB_PATH", raising=False)


def test_what_the_original_prints(run: Run, tmp_path: Path) -> None:
    """Line by line as LibreTranslate 1.9.6 was seen to do."""
    assert run("keys") == (0, "There are no API keys\n", "")
    status, automatic, err = run("keys", "add", "120")
    assert (status, err) == (0, "")
    automatic = automatic.removesuffix("\n")
    assert str(uuid.UUID(automatic)) == automatic
    assert run("keys", "add", "5", "--key", "key-1111") == (0, "key-1111\n", "")
    assert run("keys", "add", "60", "--key", "key-2222", "--char-limit", "5") == (0, "key-2222\n", "")
    assert run("keys", "add", "7", "--key", "key-1111") == (0, "key-1111\n", "")
    assert run("keys") == (0, f"{automatic}: 120\nkey-2222: 60\nkey-1111: 7\n", "")
    assert run("keys", "remove", "key-2222") == (0, "key-2222\n", "")
    assert run("keys", "remove", "nope") == (0, "nope\n", "")
    assert run("keys") == (0, f"{automatic}: 120\nkey-1111: 7\n", "")
    run("keys", "remove", automatic)
    run("keys", "remove", "key-1111")
    assert run("keys") == (0, "There are no API keys\n", "")
    assert (tmp_path / "db" / "api_keys.db").is_file()


@pytest.mark.parametrize("command", [[], ["remove", "a"]])
def test_another_file_that_is_not_there(run: Run, tmp_path: Path, command: list[str]) -> None:
    done = run("keys", "--api-keys-db-path", "none/x.db", *command)
    assert done == (1, "No such database: none/x.db\n", "")
    assert not (tmp_path / "none").exists()


def test_adding_makes_the_file(run: Run, tmp_path: Path) -> None:
    assert run("keys", "--api-keys-db-path", "new/folder/x.db", "add", "5", "--key", "a").out == "a\n"
    assert run("keys", "--api-keys-db-path", "new/folder/x.db") == (0, "a: 5\n", "")
    assert (tmp_path / "new/folder/x.db").stat().st_mode & 0o777 == 0o600
    assert run("keys").out == "There are no API keys\n"


@pytest.mark.parametrize("source", ["environment", ".env"])
def test_the_file_is_that_of_the_server(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    if source == ".env":
        (tmp_path / ".env").write_text("LT_API_KEYS_DB_PATH=here.db\n")
    else:
        monkeypatch.setenv("LT_API_KEYS_DB_PATH", "here.db")
    assert run("keys") == (1, "No such database: here.db\n", "")
    assert run("keys", "add", "5", "--key", "a").status == 0
    assert run("keys").out == "a: 5\n"
    assert [row.api_key for row in KeyFile(tmp_path / "here.db").list()] == [b"a"]
    assert run("keys", "--api-keys-db-path", "other.db").out == "No such database: other.db\n"


def test_what_is_ours_follows_for_the_keys_that_have_it(run: Run, tmp_path: Path) -> None:
    assert run("keys", "add", "60", "--key", "plain").status == 0
    quotas = ["--char-quota", "1000000", "--char-quota", "500/minute", "--char-quota=7000/hour"]
    assert run("keys", "add", "60", "--key", "bounded", *quotas).out == "bounded\n"
    assert run("keys", "add", "5", "--key", "off", "--disabled").out == "off\n"
    assert run("keys").out == (
        "plain: 60\n"
        "bounded: 60 [500 characters/minute, 7000 characters/hour, 1000000 characters/day]\n"
        "off: 5 [disabled]\n"
    )
    with closing(Keys(tmp_path / "db/api_keys.db")) as keys:
        bounded, off = keys.find("bounded"), keys.find("off")
    assert bounded is not None
    assert bounded.char_quotas == ((500, "minute"), (7000, "hour"), (1000000, "day"))
    assert off is not None
    assert off.disabled
    run("keys", "add", "5", "--key", "off")
    assert run("keys").out.endswith("off: 5\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["abc"], "'abc' is not a valid integer"),
        (["1.5"], "'1.5' is not a valid integer"),
        ([str(2**31)], "not in the range"),
        ([], "Missing argument 'N'"),
        (["5", "--char-limit", "x"], "'x' is not a valid integer"),
        (["5", "--char-quota", "x"], "'x' is not a number of characters"),
        (["5", "--char-quota", "5/week"], "'5/week' is not a number of characters"),
        (["5", "--char-quota", "-5"], "'-5' is not a number of characters"),
        (["5", "--char-quota", "5", "--char-quota", "6/day"], "there are two for a day"),
        (["5", "--disbled"], "unexpected extra argument (--disbled)"),
    ],
)
def test_wrong_usage(run: Run, tmp_path: Path, arguments: list[str], words: str) -> None:
    done = run("keys", "add", *arguments)
    assert (done.status, done.out) == (2, "")
    assert words in done.err
    assert not (tmp_path / "db").exists()


def test_no_limit(run: Run) -> None:
    assert run("keys", "add", "-1", "--key", "a", "--char-limit", "-1") == (0, "a\n", "")
    assert run("keys", "add", "--key", "-b", "0") == (0, "-b\n", "")
    assert run("keys").out == "a: -1\n-b: 0\n"
    assert run("keys", "remove", "-b") == (0, "-b\n", "")
    assert run("keys").out == "a: -1\n"


@pytest.mark.parametrize("key", ["", "a\nb", "x" * 501])
def test_unusable_keys(run: Run, key: str) -> None:
    done = run("keys", "add", "5", "--key", key)
    assert (done.status, done.out) == (1, "")
    assert done.err == "ltmanage: key parameter must be 1 to 500 characters without control characters\n"


def test_a_file_that_is_no_database(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database at all" * 100)
    for command in ([], ["add", "5"], ["remove", "a"]):
        done = run("keys", "--api-keys-db-path", "x.db", *command)
        assert done == (1, "", "ltmanage: the API keys in x.db cannot be used: file is not a database\n")


def test_what_others_stored_does_not_command_the_terminal(run: Run, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        connection.execute("CREATE TABLE api_keys (api_key TEXT, req_limit INTEGER)")
        connection.execute("INSERT INTO api_keys VALUES ('a' || char(27) || '[2J', 5), ('ключ', 6)")
        connection.commit()
    assert run("keys", "--api-keys-db-path", "x.db").out == "a\ufffd[2J: 5\nключ: 6\n"
