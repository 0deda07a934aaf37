"""The real server as a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

START_TIMEOUT = 30
_LISTENING = re.compile(r"is listening on (http://\S+)")


class ServerProcess:
    """Started with a home of its own, on any free port. ``log`` grows while it runs."""

    def __init__(self, home: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        home.mkdir(parents=True, exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LT_", "ARGOS_", "XDG_"))}
        self.home = home
        self.log: list[str] = []
        self._listening = threading.Event()
        self.url = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "libretranslate_py", "--port", "0", *arguments],
            stderr=subprocess.PIPE,
            text=True,
            cwd=home,
            env={**kept, "HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2]), **(environment or {})},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def packages(self) -> Path:
        return self.home / ".local/share/argos-translate/packages"

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.log.append(line.rstrip("\n"))
            if found := _LISTENING.search(line):
                self.url = found.group(1)
                self._listening.set()
        self._listening.set()

    def wait_listening(self) -> ServerProcess:
        assert self._listening.wait(START_TIMEOUT), self.log
        assert self.url, self.log
        return self

    def request(
        self, path: str, body: object = None, *, method: str | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """Sends ``body`` as JSON (bytes as they are); the status and the parsed answer."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path, data=data, method=method, headers={"Content-Type": "application/json", **(headers or {})}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def translate(self, q: object, source: str = "en", target: str = "es", **more: object) -> Any:
        status, answer = self.request("/translate", {"q": q, "source": source, "target": target, **more})
        assert status == 200, answer
        return answer["translatedText"]

    def directions(self) -> set[str]:
        """All directions with a package of their own or a route, without those from a language to itself."""
        _, languages = self.request("/languages")
        return {f"{e['code']}-{t}" for e in languages for t in e["targets"] if t != e["code"]}

    def wait_until(self, condition: Any, timeout: float = 20) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, self.log[-20:]
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ends the process by its id and returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        self._reader.join(5)
        assert self.process.stderr
        self.process.stderr.close()
        return status
