"""A request's body (or its query string) as one mapping of fields, whatever its content type is.

Fields of JSON keep their JSON types; those of a form, of multipart or of a query string are strings with ``\\n`` for
every ``\\r\\n``. Where a field is given several times, the first one counts (in JSON: the last one, as everywhere).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder

from libretranslate_py.errors import BodyTooLarge, InvalidBody, InvalidJson

_MOST_FIELDS = 1000
# Of a file's name the end counts, where its extension is.
_LONGEST_NAME = 1000
_ESCAPES = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"

# A closed list: looking an arbitrary name up makes Python import a module and remember the name for ever, and some
# names (punycode, zlib) are no charsets but ways to keep a processor busy.
_CHARSETS = re.compile(
    r"utf[-_]?(8|16|32)([-_]?[lb]e|[-_]sig)?|(us-)?ascii|latin-?1|iso-?8859-?\d{1,2}|(windows-|cp)\d{3,4}|koi8-[ru]"
    r"|gb2312|gbk|gb18030|big5|shift[-_]jis|sjis|euc-(jp|kr)|iso-2022-jp",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent. ``name`` is any text, and the client's: no part of a path before it has been made one."""

    name: str
    data: bytes


def read_fields(request: Request) -> Mapping[str, object]:
    """The fields of ``request``. With an empty body they are those of the query string.

    Raises InvalidJson, InvalidBody (wrong charset, bytes that do not decode, broken multipart), BodyTooLarge, and
    UnsupportedMediaType of werkzeug for a body of a type that cannot hold fields.
    """
    content_type = request.environ.get("CONTENT_TYPE", "")
    body = _read_body(request)
    if body and content_type == "application/json":
        return _parse_json(body, "")
    kind, options = parse_options_header(content_type)
    kind = kind.lower()
    is_json = kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
    if not body:
        query = read_query(request)
        if is_json and not query:
            raise InvalidJson
        return query
    if is_json:
        return _parse_json(body, options.get("charset", ""))
    if kind == _FORM:
        return {**read_query(request), **_parse_form(body, options.get("charset", "") or "utf-8")}
    if kind == _MULTIPART:
        return {**read_query(request), **_parse_multipart(body, options)}
    raise UnsupportedMediaType(f"The body must be application/json, {_FORM} or {_MULTIPART}")


def read_upload(request: Request) -> tuple[Mapping[str, object], Upload | None]:
    """The fields of ``request``, and the first part named ``file`` that is a file with a name, if there is one.

    Raises what read_fields raises.
    """
    kind, options = parse_options_header(request.environ.get("CONTENT_TYPE", ""))
    if kind.lower() != _MULTIPART:
        return read_fields(request), None
    fields: dict[str, object] = {}
    upload: Upload | None = None
    body = _read_body(request)
    for part, data in _read_parts(body, options) if body else ():
        if isinstance(part, Field):
            fields.setdefault(part.name, _decode_field(data, options))
        elif part.name == "file" and part.filename and upload is None:
            # Browsers write a quotation mark like this, and nothing else that is worth reading back.
            upload = Upload(part.filename[-_LONGEST_NAME:].replace("%22", '"'), data)
    return {**read_query(request), **fields}, upload


def _read_body(request: Request) -> bytes:
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        raise BodyTooLarge(request.max_content_length or 0) from error


def _parse_json(body: bytes, charset: str) -> dict[str, object]:
    text = _decode(body, charset or json.detect_encoding(body)).removeprefix("\ufeff")
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidJson from error
    if not isinstance(fields, dict):
        raise InvalidJson
    return fields


def read_query(request: Request) -> dict[str, object]:
    """The fields of the query string."""
    # WSGI hands bytes over as the characters of latin-1.
    return _parse_form(request.environ.get("QUERY_STRING", "").encode("latin-1"), "utf-8")


def _parse_form(data: bytes, charset: str) -> dict[str, object]:
    if data.count(b"&") >= _MOST_FIELDS:
        raise InvalidBody(f"it has more than {_MOST_FIELDS} fields")
    fields: dict[str, object] = {}
    for pair in data.split(b"&"):
        name, _, value = (_decode(_unquote(part), charset) for part in pair.replace(b"+", b" ").partition(b"="))
        if name:
            fields.setdefault(name, value.replace("\r\n", "\n"))
    return fields


def _unquote(data: bytes) -> bytes:
    # The standard library looks at every escape by itself, and takes 0.2 s for a page of Chinese.
    return _ESCAPES.sub(lambda run: bytes.fromhex(run[0].replace(b"%", b"").decode("ascii")), data)


def _parse_multipart(body: bytes, options: Mapping[str, str]) -> dict[str, object]:
    fields: dict[str, object] = {}
    for part, data in _read_parts(body, options):
        if isinstance(part, Field):
            fields.setdefault(part.name, _decode_field(data, options))
    return fields


def _decode_field(data: bytes, options: Mapping[str, str]) -> str:
    return _decode(data, options.get("charset", "") or "utf-8").replace("\r\n", "\n")


def _read_parts(body: bytes, options: Mapping[str, str]) -> Iterator[tuple[Field | File, bytes]]:
    decoder = MultipartDecoder(options.get("boundary", "").encode("latin-1", "replace"), max_parts=_MOST_FIELDS)
    decoder.receive_data(body)
    decoder.receive_data(None)
    part: Field | File | None = None
    pieces: list[bytes] = []
    while not isinstance(event := _next_event(decoder), Epilogue):
        if isinstance(event, (Field, File)):
            part, pieces = event, []
        elif isinstance(event, Data) and part is not None:
            pieces.append(event.data)
            if not event.more_data:
                yield part, b"".join(pieces)


def _next_event(decoder: MultipartDecoder) -> Event:
    try:
        return decoder.next_event()
    except (ValueError, RequestEntityTooLarge) as error:
        raise InvalidBody("it is not valid multipart/form-data") from error


def _decode(data: bytes, charset: str) -> str:
    if not _CHARSETS.fullmatch(charset):
        raise InvalidBody(f"the charset {charset[:40]} is not known")
    try:
        return data.decode(charset)
    except LookupError as error:
        raise InvalidBody(f"the charset {charset[:40]} is not known") from error
    except UnicodeDecodeError as error:
        raise InvalidBody(f"it is not {charset}") from error
