"""Files of the LibreTranslate dialect in the OpenAPI document."""

from __future__ import annotations

from libretranslate_py.web.openapi import (
    LIMITED,
    MULTIPART,
    Dialect,
    Json,
    content,
    integer,
    ok,
    operation,
    path_parameter,
    record,
    ref,
    refusals,
    string,
)
from libretranslate_py.web.openapi_libre import API_KEY, KEPT_IN_FORMS, SOURCE, TARGET

_TAG = "files"
_STATUS = string("How far it is.", enum=["queued", "running", "done", "failed", "cancelled"])
_ID = path_parameter("job_id", "The `id` of the answer that the file got.")
_URL = string("Where the translated file can be fetched until it expires.", format="uri-reference")


def describe_files() -> Dialect:
    """``/translate_file`` and ``/download_file``."""
    return Dialect(
        tag=(_TAG, "The LibreTranslate API: files."),
        paths={
            "/translate_file": {"post": _translate()},
            "/translate_file/{job_id}": {"get": _ask(), "delete": _cancel()},
            "/download_file/{name}": {"get": _download()},
        },
        schemas={
            "TranslatedFile": record({"translatedFileUrl": _URL}),
            "FileJob": record(
                {
                    "id": string(),
                    "status": _STATUS,
                    "progress": integer("Percent, 100 only when it is done.", minimum=0, maximum=100),
                    "url": string("Where to ask how far it is; only in the first answer.", format="uri-reference"),
                    "translatedFileUrl": {**_URL, "description": f"Only when it is done. {_URL['description']}"},
                    "error": string("Only when it failed: why, as one sentence."),
                },
                required=("id", "status", "progress"),
            ),
            "CancelledJob": record({"id": string(), "status": _STATUS}),
        },
    )


def _translate() -> Json:
    form = record(
        {
            "file": string("The file; its extension says what it is.", format="binary"),
            "source": SOURCE,
            "target": TARGET,
            "api_key": API_KEY,
            **KEPT_IN_FORMS,
            "async": string(
                "`true`: answer at once with a job (202) that can be asked how far it is. It may stand in the query "
                "string as well.",
                enum=["true", "false", "1", "0"],
            ),
        },
        required=("file", "source", "target"),
    )
    accepted = ok(
        ref("FileJob"),
        "The file will be translated.",
        limited=True,
        Location={"description": "Where to ask how far it is.", "schema": {"type": "string"}},
    )
    return operation(
        _TAG,
        "translate_file",
        "Translate a file",
        {
            "200": ok(ref("TranslatedFile"), "The file is translated.", limited=True),
            "202": accepted,
            **refusals(*LIMITED),
        },
        description="`supportedFilesFormat` of `/frontend/settings` lists what files can be.",
        body={MULTIPART: content(form)},
        keyed=True,
    )


def _ask() -> Json:
    return operation(
        _TAG,
        "translate_file_progress",
        "Ask how far a file is",
        {"200": ok(ref("FileJob"), "How far it is."), **refusals(403, 404)},
        parameters=[_ID],
    )


def _cancel() -> Json:
    return operation(
        _TAG,
        "translate_file_cancel",
        "Cancel the translation of a file, or drop its result",
        {"200": ok(ref("CancelledJob"), "It is cancelled."), **refusals(403, 404, 500)},
        parameters=[_ID],
    )


def _download() -> Json:
    return operation(
        _TAG,
        "download_file",
        "Fetch a translated file",
        {
            "200": {
                "description": "The file.",
                "content": {"*/*": content(string(format="binary"))},
                "headers": {
                    "Content-Disposition": {"description": "Its name.", "schema": {"type": "string"}},
                },
            },
            **refusals(400, 404),
        },
        parameters=[path_parameter("name", "The end of `translatedFileUrl`.")],
    )
