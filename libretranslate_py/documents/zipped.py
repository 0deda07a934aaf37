"""Zip archives read with suspicion, and written again with some members replaced and all others byte for byte.

The directory is read here and not by ``zipfile``: that makes an object of each of a million entries before anybody can
refuse them, and it cannot pass a member on as it is compressed.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from libretranslate_py.errors import UnreadableFile

MOST_MEMBERS = 10_000
MOST_UNPACKED = 500_000_000
# What is read of an archive becomes trees, which take many times the memory.
MOST_READ = 16_000_000
HIGHEST_RATIO = 200
# Smaller members may be as regular as they like.
_LARGE = 1_000_000
_CHUNK = 1 << 20

_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _DESCRIPTOR, _UTF8 = 0x1, 0x8, 0x800
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UNSET_16, _UNSET_32 = 0xFFFF, 0xFFFFFFFF
_ZIP64_EXTRA = 1

_END = struct.Struct("<4s4H2LH")
_END_MARK = b"PK\x05\x06"
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_EXTRA = struct.Struct("<2H")

_DAMAGED = "the zip archive is damaged"


@dataclass(frozen=True, slots=True)
class _Member:
    """An entry of the directory. start, end: where its compressed bytes are; offset: where its own header is."""

    name: str
    raw_name: bytes
    made_by: int
    needs: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    packed: int
    size: int
    internal: int
    external: int
    extra: bytes
    comment: bytes
    offset: int
    start: int = 0
    end: int = 0
    own_extra: bytes = b""


# Members of such names are passed on as they are; any other may become a tree, whatever it is called.
_PASSED_ON = (
    *(".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".webp"),
    *(".ttf", ".otf", ".woff", ".woff2", ".odttf", ".fntdata", ".mp3", ".mp4", ".m4a", ".wav", ".avi", ".bin"),
)


def text_size(data: bytes) -> int:
    """How many bytes of an archive may have to be read, as its directory says; none where it is no archive."""
    try:
        return sum(member.size for member in _members(data) if not member.name.lower().endswith(_PASSED_ON))
    except UnreadableFile:
        return 0


class Archive:
    """A zip archive in memory. Nothing is unpacked before it is asked for."""

    def __init__(self, data: bytes) -> None:
        """Raises UnreadableFile: empty, no archive, damaged, encrypted, or one that unpacks to absurdly much."""
        if not data:
            raise UnreadableFile("it is empty")
        if data.startswith(_OLD_OFFICE):
            raise UnreadableFile("it is encrypted or an old Office format")
        self._data = memoryview(data)
        self._read = 0
        found = _members(data)
        self._members = {member.name: member for member in found}
        if len(self._members) < len(found):
            raise UnreadableFile("two members of the zip archive have the same name")

    def __contains__(self, name: str) -> bool:
        return name in self._members

    @property
    def names(self) -> list[str]:
        """The names of the members, in the order in which they lie in the file."""
        return list(self._members)

    def read(self, name: str) -> bytes:
        """Return a member's content. Raises UnreadableFile: missing, damaged, more than all reads may give together."""
        member = self._members.get(name)
        if member is None:
            raise UnreadableFile(f"{_shown(name)} is missing in it")
        room = MOST_READ - self._read
        if member.size > room:
            raise UnreadableFile("it holds too much text")
        packed = self._data[member.start : member.end]
        content = bytes(packed) if member.method == _STORED else _inflate(packed, member.size)
        if len(content) != member.size or zlib.crc32(content) != member.crc:
            raise UnreadableFile(f"{_shown(name)} in it is damaged")
        self._read += len(content)
        return content

    def holds(self, name: str, word: bytes) -> bool:
        """Whether ``word`` stands in a member, which is never in memory as a whole. Raises UnreadableFile: damaged."""
        member = self._members[name]
        packed = self._data[member.start : member.end]
        if member.method == _STORED:
            return bytes(packed).find(word) >= 0
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        waiting: bytes | memoryview = packed
        tail, size = b"", 0
        try:
            while waiting and not inflater.eof and size <= member.size:
                chunk = inflater.decompress(waiting, _CHUNK)
                waiting = inflater.unconsumed_tail
                size += len(chunk)
                if word in tail + chunk:
                    return True
                tail = chunk[-len(word) :]
        except zlib.error as error:
            raise UnreadableFile(_DAMAGED) from error
        return False

    def rewrite(self, contents: Mapping[str, bytes]) -> bytes:
        """Return the archive with ``contents`` instead of the members of these names, which are there already."""
        parts: list[bytes | memoryview] = []
        entries: list[bytes] = []
        position = 0
        for member in self._members.values():
            packed: bytes | memoryview = self._data[member.start : member.end]
            crc, size = member.crc, member.size
            content = contents.get(member.name)
            if content is not None:
                packed = content if member.method == _STORED else _deflate(content)
                crc, size = zlib.crc32(content), len(content)
            header = _local_header(member, crc, len(packed), size)
            entries.append(_entry(member, crc, len(packed), size, position))
            parts += [header, packed]
            position += len(header) + len(packed)
        directory = b"".join(entries)
        end = _END.pack(_END_MARK, 0, 0, len(entries), len(entries), len(directory), position, 0)
        return b"".join([*parts, directory, end])


