"""Suggested translations: a real SQLite file, as LibreTranslate makes and reads it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from libretranslate_py.errors import InvalidParameter, SuggestionsUnusable
from libretranslate_py.suggestions import LONGEST_TEXT, Suggestion, Suggestions

_ADDING = """
import pathlib, sys
from libretranslate_py.suggestions import Suggestions
suggestions = Suggestions(pathlib.Path(sys.argv[1]))
for number in range(10**6):
    suggestions.add(f"{sys.argv[2]}-{number}", "Hola", "en", "es")
    print(f"{sys.argv[2]}-{number}", flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "db" / "suggestions.db"


def stored(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT * FROM suggestions").fetchall()


def make_as_the_original(path: Path, *rows: tuple[object, ...]) -> None:
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS suggestions (q TEXT, s TEXT, source TEXT, target TEXT)")
        connection.executemany("INSERT INTO suggestions VALUES (?, ?, ?, ?)", rows)
        connection.commit()


def test_the_folder_and_the_table_are_made(path: Path) -> None:
    suggestions = Suggestions(path)
    assert list(suggestions.rows()) == []
    assert not path.parent.exists()
    suggestions.add("Hello", "<b>Hola</b>\n'; DROP TABLE suggestions; --", "en", "es")
    assert stored(path) == [("Hello", "<b>Hola</b>\n'; DROP TABLE suggestions; --", "en", "es")]
    assert list(suggestions.rows()) == [Suggestion(*stored(path)[0])]  # type: ignore[arg-type]


def test_the_same_is_not_stored_twice(path: Path) -> None:
    suggestions = Suggestions(path)
    rows = [
        ("Hello", "Hola", "en", "es"),
        ("Hello", "Hola", "en", "zz"),
        ("Hello", "hola", "en", "es"),
        ("HelloH", "ola", "en", "es"),
        ("Hello\0", "Hola", "en", "es"),
    ]
    for row in rows * 2:
        suggestions.add(*row)
    assert stored(path) == rows


def test_a_file_of_the_original_goes_on(path: Path) -> None:
    before = [("Hello", "Hola", "en", "es"), ("Hello", "Hola", "en", "es"), ("5", None, "en", "es")]
    make_as_the_original(path, *before)
    suggestions = Suggestions(path)
    assert [row.q for row in suggestions.rows()] == ["Hello", "Hello", "5"]
    suggestions.add("Hello", "Hola", "en", "es")
    suggestions.add("Bye", "Adiós", "en", "es")
    make_as_the_original(path, ("Yes", "Sí", "en", "es"))
    assert stored(path) == [*before, ("Bye", "Adiós", "en", "es"), ("Yes", "Sí", "en", "es")]


def test_what_others_stored_is_given_as_text(path: Path) -> None:
    make_as_the_original(path, (7, None, b"\xff", ""))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO suggestions VALUES (CAST(x'41ff' AS TEXT), 'b', 'c', 'd')")
        connection.commit()
    assert list(Suggestions(path).rows()) == [("7", "", "\ufffd", ""), ("A\ufffd", "b", "c", "d")]


def test_lone_surrogates_are_replaced(path: Path) -> None:
    suggestions = Suggestions(path)
    suggestions.add("\ud800a\udfff", "😀", "e\udcff", "es")
    suggestions.add("\ud801a\udffe", "😀", "e\udcff", "es")
    assert list(suggestions.rows()) == [("\ufffda\ufffd", "😀", "e\ufffd", "es")]


@pytest.mark.parametrize("name", ["q", "s", "source", "target"])
def test_what_is_too_long_is_refused(path: Path, name: str) -> None:
    suggestions = Suggestions(path)
    values = dict.fromkeys(("q", "s", "source", "target"), "es")
    with pytest.raises(InvalidParameter) as caught:
        suggestions.add(**{**values, name: "x" * (LONGEST_TEXT + 1)})
    assert caught.value.name == name
    assert not path.exists()
    suggestions.add(**{**values, "q": "x" * LONGEST_TEXT, "s": "x" * LONGEST_TEXT})
    assert len(stored(path)) == 1


def test_a_full_file_takes_no_more(path: Path) -> None:
    suggestions = Suggestions(path, largest=200_000)
    with pytest.raises(SuggestionsUnusable) as caught:
        for number in range(100):
            suggestions.add(f"{number}" + "x" * 9000, "y", "en", "es")
    assert "200000 bytes" in caught.value.reason
    count = len(stored(path))
    assert 15 < count < 30
    assert path.stat().st_size < 250_000
    with pytest.raises(SuggestionsUnusable):
        suggestions.add("small", "y", "en", "es")
    assert len(list(suggestions.rows())) == count


@pytest.mark.parametrize("spoil", ["folder", "content", "parent"])
def test_a_file_that_cannot_be_used(path: Path, spoil: str) -> None:
    if spoil == "folder":
        path.mkdir(parents=True)
    elif spoil == "content":
        path.parent.mkdir()
        path.write_bytes(b"no database at all" * 100)
    else:
        path.parent.write_text("a file")
    suggestions = Suggestions(path)
    with pytest.raises(SuggestionsUnusable) as caught:
        suggestions.add("q", "s", "en", "es")
    assert caught.value.path == path
    with pytest.raises(SuggestionsUnusable):
        list(suggestions.rows())


def test_a_file_that_is_taken_away_is_made_again(path: Path) -> None:
    suggestions = Suggestions(path)
    suggestions.add("q", "s", "en", "es")
    path.unlink()
    suggestions.add("q", "s", "en", "es")
    assert stored(path) == [("q", "s", "en", "es")]


def test_threads_store_each_suggestion_once(path: Path) -> None:
    """While somebody reads slowly, who sees what was there when he began."""
    suggestions = Suggestions(path)
    suggestions.add("first", "s", "en", "es")
    reader = suggestions.rows()
    assert next(reader).q == "first"

    def add_all() -> None:
        for number in range(10):
            suggestions.add(f"q-{number}", "s", "en", "es")

    threads = [threading.Thread(target=add_all) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(reader) == []
    assert sorted(row.q for row in suggestions.rows()) == sorted(["first", *(f"q-{number}" for number in range(10))])


def test_kill_9_loses_nothing_that_was_stored(path: Path) -> None:
    reported: set[str] = set()
    for turn in range(3):
        command = [sys.executable, "-c", _ADDING, str(path), f"turn-{turn}"]
        program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert program.stdout is not None
        reported.update(program.stdout.readline().strip() for _ in range(5 + turn))
        program.kill()
        out, _ = program.communicate(timeout=60)
        reported.update(out[: out.rfind("\n") + 1].splitlines())
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    found = [row.q for row in Suggestions(path).rows()]
    assert reported <= set(found)
    assert len(found) == len(set(found))
