"""Programs whose requests have nothing special, except that many people make them."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from tests.clients.conftest import Place
from tests.clients.wire import post_json, send

README = Path(__file__).parents[2] / "README.md"
DOCUMENTS = Path(__file__).parents[1] / "data" / "documents"


def test_the_crate_libretranslate(place: Place) -> None:
    """Compact JSON of three fields; an answer that is not a string is an error for it."""
    key = f',"api_key":"{place.key}"' if place.key else ""
    body = f'{{"q":"Good morning.","source":"en","target":"es"{key}}}'.encode()
    headers = {"Content-Type": "application/json", "User-Agent": "ureq/2.9.7", "Accept": "*/*"}
    assert send("POST", f"{place.base}/translate", body, headers).good()["translatedText"] == "Buenos días."


def test_jellyfin_sends_fifty_cues(place: Place) -> None:
    fields = place.fields(q=["Good morning.", "How are you?"] * 25, source="en", target="es", format="text")
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert post_json(f"{place.base}/translate", fields, headers).good()["translatedText"] == (
        ["Buenos días.", "¿Cómo estás?"] * 25
    )


@pytest.mark.parametrize("ending", ["/translate/", "//translate"])
def test_addresses_with_a_slash_too_many(place: Place, ending: str) -> None:
    fields = place.fields(q="Hello", source="en", target="es")
    assert post_json(place.base + ending, fields).good() == {"translatedText": "Hola"}


def commands() -> list[str]:
    """The lines of the README that run curl, put together where they go over several."""
    text = README.read_text().replace("\\\n", " ")
    lines = [line.strip().removeprefix("$ ") for line in text.splitlines()]
    return [line for line in lines if line.startswith("curl ") and "$" not in line]


def shown_answers() -> dict[str, str]:
    """The commands that the README shows with what they print."""
    lines = README.read_text().splitlines()
    return {line[2:]: answer for line, answer in pairwise(lines) if line.startswith("$ curl ")}


@pytest.mark.parametrize("place", ["plain"], indirect=True)
def test_the_commands_of_the_readme(place: Place, tmp_path: Path) -> None:
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    assert len(commands()) >= 5
    for command in commands():
        words = shlex.split(command)
        for word in words:
            _, sign, name = word.partition("=@")
            if sign:
                # A file of the reader's; what kinds there are is tested elsewhere.
                place_of_file = tmp_path / name.split(";")[0]
                shutil.copy(DOCUMENTS / f"report{place_of_file.suffix}", place_of_file)
        words = [word.replace("http://127.0.0.1:5000", place.base) for word in words]
        assert any(word.startswith(place.base) for word in words), command
        done = subprocess.run(
            [*words, "-sS", "--fail-with-body"], capture_output=True, text=True, timeout=60, cwd=tmp_path
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        assert done.stdout.strip() == shown_answers().get(command, done.stdout.strip())
