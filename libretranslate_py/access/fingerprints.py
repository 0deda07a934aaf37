"""Whether the program behind an address is still the same one."""

from __future__ import annotations

import hashlib
import hmac

from libretranslate_py.access.limits import client_of
from libretranslate_py.storage import Storage

KEEP_SECONDS = 300


class Fingerprints:
    """For 5 minutes from its first request, User-Agent and Cookie of a client have to stay as they were then."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def matches(self, address: str, user_agent: str, cookie: str) -> bool:
        """False for another program (or browser session) than the one that came first from ``address``.

        Only a digest is stored. Addresses of one IPv6 network are one client.
        """
        digest = hashlib.sha256(_digest(user_agent) + _digest(cookie)).digest()
        first = self._storage.set_if_absent(f"fingerprint:{client_of(address)}", digest, KEEP_SECONDS)
        return hmac.compare_digest(first, digest)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
