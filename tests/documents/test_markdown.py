from __future__ import annotations

from pathlib import Path

import pytest

from libretranslate_py.documents.markdown import open_md
from libretranslate_py.errors import UnreadableFile
from tests.documents.text_files import DATA, in_spanish, rewritten, texts, unchanged


def test_a_guide_in_spanish(tmp_path: Path) -> None:
    data = (DATA / "guide.md").read_bytes()
    assert unchanged(open_md(data)) == data
    before, after = data.decode().split("\n"), in_spanish(open_md(data), tmp_path).decode().split("\n")
    assert len(before) == len(after)
    words = {number for number, line in enumerate(before) if line != after[number]}
    same = [line for number, line in enumerate(before) if number not in words]
    for line in (
        *before[:5],
        "```python",
        'print("Hello, world")  # a comment',
        "    indented code stays",
        "<!-- a comment -->",
    ):
        assert line in same
    for prefix in ("# ", "> ", "1. ", "   - [ ] ", "   - [x] ", "* ", "| `dog`  | ", "[^1]: "):
        assert sum(line.startswith(prefix) for line in after) == sum(line.startswith(prefix) for line in before)
    text = "\n".join(after)
    for kept in (
        '](https://example.com/a_b "title")',
        "`code --flag`",
        "](img/house.png)",
        "][page]",
        "[^1]",
        "\\|",
    ):
        assert text.count(kept) == "\n".join(before).count(kept)
    # A label that is its own reference keeps leading where it led.
    assert text.count("][the manual]") == 1
    assert text.count('[the manual]: https://example.com/manual "The manual"') == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("# A heading #\n", ["A heading"]),
        ("> One line\n> and two\n", ["One line and two"]),
        ("- a b\n  c d\n\n\te f\n", ["a b c d", "e f"]),
        ("one  \ntwo\\\nthree\n", ["one", "two", "three"]),
        ("|a|b c|\n|-|-|\n|`x`|d \\| e|\n", ["a", "b c", "`x`", "d \\| e"]),
        ("[^1]: One note\n[^2]: Two notes\n", ["One note", "Two notes"]),
        ("- [x] done\n- [ ] not yet\n", ["done", "not yet"]),
        ("---\na: b\n---\ntext\n", ["text"]),
        ("```\ncode\n```\n    code\n\n<div>\nx\n</div>\n\n[a]: b\n", []),
        (":::note\ntext\n:::\n", ["text"]),
        ("[a b] and [c]\n\n[A  b]: x\n", ["[a b][a b] and [c]"]),
    ],
)
def test_only_words_are_translated(text: str, found: list[str]) -> None:
    for line_end in ("\n", "\r\n"):
        assert texts(open_md(text.replace("\n", line_end).encode())) == found


def test_lines_and_their_prefixes_are_kept() -> None:
    data = b"> * One line here\r\n>   and two.\r\n> \r\n> Three\r\n"
    done = rewritten(open_md(data), lambda text: "aaa bbb ccc ddd" if "One" in text else "- no list")
    assert done.decode().split("\r\n")[:3] == ["> * aaa bbb", ">   ccc ddd", "> "]
    done = rewritten(open_md(b"One line\nand two.\n"), lambda _: "aa bb - 1. # cc")
    assert done.count(b"\n") == 2
    assert not any(line.startswith((b"- ", b"1. ", b"# ")) for line in done.split(b"\n"))
    assert rewritten(open_md(b"One\ntwo\n"), lambda _: "Uno") == b"Uno\n"


def test_a_bar_in_a_translation_ends_no_cell() -> None:
    done = rewritten(open_md(b"|a|b|\n|-|-|\n"), lambda text: text + "|\\|")
    assert done == b"|a\\|\\||b\\|\\||\n|-|-|\n"


def test_code_is_one_word_whatever_is_in_it() -> None:
    data = b"Call ``a ` b`` or `c\nd` now.\n"
    pieces = open_md(data).pieces("en", "es")
    assert not isinstance(pieces[0], str)
    assert unchanged(open_md(data)) == data


def test_a_file_that_would_take_minutes_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="too large"):
        open_md(b"- a\n" * 300_000)


def test_a_collapsed_reference_goes_on_being_a_link() -> None:
    document = open_md(b"See [Ref][] now.\n\n[ref]: http://example.com\n")
    (piece,) = document.pieces("en", "es")
    assert piece == "See [Ref][Ref] now."
    assert document.write(["Mira [Eso][Ref] ya."], "es").startswith(b"Mira [Eso][Ref] ya.")
