from __future__ import annotations

from pathlib import Path

import pytest

from libretranslate_py.documents.html_pages import open_html
from tests.documents.text_files import DATA, in_spanish, rewritten, texts, unchanged


def test_a_page_in_spanish(tmp_path: Path) -> None:
    data = (DATA / "page.html").read_bytes()
    assert unchanged(open_html(data)).replace(b' lang="es"', b' lang="en"') == data
    done = in_spanish(open_html(data), tmp_path)
    assert "Buenos días</h1>".encode("cp1252") in done
    for kept in (
        b'<html lang="es">',
        b"p { color: red }",
        b'var text = "The dog"',
        b"<!-- a comment -->",
        b'class="a"',
    ):
        assert done.count(kept) == 1
    assert done.count(b"<pre>  code   here </pre>") == 1
    assert done.count(b'<a href="x.html?a=1&amp;b=2">') == done.count(b"</a>") == 1


def test_what_is_visible_tells_the_language() -> None:
    sample = open_html(b"<title>Hello</title><script>var no</script><p>Good <b>morning</b>").sample()
    assert sample == "Hello\nGood morning"
    assert open_html(b'<img alt="A house">').sample() == "A house"


@pytest.mark.parametrize(
    ("page", "done"),
    [
        (b'<meta charset="latin1"><p>a</p>', '<meta charset="latin1"><p>ñ&#28450;</p>'.encode("cp1252")),
        (
            b'<meta http-equiv="Content-Type" content="text/html; charset=gb2312"><p>a</p>',
            '<meta http-equiv="Content-Type" content="text/html; charset=gb2312"><p>ñ漢</p>'.encode("gb18030"),
        ),
        (b'<?xml version="1.0"?><html><p>a</p></html>', '<?xml version="1.0"?><html><p>ñ漢</p></html>'.encode()),
        (b"<p>a</p>", "<p>ñ漢</p>".encode()),
        # Browsers would guess wrongly now.
        (b"<html><p>a</p></html>", b"<html><p>&#241;&#28450;</p></html>"),
    ],
)
def test_the_charset_goes_on_to_be_true(page: bytes, done: bytes) -> None:
    assert rewritten(open_html(page), lambda text: text.replace(">a<", ">ñ漢<")) == done


def test_big_pages_come_in_pieces() -> None:
    pieces = texts(open_html(b"<p>A paragraph of some words.</p>\n" * 2000))
    assert len(pieces) > 10
    assert "".join(pieces).count("<p>") == 2000
