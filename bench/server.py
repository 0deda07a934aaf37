"""Starts the real server as a process, tells what it uses, and stops it. Linux only: it reads /proc."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"
# Packages and held-out sentences; they lie beside the checkout because they are too large to be part of it.
MODELS = ROOT.parent / "shared" / "models"

# This checkout is measured, whether or not it is installed.
sys.path.insert(0, str(ROOT))

_LISTENING = re.compile(r"listening on (http://\S+)")
_START_TIMEOUT = 60.0
_STOP_TIMEOUT = 15.0
_POLL = 0.002
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Memory:
    """Megabytes (2**20 bytes): what is resident now, and the most that ever was."""

    resident: float
    peak: float


class ServerProcess:
    """A server with a home and a working folder of its own, so that no setting of this machine reaches it.

    ``started`` is the moment (perf_counter) just before the process was made. The log goes to a file, so that nobody
    has to read it while something is measured.
    """

    def __init__(self, *flags: str, home: Path) -> None:
        """Returns once the server listens. ``home`` holds its caches and its log. Raises RuntimeError if it ends."""
        home.mkdir(parents=True, exist_ok=True)
        self._log = home / "server.log"
        command = [sys.executable, "-m", "libretranslate_py", "--port", "0", *flags]
        with self._log.open("wb") as log:
            self.started = time.perf_counter()
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_environment(home), cwd=home
            )
        self.pid = self._process.pid
        self.url = self._await_url()

    def __enter__(self) -> ServerProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        if error:
            print(
                f"--- the end of the server's log ---\n{self._log.read_text(errors='replace')[-3000:]}", file=sys.stderr
            )

    def stop(self) -> None:
        """Ends it in the way an operator would, and by force when that takes too long."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def cpu_seconds(self) -> float:
        """User and system time of all its threads so far, in steps of a hundredth of a second."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self) -> Memory:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return Memory(_kilobytes(status, "VmRSS") / 1024, _kilobytes(status, "VmHWM") / 1024)

    def _await_url(self) -> str:
        deadline = time.monotonic() + _START_TIMEOUT
        while time.monotonic() < deadline:
            found = _LISTENING.search(self._log.read_text(errors="replace"))
            if found:
                return found[1]
            if self._process.poll() is not None:
                break
            time.sleep(_POLL)
        self.stop()
        raise RuntimeError(f"the server did not start:\n{self._log.read_text(errors='replace')}")


def unpack(archive: Path, folder: Path) -> Path:
    """Unpacks an ``.argosmodel`` file into ``folder``, a packages folder; returns the folder of the package."""
    with zipfile.ZipFile(archive) as contents:
        contents.extractall(folder)
        return folder / contents.namelist()[0].split("/")[0]


def scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder for one benchmark, removed at its end."""
    return tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True)


def describe_machine() -> dict[str, object]:
    """What the figures depend on."""
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return {
        "processor": found[1] if found else "unknown",
        "cores": cores(),
        "load_before": round(os.getloadavg()[0], 2),
        "python": sys.version.split()[0],
    }


def cores() -> int:
    """Processors that a process may use here."""
    from libretranslate_py.engine.hardware import available_cores

    number: int = available_cores()
    return number


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LT_", "ARGOS_", "XDG_"))}
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return kept | {"HOME": str(home), "PYTHONPATH": path}


def _kilobytes(status: str, name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    return int(found[1]) if found else 0
