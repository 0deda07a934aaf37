"""An archive from the first of its mirrors that gives it whole.

What has arrived is kept in a part file beside the destination, and the next attempt, of this process or of a later
one, goes on from there. A part file belongs to one link and one checksum and carries the validator (ETag or
Last-Modified) of the answer that it came from, so that the rest of another file is never put behind it.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import re
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from libretranslate_py.errors import DownloadFailed
from libretranslate_py.packages.fetch import FetchFailed, open_url, read_blocks

logger = logging.getLogger(__name__)

MAX_BYTES = 4 * 1024**3
LONGEST_WAIT = 60.0

_ZIP_MAGIC = b"PK\x03\x04"
_CHECKSUM_BYTES = 4096
# An attempt that brought this much was no failed attempt: a line that breaks every few megabytes gets there, too.
_WORTH_GOING_ON = 1024 * 1024


def download(
    links: Sequence[str],
    destination: Path,
    *,
    sha256: str | None = None,
    progress: Callable[[int, int | None], None] | None = None,
    max_bytes: int = MAX_BYTES,
    timeout: float = 30.0,
    attempts: int = 4,
    backoff: float = 1.0,
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Downloads a zip archive to ``destination`` and returns it; the file is there whole or not at all.

    The http(s) links are tried in order. Each gets ``attempts`` in a row that bring next to nothing, with pauses of
    ``backoff`` seconds that double (or what Retry-After asks for; one minute at most); a link that cannot succeed (404,
    no zip archive, another checksum, more than ``max_bytes``) is left at once. ``timeout`` is in seconds, for each wait
    for bytes. ``sha256`` is in hexadecimal; without it, ``<link>.sha256`` is asked for, and without that the archive is
    only checked to be a whole zip file.

    ``progress`` gets the bytes that are there and the bytes in all, None while unknown; the former can go back when a
    server starts over. What it raises ends the download and keeps the part file. Two callers at once with the same
    destination must be kept apart by the caller. Raises DownloadFailed, which says what happened with every link, at
    once where the disk is full or cannot be written.
    """
    usable = [link for link in links if link.lower().startswith(("http://", "https://"))]
    if not usable:
        raise DownloadFailed(links[0] if links else destination.name, "there is no http or https link")
    failures = []
    for link in usable:
        mirror = _Mirror(link, destination, sha256, progress or _ignore, max_bytes, timeout)
        try:
            _try_often(mirror, attempts, backoff, sleep)
        except FetchFailed as failure:
            failures.append(failure.reason if len(usable) == 1 else f"{link}: {failure.reason}")
            logger.warning("%s could not be downloaded: %s", link, failure.reason)
        else:
            return destination
    raise DownloadFailed(usable[0], "; ".join(failures))


def part_file(link: str, destination: Path, sha256: str | None) -> Path:
    """Where what has arrived of ``link`` waits for the rest."""
    key = hashlib.sha256(f"{link}\n{sha256 or ''}".encode()).hexdigest()[:16]
    return destination.with_name(f"{destination.name}.{key}.part")


def remove_old_parts(folder: Path, *, days: float, now: float | None = None) -> None:
    """Deletes the part files in ``folder`` that nothing was added to for ``days``; a missing folder is an empty one."""
    oldest = (time.time() if now is None else now) - days * 86400
    for path in [*folder.glob("*.part"), *folder.glob("*.part.json")]:
        try:
            if path.stat().st_mtime < oldest:
                path.unlink()
        except OSError as error:
            logger.warning("%s could not be removed: %s", path, error)


def _ignore(done: int, total: int | None) -> None:
    pass


def _try_often(mirror: _Mirror, attempts: int, backoff: float, sleep: Callable[[float], None]) -> None:
    fruitless, furthest = 0, mirror.arrived()
    while True:
        try:
            mirror.try_once()
            return
        except FetchFailed as failure:
            if not failure.retry:
                raise
            fruitless += 1
            if mirror.arrived() >= furthest + _WORTH_GOING_ON:
                fruitless, furthest = 0, mirror.arrived()
            if fruitless >= attempts:
                raise
            asked = failure.wait if failure.wait is not None else 0.0
            pause = min(max(asked, backoff * 2 ** max(fruitless - 1, 0)), LONGEST_WAIT)
            logger.info("%s: %s; next attempt in %.0f s", mirror.link, failure.reason, pause)
            sleep(pause)


