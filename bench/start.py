"""Process start to first translation, resident memory, installed size. See README.md."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from client import Clients, translate, translate_request
from server import MODELS, RESULTS, ROOT, Memory, ServerProcess, describe_machine, scratch, unpack
from workload import read_pairs

START_TARGET = 1.0
MEMORY_TARGET = 220.0
SIZE_TARGET = 450.0
TRANSLATED = "a list, a long text"
IDLE = "3 s after them"
_IDLE_SECONDS = 3.0

_STARTERS = ROOT / "libretranslate_py" / "packages" / "starter"
_INSTALL_TIMEOUT = 30.0
# Parts of an environment that are there before anything is installed.
_NOT_OURS = ("pip", "pip-*", "setuptools", "setuptools-*", "wheel", "wheel-*", "pkg_resources", "_distutils_hack*")

# The least that any such server has to do: an interpreter, the libraries, one model, one sentence.
_FLOOR = """
import ctranslate2, flask, sentencepiece, sys, waitress
tokenizer = sentencepiece.SentencePieceProcessor(model_file=sys.argv[1] + "/sentencepiece.model")
translator = ctranslate2.Translator(sys.argv[1] + "/model", intra_threads=1)
translator.translate_batch([tokenizer.encode("Hello.", out_type=str)], beam_size=4)
"""


# --- start ------------------------------------------------------------------------------------------------------------


def measure_starts(rounds: int) -> dict[str, list[float]]:
    """Seconds to the first translation with an empty store and with a filled one, and of the floor, round by round.

    One round before them is not counted: it brings the files into memory and lets Python compile what it imports.
    """
    seconds: dict[str, list[float]] = {"empty store": [], "filled store": [], "floor": []}
    for number in range(rounds + 1):
        with scratch() as folder:
            home = Path(folder)
            flags = ("--packages-dir", str(home / "packages"), "--sentence-cache", "0")
            measured = {
                "empty store": _time_start(flags, home, wait_for_starters=True),
                "filled store": _time_start(flags, home),
                "floor": _time_floor(),
            }
        print(", ".join(f"{name} {value:.2f} s" for name, value in measured.items()), flush=True)
        for name, value in measured.items():
            if number:
                seconds[name].append(value)
    return seconds


def _time_start(flags: Sequence[str], home: Path, *, wait_for_starters: bool = False) -> float:
    with ServerProcess(*flags, home=home) as server:
        translated = translate(server.url, "Hello.", "en", "es")
        seconds = time.perf_counter() - server.started
        if not translated or translated == "Hello.":
            raise RuntimeError(f"the first translation is {translated!r}")
        if wait_for_starters:
            _await_starters(home / "packages")
    return seconds


def _await_starters(packages: Path) -> None:
    wanted = len(list(_STARTERS.glob("*/metadata.json")))
    deadline = time.monotonic() + _INSTALL_TIMEOUT
    while len(list(packages.glob("translate-*/metadata.json"))) < wanted:
        if time.monotonic() > deadline:
            raise RuntimeError("the starter packages were not installed")
        time.sleep(0.02)


def _time_floor() -> float:
    start = time.perf_counter()
    package = next(_STARTERS.glob("translate-en_es-*"))
    subprocess.run([sys.executable, "-c", _FLOOR, str(package)], check=True, stdin=subprocess.DEVNULL)
    return time.perf_counter() - start


# --- memory -----------------------------------------------------------------------------------------------------------


def measure_memory(package: Path, texts: Sequence[str]) -> dict[str, Memory]:
    """Memory of the server with ``package`` alone, step by step; detection comes last."""
    with scratch() as folder:
        unpacked = unpack(package, Path(folder) / "packages")
        source, target = unpacked.name.split("-")[1].split("_")
        requests = [translate_request(text, source, target) for text in texts]
        flags = ("--packages-dir", str(unpacked.parent), "--no-starter", "--sentence-cache", "0")
        with ServerProcess(*flags, home=Path(folder) / "home") as server:
            found = {"listening": server.memory()}
            for count in (1, 32):
                with Clients(server.url, count) as clients:
                    clients.run(requests[: 4 * count + 16])
                found[f"{count} client{'s' if count > 1 else ''}"] = server.memory()
            translate(server.url, list(texts[:100]), source, target)
            translate(server.url, " ".join(texts[:100]), source, target)
            found[TRANSLATED] = server.memory()
            # An idle server gives the buffers of its batches back within two seconds.
            time.sleep(_IDLE_SECONDS)
            found[IDLE] = server.memory()
            translate(server.url, list(texts[:100]), "auto", target)
            found["detection"] = server.memory()
    return found


# --- size -------------------------------------------------------------------------------------------------------------


def measure_size() -> dict[str, float]:
    """Megabytes (10**6 bytes of files) of a fresh environment with the project in it, with and without pip."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        # The build leaves files in the folder that it builds from.
        checkout = Path(folder) / "checkout"
        checkout.mkdir()
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, checkout)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "libretranslate_py", checkout / "libretranslate_py", ignore=ignored)
        environment = Path(folder) / "environment"
        venv.create(environment, with_pip=True)
        install = [
            str(environment / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]
        installed = subprocess.run([*install, str(checkout)], capture_output=True, text=True)
        if installed.returncode:
            raise RuntimeError(f"pip install failed:\n{installed.stderr}")
        packages = next(environment.glob("lib/python*/site-packages"))
        whole = _size(environment)
        not_ours = sum(_size(path) for pattern in _NOT_OURS for path in packages.glob(pattern))
        largest = sorted(((_size(path), path.name) for path in packages.iterdir()), reverse=True)[:8]
    print("Largest: " + ", ".join(f"{name} {size:.0f} MB" for size, name in largest))
    return {"without pip": whole - not_ours, "with pip": whole}


def _size(path: Path) -> float:
    if path.is_file():
        return path.stat().st_size / 1e6
    files = (Path(folder) / name for folder, _, names in os.walk(path) for name in names)
    return sum(file.lstat().st_size for file in files) / 1e6


# --- report -----------------------------------------------------------------------------------------------------------


def _report_starts(seconds: dict[str, list[float]]) -> None:
    print("\nProcess start to first translation, starter packages (median, min-max)")
    for name, values in seconds.items():
        ratios = [value / floor for value, floor in zip(values, seconds["floor"], strict=True)]
        spread = f"{median(values):.2f} s ({min(values):.2f}-{max(values):.2f})"
        verdict = "" if name == "floor" else _verdict(median(values), START_TARGET, "s")
        print(f"  {name:20}{spread:24}{median(ratios):6.2f} x floor{verdict}")


def _report_memory(memory: dict[str, Memory]) -> None:
    print("\nMemory with one full-size model after each step, MiB")
    for name, found in memory.items():
        verdict = _verdict(found.resident, MEMORY_TARGET, "MiB") if name == IDLE else ""
        print(f"  {name:20}resident {found.resident:4.0f}, peak {found.peak:4.0f}{verdict}")


def _verdict(value: float, target: float, unit: str) -> str:
    return f"   target <= {target:g} {unit}: {'ok' if value <= target else 'MISSED'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--package", type=Path, default=MODELS / "bench" / "translate-en_es-1_0.argosmodel")
    parser.add_argument("--texts", type=Path, default=MODELS / "heldout" / "tatoeba.en-es.test.tsv")
    parser.add_argument("--rounds", type=int, default=7, help="starts of each kind; 0 leaves them out")
    parser.add_argument("--install", action="store_true", help="also measure the size of a fresh environment; a minute")
    arguments = parser.parse_args()
    machine = describe_machine()
    print(", ".join(f"{name}: {value}" for name, value in machine.items()))
    starts = measure_starts(arguments.rounds) if arguments.rounds else {}
    memory = measure_memory(arguments.package, [english for english, _ in read_pairs(arguments.texts)[:200]])
    size = measure_size() if arguments.install else {}
    if starts:
        _report_starts(starts)
    _report_memory(memory)
    if size:
        verdict = _verdict(size["without pip"], SIZE_TARGET, "MB")
        print(f"\nInstalled: {size['without pip']:.0f} MB, {size['with pip']:.0f} MB with pip{verdict}")
    RESULTS.mkdir(parents=True, exist_ok=True)
    figures = {name: {"resident": found.resident, "peak": found.peak} for name, found in memory.items()}
    written = {"machine": machine, "start_seconds": starts, "memory_mib": figures, "installed_mb": size}
    (RESULTS / "start.json").write_text(json.dumps(written, indent=1) + "\n")


if __name__ == "__main__":
    main()
