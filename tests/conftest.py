"""What several rooms of tests use."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from libretranslate_py.cli import manage

_LEAD_ELSEWHERE = ("XDG_DATA_HOME", "XDG_CACHE_HOME", "LT_GLOSSARIES_DIR", "LT_PACKAGES_DIR", "ARGOS_PACKAGES_DIR")


class Done(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Runs ``ltmanage`` in an empty home; ``stdin`` is what it reads there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in _LEAD_ELSEWHERE:
        monkeypatch.delenv(name, raising=False)

    def run_once(*arguments: str, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "argv", ["ltmanage", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as caught:
            manage()
        status = caught.value.code
        assert isinstance(status, int)
        return Done(status, *capsys.readouterr())

    return run_once
