from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libretranslate_py.errors import CorruptPackage
from libretranslate_py.languages import Direction
from libretranslate_py.packages.package import (
    Catalogue,
    Package,
    Problem,
    demand_version,
    folder_name,
    is_code,
    read_package,
    split_revision,
    version_order,
)


def package(folder: str, source: str, target: str, version: str) -> Package:
    return Package(Path(folder), source, target, version, "", "", "sentencepiece", "", False)


def test_a_starter_package_is_read(starter_folder: Path) -> None:
    found = read_package(starter_folder / "translate-en_es-0_1")
    assert replace(found, stamp=()) == Package(
        starter_folder / "translate-en_es-0_1", "en", "es", "0.1", "English", "Spanish", "sentencepiece", "", False
    )
    assert found.direction == Direction("en", "es")
    assert found.name == "translate-en_es"


def test_fields_that_may_be_missing(make_folder: Callable[..., Path]) -> None:
    folder = make_folder(package_version=None, from_name=None, to_name=None, without=("sentencepiece.model",))
    (folder / "bpe.model").write_bytes(b"codes")
    found = read_package(folder)
    assert (found.version, found.source_name, found.target_name, found.tokenizer) == ("", "", "", "bpe")


@pytest.mark.parametrize(
    "version", ["1", "1.9", "0.1", "1.10.2", "1.0rc1", "1.0.post1", "1.9-hotfix", "1.0+local", "2024.1_b", "1.0-1"]
)
def test_versions_to_publish(version: str) -> None:
    demand_version(package("x", "en", "es", version))


@pytest.mark.parametrize(
    "version", ["", "1.", "v1", ".1", "1..2", "1/2", "1.0/../..", "1\\2", "1 0", "what?", "1" * 41, "1.0\n", "\u0661.0"]
)
def test_versions_not_to_publish(version: str) -> None:
    with pytest.raises(CorruptPackage, match="package_version"):
        demand_version(package("x", "en", "es", version))


@pytest.mark.parametrize("file", ["metadata.json", "model/model.bin", "sentencepiece.model"])
def test_a_file_that_was_replaced_makes_another_package(file: str, make_folder: Callable[..., Path]) -> None:
    folder = make_folder()
    before = read_package(folder)
    assert read_package(folder) == before
    other = folder / "other"
    other.write_bytes((folder / file).read_bytes())
    other.replace(folder / file)
    after = read_package(folder)
    assert after != before
    assert replace(after, stamp=before.stamp) == before


def test_a_catalogue_is_incomplete_where_something_could_not_be_looked_at() -> None:
    broken, unseen = Problem(Path("a"), "broken"), Problem(Path("b"), "too many open files", transient=True)
    assert not Catalogue((), (broken,)).incomplete
    assert Catalogue((), (broken, unseen)).restricted_to([]).incomplete


def test_the_target_prefix_is_kept(make_folder: Callable[..., Path]) -> None:
    assert read_package(make_folder(target_prefix="__opt_tgt_de ")).target_prefix == "__opt_tgt_de "


@pytest.mark.parametrize(
    ("without", "named"),
    [
        ("metadata.json", "metadata.json"),
        ("model/model.bin", "model.bin"),
        ("model/shared_vocabulary.json", "vocabulary"),
        ("sentencepiece.model", "bpe.model"),
    ],
)
def test_each_missing_file_is_named(without: str, named: str, make_folder: Callable[..., Path]) -> None:
    with pytest.raises(CorruptPackage, match=named):
        read_package(make_folder(without=(without,)))


@pytest.mark.parametrize("form", ["txt", "json"])
def test_two_vocabularies_do_for_a_shared_one(form: str, make_folder: Callable[..., Path]) -> None:
    folder = make_folder(without=("model/shared_vocabulary.json",))
    (folder / "model" / f"source_vocabulary.{form}").write_text("a")
    with pytest.raises(CorruptPackage, match="vocabulary"):
        read_package(folder)
    (folder / "model" / f"target_vocabulary.{form}").write_text("a")
    assert read_package(folder).source == "en"


