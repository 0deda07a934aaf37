from __future__ import annotations

from pathlib import Path

from libretranslate_py.documents.plain import open_txt
from tests.documents.text_files import DATA, in_spanish, rewritten, texts, unchanged

_WRAPPED = (
    "The house where my brother lives is old and small, but it\r\n"
    "stands near the river, and he would never leave it for any\r\n"
    "other house in the world.\r\n"
)


def test_a_letter_in_spanish(tmp_path: Path) -> None:
    data = (DATA / "letter.txt").read_bytes()
    assert unchanged(open_txt(data)) == data
    done = in_spanish(open_txt(data), tmp_path).decode()
    assert "\n\n    La casa donde" in done
    assert "\n- leche y pan\n- una manzana roja\n\nMi amigo,\n¡buenos días!\n\n" in done
    assert done.endswith(".\n")


def test_a_paragraph_that_a_width_broke_is_translated_whole_and_wrapped_again() -> None:
    data = ("One.\r\n\r\n" + _WRAPPED + "\r\nTwo.").encode()
    pieces = texts(open_txt(data))
    assert pieces[1] == " ".join(_WRAPPED.split())
    done = rewritten(open_txt(data), lambda text: "word " * 30 + "end." if "brother" in text else text).decode()
    lines = done.split("\r\n")
    assert lines[:2] == ["One.", ""]
    assert lines[-3:] == ["word word word word word word word word end.", "", "Two."]
    assert max(map(len, lines)) <= 58


def test_lines_that_stand_for_themselves_are_not_joined() -> None:
    for text in (
        "A line of a poem that is rather long, or nearly so,\nAnd then another line\n",
        "- an entry of a list, long enough to have been wrapped here\n- and another entry\n",
        "This is the first sentence, which takes a whole line here.\nThis is another.\n",
        "name                    price of it in the shop                 1\nother   x\n",
    ):
        assert texts(open_txt(text.encode())) == [text]


def test_big_files_come_in_pieces() -> None:
    text = "A paragraph of some words.\n\n" * 1000
    pieces = texts(open_txt(text.encode()))
    assert max(map(len, pieces)) < 4000
    assert "".join(pieces) == text
    assert max(map(len, texts(open_txt(b"A line.\n" * 10_000)))) < 9000
