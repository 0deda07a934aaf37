"""HTTP by hand, for what an HTTP client would not send."""

from __future__ import annotations

import json
import socket
import struct
from dataclasses import dataclass
from typing import Any

TIMEOUT = 10.0


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), TIMEOUT)
        self._file = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def request(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> None:
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        fields = {"Host": "localhost", "Content-Type": "application/json"} | (headers or {})
        if data:
            fields["Content-Length"] = str(len(data))
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + data)

    def answer(self) -> Answer:
        """The next answer; EOFError if the server closed the connection without one."""
        line = self._file.readline()
        if not line:
            raise EOFError
        headers: dict[str, str] = {}
        while (header := self._file.readline().strip()) != b"":
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = self._file.read(int(headers.get("content-length", 0)))
        return Answer(int(line.split()[1]), headers, body)

    def ask(self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> Answer:
        self.request(method, path, body, headers)
        return self.answer()

    def at_end(self) -> bool:
        """Whether the server has closed its side, with nothing left to read. Waits for either."""
        return self._file.read(1) == b""

    def reset(self) -> None:
        """Break the connection off: the server reads an error instead of an end."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self._file.close()
        self.socket.close()


def translation(text: object, **fields: object) -> dict[str, object]:
    return {"q": text, "source": "en", "target": "es", **fields}