@pytest.mark.parametrize(
    "fields",
    [
        {"from_code": None},
        {"to_code": 7},
        {"to_code": ""},
        {"to_code": "../es"},
        {"to_code": "EN"},
        {"to_code": "e"},
        {"to_code": "es\n"},
        {"to_code": "en"},
        {"to_code": ["es"]},
        {"package_version": 1.9},
        {"package_version": "1" * 300},
        {"from_name": {"en": "English"}},
        {"from_name": "\x1b[31mEnglish"},
        {"from_name": "half \ud800 a pair"},
        {"target_prefix": 3},
        {"type": "sbd"},
        {"type": 1},
    ],
)
def test_metadata_of_wrong_types_or_forms_are_refused(
    fields: dict[str, object], make_folder: Callable[..., Path]
) -> None:
    with pytest.raises(CorruptPackage):
        read_package(make_folder(**{key: value for key, value in fields.items()}))


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe\x00", b"[" * 100_000, b'{"a": "' + b"a" * (1 << 20) + b'"}'],
)
def test_what_is_no_json_object_is_refused(content: bytes, make_folder: Callable[..., Path]) -> None:
    folder = make_folder()
    (folder / "metadata.json").write_bytes(content)
    with pytest.raises(CorruptPackage, match=r"metadata\.json"):
        read_package(folder)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_no_value_of_any_field_crashes(value: object) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        for field in ("from_code", "to_code", "package_version", "from_name", "target_prefix", "type"):
            Path(name, "metadata.json").write_text(json.dumps({"from_code": "en", "to_code": "es", field: value}))
            with pytest.raises(CorruptPackage):
                read_package(Path(name))


@pytest.mark.parametrize("code", ["en", "zh", "pb", "tlh", "pt-BR", "zh_Hans", "sr-Latn-RS"])
def test_well_formed_codes(code: str) -> None:
    assert is_code(code)


@pytest.mark.parametrize("code", ["", "e", "EN", "engl", "en-", "en_", "en es", "en/es", "..", "en-x", "é", "en\n"])
def test_malformed_codes(code: str) -> None:
    assert not is_code(code)


def test_versions_sort_as_versions() -> None:
    versions = ["1.10", "", "1.9", "2.0rc1", "nonsense", "0.1", "2.0", "9" * 5000, "1.9.1"]
    ordered = sorted(versions, key=version_order)
    assert set(ordered[:3]) == {"", "nonsense", "9" * 5000}
    assert ordered[3:] == ["0.1", "1.9", "1.9.1", "1.10", "2.0rc1", "2.0"]


@given(st.text(), st.text())
def test_any_two_versions_compare(first: str, second: str) -> None:
    assert (version_order(first) < version_order(second)) + (version_order(second) < version_order(first)) <= 1


@given(st.text(), st.integers(1, 1000))
def test_a_folder_name_is_one_safe_part_and_tells_its_revision(version: str, revision: int) -> None:
    name = folder_name(Direction("en", "es"), version, revision)
    assert Path(name).name == name
    assert name.isascii()
    assert name.startswith("translate-en_es-")
    assert split_revision(name) == (folder_name(Direction("en", "es"), version), revision)


def test_the_highest_version_is_served_and_the_newest_revision_of_it() -> None:
    old = package("translate-en_es-1_9", "en", "es", "1.9")
    first = package("translate-en_es-1_10", "en", "es", "1.10")
    second = package("translate-en_es-1_10-r2", "en", "es", "1.10")
    tenth = package("translate-en_es-1_10-r10", "en", "es", "1.10")
    other = package("es_en", "es", "en", "1.0")
    catalogue = Catalogue((tenth, first, second, other, old))
    assert catalogue.served == {Direction("en", "es"): tenth, Direction("es", "en"): other}
    assert set(catalogue.shadowed) == {old, first, second}


def test_a_catalogue_is_restricted_to_languages() -> None:
    packages = tuple(package(f"{a}_{b}", a, b, "1.0") for a, b in [("en", "es"), ("es", "en"), ("en", "fr")])
    assert set(Catalogue(packages).restricted_to(["en", "es"]).served) == {Direction("en", "es"), Direction("es", "en")}
    assert Catalogue(packages).restricted_to([]).packages == ()
