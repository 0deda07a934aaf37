"""What has been done since the start, and how long each stage of it took."""

from __future__ import annotations

import threading
from collections.abc import Mapping


class Tally:
    """Thread-safe sums. Meant for once a batch or a request: a call costs a fraction of a microsecond."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seconds: dict[str, float] = {}
        self._sentences = 0
        self._characters = 0

    def spend(self, stage: str, seconds: float) -> None:
        """``seconds`` of the clock went into ``stage``; threads that run at a time count each for itself."""
        with self._lock:
            self._seconds[stage] = self._seconds.get(stage, 0.0) + seconds

    def count(self, sentences: int, characters: int) -> None:
        """So many sentences of texts that were sent, with so many characters together, are being translated."""
        with self._lock:
            self._sentences += sentences
            self._characters += characters

    @property
    def sentences(self) -> int:
        return self._sentences

    @property
    def characters(self) -> int:
        return self._characters

    def seconds(self) -> Mapping[str, float]:
        """The seconds that went into each stage."""
        with self._lock:
            return dict(self._seconds)
