"""Downloads from a real server that misbehaves in one way at a time."""

from __future__ import annotations

import hashlib
import io
import os
import random
import shutil
import socket
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from libretranslate_py.errors import DownloadFailed
from libretranslate_py.packages.download import LONGEST_WAIT, download, part_file, remove_old_parts
from libretranslate_py.packages.fetch import USER_AGENT
from tests.packages.misbehaving_server import Answer, MisbehavingServer, misbehaving_server

PATH = "/translate-en_es-1_9.argosmodel"


def make_zip(size: int = 300_000, seed: int = 1) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("model.bin", random.Random(seed).randbytes(size))
    return memory.getvalue()


ZIP = make_zip()
OTHER_ZIP = make_zip(seed=2)
SHA256 = hashlib.sha256(ZIP).hexdigest()
NO_CHECKSUM = Answer(status=404)
HTML = Answer(b"<!DOCTYPE html><title>Log in to the Wi-Fi</title>", headers={"Content-Type": "text/html"})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MisbehavingServer]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with misbehaving_server() as started:
        yield started


@pytest.fixture
def destination(tmp_path: Path) -> Path:
    return tmp_path / "downloads" / "package.argosmodel"


class Pauses(list[float]):
    """Stands in for time.sleep."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def fetch(links: str | list[str], destination: Path, **options: Any) -> Path:
    options = {"timeout": 10, "attempts": 3, "backoff": 1, "sleep": Pauses(), **options}
    return download([links] if isinstance(links, str) else links, destination, **options)


def left_in(destination: Path) -> list[str]:
    return sorted(path.name for path in destination.parent.iterdir())


def ranges(server: MisbehavingServer, path: str = PATH) -> list[str | None]:
    return [request.headers.get("range") for request in server.asked(path)]


# --- when all is well ---------------------------------------------------------


def test_downloads_the_file_and_tells_how_far_it_is(server: MisbehavingServer, destination: Path) -> None:
    link = server.put(PATH, Answer(ZIP, etag='"a"'))
    told: list[tuple[int, int | None]] = []

    result = fetch(link, destination, progress=lambda done, total: told.append((done, total)))

    assert result == destination
    assert destination.read_bytes() == ZIP
    assert left_in(destination) == [destination.name]
    assert told[-1] == (len(ZIP), len(ZIP))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert {request.headers["user-agent"] for request in server.requests} == {USER_AGENT}


def test_without_a_length_the_total_is_unknown(server: MisbehavingServer, destination: Path) -> None:
    link = server.put(PATH, Answer(ZIP, length=None))
    totals: set[int | None] = set()
    fetch(link, destination, progress=lambda done, total: totals.add(total))
    assert destination.read_bytes() == ZIP
    assert totals == {None}


def test_links_of_other_kinds_are_passed_over(server: MisbehavingServer, destination: Path) -> None:
    link = server.put(PATH, Answer(ZIP))
    fetch(["ipfs://bafybeigdyrzt", "file:///etc/passwd", link], destination)
    assert destination.read_bytes() == ZIP
    with pytest.raises(DownloadFailed, match="no http or https link"):
        fetch(["ipfs://bafybeigdyrzt", "file:///etc/passwd"], destination)


def test_follows_a_redirect(server: MisbehavingServer, destination: Path) -> None:
    server.put("/real", Answer(ZIP))
    link = server.put(PATH, Answer(status=302, headers={"Location": server.url("/real")}))
    fetch(link, destination)
    assert destination.read_bytes() == ZIP


# --- checksums ---------------------------------------------------------


def test_takes_the_checksum_that_lies_beside_the_link(server: MisbehavingServer, destination: Path) -> None:
    link = server.put(PATH + "?version=2", Answer(OTHER_ZIP))
    server.put(PATH + ".sha256?version=2", Answer(f"{SHA256.upper()}  package.argosmodel\n".encode()))
    with pytest.raises(DownloadFailed, match=f"SHA-256 is .* instead of {SHA256}"):
        fetch(link, destination)
    assert left_in(destination) == []


@pytest.mark.parametrize("beside", [Answer(status=403), HTML, Answer(b"x" * 1_000_000), Answer(b"")])
def test_what_is_no_checksum_counts_as_none(server: MisbehavingServer, destination: Path, beside: Answer) -> None:
    link = server.put(PATH, Answer(ZIP))
    server.put(PATH + ".sha256", beside)
    fetch(link, destination)
    assert destination.read_bytes() == ZIP


def test_a_checksum_that_cannot_be_had_just_now_is_waited_for(server: MisbehavingServer, destination: Path) -> None:
    link = server.put(PATH, Answer(OTHER_ZIP))
    server.put(PATH + ".sha256", Answer(status=503), Answer(SHA256.encode()))
    with pytest.raises(DownloadFailed, match="SHA-256"):
        fetch(link, destination)


def test_a_known_checksum_is_not_asked_for(server: MisbehavingServer, destination: Path) -> None:
    fetch(server.put(PATH, Answer(ZIP)), destination, sha256=SHA256)
    assert server.asked(PATH + ".sha256") == []


def test_a_wrong_checksum_discards_the_file_and_goes_to_the_next_mirror(
    server: MisbehavingServer, destination: Path
) -> None:
    spoilt = server.put("/spoilt", Answer(OTHER_ZIP, etag='"a"'))
    good = server.put(PATH, Answer(ZIP))
    fetch([spoilt, good], destination, sha256=SHA256)
    assert destination.read_bytes() == ZIP
    assert left_in(destination) == [destination.name]
    assert len(server.asked("/spoilt")) == 1


# --- connections that break ---------------------------------------------------------


def test_goes_on_where_the_connection_was_cut(server: MisbehavingServer, destination: Path) -> None:
    link = server.put(PATH, Answer(ZIP, etag='"a"', cut_after=100_000), Answer(ZIP, etag='"a"'))
    fetch(link, destination)
    assert destination.read_bytes() == ZIP
    assert ranges(server) == [None, "bytes=100000-"]
    assert server.asked(PATH)[1].headers["if-range"] == '"a"'
    assert server.sent[PATH] == len(ZIP)


@pytest.mark.parametrize("headers", [{"ETag": 'W/"a"'}, {}])
def test_a_date_is_a_validator_and_a_weak_etag_is_none(
    server: MisbehavingServer, destination: Path, headers: dict[str, str]
) -> None:
    moment = "Wed, 21 Oct 2015 07:28:00 GMT"
    whole = Answer(ZIP, headers={"Last-Modified": moment, **headers})
    link = server.put(PATH, Answer(ZIP, headers=whole.headers, cut_after=100_000), whole)
    fetch(link, destination)
    assert destination.read_bytes() == ZIP
    assert server.asked(PATH)[1].headers["if-range"] == moment
    assert server.sent[PATH] == len(ZIP)


def test_starts_over_where_nothing_tells_whether_the_rest_fits(server: MisbehavingServer, destination: Path) -> None:
    link = server.put(PATH, Answer(ZIP, cut_after=100_000), Answer(ZIP))
    fetch(link, destination)
    assert destination.read_bytes() == ZIP
    assert ranges(server) == [None, None]


def test_a_checksum_alone_is_enough_to_go_on(server: MisbehavingServer, destination: Path) -> None:
    link = server.put(PATH, Answer(ZIP, cut_after=100_000), Answer(ZIP))
    fetch(link, destination, sha256=SHA256)
    assert destination.read_bytes() == ZIP
    assert server.sent[PATH] == len(ZIP)


def test_a_later_process_goes_on_too(server: MisbehavingServer, destination: Path) -> None:
    link = server.put(PATH, Answer(ZIP, etag='"a"', cut_after=100_000))
    with pytest.raises(DownloadFailed, match=r"ended after 100000 of \d+ bytes"):
        fetch(link, destination, attempts=1)
    assert not destination.exists()
    server.put(PATH, Answer(ZIP, etag='"a"'))
    fetch(link, destination)
    assert destination.read_bytes() == ZIP
    assert ranges(server) == [None, "bytes=100000-"]


def test_a_file_that_was_whole_before_the_program_was_killed_is_not_asked_for_again(
    server: MisbehavingServer, destination: Path
) -> None:
    class Killed(BaseException):
        pass

    def kill_at_the_end(done: int, total: int | None) -> None:
        if done == total:
            raise Killed

    link = server.put(PATH, Answer(ZIP, etag='"a"'))
    with pytest.raises(Killed):
        fetch(link, destination, progress=kill_at_the_end)
    assert not destination.exists()
    fetch(link, destination)
    assert destination.read_bytes() == ZIP
    assert len(server.asked(PATH)) == 1


def test_gives_up_where_the_connection_is_always_cut(server: MisbehavingServer, destination: Path) -> None:
    pauses = Pauses()
    link = server.put(PATH, Answer(ZIP, etag='"a"', cut_after=0))
    with pytest.raises(DownloadFailed) as caught:
        fetch(link, destination, attempts=4, sleep=pauses)
    assert caught.value.url == link
    assert len(server.asked(PATH)) == 4
    assert pauses == [1, 2, 4]


def test_an_attempt_that_brings_much_is_no_failed_attempt(server: MisbehavingServer, destination: Path) -> None:
    content = make_zip(6_000_000)
    link = server.put(PATH, Answer(content, etag='"a"', cut_after=1_100_000))
    fetch(link, destination, attempts=2)
    assert destination.read_bytes() == content
    assert server.sent[PATH] == len(content)


def test_gives_up_on_a_server_that_is_cut_off_and_knows_no_ranges(server: MisbehavingServer, destination: Path) -> None:
    content = make_zip(3_000_000)
    link = server.put(PATH, Answer(content, etag='"a"', ranges=False, cut_after=2_000_000))
    with pytest.raises(DownloadFailed):
        fetch(link, destination, attempts=2)
    assert len(server.asked(PATH)) == 3


def test_starts_over_where_the_server_ignores_the_range(server: MisbehavingServer, destination: Path) -> None:
    whole = Answer(ZIP, etag='"a"', ranges=False)
    link = server.put(PATH, Answer(ZIP, etag='"a"', cut_after=100_000), whole)
    fetch(link, destination)
    assert destination.read_bytes() == ZIP
    assert ranges(server) == [None, "bytes=100000-"]


def test_starts_over_where_the_file_changed_between_attempts(server: MisbehavingServer, destination: Path) -> None:
    link = server.put(PATH, Answer(OTHER_ZIP, etag='"old"', cut_after=100_000), Answer(ZIP, etag='"new"'))
    fetch(link, destination)
    assert destination.read_bytes() == ZIP


@pytest.mark.parametrize(
    "lie",
    [
        {"ETag": '"new"', "Content-Range": f"bytes 100000-{len(ZIP) - 1}/{len(ZIP)}"},
        {"Content-Range": f"bytes 5-{len(ZIP) - 1}/{len(ZIP)}"},
        {"Content-Range": f"bytes 100000-{len(ZIP)}/{len(ZIP) + 1}"},
        {"Content-Range": "nonsense"},
    ],
)
def test_starts_over_where_the_rest_is_not_of_the_same_file(
    server: MisbehavingServer, destination: Path, lie: dict[str, str]
) -> None:
    rest = Answer(OTHER_ZIP[100_000:], status=206, headers=lie)
    link = server.put(PATH, Answer(ZIP, etag='"a"', cut_after=100_000), rest, Answer(ZIP, etag='"a"'))
    fetch(link, destination)
    assert destination.read_bytes() == ZIP


def test_a_bad_seam_is_worth_another_attempt(server: MisbehavingServer, destination: Path) -> None:
    rest = Answer(
        OTHER_ZIP[100_000:],
        status=206,
        headers={"Content-Range": f"bytes 100000-{len(ZIP) - 1}/{len(ZIP)}"},
    )
    link = server.put(PATH, Answer(ZIP, cut_after=100_000), rest, Answer(ZIP))
    fetch(link, destination, sha256=SHA256)
    assert destination.read_bytes() == ZIP


def test_a_part_that_is_longer_than_the_file_is_discarded(server: MisbehavingServer, destination: Path) -> None:
    longer = Answer(ZIP + b"more", cut_after=len(ZIP) + 2, length=len(ZIP) + 4, etag='"a"')
    link = server.put(PATH, longer, Answer(ZIP, etag='"a"'))
    fetch(link, destination)
    assert destination.read_bytes() == ZIP


def test_a_length_that_is_too_great_ends_with_what_there_is(server: MisbehavingServer, destination: Path) -> None:
    link = server.put(PATH, Answer(ZIP, etag='"a"', length=len(ZIP) + 1000), Answer(ZIP, etag='"a"'))
    fetch(link, destination)
    assert destination.read_bytes() == ZIP
    assert server.sent[PATH] == len(ZIP)


def test_a_length_that_is_too_small_does_not_pass(server: MisbehavingServer, destination: Path) -> None:
    link = server.put(PATH, Answer(ZIP, etag='"a"', length=len(ZIP) - 1000))
    with pytest.raises(DownloadFailed, match="not a whole zip archive"):
        fetch(link, destination)
    assert left_in(destination) == []


def test_a_cut_without_a_length_is_noticed_and_tried_again(server: MisbehavingServer, destination: Path) -> None:
    link = server.put(PATH, Answer(ZIP, length=None, cut_after=100_000), Answer(ZIP, length=None))
    fetch(link, destination)
    assert destination.read_bytes() == ZIP


def test_a_silent_server_is_left_and_taken_up_again(server: MisbehavingServer, destination: Path) -> None:
    link = server.put(PATH, Answer(ZIP, etag='"a"', stall_after=100_000), Answer(ZIP, etag='"a"'))
    fetch(link, destination, timeout=0.3, attempts=10)
    assert destination.read_bytes() == ZIP
    assert ranges(server) == [None, "bytes=100000-"]


def test_a_server_that_says_nothing_at_all(destination: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as mute:
        link = f"http://127.0.0.1:{mute.getsockname()[1]}/x.argosmodel"
        with pytest.raises(DownloadFailed, match="does not answer in time"):
            fetch(link, destination, timeout=0.1, attempts=2)


# --- servers that answer something else ---------------------------------------------------------


def test_not_found_goes_to_the_next_mirror_at_once(server: MisbehavingServer, destination: Path) -> None:
    pauses = Pauses()
    good = server.put(PATH, Answer(ZIP))
    fetch([server.url("/missing"), good], destination, sha256=SHA256, sleep=pauses)
    assert destination.read_bytes() == ZIP
    assert len(server.asked("/missing")) == 1
    assert pauses == []


def test_a_mirror_that_is_not_there_is_left(server: MisbehavingServer, destination: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}/x.argosmodel"
    fetch([closed, server.put(PATH, Answer(ZIP))], destination)
    assert destination.read_bytes() == ZIP


def test_the_error_says_what_happened_with_every_mirror(server: MisbehavingServer, destination: Path) -> None:
    links = [server.url("/missing"), server.put("/page", HTML), server.put("/down", Answer(status=503))]
    with pytest.raises(DownloadFailed) as caught:
        fetch(links, destination, sha256=SHA256)
    assert caught.value.reason == (
        f"{links[0]}: the server answers 404 Not Found; "
        f"{links[1]}: the server sends something else than a zip archive (text/html); "
        f"{links[2]}: the server answers 503 Service Unavailable"
    )


def test_a_page_does_not_spoil_what_has_arrived(server: MisbehavingServer, destination: Path) -> None:
    link = server.put(PATH, Answer(ZIP, etag='"a"', cut_after=100_000), HTML)
    with pytest.raises(DownloadFailed, match="text/html"):
        fetch(link, destination)
    server.put(PATH, Answer(ZIP, etag='"a"'))
    fetch(link, destination)
    assert ranges(server)[-1] == "bytes=100000-"
    assert destination.read_bytes() == ZIP


def test_a_server_error_is_tried_again_later(server: MisbehavingServer, destination: Path) -> None:
    pauses = Pauses()
    link = server.put(PATH, Answer(status=500), Answer(status=502), Answer(ZIP))
    fetch(link, destination, sleep=pauses)
    assert destination.read_bytes() == ZIP
    assert pauses == [1, 2]


@pytest.mark.parametrize(
    ("asked", "lowest", "highest"),
    [
        ("7", 7, 7),
        ("86400", LONGEST_WAIT, LONGEST_WAIT),
        ("9" * 400, LONGEST_WAIT, LONGEST_WAIT),
        ("soon", 1, 1),
        (format_datetime(datetime.now(UTC) + timedelta(hours=2)), LONGEST_WAIT, LONGEST_WAIT),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 1, 1),
    ],
)
def test_waits_as_long_as_the_server_asks_for(
    server: MisbehavingServer, destination: Path, asked: str, lowest: float, highest: float
) -> None:
    pauses = Pauses()
    link = server.put(PATH, Answer(status=429, headers={"Retry-After": asked}), Answer(ZIP))
    fetch(link, destination, sleep=pauses)
    assert destination.read_bytes() == ZIP
    assert len(pauses) == 1
    assert lowest <= pauses[0] <= highest


def test_a_redirect_in_circles_ends(server: MisbehavingServer, destination: Path) -> None:
    link = server.put(PATH, Answer(status=302, headers={"Location": PATH}))
    with pytest.raises(DownloadFailed, match="too often"):
        fetch(link, destination, sha256=SHA256)
    assert len(server.requests) < 10


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:text/plain,x"])
def test_a_redirect_leads_to_http_only(server: MisbehavingServer, destination: Path, target: str) -> None:
    link = server.put(PATH, Answer(status=302, headers={"Location": target}))
    with pytest.raises(DownloadFailed):
        fetch(link, destination, sha256=SHA256)
    assert len(server.requests) == 1


@pytest.mark.parametrize("link", ["http://[bad/x", "http:///x", "http://127.0.0.1:port/x", "http://127.0.0.1/a b"])
def test_a_link_that_is_no_address_is_passed_over(server: MisbehavingServer, destination: Path, link: str) -> None:
    pauses = Pauses()
    fetch([link, server.put(PATH, Answer(ZIP))], destination, sleep=pauses)
    assert destination.read_bytes() == ZIP
    assert pauses == []


def test_a_compressed_answer_is_refused(server: MisbehavingServer, destination: Path) -> None:
    link = server.put(PATH, Answer(ZIP, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(DownloadFailed, match="encoding gzip"):
        fetch(link, destination)


# --- limits and the disk ---------------------------------------------------------


@pytest.mark.parametrize("length", [-1, None])
def test_what_is_too_large_is_left(server: MisbehavingServer, destination: Path, length: int | None) -> None:
    link = server.put(PATH, Answer(ZIP, length=length))
    told = [0]
    with pytest.raises(DownloadFailed, match=f"limit of {len(ZIP) - 1}"):
        fetch(link, destination, max_bytes=len(ZIP) - 1, progress=lambda done, total: told.append(done))
    assert max(told) < len(ZIP)
    assert left_in(destination) == []
    fetch(link, destination, max_bytes=len(ZIP))
    assert destination.read_bytes() == ZIP


def test_a_disk_without_room_is_noticed_before_the_download(
    server: MisbehavingServer, destination: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(destination.parent.parent)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    mirrors = [server.put(PATH, Answer(ZIP)), server.put("/other", Answer(ZIP))]
    with pytest.raises(DownloadFailed, match=f"is full: {len(ZIP)} bytes are to come, 1000 are free"):
        fetch(mirrors, destination, sha256=SHA256)
    assert server.asked("/other") == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_disk_that_fills_up_ends_the_download(server: MisbehavingServer, destination: Path) -> None:
    links = [server.put(PATH, Answer(ZIP)), server.put("/other", Answer(ZIP))]
    destination.parent.mkdir()
    part_file(links[0], destination, SHA256).symlink_to("/dev/full")
    with pytest.raises(DownloadFailed, match="is full"):
        fetch(links, destination, sha256=SHA256)
    assert server.asked("/other") == []


def test_a_folder_that_cannot_be_made_ends_the_download(server: MisbehavingServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DownloadFailed, match="cannot be written"):
        fetch(server.put(PATH, Answer(ZIP)), tmp_path / "file" / "package.argosmodel")


def test_a_spoilt_note_beside_a_part_is_no_reason_to_go_on(server: MisbehavingServer, destination: Path) -> None:
    link = server.put(PATH, Answer(ZIP, etag='"a"'))
    part = part_file(link, destination, None)
    part.parent.mkdir()
    for note in (b"", b"[]", b'{"validator": 3, "total": null}', b"\xff"):
        part.write_bytes(ZIP[:1000])
        part.with_name(part.name + ".json").write_bytes(note)
        fetch(link, destination)
        assert destination.read_bytes() == ZIP
    assert set(ranges(server)) == {None}


def test_parts_belong_to_one_link_and_one_checksum(destination: Path) -> None:
    names = {part_file(link, destination, sha256) for link in ("http://a/x", "http://b/x") for sha256 in (None, SHA256)}
    assert len(names) == 4


def test_old_parts_are_removed_and_nothing_else(tmp_path: Path) -> None:
    for name in ("old.part", "old.part.json", "new.part", "old.argosmodel"):
        (tmp_path / name).write_bytes(b"x")
    for name in ("old.part", "old.part.json", "old.argosmodel"):
        os.utime(tmp_path / name, (1_000_000, 1_000_000))
    remove_old_parts(tmp_path, days=14)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.part", "old.argosmodel"]
    remove_old_parts(tmp_path / "missing", days=14)
