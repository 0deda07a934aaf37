"""Stored glossaries: what their files may say, and what a running server makes of changes in the folder."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libretranslate_py.errors import FaultyGlossary, GlossariesUnwritable, GlossaryUnreadable, UnknownGlossary
from libretranslate_py.glossaries import (
    LARGEST_FILE,
    Glossaries,
    Name,
    glossaries_folder,
    is_id,
    list_files,
    parse_direction,
    parse_name,
    read_file,
    remove_files,
    write_file,
)
from libretranslate_py.glossaries_format import read_sheet, write_lines
from libretranslate_py.languages import Direction

EN_ES = Direction("en", "es")


def apply(glossaries: Glossaries, text: str, glossary_id: str = "brand", source: str = "en", target: str = "es") -> str:
    """``text`` with what the glossary says in place of its terms; as it is where the glossary has nothing for it."""
    glossary = glossaries.find(glossary_id, source, target)
    for span in reversed(glossary.find(text) if glossary else []):
        text = text[: span.start] + "".join(map(str, span.output)) + text[span.end :]
    return text


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def glossaries(tmp_path: Path) -> Glossaries:
    """Of a folder that is looked at whenever a glossary is asked for."""
    return Glossaries(tmp_path, interval=0)


class TestFormats:
    def test_lines(self) -> None:
        data = "\ufeff# note\r\ncloud\tnube\r\n\r\n  \nAcme\nBeta\t\nice cream \t crema helada\t\t\n\\#1\t#1".encode()
        assert read_sheet(data).terms == {
            "cloud": "nube",
            "Acme": None,
            "Beta": None,
            "ice cream": "crema helada",
            "#1": "#1",
        }
        assert read_sheet(data).faults == ()

    def test_csv(self) -> None:
        data = b'cloud,nube\r\n"a, b","c ""d"""\r\n\r\nAcme\r\nBeta,\r\n#1,x,,\r\n'
        assert read_sheet(data, "csv").terms == {
            "cloud": "nube",
            "a, b": 'c "d"',
            "Acme": None,
            "Beta": None,
            "#1": "x",
        }

    def test_json(self) -> None:
        data = b' {"cloud": "nube", "Acme": null}'
        assert read_sheet(data).terms == read_sheet(data, "json").terms == {"cloud": "nube", "Acme": None}

    @pytest.mark.parametrize(
        ("form", "data", "faults"),
        [
            ("tsv", b"a\tb\n\tc\n", ["line 2: a source term is empty"]),
            ("tsv", b"a\tb\tc", ["line 1: more than two columns"]),
            (
                "tsv",
                b"a\tb\n\na b\tc\x00\n",
                ["line 3: a target term contains a line break or another control character"],
            ),
            ("tsv", b"a\tb\n\xff\tc", ["line 2: not UTF-8"]),
            ("tsv", "a\tb".encode("utf-16"), ["line 1: not UTF-8"]),
            ("tsv", b"x" * 201, ["line 1: a source term is longer than 200 characters"]),
            ("tsv", b"a\tb\nb\tc\na\tb\na\tc", ["line 4: another translation than in line 1 for the same term"]),
            ("tsv", b"a  b\tc\na b", ["line 2: another translation than in line 1 for the same term"]),
            ("csv", b'a,b\n"c', ["line 2: not CSV: unexpected end of data"]),
            ("csv", b'a,b\n"c\nd",e\n', ["line 3: a source term contains a line break or another control character"]),
            ("csv", b"a,b,c", ["line 1: more than two columns"]),
            ("json", b'{"a":\n "b",}', ["line 2: not JSON: "]),
            ("json", b"[]", ["line 1: not a JSON object of terms"]),
            ("json", b"[" * 100_000, ["line 1: not a JSON object of terms"]),
            ("json", b'{"a": ' * 100_000, ["line 1: not a JSON object of terms"]),
            (
                "json",
                b'{"a": "b", "c": 5, "a": "c"}',
                ["term 2: neither", "term 3: another translation than in term 1"],
            ),
            ("json", b'{"a": {"b": "c"}}', ["term 1: neither a text nor null"]),
            ("json", b'{"a": ""}', ["term 1: a target term is empty; null means: do not translate"]),
            ("json", b'{"\\\\#a": "b"}', ["term 1: a term cannot begin with \\#"]),
        ],
    )
    def test_every_fault_with_its_place(self, form: str, data: bytes, faults: list[str]) -> None:
        found = read_sheet(data, form).faults
        assert len(found) == len(faults)
        assert all(one.startswith(other) for one, other in zip(found, faults, strict=True)), found

    @given(st.binary(max_size=300), st.sampled_from(["", "tsv", "csv", "json"]))
    def test_any_bytes_are_terms_or_faults(self, data: bytes, form: str) -> None:
        sheet = read_sheet(data, form)
        if not sheet.faults:
            assert read_sheet(write_lines(sheet.terms), "tsv") == sheet

    @given(st.dictionaries(st.text(), st.none() | st.text()))
    def test_what_is_written_is_read_again(self, terms: dict[str, str | None]) -> None:
        sheet = read_sheet(json.dumps(terms).encode(), "json")
        assert read_sheet(write_lines(sheet.terms), "tsv").terms == sheet.terms


