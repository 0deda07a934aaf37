"""What describes this server: ``/openapi.json``, ``/spec`` and, for people, ``/docs``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from libretranslate_py.web import swagger
from libretranslate_py.web.answers import encode_json
from libretranslate_py.web.edge import access_of
from libretranslate_py.web.openapi import Dialect, Json, document
from libretranslate_py.web.openapi_files import describe_files
from libretranslate_py.web.openapi_libre import describe_texts
from libretranslate_py.web.openapi_server import describe_server

# What the original describes in /spec, and the files' other half.
_IN_SPEC = (
    "/detect",
    "/download_file/{name}",
    "/frontend/settings",
    "/health",
    "/languages",
    "/suggest",
    "/translate",
    "/translate_file",
)
_ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "start.js": "text/javascript",
    "favicon.png": "image/png",
}
_FOLDER = Path(__file__).parent / "static" / "docs"
_YEAR = "public, max-age=31536000, immutable"
_MINUTES = "public, max-age=300"
# Swagger UI has pictures in its style sheet, and gets by without anything else.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_SAFE = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API</title>
<link rel="stylesheet" href="{assets}/swagger-ui.css">
<link rel="icon" type="image/png" href="{assets}/favicon.png">
</head>
<body>
<div id="docs"></div>
<script src="{assets}/swagger-ui-bundle.js"></script>
<script src="{assets}/start.js"></script>
<noscript>This page needs JavaScript; what it shows is <a href="{root}openapi.json">openapi.json</a>.</noscript>
</body>
</html>
"""
# A server behind several proxies has several prefixes, if seldom.
_MOST_PREFIXES = 8


def create_blueprint(
    version: str, url_prefix: str = "", *, metrics: bool = False, more: Sequence[Dialect] = ()
) -> Blueprint:
    """``url_prefix`` as option_kinds.parse_prefix returns it. ``more``: dialects besides that of LibreTranslate.

    Endpoints that are switched off are described as well, since they answer so; only those of ``metrics`` are not
    there at all.
    """
    dialects = (describe_texts(), describe_files(), *more, describe_server(metrics=metrics))
    render = lru_cache(_MOST_PREFIXES)(partial(_render, version, dialects))
    render(url_prefix)
    docs = _Docs()
    blueprint = Blueprint("spec", __name__)

    @blueprint.get("/openapi.json")
    def openapi() -> Response:
        return _send(render(_prefix()).openapi)

    @blueprint.get("/spec")
    def spec() -> Response:
        return _send(render(_prefix()).spec)

    blueprint.add_url_rule("/docs", view_func=docs.page, methods=["GET"])
    blueprint.add_url_rule("/docs/<edition>/<name>", view_func=docs.asset, methods=["GET"])
    return blueprint


def describe(version: str, prefix: str, dialects: Sequence[Dialect]) -> tuple[Json, Json]:
    """The OpenAPI 3 document of ``dialects``, and the Swagger 2.0 document of the LibreTranslate one."""
    whole = document(version, prefix, dialects)
    return whole, swagger.convert(whole, _IN_SPEC)


@dataclass(frozen=True)
class _Text:
    body: bytes
    media_type: str
    etag: str


@dataclass(frozen=True)
class _Texts:
    openapi: _Text
    spec: _Text


def _render(version: str, dialects: Sequence[Dialect], prefix: str) -> _Texts:
    openapi, spec = (_text(encode_json(one), "application/json") for one in describe(version, prefix, dialects))
    return _Texts(openapi, spec)


def _text(body: bytes, media_type: str) -> _Text:
    return _Text(body, media_type, sha256(body).hexdigest()[:16])


def _prefix() -> str:
    """Where this request found the server: that of the server and, in front of it, of a proxy that is believed."""
    prefix: str = request.environ.get("SCRIPT_NAME", "")
    return prefix


def _send(text: _Text, cache: str = _MINUTES) -> Response:
    response = Response(text.body, mimetype=text.media_type)
    response.headers.update({**_SAFE, "Cache-Control": cache})
    response.set_etag(text.etag)
    return response.make_conditional(request)  # type: ignore[return-value]


class _Docs:
    """The page and its assets, whose addresses change when they do."""

    def __init__(self) -> None:
        self._assets: Mapping[str, _Text] = {
            name: _text((_FOLDER / name).read_bytes(), media_type) for name, media_type in _ASSETS.items()
        }
        self._edition = sha256("".join(asset.etag for asset in self._assets.values()).encode()).hexdigest()[:12]

    def page(self) -> Response:
        # Addresses are relative, and a slash at the end of this one's makes one step of difference.
        root = "../" if access_of(request.environ).path.endswith("/") else "./"
        html = _PAGE.format(assets=f"{root}docs/{self._edition}", root=root)
        response = Response(html, mimetype="text/html")
        response.headers.update({**_SAFE, "Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"})
        return response

    def asset(self, edition: str, name: str) -> Response:
        asset = self._assets.get(name)
        if asset is None or edition != self._edition:
            raise NotFound
        return _send(asset, _YEAR)
