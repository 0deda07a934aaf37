"""``/frontend/settings``: what a page or a program must know about this server before it asks for a translation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from flask import Blueprint, Response, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from libretranslate_py.errors import UnsupportedLanguage
from libretranslate_py.languages import display_name, match_locale, resolve, to_public
from libretranslate_py.translator import AUTO, LanguageEntry
from libretranslate_py.web.answers import answer

_LOCALE = "locale"
_LONGEST_HEADER = 1000


@dataclass(frozen=True)
class FrontendOptions:
    """``source`` and ``target`` are chosen first: codes, or auto and locale (the browser's language).

    ``language`` is that of the page itself, empty for the page's own choice. ``files`` are the extensions of files that
    are translated, none where files are not. ``frontend_timeout``: milliseconds between the last key and the request.
    ``char_limit``: -1 = none. ``secret``: without a key, requests need the secret that the page carries.
    """

    api_keys: bool = False
    key_required: bool = False
    char_limit: int = -1
    files: tuple[str, ...] = ()
    frontend_timeout: int = 500
    source: str = AUTO
    target: str = _LOCALE
    suggestions: bool = False
    title: str = ""
    language: str = ""
    hide_api: bool = False
    secret: bool = False
    ssl: bool = False


class Languages(Protocol):
    def languages(self) -> Sequence[LanguageEntry]: ...


def create_blueprint(translator: Languages, options: FrontendOptions) -> Blueprint:
    blueprint = Blueprint("frontend", __name__)

    @blueprint.get("/frontend/settings")
    def settings() -> Response:
        accept_language = request.environ.get("HTTP_ACCEPT_LANGUAGE", "")
        body = render(translator.languages(), options, accept_language)
        return answer(body, headers={"Vary": "Accept-Language"})

    return blueprint


def render(entries: Sequence[LanguageEntry], options: FrontendOptions, accept_language: str) -> dict[str, object]:
    locale = match_locale(accept_language)
    fallbacks = {entry.code: entry.name_fallback for entry in entries}
    source = choose_source(options.source, entries)
    target = choose_target(options.target, source, entries, accept_language)

    def name(code: str) -> dict[str, str]:
        if code == AUTO:
            return {"code": AUTO, "name": "Auto Detect"}
        return {"code": to_public(code), "name": display_name(code, locale, fallbacks.get(code, ""))}

    return {
        "apiKeys": options.api_keys,
        "charLimit": options.char_limit,
        "filesTranslation": bool(options.files),
        "frontendTimeout": options.frontend_timeout,
        "keyRequired": options.key_required,
        "language": {"source": name(source), "target": name(target)},
        "suggestions": options.suggestions,
        "supportedFilesFormat": list(options.files),
    }


def choose_source(wanted: str, entries: Sequence[LanguageEntry]) -> str:
    """AUTO or an Argos code: the language wanted if it is installed, else the first, which is English where it is."""
    if wanted.lower() == AUTO:
        return AUTO
    codes = [entry.code for entry in entries]
    return _find(wanted, codes) or next(iter(codes), "en")


def choose_target(wanted: str, source: str, entries: Sequence[LanguageEntry], accept_language: str) -> str:
    """An Argos code: the language wanted if it is installed; else the browser's, if ``source`` leads there; else one
    that differs from ``source``."""
    codes = [entry.code for entry in entries]
    if wanted.lower() != _LOCALE and (found := _find(wanted, codes)):
        return found
    reachable = next((entry.targets for entry in entries if entry.code == source), codes)
    others = [code for code in codes if code in reachable and code != source]
    for tag in _wanted_by_browser(accept_language):
        if found := _find(tag, others):
            return found
    if source == AUTO:
        others.sort(key=lambda code: code == "en")
    return others[0] if others else "en"


def _find(code: str, available: Sequence[str]) -> str:
    try:
        return resolve(code, available)
    except UnsupportedLanguage:
        return ""


def _wanted_by_browser(accept_language: str) -> list[str]:
    accepted = parse_accept_header(accept_language[:_LONGEST_HEADER], LanguageAccept)
    return [tag for tag, quality in accepted if quality > 0]
