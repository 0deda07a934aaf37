"""Answers as every endpoint gives them: JSON, and headers that let a web page of any origin read them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from flask import Response

CORS_HEADERS: tuple[tuple[str, str], ...] = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Headers", "Authorization, Content-Type"),
    ("Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS"),
    (
        "Access-Control-Expose-Headers",
        "Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Content-Disposition",
    ),
    ("Access-Control-Max-Age", "86400"),
)

_readable = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_escaped = json.JSONEncoder(separators=(",", ":"))


def encode_json(value: object) -> bytes:
    """``value`` as UTF-8. Half of a surrogate pair, which UTF-8 cannot hold, comes out as an escape."""
    try:
        return _readable.encode(value).encode()
    except UnicodeEncodeError:
        return _escaped.encode(value).encode()


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    response = Response(encode_json(value), status, mimetype="application/json")
    if headers:
        response.headers.update(headers)
    return response


def refuse(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    """The one shape of every error."""
    return answer({"error": sentence}, status, headers)
