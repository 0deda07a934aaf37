"""The file ``model.bin`` of a package: which attention its model gives, and how to load it with another.

CTranslate2's format, little endian: version, name of the specification, revision, number of variables; of each its
name, dimensions, type and values. A text is its length with the final NUL, and its bytes.
"""

from __future__ import annotations

import re
import shutil
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

MODEL_FILE = "model.bin"

_VERSIONS = range(6, 7)
_LAYER = "decoder/alignment_layer"
_HEADS = "decoder/alignment_heads"
_OF_LAYER = re.compile(r"decoder/layer_(\d{1,3})/attention/")
_SCALAR = struct.Struct("<h")
_MOST_VARIABLES = 100_000


class Setting(NamedTuple):
    """Whose attention is given: the decoder layer (negative: from the last), and how many of its heads; 0 = all."""

    layer: int
    heads: int


# What converters write who were not told otherwise.
_DEFAULTS = (-1, 1)


@dataclass(frozen=True, slots=True)
class AttentionFields:
    """What ``model.bin`` says about attention, and where. layers: how many the decoder has."""

    setting: Setting
    layers: int
    layer_place: int
    heads_place: int

    @property
    def chosen(self) -> bool:
        """Whether somebody chose the setting, instead of leaving what a converter writes by itself."""
        return self.setting.heads != _DEFAULTS[1] or self.setting.layer not in (_DEFAULTS[0], self.layers - 1)


def read_fields(path: Path) -> AttentionFields:
    """Raises OSError, and ValueError for a file of another version or without these fields."""
    with path.open("rb") as file:
        (version,) = _unpack(file, "<I")
        if version not in _VERSIONS:
            raise ValueError(f"version {version} of {MODEL_FILE} is not known")
        _name(file)
        _, count = _unpack(file, "<II")
        found: dict[str, tuple[int, int]] = {}
        layers = 0
        for _ in range(min(count, _MOST_VARIABLES)):
            name = _name(file)
            place, size = _values(file)
            if name in (_LAYER, _HEADS) and size == _SCALAR.size:
                found[name] = (_unpack(file, _SCALAR.format)[0], place)
            elif layer := _OF_LAYER.match(name):
                layers = max(layers, int(layer.group(1)) + 1)
            file.seek(place + size)
    if len(found) < 2 or not layers:
        raise ValueError(f"{MODEL_FILE} says nothing about attention")
    return AttentionFields(Setting(found[_LAYER][0], found[_HEADS][0]), layers, found[_LAYER][1], found[_HEADS][1])


def write_setting(path: Path, fields: AttentionFields, setting: Setting) -> None:
    """Writes ``setting`` into the file, whose fields lie where ``fields`` says; raises OSError."""
    with path.open("r+b") as file:
        for place, value in ((fields.layer_place, setting.layer), (fields.heads_place, setting.heads)):
            file.seek(place)
            file.write(_SCALAR.pack(value))


@contextmanager
def copied(folder: Path) -> Iterator[Path]:
    """A copy of the model in ``folder`` for as long as this is open, in the folder for temporary files.

    A loaded model needs its files no more. The library can also be given the content of files instead, and keeps that
    beside the weights for good. Raises OSError.
    """
    with tempfile.TemporaryDirectory(prefix="model-", ignore_cleanup_errors=True) as temporary:
        for file in folder.iterdir():
            if file.is_file():
                shutil.copyfile(file, Path(temporary) / file.name)
        yield Path(temporary)


def _unpack(file: BinaryIO, form: str) -> tuple[int, ...]:
    size = struct.calcsize(form)
    content = file.read(size)
    if len(content) < size:
        raise ValueError(f"{MODEL_FILE} ends too early")
    return struct.unpack(form, content)


def _name(file: BinaryIO) -> str:
    (length,) = _unpack(file, "<H")
    return file.read(length).rstrip(b"\0").decode("utf-8", "replace")


def _values(file: BinaryIO) -> tuple[int, int]:
    """Reads what stands before the values of a variable; returns where these begin, and how many bytes they are."""
    (rank,) = _unpack(file, "<B")
    file.seek(4 * rank + 1, 1)
    (size,) = _unpack(file, "<I")
    return file.tell(), size
