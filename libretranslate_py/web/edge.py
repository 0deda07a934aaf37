"""What every request passes, whatever it asks for: one WSGI layer around the application, cheaper than hooks.

Tidies the path, takes the prefix off it, finds the client's address, answers preflights, adds the CORS headers and
those that the door has left, counts, and writes the log line.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from libretranslate_py.web.answers import CORS_HEADERS, encode_json
from libretranslate_py.web.guard import Proxies
from libretranslate_py.web.logs import Access, access_logger

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from libretranslate_py.web.metrics import Metrics

_ACCESS = "libretranslate_py.access"
_HEADERS = "libretranslate_py.headers"


def access_of(environ: WSGIEnvironment) -> Access:
    """The log entry of the request, for the endpoint to fill in what it alone knows."""
    access: Access = environ[_ACCESS]
    return access


def add_headers(environ: WSGIEnvironment, headers: Iterable[tuple[str, str]]) -> None:
    """Give the answer to this request these headers besides its own, whoever makes that answer; the last value of
    each name counts."""
    environ.setdefault(_HEADERS, {}).update(headers)


class Edge:
    """``prefix``: as option_kinds.parse_prefix returns it; the application sees paths without it, SCRIPT_NAME has it.

    Outside of the prefix, reading is redirected to it; anything else is refused, because a redirected POST loses its
    body, or its method.
    """

    def __init__(
        self, application: WSGIApplication, proxies: Proxies, metrics: Metrics | None = None, prefix: str = ""
    ) -> None:
        self._application = application
        self._proxies = proxies
        self._metrics = metrics
        self._prefix = prefix

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = time.perf_counter()
        client = self._proxies.resolve(environ)
        path = environ.get("PATH_INFO") or "/"
        access = Access(environ["REQUEST_METHOD"], path, client.address, spared=client.spared)
        environ[_ACCESS] = access
        environ["PATH_INFO"] = _tidy(path)
        inside = not self._prefix or self._enter(environ)
        done = self._metrics.begin(access.method, environ["PATH_INFO"] if inside else "") if self._metrics else None

        def start(status: str, headers: list[tuple[str, str]], error: Any = None, /) -> Any:
            access.status = int(status[:3])
            headers.extend(CORS_HEADERS)
            if added := environ.get(_HEADERS):
                headers.extend(added.items())
            return start_response(status, headers, error)

        try:
            if access.method == "OPTIONS":
                # Without a length the connection would have to be closed, and the browser open another one.
                start("200 OK", [("Content-Length", "0")])
                return []
            if not inside:
                return self._turn_away(environ, start)
            return self._application(environ, start)
        finally:
            elapsed = time.perf_counter() - began
            access.status = access.status or 500
            access.milliseconds = elapsed * 1000
            access_logger.info(access)
            if done:
                done(access.status, elapsed)

    def _enter(self, environ: WSGIEnvironment) -> bool:
        """Move the prefix from the path to SCRIPT_NAME; False where the path is outside of it."""
        path: str = environ["PATH_INFO"]
        if path != self._prefix and not path.startswith(self._prefix + "/"):
            return False
        environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + self._prefix
        environ["PATH_INFO"] = _tidy(path.removeprefix(self._prefix) or "/")
        return True

    def _turn_away(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        headers = [("Content-Type", "application/json")]
        status = "404 Not Found"
        sentence = f"There is nothing here: everything on this server is under {self._prefix}"
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            status = "301 Moved Permanently"
            headers.append(("Location", f"{environ.get('SCRIPT_NAME', '')}{self._prefix}/"))
        body = encode_json({"error": sentence})
        headers.append(("Content-Length", str(len(body))))
        start(status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def _tidy(path: str) -> str:
    return "/" + path.strip("/") if path.startswith("//") or path.endswith("/") else path
