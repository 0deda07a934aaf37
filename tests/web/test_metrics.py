"""What /metrics says, and to whom."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterable, Iterator

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from libretranslate_py.figures import Distribution, Figure, distribution
from libretranslate_py.services import Services, build
from libretranslate_py.settings import load
from libretranslate_py.translator import TranslationRequest
from libretranslate_py.web import metrics
from libretranslate_py.web.edge import Edge
from libretranslate_py.web.guard import Proxies

DURATION = "libretranslate_http_request_duration_seconds_count"
IN_FLIGHT = "libretranslate_http_requests_in_flight"

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


class Site:
    """An application with some endpoints, counted."""

    def __init__(self, figures: Iterable[Figure] = (), token: str = "") -> None:
        self.metrics = metrics.Metrics(lambda: figures)
        app = Flask(__name__, static_folder=None)
        app.register_blueprint(metrics.create_blueprint(self.metrics, token))
        for rule in ("/translate", "/download_file/<name>", "/jobs/<int:job>/<path:rest>", "/docs/<edition>/<name>"):
            app.add_url_rule(rule, rule, lambda **_: Response("ok"), methods=["GET", "POST"])
        self.metrics.know(rule.rule for rule in app.url_map.iter_rules())
        app.wsgi_app = Edge(app.wsgi_app, Proxies(), self.metrics)  # type: ignore[method-assign]
        self.client: FlaskClient = app.test_client()

    def read(self, **headers: str) -> Samples:
        answer = self.client.get("/metrics", headers=headers)
        assert answer.status_code == 200
        return read(answer.text)


class TestRequests:
    def test_the_names_and_labels_of_the_original_but_for_who_asked(self) -> None:
        site = Site()
        site.client.post("/translate?api_key=0123456789abcdef", headers={"Authorization": "Bearer 0123456789abcdef"})
        answer = site.client.get("/metrics")
        assert value(read(answer.text), DURATION, endpoint="/translate", method="POST", status="200") == 1
        assert "# TYPE libretranslate_http_request_duration_seconds histogram" in answer.text
        assert "# TYPE libretranslate_http_requests_in_flight gauge" in answer.text
        assert "0123456789abcdef" not in answer.text
        assert "127.0.0.1" not in answer.text
        assert answer.content_type.startswith("text/plain")
        assert answer.content_type.count("charset") == 1

    @pytest.mark.parametrize(
        ("path", "endpoint"),
        [
            ("/translate", "/translate"),
            ("/translate/", "/translate"),
            ("/download_file/my%20secret.docx", "/download_file/<name>"),
            ("/jobs/7/a/b", "/jobs/<int:job>/<path:rest>"),
            ("/docs/1/a.css", "/docs/<edition>/<name>"),
            ("/download_file", "other"),
            ("/download_file/a/b", "other"),
            ("/translate%0A", "other"),
            ("/secret", "other"),
            ("/" + "a" * 100_000, "other"),
            ("/jobs/" + "7/" * 50_000, "other"),
        ],
    )
    def test_a_path_counts_under_its_rule(self, path: str, endpoint: str) -> None:
        site = Site()
        site.client.get(path)
        counted = {dict(labels)["endpoint"] for name, labels in site.read() if name == DURATION}
        assert counted == {endpoint}

    def test_clients_choose_no_labels(self) -> None:
        site = Site()
        site.client.open("/translate", method="BREW")
        samples = site.read()
        assert value(samples, DURATION, endpoint="/translate", method="other", status="405") == 1
        assert value(samples, IN_FLIGHT, endpoint="/translate", method="other") == 0
        assert value(samples, IN_FLIGHT, endpoint="/metrics", method="GET") == 1

    def test_two_applications_do_not_share_figures(self) -> None:
        first, second = Site(), Site()
        first.client.get("/translate")
        assert not [labels for _, labels in second.read() if ("endpoint", "/translate") in labels]

    def test_refusals_by_reason(self) -> None:
        site = Site()
        for reason in ("rate_limited", "banned", "rate_limited"):
            site.metrics.refused(reason)
        samples = site.read()
        assert value(samples, "libretranslate_requests_refused_total", reason="rate_limited") == 2
        assert value(samples, "libretranslate_requests_refused_total", reason="banned") == 1

    def test_many_threads_count_everything(self) -> None:
        counted = metrics.Metrics(list)
        counted.know(["/translate"])

        def work() -> None:
            for number in range(500):
                counted.begin("POST", "/translate")(200 + number % 3, 0.01)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        samples = read(counted.expose()[0].decode())
        assert sum(number for (name, _), number in samples.items() if name == DURATION) == 4000
        assert value(samples, IN_FLIGHT, endpoint="/translate", method="POST") == 0

    def test_memory_and_processor_time_of_the_process(self) -> None:
        samples = Site().read()
        assert value(samples, "process_resident_memory_bytes") > 1_000_000
        assert value(samples, "process_cpu_seconds_total") > 0


class TestToken:
    @pytest.mark.parametrize(
        "given",
        ["", "Bearer", "Bearer ", "Bearer wrong", "Basic token", "token", "Bearer tokenx", "Bearer toke", "Bearer ü"],
    )
    def test_a_wrong_one(self, given: str) -> None:
        answer = Site(token="token").client.get("/metrics", headers={"Authorization": given} if given else {})
        assert (answer.status_code, answer.json) == (401, {"error": "A valid bearer token is needed"})
        assert answer.headers["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize("header", ["Bearer token", "bearer token", "BEARER  token"])
    def test_the_right_one(self, header: str) -> None:
        assert Site(token="token").read(Authorization=header)

    def test_not_in_the_query(self) -> None:
        assert Site(token="token").client.get("/metrics?token=token").status_code == 401

    def test_none_is_needed_without_one(self) -> None:
        assert Site().read(Authorization="Basic x")


class TestFigures:
    def test_kinds_and_labels(self) -> None:
        site = Site(
            [
                Figure("depth", "gauge", "Depth", 3.5),
                Figure("done_total", "counter", "Done", 2, {"kind": "a"}),
                Figure("done_total", "counter", "Done", 4, {"kind": "b"}),
                Figure("size", "histogram", "Size", Distribution(((1.0, 2), (2.0, 3)), 5, 12.0)),
            ]
        )
        text = site.client.get("/metrics").text
        samples = read(text)
        assert value(samples, "libretranslate_depth") == 3.5
        assert value(samples, "libretranslate_done_total", kind="a") == 2
        assert value(samples, "libretranslate_done_total", kind="b") == 4
        assert text.count("# TYPE libretranslate_done_total counter") == 1
        assert value(samples, "libretranslate_size_bucket", le="1.0") == 2
        assert value(samples, "libretranslate_size_bucket", le="2.0") == 3
        assert value(samples, "libretranslate_size_bucket", le="+Inf") == 5
        assert (value(samples, "libretranslate_size_count"), value(samples, "libretranslate_size_sum")) == (5, 12)

    def test_a_distribution_counts_each_value_in_all_larger_buckets(self) -> None:
        found = distribution({1: 2, 3: 1, 200: 1}, (1, 2, 4, 128))
        assert found == Distribution(((1.0, 2), (2.0, 2), (4.0, 3), (128.0, 3)), 4, 205.0)


@pytest.fixture(scope="module")
def real_services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    home = tmp_path_factory.mktemp("home")
    services = build(load({}, {}, None), {"HOME": str(home)})
    yield services
    services.stop()


class TestTheEngine:
    def test_what_was_translated(self, real_services: Services) -> None:
        request = TranslationRequest(("The house is old. It is big.", "The house is old."), "en", "es")
        before = self.samples(real_services)
        real_services.translator.translate(request)
        real_services.translator.translate(request)
        after = self.samples(real_services)

        def grown(name: str, **labels: str) -> float:
            return value(after, name, **labels) - value(before, name, **labels)

        assert grown("libretranslate_sentences_total") == 6
        assert grown("libretranslate_characters_total") == 2 * (17 + 10 + 17)
        assert grown("libretranslate_batch_sentences_sum") == 2
        assert grown("libretranslate_cache_hits_total") >= 3
        assert grown("libretranslate_cache_misses_total") >= 2
        assert value(after, "libretranslate_cache_bytes") > 0
        assert value(after, "libretranslate_queue_sentences") == 0
        for stage in ("extract", "tokenise", "queue", "decode", "detokenise", "rebuild"):
            assert grown("libretranslate_stage_seconds_total", stage=stage) > 0, stage

    def test_loaded_models_and_their_memory(self, real_services: Services) -> None:
        real_services.translator.translate(TranslationRequest(("The dog.",), "en", "es"))
        real_services.translator.translate(TranslationRequest(("El perro.",), "es", "en"))
        samples = self.samples(real_services)
        assert value(samples, "libretranslate_models_loaded") == 2
        assert value(samples, "libretranslate_model_bytes", direction="en-es") > 1_000_000
        assert value(samples, "libretranslate_model_bytes", direction="es-en") > 1_000_000

    def samples(self, services: Services) -> Samples:
        return read(metrics.Metrics(services.figures).expose()[0].decode())


class TestTheServer:
    def test_all_of_it_over_http(self, start: Callable[..., object]) -> None:
        running = start(metrics=True)
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)  # type: ignore[attr-defined]
        try:
            connection.request("GET", "/languages")
            connection.getresponse().read()
            connection.request("GET", "/metrics")
            answer = connection.getresponse()
            samples = read(answer.read().decode())
        finally:
            connection.close()
        assert answer.getheader("Access-Control-Allow-Origin") == "*"
        assert value(samples, DURATION, endpoint="/languages", method="GET", status="200") == 1
