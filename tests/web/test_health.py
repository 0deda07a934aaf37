from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from tests.web.fakes import FakeServices
from tests.web.wire import translation

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


class TestMetrics:
    def figures(self, client: FlaskClient, **headers: str) -> dict[tuple[str, ...], float]:
        answer = client.get("/metrics", headers=headers)
        assert answer.status_code == 200
        assert answer.content_type.startswith("text/plain")
        assert answer.content_type.count("charset") == 1
        families = text_string_to_metric_families(answer.text)
        return {
            (sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples
        }

    def test_off_unless_asked_for(self, client: FlaskClient) -> None:
        assert client.get("/metrics").status_code == 404

    def test_requests_are_counted(self, make_client: Made) -> None:
        client = make_client(metrics=True)
        client.post("/translate", json=translation("a"))
        client.post("/translate/", json=translation("a"))
        client.post("/translate", json={})
        client.get("/secret-path")
        client.open("/health", method="BREW")
        figures = self.figures(client)
        duration = "libretranslate_http_request_duration_seconds_count"
        assert figures[duration, "/translate", "POST", "200"] == 2
        assert figures[duration, "/translate", "POST", "400"] == 1
        assert figures[duration, "other", "GET", "404"] == 1
        assert figures[duration, "/health", "other", "405"] == 1
        assert figures["libretranslate_http_requests_in_flight", "/translate", "POST"] == 0
        assert figures["libretranslate_http_requests_in_flight", "/metrics", "GET"] == 1
        assert figures["libretranslate_waiting_sentences",] == 7
        assert not [labels for labels in figures if "127.0.0.1" in labels]

    def test_two_applications_do_not_share_figures(self, make_client: Made) -> None:
        first, second = make_client(metrics=True), make_client(metrics=True)
        first.get("/health")
        assert not [labels for labels in self.figures(second) if "/health" in labels]

    @pytest.mark.parametrize(
        "given", ["", "Bearer", "Bearer wrong", "Basic token", "token", "Bearer tokenx", "Bearer ü"]
    )
    def test_a_wrong_token(self, make_client: Made, given: str) -> None:
        client = make_client(metrics=True, metrics_auth_token="token")
        answer = client.get("/metrics", headers={"Authorization": given} if given else {})
        assert (answer.status_code, answer.json) == (401, {"error": "A valid bearer token is needed"})
        assert answer.headers["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
    def test_the_token(self, make_client: Made, scheme: str) -> None:
        client = make_client(metrics=True, metrics_auth_token="token")
        assert self.figures(client, Authorization=f"{scheme} token")

    def test_prometheus_is_not_loaded_without_metrics(self) -> None:
        program = (
            "import sys\n"
            "from libretranslate_py.web.app import WebOptions, create_app\n"
            "from tests.web.fakes import FakeServices\n"
            "create_app(FakeServices(), WebOptions()).test_client().get('/health')\n"
            "assert 'prometheus_client' not in sys.modules and 'babel' not in sys.modules\n"
        )
        subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
