"""The real argostranslate and this store over one folder: what one installs or removes, the other sees."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from libretranslate_py.languages import Direction
from libretranslate_py.packages.package import Catalogue
from libretranslate_py.packages.paths import index_file, packages_folder
from libretranslate_py.packages.store import Store

EN_ES = Direction("en", "es")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The part of the environment of the ``argos`` fixture that says where packages lie."""
    return {"XDG_DATA_HOME": str(tmp_path / "argos" / "data"), "XDG_CONFIG_HOME": str(tmp_path / "argos" / "config")}


@pytest.fixture
def shared(environ: dict[str, str], check: Callable[[Path], None], starter_folder: Path) -> Store:
    def accept(_: Path) -> None:
        return None

    return Store(packages_folder(None, environ), check=accept, starter_folder=starter_folder)


def listed(argos: Any) -> list[list[str]]:
    answer = argos.ask(do="list")
    assert "error" not in answer
    return [entry for entry in answer["result"] if entry[1] == "translate"]


def test_both_mean_the_same_places(argos: Any, environ: dict[str, str]) -> None:
    places = argos.ask(do="where")["result"]
    assert packages_folder(None, environ) == Path(places["packages"])
    assert index_file(environ) == Path(places["index"])


def test_what_argostranslate_installs_is_served_and_can_be_removed(
    argos: Any, shared: Store, starter_archives: Mapping[str, Path]
) -> None:
    assert shared.read().packages == ()
    before = shared.fingerprint()
    argos.ask(do="install", archive=str(starter_archives["translate-en_es-0_1"]))
    assert shared.fingerprint() != before
    [package] = shared.read().packages
    assert package.direction == EN_ES
    shared.remove(package)
    assert listed(argos) == []


def test_what_the_store_installs_argostranslate_translates_with_and_removes(
    argos: Any, shared: Store, starter_archives: Mapping[str, Path]
) -> None:
    installed = shared.install(starter_archives["translate-en_es-0_1"])
    assert listed(argos) == [[str(installed.path), "translate", "0.1"]]
    assert argos.ask(do="translate", source="en", target="es")["result"] is True
    argos.ask(do="uninstall", path=str(installed.path))
    assert shared.read().packages == shared.read().problems == ()


def test_argostranslate_lists_the_starters(argos: Any, shared: Store) -> None:
    assert [entry[0] for entry in listed(argos)] == []
    starters = shared.install_starters()
    assert [entry[0] for entry in listed(argos)] == sorted(str(package.path) for package in starters)


def test_a_package_with_the_folder_name_of_older_times(
    argos: Any, shared: Store, tmp_path: Path, starter_folder: Path
) -> None:
    archive = tmp_path / "old.argosmodel"
    source = starter_folder / "translate-en_es-0_1"
    with zipfile.ZipFile(archive, "w") as zipped:
        for path in sorted(source.rglob("*")):
            zipped.write(path, f"en_es/{path.relative_to(source)}")
    argos.ask(do="install", archive=str(archive))
    [old] = shared.read().packages
    assert old.path.name == "en_es"
    assert shared.install(archive) == old
    new = shared.install(archive, force=True)
    assert new.path.name == "translate-en_es-0_1-r2"
    assert listed(argos) == [[str(new.path), "translate", "0.1"]]


def test_argostranslate_installs_over_a_package_of_the_store(
    argos: Any, shared: Store, starter_archives: Mapping[str, Path]
) -> None:
    archive = starter_archives["translate-en_es-0_1"]
    installed = shared.install(archive)
    before = shared.read()
    argos.ask(do="install", archive=str(archive))
    after = shared.read()
    assert [package.path for package in after.packages] == [installed.path]
    # The same in every word, and other files all the same.
    assert after != before


def test_argostranslate_does_not_stumble_over_the_downloads(argos: Any, shared: Store) -> None:
    folder = shared.downloads_folder()
    (folder / "translate-en_de-1_0.argosmodel").touch()
    assert argos.ask(do="list") == {"result": [[str(folder), "staging", ""]]}
    assert shared.read() == Catalogue()
    shared.install_starters()
    assert shared.downloads_folder() == folder
    assert {path.name for path in folder.iterdir()} == {"metadata.json", "translate-en_de-1_0.argosmodel"}


def test_argostranslate_lists_packages_while_the_store_is_changed(argos: Any, shared: Store, make_archive: Any) -> None:
    seen: list[object] = []

    def look(_: Path) -> None:
        seen.append(argos.ask(do="list"))

    store = Store(shared.folder, check=look)
    installed = store.install(make_archive())
    assert seen == [{"result": [[str(store.folder / ".staging"), "staging", ""]]}]
    assert listed(argos) == [[str(installed.path), "translate", "1.0"]]
