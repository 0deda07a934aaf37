"""``python -m libretranslate_py.engine.check FOLDER``: loads the package in FOLDER and translates one sentence.

A damaged or hostile model can crash the native library or take all memory; in a process of its own it can do so without
harm to the server. Exit status 0: usable. Otherwise the reason is the last line on standard error.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from libretranslate_py.engine.model import NATIVE_ERRORS, DecodeOptions, Model, ModelSettings
from libretranslate_py.engine.tokenizer import load_tokenizer
from libretranslate_py.errors import CorruptPackage
from libretranslate_py.packages.package import Package, read_package

_SENTENCE = "Hello."
_TIMEOUT_SECONDS = 120


def check_package(path: Path) -> None:
    """Raises CorruptPackage unless the package in the folder ``path`` loads and gives an output, in a new process."""
    command = [sys.executable, "-m", "libretranslate_py.engine.check", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise CorruptPackage(path, f"its model gave no answer within {_TIMEOUT_SECONDS} s") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise CorruptPackage(path, lines[-1] if lines and done.returncode > 0 else "its model crashes the decoder")


def try_package(package: Package) -> None:
    """Loads ``package`` in this process and translates one sentence; raises CorruptPackage when that fails."""
    tokenizer = load_tokenizer(package)
    model = Model(package, ModelSettings("cpu", "default", inter_threads=1, intra_threads=1))
    try:
        (hypotheses,) = model.run([tokenizer.encode(_SENTENCE)], DecodeOptions(beam_size=1))
    except NATIVE_ERRORS as error:
        raise CorruptPackage(package.path, f"its model cannot translate ({error})") from error
    tokenizer.decode(hypotheses[0][0])


def _main(folder: str) -> int:
    try:
        try_package(read_package(Path(folder)))
    except CorruptPackage as error:
        sys.stderr.write(f"{error.reason}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(_main(sys.argv[1]))
