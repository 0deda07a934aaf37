"""kill -9 at every step of a change, and at random moments: the store is as before or as after, never between."""

from __future__ import annotations

import random
import shutil
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from libretranslate_py.languages import Direction
from libretranslate_py.packages.package import Package
from libretranslate_py.packages.store import Store

EN_DE = Direction("en", "de")
FILES = 4


@pytest.fixture
def served(digest: Callable[[Path], str]) -> Callable[[Store], dict[Direction, str]]:
    """What a store serves, by content; there may be nothing broken beside it."""

    def look(store: Store) -> dict[Direction, str]:
        catalogue = store.read()
        assert catalogue.problems == ()
        return {direction: digest(package.path) for direction, package in catalogue.served.items()}

    return look


@pytest.fixture
def kill_at_every_step(
    store: Store,
    tmp_path: Path,
    start_installer: Callable[[], Any],
    argos: Any,
    served: Callable[[Store], dict[Direction, str]],
    leftovers: Callable[[Path], list[str]],
) -> Callable[..., tuple[int, int]]:
    """Runs a change again and again from the same start, killed one step later each time, until it ends.

    Answers how many rounds ended as before and how many as after.
    """
    installer = start_installer()
    start = tmp_path / "start"

    def restore() -> None:
        for folder in (store.folder, tmp_path / ".packages.staging"):
            shutil.rmtree(folder, ignore_errors=True)
        if start.exists():
            shutil.copytree(start, store.folder)

    def look_after_a_kill(before: dict[Direction, str], after: dict[Direction, str]) -> bool:
        now = served(store)
        assert now in (before, after)
        if store.folder.exists():
            listed = argos.ask(do="list", folder=str(store.folder))
            assert "error" not in listed
            paths = {path for path, kind, _ in listed["result"] if kind == "translate"}
            assert paths == {str(package.path) for package in store.read().packages}
        return now == before

    def run(every: int = 1, **message: object) -> tuple[int, int]:
        if store.folder.exists():
            shutil.copytree(store.folder, start)
        before = served(store)
        reference = installer.ask(folder=str(store.folder), **message)
        assert reference["error"] is None
        after = served(store)
        assert after != before
        rounds = [0, 0]
        for step in range(1, reference["steps"] + 1, every):
            restore()
            answer = installer.ask(folder=str(store.folder), kill_at=step, **message)
            assert answer["killed"]
            assert answer["status"] == signal.SIGKILL
            rounds[0 if look_after_a_kill(before, after) else 1] += 1
            assert installer.ask(folder=str(store.folder), **message)["error"] is None
            assert served(store) == after
            store.clean()
            assert leftovers(store.folder) == []
            assert len(store.read().packages) == len(after)
        return rounds[0], rounds[1]

    return run


def test_the_first_install(
    kill_at_every_step: Callable[..., tuple[int, int]], make_archive: Callable[..., Path]
) -> None:
    as_before, as_after = kill_at_every_step(do="install", archive=str(make_archive(more_files=FILES)))
    assert as_before > FILES
    assert as_after > 0


def test_a_forced_reinstall_of_the_same_version(
    store: Store, kill_at_every_step: Callable[..., tuple[int, int]], make_archive: Callable[..., Path]
) -> None:
    store.install(make_archive(content=b"first", more_files=FILES))
    archive = make_archive(content=b"second", more_files=FILES)
    as_before, as_after = kill_at_every_step(do="install", archive=str(archive), force=True)
    assert as_before > FILES
    assert as_after > FILES


def test_an_update(
    store: Store, kill_at_every_step: Callable[..., tuple[int, int]], make_archive: Callable[..., Path]
) -> None:
    store.install(make_archive(version="1.0", more_files=FILES))
    as_before, as_after = kill_at_every_step(do="update", archive=str(make_archive(version="1.1", more_files=FILES)))
    assert as_before > FILES
    assert as_after > FILES


def test_a_removal(
    store: Store, kill_at_every_step: Callable[..., tuple[int, int]], make_archive: Callable[..., Path]
) -> None:
    store.install(make_archive(more_files=FILES))
    as_before, as_after = kill_at_every_step(do="remove")
    assert as_before > 0
    assert as_after > FILES


def test_real_packages_at_random_moments(
    store: Store,
    tmp_path: Path,
    starter_archives: Mapping[str, Path],
    start_installer: Callable[[], Any],
    argos: Any,
    served: Callable[[Store], dict[Direction, str]],
    leftovers: Callable[[Path], list[str]],
) -> None:
    installer = start_installer()
    archive = starter_archives["translate-en_es-0_1"]
    # Installing in a loop: every version of the store after the first install is the same whole package.
    install = {"do": "install", "folder": str(store.folder), "archive": str(archive), "force": True}
    assert installer.ask(**install)["error"] is None
    whole = served(store)
    seed = random.randrange(1 << 32)
    moments = random.Random(seed)
    for _ in range(25):
        answer = installer.ask(**install, times=1000, kill_after=moments.uniform(0.0, 0.15))
        assert answer["killed"], seed
        assert served(store) == whole, seed
        assert "error" not in argos.ask(do="list", folder=str(store.folder)), seed
    assert installer.ask(**install)["error"] is None
    assert leftovers(store.folder) == []
    [package] = store.read().packages
    assert isinstance(package, Package)
    assert [path.name for path in store.folder.iterdir() if path.is_dir()] == [package.path.name]


def test_the_starters_at_random_moments(
    store: Store,
    starter_folder: Path,
    start_installer: Callable[[], Any],
    served: Callable[[Store], dict[Direction, str]],
    digest: Callable[[Path], str],
    leftovers: Callable[[Path], list[str]],
) -> None:
    installer = start_installer()
    whole = {package.direction: digest(package.path) for package in store.starters().packages}
    starters = {"do": "starters", "folder": str(store.folder), "starter_folder": str(starter_folder)}
    seed = random.randrange(1 << 32)
    moments = random.Random(seed)
    for _ in range(10):
        shutil.rmtree(store.folder, ignore_errors=True)
        installer.ask(**starters, kill_after=moments.uniform(0.0, 0.2))
        assert served(store).items() <= whole.items(), seed
        complete = store.held_packages()
        assert (served(store) == whole) or not complete, seed
        store.clean()
        assert leftovers(store.folder) == []
