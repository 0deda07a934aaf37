"""LibreOffice, and documents that it made."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

DATA = Path(__file__).parents[1] / "data" / "documents"


@pytest.fixture(scope="session")
def reopen(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Mapping[str, bytes]], dict[str, str]]:
    """Opens documents (name -> content) in LibreOffice, and returns the text that it shows of each."""
    program = shutil.which("soffice")
    if not program:
        pytest.skip("soffice is not installed: nothing can open the documents again")
    profile = tmp_path_factory.mktemp("profile")

    def open_all(documents: Mapping[str, bytes]) -> dict[str, str]:
        folder = tmp_path_factory.mktemp("opened")
        for name, content in documents.items():
            (folder / name).write_bytes(content)
            (folder / "pdf").mkdir(exist_ok=True)
            # One after the other: two names that differ in the extension only would make one result.
            (folder / name).rename(folder / f"{name.replace('.', '-')}{Path(name).suffix}")
        subprocess.run(
            [
                *(program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", "pdf"),
                *("--outdir", str(folder / "pdf"), *map(str, sorted(folder.glob("*.*")))),
            ],
            check=True,
            timeout=300,
            capture_output=True,
        )
        return {name: _text_of(folder / "pdf" / f"{name.replace('.', '-')}.pdf") for name in documents}

    return open_all


def _text_of(path: Path) -> str:
    from pypdf import PdfReader

    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())
