"""The web page, and the script that brings it the secret of ``--require-api-key-secret``."""

from __future__ import annotations

import re
import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import NotFound

from libretranslate_py.web.edge import access_of
from libretranslate_py.web.frontend import FrontendOptions

_DEFAULT_TITLE = "libretranslate-py"
_COOKIE = "r"
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")
_MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'self'; "
    "form-action 'none'; frame-ancestors 'self'"
)
_SAFE = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


class PageSecrets(Protocol):
    """As access/page_secrets.py has them."""

    def current(self) -> str: ...

    def cookie(self) -> str: ...

    def knows(self, cookie: str) -> bool: ...


def create_blueprint(options: FrontendOptions, page_secrets: PageSecrets | None = None) -> Blueprint:
    """``page_secrets``: None where the page needs no secret."""
    page = _Page(options, page_secrets)
    blueprint = Blueprint("page", __name__, template_folder="templates")
    blueprint.add_url_rule("/", view_func=page.page, methods=["GET"])
    blueprint.add_url_rule("/js/app.js", view_func=page.script, methods=["GET"])
    blueprint.add_url_rule("/static/page/<name>", view_func=page.asset, methods=["GET"])
    return blueprint


@dataclass(frozen=True)
class _Asset:
    body: bytes
    media_type: str
    etag: str


class _Page:
    def __init__(self, options: FrontendOptions, page_secrets: PageSecrets | None) -> None:
        self._options = options
        self._secrets = page_secrets
        self._assets = _load_assets()
        # The browser sends it back as Accept-Language, and would not send anything that is no tag.
        language = options.language.replace("_", "-")
        self._language = language if _TAG.fullmatch(language) else ""

    def page(self) -> Response:
        html = render_template(
            "page.html",
            title=self._options.title or _DEFAULT_TITLE,
            language=self._language,
            base=_base(),
            options=self._options,
            has_secret=self._secrets is not None,
        )
        response = Response(html, mimetype="text/html")
        response.headers.update({**_SAFE, "Content-Security-Policy": _POLICY, "Cache-Control": "no-store"})
        # A cookie that is still known stays: where fingerprints are compared, another one is another client.
        if self._secrets and not self._secrets.knows(request.cookies.get(_COOKIE, "")):
            response.set_cookie(
                _COOKIE,
                self._secrets.cookie(),
                path=request.environ.get("SCRIPT_NAME", "") or "/",
                secure=self._options.ssl or request.environ["wsgi.url_scheme"] == "https",
                httponly=True,
                samesite="Strict",
            )
        return response

    def script(self) -> Response:
        """Where no secret is due, a script that does nothing."""
        body = b'"use strict";\n'
        if self._secrets and self._secrets.knows(request.cookies.get(_COOKIE, "")):
            body += b'document.documentElement.dataset.seal = "%s";\n' % seal(self._secrets.current())
        response = Response(body, mimetype="text/javascript")
        response.headers.update({**_SAFE, "Cache-Control": "no-store"})
        return response

    def asset(self, name: str) -> Response:
        asset = self._assets.get(name)
        if asset is None:
            raise NotFound
        response = Response(asset.body, mimetype=asset.media_type)
        response.headers.update({**_SAFE, "Cache-Control": "no-cache"})
        response.set_etag(asset.etag)
        return response.make_conditional(request)  # type: ignore[return-value]


def seal(secret: str) -> bytes:
    """``secret`` so that it is not found by looking for it: base64 of eight random bytes and the secret under them.
    The page undoes it, and so can whoever reads the page's script: it keeps out only those who do not try."""
    key = secrets.token_bytes(8)
    hidden = bytes(byte ^ key[place % len(key)] for place, byte in enumerate(secret.encode()))
    return b64encode(key + hidden)


def _load_assets() -> Mapping[str, _Asset]:
    assets = {}
    for path in sorted((Path(__file__).parent / "static" / "page").iterdir()):
        if path.suffix in _MEDIA_TYPES:
            body = path.read_bytes()
            assets[path.name] = _Asset(body, _MEDIA_TYPES[path.suffix], sha256(body).hexdigest()[:20])
    return assets


def _base() -> str:
    """What all addresses of the page are relative to. Only the page itself may be asked for without a slash at its
    end, which would make them relative to the folder above."""
    path = access_of(request.environ).path
    return "./" if path.endswith("/") else path.rpartition("/")[2] + "/"
