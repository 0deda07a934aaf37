"""Addresses that clients are given, and what may stand in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")


def absolute(environ: WSGIEnvironment, path: str, ssl: bool = False) -> str:
    """The whole address of ``path``, as the client that sent this request reaches it.

    ``path`` begins with a slash, has no prefix and is not quoted yet. ``ssl`` makes it https whatever the connection
    is. Host and scheme are those of a trusted proxy where there is one (``guard.Proxies`` puts them into ``environ``),
    else of the request; where that names no valid host, the address begins with the path.
    """
    whole: str = environ.get("SCRIPT_NAME", "") + quote(path)
    host: str = environ.get("HTTP_HOST", "")
    if not is_host(host):
        return whole
    return f"{'https' if ssl else environ['wsgi.url_scheme']}://{host}{whole}"


def is_host(text: str) -> bool:
    """Whether ``text`` is a host name or an address, with or without a port."""
    return _HOST.fullmatch(text) is not None
