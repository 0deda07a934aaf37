"""A translator that misbehaves on demand, and services around it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from libretranslate_py.glossaries import Glossaries
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

    def ready(self) -> str | None:
        return self.reason


class FakeServices:
    def __init__(self, limit: int = 128) -> None:
        self.translator = FakeTranslator()
        self.admission = Admission(limit, retry_after=3)
        self.glossaries = Glossaries(Path("/nowhere/glossaries"))

    def queue_stats(self) -> dict[str, float]:
        return {"waiting_sentences": 7.0}
