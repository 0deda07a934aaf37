"""Files sent to a real server in the way that browsers do it."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple

from tests.e2e.process import ServerProcess

_BOUNDARY = "end-of-part"


class Answer(NamedTuple):
    status: int
    body: bytes
    headers: Any

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(url: str, data: bytes | None = None, method: str | None = None, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, data=data, method=method, headers=named)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return Answer(answer.status, answer.read(), answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.read(), error.headers)


def form(data: bytes, name: str, **fields: str) -> tuple[bytes, str]:
    """The body of a multipart request with one file, and its content type."""
    quoted = name.replace('"', "%22")
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in fields.items()
    ]
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{quoted}"\r\n\r\n'
    body = "".join([*parts, head]).encode() + data + f"\r\n--{_BOUNDARY}--\r\n".encode()
    return body, f"multipart/form-data; boundary={_BOUNDARY}"


def send(server: ServerProcess, data: bytes, name: str = "a.txt", **fields: str) -> Answer:
    """A file to translate from English to Spanish, unless ``fields`` say otherwise."""
    body, content_type = form(data, name, **{"source": "en", "target": "es", **fields})
    return ask(server.url + "/translate_file", body, Content_Type=content_type)


def translate(server: ServerProcess, data: bytes, name: str = "a.txt", **fields: str) -> bytes:
    """The translated file."""
    answer = send(server, data, name, **fields)
    assert answer.status == 200, answer.body
    fetched = ask(answer.json["translatedFileUrl"])
    assert fetched.status == 200, fetched.body
    return fetched.body


def wait_for(url: str, *statuses: str) -> Any:
    """What a job says of itself as soon as it has one of ``statuses``."""
    deadline = time.monotonic() + 60
    while (job := ask(url).json)["status"] not in statuses:
        assert time.monotonic() < deadline, job
        time.sleep(0.05)
    return job


def stored(server: ServerProcess) -> list[str]:
    """The names of the files that the server keeps, those about jobs left out."""
    folder = server.home / ".local/share/libretranslate/files"
    if not folder.exists():
        return []
    return sorted(path.name for path in Path(folder).iterdir() if path.suffix != ".job")
