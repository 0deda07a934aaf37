"""A package on disk as the program knows it: its metadata, its files, and how packages of one direction compare.

Folders are read as Argos Translate leaves them: ``metadata.json`` on top, the CTranslate2 model under ``model/``, and
``sentencepiece.model`` or, in older packages, ``bpe.model`` beside it.
"""

from __future__ import annotations

import errno
import json
import re
import stat
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from packaging.version import Version

from libretranslate_py.errors import CorruptPackage
from libretranslate_py.languages import Direction

METADATA = "metadata.json"
METADATA_BYTES = 1 << 20
FIELD_CHARACTERS = 200

_CODE = re.compile(r"[a-z]{2,3}([_-][A-Za-z0-9]{2,8})*")
# Digits and dots, then perhaps a suffix: 1.9, 1.0rc1, 1.0.post2, 1.9-hotfix.
_VERSION = re.compile(r"[0-9]+(\.[0-9]+)*(([+_-]|\.?[A-Za-z])[A-Za-z0-9.+_-]*)?")
_VERSION_CHARACTERS = 40
# Says something about this moment, not about what lies on the disk.
_PASSING = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO)
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
_REVISION = re.compile(r"-r([1-9][0-9]{0,8})$")
_LOWEST = Version("0.dev0")

# In the order of preference.
_TOKENIZER_FILES: Mapping[Literal["sentencepiece", "bpe"], str] = {
    "sentencepiece": "sentencepiece.model",
    "bpe": "bpe.model",
}

VersionOrder = tuple[bool, Version, str]


@dataclass(frozen=True)
class Package:
    """One direction in a folder of its own.

    ``source`` and ``target`` are Argos codes; ``version`` is as the package states it and may be empty;
    ``source_name`` and ``target_name`` are its English names of the languages, empty where it gives none.
    ``target_prefix`` goes before every sentence that is decoded, empty for most. ``starter`` marks the small packages
    that come with the program. ``stamp`` differs between a package and another that was put into the same folder; it
    takes part in comparisons, so that such a change is noticed where everything else is the same.
    """

    path: Path
    source: str
    target: str
    version: str
    source_name: str
    target_name: str
    tokenizer: Literal["sentencepiece", "bpe"]
    target_prefix: str
    starter: bool
    stamp: tuple[tuple[int, ...], ...] = ()

    @property
    def direction(self) -> Direction:
        return Direction(self.source, self.target)

    @property
    def name(self) -> str:
        """What the package is called on a command line, whatever its version, like ``translate-en_es``."""
        return package_name(self.direction)

    @property
    def revision(self) -> int:
        """How often this version was installed anew: N of a folder called ``...-rN``, else 1."""
        return split_revision(self.path.name)[1]

    @property
    def order(self) -> tuple[VersionOrder, int, str]:
        """A key that sorts the packages of one direction; the highest is the one to serve."""
        return version_order(self.version), self.revision, self.path.name


@dataclass(frozen=True)
class Problem:
    """Something in the store that should be a package and is not; ``reason`` is a short clause.

    ``transient``: it could not be looked at just now (too many open files, no memory, an error of the disk), which says
    nothing about what it is.
    """

    path: Path
    reason: str
    transient: bool = False


@dataclass(frozen=True)
class Catalogue:
    """What a store held at one moment. Never changes; another look at the store gives another catalogue."""

    packages: tuple[Package, ...] = ()
    problems: tuple[Problem, ...] = ()

    @cached_property
    def served(self) -> Mapping[Direction, Package]:
        """The package with the highest version of each direction."""
        best: dict[Direction, Package] = {}
        for package in self.packages:
            other = best.get(package.direction)
            if other is None or package.order > other.order:
                best[package.direction] = package
        return best

    @property
    def incomplete(self) -> bool:
        """Whether something could not be read for a reason that passes.

        What is missing here may well be installed: who has an earlier catalogue keeps it and reads again later.
        """
        return any(problem.transient for problem in self.problems)

    @cached_property
    def shadowed(self) -> tuple[Package, ...]:
        """Packages that stand behind a higher version of their direction."""
        served = self.served
        return tuple(package for package in self.packages if served[package.direction] is not package)

    def restricted_to(self, codes: Collection[str]) -> Catalogue:
        """Only the directions between these languages (Argos codes); the problems stay."""
        kept = tuple(package for package in self.packages if package.source in codes and package.target in codes)
        return Catalogue(kept, self.problems)