def _shown(name: str) -> str:
    return "".join(character if character.isprintable() else "\ufffd" for character in name[:80])


def _inflate(packed: memoryview, size: int) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        # One byte more than there should be tells a directory that lies.
        return inflater.decompress(packed, size + 1)
    except zlib.error as error:
        raise UnreadableFile(_DAMAGED) from error


def _deflate(content: bytes) -> bytes:
    deflater = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflater.compress(content) + deflater.flush()


# --- reading the directory --------------------------------------------------------------------------------------------


def _members(data: bytes) -> list[_Member]:
    """The members in the order in which they lie in ``data``, checked as far as that is possible without unpacking."""
    try:
        count, start, end = _find_directory(data)
        listed = sorted(_read_entries(data, count, start, end), key=lambda member: member.offset)
        found = [_locate(data, member) for member in listed]
    except struct.error as error:
        raise UnreadableFile(_DAMAGED) from error
    for member, following in zip(found, [*[one.offset for one in found[1:]], start], strict=True):
        if member.end > following:
            raise UnreadableFile(_DAMAGED)
    if sum(member.size for member in found) > MOST_UNPACKED:
        raise UnreadableFile("it unpacks to more than any document")
    for member in found:
        if member.size > _LARGE and member.size > HIGHEST_RATIO * member.packed:
            raise UnreadableFile("it unpacks to more than any document")
    return found


def _find_directory(data: bytes) -> tuple[int, int, int]:
    """The number of entries, and where they begin and end."""
    place = data.rfind(_END_MARK, max(0, len(data) - _END.size - 0xFFFF))
    if place < 0:
        raise UnreadableFile("it is not a zip archive" if data[:2] != b"PK" else _DAMAGED)
    _, disk, _, _, count, size, start, _ = _END.unpack_from(data, place)
    if _UNSET_16 in (disk, count) or _UNSET_32 in (size, start):
        _, _, record, _ = _LOCATOR_64.unpack_from(data, max(0, place - _LOCATOR_64.size))
        if record > len(data):
            raise UnreadableFile(_DAMAGED)
        _, _, _, _, _, _, _, count, size, start = _END_64.unpack_from(data, record)
        place = record
    if start + size > place:
        raise UnreadableFile(_DAMAGED)
    if count > MOST_MEMBERS or size > MOST_MEMBERS * 1000:
        raise UnreadableFile("it has more parts than any document")
    return count, start, start + size


