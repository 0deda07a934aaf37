"""The package ``translate`` for JavaScript, version 3, as it is published."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Place

SCRIPT = Path(__file__).parent / "translate.mjs"
Ask = Callable[..., list[dict[str, str]]]


@pytest.fixture(scope="package")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package."""
    npm = shutil.which("npm")
    if not npm:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("npm")
    (folder / "package.json").write_text('{"private": true}')
    # The script has to lie there: Node.js looks for packages from where a module is.
    shutil.copy(SCRIPT, folder)
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1", "translate@3"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        pytest.skip("npm install takes too long")
    if done.returncode:
        pytest.skip(f"npm install failed: {done.stderr[-200:]}")
    return folder


@pytest.fixture
def ask(place: Place, installed: Path, node: Callable[..., Any]) -> Ask:
    def ask(*questions: tuple[str, dict[str, str]], key: str | None = place.key) -> list[dict[str, str]]:
        answers = node(str(installed / SCRIPT.name), f"{place.base}/translate", key or "", json.dumps(questions))
        assert isinstance(answers, list)
        return answers

    return ask


def test_translate(ask: Ask) -> None:
    assert ask(
        ("Hello", {"to": "es"}),
        ("Hello", {"from": "en", "to": "fr"}),
        ("Good morning.\n\nHow are you?", {"from": "English", "to": "Spanish"}),
        ("😀", {"to": "es"}),
        ("  ", {"to": "es"}),
    ) == [
        {"text": "Hola"},
        {"text": "Bonjour"},
        {"text": "Buenos días.\n\n¿Cómo estás?"},
        {"text": "😀"},
        {"text": "  "},
    ]


def test_errors_are_our_sentences(ask: Ask) -> None:
    assert ask(("Hello", {"to": "de"}), ("", {"to": "es"})) == [
        {"error": "de is not supported"},
        {"error": "Invalid request: missing q parameter"},
    ]


def test_keys(place: Place, ask: Ask) -> None:
    question = ("Hello", {"to": "es"})
    with_key = place.key is not None
    assert ask(question, key="wrong") == [{"error": "Invalid API key"} if with_key else {"text": "Hola"}]
    refusal = "Please contact the server operator to get an API key"
    assert ask(question, key="") == [{"error": refusal} if with_key else {"text": "Hola"}]
