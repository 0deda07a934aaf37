from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.process import ServerProcess

# Nothing in the tests may reach a network: an index that nobody serves.
NOWHERE = "http://127.0.0.1:9/index.json"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server with the starter packages for a whole module."""
    server = ServerProcess(tmp_path_factory.mktemp("home"), "--index-url", NOWHERE, "--metrics").wait_listening()
    server.wait_until(lambda: any("small starter packages" in line for line in server.log))
    yield server
    server.stop()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    """Starts servers that end with the test; each call gets the same home unless told otherwise."""
    servers: list[ServerProcess] = []

    def start(*arguments: str, home: Path | None = None, **environment: str) -> ServerProcess:
        chosen = home or tmp_path / "home"
        server = ServerProcess(chosen, "--index-url", NOWHERE, *arguments, environment=environment)
        servers.append(server)
        return server.wait_listening()

    yield start
    for server in servers:
        server.stop()
