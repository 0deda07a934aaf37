"""The index: what is read from it, and what is done where it cannot be had."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from libretranslate_py.errors import IndexUnusable
from libretranslate_py.languages import Direction
from libretranslate_py.packages.index import DEFAULT_URL, AvailablePackage, Index, local_path, parse_index
from tests.packages.misbehaving_server import Answer, MisbehavingServer, misbehaving_server

PATH = "/argos/index.json"
URL = "http://127.0.0.1/argos/index.json"


def entry(source: str = "en", target: str = "es", version: str = "1.9", **more: Any) -> dict[str, Any]:
    return {
        "package_version": version,
        "argos_version": "1.9",
        "from_code": source,
        "from_name": source.upper(),
        "to_code": target,
        "to_name": target.upper(),
        "links": [f"https://example.com/translate-{source}_{target}.argosmodel"],
        **more,
    }


def listing(*entries: object) -> bytes:
    return json.dumps(entries or [entry()]).encode()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MisbehavingServer]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with misbehaving_server() as started:
        yield started


@pytest.fixture
def cache_file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "index.json"


def index_at(url: str, cache_file: Path) -> Index:
    return Index(url, cache_file, timeout=5)


# --- what an index holds ---------------------------------------------------------


def test_reads_an_entry_as_argos_writes_it() -> None:
    packages, unusable = parse_index(listing(entry(code="translate-en_es", sha256="AB" * 32)), URL)
    assert unusable == 0
    assert packages == (
        AvailablePackage(
            source="en",
            target="es",
            version="1.9",
            source_name="EN",
            target_name="ES",
            links=("https://example.com/translate-en_es.argosmodel",),
            sha256="ab" * 32,
        ),
    )
    assert packages[0].name == "translate-en_es"
    assert packages[0].direction == Direction("en", "es")


@pytest.mark.parametrize(
    "spoilt",
    [
        entry(from_code=None),
        entry(from_code="../../etc"),
        entry(from_code=5),
        entry(to_code="en"),
        entry(to_code="es\n"),
        entry(package_version=None),
        entry(package_version=""),
        entry(package_version="1\x1b[31m"),
        entry(links=[]),
        entry(links="https://example.com"),
        entry(links=[3, "", "https://example.com/\x00"]),
        entry(links=["file:///etc/passwd"]),
        entry(sha256="abc"),
        entry(sha256=7),
        "en_es",
        None,
        [],
    ],
)
def test_an_entry_that_cannot_be_used_is_counted_and_does_not_harm_the_others(spoilt: object) -> None:
    packages, unusable = parse_index(listing(spoilt, entry("de", "en")), URL)
    assert [package.name for package in packages] == ["translate-de_en"]
    assert unusable == 1


def test_other_types_of_packages_are_passed_over() -> None:
    packages, unusable = parse_index(listing({"type": "sbd", "from_codes": ["en"]}, entry(type="translate")), URL)
    assert len(packages) == 1
    assert unusable == 0


def test_names_that_cannot_be_shown_are_left_empty() -> None:
    (package,), _ = parse_index(listing(entry(from_name="E\x1b[31m", to_name=7)), URL)
    assert (package.source_name, package.target_name) == ("", "")


def test_relative_links_start_from_the_index_and_others_stay() -> None:
    links = ["models/a.argosmodel", "/b", "ipfs://bafybei", "http://[bad", "http://other/c"]
    (package,), _ = parse_index(listing(entry(links=links)), URL)
    assert package.links == (
        "http://127.0.0.1/argos/models/a.argosmodel",
        "http://127.0.0.1/b",
        "ipfs://bafybei",
        "http://other/c",
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"  <!DOCTYPE html><p>Sign in", "a web page"),
        (b'{"packages": []}', "not a list"),
        (b"3", "not a list"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_list_is_no_index(content: bytes, reason: str) -> None:
    with pytest.raises(IndexUnusable, match=reason):
        parse_index(content, URL)


def test_newest_takes_the_highest_version_of_each_direction(server: MisbehavingServer, cache_file: Path) -> None:
    versions = ["1.9", "1.10", "1.2", "junk"]
    content = listing(*[entry(version=version) for version in versions], entry("de", "en", "1.0"))
    newest = index_at(server.put(PATH, Answer(content)), cache_file).newest()
    assert {str(direction): package.version for direction, package in newest.items()} == {
        "en->es": "1.10",
        "de->en": "1.0",
    }


# --- where it is fetched from ---------------------------------------------------------


@pytest.mark.parametrize("ending", ["", "/", "/index.json", "/index.json?raw=1"])
def test_takes_a_folder_or_the_file(server: MisbehavingServer, cache_file: Path, ending: str) -> None:
    path = PATH + ("?raw=1" if "?" in ending else "")
    server.put(path, Answer(listing()))
    index = index_at(server.url("/argos") + ending, cache_file)
    assert index.url == server.url(path)
    assert len(index.packages()) == 1


def test_the_default_is_the_index_of_argos(cache_file: Path) -> None:
    index = index_at(DEFAULT_URL, cache_file)
    assert index.url == "https://raw.githubusercontent.com/argosopentech/argospm-index/main/index.json"


@pytest.mark.parametrize("form", ["folder", "file", "uri"])
def test_takes_a_local_index_with_links_to_files_beside_it(tmp_path: Path, cache_file: Path, form: str) -> None:
    folder = tmp_path / "with space"
    folder.mkdir()
    (folder / "index.json").write_bytes(listing(entry(links=["translate-en_es.argosmodel"])))
    urls = {"folder": str(folder), "file": str(folder / "index.json"), "uri": folder.as_uri()}
    (package,) = index_at(urls[form], cache_file).packages()
    assert [local_path(link) for link in package.links] == [folder / "translate-en_es.argosmodel"]
    assert not cache_file.parent.exists()


def test_a_local_index_that_is_missing(tmp_path: Path, cache_file: Path) -> None:
    with pytest.raises(IndexUnusable, match="No such file"):
        index_at(str(tmp_path / "nowhere"), cache_file).packages()


@pytest.mark.parametrize("url", ["http://[bad/", "http:///index.json"])
def test_what_is_no_address_is_no_index(cache_file: Path, url: str) -> None:
    with pytest.raises(IndexUnusable):
        index_at(url, cache_file).packages()


# --- when it cannot be had ---------------------------------------------------------

BAD = [
    Answer(status=404),
    Answer(status=500),
    Answer(b"<html>Sign in", headers={"Content-Type": "text/html"}),
    Answer(b"{}"),
    Answer(listing(), cut_after=20),
    Answer(listing(), stall_after=20),
    Answer(status=302, headers={"Location": "file:///etc/passwd"}),
    Answer(b" " * 17_000_000),
]


@pytest.mark.parametrize("bad", BAD)
def test_goes_on_with_the_copy_and_says_so(
    server: MisbehavingServer, cache_file: Path, bad: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    url = server.put(PATH, Answer(listing()), bad)
    first = index_at(url, cache_file).packages()
    assert caplog.messages == []
    assert Index(url, cache_file, timeout=0.3).packages() == first
    assert any("going on with the copy" in message for message in caplog.messages)


@pytest.mark.parametrize("bad", BAD)
def test_without_a_copy_the_reason_is_told(server: MisbehavingServer, cache_file: Path, bad: Answer) -> None:
    url = server.put(PATH, bad)
    with pytest.raises(IndexUnusable) as caught:
        Index(url, cache_file, timeout=0.3).packages()
    assert caught.value.url == url
    assert not cache_file.parent.exists()


def test_a_server_that_trickles_is_not_waited_for(server: MisbehavingServer, cache_file: Path) -> None:
    url = server.put(PATH, Answer(listing() + b" " * 1000, trickle=True))
    with pytest.raises(IndexUnusable, match="too slow"):
        Index(url, cache_file, timeout=0.3).packages()


def test_is_not_fetched_again_unless_asked_to(server: MisbehavingServer, cache_file: Path) -> None:
    index = index_at(server.put(PATH, Answer(listing())), cache_file)
    for _ in range(2):
        index.packages(refresh=False)
    assert len(server.requests) == 1
    index.packages(refresh=True)
    assert len(server.requests) == 2


def test_a_spoilt_copy_is_fetched_anew(server: MisbehavingServer, cache_file: Path) -> None:
    index = index_at(server.put(PATH, Answer(listing())), cache_file)
    index.packages()
    (copy,) = cache_file.parent.iterdir()
    copy.write_bytes(b'[{"from_co')
    assert len(index.packages(refresh=False)) == 1
    assert copy.read_bytes() == listing()


def test_one_index_is_not_mistaken_for_another(server: MisbehavingServer, cache_file: Path) -> None:
    index_at(server.put(PATH, Answer(listing())), cache_file).packages()
    with pytest.raises(IndexUnusable):
        index_at(server.put("/other/index.json", Answer(status=500)), cache_file).packages()


def test_the_copy_of_the_default_index_is_the_one_of_argos_translate(cache_file: Path) -> None:
    cache_file.parent.mkdir()
    cache_file.write_bytes(listing(entry("de", "en")))
    assert [package.name for package in index_at(DEFAULT_URL, cache_file).packages(refresh=False)] == [
        "translate-de_en"
    ]


def test_the_copy_is_replaced_as_a_whole(server: MisbehavingServer, cache_file: Path) -> None:
    index = index_at(server.put(PATH, Answer(listing()), Answer(listing(entry("de", "en")))), cache_file)
    index.packages()
    (copy,) = cache_file.parent.iterdir()
    before = copy.stat().st_ino
    index.packages()
    assert copy.stat().st_ino != before
    assert list(cache_file.parent.iterdir()) == [copy]


def test_a_copy_that_cannot_be_written_is_lived_with(
    server: MisbehavingServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_bytes(b"")
    index = index_at(server.put(PATH, Answer(listing())), tmp_path / "file" / "index.json")
    for _ in range(3):
        assert len(index.packages()) == 1
    assert sum("cannot be kept" in message for message in caplog.messages) == 1


def test_a_read_only_home_is_lived_with(server: MisbehavingServer, make_tmpfs: Callable[[str], Path]) -> None:
    index = index_at(server.put(PATH, Answer(listing())), make_tmpfs("ro") / "data" / "index.json")
    assert len(index.packages()) == 1


def test_unusable_entries_are_counted_in_the_log(
    server: MisbehavingServer, cache_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = server.put(PATH, Answer(listing(entry(), None, entry(links=[]))))
    with caplog.at_level(logging.WARNING):
        index_at(url, cache_file).packages()
    assert [record.getMessage() for record in caplog.records] == [
        f"2 of the entries of the package index {url} cannot be used"
    ]
