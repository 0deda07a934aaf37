"""The LibreTranslate dialect in the OpenAPI document: texts, languages, suggestions. Files are in openapi_files.py."""

from __future__ import annotations

from libretranslate_py.web.openapi import (
    FORM,
    JSON,
    LIMITED,
    MULTIPART,
    Dialect,
    Json,
    array,
    boolean,
    content,
    either,
    header_parameter,
    integer,
    number,
    ok,
    operation,
    record,
    ref,
    refusals,
    string,
)

_TAG = "translate"

SOURCE = string("The language's code, or `auto`: then it is detected, for each text on its own.", example="auto")
TARGET = string("The code of the language to translate into.", example="es")
API_KEY = string("An API key, where the server wants one.", example="")

_LANGUAGES = header_parameter("Accept-Language", "The language of the names of languages.")


# What is to be kept, and how terms are translated, where lists and objects have to be written as text.
KEPT_IN_FORMS: Json = {
    "placeholders": string("As in JSON, written as JSON text; or a single kind or expression.", example="true"),
    "glossary": string("As in JSON, written as JSON text.", example='{"cloud": "nube"}'),
    "glossary_id": string("A glossary that is stored on the server.", example=""),
}


def describe_texts() -> Dialect:
    """``/translate``, ``/detect``, ``/languages``, ``/suggest`` and ``/frontend/settings``."""
    return Dialect(
        tag=(_TAG, "The LibreTranslate API: texts and languages."),
        paths={
            "/translate": {"post": _translate()},
            "/detect": {"post": _detect()},
            "/languages": {"get": _languages("languages"), "post": _languages("languages_post")},
            "/suggest": {"post": _suggest()},
            "/frontend/settings": {"get": _settings()},
        },
        schemas={
            "TranslateRequest": _translate_request(),
            "TranslateForm": _translate_form(),
            "Translation": _translation(),
            "Detection": record(
                {
                    "confidence": number("How sure that is, 0 to 100.", minimum=0, maximum=100),
                    "language": string("A code that `/languages` lists."),
                },
                example={"confidence": 92.0, "language": "en"},
            ),
            "Language": record(
                {
                    "code": string(),
                    "name": string(),
                    "targets": array(string(), "The codes of all languages that it can be translated into."),
                },
                example={"code": "en", "name": "English", "targets": ["en", "es"]},
            ),
            "FrontendSettings": _frontend_settings(),
        },
    )


def bodies(json: Json, form: Json) -> Json:
    """A body that can be sent in three ways."""
    return {JSON: content(json), FORM: content(form), MULTIPART: content(form)}


def _translate() -> Json:
    return operation(
        _TAG,
        "translate",
        "Translate a text, or several",
        {
            "200": ok(
                ref("Translation"),
                "The translation; with a list, everything in it is a list, in the order of the texts.",
                limited=True,
                example={"translatedText": "Hola"},
            ),
            **refusals(*LIMITED),
        },
        description=(
            "With an empty body, the fields are taken from the query string. Texts of emoji, digits, punctuation or "
            "white space alone come back unchanged, and so does a text that is in the target language already."
        ),
        body=bodies(ref("TranslateRequest"), ref("TranslateForm")),
        keyed=True,
    )


def _translate_request() -> Json:
    names = "A name of a kind (`url`, `email`) keeps this kind and no others; anything else is a regular expression."
    return record(
        {
            "q": either(
                string(minLength=1, example="Hello!"),
                array(string(), minItems=1),
                description="The text, or a list of texts.",
                example="Hello!",
            ),
            "source": {**SOURCE, "example": "en"},
            "target": TARGET,
            "format": string("What the texts are.", enum=["text", "html"], default="text"),
            "alternatives": integer("How many other translations to give besides.", minimum=0, default=0),
            "api_key": {**API_KEY, "nullable": True},
            "placeholders": either(
                boolean(),
                array(string(), names, maxItems=100),
                description="What must come out as it is, such as `{name}`, `%d` or an address: all kinds unless told "
                "otherwise; `false` for nothing.",
                example=True,
            ),
            "glossary": {
                "type": "object",
                "nullable": True,
                "description": "How terms are translated; `null` for one that stays as it is.",
                "additionalProperties": string(nullable=True),
                "example": {"cloud": "nube", "Acme Cloud": None},
            },
            "glossary_id": string("A glossary that is stored on the server.", nullable=True, example=None),
            "preformatted": boolean("For HTML: translate what is in `pre` as well.", default=False),
        },
        required=("q", "source", "target"),
    )


