"""What the server says about itself, in the OpenAPI document."""

from __future__ import annotations

from libretranslate_py.web.openapi import Dialect, Json, content, ok, operation, record, refusals, string

_TAG = "server"
_STATUS = record({"status": string(enum=["ok"])}, example={"status": "ok"})


def describe_server(*, metrics: bool) -> Dialect:
    """``/health``, ``/ready``, the descriptions, and ``/metrics`` if there are any."""
    paths = {
        "/health": _get("health", "Tell whether the server lives", {"200": ok(_STATUS, "It does.")}),
        "/ready": _get(
            "ready",
            "Tell whether a translation can be made",
            {"200": ok(_STATUS, "It can."), **refusals(503)},
        ),
        "/spec": _get("spec", "Describe the LibreTranslate API in Swagger 2.0", _described("Swagger 2.0")),
        "/openapi.json": _get("openapi", "Describe the API in OpenAPI 3", _described("OpenAPI 3")),
    }
    if metrics:
        paths["/metrics"] = {
            "get": {
                **operation(
                    _TAG,
                    "metrics",
                    "Count what the server does",
                    {
                        "200": {
                            "description": "Figures as Prometheus reads them.",
                            "content": {"text/plain": content(string())},
                        },
                        **refusals(401),
                    },
                ),
                "security": [{}, {"bearer": []}],
            }
        }
    return Dialect(tag=(_TAG, "The server itself."), paths=paths)


def _get(name: str, summary: str, responses: Json) -> Json:
    return {"get": operation(_TAG, name, summary, responses)}


def _described(what: str) -> Json:
    etag = {"description": "Send it as `If-None-Match`.", "schema": {"type": "string"}}
    return {
        "200": ok({"type": "object"}, f"The {what} document.", ETag=etag),
        "304": {"description": "It has not changed."},
    }
