"""HTML pages: their text and the attributes that are shown, through text/markup.py."""

from __future__ import annotations

import re
from collections.abc import Sequence

from libretranslate_py.documents.document import Piece
from libretranslate_py.documents.encodings import Content, decode
from libretranslate_py.documents.slices import SAMPLE_CHARACTERS, sample_of
from libretranslate_py.errors import UnreadableFile
from libretranslate_py.text import markup
from libretranslate_py.text.spans import Segment, Template

_CHARSET = re.compile(
    rb"<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']([\w.:-]{1,40})"
    rb"|<meta\s(?:[^>]{0,300}?[\s;\"'])?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})",
    re.IGNORECASE,
)
# Browsers look no further.
_DECLARED_WITHIN = 1024
_WHOLE_PAGE = re.compile(r"<(?:!doctype|html|head)\b", re.IGNORECASE)
# So many characters of segments go into one piece.
_CHARACTERS_PER_PIECE = 4_000


def open_html(data: bytes) -> HtmlPage:
    """Return the page; raises UnreadableFile for what is no text, or endless."""
    found = _CHARSET.search(data[:_DECLARED_WITHIN])
    declared = (found[1] or found[2]).decode("ascii", "replace") if found else ""
    content = decode(data, declared)
    if len(content.text) > markup.LONGEST:
        raise UnreadableFile(f"it has more than {markup.LONGEST} characters")
    return HtmlPage(content, is_declared=bool(declared))


class HtmlPage:
    """is_declared: whether it says what charset it is in."""

    def __init__(self, content: Content, *, is_declared: bool) -> None:
        self._content = content
        self._is_declared = is_declared

    def sample(self) -> str:
        """See Document."""
        # The visible part of a page seldom needs more of it than this, and nothing has been read yet.
        beginning = self._content.text[: 50 * SAMPLE_CHARACTERS]
        for attributes in (False, True):
            template = markup.extract(beginning, source="en", target="en", attributes=attributes)
            if found := sample_of((template,)):
                return found
        return ""

    def pieces(self, source: str, target: str) -> Sequence[Piece]:
        """See Document; ``lang`` and ``dir`` of the page follow ``target``."""
        return divide(markup.extract(self._content.text, source=source, target=target))

    def write(self, translations: Sequence[str], target: str) -> bytes:
        """See Document."""
        text = "".join(translations)
        if self._says_nothing_of_charsets(text):
            # A byte order mark would tell, too, and stand in the middle of a page that this one is included in.
            return text.encode("ascii", "xmlcharrefreplace")
        return self._content.encode(text, references=True)

    def _says_nothing_of_charsets(self, text: str) -> bool:
        """Whether browsers would have to guess the charset now, which did not matter before."""
        original = self._content.text
        undeclared = not self._is_declared and not self._content.mark and not original.lstrip().startswith("<?xml")
        if not undeclared or not original.isascii() or text.isascii():
            return False
        return _WHOLE_PAGE.search(original[:_DECLARED_WITHIN]) is not None


def divide(template: Template) -> list[Template]:
    """Return ``template`` in runs of a few thousand characters of segments; together they are it."""
    found: list[Template] = []
    run: list[str | Segment] = []
    size = 0
    for piece in template:
        run.append(piece)
        size += len(piece.text) if isinstance(piece, Segment) else 0
        if size >= _CHARACTERS_PER_PIECE and isinstance(piece, str):
            found.append(tuple(run))
            run, size = [], 0
    if run:
        found.append(tuple(run))
    return found
