from __future__ import annotations

import re
from pathlib import Path

import pytest

from libretranslate_py.documents.document import Document
from libretranslate_py.documents.subtitles import open_srt, open_vtt
from libretranslate_py.errors import UnreadableFile
from tests.documents.text_files import DATA, in_spanish, line_ends, rewritten, texts, unchanged

_TAGS = re.compile(rb"<[^>]*>|\{[^}]*\}|&\w+;")


def srt(*payloads: str, gap: int = 0) -> bytes:
    """A file of cues of a second each, ``gap`` seconds apart."""
    cues = []
    for number, payload in enumerate(payloads):
        start = number * (1 + gap)
        times = f"00:{start // 60:02}:{start % 60:02},000 --> 00:{(start + 1) // 60:02}:{(start + 1) % 60:02},000"
        cues.append(f"{number + 1}\n{times}\n{payload}\n")
    return "\n".join(cues).encode()


def payloads(data: bytes) -> list[str]:
    return [block.split("\n", 2)[2].rstrip("\n") for block in data.decode().split("\n\n")]


@pytest.mark.parametrize(("name", "open_file"), [("film.srt", open_srt), ("film.vtt", open_vtt)])
def test_a_film_in_spanish(name: str, open_file: type[Document], tmp_path: Path) -> None:
    data = (DATA / name).read_bytes()
    assert unchanged(open_file(data)) == data
    done = in_spanish(open_file(data), tmp_path)
    assert sorted(_TAGS.findall(done)) == sorted(_TAGS.findall(data))
    assert list(line_ends(done)) == list(line_ends(data))
    for before, after in zip(data.splitlines(), done.splitlines(), strict=True):
        is_text = re.search(rb"[a-z]{2}", _TAGS.sub(b"", before)) and b"-->" not in before
        assert bool(before.strip()) is bool(after.strip())
        if not is_text:
            assert before == after
    if name == "film.vtt":
        assert done[: data.index(b"00:01.000")] == data[: data.index(b"00:01.000")]
    else:
        assert "♪ El sol brilla ♪\r\n".encode() in done


def test_a_sentence_is_translated_whole_and_divided_over_its_cues() -> None:
    data = srt("The house where", "my brother lived", "was very old.", "It was red.")
    assert texts(open_srt(data)) == ["The house where my brother lived was very old.", "It was red."]
    done = rewritten(open_srt(data), lambda text: "one two three four five six" if "house" in text else text)
    assert payloads(done) == ["one two", "three four", "five six", "It was red."]


def test_a_sentence_ends_where_others_begin_to_speak_and_after_a_pause() -> None:
    assert len(texts(open_srt(srt("I was there. And then", "- you came.", "Yes.")))) == 3
    assert len(texts(open_srt(srt("♪ The sun", "is shining ♪", "a day", "in May.")))) == 3
    assert len(texts(open_srt(srt("I was there, and", "you came.", gap=4)))) == 2
    assert len(texts(open_srt(srt("Red houses", "Dogs and cats", "More of it")))) == 3
    assert len(texts(open_srt(srt("I thought...", "...that you came.", "And then...", "It was.")))) == 3
    assert len(texts(open_srt(srt(*["and"] * 12)))) == 3


def test_no_cue_becomes_empty() -> None:
    data = srt("The house where", "<i>my brother</i> lived", "was old.")
    for translation, expected in (
        ("Sí.", ["Sí.", "Sí.", "Sí."]),
        ("<i>a</i> b", ["<i>a</i> b", "a b", "a b"]),
        ("房子很旧了。", ["房子", "很旧", "了。"]),
        ("a <i>b b b b b b b b b</i> c", ["a", "<i>b b b b b b b b b</i>", "c"]),
    ):
        assert payloads(rewritten(open_srt(data), lambda _, said=translation: said)) == expected


def test_cues_keep_their_lines() -> None:
    data = srt("One line of it,\nand one more.", "- Yes, I know.\n-No.")
    done = rewritten(open_srt(data), lambda text: "aaa bbb ccc ddd" if "line" in text else "a\n\nb")
    assert payloads(done) == ["aaa bbb\nccc ddd", "- a b\n-a b"]


def test_what_surrounds_the_words_is_no_part_of_them() -> None:
    data = srt(
        "{\\an8}<i>Hello\nyou.</i>", "<font color='red'>JOHN: Yes.</font>", "<i>A</i> b.", "♪♪", "12", "[DOOR] ♪ La"
    )
    assert texts(open_srt(data)) == ["Hello you.", "Yes.", "<i>A</i> b.", "[DOOR] ♪ La"]


def test_texts_of_web_captions_stay_texts() -> None:
    data = b"WEBVTT\n\n00:01.000 --> 00:02.000\n<b>One</b> &lt; two\n"
    done = rewritten(open_vtt(data), lambda _: "<b>a</b> < 3 & b --> c")
    assert done == b"WEBVTT\n\n00:01.000 --> 00:02.000\n<b>a</b> &lt; 3 & b --&gt; c\n"


def test_malformed_cues_are_left_alone() -> None:
    data = b"a text\n\n1\n00:00:01 -> 00:00:02\nno cue\n\n2\n00:00:01,000 --> 00:00:02,000\nA cue\n\nof two\nparts."
    done = rewritten(open_srt(data), lambda text: text.upper())
    assert done == data.replace(b"A cue", b"A CUE").replace(b"of two\nparts.", b"OF TWO\nPARTS.")


@pytest.mark.parametrize("open_file", [open_srt, open_vtt])
def test_other_texts_are_refused(open_file: type[Document]) -> None:
    with pytest.raises(UnreadableFile):
        open_file(b"A text.\n")
