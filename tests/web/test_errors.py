from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from libretranslate_py import errors
from libretranslate_py.web.libre_errors import ERRORS, render_error
from tests.web.fakes import FakeServices
from tests.web.wire import translation

# Those that no request runs into: the store, the index, the settings.
ELSEWHERE = (
    errors.UnknownPackage,
    errors.StoreUnwritable,
    errors.DownloadFailed,
    errors.IndexUnusable,
    errors.FaultyGlossary,
    errors.GlossaryUnreadable,
    errors.GlossariesUnwritable,
    errors.KeysUnusable,
    errors.SettingsError,
)
BASES = (
    errors.ProjectError,
    errors.RequestError,
    errors.Unavailable,
    errors.PackageError,
    errors.GlossaryError,
    errors.AccessError,
)

EXAMPLES: tuple[tuple[errors.ProjectError, int, str], ...] = (
    (errors.MissingParameter("q"), 400, "Invalid request: missing q parameter"),
    (errors.InvalidParameter("q", "a string"), 400, "Invalid request: q parameter must be a string"),
    (errors.InvalidBody("it is not utf-8"), 400, "Invalid request: the body cannot be read: it is not utf-8"),
    (errors.InvalidJson(), 400, "Invalid JSON format"),
    (errors.BodyTooLarge(5), 413, "Invalid request: the body exceeds the limit of 5 bytes"),
    (errors.UnsupportedLanguage("xx"), 400, "xx is not supported"),
    (
        errors.UnsupportedPair("es", "de"),
        400,
        "German (de) is not available as a target language from Spanish (es)",
    ),
    (
        errors.UnsupportedPair("en", "zh"),
        400,
        "Simplified Chinese (zh-Hans) is not available as a target language from English (en)",
    ),
    (errors.UnsupportedFormat("xml"), 400, "xml format is not supported"),
    (errors.TextTooLong(11, 10), 400, "Invalid request: request (11) exceeds text limit (10)"),
    (errors.TooManyTexts(3, 2), 400, "Invalid request: request (3) exceeds text limit (2)"),
    (errors.TooManyAlternatives(2), 400, "Invalid request: alternatives parameter must be <= 2"),
    (errors.UnknownGlossary("brand\n"), 400, "Invalid request: there is no glossary brand\ufffd"),
    (errors.InvalidKey(), 403, "Invalid API key"),
    (errors.KeyRequired(), 400, "Please contact the server operator to get an API key"),
    (errors.KeyRequired("https://x.example/key"), 400, "Visit https://x.example/key to get an API key"),
    (errors.Banned(7), 403, "Too many request limits violations"),
    (errors.RateLimited("3 per 1 minute", 3, 7), 429, "Slowdown: 3 per 1 minute"),
    (errors.KeysUnavailable("it is down", 7), 503, "API keys cannot be looked up, try again in 7 s"),
    (errors.SuggestionsDisabled(), 403, "Suggestions are disabled on this server."),
    (errors.SuggestionsUnusable(Path("x"), "full"), 500, "The suggestion could not be stored"),
    (errors.FilesDisabled(), 403, "Files translation are disabled on this server."),
    (
        errors.UnsupportedFile(".x\n", (".txt", ".md")),
        400,
        "Invalid request: file format not supported: .x\ufffd (accepted: .txt, .md)",
    ),
    (errors.UnreadableFile("it is empty"), 400, "Invalid request: the file cannot be read: it is empty"),
    (errors.UnknownFile(), 404, "There is no such file, or it has expired"),
    (errors.ResultsUnwritable(Path("x"), "full"), 500, "The translated file could not be stored"),
    (errors.Overloaded(7), 503, "The server is overloaded, try again in 7 s"),
    (errors.Stopping(7), 503, "The server is stopping"),
    (errors.ClientGone(), 499, "The client closed the connection"),
    (errors.TranslationFailed("en", "es", "boom"), 500, "Cannot translate text: the language model failed"),
    (errors.CorruptPackage(Path("x"), "broken"), 500, "Cannot translate text: the language package is damaged"),
)


