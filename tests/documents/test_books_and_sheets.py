"""What is particular to books, sheets and OpenDocument text."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from lxml import etree

from libretranslate_py.documents.document import Document
from libretranslate_py.documents.epub import open_epub
from libretranslate_py.documents.office_drawings import open_pptx
from libretranslate_py.documents.office_sheets import open_xlsx
from libretranslate_py.documents.opendocument import open_odp, open_odt
from libretranslate_py.text.spans import segments_of
from tests.documents.conftest import DATA
from tests.documents.packed import changed, contents
from tests.documents.text_files import as_it_is, rewritten

CHAPTER = "OEBPS/sections/section0001.xhtml"
HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "x.dtd">\n'


def book(body: str, head: str = "<title/><script src='a.js'/><style/>") -> bytes:
    page = f'{HEAD}<html xmlns="http://www.w3.org/1999/xhtml"><head>{head}</head><body>{body}</body></html>'
    return changed((DATA / "report.epub").read_bytes(), {CHAPTER: page})


def test_empty_elements_of_xhtml_do_not_swallow_the_page() -> None:
    body = '<p><a id="p1"/>The first page.<br/>The <b>second</b> line&nbsp;here.<br></br>End</p><div/><p>More text.</p>'
    data = book(body)
    assert "second line" in " ".join(s.text for p in open_epub(data).pieces("en", "es") for s in segments_of(p))
    result = contents(rewritten(open_epub(data), lambda text: text.replace("The", "Le")))[CHAPTER]
    assert result == contents(data)[CHAPTER].replace(b"The", b"Le")


def test_a_translation_that_breaks_the_page_is_not_written() -> None:
    data = book("<p>One <b>bold</b> word.</p><p>Another word.</p>")
    result = contents(rewritten(open_epub(data), lambda text: text.replace("</b>", "").replace("Another", "Other")))
    etree.fromstring(result[CHAPTER])
    assert result[CHAPTER] == contents(data)[CHAPTER].replace(b"Another", b"Other")


def test_a_book_says_in_which_language_it_is() -> None:
    result = contents(rewritten(open_epub((DATA / "report.epub").read_bytes()), str.upper, "zt"))
    assert b"<dc:language>zh-Hant</dc:language>" in result["OEBPS/content.opf"]
    assert b"THE OLD BRIDGE" in result["OEBPS/toc.ncx"]


def test_the_number_of_a_note_is_a_mark() -> None:
    data = book('<p>It was high.<sup><a href="#n1">1</a></sup> People walked.</p>')
    texts = [segment.text for piece in open_epub(data).pieces("en", "es") for segment in segments_of(piece)]
    assert texts[0] == "It was high. People walked."


# --- sheets -----------------------------------------------------------------------------------------------------------


def test_numbers_and_formulas_stay_and_a_string_of_two_cells_is_one_piece() -> None:
    data = (DATA / "prices.xlsx").read_bytes()
    pieces = [as_it_is(piece) for piece in open_xlsx(data).pieces("en", "es")]
    assert pieces.count("A red apple") == 1
    result = contents(rewritten(open_xlsx(data), lambda text: f"{text} x"))
    assert {name for name, content in contents(data).items() if content != result[name]} == {"xl/sharedStrings.xml"}


def test_the_columns_of_a_table_keep_their_names() -> None:
    data = (DATA / "prices.xlsx").read_bytes()
    types = contents(data)["[Content_Types].xml"].replace(
        b"</Types>",
        b'<Override PartName="/xl/tables/table1.xml" ContentType="application/vnd.openxmlformats-officedocument'
        b'.spreadsheetml.table+xml"/></Types>',
    )
    table = (
        '<table xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><tableColumn name="Remarks"/></table>'
    )
    data = changed(data, {"[Content_Types].xml": types, "xl/tables/table1.xml": table})
    pieces = [as_it_is(piece) for piece in open_xlsx(data).pieces("en", "es")]
    assert "Remarks" not in pieces and "The price" in pieces


def test_strings_in_cells_are_translated_and_how_to_read_them_is_dropped() -> None:
    data = (DATA / "prices.xlsx").read_bytes()
    name = "xl/worksheets/sheet1.xml"
    cell = b'<c t="inlineStr"><is><t>In the cell</t><rPh sb="0" eb="2"><t>aloud</t></rPh></is></c></row>'
    data = changed(data, {name: contents(data)[name].replace(b"</row>", cell, 1)})
    result = contents(rewritten(open_xlsx(data), str.upper))[name]
    assert b'<c t="inlineStr"><is><t>IN THE CELL</t></is></c>' in result


# --- OpenDocument -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        ("  One\n  two   ", "One two ", "ONE TWO "),
        ('One<text:s text:c="2"/>two', "One  two", "ONE <text:s/>TWO"),
        ("One <text:s/><text:s/>two", "One   two", 'ONE <text:s text:c="2"/>TWO'),
        ("A <text:bookmark/>word", "A word", "A <text:bookmark/>WORD"),
        (
            '<text:span text:style-name="T9">One </text:span><text:span text:style-name="T9">two</text:span>',
            "One two",
            '<text:span text:style-name="T9">ONE TWO</text:span>',
        ),
    ],
)
def test_white_space_of_opendocument(before: str, text: str, after: str) -> None:
    data = (DATA / "report.odt").read_bytes()
    words = "The second apple is green."
    xml = contents(data)["content.xml"].decode()
    assert words in xml
    data = changed(data, {"content.xml": xml.replace(words, before)})
    document = open_odt(data)
    assert text in document.sample()
    result = contents(rewritten(document, _upper))["content.xml"].decode()
    assert f">{after}</text:p>" in result


def _upper(text: str) -> str:
    return "".join(
        part if part.startswith("<") else part.upper()
        for part in text.replace("<", "\0<").replace(">", ">\0").split("\0")
    )


def test_deleted_text_of_opendocument_stays() -> None:
    data = (DATA / "report.odt").read_bytes()
    xml = contents(data)["content.xml"].decode()
    place = xml.index("<text:h ")
    gone = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>Old words</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes>"
    )
    data = changed(data, {"content.xml": xml[:place] + gone + xml[place:]})
    assert gone in contents(rewritten(open_odt(data), _upper))["content.xml"].decode()


@pytest.mark.parametrize(("name", "open_file"), [("report.odt", open_odt), ("talk.odp", open_odp)])
def test_what_a_picture_shows_is_a_text_of_its_own(name: str, open_file: Callable[[bytes], Document]) -> None:
    data = (DATA / name).read_bytes()
    xml = contents(data)["content.xml"].decode()
    shown = (
        '<draw:frame draw:name="Image1"><svg:title>Our {0}</svg:title><svg:desc>A {0} &amp; it</svg:desc></draw:frame>'
    )
    place = xml.index("</text:p>")
    data = changed(data, {"content.xml": xml[:place] + shown.format("dog") + xml[place:]})
    assert {"Our dog", "A dog & it"} <= {as_it_is(piece) for piece in open_file(data).pieces("en", "es")}
    result = contents(rewritten(open_file(data), lambda text: text.replace("dog", "perro")))["content.xml"].decode()
    assert shown.format("perro") in result


# --- slides -----------------------------------------------------------------------------------------------------------


def test_what_a_picture_on_a_slide_shows_is_a_text_of_its_own() -> None:
    data = (DATA / "talk.pptx").read_bytes()
    name = "ppt/slides/slide1.xml"
    xml = contents(data)[name].decode()
    shown = (
        '<p:pic><p:nvPicPr><p:cNvPr id="77" name="Image 7" descr="A {0} &amp; it" title="Our {0}"/></p:nvPicPr></p:pic>'
    )
    place = xml.index("</p:spTree>")
    data = changed(data, {name: xml[:place] + shown.format("dog") + xml[place:]})
    assert {"Our dog", "A dog & it"} <= {as_it_is(piece) for piece in open_pptx(data).pieces("en", "es")}
    result = contents(rewritten(open_pptx(data), lambda text: text.replace("dog", "perro")))[name].decode()
    assert shown.format("perro") in result
