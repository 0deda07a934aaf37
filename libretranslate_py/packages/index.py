"""The list of packages that a server offers: fetched, checked, and remembered for when there is no network."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit, urlunsplit
from urllib.request import url2pathname

from libretranslate_py.errors import IndexUnusable
from libretranslate_py.languages import Direction
from libretranslate_py.packages.fetch import FetchFailed, open_url, read_blocks
from libretranslate_py.packages.package import FIELD_CHARACTERS, is_code, package_name, version_order

logger = logging.getLogger(__name__)

DEFAULT_URL = "https://raw.githubusercontent.com/argosopentech/argospm-index/main/"

_MAX_BYTES = 16 * 1024 * 1024
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True)
class AvailablePackage:
    """One entry of an index. ``source`` and ``target`` are Argos codes, ``sha256`` is in lower-case hexadecimal.

    ``links`` lead to the same archive and are of any scheme; file: links come only from an index that is a local file.
    """

    source: str
    target: str
    version: str
    source_name: str
    target_name: str
    links: tuple[str, ...]
    sha256: str | None = None
    type: str = "translate"

    @property
    def direction(self) -> Direction:
        return Direction(self.source, self.target)

    @property
    def name(self) -> str:
        """As Package.name, like ``translate-en_es``."""
        return package_name(self.direction)


class Index:
    """The index at ``url``, with a copy in ``cache_file``.

    ``url`` is http(s), file:, or a path: of the JSON file itself (its path ends in ``.json``) or of the folder that
    holds ``index.json``. ``timeout``, in seconds, is for the connection, for each wait, and once more for the whole
    body. The cache of the default index is ``cache_file`` itself, in the form that Argos Translate keeps it in; each
    other address has a file of its own beside it, so that no index is mistaken for another. Raises IndexUnusable for
    what cannot be an address.
    """

    def __init__(self, url: str, cache_file: Path, *, timeout: float = 20.0) -> None:
        self.url = _complete(url)
        self._cache_file = cache_file
        if self.url != _complete(DEFAULT_URL):
            key = hashlib.sha256(self.url.encode()).hexdigest()[:12]
            self._cache_file = cache_file.with_name(f"{cache_file.stem}-{key}.json")
        self._timeout = timeout
        self._complained = False

    def packages(self, refresh: bool = True) -> tuple[AvailablePackage, ...]:
        """The translation packages in the order of the index; unusable entries are only counted, in the log.

        ``refresh=False`` is content with the cache, however old, and asks the server only where there is none. With
        ``refresh=True`` the cache is for a server that cannot be reached or sends something else than an index. Raises
        IndexUnusable where there is neither.
        """
        if not self.url.startswith(("http://", "https://")):
            return self._read_local()
        if not refresh:
            cached = self._read_cache()
            if cached is not None:
                return cached
        try:
            content = self._fetch()
            packages = self._parse(content)
        except IndexUnusable as error:
            cached = self._read_cache()
            if cached is None:
                raise
            logger.warning("%s; going on with the copy in %s", error, self._cache_file)
            return cached
        self._write_cache(content)
        return packages

    def newest(self, refresh: bool = True) -> Mapping[Direction, AvailablePackage]:
        """The highest version of each direction. Raises IndexUnusable as ``packages`` does."""
        return newest(self.packages(refresh))

    def _fetch(self) -> bytes:
        content = bytearray()
        try:
            with open_url(self.url, timeout=self._timeout) as response:
                for block in read_blocks(response, deadline=time.monotonic() + self._timeout):
                    content += block
                    if len(content) > _MAX_BYTES:
                        raise IndexUnusable(self.url, f"it is larger than {_MAX_BYTES} bytes")
        except FetchFailed as error:
            raise IndexUnusable(self.url, error.reason) from error
        return bytes(content)

    def _read_local(self) -> tuple[AvailablePackage, ...]:
        try:
            content = local_path(self.url).read_bytes()
        except OSError as error:
            raise IndexUnusable(self.url, error.strerror or str(error)) from error
        return self._parse(content)

    def _parse(self, content: bytes) -> tuple[AvailablePackage, ...]:
        packages, unusable = parse_index(content, self.url)
        if unusable:
            logger.warning("%d of the entries of the package index %s cannot be used", unusable, self.url)
        return packages

    def _read_cache(self) -> tuple[AvailablePackage, ...] | None:
        try:
            return parse_index(self._cache_file.read_bytes(), self.url)[0]
        except FileNotFoundError:
            return None
        except (OSError, IndexUnusable) as error:
            logger.warning("the copy of the package index in %s cannot be used: %s", self._cache_file, error)
            return None

    def _write_cache(self, content: bytes) -> None:
        try:
            _write_atomically(self._cache_file, content)
        except OSError as error:
            if not self._complained:
                self._complained = True
                logger.warning("the package index cannot be kept in %s: %s", self._cache_file, error.strerror)


def newest(packages: Iterable[AvailablePackage]) -> Mapping[Direction, AvailablePackage]:
    """The highest version of each direction, the first of several that are equal."""
    best: dict[Direction, AvailablePackage] = {}
    for package in packages:
        other = best.get(package.direction)
        if other is None or version_order(package.version) > version_order(other.version):
            best[package.direction] = package
    return best


def parse_index(content: bytes, url: str) -> tuple[tuple[AvailablePackage, ...], int]:
    """The translation packages in an index, and the number of entries that should be such and cannot be used.

    Relative links are taken from ``url``. Raises IndexUnusable for what is no JSON list.
    """
    try:
        entries = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        html = content.lstrip()[:1] == b"<"
        raise IndexUnusable(url, "it is a web page, not JSON" if html else "it is not JSON") from error
    if not isinstance(entries, list):
        raise IndexUnusable(url, "it is JSON, but not a list of packages")
    packages, unusable = [], 0
    for entry in entries:
        if isinstance(entry, dict) and entry.get("type", "translate") != "translate":
            continue
        package = _read_entry(entry, url) if isinstance(entry, dict) else None
        if package is None:
            unusable += 1
        else:
            packages.append(package)
    return tuple(packages), unusable


def local_path(url: str) -> Path:
    """The path that a file: address leads to."""
    return Path(url2pathname(urlsplit(url).path))


def _read_entry(entry: Mapping[str, object], url: str) -> AvailablePackage | None:
    source, target, version = (_text(entry, field) for field in ("from_code", "to_code", "package_version"))
    links = _read_links(entry, url)
    if not (source and target and version and links) or source == target or not (is_code(source) and is_code(target)):
        return None
    sha256 = entry.get("sha256")
    # An entry whose checksum is spoilt is not one without a checksum.
    if sha256 is not None and not (isinstance(sha256, str) and _SHA256.fullmatch(sha256)):
        return None
    return AvailablePackage(
        source=source,
        target=target,
        version=version,
        source_name=_text(entry, "from_name"),
        target_name=_text(entry, "to_name"),
        links=links,
        sha256=None if sha256 is None else sha256.lower(),
    )


def _read_links(entry: Mapping[str, object], url: str) -> tuple[str, ...]:
    links = entry.get("links")
    if not isinstance(links, list):
        return ()
    found = []
    for link in links:
        if isinstance(link, str) and link.isprintable() and link:
            try:
                absolute = urljoin(url, link)
            except ValueError:
                continue
            # A server must not make us read files of this machine.
            if not absolute.lower().startswith("file:") or url.startswith("file:"):
                found.append(absolute)
    return tuple(found)


def _text(entry: Mapping[str, object], field: str) -> str:
    """Empty where the entry has no text there that can be shown on a terminal."""
    value = entry.get(field)
    if not isinstance(value, str) or not value.isprintable() or len(value) > FIELD_CHARACTERS:
        return ""
    return value


def _complete(url: str) -> str:
    """The address of the JSON file: http, https or file."""
    if not url.lower().startswith(("http://", "https://", "file:")):
        path = Path(url).expanduser().absolute()
        return (path / "index.json" if path.is_dir() or path.suffix != ".json" else path).as_uri()
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise IndexUnusable(url, f"this is not an address ({error})") from error
    path_of_url = parts.path
    if not path_of_url.endswith(".json"):
        path_of_url = path_of_url.rstrip("/") + "/index.json"
    return urlunsplit(parts._replace(scheme=parts.scheme.lower(), path=path_of_url))


def _write_atomically(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
