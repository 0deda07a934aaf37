from __future__ import annotations

import io
import json
import os
import stat
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libretranslate_py.errors import CorruptPackage, StoreUnwritable
from libretranslate_py.packages import archive as archive_module
from libretranslate_py.packages.archive import Limits, unpack

METADATA = ("top/metadata.json", b"{}")


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "outer" / "into"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def make_zip(tmp_path: Path) -> Callable[..., Path]:
    def make(*entries: tuple[str | zipfile.ZipInfo, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
        archive = tmp_path / "hostile.argosmodel"
        with zipfile.ZipFile(archive, "w", compression) as zipped:
            for name, content in entries:
                zipped.writestr(name, content)
        return archive

    return make


def special_entry(name: str, kind: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (kind | 0o777) << 16
    return entry


def refuse(archive: Path, into: Path, limits: Limits | None = None) -> str:
    """The reason of the refusal; nothing may have been written outside of ``into``."""
    with pytest.raises(CorruptPackage) as caught:
        unpack(archive, into, limits)
    assert caught.value.path == archive
    assert [path.name for path in into.parent.iterdir()] == ["into"]
    return caught.value.reason


def test_a_real_package_comes_out_byte_for_byte(
    starter_archives: Mapping[str, Path], starter_folder: Path, into: Path, digest: Callable[[Path], str]
) -> None:
    name = "translate-en_es-0_1"
    assert unpack(starter_archives[name], into) == into / name
    assert digest(into / name) == digest(starter_folder / name)


def test_no_file_can_be_executed_and_all_can_be_read(make_zip: Callable[..., Path], into: Path) -> None:
    top = unpack(make_zip(METADATA, (special_entry("top/run.sh", stat.S_IFREG), b"#!/bin/sh")), into)
    mode = (top / "run.sh").stat().st_mode
    assert mode & 0o111 == 0
    assert mode & 0o400


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "top/../../escaped",
        "../escaped",
        "top/..",
        "top//empty",
        "./top/dot",
        "top\\..\\escaped",
        "C:/windows",
        "top/line\nbreak",
        "top/" + "n" * 201,
        "top/" + "d/" * 20 + "deep",
    ],
)
def test_names_that_lead_elsewhere_are_refused(name: str, make_zip: Callable[..., Path], into: Path) -> None:
    assert "name" in refuse(make_zip(METADATA, (name, b"x")), into)
    assert list(into.iterdir()) == []


def test_a_name_with_a_nul_is_refused(make_zip: Callable[..., Path], into: Path) -> None:
    archive = make_zip(METADATA, ("top/modelXbin", b"x"))
    archive.write_bytes(archive.read_bytes().replace(b"modelXbin", b"model\0bin"))
    assert "not safe" in refuse(archive, into)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_special_entries_are_refused(kind: int, make_zip: Callable[..., Path], into: Path) -> None:
    assert "special" in refuse(make_zip(METADATA, (special_entry("top/passwd", kind), b"/etc/passwd")), into)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["top/metadata.json", "top/METADATA.json"])
def test_duplicate_names_are_refused(name: str, make_zip: Callable[..., Path], into: Path) -> None:
    assert "more than one entry" in refuse(make_zip(METADATA, (name, b"{}")), into)


def test_a_file_below_a_file_is_refused(make_zip: Callable[..., Path], into: Path) -> None:
    assert "below a file" in refuse(make_zip(METADATA, ("top/model", b"x"), ("top/model/model.bin", b"x")), into)


def test_two_top_folders_are_refused(make_zip: Callable[..., Path], into: Path) -> None:
    assert "2 top folders" in refuse(make_zip(METADATA, ("other/metadata.json", b"{}")), into)


@pytest.mark.parametrize(
    "entries",
    [
        [("top/model/model.bin", b"x")],
        [("metadata.json", b"{}")],
        [("top/inner/metadata.json", b"{}")],
        [("top/metadata.json/", b"")],
        [],
    ],
)
def test_archives_without_metadata_in_the_top_folder_are_refused(
    entries: list[tuple[str, bytes]], make_zip: Callable[..., Path], into: Path
) -> None:
    refuse(make_zip(*entries), into)


def test_encrypted_entries_are_refused(make_zip: Callable[..., Path], into: Path) -> None:
    archive = make_zip(METADATA, ("top/secret", b"x"))
    content = bytearray(archive.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)
    assert "encrypted" in refuse(archive, into)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_without_a_bound_on_memory_are_refused(method: int, make_zip: Callable[..., Path], into: Path) -> None:
    assert "neither stored nor deflated" in refuse(make_zip(METADATA, compression=method), into)


def test_an_honest_bomb_is_refused_by_its_ratio(make_zip: Callable[..., Path], into: Path) -> None:
    archive = make_zip(METADATA, ("top/zeros", bytes(20 << 20)))
    assert "times its size" in refuse(archive, into)
    assert (into / "top" / "zeros").stat().st_size <= 17 << 20


