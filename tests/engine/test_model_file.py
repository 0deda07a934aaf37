"""The fields of model.bin, in the files of the starter packages and in damaged ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from libretranslate_py import packages
from libretranslate_py.engine.model_file import MODEL_FILE, Setting, copied, read_fields, write_setting

MODEL = Path(packages.__file__).parent / "starter" / "translate-en_es-0_1" / "model"


def test_the_fields_of_a_real_file() -> None:
    fields = read_fields(MODEL / MODEL_FILE)
    assert fields.setting == Setting(0, 4)
    assert fields.layers == 2
    assert fields.chosen


@pytest.mark.parametrize(
    ("setting", "chosen"), [((-1, 1), False), ((1, 1), False), ((0, 1), True), ((-1, 0), True), ((-2, 1), True)]
)
def test_what_is_written_is_read(setting: tuple[int, int], chosen: bool) -> None:
    with copied(MODEL) as folder:
        before = read_fields(folder / MODEL_FILE)
        write_setting(folder / MODEL_FILE, before, Setting(*setting))
        after = read_fields(folder / MODEL_FILE)
        assert (after.setting, after.chosen) == (setting, chosen)
        content = bytearray((folder / MODEL_FILE).read_bytes())
        write_setting(folder / MODEL_FILE, before, before.setting)
        assert (folder / MODEL_FILE).read_bytes() == (MODEL / MODEL_FILE).read_bytes()
        assert len(content) == (MODEL / MODEL_FILE).stat().st_size
    assert not folder.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x06\0\0\0",
        b"\x05\0\0\0" + b"\0" * 100,
        b"\xff" * 1000,
        (MODEL / MODEL_FILE).read_bytes()[:200],
        # Says that there are many variables, and has none.
        b"\x06\0\0\0\x01\0\0\x07\0\0\0\xff\xff\xff\xff",
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / MODEL_FILE).write_bytes(content)
    with pytest.raises(ValueError, match=MODEL_FILE):
        read_fields(tmp_path / MODEL_FILE)
