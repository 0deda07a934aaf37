"""``ltmanage glossary``, run as the program: what it prints where, its exit status, and what is in the folder then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from libretranslate_py.glossaries import Glossaries
from tests.conftest import Done


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / ".local/share/libretranslate/glossaries"


def test_from_adding_to_removing(run: Callable[..., Done], folder: Path, tmp_path: Path) -> None:
    (tmp_path / "terms.csv").write_text('cloud,nube\n"a, b",\n')
    assert run("glossary", "list") == (0, "", f"no glossary is stored in {folder}\n")
    assert run("glossary", "add", "brand", "en-es", "terms.csv") == (0, "added brand en-es: 2 terms\n", "")
    assert (
        run("glossary", "add", "brand", "en-pt-BR", "-", stdin=b"cloud\tnuvem\n").out == "added brand en-pb: 1 term\n"
    )
    assert run("glossary", "list").out == (
        "brand                  en-es    2 terms\nbrand                  en-pb    1 term\n"
    )
    assert run("glossary", "show", "brand", "en-es").out == "cloud\tnube\na, b\t\n"
    assert run("glossary", "show", "brand").out == "# brand en-es\ncloud\tnube\na, b\t\n# brand en-pb\ncloud\tnuvem\n"
    assert Glossaries(folder).find("brand", "en", "pb") is not None
    assert run("glossary", "remove", "brand", "en-es") == (0, "removed brand en-es\n", "")
    assert run("glossary", "remove", "brand") == (0, "removed brand en-pb\n", "")
    assert list(folder.iterdir()) == []


def test_what_is_shown_can_be_added(run: Callable[..., Done]) -> None:
    run("glossary", "add", "brand", "en-es", "-", stdin=b'{"#1": "#2", "cloud": null, "ice cream": "helado"}')
    shown = run("glossary", "show", "brand", "en-es").out
    assert run("glossary", "add", "copy", "en-es", "-", stdin=shown.encode()).status == 0
    assert run("glossary", "show", "copy", "en-es").out == shown


def test_adding_replaces(run: Callable[..., Done]) -> None:
    run("glossary", "add", "brand", "en-es", "-", stdin=b"cloud\tnube\n")
    run("glossary", "add", "brand", "en-es", "-", stdin=b"ice\thielo\n")
    assert run("glossary", "show", "brand", "en-es").out == "ice\thielo\n"


def test_the_folder_is_an_option(run: Callable[..., Done], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("--glossaries-dir", "here", "glossary", "add", "brand", "en-es", "-", stdin=b"cloud\tnube\n")
    assert (tmp_path / "here" / "brand.en-es.tsv").read_text() == "cloud\tnube\n"
    monkeypatch.setenv("LT_GLOSSARIES_DIR", "here")
    assert run("glossary", "list").out == "brand                  en-es    1 term\n"


def test_all_faults_are_listed_and_nothing_is_stored(run: Callable[..., Done], folder: Path) -> None:
    good = run("glossary", "add", "brand", "en-es", "-", stdin=b"cloud\tnube\n")
    assert good.status == 0
    done = run("glossary", "add", "brand", "en-es", "-", stdin=b"a\tb\tc\nfine\tx\n\ty\n")
    assert (done.status, done.out) == (1, "")
    assert done.err == (
        "the standard input: line 1: more than two columns\n"
        "the standard input: line 3: a source term is empty\n"
        "ltmanage: the standard input is not a usable glossary: line 1: more than two columns (and 1 more)\n"
    )
    assert (folder / "brand.en-es.tsv").read_text() == "cloud\tnube\n"


@pytest.mark.parametrize(
    ("content", "name", "status", "words"),
    [
        ("a\tb\n", "x.tsv", 0, "x.tsv: 1 term, ok"),
        ("a,b\n", "x.csv", 0, "x.csv: 1 term, ok"),
        ('{"a": "b"}', "x.json", 0, "x.json: 1 term, ok"),
        ('{"a": "b"}', "x.txt", 0, "x.txt: 1 term, ok"),
        ("", "x.tsv", 0, "x.tsv: 0 terms, ok"),
        ("a\tb\n", "x.json", 1, "ltmanage: x.json is not a usable glossary: line 1: not JSON: "),
        ("a\tb\na\tc\n", "x.tsv", 1, "line 2: another translation than in line 1 for the same term"),
    ],
)
def test_check(run: Callable[..., Done], tmp_path: Path, content: str, name: str, status: int, words: str) -> None:
    (tmp_path / name).write_text(content)
    done = run("glossary", "check", name)
    assert done.status == status
    assert words in (done.err if status else done.out)
    assert (done.out if status else done.err) == ""


def test_the_form_can_be_named(run: Callable[..., Done]) -> None:
    assert run("glossary", "check", "-", "--format", "csv", stdin=b"a,b\n").out == "-: 1 term, ok\n"
    assert run("glossary", "check", "-", "--format", "json", stdin=b"a,b\n").status == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "brand"), "there is no glossary brand"),
        (("show", "other", "en-fr"), "there is no glossary other en-fr"),
        (("remove", "../brand"), "there is no glossary ../brand"),
        (("remove", "brand", "xx"), "PAIR parameter must be two languages such as en-es"),
        (("add", "../brand", "en-es", "-"), "ID parameter must be 1 to 64 letters"),
        (("add", "x.en-es", "en-es", "-"), "ID parameter must be 1 to 64 letters"),
        (("add", "brand", "en", "-"), "PAIR parameter must be two languages such as en-es"),
        (("add", "brand", "en-es", "none.tsv"), "none.tsv cannot be read: No such file or directory"),
        (("add", "brand", "en-es", "."), ". is not a usable glossary: it is not a file"),
    ],
)
def test_an_error_is_one_line(run: Callable[..., Done], folder: Path, arguments: tuple[str, ...], words: str) -> None:
    done = run("glossary", *arguments)
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("ltmanage: ")
    assert words in done.err
    assert done.err.count("\n") == 1
    assert not folder.exists()


def test_a_list_goes_on_past_what_is_faulty(run: Callable[..., Done], folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "a.en-es.tsv").write_text("a\tb\tc\n")
    (folder / "b.en-es.tsv").write_text("a\tb\n")
    (folder / "c.tsv").write_text("a\tb\n")
    done = run("glossary", "list")
    assert (done.status, done.out) == (0, "b                      en-es    1 term\n")
    assert done.err == (
        "a.en-es.tsv is not a usable glossary: line 1: more than two columns\n"
        "'c.tsv' is not a usable glossary: not named ID.SOURCE-TARGET.tsv\n"
    )