class TestNames:
    @pytest.mark.parametrize(
        ("file_name", "expected"),
        [
            ("brand.en-es.tsv", ("brand", "en", "es")),
            ("a.b_c-1.en-pt-BR.tsv", ("a.b_c-1", "en", "pb")),
            ("brand.zh-Hans-en.tsv", ("brand", "zh", "en")),
            ("brand.en-zh-hant.tsv", ("brand", "en", "zt")),
            ("brand.en-zt.tsv", ("brand", "en", "zt")),
            ("brand.tsv", None),
            ("brand.en.tsv", None),
            ("brand.en-en.tsv", None),
            ("brand.all.tsv", None),
            ("brand.en-es,en-fr.tsv", None),
            ("brand.en-es.txt", None),
            (".en-es.tsv", None),
            ("-brand.en-es.tsv", None),
            ("a b.en-es.tsv", None),
            ("brand.en-es.en-fr.tsv", None),
            (f"{'a' * 64}.en-es.tsv", ("a" * 64, "en", "es")),
            (f"{'a' * 65}.en-es.tsv", None),
        ],
    )
    def test_file_names(self, file_name: str, expected: tuple[str, str, str] | None) -> None:
        assert parse_name(file_name) == (Name(expected[0], Direction(*expected[1:])) if expected else None)

    @pytest.mark.parametrize("text", ["", ".", "..", "../x", "a/b", "a\n", "ä", "x.en-es", "a" * 65, "a\0"])
    def test_what_is_no_id(self, text: str) -> None:
        assert not is_id(text)

    @given(st.text())
    def test_any_text_is_a_direction_or_none(self, text: str) -> None:
        assert parse_direction(text) is None or parse_direction(f" {text} ") == parse_direction(text)


class TestFolder:
    def test_the_option_then_the_home_for_data_then_the_home(self) -> None:
        home, data = {"HOME": "/h"}, {"HOME": "/h", "XDG_DATA_HOME": "/d"}
        assert glossaries_folder(Path("/x"), data) == Path("/x")
        assert glossaries_folder(None, data) == Path("/d/libretranslate/glossaries")
        assert glossaries_folder(None, home) == Path("/h/.local/share/libretranslate/glossaries")
        assert glossaries_folder(None, {**home, "XDG_DATA_HOME": ""}) == glossaries_folder(None, home)

    def test_what_is_written_replaces_the_file_whatever_its_spelling(self, tmp_path: Path) -> None:
        (tmp_path / "brand.en-pt-BR.tsv").write_text("old\talt\n")
        path = write_file(tmp_path, Name("brand", Direction("en", "pb")), {"new": None})
        assert path.name == "brand.en-pt-BR.tsv"
        assert read_file(path) == {"new": None}
        assert names_in(tmp_path) == ["brand.en-pt-BR.tsv"]
        assert path.stat().st_mode & 0o444 == 0o444

    def test_a_folder_is_made(self, tmp_path: Path) -> None:
        write_file(tmp_path / "a" / "b", Name("brand", EN_ES), {"a": "b"})
        assert list(list_files(tmp_path / "a" / "b").files) == [Name("brand", EN_ES)]

    def test_what_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(GlossaryUnreadable):
            write_file(tmp_path / "file", Name("brand", EN_ES), {"a": "b"})
        (tmp_path / "brand.en-es.tsv").mkdir()
        with pytest.raises(GlossariesUnwritable):
            write_file(tmp_path, Name("brand", EN_ES), {"a": "b"})
        assert names_in(tmp_path) == ["brand.en-es.tsv", "file"], "nothing half-written is left"

    def test_removing(self, tmp_path: Path) -> None:
        for name in (Name("a", EN_ES), Name("a", Direction("en", "fr")), Name("b", EN_ES)):
            write_file(tmp_path, name, {"a": "b"})
        assert remove_files(tmp_path, "a", EN_ES) == [Name("a", EN_ES)]
        assert remove_files(tmp_path, "a", EN_ES) == []
        assert remove_files(tmp_path, "a", None) == [Name("a", Direction("en", "fr"))]
        assert list(list_files(tmp_path).files) == [Name("b", EN_ES)]

    def test_a_file_that_is_too_large(self, tmp_path: Path) -> None:
        with (tmp_path / "brand.en-es.tsv").open("wb") as file:
            file.truncate(LARGEST_FILE + 1)
        with pytest.raises(FaultyGlossary, match="larger than 16 MB"):
            read_file(tmp_path / "brand.en-es.tsv")


