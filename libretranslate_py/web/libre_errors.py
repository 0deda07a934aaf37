"""LibreTranslate's words and status for everything that can go wrong; the one table of this dialect."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Response

from libretranslate_py import errors
from libretranslate_py.errors import InvalidParameter, ProjectError
from libretranslate_py.languages import display_name, to_public
from libretranslate_py.web.answers import refuse

logger = logging.getLogger(__name__)

_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Reply:
    """How this dialect says an error: an HTTP status, and a sentence made of the error's data."""

    status: int
    words: Callable[..., str]


_NO_LINK = "Please contact the server operator to get an API key"
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
    errors.InvalidKey: Reply(403, lambda e: "Invalid API key"),
    errors.KeyRequired: Reply(400, lambda e: _key_required(e)),
    errors.Banned: Reply(403, lambda e: "Too many request limits violations"),
    errors.RateLimited: Reply(429, lambda e: f"Slowdown: {e.rate}"),
    errors.KeysUnavailable: Reply(503, lambda e: f"API keys cannot be looked up, try again in {e.retry_after} s"),
    errors.SuggestionsDisabled: Reply(403, lambda e: "Suggestions are disabled on this server."),
    errors.SuggestionsUnusable: Reply(500, lambda e: "The suggestion could not be stored"),
    errors.FilesDisabled: Reply(403, lambda e: "Files translation are disabled on this server."),
    errors.UnsupportedFile: Reply(400, lambda e: _unsupported_file(e)),
    errors.UnreadableFile: Reply(400, lambda e: f"Invalid request: the file cannot be read: {e.reason}"),
    errors.UnknownFile: Reply(404, lambda e: "There is no such file, or it has expired"),
    errors.ResultsUnwritable: Reply(500, lambda e: "The translated file could not be stored"),
    errors.Overloaded: Reply(503, lambda e: f"The server is overloaded, try again in {e.retry_after} s"),
    errors.Stopping: Reply(503, lambda e: "The server is stopping"),
    errors.ClientGone: Reply(499, lambda e: "The client closed the connection"),
    errors.TranslationFailed: Reply(500, lambda e: "Cannot translate text: the language model failed"),
    errors.CorruptPackage: Reply(500, lambda e: "Cannot translate text: the language package is damaged"),
}


# What the operator has to hear of, with the traceback where it tells more than the sentence.
_OURS_TO_MEND = (errors.TranslationFailed, errors.SuggestionsUnusable, errors.ResultsUnwritable)


def render_error(error: ProjectError) -> Response:
    """The answer for ``error``. One without an entry is a mistake of ours and goes on as it is."""
    reply = next((ERRORS[kind] for kind in type(error).__mro__ if kind in ERRORS), None)
    if reply is None:
        raise error
    if isinstance(error, _OURS_TO_MEND):
        logger.error("%s", error, exc_info=error if isinstance(error, errors.TranslationFailed) else None)
    retry_after = getattr(error, "retry_after", None)
    return refuse(reply.status, reply.words(error), {"Retry-After": str(retry_after)} if retry_after else None)


def _invalid_parameter(error: InvalidParameter) -> str:
    if error.name == "alternatives":
        return "Invalid request: alternatives parameter is not a number"
    return f"Invalid request: {error.name} parameter must be {error.accepted}"


def _unsupported_pair(error: errors.UnsupportedPair) -> str:
    source, target = (f"{display_name(code, 'en')} ({to_public(code)})" for code in (error.source, error.target))
    return f"{target} is not available as a target language from {source}"


def _key_required(error: errors.KeyRequired) -> str:
    return f"Visit {error.link} to get an API key" if error.link else _NO_LINK


def _unsupported_file(error: errors.UnsupportedFile) -> str:
    shown = "".join(character if character.isprintable() else "\ufffd" for character in error.extension)
    return f"Invalid request: file format not supported: {shown or 'none'} (accepted: {', '.join(error.accepted)})"
