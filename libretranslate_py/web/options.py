"""What the endpoints are given: limits as plain values, and the services behind them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from libretranslate_py.access.gate import Gate
from libretranslate_py.access.page_secrets import PageSecrets
from libretranslate_py.answer_cache import AnswerCache
from libretranslate_py.documents.files import Files
from libretranslate_py.figures import Figure
from libretranslate_py.glossaries import Glossaries
from libretranslate_py.suggestions import Suggestions
from libretranslate_py.translator import Translator
from libretranslate_py.web.files import FilesOptions
from libretranslate_py.web.frontend import FrontendOptions
from libretranslate_py.web.guard import Admission


@dataclass(frozen=True)
class WebOptions:
    """Limits are numbers of things, -1 meaning none; ``max_body`` is in bytes.

    url_prefix: as option_kinds.parse_prefix returns it. web_page: serve it. frontend: what the page and programs
    are told. trusted_proxies and trusted_hops: see guard.Proxies. metrics_auth_token: empty
    lets everybody read the metrics. debug: the answer to an unexpected error names its class.
    """

    batch_limit: int = -1
    alternatives_limit: int = 10
    max_body: int = 64 * 1024 * 1024
    url_prefix: str = ""
    web_page: bool = True
    frontend: FrontendOptions = FrontendOptions()  # noqa: RUF009
    files: FilesOptions = FilesOptions()  # noqa: RUF009
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

    @property
    def gate(self) -> Gate: ...

    @property
    def answers(self) -> AnswerCache: ...

    @property
    def page_secrets(self) -> PageSecrets: ...

    @property
    def suggestions(self) -> Suggestions | None:
        """None where suggestions are off."""
        ...

    @property
    def files(self) -> Files: ...

    def figures(self) -> Iterable[Figure]:
        """What there is to watch about the work."""
        ...