def _read_entries(data: bytes, count: int, start: int, end: int) -> list[_Member]:
    found = []
    position = start
    for _ in range(count):
        fields = _ENTRY.unpack_from(data, position)
        mark, made_by, needs, flags, method, time, date, crc, packed, size, *rest = fields
        name_size, extra_size, comment_size, _, internal, external, offset = rest
        position += _ENTRY.size
        raw_name = data[position : position + name_size]
        position += name_size
        extra = data[position : position + extra_size]
        comment = data[position + extra_size : position + extra_size + comment_size]
        position += extra_size + comment_size
        if mark != b"PK\x01\x02" or position > end:
            raise UnreadableFile(_DAMAGED)
        size, packed, offset = _wide(extra, size, packed, offset)
        if flags & _ENCRYPTED:
            raise UnreadableFile("it is encrypted")
        if method not in (_STORED, _DEFLATED):
            raise UnreadableFile("it is compressed in a way that documents are not")
        found.append(
            _Member(
                _name(raw_name, flags),
                *(raw_name, made_by, needs, flags & ~_DESCRIPTOR, method, time, date, crc, packed, size),
                *(internal, external, _without_zip64(extra), comment, offset),
            )
        )
    return found


def _name(raw: bytes, flags: int) -> str:
    try:
        return raw.decode("utf-8" if flags & _UTF8 else "cp437")
    except UnicodeDecodeError as error:
        raise UnreadableFile(_DAMAGED) from error


def _locate(data: bytes, member: _Member) -> _Member:
    if member.offset > len(data):
        raise UnreadableFile(_DAMAGED)
    mark, *_, name_size, extra_size = _LOCAL.unpack_from(data, member.offset)
    name_end = member.offset + _LOCAL.size + name_size
    start = name_end + extra_size
    end = start + member.packed
    if (
        mark != b"PK\x03\x04"
        or data[name_end - name_size : name_end] != member.raw_name
        or end > len(data)
        or (member.method == _STORED and member.packed != member.size)
    ):
        raise UnreadableFile(_DAMAGED)
    values = {field: getattr(member, field) for field in member.__slots__}
    values |= {"start": start, "end": end, "own_extra": _without_zip64(data[name_end:start])}
    return _Member(**values)


def _extras(extra: bytes) -> list[tuple[int, bytes]]:
    found = []
    position = 0
    while position + _EXTRA.size <= len(extra):
        kind, size = _EXTRA.unpack_from(extra, position)
        found.append((kind, extra[position : position + _EXTRA.size + size]))
        position += _EXTRA.size + size
    return found


def _without_zip64(extra: bytes) -> bytes:
    return b"".join(block for kind, block in _extras(extra) if kind != _ZIP64_EXTRA)


def _wide(extra: bytes, *narrow: int) -> list[int]:
    """``narrow`` with those that do not fit into 32 bits from the extra field."""
    values = list(narrow)
    if _UNSET_32 not in values:
        return values
    wide = next((block for kind, block in _extras(extra) if kind == _ZIP64_EXTRA), b"")
    position = _EXTRA.size
    for number, value in enumerate(narrow):
        if value == _UNSET_32:
            (values[number],) = struct.unpack_from("<Q", wide, position)
            position += 8
    return values


# --- writing ----------------------------------------------------------------------------------------------------------


def _local_header(member: _Member, crc: int, packed: int, size: int) -> bytes:
    fields = (member.needs, member.flags, member.method, member.time, member.date, crc, packed, size)
    header = _LOCAL.pack(b"PK\x03\x04", *fields, len(member.raw_name), len(member.own_extra))
    return header + member.raw_name + member.own_extra


def _entry(member: _Member, crc: int, packed: int, size: int, offset: int) -> bytes:
    fields = (member.made_by, member.needs, member.flags, member.method, member.time, member.date, crc, packed, size)
    lengths = (len(member.raw_name), len(member.extra), len(member.comment))
    entry = _ENTRY.pack(b"PK\x01\x02", *fields, *lengths, 0, member.internal, member.external, offset)
    return entry + member.raw_name + member.extra + member.comment
