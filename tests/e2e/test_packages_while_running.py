"""What happens to a running server when packages come and go."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from libretranslate_py.services import STARTER_FOLDER
from tests.e2e.conftest import NOWHERE
from tests.e2e.process import ServerProcess

Start = Callable[..., ServerProcess]
EN_ES = STARTER_FOLDER / "translate-en_es-0_1"


def package_folder(parent: Path, source: str, target: str, version: str, contents: Path = EN_ES) -> Path:
    """An unpacked package made of a starter's model under other names."""
    folder = parent / f"translate-{source}_{target}-{version.replace('.', '_')}"
    shutil.copytree(contents, folder)
    metadata = {
        "from_code": source,
        "to_code": target,
        "package_version": version,
        "from_name": source,
        "to_name": target,
    }
    (folder / "metadata.json").write_text(json.dumps(metadata))
    return folder


def archive(tmp_path: Path, source: str, target: str, version: str) -> Path:
    folder = package_folder(tmp_path / "unpacked", source, target, version)
    path = tmp_path / f"{folder.name}.argosmodel"
    with zipfile.ZipFile(path, "w") as packed:
        for file in folder.rglob("*"):
            if file.is_file():
                packed.write(file, f"{folder.name}/{file.relative_to(folder)}")
    return path


def manage(server_or_home: ServerProcess | Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    home = server_or_home if isinstance(server_or_home, Path) else server_or_home.home
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LT_", "ARGOS_", "XDG_"))}
    code = "from libretranslate_py.cli import manage; manage()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
        timeout=120,
        env={**kept, "HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2]), "LT_INDEX_URL": NOWHERE},
    )


def test_install_and_remove_are_taken_up_without_a_restart(start: Start, tmp_path: Path) -> None:
    server = start()
    server.wait_until(lambda: len(list(server.packages.glob("translate-*"))) == 4)
    done = manage(server, "models", "install", str(archive(tmp_path, "en", "xy", "1.0")))
    assert (done.returncode, done.stdout) == (0, "installed translate-en_xy 1.0\n")
    server.wait_until(lambda: "en-xy" in server.directions())
    assert server.translate("Hello", "en", "xy") == "Hola"
    assert manage(server, "models", "remove", "en-xy").returncode == 0
    server.wait_until(lambda: "en-xy" not in server.directions())
    assert server.translate("Hello") == "Hola"


def test_sighup_reloads(start: Start) -> None:
    server = start("--no-starter")
    assert server.request("/ready")[0] == 503
    assert server.request("/health")[0] == 200
    server.packages.mkdir(parents=True)
    package_folder(server.packages, "en", "es", "1.0")
    server.process.send_signal(signal.SIGHUP)
    server.wait_until(lambda: server.request("/ready")[0] == 200)
    assert server.translate("Hello") == "Hola"


def test_a_higher_version_takes_over_and_older_ones_go(start: Start, tmp_path: Path) -> None:
    server = start()
    server.wait_until(lambda: len(list(server.packages.glob("translate-*"))) == 4)
    done = manage(server, "models", "install", str(archive(tmp_path, "en", "es", "1.5")))
    assert "installed translate-en_es 1.5" in done.stdout
    assert "removed translate-en_es 0.1" in done.stdout
    server.wait_until(lambda: any("now serving translate-en_es 1.5" in line for line in server.log))
    assert server.translate("Hello") == "Hola"
    assert sorted(path.name for path in server.packages.glob("translate-en_es*")) == ["translate-en_es-1_5"]


def test_removed_starters_do_not_come_back(start: Start) -> None:
    server = start()
    server.wait_until(lambda: len(list(server.packages.glob("translate-*"))) == 4)
    server.stop()
    names = ["en-es", "es-en", "en-fr", "fr-en"]
    assert manage(server, "models", "remove", *names).returncode == 0
    again = start()
    assert again.request("/ready")[0] == 503
    assert again.request("/languages")[1] == []
    assert manage(again, "models", "starter").stdout.count("installed") == 4
    again.wait_until(lambda: again.request("/ready")[0] == 200)


def test_load_only_is_served_by_starters_without_a_network(start: Start) -> None:
    server = start(LT_LOAD_ONLY="en,es")
    assert server.directions() == {"en-es", "es-en"}
    assert server.translate("Hello") == "Hola"
    server.wait_until(lambda: any("serving what is installed" in line for line in server.log), timeout=60)
    assert server.translate("Hello") == "Hola"


def empty_model(package: Path) -> None:
    (package / "model/model.bin").write_bytes(b"\x00" * 1000)


def short_vocabulary(package: Path) -> None:
    """The model loads, and fails at the first word that it would name."""
    path = package / "model/shared_vocabulary.json"
    path.write_text(json.dumps(json.loads(path.read_text())[:200]))


def test_load_only_of_a_language_that_is_not_there_says_so(start: Start) -> None:
    server = start(LT_LOAD_ONLY="en,de")
    server.wait_until(lambda: any("no installed package translates de, en" in line for line in server.log))
    status, answer = server.request("/ready")
    assert (status, "de, en" in answer["error"]) == (503, True)


@pytest.mark.parametrize("damage", [empty_model, short_vocabulary])
def test_a_damaged_higher_version_gives_way_to_the_lower_one(start: Start, damage: Callable[[Path], None]) -> None:
    server = start()
    server.wait_until(lambda: len(list(server.packages.glob("translate-*"))) == 4)
    damaged = package_folder(server.packages, "en", "es", "2.0")
    damage(damaged)
    server.wait_until(lambda: any("now serving translate-en_es 2.0" in line for line in server.log))
    assert server.translate("Hello") == "Hola"
    assert any("not served any more" in line for line in server.log)
    assert "a higher version" in manage(server, "models", "list").stdout
    verified = manage(server, "models", "verify")
    assert verified.returncode == 1
    assert "translate-en_es-0_1: ok" in verified.stdout


def test_a_package_for_an_unknown_code_is_listed_and_one_with_a_malformed_code_is_not(start: Start) -> None:
    server = start("--no-starter")
    server.packages.mkdir(parents=True)
    package_folder(server.packages, "en", "qqz", "1.0")
    package_folder(server.packages, "en", "e$", "1.0")
    server.wait_until(lambda: server.directions() == {"en-qqz"})
    assert server.translate("Hello", "en", "qqz") == "Hola"
    assert any("not a usable package" in line for line in server.log)


@pytest.mark.parametrize("folder", ["/proc/nowhere/packages", "file/packages"])
def test_a_store_that_cannot_be_written_is_served_from_the_starters(start: Start, tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").write_text("")
    server = start("--packages-dir", str(tmp_path / folder))
    assert server.translate("Hello") == "Hola"
    server.wait_until(lambda: any("packages cannot be written" in line for line in server.log))
    assert server.translate("Hello") == "Hola"


def test_requests_go_on_while_packages_change(start: Start, tmp_path: Path) -> None:
    server = start()
    server.wait_until(lambda: len(list(server.packages.glob("translate-*"))) == 4)
    for number in range(3):
        path = archive(tmp_path / str(number), "en", "es", f"1.{number}")
        assert manage(server, "models", "install", str(path)).returncode == 0
        for _ in range(10):
            assert server.translate(["Hello", "Good morning."]) == ["Hola", "Buenos días."]
