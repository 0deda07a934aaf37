from __future__ import annotations

import io
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter

from libretranslate_py.documents import pdf, pdf_process
from libretranslate_py.documents.pdf import open_pdf
from libretranslate_py.documents.pdf_paragraphs import paragraphs_of
from libretranslate_py.documents.pdf_process import FAULT, Limits, read_pdf
from libretranslate_py.errors import Overloaded, UnreadableFile
from tests.documents.text_files import DATA, in_spanish

STORY = DATA / "story.pdf"
needs_processes = pytest.mark.skipif(
    not Path("/proc/self/task").is_dir(), reason="tells by /proc which processes there are"
)


def _children() -> set[str]:
    """The ids of those that read a PDF for this process, and of any that has ended and was not asked how."""
    lists = Path("/proc/self/task").glob("*/children")
    return {number for place in lists for number in place.read_text().split()}


def _written(writer: PdfWriter) -> bytes:
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def _with_contents(contents: bytes, *forms: bytes) -> bytes:
    """A page, and forms F0, F1, ... that it and they can draw."""
    pack = zlib.compress
    names = b"".join(b"/F%d %d 0 R " % (number, 10 + number) for number in range(len(forms)))
    resources = b"/Resources << /Font << /A 5 0 R >> /XObject << %s >> >>" % names
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 500 500] /Contents 4 0 R %s >>" % resources,
        5: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    streams = {4: (b"", contents)}
    streams |= {10 + n: (b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] " + resources, f) for n, f in enumerate(forms)}
    for number, (entries, data) in streams.items():
        packed = pack(data)
        head = b"<< /Length %d /Filter /FlateDecode %s >>" % (len(packed), entries)
        objects[number] = head + b"\nstream\n" + packed + b"\nendstream"
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % entry for entry in objects.items())
    return b"%PDF-1.4\n" + body + b"trailer << /Root 1 0 R >>\nstartxref\n0\n%%EOF\n"


def test_a_story_in_spanish(tmp_path: Path) -> None:
    document = open_pdf(STORY.read_bytes())
    lines = document.sample().split("\n")
    assert lines[0] == "The red house"
    assert [len(line.split(". ")) for line in lines if len(line) > 100] == [2, 3]
    done = in_spanish(document, tmp_path).decode()
    assert done.startswith("La casa roja\n\nLa casa donde")
    assert done.count("\n\n") == document.sample().count("\n\n")
    assert done.endswith("amigo!\n")


def test_lines_become_paragraphs() -> None:
    page = (
        "A heading\n"
        "The first line of a paragraph that has a word which is di-\n"
        "vided at the end of a line, and then it goes on for a whole\n"
        "while. It ends here.\n"
        "Another one begins here, and it has a line that is full, too,\n"
        "and an end.\n"
        "1. An entry\n"
        "2. Another\n"
    )
    assert paragraphs_of(page) == [
        "A heading",
        "The first line of a paragraph that has a word which is divided at the end of a line, and then it goes on for a"
        " whole while. It ends here.",
        "Another one begins here, and it has a line that is full, too, and an end.",
        "1. An entry",
        "2. Another",
    ]
    assert paragraphs_of("") == []


def test_an_encrypted_file() -> None:
    for password, owner in (("secret", "other"), ("", "other")):
        writer = PdfWriter(clone_from=PdfReader(STORY))
        writer.encrypt(password, owner, algorithm="RC4-128")
        data = _written(writer)
        if password:
            with pytest.raises(UnreadableFile, match="it is encrypted"):
                open_pdf(data)
        else:
            assert open_pdf(data).sample() == open_pdf(STORY.read_bytes()).sample()


def test_a_file_without_text() -> None:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    with pytest.raises(UnreadableFile, match="only pictures"):
        open_pdf(_written(writer))


def test_damaged_files_are_read_or_refused() -> None:
    data = STORY.read_bytes()
    for place in range(0, len(data), 97):
        for damaged in (data[:place], data[:place] + b"\xff<<9" + data[place + 5 :]):
            try:
                read_pdf(damaged, Limits())
            except UnreadableFile:
                continue


def _busy() -> bytes:
    """A page that draws a form a thousand times, each of which takes a second."""
    text = b"BT /A 9 Tf 10 10 Td (Hello) Tj ET "
    return _with_contents(b"/F0 Do " * 1000, text * 20_000)


def test_bombs() -> None:
    text = b"BT /A 9 Tf 10 10 Td (Hello) Tj ET "
    assert open_pdf(_with_contents(b"/F0 Do", text)).sample().strip() == "Hello"
    with pytest.raises(UnreadableFile, match=r"too large|damaged"):
        open_pdf(_with_contents(b" " * 80_000_000))
    with pytest.raises(UnreadableFile):
        open_pdf(_with_contents(b"/F0 Do", b"/F0 Do"))


