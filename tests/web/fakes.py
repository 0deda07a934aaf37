"""A translator that misbehaves on demand, and services around it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from libretranslate_py.access.bans import Bans
from libretranslate_py.access.fingerprints import Fingerprints
from libretranslate_py.access.gate import Gate, Rules
from libretranslate_py.access.keys import Keys
from libretranslate_py.access.limits import Limits
from libretranslate_py.access.page_secrets import PageSecrets
from libretranslate_py.answer_cache import AnswerCache
from libretranslate_py.documents.files import Files
from libretranslate_py.documents.formats import FORMATS
from libretranslate_py.documents.results import Results
from libretranslate_py.figures import Figure
from libretranslate_py.glossaries import Glossaries
from libretranslate_py.storage import open_storage
from libretranslate_py.suggestions import Suggestions
from libretranslate_py.translator import Detection, LanguageEntry, Translation, TranslationRequest
from libretranslate_py.web.guard import Admission

LANGUAGES = [
    LanguageEntry("en", "English", ("en", "es", "zh")),
    LanguageEntry("de", "German", ("de",)),
    LanguageEntry("es", "Spanish", ("es", "en")),
    LanguageEntry("pb", "Portuguese (Brazil)", ("pb", "en")),
    LanguageEntry("zh", "Chinese", ("zh", "en")),
]


class FakeTranslator:
    """Upper-cases. ``error`` is raised, ``gate`` waited for, ``lose`` translations left out, ``probe`` called."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self.gate: threading.Event | None = None
        self.lose = 0
        self.packages = "1"
        self.reason: str | None = None
        self.probe: Callable[[TranslationRequest], None] | None = None
        self.requests: list[TranslationRequest] = []
        self.detected: list[Detection] = [Detection("es", 90.0), Detection("pb", 4.5)]
        self.entered = threading.Semaphore(0)

    def translate(self, request: TranslationRequest) -> list[Translation]:
        self.requests.append(request)
        self.entered.release()
        if self.gate:
            self.gate.wait()
        if self.probe:
            self.probe(request)
        if self.error:
            raise self.error
        found = self.detected[0] if request.source == "auto" else None
        alternatives = tuple(f"other {number}" for number in range(request.alternatives))
        made = [Translation(text.upper(), alternatives, found) for text in request.texts]
        return made[: len(made) - self.lose]

    def detect(self, texts: Sequence[str]) -> list[Detection]:
        if self.error:
            raise self.error
        return self.detected

    def languages(self) -> list[LanguageEntry]:
        return list(LANGUAGES)

    def version(self) -> str:
        return self.packages

    def ready(self) -> str | None:
        return self.reason


class FakeServices:
    """The gate is a real one; it looks keys up in ``keys``, a file that need not exist."""

    def __init__(self, limit: int = 128, keys: Path = Path("/nowhere/keys.db")) -> None:
        storage = open_storage("memory://")
        self._storage, self._keys = storage, keys
        self.page_secrets = PageSecrets(storage)
        self.use(Rules())
        self.answers = AnswerCache(storage, ())
        self.suggestions: Suggestions | None = None
        self.translator = FakeTranslator()
        self.admission = Admission(limit, retry_after=3)
        self.glossaries = Glossaries(Path("/nowhere/glossaries"))
        self.files = Files(self.translator, Results(Path("/nowhere/files"), 60), FORMATS)  # type: ignore[arg-type]

    def use(self, rules: Rules, threshold: int = -1) -> None:
        self.gate = Gate(
            rules,
            Limits("memory://"),
            Bans(self._storage, threshold),
            Keys(self._keys),
            Fingerprints(self._storage),
            self.page_secrets,
        )

    def figures(self) -> list[Figure]:
        return [Figure("waiting_sentences", "gauge", "Sentences that wait", 7.0)]
