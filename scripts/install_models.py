#!/usr/bin/env python3
"""Installs the packages of the index that are missing; with --update, the newer versions of those that are not, too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from libretranslate_py.cli import install_models

if __name__ == "__main__":
    raise SystemExit(install_models(sys.argv[1:]))
