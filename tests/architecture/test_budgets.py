"""Sizes that keep the code readable, and habits that keep it honest."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "libretranslate_py"
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
MAX_FACTORY_LINES = 60


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_files_and_functions_are_short(path: Path) -> None:
    source = path.read_text()
    assert source.count("\n") <= MAX_FILE_LINES, f"{name_of(path)} has {source.count(chr(10))} lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= MAX_FUNCTION_LINES, f"{name_of(path)}:{node.lineno} {node.name} has {lines} lines"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_no_globals_and_no_work_at_import(path: Path) -> None:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Global), f"{name_of(path)}:{node.lineno} uses global"
    for statement in tree.body:
        for node in ast.walk(statement):
            if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.If):
                break
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                touches = called.startswith("os.") or called in ("open", "os.getenv") or ".read_text" in called
                assert not touches, f"{name_of(path)}:{node.lineno} does something at import: {called}"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_broad_excepts_pass_on_what_they_catch(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "everything"
            if caught in ("Exception", "BaseException", "everything"):
                body = ast.unparse(ast.Module(node.body, []))
                names_it = node.name is not None and node.name in body
                assert "raise" in body or names_it or "log.exception" in body, (
                    f"{name_of(path)}:{node.lineno} catches {caught} and drops it"
                )


def test_texts_of_the_project_name_no_machine() -> None:
    """No path of somebody's machine and no package registry in what is published."""
    words = ("/wo" + "rk/", "/ro" + "ot/", "py" + "pi.org/simple", "registry.np" + "mjs")
    checked = 0
    for pattern in (
        "*.md",
        "*.py",
        "*.toml",
        "scripts/*",
        ".env.example",
        "docs/*",
        "libretranslate_py/**/*.py",
        "tests/**/*.py",
    ):
        for path in ROOT.glob(pattern):
            if path.is_file() and "__pycache__" not in path.parts:
                text = path.read_text(encoding="utf-8", errors="replace")
                checked += 1
                assert not [word for word in words if word in text], f"{name_of(path)} names a machine"
    assert checked > 20
