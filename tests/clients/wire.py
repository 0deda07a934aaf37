"""Requests as the clients write them, byte for byte where it matters, and their answers."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from typing import Any

TIMEOUT = 60
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def good(self) -> Any:
        """The parsed body of an answer that has to be 200."""
        assert self.status == 200, (self.status, self.body)
        return self.json

    def refusal(self, status: int) -> str:
        """The sentence of a refusal with this status."""
        assert self.status == status, (self.status, self.body)
        assert list(self.json) == ["error"]
        error = self.json["error"]
        assert isinstance(error, str)
        return error


def send(method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """One request over a connection of its own, with these headers, Host and Content-Length."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def post_json(url: str, fields: object, headers: Mapping[str, str] | None = None) -> Answer:
    return send("POST", url, json.dumps(fields).encode(), {**JSON, **(headers or {})})


def post_form(url: str, fields: Mapping[str, str] | Sequence[tuple[str, str]]) -> Answer:
    return send("POST", url, urllib.parse.urlencode(fields).encode(), FORM)


def post_multipart(url: str, fields: Mapping[str, str], file: tuple[str, bytes] | None = None) -> Answer:
    """As curl and PHP write it: fields first, then the file with its name."""
    boundary = "------------------------5f0c1d2e3a4b5c6d"
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    if file:
        name, data = file
        disposition = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
        parts.append(disposition.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + data)
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary.encode(), part) for part in parts) + f"--{boundary}--\r\n".encode()
    return send("POST", url, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
