"""Archives: what is not changed stays byte for byte, and what is hostile is refused."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from libretranslate_py.documents import zipped
from libretranslate_py.documents.zipped import Archive
from libretranslate_py.errors import UnreadableFile
from tests.documents.conftest import DATA
from tests.documents.packed import OPENERS, contents, infos, pack

FILES = sorted(path for path in DATA.glob("*.*") if path.suffix in OPENERS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_rewritten_archive_differs_in_nothing_but_what_was_changed(path: Path) -> None:
    data = path.read_bytes()
    archive = Archive(data)
    name = archive.names[-1]
    result = archive.rewrite({name: b"new content"})
    assert infos(result) == infos(data)
    assert contents(result) == {**contents(data), name: b"new content"}
    assert {name: archive.read(name) for name in archive.names} == contents(data)


def test_mimetype_comes_first_and_is_not_compressed() -> None:
    data = (DATA / "report.odt").read_bytes()
    result = Archive(data).rewrite({"content.xml": b"x"})
    assert result[:100] == data[:100]
    assert result[30:77] == b"mimetypeapplication/vnd.oasis.opendocument.text"


def refusal(data: bytes, name: str = "a") -> str:
    with pytest.raises(UnreadableFile) as caught:
        Archive(data).read(name)
    return caught.value.reason


def test_what_is_no_archive_is_named() -> None:
    assert refusal(b"") == "it is empty"
    assert refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)) == "it is encrypted or an old Office format"
    assert refusal(b"Dear Sir or Madam") == "it is not a zip archive"
    data = pack({"a": b"text " * 100})
    assert refusal(data[:-30]) == "the zip archive is damaged"
    assert refusal(data, "b") == "b is missing in it"


def test_encrypted_members_are_refused() -> None:
    data = bytearray(pack({"a": b"text"}))
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    assert refusal(bytes(data)) == "it is encrypted"


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(pack({"a": bytes(20_000_000)})) == "it unpacks to more than any document"
    monkeypatch.setattr(zipped, "MOST_UNPACKED", 1000)
    assert refusal(pack({"a": bytes(range(200)) * 4, "b": bytes(range(250))})) == "it unpacks to more than any document"
    monkeypatch.setattr(zipped, "MOST_READ", 700)
    assert refusal(pack({"a": bytes(800)})) == "it holds too much text"


def test_a_directory_that_lies_about_sizes_is_not_believed() -> None:
    data = bytearray(pack({"a": b"x" * 5_000_000}))
    entry = data.rindex(b"PK\x01\x02")
    struct.pack_into("<L", data, entry + 24, 100)
    assert refusal(bytes(data)) == "a in it is damaged"


def test_too_many_members_are_refused() -> None:
    members = {str(number): b"" for number in range(zipped.MOST_MEMBERS + 1)}
    assert refusal(pack(members, zipfile.ZIP_STORED)) == "it has more parts than any document"


def test_overlapping_members_are_refused() -> None:
    data = bytearray(pack({"a": b"text", "b": b"text"}, zipfile.ZIP_STORED))
    second = data.rindex(b"PK\x01\x02")
    data[second + 46] = ord("a")
    struct.pack_into("<L", data, second + 42, 0)
    assert refusal(bytes(data)) == "the zip archive is damaged"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a", b"text")
        archive.writestr("a", b"other text")
    assert refusal(target.getvalue()) == "two members of the zip archive have the same name"


def test_other_kinds_of_compression_are_refused() -> None:
    assert "compressed in a way" in refusal(pack({"a": b"text" * 99}, zipfile.ZIP_BZIP2))


def test_a_zip64_archive_is_read() -> None:
    content = b"some text" * 50
    packed = zlib.compress(content, 9)[2:-4]
    wide = struct.pack("<HHQQ", 1, 16, len(content), len(packed))
    crc, unset = zlib.crc32(content), 0xFFFFFFFF
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 45, 0, 8, 0, 33, crc, unset, unset, 1, len(wide)) + b"a" + wide
    fields = (45, 45, 0, 8, 0, 33, crc, unset, unset, 1, len(wide), 0, 0, 0, 0, 0)
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *fields) + b"a" + wide
    start = len(local) + len(packed)
    end = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, len(entry), start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, start + len(entry), 1)
    last = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, unset, unset, 0)
    data = local + packed + entry + end + locator + last
    assert contents(data) == {"a": content}
    assert Archive(data).read("a") == content
    assert contents(Archive(data).rewrite({})) == {"a": content}
    assert contents(Archive(data).rewrite({"a": b"new"})) == {"a": b"new"}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_word_is_found_without_unpacking_all(method: int) -> None:
    noise = random.Random(1).randbytes(1_048_570)
    archive = Archive(pack({"a": noise + b"inlineStr" + 3 * noise, "b": b"z" * 100}, method))
    assert archive.holds("a", b"inlineStr")
    assert not archive.holds("b", b"inlineStr")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_member_that_was_changed_is_damaged(method: int) -> None:
    data = bytearray(pack({"a": b"some content"}, method))
    crc = zlib.crc32(b"some content").to_bytes(4, "little")
    place = data.rindex(crc)
    data[place] ^= 1
    with pytest.raises(UnreadableFile, match="damaged"):
        Archive(bytes(data)).read("a")
