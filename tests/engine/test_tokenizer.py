"""Where pieces lie in a text, for both kinds of packages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libretranslate_py import packages
from libretranslate_py.engine.alignment import group
from libretranslate_py.engine.tokenizer import Tokenizer, load_tokenizer
from libretranslate_py.packages.package import read_package

EN_ES = Path(packages.__file__).parent / "starter" / "translate-en_es-0_1"
TEXTS = [
    "She bought a new car.",
    "  don't  \u2018quote\u2019 it's 50% \u2013 A&B <b> ",
    "\uff28ello \u00bd \ufb01ne \u65e5\u672c \U0001f600x caf\u00e9 e\u0301",
    "\u00a1Ma\u00f1ana!",
    "",
    " ",
]


@pytest.fixture(scope="module")
def pieces_of_sentences() -> Tokenizer:
    return load_tokenizer(read_package(EN_ES))


@pytest.fixture(scope="module")
def pairs_of_bytes(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    folder = tmp_path_factory.mktemp("bpe")
    shutil.copytree(EN_ES / "model", folder / "model")
    shutil.copyfile(EN_ES / "metadata.json", folder / "metadata.json")
    (folder / "bpe.model").write_text("#version: 0.2\nh e\ne w</w>\nc a\n")
    return load_tokenizer(read_package(folder))


def check_ranges(text: str, ranges: list[tuple[int, int]]) -> None:
    before = 0
    for start, end in ranges:
        assert before <= end
        assert 0 <= start <= end <= len(text)
        before = start


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("kind", ["pieces_of_sentences", "pairs_of_bytes"])
def test_locating_changes_neither_pieces_nor_text(kind: str, text: str, request: pytest.FixtureRequest) -> None:
    tokenizer: Tokenizer = request.getfixturevalue(kind)
    pieces, ranges = tokenizer.locate_encoded(text)
    assert pieces == tokenizer.encode(text)
    assert len(ranges) == len(pieces)
    check_ranges(text, ranges)
    decoded, ranges = tokenizer.locate_decoded(pieces)
    assert decoded == tokenizer.decode(pieces)
    assert len(ranges) == len(pieces)
    check_ranges(decoded, ranges)


@given(text=st.text("ab \u00e9\u0301\u65e5\ufb01\uff28\u00bd\U0001f600\u00a0\u2581_'&.\t", max_size=30))
def test_any_text(pieces_of_sentences: Tokenizer, text: str) -> None:
    test = pieces_of_sentences
    pieces, ranges = test.locate_encoded(text)
    assert pieces == test.encode(text)
    check_ranges(text, ranges)
    decoded, ranges = test.locate_decoded(pieces)
    assert decoded == test.decode(pieces)
    check_ranges(decoded, ranges)


@given(numbers=st.lists(st.integers(0, 7999), max_size=12))
def test_any_pieces(pieces_of_sentences: Tokenizer, numbers: list[int]) -> None:
    """Models write bytes in any order, pieces for control, and pieces of the source that they have none for."""
    known = pieces_of_sentences._processor  # type: ignore[attr-defined]
    pieces = [known.id_to_piece(number) for number in numbers] + ["\u2581unknown\u0416"]
    decoded, ranges = pieces_of_sentences.locate_decoded(pieces)
    assert decoded == pieces_of_sentences.decode(pieces)
    assert len(ranges) == len(pieces)
    check_ranges(decoded, ranges)


@pytest.mark.parametrize("kind", ["pieces_of_sentences", "pairs_of_bytes"])
@pytest.mark.parametrize("text", TEXTS[:4])
def test_every_word_has_its_pieces(kind: str, text: str, request: pytest.FixtureRequest) -> None:
    tokenizer: Tokenizer = request.getfixturevalue(kind)
    pieces, ranges = tokenizer.locate_encoded(text)
    units = group(text, ranges)
    covered = {word for first, last in units.units for word in range(first, last)}
    assert covered == set(range(len(units.words)))
    assert len(units.of_piece) == len(pieces)
