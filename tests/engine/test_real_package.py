"""The engine over the packages that come with the program."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from libretranslate_py.engine.check import check_package, try_package
from libretranslate_py.engine.engine import Engine
from libretranslate_py.engine.model import DecodeOptions, Model, choose_settings
from libretranslate_py.engine.pool import Pool
from libretranslate_py.engine.tokenizer import BpeTokenizer, load_tokenizer
from libretranslate_py.errors import CorruptPackage
from libretranslate_py.packages.package import read_package
from libretranslate_py.services import STARTER_FOLDER

EN_ES = STARTER_FOLDER / "translate-en_es-0_1"
STARTERS = sorted(path for path in STARTER_FOLDER.iterdir() if path.is_dir())


@pytest.fixture(scope="module")
def engine():
    settings = choose_settings("cpu", "default", 0, 0)
    pool: Pool[Model] = Pool(lambda package: Model(package, settings), load_tokenizer)
    engine = Engine(pool, workers=2, max_batch=32, max_requests=100, cache_bytes=0)  # type: ignore[arg-type]
    yield engine
    engine.close()
    engine.batcher.join(10)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Hello.", "Hola."),
        ("Good morning.", "Buenos días."),
        ("Where is the train station?", "¿Dónde está la estación de tren?"),
        ("She bought a new car last week.", "Ella compró un coche nuevo la semana pasada."),
    ],
)
def test_known_sentences(engine: Engine, sentence: str, expected: str) -> None:
    ((best,),) = engine.translate(read_package(EN_ES), [sentence], DecodeOptions())
    assert best.text == expected
    assert best.score < 0


def test_alternatives_are_different(engine: Engine) -> None:
    (found,) = engine.translate(read_package(EN_ES), ["I would like a cup of coffee."], DecodeOptions(4, 4))
    assert len({hypothesis.text for hypothesis in found}) == 4


def test_a_batch_gives_what_single_sentences_give(engine: Engine) -> None:
    sentences = ["How are you?", "The weather is nice today.", "If it rains tomorrow, we will stay at home.", "Hello."]
    package = read_package(EN_ES)
    together = engine.translate(package, sentences, DecodeOptions())
    alone = [engine.translate(package, [sentence], DecodeOptions())[0] for sentence in sentences]
    assert [found[0].text for found in together] == [found[0].text for found in alone]


@pytest.mark.parametrize("folder", STARTERS, ids=lambda path: path.name)
def test_every_starter_package_works(folder: Path) -> None:
    try_package(read_package(folder))


def test_there_are_four_starter_packages() -> None:
    assert len(STARTERS) == 4


def damaged(tmp_path: Path, name: str, content: bytes | None) -> Path:
    folder = shutil.copytree(EN_ES, tmp_path / "translate-en_es-0_1")
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model/model.bin", b""),
        ("model/model.bin", b"\xff" * 5000),
        ("model/model.bin", (EN_ES / "model/model.bin").read_bytes()[:4_000_000]),
        ("model/config.json", b"{"),
        ("model/shared_vocabulary.json", b"[]"),
        ("sentencepiece.model", b"nonsense"),
        ("sentencepiece.model", b""),
        ("model/model.bin", None),
        ("sentencepiece.model", None),
    ],
)
def test_a_damaged_package_is_found_out_without_harm(tmp_path: Path, name: str, content: bytes | None) -> None:
    with pytest.raises(CorruptPackage) as caught:
        check_package(damaged(tmp_path, name, content))
    assert caught.value.reason


def test_a_whole_package_passes_the_check() -> None:
    check_package(EN_ES)


def test_an_older_package_with_byte_pair_merges(tmp_path: Path) -> None:
    folder = tmp_path / "translate-en_es-1_0"
    folder.mkdir()
    shutil.copytree(EN_ES / "model", folder / "model")
    (folder / "metadata.json").write_text(json.dumps({"from_code": "en", "to_code": "es", "package_version": "1.0"}))
    (folder / "bpe.model").write_text("#version: 0.2\nh e\nhe l\nl o</w>\n")
    package = read_package(folder)
    assert package.tokenizer == "bpe"
    tokenizer = load_tokenizer(package)
    assert isinstance(tokenizer, BpeTokenizer)
    assert tokenizer.encode("hello, world") == ["hel@@", "lo", ",", "w@@", "o@@", "r@@", "l@@", "d"]
    assert tokenizer.decode(["hel@@", "lo", ",", "w@@", "orld", "."]) == "hello, world."
