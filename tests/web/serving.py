"""A server in a process of its own, for signals. Prints its URL, then what happens to it, a line each.

The text "wait" is translated when ``on_stop`` fails it; "stuck" never; "soon" when the file named by the second
argument exists. The first argument is the stop timeout in seconds.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from libretranslate_py.errors import Stopping
from libretranslate_py.translator import TranslationRequest
from libretranslate_py.web.app import WebOptions, create_app
from libretranslate_py.web.server import serve
from tests.web.fakes import FakeServices

stopped = threading.Event()
reloads = threading.Semaphore(0)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def dawdle(request: TranslationRequest) -> None:
    text = request.texts[0]
    if text in ("wait", "stuck", "soon"):
        say(text)
    if text == "wait":
        stopped.wait()
        raise Stopping(1)
    if text == "stuck":
        threading.Event().wait()
    if text == "soon":
        while not Path(sys.argv[2]).exists():
            threading.Event().wait(0.01)


def hang_up() -> None:
    say("hangup")


def fail_waiting() -> None:
    say("failing")
    stopped.set()


services = FakeServices()
services.translator.probe = dawdle
serve(
    create_app(services, WebOptions()),
    "127.0.0.1",
    0,
    threads=services.admission.limit + 16,
    max_body=1_000_000,
    stop_timeout=float(sys.argv[1]),
    on_stop=fail_waiting,
    on_hangup=hang_up,
    admission=services.admission,
    announce=say,
)
