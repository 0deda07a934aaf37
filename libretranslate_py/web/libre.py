"""The LibreTranslate dialect: parse, ask the translator, render; and its words for everything that can go wrong."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from flask import Blueprint, Request, Response, request

from libretranslate_py import errors
from libretranslate_py.errors import (
    InvalidParameter,
    MissingParameter,
    ProjectError,
    TextTooLong,
    TooManyAlternatives,
    TooManyTexts,
    TranslationFailed,
    UnsupportedFormat,
)
from libretranslate_py.languages import display_name, match_locale, resolve, to_public
from libretranslate_py.text import glossary, placeholders
from libretranslate_py.text.pieces import Finder
from libretranslate_py.text.placeholders import Placeholders
from libretranslate_py.translator import AUTO, HTML, TEXT, Detection, LanguageEntry, Translation, TranslationRequest
from libretranslate_py.web.answers import answer, refuse
from libretranslate_py.web.bodies import read_fields
from libretranslate_py.web.edge import access_of
from libretranslate_py.web.options import Services, WebOptions

logger = logging.getLogger(__name__)

_LONGEST_SHOWN = 60


def create_blueprint(services: Services, options: WebOptions) -> Blueprint:
    dialect = _Dialect(services, options)
    blueprint = Blueprint("libre", __name__)
    blueprint.add_url_rule("/translate", view_func=dialect.translate, methods=["POST"])
    blueprint.add_url_rule("/detect", view_func=dialect.detect, methods=["POST"])
    blueprint.add_url_rule("/languages", view_func=dialect.languages, methods=["GET"])
    blueprint.register_error_handler(ProjectError, render_error)
    return blueprint


class _Dialect:
    def __init__(self, services: Services, options: WebOptions) -> None:
        self._translator = services.translator
        self._admission = services.admission
        self._glossaries = services.glossaries
        self._options = options

    def translate(self) -> Response:
        with self._admission:
            fields = read_fields(request)
            asked = self._parse(fields)
            translations = self._translator.translate(asked)
        return answer(render(translations, asked, single=isinstance(fields["q"], str)))

    def detect(self) -> Response:
        with self._admission:
            texts = parse_texts(read_fields(request))
            _note_size(request, texts)
            found = self._translator.detect(texts)
        return answer([_render_detection(detection) for detection in found])

    def languages(self) -> Response:
        locale = match_locale(request.environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        return answer(render_languages(self._translator.languages(), locale), headers={"Vary": "Accept-Language"})

    def _parse(self, fields: Mapping[str, object]) -> TranslationRequest:
        texts = parse_texts(fields)
        _note_size(request, texts)
        source, target = _parse_code(fields, "source"), _parse_code(fields, "target")
        alternatives = parse_alternatives(fields.get("alternatives"), self._options.alternatives_limit)
        self._check_size(texts)
        codes = {entry.code for entry in self._translator.languages()}
        source = AUTO if source.lower() == AUTO else resolve(source, codes)
        target = resolve(target, codes)
        access = access_of(request.environ)
        access.source, access.target = source, target
        client_gone = request.environ.get("waitress.client_disconnected")
        return TranslationRequest(
            texts,
            source,
            target,
            alternatives,
            client_gone,
            format=parse_format(fields.get("format")),
            preformatted=parse_switch(fields, "preformatted"),
            find=parse_placeholders(fields.get("placeholders")).finder(),
            terms=self._parse_terms(fields, source, target),
        )

    def _parse_terms(
        self, fields: Mapping[str, object], source: str, target: str
    ) -> Callable[[str, str], Finder | None] | None:
        """What finds the terms of the request's own glossary and of the stored one that it names."""
        own, glossary_id = glossary.parse(fields.get("glossary")), fields.get("glossary_id")
        if glossary_id is None or glossary_id == "":
            glossary_id = None
            if own is None:
                return None
        elif not isinstance(glossary_id, str):
            raise InvalidParameter("glossary_id", "the name of a glossary")
        else:
            # Unknown or not, before anything is translated.
            self._glossaries.find(glossary_id, source, target)

        def find_terms(source: str, target: str) -> Finder | None:
            stored = self._glossaries.find(glossary_id, source, target) if glossary_id else None
            both = glossary.merge(own, stored)
            return partial(both.find, target=target) if both else None

        return find_terms

    def _check_size(self, texts: Collection[str]) -> None:
        most, longest = self._options.batch_limit, self._options.char_limit
        if 0 <= most < len(texts):
            raise TooManyTexts(len(texts), most)
        if longest < 0:
            return
        for text in texts:
            if len(text) > longest:
                raise TextTooLong(len(text), longest)


