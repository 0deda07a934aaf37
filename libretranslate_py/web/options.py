"""What the endpoints are given: limits as plain values, and the services behind them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from libretranslate_py.glossaries import Glossaries
from libretranslate_py.translator import Translator
from libretranslate_py.web.guard import Admission


@dataclass(frozen=True)
class WebOptions:
    """Limits are numbers of things, -1 meaning none; ``max_body`` is in bytes.

    trusted_proxies and trusted_hops: see guard.Proxies. metrics_auth_token: empty lets everybody read the metrics.
    debug: the answer to an unexpected error names its class.
    """

    char_limit: int = -1
    batch_limit: int = -1
    alternatives_limit: int = 10
    max_body: int = 64 * 1024 * 1024
    metrics: bool = False
    metrics_auth_token: str = ""
    trusted_proxies: tuple[str, ...] = ()
    trusted_hops: int = 0
    debug: bool = False


class Services(Protocol):
    @property
    def translator(self) -> Translator: ...

    @property
    def admission(self) -> Admission: ...

    @property
    def glossaries(self) -> Glossaries: ...

    def queue_stats(self) -> Mapping[str, float]:
        """Figures for the metrics by name, such as the number of waiting sentences."""
        ...
