"""Which files can be translated, and who reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from libretranslate_py.documents.document import Document, Format
from libretranslate_py.documents.epub import open_epub
from libretranslate_py.documents.gettext import open_po
from libretranslate_py.documents.html_pages import open_html
from libretranslate_py.documents.json_values import open_json
from libretranslate_py.documents.markdown import open_md
from libretranslate_py.documents.office_drawings import open_pptx
from libretranslate_py.documents.office_sheets import open_xlsx
from libretranslate_py.documents.office_words import open_docx
from libretranslate_py.documents.opendocument import open_odp, open_odt
from libretranslate_py.documents.pdf import open_pdf
from libretranslate_py.documents.plain import open_txt
from libretranslate_py.documents.subtitles import open_srt, open_vtt
from libretranslate_py.documents.xliff import open_xliff
from libretranslate_py.documents.zipped import text_size

_ARCHIVES = (".odt", ".odp", ".docx", ".pptx", ".epub", ".xlsx")
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."


def _formats() -> Mapping[str, Format]:
    known: tuple[tuple[str, Callable[[bytes], Document], str], ...] = (
        # LibreTranslate's, in its order.
        (".txt", open_txt, "text/plain"),
        (".odt", open_odt, _OPEN + "text"),
        (".odp", open_odp, _OPEN + "presentation"),
        (".docx", open_docx, _OFFICE + "wordprocessingml.document"),
        (".pptx", open_pptx, _OFFICE + "presentationml.presentation"),
        (".epub", open_epub, "application/epub+zip"),
        (".html", open_html, "text/html"),
        (".srt", open_srt, "application/x-subrip"),
        (".pdf", open_pdf, "text/plain"),
        # Ours.
        (".htm", open_html, "text/html"),
        (".xhtml", open_html, "application/xhtml+xml"),
        (".md", open_md, "text/markdown"),
        (".vtt", open_vtt, "text/vtt"),
        (".xlsx", open_xlsx, _OFFICE + "spreadsheetml.sheet"),
        (".po", open_po, "text/x-gettext-translation"),
        (".json", open_json, "application/json"),
        (".xliff", open_xliff, "application/xliff+xml"),
        (".xlf", open_xliff, "application/xliff+xml"),
    )
    # A PDF cannot be written: what comes back is its text.
    return MappingProxyType(
        {
            end: Format(end, read, ".txt" if end == ".pdf" else end, media_type, text_size if end in _ARCHIVES else len)
            for end, read, media_type in known
        }
    )


# By extension, lower case with its dot, in the order in which they are told to clients.
FORMATS = _formats()
