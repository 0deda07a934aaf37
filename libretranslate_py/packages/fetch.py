"""One GET over http(s), with every way in which it can go wrong told apart by what to do about it.

The index and the downloads stand on this. Only http and https are spoken, redirects included; proxies are taken from
the environment (``HTTPS_PROXY`` and its kin) as urllib does.
"""

from __future__ import annotations

import http.client
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPResponse

from libretranslate_py import __version__

USER_AGENT = f"libretranslate-py/{__version__}"

_BLOCK = 256 * 1024
_MAX_REDIRECTS = 5
# The words of urllib for an address that it cannot do anything with.
_HOPELESS = ("unknown url type", "no host given")


class FetchFailed(Exception):
    """``reason`` is a clause for a person. ``retry``: the same request may well succeed later.

    ``status`` and ``headers`` are those of the answer where there was one; ``wait`` is the number of seconds that the
    server asked for (Retry-After), not bounded in any way.
    """

    def __init__(self, reason: str, *, retry: bool, status: int | None = None, headers: Message | None = None) -> None:
        self.reason = reason
        self.retry = retry
        self.status = status
        self.headers = headers if headers is not None else Message()
        self.wait = _seconds_to_wait(self.headers.get("Retry-After"))
        super().__init__(reason)


@contextmanager
def open_url(url: str, *, timeout: float, headers: Mapping[str, str] | None = None) -> Iterator[HTTPResponse]:
    """The answer to a GET, once its headers are there; 200 or 206.

    ``timeout`` is in seconds and holds for the connection and for each wait for more bytes. Raises FetchFailed for
    everything that goes wrong until then, and for every other status.
    """
    sent = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **(headers or {})}
    try:
        request = urllib.request.Request(url, headers=sent)
        response = _opener().open(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        with error:
            raise _refusal(error.code, error.headers) from error
    except (http.client.InvalidURL, ValueError) as error:
        raise FetchFailed(f"this is not an address ({error})", retry=False) from error
    except (OSError, http.client.HTTPException) as error:
        raise _broken(error) from error
    with response:
        if response.status not in (200, 206):
            raise _refusal(response.status, response.headers)
        encoding = response.headers.get("Content-Encoding", "identity")
        if encoding.lower() not in ("", "identity"):
            raise FetchFailed(f"the server sends it in the encoding {encoding}, unasked", retry=False)
        yield response


def read_blocks(response: HTTPResponse, *, deadline: float | None = None) -> Iterator[bytes]:
    """The body as it arrives, in blocks of any size.

    ``deadline`` (of time.monotonic) bounds the whole body, for what must not trickle in for ever. Raises FetchFailed,
    always with ``retry``, where the body ends before its announced length, too.
    """
    expected, arrived = response.length, 0
    while expected is None or arrived < expected:
        if deadline is not None and time.monotonic() > deadline:
            raise FetchFailed("the server is too slow", retry=True)
        try:
            block = response.read1(_BLOCK)
        except (OSError, http.client.HTTPException) as error:
            raise _broken(error) from error
        if not block:
            break
        arrived += len(block)
        yield block
    if expected is not None and arrived < expected:
        raise FetchFailed(f"the connection ended after {arrived} of {expected} bytes", retry=True)


class _Redirects(urllib.request.HTTPRedirectHandler):
    max_redirections = _MAX_REDIRECTS
    max_repeats = 2


def _opener() -> urllib.request.OpenerDirector:
    """What urllib's own build_opener makes, less file:, ftp: and data:."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    return opener


def _refusal(status: int, headers: Message) -> FetchFailed:
    phrase = http.client.responses.get(status, "")
    reason = f"the server answers {status} {phrase}".rstrip()
    if 300 <= status < 400:
        reason = f"the server redirects ({status}) too often, or to what is neither http nor https"
    retry = status >= 500 or status in (408, 425, 429)
    return FetchFailed(reason, retry=retry, status=status, headers=headers)


def _broken(error: Exception) -> FetchFailed:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return FetchFailed("the server does not answer in time", retry=True)
    if isinstance(cause, http.client.IncompleteRead):
        return FetchFailed("the connection ended in the middle", retry=True)
    hopeless = isinstance(cause, ssl.SSLCertVerificationError) or str(cause).startswith(_HOPELESS)
    return FetchFailed(str(cause) or type(cause).__name__, retry=not hopeless)


def _seconds_to_wait(retry_after: str | None) -> float | None:
    """Retry-After is a number of seconds or a date."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
