"""What word processors make of a paragraph, made by hand as nasty as it comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from lxml import etree

from libretranslate_py.documents.document import Piece
from libretranslate_py.documents.office_words import open_docx
from libretranslate_py.text.spans import Segment, segments_of
from tests.documents.packed import W, contents, docx
from tests.documents.text_files import as_it_is, rewritten

BOLD = "<w:rPr><w:b/></w:rPr>"


def run(text: str, properties: str = "") -> str:
    return f'<w:r>{properties}<w:t xml:space="preserve">{text}</w:t></w:r>'


def field(code: str, result: str) -> str:
    return (
        f'<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> {code} </w:instrText></w:r>'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{result}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def pieces(body: str) -> list[Piece]:
    return list(open_docx(docx(body)).pieces("en", "es"))


def the_segment(body: str) -> Segment:
    (piece,) = pieces(body)
    assert not isinstance(piece, str)
    (segment,) = segments_of(piece)
    return segment


def upper(text: str) -> str:
    """Capitals for letters outside of tags."""
    return "".join(part if part.startswith("<") else part.upper() for part in etree_split(text))


def etree_split(text: str) -> list[str]:
    return text.replace("<", "\0<").replace(">", ">\0").split("\0")


def written(body: str, change: Callable[[str], str] = upper) -> str:
    """The body after a translation, with short names."""
    xml = contents(rewritten(open_docx(docx(body)), change))["word/document.xml"].decode()
    assert xml.startswith('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n')
    etree.fromstring(xml.encode())
    return xml[xml.index("<w:body>") + 8 : xml.index("</w:body>")].replace(' xml:space="preserve"', "")


def test_runs_that_look_the_same_are_one_text() -> None:
    lang = '<w:rPr><w:lang w:val="en-US"/></w:rPr>'
    words = f'{run("The hou", lang)}<w:proofErr w:type="spellStart"/>{run("se is")}{run(" red.")}'
    body = f'<w:p w:rsidR="1"><w:pPr/>{words}</w:p>'
    assert pieces(body) == ["The house is red."]
    result = '<w:p w:rsidR="1"><w:pPr/><w:r><w:rPr><w:lang w:val="es"/></w:rPr><w:t>THE HOUSE IS RED.</w:t></w:r></w:p>'
    assert written(body) == result


def test_the_commonest_style_needs_no_tag() -> None:
    body = f"<w:p>{run('A ')}{run('very long bold text ', BOLD)}{run('here.')}</w:p>"
    segment = the_segment(body)
    assert segment.text == "A very long bold text here."
    assert [(span.start, span.end) for span in segment.spans] == [(0, 1), (22, 27)]
    assert written(body) == (
        "<w:p><w:r><w:t>A </w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>VERY LONG BOLD TEXT </w:t></w:r>"
        "<w:r><w:t>HERE.</w:t></w:r></w:p>"
    )


def test_a_half_bold_word_is_one_word() -> None:
    segment = the_segment(f"<w:p>{run('An un')}{run('believ', BOLD)}{run('able story.')}</w:p>")
    assert segment.text == "An unbelievable story."
    assert [(span.start, span.end) for span in segment.spans] == [(5, 11)]


def test_links_nest_and_keep_their_styles() -> None:
    link = f'<w:hyperlink r:id="rId1">{run("a ", BOLD)}{run("good place")}</w:hyperlink>'
    body = f"<w:p>{run('Go to ')}{link}{run(' now.')}</w:p>"
    assert the_segment(body).text == "Go to a good place now."
    assert f"{BOLD}<w:t>A </w:t></w:r><w:r><w:t>GOOD PLACE</w:t></w:r></w:hyperlink>" in written(body)


def test_a_link_across_a_tab_stays_one_link() -> None:
    link = '<w:hyperlink r:id="rId1"><w:r><w:t>Left</w:t><w:tab/><w:t>Right</w:t></w:r></w:hyperlink>'
    result = written(f"<w:p>{run('See ')}{link}{run(' please.')}</w:p>")
    assert result.count("<w:hyperlink") == 1
    assert result.index("LEFT") < result.index("<w:tab/>") < result.index("RIGHT") < result.index("</w:hyperlink>")


def test_deleted_text_stays_and_is_not_translated() -> None:
    deleted = '<w:del w:id="1"><w:r><w:delText>old</w:delText></w:r></w:del>'
    body = f'<w:p>{run("The ")}{deleted}<w:ins w:id="2">{run("new")}</w:ins>{run(" plan.")}</w:p>'
    assert the_segment(body).text == "The new plan."
    result = written(body)
    assert deleted in result
    assert '<w:ins w:id="2"><w:r><w:t>NEW</w:t></w:r></w:ins>' in result
    assert pieces(f"<w:del><w:p>{run('gone')}</w:p><w:del><w:p/></w:del><w:p>{run('gone')}</w:p></w:del>") == []


def test_results_of_fields_are_words_of_the_sentence_and_stay() -> None:
    body = f"<w:p>{run('See page ')}{field('PAGEREF x', run('7'))}{run(' of the book.')}</w:p>"
    assert the_segment(body).text == "See page 7 of the book."
    assert field("PAGEREF x", "<w:r><w:t>7</w:t></w:r>") in written(body)
    simple = f'<w:p>{run("Page ")}<w:fldSimple w:instr=" PAGE ">{run("3")}</w:fldSimple>{run(" here")}</w:p>'
    assert the_segment(simple).text == "Page 3 here"


def test_the_text_of_a_link_made_by_a_field_is_translated() -> None:
    body = f"<w:p>{run('See ')}{field('HYPERLINK &quot;http://a.b&quot;', run('the page'))}{run(' now.')}</w:p>"
    assert the_segment(body).text == "See the page now."
    assert field('HYPERLINK "http://a.b"', "<w:r><w:t>THE PAGE</w:t></w:r>") in written(body)


def test_a_field_over_several_paragraphs_keeps_its_marks() -> None:
    begin = (
        '<w:r><w:fldChar w:fldCharType="begin"/><w:instrText>TOC \\o</w:instrText>'
        '<w:fldChar w:fldCharType="separate"/></w:r>'
    )
    end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    body = f"<w:p>{begin}{run('First chapter')}<w:r><w:tab/></w:r>{run('1')}</w:p><w:p>{run('Last chapter')}{end}</w:p>"
    result = written(body)
    assert [segment.text for piece in pieces(body) for segment in segments_of(piece)] == [
        "First chapter",
        "Last chapter",
    ]
    assert result.startswith(f"<w:p>{begin}<w:r><w:t>FIRST CHAPTER</w:t></w:r>")
    assert result.endswith(f"{end}</w:p>")


def test_everything_in_one_run_comes_apart_and_together() -> None:
    drawing = "<w:drawing><w:inline/></w:drawing>"
    text = f'<w:t>One</w:t><w:noBreakHyphen/><w:t>two</w:t>{drawing}<w:t> three</w:t><w:footnoteReference w:id="2"/>'
    body = f"<w:p><w:r>{BOLD}{text}<w:br/><w:t>Four</w:t><w:lastRenderedPageBreak/></w:r></w:p>"
    assert written(body) == (
        f"<w:p><w:r>{BOLD}<w:t>ONE</w:t><w:noBreakHyphen/><w:t>TWO</w:t></w:r><w:r>{BOLD}{drawing}</w:r>"
        f'<w:r>{BOLD}<w:t> THREE</w:t></w:r><w:r>{BOLD}<w:footnoteReference w:id="2"/></w:r>'
        f"<w:r>{BOLD}<w:br/></w:r><w:r>{BOLD}<w:t>FOUR</w:t></w:r></w:p>"
    )


def test_text_boxes_are_translated_in_both_of_their_forms_and_once() -> None:
    box = f"<w:txbxContent><w:p>{run('In the box')}</w:p></w:txbxContent>"
    drawing = (
        f"<mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback><w:pict>{box}</w:pict></mc:Fallback>"
        "</mc:AlternateContent>"
    )
    body = f"<w:p>{run('Around ')}<w:r>{drawing}</w:r>{run('the box')}</w:p>"
    assert len(pieces(body)) == 2
    assert written(body).count("<w:t>IN THE BOX</w:t>") == 2
    assert written(body).count("mc:Choice>") == 2


def test_what_a_picture_shows_is_a_text_of_its_own() -> None:
    wp = 'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
    picture = f'<wp:docPr {wp} id="1" name="Picture 1" title="Our {{}}" descr="A {{}} &amp;&#10;&quot;it&quot;"/>'
    gone = '<w:del><w:r><w:drawing><wp:docPr xmlns:wp="urn:x" descr="A cat"/></w:drawing></w:r></w:del>'
    words = f'{run("Before ")}<w:r><w:drawing>{picture}<wp:docPr {wp} descr="12" title=""/></w:drawing></w:r>'
    body = f"<w:p>{words}{gone}{run(' behind')}</w:p>"
    assert pieces(body.format("dog", "dog"))[1:] == ["Our dog", 'A dog &\n"it"']
    result = written(body.format("dog", "dog"), lambda text: text.replace("dog", "<perro>"))
    assert picture.format("&lt;perro&gt;", "&lt;perro&gt;") in result
    assert gone in result and 'descr="12" title=""' in result


def test_content_controls_keep_their_properties() -> None:
    control = f'<w:sdt><w:sdtPr><w:id w:val="5"/></w:sdtPr><w:sdtContent>{run("your name")}</w:sdtContent></w:sdt>'
    result = written(f"<w:p>{run('Write ')}{control}{run(' here.')}</w:p>")
    assert '<w:sdt><w:sdtPr><w:id w:val="5"/></w:sdtPr><w:sdtContent><w:r><w:t>YOUR NAME' in result


def test_what_a_translation_lost_stands_at_the_end() -> None:
    body = f'<w:p>{run("One ")}<w:bookmarkStart w:id="1"/>{run("two")}<w:bookmarkEnd w:id="1"/>{run(" three")}</w:p>'
    assert written(body, lambda _: "Uno") == (
        '<w:p><w:r><w:t>Uno</w:t></w:r><w:bookmarkStart w:id="1"/><w:bookmarkEnd w:id="1"/></w:p>'
    )


def test_letters_that_look_like_tags_are_letters() -> None:
    body = f"<w:p>{run('Write &lt;g id=&quot;0&quot;&gt; &amp;amp; ')}{run('now', BOLD)}{run(' or later')}</w:p>"
    assert '<w:t>WRITE &lt;G ID="0"&gt; &amp;AMP; </w:t>' in written(body, lambda text: _upper_words(text))


def _upper_words(text: str) -> str:
    """Capitals for everything outside of real tags, entities left as they are."""
    for reference in ("&amp;", "&lt;", "&gt;"):
        text = text.replace(reference, f"<{reference}>")
    return upper(text).replace("<&", "&").replace(";>", ";")


@pytest.mark.parametrize("namespace", [W, "http://purl.oclc.org/ooxml/wordprocessingml/main"])
def test_both_namespaces_are_read(namespace: str) -> None:
    data = docx(f"<w:p>{run('Some words')}</w:p>")
    xml = contents(data)["word/document.xml"].replace(W.encode(), namespace.encode())
    from tests.documents.packed import changed

    assert open_docx(changed(data, {"word/document.xml": xml})).pieces("en", "es") == ["Some words"]


def test_hostile_paragraphs_take_linear_time() -> None:
    """Nothing is measured: were one of these quadratic, the test would not come to an end."""
    begin = (
        '<w:fldChar w:fldCharType="begin"/><w:instrText>HYPERLINK</w:instrText><w:fldChar w:fldCharType="separate"/>'
    )
    end = '<w:fldChar w:fldCharType="end"/>'
    for body in (
        f"<w:p><w:r>{begin * 6_000}<w:t>Words</w:t></w:r></w:p>",
        f"<w:p><w:r>{begin * 6_000}<w:t>Words</w:t>{end * 6_000}</w:r></w:p>",
        f"<w:p>{(run('A') + run('b', BOLD)) * 6_000}</w:p>",
        f"<w:p>{'<w:r><w:t>A</w:t><w:tab/></w:r>' * 6_000}</w:p>",
        f"<w:p>{'<w:r><w:t>word </w:t><w:br/></w:r>' * 6_000}</w:p>",
        f"<w:p>{(run('A ') + '<w:bookmarkStart/>') * 6_000}</w:p>",
        f"<w:p>{'<w:r>' + '<w:t>A </w:t>' * 20_000 + '</w:r>'}</w:p>",
    ):
        rewritten(open_docx(docx(body)), lambda text: text + " ")


def test_libreoffice_opens_it_again(reopen: Callable[[Mapping[str, bytes]], dict[str, str]]) -> None:
    body = (
        f"<w:p>{run('See page ')}{field('PAGE', run('7'))}{run(' of ', BOLD)}{run('the book.')}</w:p>"
        f'<w:p>{run("The ")}<w:ins w:id="2" w:author="a">{run("new")}</w:ins>{run(" plan.")}</w:p>'
        f"<w:p>{run('Left')}<w:r><w:tab/></w:r>{run('Right')}<w:r><w:br/></w:r>{run('Below')}</w:p>"
    )
    shown = reopen({"made.docx": rewritten(open_docx(docx(body)), upper)})["made.docx"]
    for words in ("SEE PAGE", "OF THE BOOK.", "THE NEW PLAN.", "LEFT", "RIGHT", "BELOW"):
        assert words in shown


def test_as_it_is_gives_back_each_piece() -> None:
    body = f"<w:p>{run('One ')}{run('two', BOLD)}</w:p>"
    assert [as_it_is(piece) for piece in pieces(body)] == ['One <g id="0">two</g>']
