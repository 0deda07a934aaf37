from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from libretranslate_py.access.gate import Rules
from libretranslate_py.web.app import WebOptions, create_app
from libretranslate_py.web.server import Server
from tests.web.fakes import FakeServices
from tests.web.wire import Connection


@pytest.fixture
def services() -> FakeServices:
    return FakeServices(limit=2)


@pytest.fixture
def client(services: FakeServices) -> FlaskClient:
    return create_app(services, WebOptions()).test_client()


@pytest.fixture
def make_client(services: FakeServices) -> Callable[..., FlaskClient]:
    """Makes a client of a server with these WebOptions; ``rules`` are those of its gate."""

    def make(rules: Rules | None = None, **options: object) -> FlaskClient:
        if rules:
            services.use(rules)
        return create_app(services, WebOptions(**options)).test_client()  # type: ignore[arg-type]

    return make


class Running:
    """A server in a thread of this process; ``connect`` opens a connection to it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.port = int(server.url.rpartition(":")[2])
        self._connections: list[Connection] = []
        self._thread = threading.Thread(target=server.run)
        self._thread.start()

    def connect(self) -> Connection:
        self._connections.append(Connection(self.port))
        return self._connections[-1]

    def stop(self) -> None:
        for connection in self._connections:
            connection.close()
        self.server.stop(5, lambda: None)
        self._thread.join(10)
        assert not self._thread.is_alive()


@pytest.fixture
def start(services: FakeServices) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def run(**options: object) -> Running:
        chosen = WebOptions(**options)  # type: ignore[arg-type]
        application = create_app(services, chosen)
        threads = services.admission.limit + 4
        server = Server(
            application,
            "127.0.0.1",
            0,
            threads=threads,
            max_body=chosen.max_body,
            admission=services.admission,
        )
        started.append(Running(server))
        return started[-1]

    yield run
    if services.translator.gate:
        services.translator.gate.set()
    for running in started:
        running.stop()


@pytest.fixture
def running(start: Callable[..., Running]) -> Running:
    return start()


@pytest.fixture
def notify_socket(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(10)
        yield listener
