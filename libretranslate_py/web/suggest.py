"""``/suggest``: people tell better translations than ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, request

from libretranslate_py.errors import (
    InvalidParameter,
    MissingParameter,
    ProjectError,
    SuggestionsDisabled,
    TextTooLong,
)
from libretranslate_py.languages import to_argos
from libretranslate_py.suggestions import LONGEST_TEXT
from libretranslate_py.web.answers import answer
from libretranslate_py.web.bodies import read_fields
from libretranslate_py.web.door import Door
from libretranslate_py.web.edge import access_of
from libretranslate_py.web.libre_errors import render_error

_ROUTE = "/suggest"
_FIELDS = ("q", "s", "source", "target")


def create_blueprint(door: Door, store: Callable[[str, str, str, str], object] | None) -> Blueprint:
    """``store`` gets text, suggestion, source and target (Argos codes); without it, suggestions are disabled."""
    blueprint = Blueprint("suggest", __name__)

    @blueprint.post(_ROUTE)
    def suggest() -> Response:
        if store is None:
            raise SuggestionsDisabled
        with door.open(request, _ROUTE) as entry:
            fields = entry.read(read_fields)
            entry.admit(fields)
            text, suggestion, source, target = parse(fields, entry.char_limit)
            access = access_of(request.environ)
            access.texts, access.characters = 2, len(text) + len(suggestion)
            store(text, suggestion, source, target)
        return answer({"success": True})

    blueprint.register_error_handler(ProjectError, render_error)
    return blueprint


def parse(fields: Mapping[str, object], char_limit: int) -> tuple[str, str, str, str]:
    """Text, suggestion, source, target. Any code that looks like a language's is taken, known or not.

    ``char_limit`` holds for each of the two texts, besides that of what stores them; -1 = none.

    Raises MissingParameter, InvalidParameter, TextTooLong, UnsupportedLanguage.
    """
    values: list[str] = []
    for name in _FIELDS:
        value = fields.get(name)
        if value is None or value == "":
            raise MissingParameter(name)
        if not isinstance(value, str):
            raise InvalidParameter(name, "a string")
        values.append(value)
    text, suggestion, source, target = values
    most = LONGEST_TEXT if char_limit < 0 else min(char_limit, LONGEST_TEXT)
    for value in (text, suggestion):
        if len(value) > most:
            raise TextTooLong(len(value), most)
    return text, suggestion, to_argos(source), to_argos(target)
