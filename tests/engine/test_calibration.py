"""Packages whose attention nobody chose, made of the starter packages."""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from libretranslate_py import packages
from libretranslate_py.engine import calibration as module
from libretranslate_py.engine.calibration import Calibration
from libretranslate_py.engine.engine import Engine, RunnableModel
from libretranslate_py.engine.model import DecodeOptions, Model, choose_settings
from libretranslate_py.engine.model_file import MODEL_FILE, Setting, read_fields, write_setting
from libretranslate_py.engine.pool import Pool
from libretranslate_py.engine.tokenizer import load_tokenizer
from libretranslate_py.packages.package import Package, read_package

STARTER_FOLDER = Path(packages.__file__).parent / "starter"
ALIGNED = DecodeOptions(alignment=True)
SENTENCE = "The black cat drinks milk in the old house."
SETTINGS = choose_settings("cpu", "default", 1, 1)


def unchosen(folder: Path, name: str = "translate-en_es-0_1") -> Package:
    """A starter package with what a converter writes by itself."""
    path = shutil.copytree(STARTER_FOLDER / name, folder / name)
    model = path / "model" / MODEL_FILE
    write_setting(model, read_fields(model), Setting(-1, 1))
    return read_package(path)


class Machine:
    """An engine of a process of its own, as far as calibration is concerned."""

    def __init__(self, remembered: Path) -> None:
        self.calibration = Calibration(remembered, SETTINGS)
        self.pool: Pool[RunnableModel] = Pool(self.calibration.load, load_tokenizer)
        self.engine = Engine(
            self.pool, workers=1, max_batch=8, max_requests=8, cache_bytes=0, calibrator=self.calibration
        )

    def links(self, package: Package, options: DecodeOptions = ALIGNED) -> object:
        ((found,),) = self.engine.translate(package, [SENTENCE], options)
        return found.alignment and found.alignment.links

    def close(self) -> None:
        self.engine.close()
        self.engine.batcher.join(10)


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[list[Machine]]:
    """Two that share what is remembered."""
    made = [Machine(tmp_path / "cache" / "alignments.json") for _ in range(2)]
    yield made
    for machine in made:
        machine.close()


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the packages that were measured, one after the other."""
    names: list[str] = []
    measure = module.measure

    def counted(package: Package, *rest: object) -> object:
        names.append(package.name)
        return measure(package, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "measure", counted)
    return names


@pytest.mark.parametrize("name", sorted(path.name for path in STARTER_FOLDER.iterdir() if path.is_dir()))
def test_the_setting_found_is_the_one_that_was_chosen_by_hand(tmp_path: Path, name: str) -> None:
    package = unchosen(tmp_path, name)
    fields = read_fields(package.path / "model" / MODEL_FILE)
    scores = module.measure(package, load_tokenizer(package), SETTINGS, fields)
    assert max(scores, key=lambda setting: scores[setting]) == Setting(0, 0)
    assert scores[Setting(0, 0)] > scores[Setting(-1, 1)] + 0.1


def test_the_first_alignment_calibrates_and_the_next_process_remembers(
    tmp_path: Path, machines: list[Machine], measured: list[str]
) -> None:
    package = unchosen(tmp_path)
    chosen = read_package(STARTER_FOLDER / "translate-en_es-0_1")
    first, second = machines
    assert first.links(package, DecodeOptions()) is None
    assert measured == [], "nobody asked for an alignment"
    links = first.links(package)
    assert measured == ["translate-en_es"]
    assert links == first.links(chosen), "also where a model with another setting was loaded before"
    assert second.links(package) == links
    assert measured == ["translate-en_es"]


def test_many_at_once_wait_for_one(tmp_path: Path, machines: list[Machine], measured: list[str]) -> None:
    package = unchosen(tmp_path)
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(machines[0].links(package))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert measured == ["translate-en_es"]
    assert len(found) == 6
    assert all(links == found[0] for links in found)


def test_a_package_in_which_it_was_chosen_is_not_measured(
    tmp_path: Path, machines: list[Machine], measured: list[str]
) -> None:
    package = read_package(STARTER_FOLDER / "translate-en_es-0_1")
    machines[0].links(package, DecodeOptions())
    with machines[0].pool.lease(package) as loaded:
        pass
    assert machines[0].links(package)
    assert measured == []
    with machines[0].pool.lease(package) as same:
        assert same is loaded
    assert not (tmp_path / "cache").exists(), "there is nothing to remember"


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"a": 3}', '{"a": [1, "x"]}', "\0", '{"a": -2}'])
def test_a_damaged_memory_is_survived_and_written_anew(
    tmp_path: Path, machines: list[Machine], measured: list[str], content: str
) -> None:
    package = unchosen(tmp_path)
    remembered = tmp_path / "cache" / "alignments.json"
    remembered.parent.mkdir()
    remembered.write_text(content)
    links = machines[0].links(package)
    assert machines[1].links(package) == links
    assert measured == ["translate-en_es"]


def test_a_memory_that_names_a_layer_that_is_not_there(tmp_path: Path, machines: list[Machine]) -> None:
    package = unchosen(tmp_path)
    plain = machines[0].engine.translate(package, [SENTENCE], DecodeOptions())
    machines[0].links(package)
    remembered = tmp_path / "cache" / "alignments.json"
    ((key, layer),) = json.loads(remembered.read_text()).items()
    assert layer == 0
    remembered.write_text(json.dumps({key: 77}))
    assert machines[1].links(package), "worse ones, but no error"
    assert machines[1].engine.translate(package, [SENTENCE], DecodeOptions()) == plain


def test_a_model_that_was_loaded_meanwhile_is_gone_before_anybody_goes_on(
    tmp_path: Path, machines: list[Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    package = unchosen(tmp_path)
    machine = machines[0]
    measure = module.measure

    def disturbed(*arguments: object) -> object:
        machine.links(package, DecodeOptions())
        return measure(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "measure", disturbed)
    assert machine.links(package) == machine.links(read_package(STARTER_FOLDER / "translate-en_es-0_1"))


def test_a_folder_that_cannot_be_written_is_survived(tmp_path: Path, measured: list[str]) -> None:
    (tmp_path / "cache").write_text("a file stands where the folder should be")
    machine = Machine(tmp_path / "cache" / "alignments.json")
    package = unchosen(tmp_path)
    assert machine.links(package) == machine.links(package)
    assert measured == ["translate-en_es"], "known for the rest of the process"
    machine.close()


@pytest.mark.parametrize("error", [OSError("no space"), RuntimeError("the decoder failed")])
def test_a_calibration_that_fails_leaves_the_package_as_it_is(
    tmp_path: Path, machines: list[Machine], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*arguments: object) -> object:
        raise error

    monkeypatch.setattr(module, "measure", fail)
    assert machines[0].links(unchosen(tmp_path)), "worse ones, but no error"
    assert not (tmp_path / "cache").exists(), "the next process tries again"


def test_without_room_for_a_copy_the_model_is_loaded_as_it_is(
    tmp_path: Path, machines: list[Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    package = unchosen(tmp_path)
    machines[0].links(package)

    def fail(*arguments: object, **options: object) -> object:
        raise OSError("no space")

    monkeypatch.setattr(tempfile, "mkdtemp", fail)
    assert isinstance(machines[1].calibration.load(package), Model)


def test_a_model_that_cannot_be_renewed_is_not_measured_for_ever(tmp_path: Path, machines: list[Machine]) -> None:
    package, calibration = unchosen(tmp_path), machines[0].calibration
    asked: list[Package] = []

    def renew(package: Package) -> None:
        asked.append(package)
        if len(asked) == 2:
            raise RuntimeError("the weights cannot be unloaded")

    with pytest.raises(RuntimeError):
        calibration.settle(package, load_tokenizer(package), renew)
    assert not calibration.needed(package)
