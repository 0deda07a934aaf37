from __future__ import annotations

import io
import zlib
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from libretranslate_py.documents import pdf
from libretranslate_py.documents.pdf import open_pdf, paragraphs_of
from libretranslate_py.errors import UnreadableFile
from tests.documents.text_files import DATA, in_spanish

STORY = DATA / "story.pdf"


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
                open_pdf(damaged)
            except UnreadableFile:
                continue


def test_bombs(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"BT /A 9 Tf 10 10 Td (Hello) Tj ET "
    assert open_pdf(_with_contents(b"/F0 Do", text)).sample().strip() == "Hello"
    with pytest.raises(UnreadableFile, match=r"too large|damaged"):
        open_pdf(_with_contents(b" " * 80_000_000))
    with pytest.raises(UnreadableFile):
        open_pdf(_with_contents(b"/F0 Do", b"/F0 Do"))
    monkeypatch.setattr(pdf, "_MOST_INSTRUCTIONS", 20_000)
    calls = [b"/F%d Do " % (number + 1) * 10 for number in range(12)]
    with pytest.raises(UnreadableFile, match="too complicated"):
        open_pdf(_with_contents(b"/F0 Do", *calls, text))


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_MOST_CHARACTERS", 100)
    with pytest.raises(UnreadableFile, match="too much text"):
        open_pdf(STORY.read_bytes())
    monkeypatch.setattr(pdf, "_MOST_PAGES", 0)
    with pytest.raises(UnreadableFile, match="too many pages"):
        open_pdf(STORY.read_bytes())
