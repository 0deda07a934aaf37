from __future__ import annotations

import json
from pathlib import Path

import pytest

from libretranslate_py.documents.json_values import open_json
from libretranslate_py.errors import UnreadableFile
from tests.documents.text_files import DATA, in_spanish, rewritten, texts, unchanged


def _shape(value: object) -> object:
    if isinstance(value, dict):
        return {key: _shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_shape(inner) for inner in value]
    return "text" if isinstance(value, str) else value


def test_a_file_in_spanish(tmp_path: Path) -> None:
    data = (DATA / "strings.json").read_bytes()
    assert unchanged(open_json(data)) == data
    done = in_spanish(open_json(data), tmp_path)
    assert _shape(json.loads(done)) == _shape(json.loads(data))
    assert done.count(b'"title"') == 2
    assert b'"title" : "La casa roja",\n  "count": 12.50, "big": 123456789012345678901234567890,' in done
    assert b"https://example.com" in done
    assert b'<a href=\\"x\\">' in done
    assert b"<\\/a>" in done
    assert "¡Buenos días, {name}!".encode() in done


def test_only_values_are_translated() -> None:
    data = b'{"a b": "c d", "e" : ["f", {"g": "h"}], "i": "12", "j": 1, "c": true, "k": "\\ud800"}'
    assert texts(open_json(data)) == ["c d", "f", "h"]
    assert rewritten(open_json(b'"x"'), lambda _: 'a"\n\\') == b'"a\\"\\n\\\\"'


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ('"a \\u00e9"', '"\\u00f1\\ud83d\\ude00/"'),
        ('"é"', '"ñ😀/"'),
        ('"a"', '"ñ😀/"'),
        ('"\\/"', '"\\/"'),
        ('"\\/a"', '"ñ😀\\/"'),
    ],
)
def test_escapes_are_those_of_the_file(value: str, written: str) -> None:
    assert rewritten(open_json(value.encode()), lambda _: "ñ😀/").decode() == written


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{", "not valid JSON"),
        (b"{'a': 1}", "not valid JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "too deeply"),
        (b"[1" + b",1" * 4_000_000 + b"]", "too many values"),
    ],
    ids=["open", "quotes", "deep", "many"],
)
def test_what_is_not_read(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        open_json(data)


def test_numbers_of_any_size_stay() -> None:
    data = b'{"n": ' + b"9" * 10_000 + b', "t": "a"}'
    assert rewritten(open_json(data), lambda _: "b") == data.replace(b'"a"', b'"b"')
