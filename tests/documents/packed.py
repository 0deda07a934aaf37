"""Archives for tests: taken apart, changed and made."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from libretranslate_py.documents.epub import open_epub
from libretranslate_py.documents.office_drawings import open_pptx
from libretranslate_py.documents.office_sheets import open_xlsx
from libretranslate_py.documents.office_words import open_docx
from libretranslate_py.documents.opendocument import open_odp, open_odt

OPENERS = {
    ".docx": open_docx,
    ".odt": open_odt,
    ".pptx": open_pptx,
    ".odp": open_odp,
    ".xlsx": open_xlsx,
    ".epub": open_epub,
}
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_NAMES = (
    f'xmlns:w="{W}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="word/document.xml" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships/officeDocument"/></Relationships>'
)


def contents(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {info.filename: archive.read(info) for info in archive.infolist()}


def infos(data: bytes) -> list[tuple[object, ...]]:
    """What the directory says of each member besides its content."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [
            (one.filename, one.date_time, one.compress_type, one.external_attr, one.create_system, one.extra)
            for one in archive.infolist()
        ]


def pack(members: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def changed(data: bytes, members: Mapping[str, bytes | str]) -> bytes:
    return pack({**contents(data), **members})


def docx(body: str) -> bytes:
    """The smallest file with these paragraphs."""
    document = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n<w:document {_NAMES}><w:body>{body}</w:body>'
    )
    return pack(
        {"[Content_Types].xml": _TYPES, "_rels/.rels": _RELATIONS, "word/document.xml": f"{document}</w:document>"}
    )
