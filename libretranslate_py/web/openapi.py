"""The words that the OpenAPI document is written in, and how its parts become one document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


@dataclass(frozen=True)
class Dialect:
    """What one face of the server adds to the document. Paths, schemas and tags of two dialects never have one name.

    paths: OpenAPI 3.0 path items. schemas: what they refer to with ``ref``. tag: the name of the group, and a sentence.
    security: further security schemes.
    """

    tag: tuple[str, str]
    paths: Mapping[str, Json]
    schemas: Mapping[str, Json] = field(default_factory=dict)
    security: Mapping[str, Json] = field(default_factory=dict)


def document(version: str, prefix: str, dialects: Iterable[Dialect]) -> Json:
    """The OpenAPI 3.0.3 document of all ``dialects``; ``prefix`` is the path before all paths, as ``/a``, or empty.

    Raises ValueError if two dialects have the same path, schema or security scheme.
    """
    paths: Json = {}
    schemas: Json = {"Error": _ERROR}
    security: Json = dict(_SECURITY)
    tags = []
    for dialect in dialects:
        tags.append({"name": dialect.tag[0], "description": dialect.tag[1]})
        _merge(paths, dialect.paths)
        _merge(schemas, dialect.schemas)
        _merge(security, dialect.security)
    return {
        "openapi": "3.0.3",
        "info": {"title": "LibreTranslate", "version": version, "description": _ABOUT},
        "servers": [{"url": prefix or "/"}],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {name: _refusal(status) for status, name in _REFUSALS.items()},
            "headers": _HEADERS,
            "securitySchemes": security,
        },
    }


def _merge(into: Json, more: Mapping[str, Any]) -> None:
    if both := sorted(into.keys() & more.keys()):
        raise ValueError(f"described twice: {', '.join(both)}")
    into.update(more)


# --- schemas --------------------------------------------------------------------------------------------------------


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def string(description: str = "", **more: object) -> Json:
    return _typed("string", description, more)


def number(description: str = "", **more: object) -> Json:
    return _typed("number", description, more)


def integer(description: str = "", **more: object) -> Json:
    return _typed("integer", description, more)


def boolean(description: str = "", **more: object) -> Json:
    return _typed("boolean", description, more)


def array(items: Json, description: str = "", **more: object) -> Json:
    return {**_typed("array", description, more), "items": items}


def record(properties: Json, required: Sequence[str] | None = None, **more: object) -> Json:
    """An object; ``required`` are all properties unless told otherwise."""
    wanted = list(properties) if required is None else list(required)
    return {"type": "object", "properties": properties, **({"required": wanted} if wanted else {}), **more}


def either(*schemas: Json, description: str = "", **more: object) -> Json:
    return {"oneOf": list(schemas), **({"description": description} if description else {}), **more}


def _typed(kind: str, description: str, more: Mapping[str, object]) -> Json:
    return {"type": kind, **({"description": description} if description else {}), **more}


# --- operations -----------------------------------------------------------------------------------------------------


def operation(
    tag: str,
    name: str,
    summary: str,
    responses: Mapping[str, Json],
    *,
    description: str = "",
    body: Json | None = None,
    parameters: Sequence[Json] = (),
    keyed: bool = False,
) -> Json:
    """``name``: what a generated client calls it. keyed: an API key may be needed."""
    made: Json = {"tags": [tag], "operationId": name, "summary": summary}
    if description:
        made["description"] = description
    if parameters:
        made["parameters"] = list(parameters)
    if body is not None:
        made["requestBody"] = {"required": True, "content": body}
    made["responses"] = dict(responses)
    if keyed:
        made["security"] = [{}, {"bearer": []}, {"api_key": []}]
    return made


def content(schema: Json, example: object = None) -> Json:
    """A media type object."""
    return {"schema": schema, **({"example": example} if example is not None else {})}


def ok(schema: Json, description: str, *, limited: bool = False, example: object = None, **more: Json) -> Json:
    """A JSON answer. limited: it says how much of the request limit is left. ``more``: further headers."""
    headers = {**(_LIMIT_HEADERS if limited else {}), **more}
    made: Json = {"description": description, "content": {JSON: content(schema, example)}}
    if headers:
        made["headers"] = headers
    return made


def refusals(*statuses: int) -> Json:
    """The errors with these statuses, by status."""
    return {str(status): {"$ref": f"#/components/responses/{_REFUSALS[status]}"} for status in statuses}


def path_parameter(name: str, description: str) -> Json:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": {"type": "string"}}


def header_parameter(name: str, description: str) -> Json:
    return {"name": name, "in": "header", "description": description, "schema": {"type": "string"}}


# What every endpoint with a limit may answer besides 200.
LIMITED = (400, 403, 413, 415, 429, 500, 503)

_ABOUT = (
    'Machine translation that runs on this server alone. Every error is JSON: `{"error": "a sentence"}`, also for a '
    "path that is not there (404) and a method that a path does not have (405). Answers can be read from pages of any "
    "origin. Requests may be limited: `X-RateLimit-*` says how many are left, `Retry-After` how many seconds to wait."
)
_ERROR = record({"error": string("What is wrong, as one sentence.")}, example={"error": "xx is not supported"})

_SECURITY: Mapping[str, Json] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key (for /metrics: the token of the metrics).",
    },
    "api_key": {
        "type": "apiKey",
        "in": "query",
        "name": "api_key",
        "description": "An API key. The field `api_key` of the body does the same, and does not end up in logs.",
    },
}

_REFUSALS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    413: "TooLarge",
    415: "UnsupportedMediaType",
    429: "TooManyRequests",
    500: "Failed",
    503: "Unavailable",
}
_DESCRIPTIONS = {
    400: "The request cannot be answered as it stands, or an API key is needed.",
    401: "The bearer token is missing or wrong.",
    403: "The API key is not valid, the client has broken limits too often, or this is switched off on the server.",
    404: "There is nothing of this name, or no longer.",
    409: "This cannot be done in the state that it is in.",
    413: "The body is larger than this server takes.",
    415: "The body is of a type that cannot hold fields.",
    429: "The limit of requests or characters is used up: `Slowdown: 30 per 1 minute`.",
    500: "The server failed.",
    503: "The server has more requests than it can take on, is starting, or is stopping.",
}


def _header(description: str) -> Json:
    return {"description": description, "schema": {"type": "integer"}}


_HEADERS: Json = {
    "Retry-After": _header("Seconds after which the same request may be answered."),
    "X-RateLimit-Limit": _header("Requests in the window of the limit that is closest to being used up."),
    "X-RateLimit-Remaining": _header("How many of them are left."),
    "X-RateLimit-Reset": _header("When the window is unused again, in seconds since 1970."),
}
_RETRY: Json = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
_LIMIT_HEADERS: Json = {
    name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS if name.startswith("X-RateLimit-")
}


def _refusal(status: int) -> Json:
    headers: Json = {}
    if status in (403, 429, 503):
        headers.update(_RETRY)
    if status in (400, 429):
        headers.update(_LIMIT_HEADERS)
    if status == 401:
        headers["WWW-Authenticate"] = {"description": "Always `Bearer`.", "schema": {"type": "string"}}
    made: Json = {"description": _DESCRIPTIONS[status], "content": {JSON: content(ref("Error"))}}
    return {**made, "headers": headers} if headers else made
