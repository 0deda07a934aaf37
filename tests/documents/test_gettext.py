from __future__ import annotations

from pathlib import Path

import polib
import pytest

from libretranslate_py.documents.gettext import open_po
from libretranslate_py.errors import UnreadableFile
from tests.documents.text_files import DATA, in_spanish, rewritten, texts, unchanged

_HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset={}\\n"\n"Plural-Forms: nplurals={};\\n"\n\n'


def _po(body: str, charset: str = "UTF-8", plurals: int = 2) -> bytes:
    return (_HEADER.format(charset, plurals) + body).encode()


def test_a_catalogue_in_spanish(tmp_path: Path) -> None:
    data = (DATA / "app.po").read_bytes()
    done = in_spanish(open_po(data), tmp_path).decode()
    before, after = polib.pofile(data.decode()), polib.pofile(done)
    assert after.metadata == {
        **before.metadata,
        "Language": "es",
        "Content-Type": "text/plain; charset=UTF-8",
    }
    for old, new in zip(before, after, strict=True):
        for name in (
            "msgid",
            "msgid_plural",
            "msgctxt",
            "comment",
            "tcomment",
            "occurrences",
            "flags",
            "previous_msgid",
        ):
            assert getattr(old, name) == getattr(new, name)
        assert new.msgstr == old.msgstr or not old.msgstr
        assert new.obsolete or new.msgstr or all(new.msgstr_plural.values())
    file, houses, menu, sentence, door = list(after)[:5]
    assert file.msgstr.count("%s") == 1
    assert file.msgstr.endswith(".\n")
    assert [text.count("%(count)d") for text in houses.msgstr_plural.values()] == [1, 1]
    assert (menu.msgstr, door.msgstr) == ("Abrir", "Cierra")
    assert sentence.msgstr.count("\n\t") == 1
    strings = ("msgstr", '"')
    assert [line for line in done.split("\n") if not line.startswith(strings)] == [
        line for line in data.decode().split("\n") if not line.startswith(strings)
    ]


def test_a_catalogue_without_gaps_is_the_same_file() -> None:
    data = _po('msgid "a"\nmsgstr "b"\n\n#, fuzzy\nmsgid "c"\nmsgstr "d"\n\n#~ msgid "x"\n#~ msgstr ""\n').replace(
        b"\n", b"\r\n"
    )
    assert texts(open_po(data)) == []
    assert unchanged(open_po(data)) == data


@pytest.mark.parametrize(
    ("entry", "piece", "translation", "written"),
    [
        (r'"\nOne \"a\"\tb\\\n"', 'One "a"\tb\\', 'uno "ñ"\t\\', '""\n"\\n"\n"uno \\"ñ\\"\\t\\\\\\n"'),
        (r'"One\ntwo\n"', "One\ntwo", "uno\ndos", '""\n"uno\\n"\n"dos\\n"'),
        (r'"One"', "One", "uno\n", '"uno"'),
        ('"One"', "One", "palabra " * 12 + "fin", '""\n"' + "palabra " * 9 + '"\n"' + "palabra " * 3 + 'fin"'),
        (r'"\x41\101"', "AA", "b", '"b"'),
    ],
)
def test_translations_are_written_as_gettext_does(entry: str, piece: str, translation: str, written: str) -> None:
    data = _po(f'msgid {entry}\nmsgstr ""\n# end\n')
    assert texts(open_po(data)) == [piece]
    done = rewritten(open_po(data), lambda _: translation)
    assert done == _po(f"msgid {entry}\nmsgstr {written}\n# end\n")
    catalogue = polib.pofile(done.decode())
    source = catalogue[0].msgid
    assert catalogue[0].msgstr.strip("\n") == translation.strip("\n")
    assert source.startswith("\n") is catalogue[0].msgstr.startswith("\n")
    assert source.endswith("\n") is catalogue[0].msgstr.endswith("\n")


def test_plurals_have_all_forms_that_the_header_names() -> None:
    data = _po('msgid "dog"\nmsgid_plural "dogs"\nmsgstr[0] ""\nmsgstr[1] "perros"\n', plurals=3)
    done = rewritten(open_po(data), lambda text: text.upper())
    entry = 'msgid "dog"\nmsgid_plural "dogs"\nmsgstr[0] "DOG"\nmsgstr[1] "perros"\nmsgstr[2] "DOGS"\n'
    assert done == _po(entry, plurals=3)


def test_the_charset_goes_on_to_be_true() -> None:
    body = 'msgid "a"\nmsgstr ""\n'
    for charset in ("CHARSET", "US-ASCII", "ISO-8859-2"):
        assert rewritten(open_po(_po(body, charset)), lambda _: "漢") == _po('msgid "a"\nmsgstr "漢"\n')
        assert rewritten(open_po(_po(body, charset)), lambda _: "b") == _po('msgid "a"\nmsgstr "b"\n', charset)
    data = _po("# Žluť\n" + body, "ISO-8859-2").decode().encode("iso8859-2")
    assert rewritten(open_po(data), lambda _: "ž") == data.replace(b'"a"\nmsgstr ""', b'"a"\nmsgstr "\xbe"')
    assert "UTF-8" in rewritten(open_po(data), lambda _: "漢").decode()


def test_what_is_no_catalogue_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="no messages"):
        open_po(b"# A comment.\n")
    with pytest.raises(UnreadableFile, match="line 2 "):
        open_po(b'msgid "a"\nmsgstr "b\n')
