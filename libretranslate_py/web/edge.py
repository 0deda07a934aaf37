"""What every request passes, whatever it asks for: one WSGI layer around the application, cheaper than hooks.

Tidies the path, finds the client's address, answers preflights, adds the CORS headers, counts, and writes the log line.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from libretranslate_py.web.answers import CORS_HEADERS
from libretranslate_py.web.guard import Proxies
from libretranslate_py.web.logs import Access, access_logger

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from libretranslate_py.web.metrics import Metrics

_ACCESS = "libretranslate_py.access"


def access_of(environ: WSGIEnvironment) -> Access:
    """The log entry of the request, for the endpoint to fill in what it alone knows."""
    access: Access = environ[_ACCESS]
    return access


class Edge:
    def __init__(self, application: WSGIApplication, proxies: Proxies, metrics: Metrics | None) -> None:
        self._application = application
        self._proxies = proxies
        self._metrics = metrics

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = time.perf_counter()
        path = environ.get("PATH_INFO") or "/"
        access = Access(environ["REQUEST_METHOD"], path, self._proxies.resolve(environ))
        environ[_ACCESS] = access
        if path.startswith("//") or path.endswith("/"):
            environ["PATH_INFO"] = "/" + path.strip("/")
        done = self._metrics.begin(access.method, environ["PATH_INFO"]) if self._metrics else None

        def start(status: str, headers: list[tuple[str, str]], error: Any = None, /) -> Any:
            access.status = int(status[:3])
            headers.extend(CORS_HEADERS)
            return start_response(status, headers, error)

        try:
            if access.method == "OPTIONS":
                start("204 No Content", [])
                return []
            return self._application(environ, start)
        finally:
            elapsed = time.perf_counter() - began
            access.status = access.status or 500
            access.milliseconds = elapsed * 1000
            access_logger.info(access)
            if done:
                done(access.status, elapsed)
