"""The LibreTranslate dialect: parse, ask the translator, render. Its words for errors are in libre_errors.py."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from flask import Blueprint, Request, Response, request

from libretranslate_py.errors import ProjectError, TranslationFailed
from libretranslate_py.languages import display_name, match_locale, resolve, to_public
from libretranslate_py.text import markup
from libretranslate_py.translator import AUTO, HTML, Detection, LanguageEntry, Translation, TranslationRequest
from libretranslate_py.web.answers import answer
from libretranslate_py.web.bodies import read_fields
from libretranslate_py.web.door import Door
from libretranslate_py.web.edge import access_of
from libretranslate_py.web.libre_errors import render_error
from libretranslate_py.web.libre_fields import (
    check_size,
    cost_of,
    pack,
    parse_alternatives,
    parse_code,
    parse_format,
    parse_placeholders,
    parse_switch,
    parse_terms,
    parse_texts,
    unpack,
)
from libretranslate_py.web.options import Services, WebOptions

# Fields that an answer depends on, besides the languages.
_ANSWERING = ("q", "format", "alternatives", "placeholders", "preformatted", "glossary")


def create_blueprint(services: Services, door: Door, options: WebOptions) -> Blueprint:
    dialect = _Dialect(services, door, options)
    blueprint = Blueprint("libre", __name__)
    blueprint.add_url_rule("/translate", view_func=dialect.translate, methods=["POST"])
    blueprint.add_url_rule("/detect", view_func=dialect.detect, methods=["POST"])
    blueprint.add_url_rule("/languages", view_func=dialect.languages, methods=["GET", "POST"])
    blueprint.register_error_handler(ProjectError, render_error)
    return blueprint


class _Dialect:
    def __init__(self, services: Services, door: Door, options: WebOptions) -> None:
        self._translator = services.translator
        self._answers = services.answers
        self._door = door
        self._glossaries = services.glossaries
        self._options = options

    def translate(self) -> Response:
        with self._door.open(request, "/translate") as entry:
            fields = entry.read(read_fields)
            entry.admit(fields, cost_of(fields))
            asked = self._parse(fields, entry.char_limit)
            entry.spend_characters(sum(map(len, asked.texts)))
            return self._answer(fields, asked, entry.key_digest)

    def detect(self) -> Response:
        with self._door.open(request, "/detect") as entry:
            fields = entry.read(read_fields)
            entry.admit(fields, cost_of(fields))
            texts = parse_texts(fields)
            _note_size(request, texts)
            entry.spend_characters(sum(map(len, texts)))
            found = self._translator.detect(texts)
        return answer([_render_detection(detection) for detection in found])

    def languages(self) -> Response:
        locale = match_locale(request.environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        return answer(render_languages(self._translator.languages(), locale), headers={"Vary": "Accept-Language"})

    def _answer(self, fields: Mapping[str, object], asked: TranslationRequest, key_digest: str) -> Response:
        question = self._question(fields, asked) if self._answers.covers(key_digest) else None
        if question and (kept := self._answers.find(question)):
            return Response(kept, mimetype="application/json")
        translations = self._translator.translate(asked)
        packed = unpack(fields["q"]) is not None
        body = render(translations, asked, single=isinstance(fields["q"], str) and not packed)
        if packed:
            body["translatedText"] = pack([translation.text for translation in translations])
        given = answer(body)
        if question:
            self._answers.keep(question, given.get_data())
        return given

    def _question(self, fields: Mapping[str, object], asked: TranslationRequest) -> Mapping[str, object] | None:
        """All that the answer depends on; None where that may change at any time."""
        if fields.get("glossary_id"):
            return None
        sent = {name: fields[name] for name in _ANSWERING if name in fields}
        return {
            "sent": sent,
            "source": asked.source,
            "target": asked.target,
            "packages": self._translator.version(),
        }

    def _parse(self, fields: Mapping[str, object], char_limit: int) -> TranslationRequest:
        texts = parse_texts(fields)
        _note_size(request, texts)
        source, target = parse_code(fields, "source"), parse_code(fields, "target")
        alternatives = parse_alternatives(fields.get("alternatives"), self._options.alternatives_limit)
        check_size(texts, self._options.batch_limit, char_limit)
        codes = {entry.code for entry in self._translator.languages()}
        source = AUTO if source.lower() == AUTO else resolve(source, codes)
        target = resolve(target, codes)
        access = access_of(request.environ)
        access.source, access.target = source, target
        format = parse_format(fields.get("format"))
        if format == HTML:
            check_size(texts, -1, markup.LONGEST)
        client_gone = request.environ.get("waitress.client_disconnected")
        return TranslationRequest(
            texts,
            source,
            target,
            alternatives,
            client_gone,
            format=format,
            preformatted=parse_switch(fields, "preformatted"),
            find=parse_placeholders(fields.get("placeholders")).finder(),
            terms=parse_terms(fields, self._glossaries, source, target),
        )


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