# --- parse ----------------------------------------------------------------------------------------------------------


def parse_texts(fields: Mapping[str, object]) -> tuple[str, ...]:
    """``q`` as one or more texts; blank ones only inside a list. Raises MissingParameter, InvalidParameter."""
    q = fields.get("q")
    if q is None or q == "" or q == []:
        raise MissingParameter("q")
    if isinstance(q, str):
        return (q,)
    if isinstance(q, list) and all(isinstance(text, str) for text in q):
        return tuple(q)
    raise InvalidParameter("q", "a string or a list of strings")


def parse_alternatives(value: object, limit: int) -> int:
    """How many alternatives ``value`` asks for; a negative number asks for none.

    Raises InvalidParameter, TooManyAlternatives.
    """
    if value is None or value == "":
        return 0
    number: int | None = None
    if isinstance(value, str) or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        try:
            number = int(value)
        except (ValueError, OverflowError):
            number = None
    if number is None or (isinstance(value, float) and number != value):
        raise InvalidParameter("alternatives", "a number")
    if 0 <= limit < number:
        raise TooManyAlternatives(limit)
    return max(0, number)


def _parse_code(fields: Mapping[str, object], name: str) -> str:
    code = fields.get(name)
    if code is None or code == "":
        raise MissingParameter(name)
    if not isinstance(code, str):
        raise InvalidParameter(name, "a language code")
    return code


def parse_format(value: object) -> str:
    """TEXT or HTML; raises InvalidParameter, UnsupportedFormat."""
    if value is None or value == "":
        return TEXT
    if not isinstance(value, str):
        raise InvalidParameter("format", f"{TEXT} or {HTML}")
    if value not in (TEXT, HTML):
        raise UnsupportedFormat(value)
    return value


def parse_switch(fields: Mapping[str, object], name: str) -> bool:
    """A field that is true or false, off where it is missing; forms have the words. Raises InvalidParameter."""
    value = fields.get(name)
    if isinstance(value, str):
        value = {"true": True, "1": True, "false": False, "0": False, "": False}.get(value.lower(), value)
    if value is None or isinstance(value, bool):
        return bool(value)
    raise InvalidParameter(name, "true or false")


def parse_placeholders(value: object) -> Placeholders:
    """The kinds to protect; in a form the list is written as JSON. Raises InvalidParameter."""
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else None
        except (ValueError, RecursionError):
            # A single name or expression.
            value = [value]
    return placeholders.parse(value)


def _note_size(request: Request, texts: Collection[str]) -> None:
    access = access_of(request.environ)
    access.texts, access.characters = len(texts), sum(map(len, texts))


# --- render ---------------------------------------------------------------------------------------------------------


def render(translations: Sequence[Translation], asked: TranslationRequest, *, single: bool) -> dict[str, object]:
    """The body of an answer: lists, or for a single text what is in them."""
    if len(translations) != len(asked.texts):
        reason = f"{len(translations)} translations came back for {len(asked.texts)} texts"
        raise TranslationFailed(asked.source, asked.target, reason)
    body: dict[str, object] = {}
    if asked.alternatives:
        body["alternatives"] = _shape([list(one.alternatives) for one in translations], single)
    if asked.source == AUTO:
        body["detectedLanguage"] = _shape([_render_detection(one.detected) for one in translations], single)
    body["translatedText"] = _shape([one.text for one in translations], single)
    return body


