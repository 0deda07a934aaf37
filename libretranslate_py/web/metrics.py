"""Prometheus metrics: what is asked, how long it takes, what is refused, and the engine's work. No client is named."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from libretranslate_py.figures import Distribution, Figure
from libretranslate_py.web.answers import refuse

if TYPE_CHECKING:
    from prometheus_client import Gauge, Histogram
    from prometheus_client.metrics_core import Metric

_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"})
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_PREFIX = "libretranslate_"
_PARAMETER = re.compile(r"<(?:(path)(?:\([^)]*\))?:|[^<>:]+:)?[^<>:]+>")
# Longer paths belong to no endpoint that anybody was told of.
_LONGEST_PATH = 2000


class Metrics:
    """The figures of one application.

    ``figures`` is asked at each reading; its names get the prefix libretranslate_.
    """

    def __init__(self, figures: Callable[[], Iterable[Figure]]) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector  # noqa: PLC0415

        self.registry = CollectorRegistry()
        self._endpoints = _Endpoints(())
        self._in_flight = Gauge(
            f"{_PREFIX}http_requests_in_flight",
            "Requests that are being answered",
            ["endpoint", "method"],
            registry=self.registry,
        )
        self._duration = Histogram(
            f"{_PREFIX}http_request_duration_seconds",
            "Time from the whole request to its answer",
            ["endpoint", "method", "status"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._refused = Counter(
            f"{_PREFIX}requests_refused",
            "Requests that were refused for whom they came from, or for how many there were",
            ["reason"],
            registry=self.registry,
        )
        # Looking a series up by its labels takes longer than counting in it. There are as many as endpoints, methods
        # and statuses allow.
        self._in_flight_series: dict[tuple[str, str], Gauge] = {}
        self._duration_series: dict[tuple[str, str, int], Histogram] = {}
        ProcessCollector(registry=self.registry)
        self.registry.register(_Collector(figures))

    def know(self, rules: Iterable[str]) -> None:
        """Name these endpoints, as routes are written (``/download_file/<name>``); requests for anything else count as
        "other", lest clients choose our labels."""
        self._endpoints = _Endpoints(rules)

    def begin(self, method: str, path: str) -> Callable[[int, float], None]:
        """Count a request as in flight until what is returned is called with its status and its seconds."""
        endpoint = self._endpoints.find(path)
        method = method if method in _METHODS else "other"
        in_flight = self._in_flight_series.get((endpoint, method))
        if in_flight is None:
            in_flight = self._in_flight_series[endpoint, method] = self._in_flight.labels(endpoint, method)
        in_flight.inc()

        def done(status: int, seconds: float) -> None:
            in_flight.dec()
            duration = self._duration_series.get((endpoint, method, status))
            if duration is None:
                duration = self._duration.labels(endpoint, method, str(status))
                self._duration_series[endpoint, method, status] = duration
            duration.observe(seconds)

        return done

    def refused(self, reason: str) -> None:
        """Count a request that was refused; ``reason`` is one of a few words, never anything that a client sent."""
        self._refused.labels(reason).inc()

    def expose(self) -> tuple[bytes, str]:
        """All figures as text, and its content type."""
        from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest  # noqa: PLC0415

        return generate_latest(self.registry), CONTENT_TYPE_LATEST


class _Endpoints:
    """Which rule a path belongs to."""

    def __init__(self, rules: Iterable[str]) -> None:
        rules = set(rules)
        self._fixed = frozenset(rule for rule in rules if "<" not in rule)
        self._variable = sorted(rules - self._fixed, key=lambda rule: (-rule.count("/"), rule))
        self._pattern = re.compile("|".join(f"({_pattern(rule)})" for rule in self._variable) or "(?!)")

    def find(self, path: str) -> str:
        if path in self._fixed:
            return path
        match = self._pattern.fullmatch(path) if len(path) <= _LONGEST_PATH else None
        return self._variable[match.lastindex - 1] if match and match.lastindex else "other"


def _pattern(rule: str) -> str:
    pieces, position = [], 0
    for parameter in _PARAMETER.finditer(rule):
        pieces += [re.escape(rule[position : parameter.start()]), ".+" if parameter[1] else "[^/]+"]
        position = parameter.end()
    return "".join((*pieces, re.escape(rule[position:])))


class _Collector:
    """What prometheus_client calls a collector."""

    def __init__(self, figures: Callable[[], Iterable[Figure]]) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        by_name: dict[str, list[Figure]] = {}
        for figure in self._figures():
            by_name.setdefault(figure.name, []).append(figure)
        for figures in by_name.values():
            yield _family(figures)


def _family(figures: list[Figure]) -> Metric:
    from prometheus_client.metrics_core import Metric  # noqa: PLC0415

    first = figures[0]
    # The name of a counter's family is without the ending of its samples.
    name = _PREFIX + (first.name.removesuffix("_total") if first.kind == "counter" else first.name)
    family = Metric(name, first.help, first.kind)
    for figure in figures:
        labels = dict(figure.labels)
        if isinstance(figure.value, Distribution):
            _add_distribution(family, labels, figure.value)
        else:
            family.add_sample(f"{name}_total" if first.kind == "counter" else name, labels, figure.value)
    return family


def _add_distribution(family: Metric, labels: Mapping[str, str], value: Distribution) -> None:
    for bound, count in (*((str(bound), count) for bound, count in value.buckets), ("+Inf", value.count)):
        family.add_sample(f"{family.name}_bucket", {**labels, "le": bound}, count)
    family.add_sample(f"{family.name}_count", dict(labels), value.count)
    family.add_sample(f"{family.name}_sum", dict(labels), value.sum)


def create_blueprint(metrics: Metrics, token: str) -> Blueprint:
    """``token``: without it as bearer token the answer is 401; empty lets everybody read."""
    blueprint = Blueprint("metrics", __name__)

    @blueprint.get("/metrics")
    def expose() -> Response:
        if token and not _is_bearer(request.environ.get("HTTP_AUTHORIZATION", ""), token):
            return refuse(401, "A valid bearer token is needed", {"WWW-Authenticate": "Bearer"})
        text, content_type = metrics.expose()
        return Response(text, content_type=content_type, headers={"Cache-Control": "no-store"})

    return blueprint


def _is_bearer(header: str, token: str) -> bool:
    scheme, _, given = header.partition(" ")
    # WSGI hands bytes over as the characters of latin-1.
    matches = hmac.compare_digest(given.strip(" ").encode("latin-1", "replace"), token.encode())
    return matches and scheme.lower() == "bearer"
