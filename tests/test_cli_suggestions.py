"""``ltmanage suggestions``, run as the program."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from libretranslate_py.suggestions import Suggestions
from tests.conftest import Done


@pytest.fixture(autouse=True)
def no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LT_SUGGESTIONS_DB_PATH", raising=False)


ROWS = [("Hello", 'Hola\n"x"', "en", "es"), ("Ça va?", "你好\u2028", "fr", "zh"), ("a", "b", "en", "zz")]


def test_export_is_json_lines(run: Callable[..., Done], tmp_path: Path) -> None:
    suggestions = Suggestions(tmp_path / "db/suggestions.db")
    for row in ROWS:
        suggestions.add(*row)
    done = run("suggestions", "export")
    assert (done.status, done.err) == (0, "")
    lines = done.out.removesuffix("\n").split("\n")
    assert [tuple(json.loads(line).items()) for line in lines] == [
        tuple(zip(("q", "s", "source", "target"), row, strict=True)) for row in ROWS
    ]
    assert "Ça va?" in lines[1]


def test_another_file(run: Callable[..., Done], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Suggestions(tmp_path / "x.db").add("q", "s", "en", "es")
    expected = '{"q": "q", "s": "s", "source": "en", "target": "es"}\n'
    assert run("suggestions", "export", "--db-path", "x.db") == (0, expected, "")
    monkeypatch.setenv("LT_SUGGESTIONS_DB_PATH", "x.db")
    assert run("suggestions", "export") == (0, expected, "")


def test_a_file_that_is_not_there(run: Callable[..., Done], tmp_path: Path) -> None:
    done = run("suggestions", "export", "--db-path", "none/x.db")
    assert done == (1, "", "No such database: none/x.db\n")
    assert run("suggestions", "export").err == "No such database: db/suggestions.db\n"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database(run: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database at all" * 100)
    done = run("suggestions", "export", "--db-path", "x.db")
    assert done == (1, "", "ltmanage: the suggestions in x.db cannot be used: file is not a database\n")