@dataclass(frozen=True)
class _Origin:
    """What the answer that filled a part file said about the whole file."""

    validator: str | None
    total: int | None

    @classmethod
    def of(cls, response: HTTPResponse) -> _Origin:
        etag = response.headers.get("ETag", "")
        # A weak ETag promises the same meaning, not the same bytes.
        strong = etag if etag.startswith('"') else None
        total = response.length
        if response.status == 206:
            total = _parse_range(response.headers.get("Content-Range", ""))[1]
        return cls(strong or response.headers.get("Last-Modified"), total)


class _Mirror:
    """One link on its way to the destination."""

    def __init__(
        self,
        link: str,
        destination: Path,
        sha256: str | None,
        progress: Callable[[int, int | None], None],
        max_bytes: int,
        timeout: float,
    ) -> None:
        self.link = link
        self._destination = destination
        self._sha256 = sha256
        self._checksum_known = sha256 is not None
        self._progress = progress
        self._max_bytes = max_bytes
        self._timeout = timeout
        self._use_part_of(sha256)

    def arrived(self) -> int:
        """Bytes in the part file."""
        with self._disk():
            return self._part.stat().st_size if self._part.exists() else 0

    def try_once(self) -> None:
        """Asks for what is missing, checks the whole and puts it in place.

        Raises FetchFailed; with ``retry`` where another attempt may get on.
        """
        if not self._checksum_known:
            self._use_part_of(_fetch_checksum(self.link, self._timeout))
        offset, origin = self._where_to_go_on()
        doubtful = True
        if origin is None or offset != origin.total:
            doubtful = self._transfer(offset, origin)
        self._check(doubtful)
        with self._disk():
            self._part.replace(self._destination)
            self._origin_file.unlink(missing_ok=True)

    def _use_part_of(self, sha256: str | None) -> None:
        self._sha256 = sha256
        self._part = part_file(self.link, self._destination, sha256)
        self._origin_file = self._part.with_name(self._part.name + ".json")

    def _where_to_go_on(self) -> tuple[int, _Origin | None]:
        """The offset to ask from; 0 where what is there cannot be told to belong to what is asked for."""
        with self._disk():
            self._part.parent.mkdir(parents=True, exist_ok=True)
            offset, origin = self.arrived(), _read_origin(self._origin_file)
        # Without a validator only a checksum can tell whether the end fits the beginning.
        if offset == 0 or origin is None or (origin.validator is None and self._sha256 is None):
            return 0, None
        return offset, origin

    def _transfer(self, offset: int, origin: _Origin | None) -> bool:
        """Appends what is missing, or starts over where the server does.

        Returns whether another transfer might bring another file: there is a seam in this one, or it had no length and
        so may have been cut.
        """
        headers = {}
        if offset and origin is not None:
            headers["Range"] = f"bytes={offset}-"
            if origin.validator is not None:
                headers["If-Range"] = origin.validator
        try:
            with open_url(self.link, timeout=self._timeout, headers=headers) as response:
                if response.status == 206:
                    self._expect_continuation(response, offset, origin)
                else:
                    offset = 0
                self._receive(response, offset)
                return offset > 0 or _Origin.of(response).total is None
        except FetchFailed as failure:
            if failure.status != 416 or not offset:
                raise
            self._expect_complete(failure, offset)
            return True

    def _expect_continuation(self, response: HTTPResponse, offset: int, origin: _Origin | None) -> None:
        start, total = _parse_range(response.headers.get("Content-Range", ""))
        now = _Origin.of(response)
        fits = (
            origin is not None
            and start == offset
            and (origin.total is None or total == origin.total)
            and (now.validator is None or origin.validator is None or now.validator == origin.validator)
        )
        if not fits:
            self._discard()
            raise FetchFailed("the file has changed on the server since the download began", retry=True)

    def _expect_complete(self, refusal: FetchFailed, offset: int) -> None:
        """416: nothing is left to send from ``offset`` on. Fine, if the file ends there."""
        if _parse_range(refusal.headers.get("Content-Range", ""))[1] != offset:
            self._discard()
            raise FetchFailed("the part that is here does not fit the file on the server", retry=True) from refusal

    def _receive(self, response: HTTPResponse, offset: int) -> None:
        origin = _Origin.of(response)
        self._expect_room(origin.total, offset)
        blocks = read_blocks(response)
        if not offset:
            start = next(blocks, b"")
            _expect_zip(start, response)
            blocks = chain([start], blocks)
        done = offset
        with self._disk(), self._part.open("ab" if offset else "wb") as file:
            if not offset:
                _write_origin(self._origin_file, origin)
            for block in blocks:
                done += len(block)
                if done > self._max_bytes:
                    break
                file.write(block)
                self._progress(done, origin.total)
        if done > self._max_bytes:
            self._discard()
            raise FetchFailed(f"it is larger than the limit of {self._max_bytes} bytes", retry=False)

    def _expect_room(self, total: int | None, offset: int) -> None:
        if total is None:
            return
        if total > self._max_bytes:
            raise FetchFailed(f"its {total} bytes are more than the limit of {self._max_bytes}", retry=False)
        with self._disk():
            free = shutil.disk_usage(self._part.parent).free
        if free < total - offset:
            raise self._no_room(f"{total - offset} bytes are to come, {free} are free")

    def _check(self, doubtful: bool) -> None:
        """Discards what is not the archive; ``doubtful``: another attempt may bring it."""
        with self._disk():
            reason = None
            if self._sha256 is not None:
                with self._part.open("rb") as file:
                    found = hashlib.file_digest(file, "sha256").hexdigest()
                if found != self._sha256.lower():
                    reason = f"its SHA-256 is {found} instead of {self._sha256.lower()}"
            if reason is None and not zipfile.is_zipfile(self._part):
                reason = "it is not a whole zip archive"
        if reason is not None:
            self._discard()
            raise FetchFailed(reason, retry=doubtful)

    def _discard(self) -> None:
        with self._disk():
            self._part.unlink(missing_ok=True)
            self._origin_file.unlink(missing_ok=True)

    def _no_room(self, reason: str) -> DownloadFailed:
        return DownloadFailed(self.link, f"the disk of {self._part.parent} is full: {reason}")

    @contextmanager
    def _disk(self) -> Iterator[None]:
        """Turns what this machine's disk refuses into the end of the download: no other link would help."""
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise self._no_room(error.strerror or "no space left") from error
            raise DownloadFailed(self.link, f"{self._part.parent} cannot be written: {error.strerror}") from error


