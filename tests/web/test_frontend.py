from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from libretranslate_py.translator import LanguageEntry
from libretranslate_py.web.frontend import FrontendOptions, create_blueprint

ORIGINALS_FORMATS = (".txt", ".odt", ".odp", ".docx", ".pptx", ".epub", ".html", ".srt", ".pdf")


def language(code: str, name: str, *targets: str) -> LanguageEntry:
    return LanguageEntry(code, name, targets)


THREE = (
    language("en", "English", "en", "es", "fr"),
    language("fr", "French", "en", "fr", "es"),
    language("es", "Spanish", "en", "fr", "es"),
)
WITH_VARIANTS = (
    language("en", "English", "en", "pb", "zh", "zt"),
    language("zh", "Chinese", "zh", "en"),
    language("pb", "Portuguese (Brazil)", "pb", "en"),
    language("zt", "Chinese (traditional)", "zt", "en"),
)


class Installed:
    def __init__(self, *entries: LanguageEntry) -> None:
        self._entries = entries

    def languages(self) -> tuple[LanguageEntry, ...]:
        return self._entries


def settings(entries: tuple[LanguageEntry, ...] = THREE, accept: str = "", **options: Any) -> dict[str, Any]:
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(create_blueprint(Installed(*entries), FrontendOptions(**options)))
    headers = {"Accept-Language": accept} if accept else {}
    answer = app.test_client().get("/frontend/settings", headers=headers)
    assert (answer.status_code, answer.headers["Vary"]) == (200, "Accept-Language")
    assert isinstance(answer.json, dict)
    return answer.json


def chosen(entries: tuple[LanguageEntry, ...] = THREE, accept: str = "", **options: Any) -> tuple[str, str]:
    language = settings(entries, accept, **options)["language"]
    return language["source"]["code"], language["target"]["code"]


class TestShape:
    def test_as_the_original_answers(self) -> None:
        assert settings(files=ORIGINALS_FORMATS) == {
            "apiKeys": False,
            "charLimit": -1,
            "filesTranslation": True,
            "frontendTimeout": 500,
            "keyRequired": False,
            "language": {
                "source": {"code": "auto", "name": "Auto Detect"},
                "target": {"code": "fr", "name": "French"},
            },
            "suggestions": False,
            "supportedFilesFormat": list(ORIGINALS_FORMATS),
        }

    def test_options(self) -> None:
        made = settings(
            api_keys=True,
            key_required=True,
            char_limit=0,
            frontend_timeout=900,
            suggestions=True,
            source="es",
            target="fr",
        )
        assert made == {
            "apiKeys": True,
            "charLimit": 0,
            "filesTranslation": False,
            "frontendTimeout": 900,
            "keyRequired": True,
            "language": {
                "source": {"code": "es", "name": "Spanish"},
                "target": {"code": "fr", "name": "French"},
            },
            "suggestions": True,
            "supportedFilesFormat": [],
        }

    def test_names_in_the_browsers_language(self) -> None:
        found = settings(accept="es", source="en")["language"]
        assert found == {"source": {"code": "en", "name": "Inglés"}, "target": {"code": "es", "name": "Español"}}


class TestChoice:
    def test_unknown_codes_as_the_original(self) -> None:
        assert chosen(source="zz", target="zz") == ("en", "fr")

    @pytest.mark.parametrize("source", ["auto", "AUTO", "Auto"])
    def test_detection(self, source: str) -> None:
        assert chosen(source=source)[0] == "auto"

    @pytest.mark.parametrize(
        ("accept", "source", "target"),
        [
            ("es", "auto", "es"),
            ("es-419,es;q=0.9", "auto", "es"),
            ("en-US,en;q=0.9", "auto", "en"),
            ("de,es;q=0.8,en;q=0.5", "auto", "es"),
            ("en;q=0.1,es;q=0.9", "auto", "es"),
            ("es;q=0", "auto", "fr"),
            ("es", "es", "en"),
            ("es,fr", "es", "fr"),
            ("en", "en", "fr"),
            ("de", "auto", "fr"),
            ("de", "es", "en"),
            ("", "es", "en"),
            ("*", "auto", "fr"),
            (",;q=x,,\xff,q=1,-,es-", "auto", "fr"),
            ("x" * 30_000, "auto", "fr"),
            ("de," * 5_000 + "es", "auto", "fr"),
        ],
    )
    def test_target_of_the_browser(self, accept: str, source: str, target: str) -> None:
        assert chosen(accept=accept, source=source)[1] == target

    def test_a_fixed_target_is_stronger_than_the_browser(self) -> None:
        assert chosen(accept="es", target="fr")[1] == "fr"
        assert chosen(accept="es", target="LOCALE")[1] == "es"

    @pytest.mark.parametrize(
        ("accept", "target"),
        [("pt-BR", "pt-BR"), ("pt", "pt-BR"), ("zh-TW,zh;q=0.9", "zh-Hant"), ("zh-CN", "zh-Hans"), ("", "zh-Hans")],
    )
    def test_public_codes(self, accept: str, target: str) -> None:
        assert chosen(WITH_VARIANTS, accept)[1] == target
        assert chosen(WITH_VARIANTS, source="pt-BR")[0] == "pt-BR"

    def test_the_target_can_be_reached(self) -> None:
        assert chosen(WITH_VARIANTS, "zh", source="pt-BR") == ("pt-BR", "en")

    def test_without_english(self) -> None:
        entries = (language("de", "German", "de", "fr"), language("fr", "French", "de", "fr"))
        assert chosen(entries, source="zz") == ("de", "fr")
        assert chosen(entries) == ("auto", "de")

    def test_with_one_language(self) -> None:
        assert chosen((language("en", "English", "en"),), source="en") == ("en", "en")

    @pytest.mark.parametrize("source", ["auto", "es"])
    def test_with_nothing_installed(self, source: str) -> None:
        found = settings((), "es", source=source, target="fr")["language"]
        assert found["target"]["code"] == "en"
