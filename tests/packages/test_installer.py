"""Install, complete, update and remove, from a real server into a real store."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import ctranslate2
import pytest

from libretranslate_py.errors import (
    CorruptPackage,
    DownloadFailed,
    IndexUnusable,
    StoreUnwritable,
    UnknownPackage,
)
from libretranslate_py.languages import Direction
from libretranslate_py.packages.download import download
from libretranslate_py.packages.index import Index
from libretranslate_py.packages.installer import Installer, LogProgress, Outcome
from libretranslate_py.packages.store import Store
from tests.packages.conftest import zip_folder
from tests.packages.misbehaving_server import Answer, MisbehavingServer, misbehaving_server

MakeArchive = Callable[..., Path]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MisbehavingServer]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with misbehaving_server() as started:
        started.put("/index.json", Answer(b"[]"))
        yield started


class Shelf:
    """What the server offers: archives, and an index that lists them."""

    def __init__(self, server: MisbehavingServer, make_archive: MakeArchive) -> None:
        self._server = server
        self._make_archive = make_archive
        self._entries: list[dict[str, Any]] = []

    def offer(self, source: str, target: str, version: str = "1.5", **more: Any) -> str:
        """Puts a small package there and returns its path; see add."""
        archive = self._make_archive(source, target, version, **more.pop("package", {}))
        return self.add(archive.read_bytes(), source, target, version, **more)

    def add(self, content: bytes, source: str, target: str, version: str, **more: Any) -> str:
        """``more`` goes over the fields of the entry; ``answer`` over what the server sends."""
        path = f"/translate-{source}_{target}-{version}.argosmodel"
        self._server.put(path, more.pop("answer", Answer(content, etag=f'"{version}"')))
        entry = {
            "package_version": version,
            "from_code": source,
            "from_name": source.upper(),
            "to_code": target,
            "to_name": target.upper(),
            "links": [self._server.url(path)],
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        self._entries.append({**entry, **more})
        self._server.put("/index.json", Answer(json.dumps(self._entries).encode()))
        return path


@pytest.fixture
def shelf(server: MisbehavingServer, make_archive: MakeArchive) -> Shelf:
    return Shelf(server, make_archive)


class Told:
    """A Progress that writes down what it is told."""

    def __init__(self, into: list[tuple[object, ...]]) -> None:
        self._into = into

    def start(self, label: str, total: int | None) -> None:
        self._into.append(("start", label, total))

    def advance(self, done: int) -> None:
        self._into.append(("advance", done))

    def finish(self) -> None:
        self._into.append(("finish",))


@pytest.fixture
def told() -> list[tuple[object, ...]]:
    return []


def installer_for(store: Store, url: str, tmp_path: Path, told: list[tuple[object, ...]] | None = None) -> Installer:
    into = told if told is not None else []
    return Installer(
        store,
        Index(url, tmp_path / "data" / "index.json", timeout=10),
        downloads_folder=tmp_path / "downloads",
        progress_factory=lambda: Told(into),
        fetch=partial(download, timeout=10, attempts=2, backoff=0),
    )


@pytest.fixture
def installer(store: Store, server: MisbehavingServer, tmp_path: Path, told: list[tuple[object, ...]]) -> Installer:
    return installer_for(store, server.address, tmp_path, told)


def names(outcome: Outcome) -> dict[str, list[str]]:
    parts = {
        "installed": [f"{package.name} {package.version}" for package in outcome.installed],
        "removed": [f"{package.name} {package.version}" for package in outcome.removed],
        "unchanged": list(outcome.unchanged),
        "failed": [failure.name for failure in outcome.failed],
    }
    return {part: content for part, content in parts.items() if content}


def held(store: Store) -> list[str]:
    return [f"{package.name} {package.version}" for package in store.read().packages]


# --- end to end with real packages ---------------------------------------------------------


@pytest.fixture
def real_store(tmp_path: Path, starter_folder: Path) -> Store:
    def load(folder: Path) -> None:
        try:
            ctranslate2.Translator(str(folder / "model"))
        except (RuntimeError, ValueError) as error:
            raise CorruptPackage(folder, str(error)) from error

    return Store(tmp_path / "packages", check=load, starter_folder=starter_folder)


def full_size(starter: Path, folder: Path, *, spoil: bool = False) -> bytes:
    """A starter package as version 1.5; ``spoil`` cuts its model."""
    copy = folder / starter.name.replace("0_1", "1_5")
    shutil.copytree(starter, copy)
    metadata = json.loads((copy / "metadata.json").read_bytes())
    (copy / "metadata.json").write_text(json.dumps({**metadata, "package_version": "1.5"}))
    if spoil:
        model = (copy / "model" / "model.bin").read_bytes()
        (copy / "model" / "model.bin").write_bytes(model[: len(model) // 2])
    return zip_folder(copy, folder / f"{copy.name}.argosmodel").read_bytes()


def test_replaces_starters_by_full_size_packages_and_keeps_the_one_whose_new_version_is_broken(
    real_store: Store,
    server: MisbehavingServer,
    shelf: Shelf,
    starter_folder: Path,
    tmp_path: Path,
    told: list[tuple[object, ...]],
) -> None:
    wanted = {Direction("en", "es"), Direction("fr", "en")}
    real_store.install_starters(wanted)
    size = 0
    for source, target, spoil in (("en", "es", False), ("fr", "en", True)):
        content = full_size(starter_folder / f"translate-{source}_{target}-0_1", tmp_path, spoil=spoil)
        size = size or len(content)
        shelf.add(content, source, target, "1.5")

    outcome = installer_for(real_store, server.address, tmp_path, told).update()

    assert names(outcome) == {
        "installed": ["translate-en_es 1.5"],
        "removed": ["translate-en_es 0.1"],
        "failed": ["translate-fr_en"],
    }
    assert isinstance(outcome.failed[0].error, CorruptPackage)
    assert held(real_store) == ["translate-en_es 1.5", "translate-fr_en 0.1"]
    assert [package.starter for package in real_store.read().packages] == [False, True]
    assert told[0] == ("start", "translate-en_es", size)
    assert ("advance", size) in told
    assert [path.suffix for path in (tmp_path / "downloads").iterdir()] == [".lock", ".lock"]


# --- install by name ---------------------------------------------------------


@pytest.mark.parametrize("name", ["translate-en_de", "en_de", "en-de", "en->de"])
def test_installs_a_package_of_the_index(installer: Installer, store: Store, shelf: Shelf, name: str) -> None:
    shelf.offer("en", "de", "1.2")
    shelf.offer("en", "de", "1.10")
    assert names(installer.install([name, "en_de"])) == {"installed": ["translate-en_de 1.10"]}
    assert held(store) == ["translate-en_de 1.10"]


def test_an_unknown_name_stops_before_anything_is_done(installer: Installer, store: Store, shelf: Shelf) -> None:
    shelf.offer("en", "de")
    shelf.offer("de", "en")
    with pytest.raises(UnknownPackage) as caught:
        installer.install(["en_de", "en_xx"])
    assert (caught.value.name, caught.value.known) == ("en_xx", ("translate-de_en", "translate-en_de"))
    assert held(store) == []


def test_what_is_installed_is_not_downloaded_again(
    installer: Installer, server: MisbehavingServer, shelf: Shelf
) -> None:
    path = shelf.offer("en", "de")
    installer.install(["en_de"])
    assert names(installer.install(["en_de"])) == {"unchanged": ["translate-en_de"]}
    assert len(server.asked(path)) == 1
    assert names(installer.install(["en_de"], force=True))["installed"] == ["translate-en_de 1.5"]
    assert len(server.asked(path)) == 2


def test_a_higher_version_takes_the_place_of_the_lower(
    installer: Installer, store: Store, shelf: Shelf, make_archive: MakeArchive
) -> None:
    store.install(make_archive("en", "de", "1.0"))
    shelf.offer("en", "de", "1.5")
    assert names(installer.install(["en_de"])) == {
        "installed": ["translate-en_de 1.5"],
        "removed": ["translate-en_de 1.0"],
    }
    assert held(store) == ["translate-en_de 1.5"]


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"answer": Answer(status=404)}, DownloadFailed),
        ({"answer": Answer(b"<html>", headers={"Content-Type": "text/html"})}, DownloadFailed),
        ({"sha256": "0" * 64}, DownloadFailed),
        ({"links": ["ipfs://bafybei"]}, DownloadFailed),
        ({"package": {"content": b"words", "without": ("model/model.bin",)}}, CorruptPackage),
    ],
)
def test_a_package_that_fails_does_not_keep_the_others_away(
    installer: Installer, store: Store, shelf: Shelf, more: dict[str, Any], error: type[Exception]
) -> None:
    shelf.offer("en", "de", **more)
    shelf.offer("de", "en")
    outcome = installer.install(["en_de", "de_en"])
    assert names(outcome) == {"installed": ["translate-de_en 1.5"], "failed": ["translate-en_de"]}
    assert type(outcome.failed[0].error) is error
    assert held(store) == ["translate-de_en 1.5"]


def test_an_archive_of_another_direction_is_refused(
    installer: Installer, store: Store, shelf: Shelf, make_archive: MakeArchive
) -> None:
    store.install(make_archive("en", "de", "1.0"))
    shelf.add(make_archive("en", "fr", "1.5").read_bytes(), "en", "de", "1.5")
    outcome = installer.install(["en_de"])
    assert "en->fr instead of en->de" in str(outcome.failed[0].error)
    assert held(store) == ["translate-en_de 1.0"]


def test_an_archive_of_another_direction_leaves_even_what_it_would_replace(
    installer: Installer,
    store: Store,
    shelf: Shelf,
    make_archive: MakeArchive,
    make_folder: Callable[..., Path],
    digest: Callable[[Path], str],
) -> None:
    make_folder("es", "en", "1.5", parent=store.folder)
    (store.folder / ".lock").touch()
    before = digest(store.folder)
    shelf.add(make_archive("es", "en", "1.5", content=b"other").read_bytes(), "en", "es", "1.5")
    assert names(installer.install(["en_es"], force=True)) == {"failed": ["translate-en_es"]}
    assert digest(store.folder) == before
    assert not store.held_packages()


def test_an_archive_that_is_older_than_promised_does_not_stand_behind_a_newer_one(
    installer: Installer, store: Store, shelf: Shelf, make_archive: MakeArchive
) -> None:
    store.install(make_archive("en", "de", "1.2"))
    shelf.add(make_archive("en", "de", "1.0").read_bytes(), "en", "de", "1.5")
    assert names(installer.install(["en_de"])) == {"unchanged": ["translate-en_de"]}
    assert held(store) == ["translate-en_de 1.2"]


def test_without_an_index_a_name_cannot_be_found(installer: Installer, server: MisbehavingServer) -> None:
    server.put("/index.json", Answer(status=500))
    with pytest.raises(IndexUnusable):
        installer.install(["en_de"])


def test_a_store_that_cannot_be_written_is_noticed_before_the_download(
    server: MisbehavingServer, shelf: Shelf, tmp_path: Path, check: Callable[[Path], None]
) -> None:
    path = shelf.offer("en", "de")
    (tmp_path / "file").write_bytes(b"")
    installer = installer_for(Store(tmp_path / "file" / "packages", check=check), server.address, tmp_path)
    outcome = installer.install(["en_de"])
    assert isinstance(outcome.failed[0].error, StoreUnwritable)
    assert server.asked(path) == []


def test_where_downloads_cannot_go_to_their_folder_they_go_to_the_store(
    store: Store, server: MisbehavingServer, shelf: Shelf, tmp_path: Path, make_archive: MakeArchive
) -> None:
    (tmp_path / "downloads").write_bytes(b"")
    content = make_archive("en", "de", "1.5").read_bytes()
    path = shelf.add(content, "en", "de", "1.5", answer=Answer(content, etag='"1.5"', cut_after=100))
    installer = installer_for(store, server.address, tmp_path)
    server.put(path, Answer(content, etag='"1.5"', cut_after=100), Answer(status=404), Answer(content, etag='"1.5"'))
    assert names(installer.install(["en_de"])) == {"failed": ["translate-en_de"]}
    assert names(installer.install(["en_de"])) == {"installed": ["translate-en_de 1.5"]}
    # What had arrived was kept.
    assert server.asked(path)[-1].headers["range"] == "bytes=100-"
    assert held(store) == ["translate-en_de 1.5"]
    assert store.read().problems == ()
    left = {file.name for file in (store.folder / ".downloads").iterdir()}
    assert left == {"metadata.json", "translate-en_de.lock"}


def test_a_mounted_store_beside_a_read_only_home(
    server: MisbehavingServer, shelf: Shelf, make_tmpfs: Callable[[str], Path], tmp_path: Path, check: Any
) -> None:
    home = make_tmpfs("ro")
    shelf.offer("en", "de")
    store = Store(tmp_path / "packages", check=check)
    installer = Installer(store, Index(server.address, home / "index.json"), downloads_folder=home / "downloads")
    assert names(installer.install(["en_de"])) == {"installed": ["translate-en_de 1.5"]}


def test_where_nothing_is_to_be_installed_no_folder_is_needed(
    store: Store, server: MisbehavingServer, shelf: Shelf, tmp_path: Path, make_archive: MakeArchive
) -> None:
    (tmp_path / "downloads").write_bytes(b"")
    store.install(make_archive("en", "de", "1.5"))
    shelf.offer("en", "de", "1.5")
    assert names(installer_for(store, server.address, tmp_path).update()) == {"unchanged": ["translate-en_de"]}
    assert not (store.folder / ".downloads").exists()


def test_a_store_without_room_for_downloads_either_is_a_failure(
    store: Store, server: MisbehavingServer, shelf: Shelf, tmp_path: Path
) -> None:
    path = shelf.offer("en", "de")
    (tmp_path / "downloads").write_bytes(b"")
    store.folder.mkdir()
    (store.folder / ".downloads").write_bytes(b"")
    outcome = installer_for(store, server.address, tmp_path).install(["en_de"])
    assert isinstance(outcome.failed[0].error, StoreUnwritable)
    assert server.asked(path) == []


def test_two_programs_download_a_package_once(
    store: Store, server: MisbehavingServer, shelf: Shelf, tmp_path: Path
) -> None:
    path = shelf.offer("en", "de")
    begun, finish = threading.Event(), threading.Event()

    def slow_download(*arguments: Any, **options: Any) -> Path:
        begun.set()
        assert finish.wait(20)
        return download(*arguments, **options)

    def waits(record: logging.LogRecord) -> bool:
        if "waiting for it" in record.getMessage():
            finish.set()
        return True

    index = Index(server.address, tmp_path / "index.json")
    first = Installer(store, index, downloads_folder=tmp_path / "downloads", fetch=slow_download)
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(first.install(["en_de"])))
    logger = logging.getLogger("libretranslate_py.packages.downloads")
    logger.addFilter(waits)
    logger.setLevel(logging.INFO)
    try:
        thread.start()
        assert begun.wait(20)
        outcomes.append(installer_for(store, server.address, tmp_path).install(["en_de"]))
        thread.join()
    finally:
        finish.set()
        logger.removeFilter(waits)
        logger.setLevel(logging.NOTSET)

    assert sorted(map(str, map(names, outcomes))) == [
        "{'installed': ['translate-en_de 1.5']}",
        "{'unchanged': ['translate-en_de']}",
    ]
    assert len(server.asked(path)) == 1


# --- install from files ---------------------------------------------------------


def test_installs_archives_without_any_index(
    store: Store, tmp_path: Path, make_archive: MakeArchive, make_folder: Callable[..., Path]
) -> None:
    installer = installer_for(store, str(tmp_path / "nowhere"), tmp_path)
    single = make_archive("en", "de", "1.5")
    folder = tmp_path / "usb stick"
    folder.mkdir()
    for source in ("de", "fr"):
        shutil.copy(make_archive(source, "en", "1.5"), folder)
    (folder / "README.txt").write_text("not a package")
    unpacked = make_folder("en", "fr", "1.5")

    outcome = installer.install([str(single), str(folder), str(unpacked)])

    assert names(outcome) == {
        "installed": ["translate-en_de 1.5", "translate-de_en 1.5", "translate-fr_en 1.5", "translate-en_fr 1.5"]
    }
    assert single.exists()
    assert names(installer.install([str(single)])) == {"unchanged": ["translate-en_de"]}


def test_a_file_that_is_older_than_what_is_installed_is_installed_by_force_only(
    store: Store,
    tmp_path: Path,
    make_archive: MakeArchive,
    make_folder: Callable[..., Path],
    caplog: pytest.LogCaptureFixture,
) -> None:
    installer = installer_for(store, str(tmp_path / "nowhere"), tmp_path)
    store.install(make_archive("en", "de", "1.5"))
    archive, folder = make_archive("en", "de", "1.0"), make_folder("en", "de", "1.1")
    outcome = installer.install([str(archive), str(folder)])
    assert names(outcome) == {"unchanged": ["translate-en_de", "translate-en_de"]}
    assert caplog.messages == [f"translate-en_de 1.5 stays: version {version} is older" for version in ("1.0", "1.1")]
    assert held(store) == ["translate-en_de 1.5"]
    assert names(installer.install([str(archive)], force=True)) == {"installed": ["translate-en_de 1.0"]}
    assert caplog.messages[2:] == ["translate-en_de: version 1.5 goes before it; remove that to use 1.0"]
    assert held(store) == ["translate-en_de 1.0", "translate-en_de 1.5"]


def test_a_name_without_a_slash_can_be_a_path(
    store: Store, tmp_path: Path, make_archive: MakeArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    archive = make_archive("en", "de", "1.5")
    (tmp_path / "models").mkdir()
    shutil.copy(make_archive("de", "en", "1.5"), tmp_path / "models")
    outcome = installer_for(store, "nowhere", tmp_path).install([archive.name, "models"])
    assert names(outcome) == {"installed": ["translate-en_de 1.5", "translate-de_en 1.5"]}


def test_each_file_that_fails_is_told_and_the_others_are_installed(
    installer: Installer, store: Store, tmp_path: Path, make_archive: MakeArchive
) -> None:
    (tmp_path / "empty").mkdir()
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.argosmodel").write_bytes(b"nothing")
    shutil.copy(make_archive("en", "de", "1.5"), folder / "b.argosmodel")
    missing = tmp_path / "missing.argosmodel"
    outcome = installer.install([str(missing), str(tmp_path / "empty"), str(folder)])
    assert names(outcome) == {
        "installed": ["translate-en_de 1.5"],
        "failed": [str(missing), str(tmp_path / "empty"), str(folder / "a.argosmodel")],
    }
    assert all(isinstance(failure.error, CorruptPackage) for failure in outcome.failed)


def test_installs_from_an_index_that_is_a_folder(store: Store, tmp_path: Path, make_archive: MakeArchive) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    entries = []
    for source, target in (("en", "de"), ("de", "en")):
        archive = Path(shutil.copy(make_archive(source, target, "1.5"), mirror))
        found = hashlib.sha256(archive.read_bytes()).hexdigest()
        entries.append(
            {
                "package_version": "1.5",
                "from_code": source,
                "to_code": target,
                "links": [archive.name],
                "sha256": found if source == "en" else "0" * 64,
            }
        )
    (mirror / "index.json").write_text(json.dumps(entries))
    outcome = installer_for(store, str(mirror), tmp_path).install(["en_de", "de_en"])
    assert names(outcome) == {"installed": ["translate-en_de 1.5"], "failed": ["translate-de_en"]}
    assert len(list(mirror.glob("*.argosmodel"))) == 2


# --- languages ---------------------------------------------------------


def test_installs_all_directions_between_the_languages(installer: Installer, store: Store, shelf: Shelf) -> None:
    for source, target in (("en", "de"), ("de", "en"), ("en", "es"), ("es", "de"), ("fr", "de")):
        shelf.offer(source, target)
    assert names(installer.install_languages(["en", "de"])) == {
        "installed": ["translate-en_de 1.5", "translate-de_en 1.5"]
    }
    assert names(installer.install_languages(None))["unchanged"] == ["translate-en_de", "translate-de_en"]
    assert len(held(store)) == 5


def test_what_is_complete_needs_no_network(installer: Installer, server: MisbehavingServer, shelf: Shelf) -> None:
    shelf.offer("en", "de")
    installer.install_languages(["en", "de"])
    server.requests.clear()
    server.put("/index.json", Answer(status=500))
    assert names(installer.install_languages(["en", "de"])) == {"unchanged": ["translate-en_de"]}
    assert server.requests == []


def test_completing_does_not_update(
    installer: Installer, store: Store, shelf: Shelf, make_archive: MakeArchive
) -> None:
    store.install(make_archive("en", "de", "1.0"))
    shelf.offer("en", "de", "1.5")
    assert names(installer.install_languages(["en", "de"])) == {"unchanged": ["translate-en_de"]}
    assert names(installer.install_languages(["en", "de"], force=True)) == {
        "installed": ["translate-en_de 1.5"],
        "removed": ["translate-en_de 1.0"],
    }


def test_completing_by_force_downloads_each_once_and_leaves_what_is_newer(
    installer: Installer, server: MisbehavingServer, store: Store, shelf: Shelf, make_archive: MakeArchive
) -> None:
    store.install(make_archive("en", "de", "1.5"))
    store.install(make_archive("de", "en", "2.0"))
    paths = [shelf.offer(source, target) for source, target in (("en", "de"), ("de", "en"), ("en", "fr"), ("fr", "en"))]
    assert names(installer.install_languages(["en", "de", "fr"], force=True)) == {
        "installed": ["translate-en_de 1.5", "translate-en_fr 1.5", "translate-fr_en 1.5"],
        "unchanged": ["translate-de_en"],
    }
    assert [len(server.asked(path)) for path in paths] == [1, 0, 1, 1]
    assert names(installer.update(["de", "en"], force=True))["unchanged"] == ["translate-de_en"]
    assert len(held(store)) == 4


def test_a_language_that_the_index_lacks_is_told(
    installer: Installer, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    shelf.offer("en", "de")
    assert names(installer.install_languages(["en", "de", "zz"])) == {"installed": ["translate-en_de 1.5"]}
    assert "the index has no package for these languages: zz" in caplog.messages


def test_a_direction_that_only_a_starter_serves_is_missing(
    installer: Installer, store: Store, shelf: Shelf, make_archive: MakeArchive
) -> None:
    store.install_starters([Direction("en", "es")])
    store.install(make_archive("en", "de", "1.5"))
    for target in ("es", "de", "fr"):
        shelf.offer("en", target)
    catalogue = store.read()
    assert [package.name for package in installer.missing(["en", "es", "de"], catalogue)] == ["translate-en_es"]
    assert [package.name for package in installer.missing(None, catalogue)] == ["translate-en_es", "translate-en_fr"]


# --- update and remove ---------------------------------------------------------


def test_updates_what_has_a_higher_version_in_the_index(
    installer: Installer, store: Store, shelf: Shelf, make_archive: MakeArchive
) -> None:
    for source, target, version in (("en", "de", "1.0"), ("de", "en", "1.5"), ("en", "fr", "2.0"), ("en", "xx", "1.0")):
        store.install(make_archive(source, target, version))
    for source, target in (("en", "de"), ("de", "en"), ("en", "fr"), ("en", "it")):
        shelf.offer(source, target, "1.5")
    outcome = names(installer.update())
    assert sorted(outcome.pop("unchanged")) == ["translate-de_en", "translate-en_fr", "translate-en_xx"]
    assert outcome == {"installed": ["translate-en_de 1.5"], "removed": ["translate-en_de 1.0"]}
    assert held(store) == ["translate-de_en 1.5", "translate-en_de 1.5", "translate-en_fr 2.0", "translate-en_xx 1.0"]


def test_updates_only_between_the_languages_that_are_asked_for(
    installer: Installer, store: Store, shelf: Shelf, make_archive: MakeArchive
) -> None:
    for target in ("de", "fr"):
        store.install(make_archive("en", target, "1.0"))
        shelf.offer("en", target, "1.5")
    assert names(installer.update(["en", "de"]))["installed"] == ["translate-en_de 1.5"]
    assert held(store) == ["translate-en_de 1.5", "translate-en_fr 1.0"]


def test_force_installs_the_same_version_anew(
    installer: Installer, store: Store, shelf: Shelf, make_archive: MakeArchive
) -> None:
    before = store.install(make_archive("en", "de", "1.5"))
    shelf.offer("en", "de", "1.5")
    assert names(installer.update()) == {"unchanged": ["translate-en_de"]}
    (after,) = installer.update(force=True).installed
    assert after.path != before.path
    assert held(store) == ["translate-en_de 1.5"]


def test_an_update_that_fails_keeps_the_old_and_goes_on_with_the_others(
    installer: Installer, store: Store, shelf: Shelf, make_archive: MakeArchive
) -> None:
    for target in ("de", "es", "fr", "it"):
        store.install(make_archive("en", target, "1.0"))
    shelf.offer("en", "de", "1.5", answer=Answer(status=404))
    shelf.offer("en", "es", "1.5", sha256="0" * 64)
    shelf.offer("en", "fr", "1.5", package={"without": ("sentencepiece.model",)})
    shelf.offer("en", "it", "1.5")
    outcome = installer.update()
    assert names(outcome) == {
        "installed": ["translate-en_it 1.5"],
        "removed": ["translate-en_it 1.0"],
        "failed": ["translate-en_de", "translate-en_es", "translate-en_fr"],
    }
    assert held(store) == [f"translate-en_{target} 1.0" for target in ("de", "es", "fr")] + ["translate-en_it 1.5"]


def test_an_update_installs_before_it_removes(
    store: Store,
    server: MisbehavingServer,
    shelf: Shelf,
    tmp_path: Path,
    make_archive: MakeArchive,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store.install(make_archive("en", "de", "1.0"))
    shelf.offer("en", "de", "1.5")
    seen: list[list[str]] = []
    remove_older = store.remove_older

    def look_then_remove(package: Any) -> Any:
        seen.append(held(store))
        return remove_older(package)

    monkeypatch.setattr(store, "remove_older", look_then_remove)
    installer_for(store, server.address, tmp_path).update()
    assert seen == [["translate-en_de 1.0", "translate-en_de 1.5"]]
    assert held(store) == ["translate-en_de 1.5"]


def test_removes_every_version_of_a_direction_or_one_folder(
    installer: Installer, store: Store, make_archive: MakeArchive
) -> None:
    for version in ("1.0", "1.5"):
        store.install(make_archive("en", "de", version))
    store.install(make_archive("de", "en", "1.0"))
    assert names(installer.remove(["translate-en_de-1_5"])) == {"removed": ["translate-en_de 1.5"]}
    store.install(make_archive("en", "de", "1.5"))
    assert names(installer.remove(["en_de", "en->de"])) == {"removed": ["translate-en_de 1.0", "translate-en_de 1.5"]}
    assert held(store) == ["translate-de_en 1.0"]


def test_an_unknown_name_stops_before_anything_is_removed(
    installer: Installer, store: Store, make_archive: MakeArchive
) -> None:
    store.install(make_archive("en", "de", "1.0"))
    with pytest.raises(UnknownPackage) as caught:
        installer.remove(["en_de", "en_fr"])
    assert caught.value.known == ("translate-en_de",)
    assert held(store) == ["translate-en_de 1.0"]


# --- progress ---------------------------------------------------------


def test_progress_starts_again_with_another_mirror(
    installer: Installer, server: MisbehavingServer, shelf: Shelf, told: list[tuple[object, ...]]
) -> None:
    broken = Answer(b"PK\x03\x04" + b"x" * 200, etag='"a"', cut_after=100)
    cut = server.put("/cut", broken)
    path = shelf.offer("en", "de", links=[cut, server.url("/translate-en_de-1.5.argosmodel")])
    size = len(server.answers[path][0].content)
    installer.install(["en_de"])
    assert told[:2] == [("start", "translate-en_de", 204), ("advance", 100)]
    assert told[-3:] == [("start", "translate-en_de", size), ("advance", size), ("finish",)]


def test_the_log_gets_a_line_every_few_seconds(caplog: pytest.LogCaptureFixture) -> None:
    clock = iter([0.0, 1.0, 4.9, 5.0, 5.0, 6.0, 10.5, 10.5])
    progress = LogProgress(5.0, lambda: next(clock))
    with caplog.at_level(logging.INFO):
        progress.start("translate-en_de", 80_000_000)
        for done in (1, 2, 20_000_000, 30_000_000):
            progress.advance(done)
        progress.start("translate-en_de", None)
        progress.advance(40_000_000)
        progress.finish()
    assert caplog.messages == [
        "translate-en_de: downloading (80.0 MB)",
        "translate-en_de: 20.0 MB of 80.0 MB (25 %)",
        "translate-en_de: downloading",
        "translate-en_de: 40.0 MB",
        "translate-en_de: 40.0 MB arrived",
    ]