def _translate_form() -> Json:
    return record(
        {
            "q": string("The text.", minLength=1, example="Hello!"),
            "source": {**SOURCE, "example": "en"},
            "target": TARGET,
            "format": string("What the text is.", enum=["text", "html"], default="text"),
            "alternatives": integer("How many other translations to give besides.", minimum=0, default=0),
            "api_key": API_KEY,
            **KEPT_IN_FORMS,
            "preformatted": string("For HTML: translate what is in `pre` as well.", enum=["true", "false", "1", "0"]),
        },
        required=("q", "source", "target"),
    )


def _translation() -> Json:
    detection = ref("Detection")
    return record(
        {
            "translatedText": either(string(), array(string())),
            "detectedLanguage": either(detection, array(detection), description="Only where `source` was `auto`."),
            "alternatives": {
                "type": "array",
                "description": "Only where alternatives were asked for: other translations of the text, best first; "
                "for a list of texts a list of such lists.",
                "items": either(string(), array(string())),
            },
        },
        required=("translatedText",),
        example={
            "translatedText": "Hola",
            "detectedLanguage": {"confidence": 92.0, "language": "en"},
            "alternatives": ["Buenas"],
        },
    )


def _detect() -> Json:
    json = record(
        {"q": either(string(minLength=1), array(string(), minItems=1), example="Hello!"), "api_key": API_KEY},
        required=("q",),
    )
    form = record({"q": string(minLength=1, example="Hello!"), "api_key": API_KEY}, required=("q",))
    return operation(
        _TAG,
        "detect",
        "Tell the language of a text",
        {
            "200": ok(
                array(ref("Detection"), minItems=1),
                "The languages that it may be, the likeliest one first; several texts make one ranking.",
                limited=True,
            ),
            **refusals(*LIMITED),
        },
        body=bodies(json, form),
        keyed=True,
    )


def _languages(name: str) -> Json:
    """Some clients ask with POST."""
    return operation(
        _TAG,
        name,
        "List the languages",
        {"200": ok(array(ref("Language")), "The installed languages, English first, then by name.")},
        parameters=[_LANGUAGES],
    )


def _suggest() -> Json:
    fields = {
        "q": string("The text.", minLength=1, example="Hello!"),
        "s": string("A better translation of it.", minLength=1, example="¡Hola!"),
        "source": {**SOURCE, "description": "The code of its language.", "example": "en"},
        "target": {**TARGET, "description": "The code of the language of the translation."},
        "api_key": API_KEY,
    }
    schema = record(fields, required=("q", "s", "source", "target"))
    return operation(
        _TAG,
        "suggest",
        "Suggest a better translation",
        {
            "200": ok(record({"success": boolean()}), "It is stored.", limited=True, example={"success": True}),
            **refusals(*LIMITED),
        },
        description="Servers refuse this (403) unless suggestions are switched on.",
        body=bodies(schema, schema),
        keyed=True,
    )


def _settings() -> Json:
    return operation(
        _TAG,
        "frontend_settings",
        "Tell what a page must know about the server",
        {"200": ok(ref("FrontendSettings"), "The settings.")},
        parameters=[_LANGUAGES],
    )


def _frontend_settings() -> Json:
    language = record({"code": string(), "name": string()})
    return record(
        {
            "apiKeys": boolean("Whether there are API keys."),
            "charLimit": integer("The most characters of a text, -1 for no limit."),
            "filesTranslation": boolean("Whether files can be translated."),
            "frontendTimeout": integer("Milliseconds between the last key and a request."),
            "keyRequired": boolean("Whether every request needs a key."),
            "language": record({"source": language, "target": language}, description="What is chosen at first."),
            "suggestions": boolean("Whether suggestions are taken."),
            "supportedFilesFormat": array(
                string(), "The extensions of files that can be translated.", example=[".txt"]
            ),
        }
    )
