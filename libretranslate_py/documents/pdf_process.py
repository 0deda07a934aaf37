"""``python -m libretranslate_py.documents.pdf_process``: reads a PDF on standard input, writes its text to the output.

What is in a PDF is a program that the library runs step by step: a small file can keep it busy for hours, and with it
the interpreter. In a process of its own it gets as much time and memory as it is given here.

The input is one line, what ``head_of`` gives, and the file. Whoever starts this process leaves the input open: when it
ends the process ends at once, so that it never outlives a server that was killed. The output is a TEXT, or a REASON for
which there is none, or the name of an error that was not foreseen (FAULT): one byte that says which, then UTF-8.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
import signal
import struct
import sys
import threading
import zlib
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from libretranslate_py.documents.pdf_paragraphs import paragraphs_of
from libretranslate_py.errors import UnreadableFile

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

TEXT, REASON, FAULT = b"+", b"-", b"!"
# What damaged files make the library raise, besides its own class.
_DAMAGE = (
    *(ValueError, TypeError, LookupError, AttributeError, RecursionError, ArithmeticError, AssertionError),
    *(NotImplementedError, EOFError, OSError, struct.error, zlib.error),
)
_ILLEGAL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Limits:
    """cpu_seconds, memory_bytes: of the process, held by the system where it can do that (not on Windows).

    seconds: by the clock, and held by whoever starts the process. characters, bytes_per_page: of what is unpacked.
    """

    pages: int = 5_000
    characters: int = 50_000_000
    bytes_per_page: int = 10_000_000
    cpu_seconds: int = 60
    memory_bytes: int = 1536 * 1024 * 1024
    seconds: float = 120.0


def head_of(limits: Limits, size: int) -> bytes:
    """Return the line before a file of ``size`` bytes."""
    return json.dumps([size, asdict(limits)]).encode() + b"\n"


def read_pdf(data: bytes, limits: Limits) -> str:
    """Return the text: a paragraph on each line, blank lines between them. Raises UnreadableFile."""
    if not data:
        raise UnreadableFile("it is empty")
    from pypdf.errors import PyPdfError  # noqa: PLC0415

    # It has a line to say about each oddity of a file.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        pages = _pages(data, limits)
        text = "\n\n".join(filter(None, ("\n\n".join(paragraphs_of(page)) for page in pages)))
    except MemoryError as error:
        raise UnreadableFile("it takes too much memory to read") from error
    except (PyPdfError, *_DAMAGE) as error:
        raise UnreadableFile("it is damaged, or no PDF") from error
    if not any(map(str.isalnum, text)):
        raise UnreadableFile("it has no text, only pictures")
    return text + "\n"


def _pages(data: bytes, limits: Limits) -> list[str]:
    from pypdf import PdfReader  # noqa: PLC0415

    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and not _opens_without_password(reader):
        raise UnreadableFile("it is encrypted")
    if len(reader.pages) > limits.pages:
        raise UnreadableFile("it has too many pages")
    found: list[str] = []
    size = 0
    for page in reader.pages:
        found.append(_ILLEGAL.sub("", _text_of(page, limits.bytes_per_page)))
        size += len(found[-1])
        if size > limits.characters:
            raise UnreadableFile("it has too much text")
    return found


def _opens_without_password(reader: PdfReader) -> bool:
    from pypdf.errors import DependencyError  # noqa: PLC0415

    try:
        return bool(reader.decrypt(""))
    except DependencyError:
        # Ciphers that need a further library.
        return False


def _text_of(page: PageObject, most_bytes: int) -> str:
    contents = page.get_contents()
    if contents is None:
        return ""
    if len(contents.get_data()) > most_bytes:
        raise UnreadableFile("a page of it is too large")
    return page.extract_text()


def _answer(data: bytes, limits: Limits) -> bytes:
    try:
        return TEXT + read_pdf(data, limits).encode()
    except UnreadableFile as error:
        return REASON + error.reason.encode()
    except MemoryError:
        return REASON + b"it takes too much memory to read"
    except Exception as error:  # noqa: BLE001
        # Its words may be some of the file, which nobody logs.
        return FAULT + type(error).__name__.encode()


def _limit(limits: Limits) -> None:
    if sys.platform == "win32":
        return
    wanted = [
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CORE, 0),
    ]
    for kind, most in wanted:
        _, hard = resource.getrlimit(kind)
        # Systems that do not know a limit say so in this way; the others hold.
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _end_with_input() -> None:
    os.read(0, 1)
    os._exit(1)


def _main() -> int:
    # Before there are limits: a lack of memory would look as if a module were missing.
    import pypdf.filters  # noqa: F401, PLC0415

    # Signals to a server reach its processes, too, while it still answers the requests that it has.
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    entries: dict[str, Any]
    size, entries = json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read(size)
    if len(data) < size:
        return 1
    threading.Thread(target=_end_with_input, daemon=True).start()
    limits = Limits(**entries)
    _limit(limits)
    sys.stdout.buffer.write(_answer(data, limits))
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    raise SystemExit(_main())
