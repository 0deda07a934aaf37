from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import etree

from libretranslate_py.documents.xliff import open_xliff
from libretranslate_py.errors import UnreadableFile
from tests.documents.text_files import DATA, in_spanish, rewritten, texts, unchanged

_TARGET = re.compile(r"\s*<(?:x:)?target(?:/>|.*</(?:x:)?target>)(?!</alt)")


def _one(source: str, rest: str = "", attributes: str = "") -> bytes:
    unit = f"<trans-unit id='1'{attributes}><source>{source}</source>{rest}</trans-unit>"
    return f'<xliff version="1.2"><file target-language="es"><body>{unit}</body></file></xliff>'.encode()


@pytest.mark.parametrize("name", ["app-1.2.xlf", "app-2.0.xliff"])
def test_a_file_in_spanish(name: str, tmp_path: Path) -> None:
    data = (DATA / name).read_bytes()
    done = in_spanish(open_xliff(data), tmp_path)
    before, after = etree.fromstring(data), etree.fromstring(done)
    assert {**after.attrib}.items() >= {**before.attrib}.items()
    assert "es" in (after.get("trgLang"), after[0].get("target-language"))
    text = done.decode()
    without = re.sub(' (?:target-language|trgLang)="es"', "", text)
    assert _TARGET.sub("", without) == _TARGET.sub("", data.decode())
    assert ">Abrir</" in text
    for unit in after.iter("{*}trans-unit", "{*}segment"):
        source, target = unit.find("{*}source"), unit.find("{*}target")
        if unit.get("translate") == "no" or unit.getparent().get("translate") == "no":
            assert target is None
            continue
        assert unit.index(target) > unit.index(source)
        original = unit.find("{*}seg-source") if unit.find("{*}seg-source") is not None else source
        assert [e.attrib for e in original.iter() if e is not original] == [
            e.attrib for e in target.iter() if e is not target
        ]
    # What has been translated is not translated again.
    assert unchanged(open_xliff(done)) == done or name == "app-1.2.xlf"


def test_targets_are_filled_where_they_stand() -> None:
    for rest, expected in (
        ("", "<target>b</target>"),
        ("<target/>", "<target>b</target>"),
        ("<target state='new'>a</target>", "<target state='translated'>b</target>"),
        ("<target xml:lang='es' />", "<target xml:lang='es'>b</target>"),
        ("<target> </target>", "<target>b</target>"),
        ("<target>x</target>", "<target>x</target>"),
        ("<target><x id='1'/></target>", "<target><x id='1'/></target>"),
    ):
        assert rewritten(open_xliff(_one("a", rest)), lambda _: "b") == _one("a", expected)


def test_what_is_not_to_be_translated_stays() -> None:
    data = _one("a", attributes=" translate='no'")
    assert (texts(open_xliff(data)), unchanged(open_xliff(data))) == ([], data)
    group = _one("a").replace(b"<body>", b"<body><group translate='no'>").replace(b"</body>", b"</group></body>")
    assert texts(open_xliff(group)) == []
    assert texts(open_xliff(group.replace(b"id='1'", b"translate='yes'"))) == ["a"]


def test_texts_stay_texts() -> None:
    assert b"<target>a &lt; b &amp; c</target>" in rewritten(open_xliff(_one("x")), lambda _: "a < b & c")
    data = _one("<![CDATA[x]]>")
    assert b"<target><![CDATA[a < b & c]]></target>" in rewritten(open_xliff(data), lambda _: "a < b & c")


def test_characters_that_the_encoding_lacks_are_written_as_references() -> None:
    data = b"<?xml version='1.0' encoding='ISO-8859-1'?>" + _one("\xe9").decode().encode("latin-1")
    assert b"<target>\xe9&#28450;</target>" in rewritten(open_xliff(data), lambda text: text + "漢")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<a/>", "not an XLIFF file"),
        (b"<xliff><file>", "not well-formed"),
        (b"<xliff></file>", "not well-formed"),
        (b"<xliff a=1/>", "not well-formed"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><xliff/>', "document type"),
        (b"<xliff>" + b"<g>" * 300 + b"</g>" * 300 + b"</xliff>", "too deeply"),
    ],
)
def test_what_is_not_read(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        open_xliff(data)


@pytest.mark.parametrize(
    ("target", "language"),
    [("<target/>", "es"), ('<target state="new">x</target>', "es"), ("<target>x</target>", "fr")],
)
def test_the_language_follows_unless_somebody_elses_translations_stay(target: str, language: str) -> None:
    unit = f'<trans-unit id="1"><source>Hello</source>{target}</trans-unit>'
    data = f'<xliff version="1.2"><file target-language="fr"><body>{unit}</body></file></xliff>'.encode()
    document = open_xliff(data)
    written = document.write(["Hola"] * len(document.pieces("en", "es")), "es").decode()
    assert f'target-language="{language}"' in written


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<target state="new">x</target>', '<target state="translated">Hola</target>'),
        ("<target state='needs-translation'/>", "<target state='translated'>Hola</target>"),
        ("<target>x</target>", "<target>x</target>"),
        ('<target state="final">x</target>', '<target state="final">x</target>'),
    ],
)
def test_the_state_says_that_there_is_a_translation(before: str, after: str) -> None:
    document = open_xliff(_one("Hello", before))
    written = document.write(["Hola"] * len(document.pieces("en", "es")), "es").decode()
    assert after in written
    again = open_xliff(written.encode())
    assert again.pieces("en", "es") == []


def test_the_state_of_a_segment() -> None:
    unit = '<unit id="1"><segment state="initial"><source>Hello</source><target>x</target></segment></unit>'
    data = f'<xliff version="2.0" srcLang="en" trgLang="es"><file id="f">{unit}</file></xliff>'.encode()
    written = open_xliff(data).write(["Hola"], "es").decode()
    assert '<segment state="translated"><source>Hello</source><target>Hola</target>' in written
