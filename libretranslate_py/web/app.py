"""The application: which blueprint serves what. Registers, and nothing else."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from flask import Flask, Response, request
from flask.sessions import SessionInterface
from werkzeug.exceptions import HTTPException, InternalServerError

from libretranslate_py import __version__
from libretranslate_py.web import files, frontend, health, libre, metrics, spec, suggest, ui
from libretranslate_py.web.answers import refuse
from libretranslate_py.web.door import Door, ignore
from libretranslate_py.web.edge import Edge
from libretranslate_py.web.guard import Proxies
from libretranslate_py.web.logs import printable
from libretranslate_py.web.options import Services, WebOptions

__all__ = ["Services", "WebOptions", "create_app"]

logger = logging.getLogger(__name__)

_Caught = tuple[type, BaseException, TracebackType] | tuple[None, None, None]


def create_app(services: Services, options: WebOptions) -> Flask:
    """The WSGI application. Raises ValueError if a trusted proxy is no address or network."""
    app = _App(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = options.max_body
    app.url_map.merge_slashes = False
    counted = metrics.Metrics(services.figures) if options.metrics else None
    door = Door(services.gate, services.admission, counted.refused if counted else ignore)
    suggestions = services.suggestions
    app.register_blueprint(libre.create_blueprint(services, door, options))
    app.register_blueprint(health.create_blueprint(services))
    app.register_blueprint(frontend.create_blueprint(services.translator, options.frontend))
    app.register_blueprint(spec.create_blueprint(__version__, options.url_prefix, metrics=options.metrics))
    app.register_blueprint(
        files.create_blueprint(door, services.files, services.translator, services.glossaries, options.files)
    )
    app.register_blueprint(suggest.create_blueprint(door, suggestions.add if suggestions else None))
    if options.web_page:
        app.register_blueprint(
            ui.create_blueprint(options.frontend, services.page_secrets if options.frontend.secret else None)
        )
    app.register_error_handler(HTTPException, _render_refusal)
    app.register_error_handler(500, _render_crash_with_name if options.debug else _render_crash)
    if counted:
        app.register_blueprint(metrics.create_blueprint(counted, options.metrics_auth_token))
        counted.know(rule.rule for rule in app.url_map.iter_rules())
    proxies = Proxies(options.trusted_proxies, options.trusted_hops)
    app.wsgi_app = Edge(app.wsgi_app, proxies, counted, options.url_prefix)  # type: ignore[method-assign]
    return app


class _NoSessions(SessionInterface):
    """Sessions cost every request some time, and nothing here keeps any."""

    def open_session(self, app: Flask, request: Any) -> Any:
        return {}

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        return None

    def is_null_session(self, obj: object) -> bool:
        return True


class _App(Flask):
    session_interface = _NoSessions()

    def log_exception(self, exc_info: _Caught) -> None:
        logger.error("unexpected error in %s %s", request.method, printable(request.path), exc_info=exc_info)


def _render_refusal(error: HTTPException) -> Response:
    kept: Mapping[str, str] = {
        name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After", "WWW-Authenticate")
    }
    sentence = error.description or error.name
    if allowed := kept.get("Allow"):
        sentence = f"{request.method} is not allowed here, only {allowed}"
    return refuse(error.code or 500, sentence, kept)


def _render_crash(error: InternalServerError) -> Response:
    return refuse(500, "Internal server error")


def _render_crash_with_name(error: InternalServerError) -> Response:
    cause = error.original_exception
    return refuse(500, f"Internal server error: {type(cause).__name__}" if cause else "Internal server error")