class TestFind:
    def test_a_glossary_for_its_directions_only(self, tmp_path: Path, glossaries: Glossaries) -> None:
        (tmp_path / "brand.en-es.tsv").write_text("cloud\tnube\n")
        (tmp_path / "brand.en-pt-BR.tsv").write_text("cloud\tnuvem\n")
        assert apply(glossaries, "cloud") == "nube"
        assert apply(glossaries, "cloud", target="pb") == "nuvem"
        assert glossaries.find("brand", "es", "en") is None

    def test_a_file_without_terms_is_a_glossary_that_has_nothing(self, tmp_path: Path, glossaries: Glossaries) -> None:
        (tmp_path / "brand.en-es.tsv").write_text("# later\n")
        assert glossaries.find("brand", "en", "es") is None

    @pytest.mark.parametrize(
        "glossary_id", ["other", "", "../brand", "brand.en-es", "BRAND", "a\0b", "x" * 100_000, "\ud800"]
    )
    def test_an_id_is_only_compared(self, tmp_path: Path, glossaries: Glossaries, glossary_id: str) -> None:
        (tmp_path / "brand.en-es.tsv").write_text("cloud\tnube\n")
        with pytest.raises(UnknownGlossary) as caught:
            glossaries.find(glossary_id, "en", "es")
        assert len(str(caught.value)) < 120
        assert str(caught.value).isprintable()
        assert "cloud" not in str(caught.value)

    def test_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(UnknownGlossary):
            Glossaries(tmp_path / "none").find("brand", "en", "es")

    def test_the_same_object_while_nothing_changes(self, tmp_path: Path, glossaries: Glossaries) -> None:
        (tmp_path / "brand.en-es.tsv").write_text("cloud\tnube\n")
        assert glossaries.find("brand", "en", "es") is glossaries.find("brand", "en", "es")

    def test_services_have_those_of_the_settings(self, tmp_path: Path) -> None:
        from libretranslate_py.services import build
        from libretranslate_py.settings import load

        (tmp_path / "g").mkdir()
        (tmp_path / "g" / "brand.en-es.tsv").write_text("cloud\tnube\n")
        environ = {"HOME": str(tmp_path), "LT_GLOSSARIES_DIR": str(tmp_path / "g")}
        services = build(load({}, environ, None), environ)
        try:
            assert apply(services.glossaries, "cloud") == "nube"
        finally:
            services.stop()


