"""The files that are generated from the options are up to date, and the check for it can fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from libretranslate_py.options import parse_env_file
from libretranslate_py.settings import OPTIONS, Settings, resolve

ROOT = Path(__file__).resolve().parent.parent
GENERATED = (".env.example", "docs/options.md", "docs/compatibility.md")


def run_script(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "generate_docs.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )


def test_committed_files_are_up_to_date() -> None:
    done = run_script("--check")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", GENERATED)
def test_check_finds_a_changed_and_a_missing_file(name: str, tmp_path: Path) -> None:
    for generated in GENERATED:
        (tmp_path / generated).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / generated, tmp_path / generated)
    assert run_script("--check", "--root", str(tmp_path)).returncode == 0
    with (tmp_path / name).open("a", encoding="utf-8") as file:
        file.write("one line too many\n")
    done = run_script("--check", "--root", str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert str(tmp_path / name) in done.stderr
    (tmp_path / name).unlink()
    assert run_script("--check", "--root", str(tmp_path)).returncode == 1


def test_script_writes_what_the_check_accepts(tmp_path: Path) -> None:
    assert run_script("--root", str(tmp_path)).returncode == 0
    for name in GENERATED:
        assert (tmp_path / name).read_text(encoding="utf-8") == (ROOT / name).read_text(encoding="utf-8")


def test_every_option_has_its_line_and_its_row() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    page = (ROOT / "docs" / "options.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    for option in OPTIONS:
        assert lines.count(f"#{option.variables[0]}={option.default_text}") == 1
        for name in filter(None, (option.flag, *option.variables)):
            assert sum(f"`{name}`" in row for row in rows) == 1, name


def test_example_with_every_comment_removed_is_the_default() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    uncommented = "\n".join(line.removeprefix("#") if line.startswith("#LT_") else line for line in example.split("\n"))
    env_file = parse_env_file(uncommented)
    assert set(env_file.values) == {option.variables[0] for option in OPTIONS}
    assert resolve({}, {}, env_file) == Settings()
