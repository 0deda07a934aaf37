"""Prometheus metrics: how many requests of which kind, how long, and how full the queue is. No client is named."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from libretranslate_py.web.answers import refuse

if TYPE_CHECKING:
    from prometheus_client.metrics_core import GaugeMetricFamily

_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"})
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """The figures of one application. ``stats`` is asked at each reading; its names get the prefix libretranslate_."""

    def __init__(self, stats: Callable[[], Mapping[str, float]]) -> None:
        from prometheus_client import CollectorRegistry, Gauge, Histogram, ProcessCollector  # noqa: PLC0415

        self.registry = CollectorRegistry()
        self._known: frozenset[str] = frozenset()
        self._in_flight = Gauge(
            "libretranslate_http_requests_in_flight",
            "Requests that are being answered",
            ["endpoint", "method"],
            registry=self.registry,
        )
        self._duration = Histogram(
            "libretranslate_http_request_duration_seconds",
            "Time from the whole request to its answer",
            ["endpoint", "method", "status"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        ProcessCollector(registry=self.registry)
        self.registry.register(_Stats(stats))

    def know(self, endpoints: Iterable[str]) -> None:
        """Name these endpoints; requests for anything else count as "other", lest clients choose our labels."""
        self._known = frozenset(endpoints)

    def begin(self, method: str, path: str) -> Callable[[int, float], None]:
        """Count a request as in flight until what is returned is called with its status and its seconds."""
        endpoint = path if path in self._known else "other"
        method = method if method in _METHODS else "other"
        in_flight = self._in_flight.labels(endpoint, method)
        in_flight.inc()

        def done(status: int, seconds: float) -> None:
            in_flight.dec()
            self._duration.labels(endpoint, method, str(status)).observe(seconds)

        return done

    def expose(self) -> tuple[bytes, str]:
        """All figures as text, and its content type."""
        from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest  # noqa: PLC0415

        return generate_latest(self.registry), CONTENT_TYPE_LATEST


class _Stats:
    """What prometheus_client calls a collector."""

    def __init__(self, stats: Callable[[], Mapping[str, float]]) -> None:
        self._stats = stats

    def collect(self) -> Iterable[GaugeMetricFamily]:
        from prometheus_client.metrics_core import GaugeMetricFamily  # noqa: PLC0415

        for name, value in self._stats().items():
            yield GaugeMetricFamily(f"libretranslate_{name}", name.replace("_", " ").capitalize(), value)


def create_blueprint(metrics: Metrics, token: str) -> Blueprint:
    """``token``: without it as bearer token the answer is 401; empty lets everybody read."""
    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/metrics")
    def expose() -> Response:
        scheme, _, given = request.environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        matches = hmac.compare_digest(given.strip().encode("latin-1"), token.encode())
        if token and not (scheme.lower() == "bearer" and matches):
            return refuse(401, "A valid bearer token is needed", {"WWW-Authenticate": "Bearer"})
        text, content_type = metrics.expose()
        return Response(text, content_type=content_type)

    return blueprint
