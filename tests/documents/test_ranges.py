"""Bookmarks, comments and tracked insertions: ranges between two marks, whatever becomes of the words between them."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from libretranslate_py.documents.document import Document
from libretranslate_py.documents.office_words import open_docx
from libretranslate_py.documents.opendocument import open_odt
from tests.documents.conftest import DATA
from tests.documents.packed import changed, contents, docx
from tests.documents.text_files import in_spanish, rewritten

ODT = (DATA / "report.odt").read_bytes()
ODT_XML = contents(ODT)["content.xml"].decode()
# The file with nothing in it but one paragraph.
ODT_HEAD, ODT_BODY = ODT_XML[: ODT_XML.index("<office:text")], ODT_XML[ODT_XML.index("</office:text>") :]


def words(paragraph: str) -> bytes:
    """A .docx file. ``abc`` is a run, ``*abc*`` a bold one; ``[1`` and ``]1`` begin and end a bookmark, ``{1`` and
    ``}1`` a comment, ``<`` and ``>`` a link, ``(1`` and ``)1`` marks of bookmarks in a deletion; ``^`` is a tab."""
    return docx(f"<w:p>{_written(paragraph, _WORDS)}</w:p>")


def lines(paragraph: str) -> bytes:
    """The same as .odt; the brackets of deletions are those of tracked insertions there."""
    body = f"{ODT_HEAD}<office:text><text:p>{_written(paragraph, _LINES)}</text:p>{ODT_BODY}"
    return changed(ODT, {"content.xml": body})


_WORDS = {
    "word": '<w:r><w:t xml:space="preserve">{}</w:t></w:r>',
    "bold": '<w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">{}</w:t></w:r>',
    "[": '<w:bookmarkStart w:id="{}"/>',
    "]": '<w:bookmarkEnd w:id="{}"/>',
    "{": '<w:commentRangeStart w:id="{}"/>',
    "}": '<w:commentRangeEnd w:id="{}"/>',
    "(": '<w:del w:id="d"><w:moveFromRangeStart w:id="{}"/></w:del>',
    ")": '<w:del w:id="e"><w:moveFromRangeEnd w:id="{}"/></w:del>',
    "<": '<w:hyperlink r:id="r1">',
    ">": "</w:hyperlink>",
    "^": "<w:r><w:tab/></w:r>",
}
_LINES = {
    "word": "{}",
    "bold": '<text:span text:style-name="T9">{}</text:span>',
    "[": '<text:bookmark-start text:name="{}"/>',
    "]": '<text:bookmark-end text:name="{}"/>',
    "{": '<office:annotation office:name="{}"><text:p>Why?</text:p></office:annotation>',
    "}": '<office:annotation-end office:name="{}"/>',
    "(": '<text:change-start text:change-id="{}"/>',
    ")": '<text:change-end text:change-id="{}"/>',
    "<": '<text:a xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="http://a.b/">',
    ">": "</text:a>",
    "^": "<text:tab/>",
}
_PART = re.compile(r"([\[\]{}()])(\d)|([<>^])|\*([^*]*)\*|([^\[\]{}()<>^*]+)")
_MARKS = {
    **{"bookmarkStart": "[", "bookmarkEnd": "]", "commentRangeStart": "{", "commentRangeEnd": "}"},
    **{"moveFromRangeStart": "(", "moveFromRangeEnd": ")"},
    **{"bookmark-start": "[", "bookmark-end": "]", "annotation": "{", "annotation-end": "}"},
    **{"change-start": "(", "change-end": ")"},
}
_PARTNERS = {"[": "]", "{": "}", "(": ")"}


def _written(paragraph: str, names: Mapping[str, str]) -> str:
    found: list[str] = []
    for side, number, other, bold, word in _PART.findall(paragraph):
        found.append(names[side or other or ("bold" if bold else "word")].format(number or bold or word))
    return "".join(found)


def seen(data: bytes) -> str:
    """The first paragraph of a file in the same short form, without links and styles."""
    members = contents(data)
    root = etree.fromstring(members.get("word/document.xml") or members["content.xml"])
    paragraph = next(e for e in root.iter("{*}p") if next(e.iterancestors("{*}body", "{*}text"), None) is not None)
    return "".join(_seen(paragraph))


def _seen(element: Any) -> list[str]:
    found = [element.text or ""]
    for child in element:
        name = etree.QName(child).localname
        if name in _MARKS:
            found.append(_MARKS[name] + child.values()[0])
        elif name in ("s", "tab"):
            found.append(" " if name == "s" else "^")
        else:
            found += _seen(child)
        found.append(child.tail or "")
    return found


FORMATS = pytest.mark.parametrize(
    ("make", "open_file"), [(words, open_docx), (lines, open_odt)], ids=lambda value: str(value.__name__)
)
Make = Callable[[str], bytes]
Open = Callable[[bytes], Document]


@FORMATS
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("I have a [3new ]3book", "Tengo un libro [3nuevo]3"),
        ("I have a [3new]3 book.", "Tengo un libro [3nuevo]3."),
        ("[1I have a {2new}2 book.]1", "[1Tengo un libro {2nuevo}2.]1"),
        # As word processors write two ranges of the same words.
        ("[1[2The red house]1]2", "[1[2La casa roja]2]1"),
        ("The [1{2red]1}2 house.", "La casa [1{2roja}2]1."),
        ("The [1]1red {2}2house.", "La casa {2}2[1]1roja."),
    ],
)
def test_a_range_goes_where_its_words_go(
    make: Make, open_file: Open, before: str, after: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.getbasetemp() / "home"
    home.mkdir(exist_ok=True)
    assert _without_place(seen(in_spanish(open_file(make(before)), Path(home)))) == _without_place(after)


def _without_place(text: str) -> str:
    """Empty ranges may stand before or behind a space or each other: all that counts is that they are there, empty."""
    empty = sorted(re.findall(r"\[(\d)\]\1|\{(\d)\}\2", text))
    return re.sub(r"\[(\d)\]\1|\{(\d)\}\2", "", text) + repr(empty)


@FORMATS
def test_an_insertion_marks_the_words_that_were_inserted(
    make: Make, open_file: Open, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.getbasetemp() / "home"
    home.mkdir(exist_ok=True)
    result = seen(in_spanish(open_file(make("I have a (1new)1 book.")), Path(home)))
    assert result.index("(1") < result.index(")1")
    if make is lines:
        assert result == "Tengo un libro (1nuevo)1."


def backwards(text: str) -> str:
    return " ".join(reversed(text.split(" ")))


def torn(text: str) -> str:
    """All tags and words, in the opposite order."""
    return " ".join(reversed(re.findall(r"<[^>]*>|[^<>\s]+", text)))


@FORMATS
@pytest.mark.parametrize("change", [backwards, torn, lambda text: "", lambda text: text * 2])
@pytest.mark.parametrize(
    "paragraph",
    [
        "I have a [3new ]3book",
        "See [1one {2two]1 three}2 four",
        "See [1one <two]1 three> {2four}2",
        "See [1one two^three]1 four {2five",
        "See (1one two)1 three [1]1",
    ],
)
def test_no_range_ends_before_it_begins(
    make: Make, open_file: Open, change: Callable[[str], str], paragraph: str
) -> None:
    check_marks(paragraph, seen(rewritten(open_file(make(paragraph)), change)))


def check_marks(before: str, after: str) -> None:
    marks = re.compile(r"[\[\]{}()]\d")
    assert sorted(marks.findall(after)) == sorted(marks.findall(before))
    for start in re.findall(r"[\[{(]\d", before):
        end = _PARTNERS[start[0]] + start[1]
        if end in after:
            assert after.index(start) < after.index(end), (before, after)


@st.composite
def paragraphs(draw: st.DrawFn) -> str:
    """Words, tabs, links and ranges that begin and end anywhere, or do only one of both."""
    parts: list[str] = []
    chosen = draw(st.lists(st.sampled_from(["one ", "*two *", " three", "^", "four", "<", ">", "."]), max_size=12))
    is_open = False
    for part in chosen:
        if part in "<>":
            if (part == "<") == is_open:
                continue
            is_open = not is_open
        parts.append(part)
    parts += [">"] if is_open else []
    for number in range(draw(st.integers(0, 5))):
        start = draw(st.sampled_from("[{("))
        first, last = sorted(draw(st.tuples(st.integers(0, len(parts)), st.integers(0, len(parts)))))
        parts.insert(last, f"{_PARTNERS[start]}{number}")
        if draw(st.integers(0, 9)):
            parts.insert(first, f"{start}{number}")
    return "Words " + "".join(parts)


@FORMATS
@settings(deadline=None, max_examples=200)
@given(paragraph=paragraphs(), seed=st.integers(0, 2**32))
def test_whatever_a_translation_makes_of_it_all_marks_are_there_in_order(
    make: Make, open_file: Open, paragraph: str, seed: int
) -> None:
    chance = random.Random(seed)

    def change(text: str) -> str:
        tags = [*re.findall(r"<[^>]*>|[^<>\s]+", text), f'<g id="{chance.randrange(9)}">', '<x id="0"/>', "</g>"]
        chance.shuffle(tags)
        return "".join(tags[: chance.randrange(len(tags) + 1)])

    check_marks(paragraph, seen(rewritten(open_file(make(paragraph)), change)))


@FORMATS
@settings(deadline=None, max_examples=200)
@given(paragraph=paragraphs())
def test_a_range_holds_what_it_held_where_the_words_stay(make: Make, open_file: Open, paragraph: str) -> None:
    data = make(paragraph)
    before, after = seen(data), seen(rewritten(open_file(data), lambda text: text + "\u200b"))
    for start in re.findall(r"[\[{(]\d", before):
        end = _PARTNERS[start[0]] + start[1]
        if end in before:
            assert _held(after, start, end) == _held(before, start, end)


def _held(text: str, start: str, end: str) -> str:
    held = text[text.index(start) : text.index(end)]
    return " ".join(re.sub(r"[\[\]{}()]\d|\u200b", "", held).split())


def test_hostile_ranges_take_linear_time() -> None:
    """Nothing is measured: were one of these quadratic, the test would not come to an end."""
    starts = [f'<w:bookmarkStart w:id="{number}"/>' for number in range(4_000)]
    ends = [f'<w:bookmarkEnd w:id="{number}"/>' for number in range(4_000)]
    run = "<w:r><w:t>word </w:t></w:r>"
    for body in (
        f"{''.join(starts)}{run}{''.join(ends)}",
        f"{run.join(starts)}{run.join(ends)}",
        f"{run.join(starts)}{run.join(reversed(ends))}",
        f"{run.join(ends)}{run.join(starts)}",
        run.join(start + run + end for start, end in zip(starts, ends, strict=True)),
    ):
        for change in (torn, lambda text: "x", lambda text: text + " "):
            rewritten(open_docx(docx(f"<w:p>{body}</w:p>")), change)


def test_libreoffice_opens_ranges_again(reopen: Callable[[Mapping[str, bytes]], dict[str, str]]) -> None:
    paragraph = "See [1one {2two]1 three}2 four [3five]3 six"
    results = {
        "a.docx": rewritten(open_docx(words(paragraph)), torn),
        "b.odt": rewritten(open_odt(lines(paragraph)), torn),
    }
    for text in reopen(results).values():
        for word in ("one", "two", "three", "four", "five", "six"):
            assert word in text
