"""What a newcomer does first."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.e2e.process import ServerProcess

Start = Callable[..., ServerProcess]


def test_an_empty_home_translates_at_once(server: ServerProcess) -> None:
    assert server.translate("Hello") == "Hola"
    assert server.translate(["Hello", "world"]) == ["Hola", "mundo"]


def test_spanish_to_french_goes_through_english(server: ServerProcess) -> None:
    assert server.directions() == {"en-es", "es-en", "en-fr", "fr-en", "es-fr", "fr-es"}
    assert server.translate("¿Dónde está la estación de tren?", "es", "fr") == "Où est la gare ?"


def test_the_forms_that_clients_send(server: ServerProcess) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert server.request("/translate", b"q=Hello&source=en&target=es", headers=form)[1] == {"translatedText": "Hola"}
    assert server.request("/translate?q=Hello&source=en&target=es", b"", headers=form)[1]["translatedText"] == "Hola"


def test_auto_detects_each_text(server: ServerProcess) -> None:
    status, answer = server.request(
        "/translate",
        {
            "q": ["Where is the station?", "¿Dónde está la estación?", "Où est la gare ?"],
            "source": "auto",
            "target": "en",
        },
    )
    assert status == 200
    assert [found["language"] for found in answer["detectedLanguage"]] == ["en", "es", "fr"]
    assert answer["translatedText"][0] == "Where is the station?"


def test_alternatives_are_distinct_and_leave_out_the_text(server: ServerProcess) -> None:
    _, answer = server.request(
        "/translate", {"q": "How are you? Good morning.", "source": "en", "target": "fr", "alternatives": 3}
    )
    everything = [answer["translatedText"], *answer["alternatives"]]
    assert len(everything) == len(set(everything)) == 4
    assert answer["translatedText"] == server.translate("How are you? Good morning.", "en", "fr")


def test_separators_come_back(server: ServerProcess) -> None:
    text = "\n\n  Hello.\r\n\r\n\t- Good morning.   How are you?\n1. Hello.\n\n"
    assert server.translate(text) == "\n\n  Hola.\r\n\r\n\t- Buenos días.   ¿Cómo estás?\n1. Hola.\n\n"


@pytest.mark.parametrize("text", ["👍🎉", "12:30 - 14:45", "https://example.org/a?b=c", "...", "3.14", " ", "\t\n"])
def test_nothing_to_translate_comes_back_unchanged(server: ServerProcess, text: str) -> None:
    assert server.translate(text) == text


def test_capitals_are_translated(server: ServerProcess) -> None:
    assert server.translate("WHERE IS THE TRAIN STATION?") == "¿DÓNDE ESTÁ LA ESTACIÓN DE TREN?"


def test_the_log_has_one_line_per_request_and_no_text(server: ServerProcess) -> None:
    server.translate("My secret is a purple elephant.")
    lines = [line for line in server.log if "path=/translate" in line]
    assert lines
    assert "characters=31" in lines[-1]
    assert not [line for line in server.log if "elephant" in line or "elefante" in line]


def test_the_module_can_be_run_and_shows_its_options() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "libretranslate_py", "--help"], capture_output=True, text=True, check=True
    )
    assert "--load-only" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--port", "abc"], "libretranslate: --port='abc' is not accepted: a whole number from 0 to 65535"),
        (["--char-limit", "-5"], "libretranslate: --char-limit='-5' is not accepted"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(arguments: list[str], line: str) -> None:
    command = [sys.executable, "-m", "libretranslate_py", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 2
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == 1


def test_a_port_in_use_stops_the_start_with_one_line(server: ServerProcess) -> None:
    port = server.url.rpartition(":")[2]
    command = [sys.executable, "-m", "libretranslate_py", "--port", port]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 2
    assert f"port {port} cannot be listened on" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_stops_at_once_with_status_0(start: Start, number: int) -> None:
    server = start()
    server.translate("Hello")
    assert server.stop(number) == 0
