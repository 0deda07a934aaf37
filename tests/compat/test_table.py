"""docs/compatibility.md has a row for everything, and every row a test that exists."""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from libretranslate_py.settings import OPTIONS
from libretranslate_py.web.app import create_app
from libretranslate_py.web.options import WebOptions
from tests.web.fakes import FakeServices

sys.path.append(str(Path(__file__).parents[2] / "scripts"))

from compatibility import BEHAVIOURS, ENDPOINTS, OPTION_TESTS, OURS, Row, compatibility_page, verdict

ROOT = Path(__file__).parents[2]
ROWS = [*ENDPOINTS, *(row for rows in BEHAVIOURS.values() for row in rows)]
NAMED = sorted({*OPTION_TESTS.values(), *(row.test for row in ROWS)})
PAGE = (ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8")


def test_every_option_has_a_row() -> None:
    assert sorted(OPTION_TESTS) == sorted(option.name for option in OPTIONS)
    for option in OPTIONS:
        shown = f"| `{option.flag or option.variables[0]}` | "
        (line,) = [line for line in PAGE.splitlines() if line.startswith(shown)]
        assert line.endswith(f" | `{OPTION_TESTS[option.name]}` |")


def test_every_endpoint_has_a_row() -> None:
    app = create_app(FakeServices(), WebOptions(metrics=True))
    served = {
        f"{method} {rule.rule}" for rule in app.url_map.iter_rules() for method in (rule.methods or set()) - {"HEAD"}
    }
    served = {request for request in served if not request.startswith("OPTIONS ")}
    assert sorted(row.what for row in ENDPOINTS if not row.what.startswith("OPTIONS ")) == sorted(served)


def test_the_page_is_what_the_rows_say() -> None:
    assert compatibility_page(OPTIONS) == PAGE
    assert sum(line.endswith("` |") for line in PAGE.splitlines()) == len(OPTIONS) + len(ROWS)


@pytest.mark.parametrize("name", NAMED)
def test_the_test_of_a_row_exists(name: str) -> None:
    path, *parts = name.split("::")
    found: Any = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    for part in parts:
        found = getattr(found, part)
    assert callable(found)
    assert parts[-1].startswith("test_")


def test_every_test_of_the_suite_backs_a_row() -> None:
    written = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        if path != Path(__file__):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            names = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
            written |= {f"tests/compat/{path.name}::{name}" for name in names if name.startswith("test_")}
    assert sorted(written - set(NAMED)) == []


def test_rows_are_told_apart() -> None:
    for rows in (ENDPOINTS, *BEHAVIOURS.values()):
        assert len({row.what for row in rows}) == len(rows)


@pytest.mark.parametrize(("differs", "words"), [("", "same"), (OURS, "ours"), ("Better.", "safer: Better.")])
def test_verdicts(differs: str, words: str) -> None:
    assert verdict(Row("a", "b", differs).differs) == words