class TestChanges:
    def test_added_changed_and_removed_files(self, tmp_path: Path, glossaries: Glossaries) -> None:
        path = tmp_path / "brand.en-es.tsv"
        with pytest.raises(UnknownGlossary):
            glossaries.find("brand", "en", "es")
        path.write_text("cloud\tnube\n")
        assert apply(glossaries, "cloud") == "nube"
        path.write_text("cloud\tla nube\n")
        assert apply(glossaries, "cloud") == "la nube"
        path.unlink()
        with pytest.raises(UnknownGlossary):
            glossaries.find("brand", "en", "es")

    def test_the_folder_is_not_looked_at_again_before_its_time(self, tmp_path: Path) -> None:
        glossaries = Glossaries(tmp_path, interval=3600)
        (tmp_path / "brand.en-es.tsv").write_text("cloud\tnube\n")
        assert apply(glossaries, "cloud") == "nube"
        (tmp_path / "brand.en-es.tsv").unlink()
        assert apply(glossaries, "cloud") == "nube"

    def test_a_faulty_version_leaves_the_last_good_one(
        self, tmp_path: Path, glossaries: Glossaries, caplog: pytest.LogCaptureFixture
    ) -> None:
        path = tmp_path / "brand.en-es.tsv"
        path.write_text("cloud\tnube\n")
        assert apply(glossaries, "cloud") == "nube"
        path.write_text("cloud\tx\nsecret\tb\tc\n")
        for _ in range(3):
            assert apply(glossaries, "cloud") == "nube"
        (warning,) = [record for record in caplog.records if record.levelno == logging.WARNING]
        assert warning.getMessage() == (
            "brand.en-es.tsv is not a usable glossary: line 2: more than two columns; its last good version is used"
        )
        assert "secret" not in caplog.text
        path.write_text("cloud\tcielo\n")
        assert apply(glossaries, "cloud") == "cielo"

    def test_a_file_that_was_never_good_is_no_glossary(
        self, tmp_path: Path, glossaries: Glossaries, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "brand.en-es.tsv").write_bytes(b"\xff")
        (tmp_path / "other.en-es.tsv").write_text("cloud\tnube\n")
        with pytest.raises(UnknownGlossary):
            glossaries.find("brand", "en", "es")
        assert apply(glossaries, "cloud", "other") == "nube"
        assert "brand.en-es.tsv is not a usable glossary: line 1: not UTF-8; it is not used" in caplog.text

    def test_what_is_no_file_and_what_is_named_otherwise(
        self, tmp_path: Path, glossaries: Glossaries, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "folder.en-es.tsv").mkdir()
        os.mkfifo(tmp_path / "pipe.en-es.tsv")
        (tmp_path / "gone.en-es.tsv").symlink_to(tmp_path / "nothing")
        (tmp_path / "brand.tsv").write_text("a\tb\n")
        (tmp_path / "a.en-pb.tsv").write_text("a\tb\n")
        (tmp_path / "a.en-pt-BR.tsv").write_text("a\tc\n")
        (tmp_path / ".hidden.en-es.tsv").write_text("a\tb\n")
        (tmp_path / "README.md").write_text("a\tb\n")
        for _ in range(3):
            assert apply(glossaries, "a", "a", "en", "pb") == "b"
        warnings = sorted(record.getMessage() for record in caplog.records if record.levelno == logging.WARNING)
        assert warnings == sorted(
            [
                "'a.en-pt-BR.tsv' is not a usable glossary: the same glossary and languages as a.en-pb.tsv",
                "'brand.tsv' is not a usable glossary: not named ID.SOURCE-TARGET.tsv",
                "folder.en-es.tsv is not a usable glossary: it is not a file; it is not used",
                "pipe.en-es.tsv is not a usable glossary: it is not a file; it is not used",
                f"{tmp_path / 'gone.en-es.tsv'} cannot be read: No such file or directory; it is not used",
            ]
        )

    @pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files as Linux shows them")
    def test_files_are_closed(self, tmp_path: Path, glossaries: Glossaries) -> None:
        (tmp_path / "folder.en-es.tsv").mkdir()
        (tmp_path / "brand.en-es.tsv").write_text("cloud\tnube\n")
        before = names_in(Path("/proc/self/fd"))
        for round_ in range(5):
            (tmp_path / "brand.en-es.tsv").write_text(f"cloud\tnube{round_}\n")
            (tmp_path / "folder.en-es.tsv" / str(round_)).write_text("")
            assert apply(glossaries, "cloud") == f"nube{round_}"
        assert names_in(Path("/proc/self/fd")) == before

    def test_links_are_followed(self, tmp_path: Path) -> None:
        """As Kubernetes mounts files: names that point through a link to the folder of a version."""
        folder, first, second = tmp_path / "g", tmp_path / "v1", tmp_path / "v2"
        for version, target in ((first, "nube"), (second, "cielo")):
            version.mkdir()
            (version / "brand.en-es.tsv").write_text(f"cloud\t{target}\n")
        folder.mkdir()
        (folder / "..data").symlink_to(first)
        (folder / "brand.en-es.tsv").symlink_to("..data/brand.en-es.tsv")
        glossaries = Glossaries(folder, interval=0)
        assert apply(glossaries, "cloud") == "nube"
        (folder / "..new").symlink_to(second)
        (folder / "..new").replace(folder / "..data")
        assert apply(glossaries, "cloud") == "cielo"

    def test_a_folder_that_cannot_be_read_for_the_moment_takes_nothing_away(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        folder = tmp_path / "g"
        folder.mkdir()
        (folder / "brand.en-es.tsv").write_text("cloud\tnube\n")
        glossaries = Glossaries(folder, interval=0)
        assert apply(glossaries, "cloud") == "nube"
        folder.rename(tmp_path / "h")
        folder.write_text("a file in its place")
        for _ in range(3):
            assert apply(glossaries, "cloud") == "nube"
        assert caplog.text.count("cannot be read") == 1
        folder.unlink()
        (tmp_path / "h").rename(folder)
        (folder / "brand.en-es.tsv").write_text("cloud\tcielo\n")
        assert apply(glossaries, "cloud") == "cielo"


class TestThreads:
    def test_no_request_waits_for_a_change_to_be_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "brand.en-es.tsv"
        path.write_text("cloud\tnube\n")
        glossaries = Glossaries(tmp_path, interval=0)
        assert apply(glossaries, "cloud") == "nube"
        reading, go_on = threading.Event(), threading.Event()

        def read_slowly(path: Path) -> dict[str, str | None]:
            reading.set()
            assert go_on.wait(10)
            return read_file(path)

        monkeypatch.setattr("libretranslate_py.glossaries.read_file", read_slowly)
        path.write_text("cloud\tla nube\n")
        results: list[str] = []
        thread = threading.Thread(target=lambda: results.append(apply(glossaries, "cloud")))
        thread.start()
        assert reading.wait(10)
        assert apply(glossaries, "cloud") == "nube"
        go_on.set()
        thread.join(10)
        assert results == ["la nube"]
        assert apply(glossaries, "cloud") == "la nube"

    def test_all_first_requests_find_what_is_there(self, tmp_path: Path) -> None:
        (tmp_path / "brand.en-es.tsv").write_text("".join(f"word{n}\tx\n" for n in range(3000)) + "cloud\tnube\n")
        glossaries = Glossaries(tmp_path)
        results: list[str] = []
        start = threading.Barrier(8)

        def ask() -> None:
            start.wait(10)
            results.append(apply(glossaries, "cloud"))

        run_all([ask] * 8)
        assert results == ["nube"] * 8

    def test_readers_see_one_version_or_the_other(self, tmp_path: Path) -> None:
        glossaries = Glossaries(tmp_path, interval=0)
        name = Name("brand", EN_ES)
        versions = [{f"word{n}": f"{letter}" for n in range(50)} for letter in "xy"]
        write_file(tmp_path, name, versions[0])
        stop = threading.Event()
        wrong: list[object] = []

        def ask() -> None:
            while not stop.is_set():
                try:
                    result = apply(glossaries, "word1 word49")
                except UnknownGlossary as error:
                    result = str(error)
                if result not in ("x x", "y y"):
                    wrong.append(result)

        def write() -> None:
            for round_ in range(10):
                write_file(tmp_path, name, versions[round_ % 2])
            stop.set()

        run_all([ask, ask, ask, write])
        assert wrong == []


def run_all(jobs: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


class TestDocumentation:
    PAGE = (Path(__file__).parents[1] / "docs" / "glossaries.md").read_text(encoding="utf-8")

    def test_the_file_in_it(self) -> None:
        block = self.PAGE.partition("```tsv\n")[2].partition("```")[0]
        sheet = read_sheet(block.encode())
        assert sheet.faults == ()
        assert sheet.terms == {"cloud": "nube", "ice cream": "helado", "Acme Cloud": None, "#1 hit": "número uno"}

    def test_the_table_of_cases(self, tmp_path: Path, glossaries: Glossaries) -> None:
        (tmp_path / "brand.en-es.tsv").write_text("ice cream\tcrema helada\niphone\tiPhone\n")
        rows = self.PAGE.partition("`iPhone` |\n|---|---|\n")[2].partition("\n\n")[0].splitlines()
        assert len(rows) == 7
        for row in rows:
            text, result = (cell.strip() for cell in row.strip("|").split("|"))
            assert result in apply(glossaries, text)
