from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libretranslate_py.documents import results as module
from libretranslate_py.documents.results import Results, open_result, results_folder, safe_stem
from libretranslate_py.errors import ResultsUnwritable, UnknownFile

UUID = "0b0e7b4e-6f0a-4d37-9a3f-0123456789ab"


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "files"


@pytest.fixture
def results(folder: Path, tmp_path: Path, clock: Clock) -> Results:
    return Results(folder, 1800, spare=tmp_path / "spare", clock=clock)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_result_is_found_under_its_name(results: Results, folder: Path) -> None:
    name = results.store("a.txt", "en", ".txt", b"text")
    assert name.endswith(".a_en.txt")
    assert results.find(name).read_bytes() == b"text"
    assert results.plain_name(name) == "a_en.txt"
    assert names(folder) == [name]


def test_nobody_else_may_read_it(results: Results, folder: Path) -> None:
    path = results.find(results.store("a.txt", "en", ".txt", b"text"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_two_results_of_one_name_are_two(results: Results) -> None:
    first, second = (results.store("a.txt", "en", ".txt", data) for data in (b"1", b"2"))
    assert [results.find(name).read_bytes() for name in (first, second)] == [b"1", b"2"]


@pytest.mark.parametrize(
    ("sent", "stem"),
    [
        ("a.txt", "a"),
        ("a.b.txt", "a.b"),
        ("Übersicht für München.docx", "Übersicht für München"),
        ("日本語.txt", "日本語"),
        ("emoji 🎉.txt", "emoji 🎉"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\a.txt", "a"),
        ("/etc/shadow.txt", "shadow"),
        (".htaccess.txt", "htaccess"),
        ("..txt", "file"),
        (".txt", "file"),
        ("", "file"),
        ("\0\n\x1b[31m.txt", "[31m"),
        ("evil\u202egpj.txt", "evilgpj"),
        ("a\u2066b\u200bc.txt", "abc"),
        ('it\'s "quoted".txt', "it's _quoted_"),
        ("a%2e%2e%2fb.txt", "a_2e_2e_2fb"),
        ("-rf.txt", "rf"),
        ("\ud800.txt", "file"),
        ("a\u2028b.txt", "a b"),
        ("e\u0301.txt", "é"),
    ],
)
def test_what_is_left_of_a_name(sent: str, stem: str) -> None:
    assert safe_stem(sent) == stem


@given(st.text(max_size=300))
def test_a_name_is_always_harmless(sent: str) -> None:
    stem = safe_stem(sent)
    assert 0 < len(stem.encode()) <= 100
    assert stem.isprintable()
    assert not set(stem) & set("/\\:")
    assert not stem.startswith((".", " "))
    assert not stem.endswith((".", " "))


def test_a_very_long_name_is_cut_between_letters(results: Results) -> None:
    name = results.store("ü" * 1_000_000 + ".txt", "zh-Hans", ".txt", b"")
    assert results.plain_name(name) == "ü" * 50 + "_zh-Hans.txt"
    assert results.find(name).exists()


def test_every_stored_name_is_found_again(results: Results) -> None:
    for sent in ("a_b.txt", "a.job.txt", "x" * 500, "日" * 500, "it's.txt", "😀😀.txt"):
        assert results.find(results.store(sent, "pt-BR", ".xliff", b"1")).exists()


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "/etc/passwd",
        "../a_en.txt",
        f"{UUID}.a_en.txt",
        f"{UUID}./../secret_en.txt",
        f"{UUID}.../secret_en.txt",
        f"{UUID}.a_en.txt\0",
        f"\0{UUID}.a_en.txt",
        f"{UUID}.a_en.txt\n",
        f"{UUID}.\udcff_en.txt",
        f"{UUID}.{'x' * 5000}_en.txt",
        f"{UUID}.job",
        f".{UUID}.part",
        UUID,
    ],
)
def test_no_other_name_is_found(results: Results, folder: Path, name: str) -> None:
    results.store("a.txt", "en", ".txt", b"text")
    (folder.parent / "secret_en.txt").write_text("secret")
    for there in (f"{UUID}.job", f".{UUID}.part"):
        (folder / there).write_text("secret")
        os.utime(folder / there, (4e9, 4e9))
    with pytest.raises(UnknownFile):
        results.find(name)


def test_links_and_folders_are_not_found(results: Results, folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    os.utime(secret, (4e9, 4e9))
    folder.mkdir(parents=True)
    name = f"{UUID}.a_en.txt"
    (folder / name).symlink_to(secret)
    os.utime(folder / name, (4e9, 4e9), follow_symlinks=False)
    with pytest.raises(UnknownFile):
        results.find(name)
    with pytest.raises(UnknownFile):
        open_result(folder / name)
    (folder / name).unlink()
    (folder / name).mkdir()
    os.utime(folder / name, (4e9, 4e9))
    with pytest.raises(UnknownFile):
        results.find(name)
    with pytest.raises(UnknownFile):
        open_result(folder / name)


def test_a_pipe_does_not_hold_up_whoever_opens_it(folder: Path) -> None:
    folder.mkdir(parents=True)
    os.mkfifo(folder / "pipe")
    with pytest.raises(UnknownFile):
        open_result(folder / "pipe")


def test_a_result_expires(results: Results, folder: Path, clock: Clock) -> None:
    name = results.store("a.txt", "en", ".txt", b"text")
    clock.now += 1799
    results.sweep()
    assert results.find(name).exists()
    clock.now += 1
    with pytest.raises(UnknownFile):
        results.find(name)
    results.sweep()
    assert names(folder) == []


def test_a_result_survives_a_restart_and_expires_then(folder: Path, tmp_path: Path, clock: Clock) -> None:
    name = Results(folder, 1800, spare=tmp_path / "spare", clock=clock).store("a.txt", "en", ".txt", b"text")
    # With another time to live: the file keeps the one that it was given.
    again = Results(folder, 60, spare=tmp_path / "spare", clock=clock)
    clock.now += 1000
    again.sweep()
    assert again.find(name).read_bytes() == b"text"
    clock.now += 1000
    again.sweep()
    assert names(folder) == []


def test_storing_removes_what_has_expired(folder: Path, tmp_path: Path, clock: Clock) -> None:
    Results(folder, 1800, spare=tmp_path / "spare", clock=clock).store("a.txt", "en", ".txt", b"text")
    clock.now += 1800
    name = Results(folder, 1800, spare=tmp_path / "spare", clock=clock).store("b.txt", "en", ".txt", b"text")
    assert names(folder) == [name]


def test_files_of_others_stay(results: Results, folder: Path, clock: Clock) -> None:
    folder.mkdir(parents=True)
    for name in ("notes.txt", UUID, f"{UUID}.jpg", ".hidden.part"):
        (folder / name).write_text("mine")
        os.utime(folder / name, (1, 1))
    results.store("a.txt", "en", ".txt", b"text")
    clock.now += 10_000
    results.sweep()
    assert names(folder) == sorted([".hidden.part", UUID, f"{UUID}.jpg", "notes.txt"])


def test_what_a_killed_process_left_is_removed_when_it_is_old(results: Results, folder: Path, clock: Clock) -> None:
    folder.mkdir(parents=True)
    part = folder / f".{UUID}.part"
    part.write_bytes(b"half")
    os.utime(part, (clock.now - 1700, clock.now - 1700))
    results.sweep()
    assert part.exists()
    clock.now += 200
    results.sweep()
    assert not part.exists()


def test_the_oldest_make_room(folder: Path, tmp_path: Path, clock: Clock) -> None:
    results = Results(folder, 1800, most_bytes=100, spare=tmp_path / "spare", clock=clock)
    stored = []
    for number in range(4):
        clock.now += 1
        stored.append(results.store(f"{number}.txt", "en", ".txt", b"x" * 40))
    assert names(folder) == sorted(stored[2:])
    with pytest.raises(ResultsUnwritable):
        results.store("big.txt", "en", ".txt", b"x" * 101)
    assert names(folder) == sorted(stored[2:])


def test_a_full_disk_leaves_nothing_behind(results: Results, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = results.store("a.txt", "en", ".txt", b"text")

    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "utime", refuse)
    with pytest.raises(ResultsUnwritable, match="No space left"):
        results.store("b.txt", "en", ".txt", b"text")
    assert names(folder) == [name]


def test_a_folder_that_cannot_be_written_is_replaced(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    spare = tmp_path / "spare"
    results = Results(in_the_way / "files", 1800, spare=spare)
    stored = [results.store("a.txt", "en", ".txt", b"text") for _ in range(2)]
    assert names(spare) == sorted(stored)
    assert results.find(stored[0]).read_bytes() == b"text"
    assert Results(in_the_way / "files", 1800, spare=spare).find(stored[0]).read_bytes() == b"text"
    assert len(caplog.records) == 1
    assert str(in_the_way) in caplog.text


def test_a_folder_that_somebody_else_prepared_is_not_used(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    link = tmp_path / "link"
    private = tmp_path / "private"
    private.mkdir(0o700)
    link.symlink_to(private)
    for spare in (open_to_all, link, in_the_way / "spare"):
        results = Results(in_the_way / "files", 1800, spare=spare)
        with pytest.raises(ResultsUnwritable):
            results.store("a.txt", "en", ".txt", b"text")
        with pytest.raises(UnknownFile):
            results.find(f"{UUID}.a_en.txt")
    assert names(open_to_all) == names(private) == []


def test_no_folder_for_temporary_files_is_no_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", refuse)
    results = Results(tmp_path / "files", 1800)
    assert results.find(results.store("a.txt", "en", ".txt", b"text")).exists()


def test_the_folder_may_be_removed_while_it_is_used(results: Results, folder: Path) -> None:
    results.find(results.store("a.txt", "en", ".txt", b"text")).unlink()
    folder.rmdir()
    assert results.find(results.store("a.txt", "en", ".txt", b"text")).exists()


def test_nothing_is_made_before_it_is_needed(results: Results, folder: Path) -> None:
    results.sweep()
    with pytest.raises(UnknownFile):
        results.find(f"{UUID}.a_en.txt")
    assert not folder.parent.exists()


def test_a_locale_without_such_letters(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.os, "fsencode", lambda name: name.encode("ascii"))
    assert safe_stem("日本.txt") == "file"
    assert safe_stem("a.txt") == "a"


def test_where_the_folder_is(tmp_path: Path) -> None:
    assert results_folder(tmp_path, {}) == tmp_path
    assert results_folder(None, {"HOME": "/h"}) == Path("/h/.local/share/libretranslate/files")
    assert results_folder(None, {"HOME": "/h", "XDG_DATA_HOME": "/d"}) == Path("/d/libretranslate/files")
