"""Installs packages in processes that can be killed, for the tests of the store.

Reads one JSON message per line, runs it in a forked child and answers how that ended. ``kill_at: n`` kills the child
with SIGKILL just before its n-th step on the file system; ``kill_after: seconds`` kills it from outside.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from libretranslate_py.errors import CorruptPackage, ProjectError
from libretranslate_py.packages.store import Store

STEPS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "os.chmod"}


def check_model(folder: Path) -> None:
    content = (folder / "model" / "model.bin").read_bytes()
    if len(content) < 3:
        raise CorruptPackage(folder, "the model cannot be loaded")


def change_store(message: dict[str, Any]) -> None:
    starters = message.get("starter_folder")
    store = Store(
        Path(message["folder"]), check=check_model, starter_folder=Path(starters) if starters else None, lock_timeout=60
    )
    for _ in range(message.get("times", 1)):
        match message["do"]:
            case "install":
                store.install(Path(message["archive"]), force=message.get("force", False))
            case "starters":
                store.install_starters()
            case "remove":
                for package in store.read().packages:
                    store.remove(package)
            case "update":
                store.remove_older(store.install(Path(message["archive"])))


def count_steps(kill_at: int | None) -> list[int]:
    steps = [0]

    def step(event: str, _: tuple[object, ...]) -> None:
        if event in STEPS:
            steps[0] += 1
            if steps[0] == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(step)
    return steps


def run_child(message: dict[str, Any], answer: int) -> None:
    steps = count_steps(message.get("kill_at"))
    try:
        change_store(message)
        error = None
    except ProjectError as raised:
        error = f"{type(raised).__name__}: {raised}"
    os.write(answer, json.dumps({"steps": steps[0], "error": error}).encode())
    os._exit(0)


def serve(message: dict[str, Any]) -> dict[str, Any]:
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        run_child(message, write_end)
    os.close(write_end)
    if "kill_after" in message:
        time.sleep(message["kill_after"])
        os.kill(child, signal.SIGKILL)
    with os.fdopen(read_end, "rb") as pipe:
        answer = json.loads(pipe.read() or b"{}")
    _, status = os.waitpid(child, 0)
    return {"killed": os.WIFSIGNALED(status), "status": status, **answer}


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(json.dumps(serve(json.loads(line))) + "\n")
        sys.stdout.flush()