def package_name(direction: Direction) -> str:
    return f"translate-{direction.source}_{direction.target}"


def folder_name(direction: Direction, version: str, revision: int = 1) -> str:
    """The folder that this version is installed to, like ``translate-en_es-1_9``; ``-rN`` from the 2nd revision on."""
    readable = re.sub(r"[^A-Za-z0-9]+", "_", version)[:40] or "0"
    suffix = f"-r{revision}" if revision > 1 else ""
    return f"{package_name(direction)}-{readable}{suffix}"


def split_revision(name: str) -> tuple[str, int]:
    """``translate-en_es-1_9-r2`` -> ``("translate-en_es-1_9", 2)``; without a suffix the revision is 1."""
    match = _REVISION.search(name)
    return (name[: match.start()], int(match.group(1))) if match else (name, 1)


def version_order(version: str) -> VersionOrder:
    """A key that sorts versions as Python packages do (1.10 after 1.9); what is no version sorts below all others."""
    try:
        return True, Version(version), ""
    except ValueError:
        return False, _LOWEST, version


def is_code(code: str) -> bool:
    """Whether ``code`` has the form of a language code (``en``, ``pt-BR``, ``zh_Hans``), known to anyone or not."""
    return _CODE.fullmatch(code) is not None


def demand_version(package: Package) -> None:
    """Raises CorruptPackage for a version that no package should be published with, such as none at all.

    Only for what is to be installed: what lies in a store already is taken as it is.
    """
    version = package.version
    if not version:
        raise CorruptPackage(package.path, f"{METADATA} has no package_version")
    if len(version) > _VERSION_CHARACTERS or not _VERSION.fullmatch(version):
        raise CorruptPackage(package.path, f"{METADATA}: package_version {version!r} is not a version such as 1.9")


def read_metadata(folder: Path) -> Mapping[str, object]:
    """The fields of ``metadata.json``, unchecked.

    Raises CorruptPackage when it is missing, unreadable, larger than a megabyte, or not a JSON object.
    """
    path = folder / METADATA
    try:
        if not _is_file(path):
            raise CorruptPackage(folder, f"it has no file {METADATA}")
        with path.open("rb") as file:
            content = file.read(METADATA_BYTES + 1)
    except OSError as error:
        raise CorruptPackage(folder, f"{METADATA} cannot be read: {error.strerror or error}") from error
    if len(content) > METADATA_BYTES:
        raise CorruptPackage(folder, f"{METADATA} is larger than {METADATA_BYTES} bytes")
    try:
        fields = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise CorruptPackage(folder, f"{METADATA} is not JSON") from error
    if not isinstance(fields, dict):
        raise CorruptPackage(folder, f"{METADATA} is not a JSON object")
    return fields


def is_translation(metadata: Mapping[str, object]) -> bool:
    """False for the other things that Argos Translate keeps beside packages, such as sentence splitters."""
    return metadata.get("type", "translate") == "translate"


def read_package(folder: Path) -> Package:
    """The package in ``folder``; raises CorruptPackage when it is none or a file that a model needs is missing.

    The model is not loaded: that every file is there does not say that they are whole.
    """
    metadata = read_metadata(folder)
    if not is_translation(metadata):
        raise CorruptPackage(folder, f"it is of type {metadata.get('type')!r}, not 'translate'")
    return package_from(folder, metadata)


def package_from(folder: Path, metadata: Mapping[str, object]) -> Package:
    """As read_package, for metadata that were read before."""
    source, target = (_code(folder, metadata, field) for field in ("from_code", "to_code"))
    if source == target:
        raise CorruptPackage(folder, f"{METADATA}: from_code and to_code are both {source}")
    try:
        tokenizer = _tokenizer(folder)
        _demand_model(folder)
        stamp = _stamp(folder, METADATA, "model/model.bin", _TOKENIZER_FILES[tokenizer])
    except OSError as error:
        raise CorruptPackage(folder, f"it cannot be read: {error.strerror or error}") from error
    return Package(
        path=folder,
        source=source,
        target=target,
        version=_text(folder, metadata, "package_version"),
        source_name=_text(folder, metadata, "from_name"),
        target_name=_text(folder, metadata, "to_name"),
        tokenizer=tokenizer,
        target_prefix=_text(folder, metadata, "target_prefix"),
        starter=False,
        stamp=stamp,
    )


