"""Makes the documents beside this folder from its sources: python make.py (with LibreOffice installed)."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
TARGETS = {"report.fodt": ("docx", "odt", "epub"), "talk.fodp": ("pptx", "odp"), "prices.fods": ("xlsx",)}


def main() -> None:
    with tempfile.TemporaryDirectory() as profile:
        for source, kinds in TARGETS.items():
            for kind in kinds:
                subprocess.run(
                    [
                        *("soffice", f"-env:UserInstallation=file://{profile}", "--headless"),
                        *("--convert-to", kind, "--outdir", str(HERE.parent), str(HERE / source)),
                    ],
                    check=True,
                    timeout=300,
                )


if __name__ == "__main__":
    main()
