"""Where packages and their index lie: the places that Argos Translate uses, so that both see the same packages.

Worked out without importing Argos Translate, whose settings make folders when imported and fail in a read-only home.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

_PROGRAM = "argos-translate"
_SETTING = "ARGOS_PACKAGES_DIR"


def packages_folder(explicit: str | Path | None, environ: Mapping[str, str]) -> Path:
    """The folder of installed packages; it need not exist.

    ``explicit`` wins; then ARGOS_PACKAGES_DIR in ``environ``, then the same name in Argos Translate's
    ``settings.json``, then ``$XDG_DATA_HOME/argos-translate/packages``. Empty values count as not given. A ``~`` is
    expanded in ``explicit`` only: Argos Translate takes the others literally.
    """
    if explicit:
        return Path(explicit).expanduser()
    chosen = environ.get(_SETTING) or _setting(_configuration_folder(environ) / "settings.json", _SETTING)
    return Path(chosen) if chosen else data_folder(environ) / "packages"


def index_file(environ: Mapping[str, str]) -> Path:
    """Where Argos Translate keeps its copy of the package index; it need not exist."""
    return data_folder(environ) / "index.json"


def data_folder(environ: Mapping[str, str]) -> Path:
    chosen = environ.get("XDG_DATA_HOME")
    return (Path(chosen) if chosen else _home(environ) / ".local" / "share") / _PROGRAM


def _configuration_folder(environ: Mapping[str, str]) -> Path:
    chosen = environ.get("XDG_CONFIG_HOME")
    return (Path(chosen) if chosen else _home(environ) / ".config") / _PROGRAM


def _home(environ: Mapping[str, str]) -> Path:
    chosen = environ.get("SNAP_USER_DATA") if "SNAP" in environ else None
    chosen = chosen or environ.get("HOME")
    return Path(chosen) if chosen else Path.home()


def _setting(path: Path, name: str) -> str | None:
    """A text from a JSON file, None when it cannot be had: the file belongs to another program."""
    try:
        settings = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (OSError, ValueError, RecursionError):
        return None
    value = settings.get(name) if isinstance(settings, dict) else None
    return value if isinstance(value, str) and value else None