def _code(folder: Path, metadata: Mapping[str, object], field: str) -> str:
    code = _text(folder, metadata, field)
    if not code:
        raise CorruptPackage(folder, f"{METADATA} has no {field}")
    if not is_code(code):
        raise CorruptPackage(folder, f"{METADATA}: {field} {code!r} is not a language code such as en or pt-BR")
    return code


def _text(folder: Path, metadata: Mapping[str, object], field: str) -> str:
    value = metadata.get(field)
    if value is None:
        return ""
    # These texts reach terminals, logs and JSON answers: no control characters and no halves of surrogate pairs.
    if not isinstance(value, str) or not value.isprintable() or len(value) > FIELD_CHARACTERS:
        raise CorruptPackage(folder, f"{METADATA}: {field} is not a text of at most {FIELD_CHARACTERS} characters")
    return value


def _tokenizer(folder: Path) -> Literal["sentencepiece", "bpe"]:
    for tokenizer, file in _TOKENIZER_FILES.items():
        if _is_file(folder / file):
            return tokenizer
    raise CorruptPackage(folder, "it has neither sentencepiece.model nor bpe.model")


def _demand_model(folder: Path) -> None:
    model = folder / "model"
    if not _is_file(model / "model.bin"):
        raise CorruptPackage(folder, "it has no file model/model.bin")

    def has(vocabulary: str) -> bool:
        return any(_is_file(model / f"{vocabulary}_vocabulary.{form}") for form in ("json", "txt"))

    if not (has("shared") or (has("source") and has("target"))):
        raise CorruptPackage(folder, "it has no vocabulary beside model/model.bin")


def _stamp(folder: Path, *files: str) -> tuple[tuple[int, ...], ...]:
    found = [(folder / file).stat() for file in files]
    return tuple((status.st_ino, status.st_mtime_ns, status.st_size) for status in found)


def _is_file(path: Path) -> bool:
    """As Path.is_file of Python 3.11: an error that says nothing about the file is raised, not taken for "no"."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        if error.errno in _ABSENT:
            return False
        raise


def read_folders(folder: Path, mark: Callable[[Package], Package]) -> Catalogue:
    """Every package directly inside ``folder``, sorted by direction and order, each passed through ``mark``.

    Never raises for what lies there. A missing folder gives an empty catalogue, one that cannot be read a Problem,
    which is transient where another look may well succeed.
    Hidden entries, files, and folders of other types of Argos packages are passed over.
    """
    try:
        paths = sorted(folder.iterdir())
    except FileNotFoundError:
        return Catalogue()
    except OSError as error:
        reason = f"the folder cannot be read: {error.strerror or error}"
        return Catalogue(problems=(Problem(folder, reason, _passes(error)),))
    packages: list[Package] = []
    problems: list[Problem] = []
    for path in paths:
        if path.name.startswith("."):
            continue
        try:
            if not _is_folder(path):
                continue
            metadata = read_metadata(path)
            if is_translation(metadata):
                packages.append(mark(package_from(path, metadata)))
        except CorruptPackage as error:
            # Another program may have removed it since the folder was listed.
            if not _is_gone(path):
                problems.append(Problem(path, error.reason, _passes(error.__cause__)))
    packages.sort(key=lambda package: (package.direction, package.order))
    return Catalogue(tuple(packages), tuple(problems))


def _passes(error: BaseException | None) -> bool:
    return isinstance(error, OSError) and error.errno in _PASSING


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except OSError as error:
        if error.errno not in _ABSENT:
            raise CorruptPackage(path, f"it cannot be read: {error.strerror or error}") from error
    if path.is_symlink():
        raise CorruptPackage(path, "it is a link that leads nowhere")
    return False


def _is_gone(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False
