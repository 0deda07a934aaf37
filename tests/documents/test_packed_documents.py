"""All formats that are archives: documents of LibreOffice, translated and opened again; and files that are no such."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from libretranslate_py.errors import UnreadableFile
from tests.documents.conftest import DATA
from tests.documents.packed import OPENERS, changed, contents, docx, infos, pack
from tests.documents.text_files import as_it_is, in_spanish, rewritten, unchanged

FILES = sorted(path for path in DATA.glob("*.*") if path.suffix in OPENERS)
OFFICE = [path for path in FILES if path.suffix != ".epub"]
each = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)

TEXT_PARTS = {
    ".docx": "word/document.xml",
    ".odt": "content.xml",
    ".pptx": "ppt/slides/slide1.xml",
    ".odp": "content.xml",
    ".xlsx": "xl/sharedStrings.xml",
    ".epub": "OEBPS/content.opf",
}


def text_of(content: bytes) -> str:
    return "".join("".join(etree.fromstring(content).itertext()).split())


def styles_of(content: bytes) -> Counter[str]:
    """How many characters are in each element and format."""
    found: Counter[str] = Counter()
    for element in etree.fromstring(content).iter():
        for text, owner in ((element.text, element), (element.tail, element.getparent())):
            if owner is not None and text and not isinstance(element, etree._Comment):
                path = [str(owner.tag), str(sorted(item for item in owner.items() if item[1] != "preserve"))]
                run = owner.getparent()
                if run is not None:
                    path += [str(sorted(c.tag for p in run if str(p.tag).endswith("rPr") for c in p))]
                found[" ".join(path)] += len("".join(text.split()))
    return +found


@each
def test_nothing_changes_where_nothing_is_translated(path: Path) -> None:
    data = path.read_bytes()
    result = unchanged(OPENERS[path.suffix](data))
    assert infos(result) == infos(data)
    before, after = contents(data), contents(result)
    # A book says in which language it is.
    assert {name for name in before if before[name] != after[name]} <= {"OEBPS/content.opf", "OEBPS/toc.ncx"}
    assert all(text_of(after[name]).lower() in text_of(before[name]).lower() for name in after if name[-4:] == ".xml")


@each
def test_whatever_is_not_text_stays_when_all_text_is_written_anew(path: Path) -> None:
    """A space more at the end of a paragraph makes all paragraphs be written, and all else must be as it was."""
    data = path.read_bytes()
    result = rewritten(OPENERS[path.suffix](data), lambda text: text + " ")
    before, after = contents(data), contents(result)
    assert infos(result) == infos(data)
    written = [name for name in before if before[name] != after[name]]
    assert written
    for name in written:
        if name not in ("OEBPS/content.opf", "OEBPS/toc.ncx"):
            assert text_of(after[name]) == text_of(before[name])
            assert before[name][:60] == after[name][:60]
            if path.suffix != ".odt":
                assert styles_of(after[name]) == styles_of(before[name])


@each
def test_tags_survive_a_translation_that_loses_or_doubles_them(path: Path) -> None:
    for change in (
        lambda text: "Ein Text",
        lambda text: text * 2,
        lambda text: text.replace("</g>", ""),
        lambda text: text.replace("<g", "</g><g"),
        lambda text: text + '<g id="99">&lt;b&gt; & \x00 \ud800 ]]> <x id="7777"/>',
    ):
        data = path.read_bytes()
        result = rewritten(OPENERS[path.suffix](data), change)
        for name, content in contents(result).items():
            if name.endswith((".xml", ".opf", ".xhtml")):
                etree.fromstring(content)
        OPENERS[path.suffix](result).sample()


@each
def test_the_sample_is_what_a_reader_sees(path: Path) -> None:
    sample = OPENERS[path.suffix](path.read_bytes()).sample()
    assert {"report": "bridge was closed in winter", "talk": "build a school", "prices": "A red apple"}[
        path.stem
    ] in sample
    assert "<" not in sample


@each
def test_the_starter_packages_translate_it(path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.getbasetemp() / "home"
    home.mkdir(exist_ok=True)
    result = in_spanish(OPENERS[path.suffix](path.read_bytes()), home)
    seen = "".join(as_it_is(piece) for piece in OPENERS[path.suffix](result).pieces("es", "en"))
    assert {"report": "puente", "talk": "pueblo", "prices": "manzana"}[path.stem] in seen
    assert "bridge" not in seen


def test_libreoffice_opens_all_of_them_again(
    reopen: Callable[[Mapping[str, bytes]], dict[str, str]],
) -> None:
    results = {path.name: rewritten(OPENERS[path.suffix](path.read_bytes()), _longer) for path in OFFICE}
    shown = reopen(results)
    for name, text in shown.items():
        words = {"report": ["closed in winter", "new plan", "The water was", "in the box"], "talk": ["build a school"]}
        for word in words.get(name.split(".")[0], ["A red apple", "The price"]):
            assert word in text, (name, text)
        assert "longer" in text
    assert "20 m2" in shown["report.docx"]
    assert "page 1 of" in shown["report.docx"] and "page 1 of" in shown["report.odt"]
    assert "2.5" in shown["prices.xlsx"] and "Err" not in shown["prices.xlsx"]


def _longer(text: str) -> str:
    return f"{text} longer & longer"


# --- hostile files ----------------------------------------------------------------------------------------------------


def refusal(data: bytes, extension: str) -> str:
    with pytest.raises(UnreadableFile) as caught:
        document = OPENERS[extension](data)
        document.write(list(map(as_it_is, document.pieces("en", "es"))), "es")
    return caught.value.reason


@pytest.mark.parametrize("extension", OPENERS)
def test_a_wrong_extension_is_told(extension: str) -> None:
    for path in FILES:
        if path.suffix != extension:
            assert refusal(path.read_bytes(), extension) == f"it is a {path.suffix} file, not a {extension} file"
    assert refusal(pack({"a": b""}), extension) == f"it is no {extension} file"
    assert refusal(b"", extension) == "it is empty"
    assert refusal(b"text", extension) == "it is not a zip archive"


@each
def test_entities_are_refused(path: Path) -> None:
    data, name = path.read_bytes(), TEXT_PARTS[path.suffix]
    xml = contents(data)[name]
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    at = xml.index(b"?>") + 2
    assert "entities" in refusal(changed(data, {name: xml[:at] + bomb + xml[at:]}), path.suffix)
    text = (xml[:at] + bomb + xml[at:]).decode().replace("UTF-8", "UTF-16").replace("utf-8", "UTF-16")
    assert "entities" in refusal(changed(data, {name: text.encode("utf-16")}), path.suffix)


@each
def test_damaged_or_missing_parts_are_refused(path: Path) -> None:
    data, name = path.read_bytes(), TEXT_PARTS[path.suffix]
    xml = contents(data)[name]
    assert "damaged" in refusal(changed(data, {name: xml[:-20]}), path.suffix)
    assert "damaged" in refusal(changed(data, {name: b""}), path.suffix)
    deep = xml.replace(b"</", b"<a>" * 100_000 + b"</a>" * 100_000 + b"</", 1)
    assert "damaged" in refusal(changed(data, {name: deep}), path.suffix)


def test_deep_nesting_below_the_limit_of_the_parser_is_harmless() -> None:
    for tags in ("w:sdt><w:sdtContent", "w:ins", "w:hyperlink", "w:smartTag"):
        opening = "".join(f"<{tag}>" for tag in tags.split("><")) * (100 if "><" in tags else 200)
        closing = "".join(f"</{tag}>" for tag in reversed(tags.split("><"))) * (100 if "><" in tags else 200)
        body = f"<w:p><w:r><w:t>Before it</w:t></w:r>{opening}<w:r><w:t>inside</w:t></w:r>{closing}</w:p>"
        result = contents(rewritten(OPENERS[".docx"](docx(body)), str.upper))
        assert b"BEFORE IT" in result["word/document.xml"]
    properties = "<w:a>" * 200 + "</w:a>" * 200
    body = f"<w:p><w:r><w:rPr>{properties}</w:rPr><w:t>Words</w:t></w:r><w:r><w:t>More words</w:t></w:r></w:p>"
    rewritten(OPENERS[".docx"](docx(body)), str.upper)
    spans = '<text:span text:style-name="T1">' * 200 + "x word" + "</text:span>" * 200
    data = (DATA / "report.odt").read_bytes()
    xml = contents(data)["content.xml"].replace(b"The second apple", spans.encode() + b"The second apple")
    rewritten(OPENERS[".odt"](changed(data, {"content.xml": xml})), str.upper)


def test_encrypted_documents_are_refused() -> None:
    data = (DATA / "report.odt").read_bytes()
    name = "META-INF/manifest.xml"
    xml = contents(data)[name].replace(b"</manifest:manifest>", b"<manifest:encryption-data/></manifest:manifest>")
    assert refusal(changed(data, {name: xml}), ".odt") == "it is encrypted"
    book = (DATA / "report.epub").read_bytes()
    told = '<encryption xmlns="urn:x"><EncryptionMethod Algorithm="{}"/></encryption>'
    name = "META-INF/encryption.xml"
    strong = told.format("http://www.w3.org/2001/04/xmlenc#aes128-cbc")
    assert refusal(changed(book, {name: strong}), ".epub") == "it is encrypted"
    OPENERS[".epub"](changed(book, {name: told.format("http://www.idpf.org/2008/embedding")}))


def test_a_macro_file_is_named() -> None:
    types = contents(docx("<w:p/>"))["[Content_Types].xml"].decode()
    types = types.replace(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        "application/vnd.ms-word.document.macroEnabled.main+xml",
    )
    assert refusal(changed(docx("<w:p/>"), {"[Content_Types].xml": types}), ".docx") == (
        "it is a .docm file, not a .docx file"
    )


@each
def test_no_damage_to_a_file_makes_anything_but_a_refusal(path: Path) -> None:
    data = path.read_bytes()
    chance = random.Random(path.name)
    refused = 0
    for _ in range(150):
        broken = bytearray(data[: chance.randrange(len(data))] if chance.random() < 0.2 else data)
        for _ in range(chance.choice((1, 2, 20))):
            if broken:
                broken[chance.randrange(len(broken))] = chance.randrange(256)
        refused += _survives(bytes(broken), path.suffix)
    assert refused > 50


def _survives(data: bytes, extension: str) -> bool:
    try:
        document = OPENERS[extension](data)
        document.sample()
        document.write([as_it_is(piece).upper() for piece in document.pieces("en", "es")], "es")
    except UnreadableFile:
        return True
    return False


@pytest.mark.parametrize("extension", OPENERS)
@settings(deadline=None)
@given(seed=st.integers(0, 2**32), cuts=st.integers(1, 6))
def test_no_damage_to_the_xml_makes_anything_but_a_refusal(extension: str, seed: int, cuts: int) -> None:
    path = next(path for path in FILES if path.suffix == extension)
    data = path.read_bytes()
    chance = random.Random(seed)
    members = contents(data)
    name = chance.choice([name for name in members if name.endswith((".xml", ".opf", ".xhtml", ".ncx"))])
    # Whole tags are exchanged, so that what comes out is often well-formed.
    xml = members[name].decode()
    for _ in range(cuts):
        places = [place for place in range(len(xml)) if xml[place] == "<"]
        if len(places) < 3:
            break
        first, second = sorted(chance.sample(places, 2))
        xml = chance.choice((xml[:first] + xml[second:], xml[:second] + xml[first:second] + xml[second:]))
    _survives(changed(data, {name: xml.encode()}), extension)
