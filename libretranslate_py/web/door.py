"""What every limited endpoint passes: who asks, is there room, may they; and what it cost, afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from math import ceil
from typing import TypeVar

from flask import Request
from werkzeug.exceptions import HTTPException

from libretranslate_py.access.gate import Gate, Pass, Visit
from libretranslate_py.errors import (
    AccessError,
    Banned,
    InvalidKey,
    KeyRequired,
    RateLimited,
    RequestError,
    Unavailable,
)
from libretranslate_py.web.bodies import read_query
from libretranslate_py.web.edge import access_of, add_headers
from libretranslate_py.web.guard import Admission

T = TypeVar("T")

# Words for the metrics.
_REASONS: Mapping[type[Exception], str] = {
    Banned: "banned",
    InvalidKey: "invalid_key",
    KeyRequired: "key_required",
    RateLimited: "rate_limited",
}


def ignore(reason: str) -> None:
    """Refusals that nobody counts."""


class Door:
    """``on_refusal`` is told in one word why a request was refused."""

    def __init__(self, gate: Gate, admission: Admission, on_refusal: Callable[[str], None] = ignore) -> None:
        self._gate = gate
        self._admission = admission
        self._on_refusal = on_refusal

    @contextmanager
    def open(self, request: Request, route: str) -> Iterator[Entry]:
        """Around the work of one request to ``route``.

        Raises Banned, Overloaded, Stopping before it begins; whatever is raised inside goes on as it is.
        """
        access = access_of(request.environ)
        try:
            self._gate.knock(access.address, spared=access.spared)
            with self._admission:
                entry = Entry(self._gate, request, route)
                try:
                    yield entry
                finally:
                    entry.leave()
        except AccessError as error:
            self._on_refusal(_REASONS.get(type(error), "other"))
            raise
        except Unavailable:
            self._on_refusal("unavailable")
            raise


class Entry:
    """One request on its way; ``char_limit``, ``key_digest`` and ``spend_characters`` only after ``admit``."""

    def __init__(self, gate: Gate, request: Request, route: str) -> None:
        self._gate = gate
        self._request = request
        self._route = route
        self._began = time.monotonic()
        self._pass: Pass | None = None

    def read(self, read: Callable[[Request], T]) -> T:
        """What ``read`` makes of the request. One that cannot be read counts like any other."""
        try:
            return read(self._request)
        except (RequestError, HTTPException):
            # A key may well be in what cannot be read: what is wrong there is what the client has to hear of.
            with suppress(KeyRequired):
                self.admit({})
            raise

    def admit(self, fields: Mapping[str, object], cost: int = 1) -> None:
        """``fields`` are those of the body, where keys are. Raises what Gate.admit raises."""
        with self._telling_limits():
            self._pass = self._gate.admit(self._visit(fields), max(1, cost))
        if standing := self._pass.standing:
            add_headers(self._request.environ, _standing(standing.limit, standing.remaining, standing.reset))

    @property
    def char_limit(self) -> int:
        return self._admitted.char_limit

    @property
    def key_digest(self) -> str:
        return self._admitted.key_digest

    @property
    def client(self) -> str:
        """Under which name the client is counted; empty where the address stands for many."""
        nobody = access_of(self._request.environ).spared and not self.key_digest
        return "" if nobody else self._admitted.client

    def spend_characters(self, count: int) -> None:
        """Count characters against the quotas of the key. Raises RateLimited."""
        with self._telling_limits():
            self._admitted.spend_characters(count)

    def leave(self) -> None:
        if self._pass:
            self._pass.settle(time.monotonic() - self._began)

    @contextmanager
    def _telling_limits(self) -> Iterator[None]:
        """The headers of a refusal are those of the limit that refuses."""
        try:
            yield
        except RateLimited as error:
            add_headers(self._request.environ, _standing(error.limit, 0, error.retry_after))
            raise

    @property
    def _admitted(self) -> Pass:
        if self._pass is None:
            raise RuntimeError("admit() comes first")
        return self._pass

    def _visit(self, fields: Mapping[str, object]) -> Visit:
        environ = self._request.environ
        access = access_of(environ)
        return Visit(
            self._route,
            access.address,
            api_key=self._find_key(fields),
            secret=_text(fields.get("secret")),
            origin=environ.get("HTTP_ORIGIN", ""),
            user_agent=environ.get("HTTP_USER_AGENT", ""),
            cookie=environ.get("HTTP_COOKIE", ""),
            spared=access.spared,
        )

    def _find_key(self, fields: Mapping[str, object]) -> str:
        environ = self._request.environ
        value = fields.get("api_key")
        if value in (None, "") and "api_key=" in environ.get("QUERY_STRING", ""):
            value = read_query(self._request).get("api_key")
        if value not in (None, ""):
            # No key is anything but a string: as text it is an unknown one.
            return value if isinstance(value, str) else repr(value)
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _standing(limit: int, remaining: int, reset: float) -> Sequence[tuple[str, str]]:
    return (
        ("X-RateLimit-Limit", str(limit)),
        ("X-RateLimit-Remaining", str(remaining)),
        ("X-RateLimit-Reset", str(ceil(time.time() + reset))),
    )
