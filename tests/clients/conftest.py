from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from libretranslate_py import packages
from tests.e2e.conftest import NOWHERE
from tests.e2e.conftest import start as start  # a fixture: each test gets servers of its own
from tests.e2e.process import ServerProcess

STARTERS = Path(packages.__file__).parent / "starter"


@dataclass(frozen=True)
class Place:
    """A running server as a client is told of it: an address, without a slash at its end, and maybe a key."""

    name: str
    server: ServerProcess
    base: str
    key: str | None = None

    @property
    def prefix(self) -> str:
        return "/lt" if self.name == "prefix" else ""

    def fields(self, **more: Any) -> dict[str, Any]:
        """``more`` and the key, where there is one."""
        return {**more, "api_key": self.key} if self.key else more


def ltmanage(home: Path, *arguments: str) -> str:
    """What the program prints; its status has to be 0."""
    program = "from libretranslate_py.cli import manage; manage()"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LT_", "ARGOS_", "XDG_"))}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=home,
        env={**kept, "HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.returncode == 0, done
    return done.stdout


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients believe the variables of a proxy; the servers of the tests are on this machine."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")


@pytest.fixture(scope="package", params=["plain", "prefix", "keys"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The server at the root, under a prefix, and where nobody gets in without a key."""
    home = tmp_path_factory.mktemp(request.param)
    database = str(home / "keys" / "api_keys.db")
    arguments = {
        "plain": ("--suggestions",),
        "prefix": ("--suggestions", "--url-prefix", "/lt"),
        "keys": ("--suggestions", "--api-keys", "--require-api-key", "--api-keys-db-path", database),
    }[request.param]
    key = None
    if request.param == "keys":
        key = ltmanage(home, "keys", "--api-keys-db-path", database, "add", "100000").strip()
    server = ServerProcess(home, "--index-url", NOWHERE, *arguments)
    try:
        server.wait_listening()
        server.wait_until(lambda: any("small starter packages" in line for line in server.log))
        prefix = "/lt" if request.param == "prefix" else ""
        yield Place(request.param, server, server.url.rstrip("/").removesuffix("/lt") + prefix, key)
    finally:
        server.stop()


@pytest.fixture(scope="package")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with limits behind one proxy, so that each test can be a client of its own (X-Forwarded-For)."""
    server = ServerProcess(
        tmp_path_factory.mktemp("limited"),
        *("--index-url", NOWHERE, "--trust-forwarded-for", "--char-limit", "40", "--req-limit", "3"),
    )
    try:
        server.wait_listening()
        server.wait_until(lambda: any("small starter packages" in line for line in server.log))
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="package")
def worldwide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with the languages whose codes clients write in several ways. Their packages are starters renamed."""
    home = tmp_path_factory.mktemp("worldwide")
    folder = home / ".local/share/argos-translate/packages"
    folder.mkdir(parents=True)
    for source, target in (*(("en", code) for code in ("zh", "zt", "pb", "he", "nb", "es")), ("es", "en")):
        own = folder / f"translate-{source}_{target}-1_0"
        shutil.copytree(STARTERS / f"translate-{'en_es' if source == 'en' else 'es_en'}-0_1", own)
        metadata = json.loads((own / "metadata.json").read_text())
        metadata.update(package_version="1.0", from_code=source, to_code=target, from_name=source, to_name=target)
        (own / "metadata.json").write_text(json.dumps(metadata))
    server = ServerProcess(home, "--index-url", NOWHERE)
    try:
        server.wait_listening()
        server.wait_until(lambda: len(server.request("/languages")[1]) == 7)
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def node() -> Callable[..., Any]:
    """Runs Node.js with arguments and returns what it printed, parsed."""
    program = shutil.which("node")
    if not program:
        pytest.skip("node is not installed")

    def run(*arguments: str) -> Any:
        done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done
        return json.loads(done.stdout)

    return run
