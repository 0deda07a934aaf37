from __future__ import annotations

import json
from pathlib import Path

import pytest

from libretranslate_py.packages.paths import index_file, packages_folder


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    path = tmp_path / "config" / "argos-translate" / "settings.json"
    path.parent.mkdir(parents=True)
    return path


def test_the_order_of_the_places(tmp_path: Path, settings_file: Path) -> None:
    environ = {"HOME": str(tmp_path / "home")}
    assert packages_folder(None, environ) == tmp_path / "home/.local/share/argos-translate/packages"
    environ["XDG_DATA_HOME"] = str(tmp_path / "data")
    assert packages_folder(None, environ) == tmp_path / "data/argos-translate/packages"
    settings_file.write_text(json.dumps({"ARGOS_PACKAGES_DIR": "/from/settings"}))
    environ["XDG_CONFIG_HOME"] = str(tmp_path / "config")
    assert packages_folder(None, environ) == Path("/from/settings")
    environ["ARGOS_PACKAGES_DIR"] = "/from/environment"
    assert packages_folder(None, environ) == Path("/from/environment")
    assert packages_folder("/explicit", environ) == Path("/explicit")
    assert packages_folder(Path("~/explicit"), environ) == Path.home() / "explicit"


def test_empty_values_count_as_not_given(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": "", "ARGOS_PACKAGES_DIR": ""}
    assert packages_folder("", environ) == tmp_path / ".local/share/argos-translate/packages"
    assert index_file(environ) == tmp_path / ".local/share/argos-translate/index.json"


def test_the_settings_lie_in_the_home_by_default(tmp_path: Path) -> None:
    settings = tmp_path / ".config/argos-translate/settings.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"ARGOS_PACKAGES_DIR": "/from/settings"}))
    assert packages_folder(None, {"HOME": str(tmp_path)}) == Path("/from/settings")


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"ARGOS_PACKAGES_DIR": 7}', '{"ARGOS_PACKAGES_DIR": ""}', "[" * 100_000, "\udcff"]
)
def test_unusable_settings_of_the_other_program_are_passed_over(
    content: str, tmp_path: Path, settings_file: Path
) -> None:
    settings_file.write_bytes(content.encode(errors="surrogateescape"))
    environ = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    assert packages_folder(None, environ) == tmp_path / ".local/share/argos-translate/packages"


def test_nothing_is_made(tmp_path: Path) -> None:
    packages_folder(None, {"HOME": str(tmp_path)})
    index_file({"HOME": str(tmp_path)})
    assert list(tmp_path.iterdir()) == []
