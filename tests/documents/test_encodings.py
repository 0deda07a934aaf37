from __future__ import annotations

import pytest

from libretranslate_py.documents.encodings import decode
from libretranslate_py.errors import UnreadableFile

_TEXT = "Ein Fuß, été, naïve"


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_texts_come_out_in_the_encoding_they_were_in(codec: str) -> None:
    content = decode(_TEXT.encode(codec))
    assert content.text == _TEXT
    assert content.encode("Ñandú") == "Ñandú".encode(codec)


def test_a_big_endian_file_stays_one() -> None:
    data = b"\xfe\xff" + _TEXT.encode("utf-16-be")
    assert decode(data).encode(_TEXT) == data


@pytest.mark.parametrize(
    ("name", "codec"), [("windows-1251", "cp1251"), ("Shift_JIS", "cp932"), ("ISO-8859-2", "iso8859-2")]
)
def test_what_is_declared_is_believed(name: str, codec: str) -> None:
    text = {"cp1251": "Привет", "cp932": "漢字かな", "iso8859-2": "Žluťoučký"}[codec]
    content = decode(text.encode(codec), name)
    assert (content.text, content.codec) == (text, codec)
    assert decode(b"plain", name).encode(text) == text.encode(codec)


@pytest.mark.parametrize("name", ["punycode", "utf-7", "base64", "unicode_escape", "../x", "utf-16"])
def test_no_codec_is_used_that_is_no_charset_of_documents(name: str) -> None:
    assert decode(b"plain", name).codec == "utf-8"


def test_utf_8_counts_more_than_what_is_declared() -> None:
    assert decode("été".encode(), "iso-8859-1").text == "été"


def test_characters_that_an_encoding_lacks() -> None:
    content = decode("été".encode("cp1252"))
    assert content.encode("été 漢") == "été 漢".encode()
    assert content.encode("été 漢", references=True) == "été &#28450;".encode("cp1252")


def test_a_damaged_byte_does_not_spoil_a_file() -> None:
    data = "Это длинный текст".encode() + b"\xff" + "и ещё".encode()
    content = decode(data)
    assert "длинный" in content.text
    assert content.encode(content.text) == data


@pytest.mark.parametrize("data", [b"a\0b", b"\x7fELF\0\0", b"\xff\xfea\0\0\0", b"\xff\xfe\x00\xd8a\0", b"\xff\xfea"])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match="not a text file"):
        decode(data)