def _fetch_checksum(link: str, timeout: float) -> str | None:
    """The checksum that lies beside the link, None where the server has none.

    Raises FetchFailed with ``retry`` where the server could not say.
    """
    try:
        parts = urlsplit(link)
    except ValueError as error:
        raise FetchFailed(f"this is not an address ({error})", retry=False) from error
    beside = urlunsplit(parts._replace(path=parts.path + ".sha256"))
    text = b""
    try:
        with open_url(beside, timeout=timeout) as response:
            for block in read_blocks(response, deadline=time.monotonic() + timeout):
                text += block
                if len(text) > _CHECKSUM_BYTES:
                    break
    except FetchFailed as failure:
        if failure.retry:
            raise
        return None
    found = re.match(rb"\s*([0-9a-fA-F]{64})(?![0-9a-fA-F])", text)
    if found is None:
        logger.info("%s holds no checksum", beside)
        return None
    return found[1].decode().lower()


def _expect_zip(start: bytes, response: HTTPResponse) -> None:
    # The first block can be shorter than the magic; _check looks at the whole file in any case.
    if not start.startswith(_ZIP_MAGIC[: len(start)]):
        kind = response.headers.get_content_type()
        raise FetchFailed(f"the server sends something else than a zip archive ({kind})", retry=False)


def _parse_range(content_range: str) -> tuple[int | None, int | None]:
    """First byte and total of a Content-Range, each None where it is not given."""
    found = re.fullmatch(r"\s*bytes\s+(?:(\d+)-\d+|\*)/(?:(\d+)|\*)\s*", content_range)
    if found is None:
        return None, None
    return (int(found[1]) if found[1] else None), (int(found[2]) if found[2] else None)


def _read_origin(path: Path) -> _Origin | None:
    try:
        data = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(data, dict):
        return None
    validator, total = data.get("validator"), data.get("total")
    if not isinstance(validator, str | None) or not isinstance(total, int | None):
        return None
    return _Origin(validator, total)


def _write_origin(path: Path, origin: _Origin) -> None:
    path.write_text(json.dumps({"validator": origin.validator, "total": origin.total}), encoding="utf-8")
