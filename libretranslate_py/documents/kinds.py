"""What an archive is, whatever its name says."""

from __future__ import annotations

from collections.abc import Mapping

from libretranslate_py.documents.xml_parts import local, parse_xml
from libretranslate_py.documents.zipped import Archive
from libretranslate_py.errors import UnreadableFile

TYPES = "[Content_Types].xml"
_LONGEST_TYPE = 200

_OFFICE = {
    "wordprocessingml.document.main+xml": ".docx",
    "wordprocessingml.template.main+xml": ".dotx",
    "word.document.macroEnabled.main+xml": ".docm",
    "word.template.macroEnabledTemplate.main+xml": ".dotm",
    "presentationml.presentation.main+xml": ".pptx",
    "presentationml.template.main+xml": ".potx",
    "presentationml.slideshow.main+xml": ".ppsx",
    "powerpoint.presentation.macroEnabled.main+xml": ".pptm",
    "spreadsheetml.sheet.main+xml": ".xlsx",
    "spreadsheetml.template.main+xml": ".xltx",
    "excel.sheet.macroEnabled.main+xml": ".xlsm",
    "excel.sheet.binary.macroEnabled.main": ".xlsb",
}
_OTHERS = {
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.oasis.opendocument.text-template": ".ott",
    "application/vnd.oasis.opendocument.text-master": ".odm",
    "application/vnd.oasis.opendocument.presentation": ".odp",
    "application/vnd.oasis.opendocument.presentation-template": ".otp",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.oasis.opendocument.graphics": ".odg",
    "application/epub+zip": ".epub",
}


def content_types(archive: Archive) -> Mapping[str, str]:
    """The members of an Office file -> the last part of their content type, such as ``drawingml.chart+xml``."""
    if TYPES not in archive:
        return {}
    defaults, overrides = {}, {}
    for element in parse_xml(archive.read(TYPES)).getroot():
        kind = element.get("ContentType") or ""
        for prefix in ("application/vnd.openxmlformats-officedocument.", "application/vnd.ms-"):
            kind = kind.removeprefix(prefix)
        if local(element) == "Default":
            defaults[(element.get("Extension") or "").lower()] = kind
        elif local(element) == "Override":
            overrides[(element.get("PartName") or "").lstrip("/").lower()] = kind
    found = {}
    for name in archive.names:
        lower = name.lower()
        found[name] = overrides.get(lower) or defaults.get(lower.rpartition(".")[2], "")
    return found


def expect(archive: Archive, extension: str, types: Mapping[str, str] | None = None) -> None:
    """Raises UnreadableFile, and says what it is instead, if ``archive`` is no file of this extension.

    types: its content types, if they are known.
    """
    found = _kind(archive, content_types(archive) if types is None else types)
    if found != extension:
        raise UnreadableFile(f"it is a {found} file, not a {extension} file" if found else f"it is no {extension} file")


def _kind(archive: Archive, types: Mapping[str, str]) -> str:
    for kind in types.values():
        if kind in _OFFICE:
            return _OFFICE[kind]
    if "mimetype" in archive:
        said = archive.read("mimetype")[:_LONGEST_TYPE].decode("ascii", "replace").strip()
        return _OTHERS.get(said, "")
    return ".epub" if "META-INF/container.xml" in archive else ""
