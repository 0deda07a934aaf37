"""Whole answers, kept for days for those who asked for it; the storage may be shared by several servers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping

from libretranslate_py.storage import Storage

EVERYBODY = "all"

_SECONDS = 7 * 24 * 3600.0
# Longer answers are not worth their place.
_LONGEST = 1024 * 1024


class AnswerCache:
    """Answers to requests of certain API keys. ``api_keys``: these, or EVERYBODY among them for all requests.

    Answers are found by a digest of everything that they depend on, so nobody can ask for an entry that is not the
    answer to what they sent.
    """

    def __init__(self, storage: Storage, api_keys: Collection[str]) -> None:
        self._storage = storage
        self._everybody = EVERYBODY in api_keys
        self._digests = frozenset(hashlib.sha256(key.encode()).hexdigest() for key in api_keys)

    def covers(self, key_digest: str) -> bool:
        """Whether answers to this key (SHA-256, hex; empty for no key) are kept."""
        return self._everybody or key_digest in self._digests

    def find(self, question: Mapping[str, object]) -> bytes | None:
        """The answer to ``question``, everything that the answer depends on as values that JSON can hold."""
        return self._storage.get(_name(question))

    def keep(self, question: Mapping[str, object], answer: bytes) -> None:
        """Keep ``answer`` for 7 days, unless it is larger than one megabyte."""
        if len(answer) <= _LONGEST:
            self._storage.set(_name(question), answer, _SECONDS)


def _name(question: Mapping[str, object]) -> str:
    written = json.dumps(question, sort_keys=True)
    return f"answer:{hashlib.sha256(written.encode()).hexdigest()}"
