"""How errors of ours end a program."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from libretranslate_py.errors import ProjectError, SettingsError


@contextmanager
def errors_as_one_line(program: str) -> Iterator[None]:
    """An error of ours becomes one line on the terminal: status 2 for a setting, 1 for anything else."""
    try:
        yield
    except SettingsError as error:
        print(f"{program}: {error}", file=sys.stderr)
        raise SystemExit(2) from error
    except ProjectError as error:
        print(f"{program}: {error}", file=sys.stderr)
        raise SystemExit(1) from error