def test_limits() -> None:
    story = STORY.read_bytes()
    with pytest.raises(UnreadableFile, match="too much text"):
        open_pdf(story, Limits(characters=100))
    with pytest.raises(UnreadableFile, match="too many pages"):
        open_pdf(story, Limits(pages=0))
    with pytest.raises(UnreadableFile, match="page of it is too large"):
        open_pdf(story, Limits(bytes_per_page=100))


@needs_processes
@pytest.mark.parametrize("limits", [Limits(cpu_seconds=1), Limits(seconds=1)], ids=["cpu", "clock"])
def test_what_would_take_hours_is_refused(limits: Limits) -> None:
    before = _children()
    with pytest.raises(UnreadableFile, match="too long"):
        open_pdf(_busy(), limits)
    assert _children() <= before


@needs_processes
def test_what_takes_too_much_memory_is_refused() -> None:
    before = _children()
    limits = Limits(memory_bytes=256 * 1024 * 1024)
    assert "red house" in open_pdf(STORY.read_bytes(), limits).sample()
    page = _with_contents(b"BT /A 9 Tf 10 10 Td (Hello) Tj ET " * 250_000)
    assert _reason(page, limits) == "it takes too much memory to read"
    assert _children() <= before


def _reason(data: bytes, limits: Limits) -> str:
    with pytest.raises(UnreadableFile) as caught:
        open_pdf(data, limits)
    return caught.value.reason


@needs_processes
def test_one_that_takes_long_does_not_keep_the_others() -> None:
    stopped = threading.Event()
    reasons: list[str] = []

    def read() -> None:
        reasons.append(_reason(_busy(), Limits(seconds=5)))
        stopped.set()

    thread = threading.Thread(target=read)
    before = _children()
    thread.start()
    while not _children() - before and not stopped.is_set():
        time.sleep(0.01)
    assert "red house" in open_pdf(STORY.read_bytes()).sample()
    assert not stopped.is_set()
    thread.join()
    assert reasons == ["it takes too long to read"]


@needs_processes
@pytest.mark.parametrize("how", ["returns", "is killed"])
def test_the_process_ends_with_its_server(how: str) -> None:
    server = (
        "import sys, threading, time\n"
        "from pathlib import Path\n"
        "from libretranslate_py.documents.pdf import open_pdf\n"
        "data = sys.stdin.buffer.read()\n"
        "threading.Thread(target=open_pdf, args=(data,), daemon=True).start()\n"
        "children = lambda: [*Path('/proc/self/task').glob('*/children')]\n"
        "while not (found := ' '.join(place.read_text() for place in children()).split()):\n"
        "    time.sleep(0.01)\n"
        "print(*found, flush=True)\n"
    )
    server += "time.sleep(600)\n" if how == "is killed" else ""
    with subprocess.Popen([sys.executable, "-c", server], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(_busy())
        process.stdin.close()
        child = Path("/proc", process.stdout.readline().decode().strip())
        assert child.name.isdigit()
        if how == "is killed":
            process.kill()
    # Much less than the limits would give it.
    deadline = time.monotonic() + 20
    while _is_running(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _is_running(child)


def _is_running(process: Path) -> bool:
    """False, too, for one that has ended and that nobody has asked about."""
    try:
        return b"pdf_process" in (process / "cmdline").read_bytes()
    except OSError:
        return False


def test_it_gets_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LT_ADMIN_KEY", "secret")
    started: list[Mapping[str, str]] = []
    start = subprocess.Popen

    def watched(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(options["env"])
        return start(*arguments, **options)

    monkeypatch.setattr(subprocess, "Popen", watched)
    assert "red house" in open_pdf(STORY.read_bytes()).sample()
    (environment,) = started
    assert not [name for name in environment if name.startswith("LT_")]


def test_a_system_without_room_for_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(Overloaded):
        open_pdf(STORY.read_bytes())


def test_a_process_that_cannot_start_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(pdf, "_MODULE", "libretranslate_py.documents.no_such_module")
    assert "damaged" in _reason(STORY.read_bytes(), Limits())
    assert "status 1" in caplog.text


def test_errors_that_nobody_foresaw(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    class OddError(Exception):
        pass

    def odd(*_: Any) -> str:
        raise OddError("words of the file")

    monkeypatch.setattr(pdf_process, "read_pdf", odd)
    answer = pdf_process._answer(b"", Limits())
    assert answer == FAULT + b"OddError"
    monkeypatch.setattr(pdf, "_run", lambda data, limits: (0, answer))
    assert "damaged" in _reason(b"x", Limits())
    assert "OddError" in caplog.text
