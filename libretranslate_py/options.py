"""How an option is declared and how its value is found. Which options there are is in settings.py.

An option is a field of a frozen dataclass, declared by one call of ``option``: its name gives the flag and the ``LT_*``
variable, its kind says which texts are accepted, and the documentation is generated from the rest. A value comes from
the command line, else the environment, else the ``.env`` file, else the default.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Generic, TypeVar

from libretranslate_py.errors import SettingsError

T = TypeVar("T")


class Unacceptable(ValueError):
    """Says itself what would have been accepted, where that depends on what was written."""


@dataclass(frozen=True)
class Kind(Generic[T]):
    """One type of values: how they are written, which texts are refused, and how documentation shows them.

    ``parse`` raises ValueError for a text that is not accepted; ``accepted`` then says what would have been. A kind
    with an empty ``metavar`` is a switch: its flag stands alone on the command line.
    """

    metavar: str
    accepted: str
    parse: Callable[[str], T]
    show: Callable[[T], str] = str


@dataclass(frozen=True)
class Option:
    """One option, complete.

    ``name`` is its attribute in the settings and its key in ``resolve``; ``flag`` is empty where only the environment
    sets it; ``variables`` are tried in order. ``differs`` tells people who know
    LibreTranslate what is not as they know it.
    """

    name: str
    flag: str
    variables: tuple[str, ...]
    kind: Kind[Any]
    default: Any
    group: str
    help: str
    differs: str

    @property
    def is_switch(self) -> bool:
        return not self.kind.metavar

    @property
    def default_text(self) -> str:
        """The default as a person would write it; empty for none."""
        return self.kind.show(self.default)

    def parse(self, text: str, written_as: str) -> Any:
        """The value that ``text`` means. Raises SettingsError, naming the option as ``written_as``."""
        try:
            return self.kind.parse(text)
        except Unacceptable as error:
            raise SettingsError(written_as, _shortened(text), _shortened(str(error))) from error
        except ValueError as error:
            raise SettingsError(written_as, _shortened(text), self.kind.accepted) from error


_METADATA_KEY = "option"


def option(
    default: T,
    kind: Kind[T],
    group: str,
    help: str,
    *,
    also: tuple[str, ...] = (),
    differs: str = "",
    on_command_line: bool = True,
) -> T:
    """Declare a field of a settings dataclass as an option. ``also`` names further variables, tried after ``LT_*``."""
    declared = {
        "kind": kind,
        "group": group,
        "help": help,
        "also": also,
        "differs": differs,
        "on_command_line": on_command_line,
    }
    # A type checker is to see the value that an instance will have, as with dataclasses.field itself.
    return field(default=default, metadata={_METADATA_KEY: declared})


def options_of(settings_class: type[Any]) -> tuple[Option, ...]:
    """The options that a dataclass declares, in the order of its fields."""
    return tuple(_options_of(settings_class))


def _options_of(settings_class: type[Any]) -> Iterator[Option]:
    for declaration in fields(settings_class):
        declared = dict(declaration.metadata[_METADATA_KEY])
        also = declared.pop("also")
        on_command_line = declared.pop("on_command_line")
        yield Option(
            name=declaration.name,
            flag=f"--{declaration.name.replace('_', '-')}" if on_command_line else "",
            variables=(f"LT_{declaration.name.upper()}", *also),
            default=declaration.default,
            **declared,
        )


# --- where values come from -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class EnvFile:
    """The variables of a ``.env`` file that are ours, and the lines where they stand. ``name`` is for messages."""

    name: str = ".env"
    values: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)


_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*=(.*)")
_QUOTED = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)')\s*(?:\s#.*)?""")
_OUR_PREFIXES = ("LT_", "ARGOS_")


def read_env_file(path: Path) -> EnvFile:
    """Read a ``.env`` file; one that does not exist is empty.

    Raises SettingsError if it cannot be read, or if a line of it cannot be understood.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return EnvFile(path.name)
    except UnicodeDecodeError as error:
        raise SettingsError("the settings file", str(path), "a text file in UTF-8") from error
    except OSError as error:
        raise SettingsError("the settings file", str(path), f"a readable file ({error.strerror})") from error
    return parse_env_file(text, path.name)


def parse_env_file(text: str, name: str = ".env") -> EnvFile:
    """Read ``KEY=VALUE`` lines, quoted or not, with ``export`` or not. Values are literal: nothing is expanded.

    Variables of other programs are passed over. Raises SettingsError for a line that is nothing of all this.
    """
    values: dict[str, str] = {}
    lines: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        assignment = _ASSIGNMENT.fullmatch(line.rstrip("\r"))
        value = _unquoted(assignment[2]) if assignment else None
        if assignment is None or value is None:
            # What stands behind the = may be a secret, and this goes to a log.
            shown = _shortened(line.partition("=")[0].strip())
            raise SettingsError(
                f"{name} line {number}", shown, "KEY=VALUE with both quotes or none, or # and a comment"
            )
        if assignment[1].startswith(_OUR_PREFIXES):
            values[assignment[1]] = value
            lines[assignment[1]] = number
    return EnvFile(name, values, lines)


def _unquoted(text: str) -> str | None:
    if not text.lstrip().startswith(("'", '"')):
        return re.split(r"\s#", text, maxsplit=1)[0].strip()
    quoted = _QUOTED.fullmatch(text)
    if quoted is None:
        return None
    return quoted[1] if quoted[1] is not None else quoted[2]


def find_values(
    options: Iterable[Option],
    command_line: Mapping[str, str | None],
    environment: Mapping[str, str],
    env_file: EnvFile,
) -> dict[str, Any]:
    """The values that were set, by option name; an option that was not set anywhere is absent.

    ``command_line`` has the texts by option name, None for a flag that was not given. A variable that is set but empty
    counts as not set. Raises SettingsError for the first value that is not accepted.
    """
    values: dict[str, Any] = {}
    for declared in options:
        written = _find_text(declared, command_line, environment, env_file)
        if written is not None:
            text, written_as = written
            values[declared.name] = declared.parse(text, written_as)
    return values


def _find_text(
    declared: Option, command_line: Mapping[str, str | None], environment: Mapping[str, str], env_file: EnvFile
) -> tuple[str, str] | None:
    given = command_line.get(declared.name)
    if given is not None:
        return given, declared.flag
    for variable in declared.variables:
        if environment.get(variable, "").strip():
            return environment[variable], variable
    for variable in declared.variables:
        if env_file.values.get(variable, "").strip():
            return env_file.values[variable], f"{env_file.name} line {env_file.lines[variable]}: {variable}"
    return None


@dataclass(frozen=True)
class UnknownVariable:
    """A variable that looks like ours and is not; ``nearest`` is the one that may have been meant, or empty."""

    name: str
    nearest: str


def find_unknown(options: Iterable[Option], names: Iterable[str]) -> tuple[UnknownVariable, ...]:
    """The ``LT_*`` variables among ``names`` that no option reads, in alphabetical order."""
    known = [variable for declared in options for variable in declared.variables]
    unknown = {name for name in names if name.startswith("LT_")}.difference(known)
    return tuple(UnknownVariable(name, _nearest(name, known)) for name in sorted(unknown))


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name[:100], known, n=1, cutoff=0.75)
    return close[0] if close else ""


def _shortened(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:80]}…"
