"""Packages to install: the real starters, zipped, and small ones with made-up content where only files matter."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from libretranslate_py import packages
from libretranslate_py.errors import CorruptPackage
from libretranslate_py.packages.store import Store

MODEL_START = b"small model "


@pytest.fixture(scope="session")
def starter_folder() -> Path:
    return Path(packages.__file__).parent / "starter"


@pytest.fixture(scope="session")
def starter_archives(starter_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Each starter package as an archive, by the name of its folder."""
    folder = tmp_path_factory.mktemp("starters")
    return {path.name: zip_folder(path, folder / f"{path.name}.argosmodel") for path in starter_folder.iterdir()}


@pytest.fixture
def check() -> Callable[[Path], None]:
    """What a store is given to check the small packages with; the whole model.bin is looked at."""

    def check_model(folder: Path) -> None:
        content = (folder / "model" / "model.bin").read_bytes()
        if not (content.startswith(MODEL_START) and content.endswith(b"end")):
            raise CorruptPackage(folder, "the model cannot be loaded")

    return check_model


@pytest.fixture
def store(tmp_path: Path, check: Callable[[Path], None], starter_folder: Path) -> Store:
    return Store(tmp_path / "packages", check=check, starter_folder=starter_folder, lock_timeout=20)


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[..., Path]:
    """Writes a small package that lies unpacked; see write_package for its arguments."""

    def make(source: str = "en", target: str = "de", version: str = "1.0", **options: Any) -> Path:
        name = options.pop("name", f"translate-{source}_{target}-{version.replace('.', '_')}")
        parent = options.pop("parent", None) or tmp_path / "made"
        return write_package(parent / name, source, target, version, **options)

    return make


@pytest.fixture
def make_archive(tmp_path: Path, make_folder: Callable[..., Path]) -> Callable[..., Path]:
    """As make_folder, zipped; ``file`` is the name of the archive."""

    def make(*arguments: str, file: str | None = None, **options: Any) -> Path:
        folder = make_folder(*arguments, **options)
        return zip_folder(folder, tmp_path / (file or f"{folder.name}.argosmodel"))

    return make


def write_package(
    folder: Path,
    source: str,
    target: str,
    version: str,
    *,
    content: bytes = b"words ",
    more_files: int = 0,
    without: tuple[str, ...] = (),
    **metadata: object,
) -> Path:
    """``more_files`` small files beside the needed ones, ``without`` some of those; ``metadata`` go over the usual."""
    fields = {
        "package_version": version,
        "argos_version": "1.9",
        "from_code": source,
        "from_name": source.upper(),
        "to_code": target,
        "to_name": target.upper(),
    }
    fields.update(metadata)  # type: ignore[arg-type]
    files = {
        "metadata.json": json.dumps(fields).encode(),
        "model/model.bin": MODEL_START + content + b"end",
        "model/shared_vocabulary.json": b'["a"]',
        "sentencepiece.model": b"pieces",
    }
    files.update({f"data/part{number}.txt": content + str(number).encode() for number in range(more_files)})
    for name, data in files.items():
        if name not in without:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return folder


def zip_folder(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
        for path in sorted(folder.rglob("*")):
            zipped.write(path, f"{folder.name}/{path.relative_to(folder)}")
    return archive


@pytest.fixture
def digest() -> Callable[[Path], str]:
    """One hash over the names and contents of all files of a folder."""

    def digest_folder(folder: Path) -> str:
        total = hashlib.sha256()
        for path in sorted(folder.rglob("*")):
            total.update(str(path.relative_to(folder)).encode() + b"\0")
            total.update(path.read_bytes() if path.is_file() else b"")
        return total.hexdigest()

    return digest_folder


@pytest.fixture
def leftovers() -> Callable[[Path], list[str]]:
    """What lies in and beside a packages folder and is neither a package nor one of the two marker files."""

    def find(folder: Path) -> list[str]:
        inside = [path.name for path in folder.iterdir() if path.name.startswith(".")]
        beside = [path.name for path in folder.parent.iterdir() if path.name.startswith(f".{folder.name}")]
        return sorted({*inside, *beside} - {".lock", ".held-packages"})

    return find


@pytest.fixture
def make_tmpfs(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a small file system of its own; ``remount`` it read-only with options ``remount,ro``."""
    mounted: list[Path] = []

    def mount(options: str) -> Path:
        folder = tmp_path / "mounted"
        folder.mkdir(exist_ok=True)
        if os.geteuid() != 0:
            pytest.skip("mounting a file system needs root")
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20)
        if done.returncode != 0:
            pytest.skip(f"a file system cannot be mounted here: {done.stderr.strip()}")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True, timeout=20)


class LineProcess:
    """A program that answers each line of JSON with one line of JSON."""

    def __init__(self, command: list[str], environ: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**environ, "PYTHONPATH": str(Path(packages.__file__).parents[2])},
        )

    def send(self, **message: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def receive(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the program ended without an answer"
        return json.loads(line)

    def ask(self, **message: object) -> Any:
        self.send(**message)
        return self.receive()

    def close(self) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture
def start_installer() -> Iterator[Callable[[], LineProcess]]:
    """Programs that install with the real store and can be killed on the way; see install_worker.py."""
    started: list[LineProcess] = []

    def start() -> LineProcess:
        started.append(LineProcess([str(Path(__file__).with_name("install_worker.py"))], os.environ))
        return started[-1]

    yield start
    for process in started:
        process.close()


@pytest.fixture
def argos(tmp_path: Path) -> Iterator[LineProcess]:
    """The real argostranslate in a program of its own, with its packages under ``tmp_path/argos``."""
    home = tmp_path / "argos"
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("ARGOS", "XDG", "SNAP"))}
    environ |= {
        "HOME": str(home / "home"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
    }
    process = LineProcess([str(Path(__file__).with_name("argos_worker.py"))], environ)
    yield process
    process.close()
