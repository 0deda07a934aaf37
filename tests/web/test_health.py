from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.web.fakes import FakeServices

Made = Callable[..., FlaskClient]


class TestHealth:
    def test_alive_without_a_model(self, client: FlaskClient, services: FakeServices) -> None:
        services.translator.reason = "No language package is installed."
        answer = client.get("/health")
        assert (answer.status_code, answer.json) == (200, {"status": "ok"})

    def test_ready(self, client: FlaskClient) -> None:
        answer = client.get("/ready")
        assert (answer.status_code, answer.json) == (200, {"status": "ok"})

    def test_not_ready(self, client: FlaskClient, services: FakeServices) -> None:
        services.translator.reason = "No language package is installed."
        answer = client.get("/ready")
        assert (answer.status_code, answer.json) == (503, {"error": "No language package is installed."})
        assert int(answer.headers["Retry-After"]) > 0

    def test_not_ready_when_stopping(self, client: FlaskClient, services: FakeServices) -> None:
        services.admission.close()
        assert client.get("/ready").status_code == 503
        assert client.get("/health").status_code == 200

    @pytest.mark.parametrize("path", ["/health", "/ready"])
    def test_head(self, client: FlaskClient, path: str) -> None:
        assert client.head(path).status_code == 200


def test_prometheus_is_not_loaded_without_metrics() -> None:
    program = (
        "import sys\n"
        "from libretranslate_py.web.app import WebOptions, create_app\n"
        "from tests.web.fakes import FakeServices\n"
        "create_app(FakeServices(), WebOptions()).test_client().get('/health')\n"
        "assert 'prometheus_client' not in sys.modules and 'babel' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