def _shape(values: list[object] | list[str] | list[list[str]] | list[dict[str, object]], single: bool) -> object:
    return values[0] if single else values


def _render_detection(detection: Detection | None) -> dict[str, object]:
    if detection is None:
        return {"confidence": 0.0, "language": "en"}
    return {"confidence": round(detection.confidence, 1), "language": to_public(detection.language)}


def render_languages(entries: Sequence[LanguageEntry], locale: str) -> list[dict[str, object]]:
    """The languages with their names in ``locale``, English first, then by name."""
    named = [(entry, display_name(entry.code, locale, entry.name_fallback)) for entry in entries]
    named.sort(key=lambda pair: (pair[0].code != "en", pair[1].casefold()))
    return [
        {"code": to_public(entry.code), "name": name, "targets": [to_public(target) for target in entry.targets]}
        for entry, name in named
    ]


# --- errors ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reply:
    """How this dialect says an error: an HTTP status, and a sentence made of the error's data."""

    status: int
    words: Callable[..., str]


_EXCEEDS = "Invalid request: request ({}) exceeds text limit ({})"

# Clients look for these words; a sentence that exists in the original must not change.
ERRORS: Mapping[type[ProjectError], Reply] = {
    errors.MissingParameter: Reply(400, lambda e: f"Invalid request: missing {e.name} parameter"),
    errors.InvalidParameter: Reply(400, lambda e: _invalid_parameter(e)),
    errors.InvalidBody: Reply(400, lambda e: f"Invalid request: the body cannot be read: {e.reason}"),
    errors.InvalidJson: Reply(400, lambda e: "Invalid JSON format"),
    errors.BodyTooLarge: Reply(413, lambda e: f"Invalid request: the body exceeds the limit of {e.limit} bytes"),
    errors.UnsupportedLanguage: Reply(400, lambda e: f"{e.code} is not supported"),
    errors.UnsupportedPair: Reply(400, lambda e: _unsupported_pair(e)),
    errors.UnsupportedFormat: Reply(400, lambda e: f"{e.format[:_LONGEST_SHOWN]} format is not supported"),
    errors.TextTooLong: Reply(400, lambda e: _EXCEEDS.format(e.length, e.limit)),
    errors.TooManyTexts: Reply(400, lambda e: _EXCEEDS.format(e.count, e.limit)),
    errors.TooManyAlternatives: Reply(400, lambda e: f"Invalid request: alternatives parameter must be <= {e.limit}"),
    errors.UnknownGlossary: Reply(400, lambda e: f"Invalid request: there is no glossary {e.glossary_id}"),
    errors.Overloaded: Reply(503, lambda e: f"The server is overloaded, try again in {e.retry_after} s"),
    errors.Stopping: Reply(503, lambda e: "The server is stopping"),
    errors.ClientGone: Reply(499, lambda e: "The client closed the connection"),
    errors.TranslationFailed: Reply(500, lambda e: "Cannot translate text: the language model failed"),
    errors.CorruptPackage: Reply(500, lambda e: "Cannot translate text: the language package is damaged"),
}


def render_error(error: ProjectError) -> Response:
    """The answer for ``error``. One without an entry is a mistake of ours and goes on as it is."""
    reply = next((ERRORS[kind] for kind in type(error).__mro__ if kind in ERRORS), None)
    if reply is None:
        raise error
    if isinstance(error, TranslationFailed):
        logger.error("%s", error, exc_info=error)
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, errors.Unavailable) else None
    return refuse(reply.status, reply.words(error), headers)


def _invalid_parameter(error: InvalidParameter) -> str:
    if error.name == "alternatives":
        return "Invalid request: alternatives parameter is not a number"
    return f"Invalid request: {error.name} parameter must be {error.accepted}"


def _unsupported_pair(error: errors.UnsupportedPair) -> str:
    source, target = (f"{display_name(code, 'en')} ({to_public(code)})" for code in (error.source, error.target))
    return f"{target} is not available as a target language from {source}"
