"""PDF, of which the text is read and written as plain text: paragraphs on one line each, blank lines between them."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from libretranslate_py.documents.encodings import Content
from libretranslate_py.documents.pdf_process import FAULT, REASON, Limits, head_of
from libretranslate_py.documents.plain import read_text
from libretranslate_py.documents.slices import SlicedDocument
from libretranslate_py.errors import Overloaded, UnreadableFile

log = logging.getLogger(__name__)

_MODULE = "libretranslate_py.documents.pdf_process"
_ROOT = Path(__file__).resolve().parents[2]
_LIMITS = Limits()
# Each may take all the memory that it is given, and a core.
_MOST_PROCESSES = 4
_RUNNING = threading.BoundedSemaphore(_MOST_PROCESSES)
_RETRY_AFTER = 30
# What an interpreter may need to start at all; the rest, such as the keys of the server, is none of its business.
_ENVIRONMENT = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPYCACHEPREFIX")
_OUT_OF_TIME = -signal.SIGXCPU if sys.platform != "win32" else None
_OUT_OF_MEMORY = -signal.SIGKILL if sys.platform != "win32" else None


def open_pdf(data: bytes, limits: Limits = _LIMITS) -> SlicedDocument:
    """Return its text as a document; ``write`` gives plain text. It is read in a process of its own.

    Raises UnreadableFile for damaged and encrypted files, for scans without text, and for what would take too much
    time or memory; Overloaded if the system has no room for a process.
    """
    return read_text(Content(_read(data, limits), "utf-8"))


def _read(data: bytes, limits: Limits) -> str:
    with _RUNNING:
        status, answer = _run(data, limits)
    if status == _OUT_OF_TIME:
        raise UnreadableFile("it takes too long to read")
    if status == _OUT_OF_MEMORY:
        raise UnreadableFile("it takes too much memory to read")
    if status or not answer:
        log.warning("the process that reads PDF files has ended with status %d", status)
        raise UnreadableFile("it is damaged, or no PDF")
    words = answer[1:].decode()
    if answer.startswith(REASON):
        raise UnreadableFile(words)
    if answer.startswith(FAULT):
        log.warning("the process that reads PDF files has failed: %s", words)
        raise UnreadableFile("it is damaged, or no PDF")
    return words


def _run(data: bytes, limits: Limits) -> tuple[int, bytes]:
    """Return the exit status and the output of the process, which is gone then."""
    late = threading.Event()
    with _start() as process:

        def stop() -> None:
            late.set()
            process.kill()

        # A server that stops does not wait for it.
        timer = threading.Timer(limits.seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            answer = _exchange(process, head_of(limits, len(data)), data)
            status = process.wait()
        finally:
            timer.cancel()
            process.kill()
    if late.is_set() and status:
        raise UnreadableFile("it takes too long to read")
    return status, answer


def _start() -> subprocess.Popen[bytes]:
    # Unlike the place that the server was started from, these are places where the server itself finds its modules.
    places = [str(_ROOT), *(place for place in sys.path if Path(place).is_absolute())]
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    options = ["-P", "-B"] if sys.dont_write_bytecode else ["-P"]
    try:
        return subprocess.Popen(
            [sys.executable, *options, "-m", _MODULE],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment | {"PYTHONPATH": os.pathsep.join(places)},
        )
    except OSError as error:
        log.warning("no process can be started to read a PDF file: %s", error)
        raise Overloaded(_RETRY_AFTER) from error


def _exchange(process: subprocess.Popen[bytes], *parts: bytes) -> bytes:
    """Return the output. All is written first: the process reads all before it writes anything."""
    assert process.stdin is not None
    assert process.stdout is not None
    # One that has ended says by its status why.
    with suppress(BrokenPipeError):
        for part in parts:
            left = memoryview(part)
            while left:
                left = left[process.stdin.write(left) :]
    return process.stdout.read()
