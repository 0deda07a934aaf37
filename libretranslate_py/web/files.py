"""Files in the LibreTranslate dialect: translate one, at once or as a job, and fetch the result."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from urllib.parse import quote

from flask import Blueprint, Response, request
from werkzeug.wsgi import wrap_file

from libretranslate_py.documents.files import Errand, Files
from libretranslate_py.documents.jobs import DONE, FAILED, Job
from libretranslate_py.documents.results import open_result
from libretranslate_py.errors import FilesDisabled, MissingParameter, ProjectError
from libretranslate_py.glossaries import Glossaries
from libretranslate_py.languages import resolve
from libretranslate_py.translator import AUTO, Translator
from libretranslate_py.web.addresses import absolute
from libretranslate_py.web.answers import answer
from libretranslate_py.web.bodies import Upload, read_upload
from libretranslate_py.web.door import Door, Entry
from libretranslate_py.web.edge import access_of
from libretranslate_py.web.libre_errors import render_error
from libretranslate_py.web.libre_fields import parse_code, parse_placeholders, parse_switch, parse_terms

_ROUTE = "/translate_file"
_DOWNLOADS = "/download_file"
# Bytes of a file that count as one request.
_BYTES_PER_REQUEST = 10_000
_OCTETS = "application/octet-stream"


@dataclass(frozen=True)
class FilesOptions:
    """enabled: False refuses everything. ssl: addresses begin with https whatever the connection is."""

    enabled: bool = True
    ssl: bool = False


def create_blueprint(
    door: Door, files: Files, translator: Translator, glossaries: Glossaries, options: FilesOptions
) -> Blueprint:
    faces = _Faces(door, files, translator, glossaries, options)
    blueprint = Blueprint("files", __name__)
    blueprint.add_url_rule(_ROUTE, view_func=faces.translate, methods=["POST"])
    blueprint.add_url_rule(f"{_ROUTE}/<job_id>", view_func=faces.job, methods=["GET"])
    blueprint.add_url_rule(f"{_ROUTE}/<job_id>", view_func=faces.cancel, methods=["DELETE"])
    blueprint.add_url_rule(f"{_DOWNLOADS}/<name>", view_func=faces.download, methods=["GET"])
    blueprint.register_error_handler(ProjectError, render_error)
    return blueprint


def cost_of(upload: Upload | None) -> int:
    """How many requests a file counts as: one for every 10,000 bytes that it has begun, and at least one."""
    return max(1, ceil(len(upload.data) / _BYTES_PER_REQUEST)) if upload else 1


class _Faces:
    def __init__(
        self, door: Door, files: Files, translator: Translator, glossaries: Glossaries, options: FilesOptions
    ) -> None:
        self._door = door
        self._files = files
        self._translator = translator
        self._glossaries = glossaries
        self._options = options

    def translate(self) -> Response:
        if not self._options.enabled:
            raise FilesDisabled
        with self._door.open(request, _ROUTE) as entry:
            fields, upload = entry.read(read_upload)
            entry.admit(fields, cost=cost_of(upload))
            errand = self._parse(fields, upload)
            if parse_switch(fields, "async"):
                return self._submit(errand, entry)
            gone = _ask_whether_gone()
            with self._files.open(errand, gone) as work:
                _spend(entry, work.characters)
                name = self._files.translate(errand, work, gone)
        return answer({"translatedFileUrl": self._url(_DOWNLOADS, name)})

    def job(self, job_id: str) -> Response:
        access_of(request.environ).path = _ROUTE
        self._check_enabled()
        return answer(self._render(self._files.job(job_id)), headers={"Cache-Control": "no-store"})

    def cancel(self, job_id: str) -> Response:
        access_of(request.environ).path = _ROUTE
        self._check_enabled()
        job = self._files.cancel(job_id)
        return answer({"id": job.id, "status": job.status})

    def download(self, name: str) -> Response:
        # The name of a file may tell what is in it.
        access_of(request.environ).path = _DOWNLOADS
        if not self._options.enabled:
            refusal = render_error(FilesDisabled())
            refusal.status_code = 400
            return refusal
        path = self._files.results.find(name)
        plain = self._files.results.plain_name(name)
        descriptor = open_result(path)
        size = os.fstat(descriptor).st_size
        if request.method == "HEAD":
            os.close(descriptor)
            response = Response()
        else:
            body = wrap_file(request.environ, os.fdopen(descriptor, "rb"))
            response = Response(body, direct_passthrough=True)
        # Without a charset: only the file itself knows.
        response.headers["Content-Type"] = self._media_type(plain)
        response.content_length = size
        response.headers.update(_download_headers(plain))
        return response

    def _check_enabled(self) -> None:
        if not self._options.enabled:
            raise FilesDisabled

    def _parse(self, fields: Mapping[str, object], upload: Upload | None) -> Errand:
        if upload is None:
            raise MissingParameter("file")
        source, target = parse_code(fields, "source"), parse_code(fields, "target")
        self._files.check_name(upload.name)
        codes = {entry.code for entry in self._translator.languages()}
        source = AUTO if source.lower() == AUTO else resolve(source, codes)
        target = resolve(target, codes)
        access = access_of(request.environ)
        access.source, access.target = source, target
        return Errand(
            upload.name,
            upload.data,
            source,
            target,
            find=parse_placeholders(fields.get("placeholders")).finder(),
            terms=parse_terms(fields, self._glossaries, source, target),
        )

    def _submit(self, errand: Errand, entry: Entry) -> Response:
        _spend(entry, self._files.measure(errand, _ask_whether_gone()))
        job = self._files.submit(errand, _sentence, entry.client)
        url = self._url(_ROUTE, job.id)
        body = {"id": job.id, "status": job.status, "progress": job.progress, "url": url}
        return answer(body, 202, {"Location": url})

    def _render(self, job: Job) -> dict[str, object]:
        body: dict[str, object] = {"id": job.id, "status": job.status, "progress": job.progress}
        if job.status == DONE:
            body["translatedFileUrl"] = self._url(_DOWNLOADS, job.result)
        if job.status == FAILED:
            body["error"] = job.error
        return body

    def _url(self, folder: str, name: str) -> str:
        return absolute(request.environ, f"{folder}/{name}", self._options.ssl)

    def _media_type(self, plain: str) -> str:
        extension = plain[plain.rfind(".") :]
        return next(
            (one.media_type for one in self._files.formats.values() if one.result_extension == extension), _OCTETS
        )


def _spend(entry: Entry, characters: int) -> None:
    access = access_of(request.environ)
    access.texts, access.characters = 1, characters
    entry.spend_characters(characters)


def _ask_whether_gone() -> Callable[[], bool]:
    gone: Callable[[], bool] | None = request.environ.get("waitress.client_disconnected")
    return gone or (lambda: False)


def _sentence(error: ProjectError) -> str:
    """What a client would have been told of an error that happened to its job."""
    return str(render_error(error).get_json()["error"])


def _download_headers(plain: str) -> Mapping[str, str]:
    ascii_name = "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in plain)
    return {
        "Content-Disposition": f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(plain, safe='')}",
        "X-Content-Type-Options": "nosniff",
        # Somebody else's page must never act in the name of this server.
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
        "Accept-Ranges": "none",
    }