def test_a_bomb_over_the_size_limit_is_refused_before_writing(make_zip: Callable[..., Path], into: Path) -> None:
    archive = make_zip(METADATA, ("top/zeros", bytes(2 << 20)))
    assert "more than 1.0 MB" in refuse(archive, into, Limits(size=1_000_000))
    assert list(into.iterdir()) == []


def test_a_bomb_that_lies_about_its_size_is_stopped(make_zip: Callable[..., Path], into: Path) -> None:
    archive = make_zip(METADATA, ("top/zeros", bytes(8 << 20)))
    content = bytearray(archive.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = content.rindex(signature) + offset
        content[start : start + 4] = struct.pack("<L", 100)
    archive.write_bytes(content)
    refuse(archive, into, Limits(size=1_000_000))
    assert sum(path.stat().st_size for path in into.rglob("*")) <= 2_000_000


def test_too_many_entries_are_refused_before_the_list_is_read(
    make_zip: Callable[..., Path], into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = make_zip(METADATA, *((f"top/{number}", b"") for number in range(66_000)))
    assert "more than 50000 entries" in refuse(archive, into, Limits(entries=50_000))
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert "more than 100 entries" in refuse(archive, into, Limits(entries=100))
    # The old trailer is silent about the list; the one for large archives counts then.
    content = bytearray(archive.read_bytes())
    content[-10:-6] = bytes(4)
    archive.write_bytes(content)
    assert "more than 100 entries" in refuse(archive, into, Limits(entries=100))


def test_a_few_entries_too_many_are_refused(make_zip: Callable[..., Path], into: Path) -> None:
    archive = make_zip(METADATA, *((f"top/{number}", b"") for number in range(10)))
    assert "more than 10 entries" in refuse(archive, into, Limits(entries=10))
    assert unpack(archive, into, Limits(entries=11)) == into / "top"


@pytest.mark.parametrize("content", [b"", b"PK", b"<html>404</html>" * 1000, b"PK\x05\x06" + bytes(17)])
def test_files_that_are_no_zip_are_refused(content: bytes, tmp_path: Path, into: Path) -> None:
    archive = tmp_path / "not.argosmodel"
    archive.write_bytes(content)
    assert "no zip file" in refuse(archive, into)


def test_what_is_no_file_is_refused(tmp_path: Path, into: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path in (tmp_path / "missing.argosmodel", tmp_path, fifo):
        assert "no such file" in refuse(path, into)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99, 0.99999])
def test_a_cut_off_archive_is_refused(
    share: float, starter_archives: Mapping[str, Path], tmp_path: Path, into: Path
) -> None:
    content = starter_archives["translate-en_es-0_1"].read_bytes()
    archive = tmp_path / "cut.argosmodel"
    archive.write_bytes(content[: int(len(content) * share)])
    refuse(archive, into)


def test_one_wrong_bit_is_noticed(starter_archives: Mapping[str, Path], tmp_path: Path, into: Path) -> None:
    content = bytearray(starter_archives["translate-en_es-0_1"].read_bytes())
    content[len(content) // 2] ^= 1
    archive = tmp_path / "bit.argosmodel"
    archive.write_bytes(content)
    assert "damaged" in refuse(archive, into)


@settings(max_examples=300, deadline=None)
@given(changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=6))
def test_any_damage_is_refused_or_harmless(
    changes: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("top/metadata.json", json.dumps({"from_code": "en"}))
        zipped.writestr("top/model/model.bin", b"model " * 10)
    content = bytearray(buffer.getvalue())
    for position, value in changes:
        content[position % len(content)] = value
    folder = tmp_path_factory.mktemp("damage")
    archive = folder / "damaged.argosmodel"
    archive.write_bytes(content)
    into = folder / "into"
    into.mkdir()
    try:
        top = unpack(archive, into)
    except CorruptPackage:
        pass
    else:
        assert top.parent == into
        assert (top / "metadata.json").is_file()
    assert {path.name for path in folder.iterdir()} == {"damaged.argosmodel", "into"}
    assert not any(path.is_symlink() for path in into.rglob("*"))


def test_missing_room_is_noticed_before_writing(
    starter_archives: Mapping[str, Path], make_tmpfs: Callable[[str], Path]
) -> None:
    folder = make_tmpfs("size=4m")
    with pytest.raises(StoreUnwritable, match="are needed and"):
        unpack(starter_archives["translate-en_es-0_1"], folder)
    assert list(folder.iterdir()) == []


def test_a_disk_that_fills_up_on_the_way_is_no_fault_of_the_archive(
    make_zip: Callable[..., Path], make_tmpfs: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def let_another_program_write(folder: Path, size: int) -> None:
        (folder / "other").write_bytes(bytes(900_000))

    monkeypatch.setattr(archive_module, "demand_room", let_another_program_write)
    folder = make_tmpfs("size=1m")
    with pytest.raises(StoreUnwritable, match="No space left on device"):
        unpack(make_zip(METADATA, ("top/noise", os.urandom(500_000))), folder)