def all_errors(base: type[errors.ProjectError] = errors.ProjectError) -> set[type[errors.ProjectError]]:
    return {base}.union(*(all_errors(kind) for kind in base.__subclasses__()))


def test_the_table_has_every_error_that_a_request_can_run_into() -> None:
    ours = {kind for kind in all_errors() if kind.__module__ == errors.__name__}
    assert {kind for kind in ours if not issubclass(kind, ELSEWHERE)} - set(BASES) == set(ERRORS)


def test_there_is_an_example_of_every_entry() -> None:
    assert {type(error) for error, _, _ in EXAMPLES} == set(ERRORS)


@pytest.mark.parametrize(("error", "status", "words"), EXAMPLES, ids=lambda value: type(value).__name__)
def test_each_error_has_one_shape(
    client: FlaskClient, services: FakeServices, error: errors.ProjectError, status: int, words: str
) -> None:
    services.translator.error = error
    answer = client.post("/translate", json=translation("a"))
    assert (answer.status_code, answer.content_type) == (status, "application/json")
    assert answer.headers.get("Retry-After") == ("7" if hasattr(error, "retry_after") else None)
    assert answer.json == {"error": words}


def test_a_subclass_is_answered_like_its_base(client: FlaskClient, services: FakeServices) -> None:
    class Special(errors.UnsupportedLanguage):
        pass

    services.translator.error = Special("yy")
    assert client.post("/detect", json={"q": "a"}).json == {"error": "yy is not supported"}


def test_an_error_without_entry_is_a_crash(client: FlaskClient, services: FakeServices) -> None:
    services.translator.error = errors.UnknownPackage("x", ())
    answer = client.post("/translate", json=translation("a"))
    assert (answer.status_code, answer.json) == (500, {"error": "Internal server error"})
    with pytest.raises(errors.UnknownPackage):
        render_error(services.translator.error)


def test_an_unexpected_exception_is_logged_and_hidden(
    client: FlaskClient, services: FakeServices, caplog: pytest.LogCaptureFixture
) -> None:
    services.translator.error = KeyError("inner detail")
    answer = client.post("/translate", json=translation("secret text"))
    assert (answer.status_code, answer.json) == (500, {"error": "Internal server error"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == "unexpected error in POST /translate"
    assert record.exc_info and record.exc_info[0] is KeyError


def test_debug_names_the_exception(make_client: Callable[..., FlaskClient], services: FakeServices) -> None:
    services.translator.error = KeyError("inner detail")
    answer = make_client(debug=True).post("/translate", json=translation("a"))
    assert (answer.status_code, answer.json) == (500, {"error": "Internal server error: KeyError"})


def test_a_failed_translation_is_logged(
    client: FlaskClient, services: FakeServices, caplog: pytest.LogCaptureFixture
) -> None:
    services.translator.error = errors.TranslationFailed("en", "es", "out of memory")
    client.post("/translate", json=translation("a"))
    assert "translating from en to es failed: out of memory" in caplog.messages


@pytest.mark.parametrize("lost", [1, 2])
def test_fewer_translations_than_texts_are_an_error(client: FlaskClient, services: FakeServices, lost: int) -> None:
    services.translator.lose = lost
    answer = client.post("/translate", json=translation(["a", "b"]))
    assert (answer.status_code, answer.json) == (500, {"error": "Cannot translate text: the language model failed"})


def test_room_is_given_back_after_an_error(client: FlaskClient, services: FakeServices) -> None:
    for error in (KeyError("x"), errors.UnsupportedLanguage("xx"), errors.ClientGone()):
        services.translator.error = error
        for _ in range(services.admission.limit + 1):
            assert client.post("/translate", json=translation("a")).status_code in (400, 499, 500)
    client.post("/translate", data=b"{", content_type="application/json")
    assert services.admission.in_flight == 0
