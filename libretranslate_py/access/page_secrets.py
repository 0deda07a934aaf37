"""The secret that a request without a key has to carry, and that only a browser gets which has opened the web page."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import threading
import time
from collections.abc import Callable

from libretranslate_py.storage import Storage

PERIOD_SECONDS = 1800
COOKIE_SECONDS = 86400
_MASTER = "page-master"
_MASTER_SECONDS = 30 * 86400
_RENEW_SECONDS = 3600
_MASTER_BYTES = 32
_NONCE_BYTES = 12
_PROOF_BYTES = 18


class PageSecrets:
    """Secrets follow from one random master in the storage and the time, so all servers that share it agree.

    Every 30 minutes (by the clock) another secret is the current one, and the one before it is still accepted: a page
    is good for 30 to 60 minutes. Cookies are good for the day (UTC) they were made on and the next one. Nothing is
    stored for a secret or a cookie, and nothing runs in the background.

    When the master is lost (a restart with ``memory://``; a Redis that fails, and again when it is back, since the
    servers have masters of their own meanwhile) pages that are open have to be loaded again.
    """

    def __init__(self, storage: Storage, clock: Callable[[], float] = time.time) -> None:
        self._storage = storage
        self._clock = clock
        self._lock = threading.Lock()
        self._renew_at = 0.0

    def current(self) -> str:
        """The secret of this moment, 32 hexadecimal digits."""
        return self._secret(self._master(), self._period())

    def accepts(self, secret: str) -> bool:
        """Whether ``secret`` is the current one or the one before it."""
        master, period = self._master(), self._period()
        sent = secret.encode("utf-8", "surrogatepass")
        known = [self._secret(master, each).encode() for each in (period, period - 1)]
        return any([hmac.compare_digest(sent, each) for each in known])

    def cookie(self) -> str:
        """A new value, 40 characters, for the cookie of somebody who opens the page; looks random."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return base64.urlsafe_b64encode(nonce + _proof(self._master(), nonce, self._day())).decode()

    def knows(self, cookie: str) -> bool:
        """Whether ``cookie`` was made by ``cookie()``, today or yesterday."""
        if len(cookie) != (_NONCE_BYTES + _PROOF_BYTES) * 4 // 3:
            return False
        try:
            decoded = base64.b64decode(cookie, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return False
        nonce, proof = decoded[:_NONCE_BYTES], decoded[_NONCE_BYTES:]
        master, day = self._master(), self._day()
        return any([hmac.compare_digest(proof, _proof(master, nonce, each)) for each in (day, day - 1)])

    def _period(self) -> int:
        return int(self._clock() // PERIOD_SECONDS)

    def _day(self) -> int:
        return int(self._clock() // COOKIE_SECONDS)

    def _secret(self, master: bytes, period: int) -> str:
        return hmac.digest(master, b"secret %d" % period, "sha256")[:16].hex()

    def _master(self) -> bytes:
        fresh = secrets.token_bytes(_MASTER_BYTES)
        if self._is_to_be_renewed():
            renewed = self._storage.update(_MASTER, lambda present: (present or fresh, _MASTER_SECONDS))
            return renewed or fresh
        return self._storage.set_if_absent(_MASTER, fresh, _MASTER_SECONDS)

    def _is_to_be_renewed(self) -> bool:
        now = self._clock()
        with self._lock:
            due = not self._renew_at - _RENEW_SECONDS <= now < self._renew_at
            if due:
                self._renew_at = now + _RENEW_SECONDS
        return due


def _proof(master: bytes, nonce: bytes, day: int) -> bytes:
    return hmac.digest(master, b"cookie %d " % day + nonce, "sha256")[:_PROOF_BYTES]
