"""What it costs a request to be let in: limits, bans, fingerprints, keys, and to be counted in the metrics.

    python bench/access.py [--calls 20000] [--clients 10000]

Each figure is the median over the calls, in microseconds, one call at a time in one thread; behind it the time below
which 99 of 100 calls stay. With Redis there are waits for the network in them: redis-server is started on this machine
(left out where it is not installed), so they are the least that a shared storage costs.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from server import RESULTS, describe_machine

from libretranslate_py.access.bans import Bans
from libretranslate_py.access.fingerprints import Fingerprints
from libretranslate_py.access.key_file import KeyFile
from libretranslate_py.access.keys import Keys
from libretranslate_py.access.limits import Limits, Rate, client_of
from libretranslate_py.storage import open_storage
from libretranslate_py.web.metrics import Metrics

RATES = (Rate(1_000_000, "minute"), Rate(2_000_000, "hour"), Rate(3_000_000, "day"))
LIMIT_AND_KEY_TARGET = 1000.0
METRICS_TARGET = 100.0

Figures = dict[str, tuple[float, float]]


def time_calls(call: Callable[[str], object], clients: list[str], calls: int) -> tuple[float, float]:
    """Microseconds: the median, and the 99th percentile."""
    each = itertools.cycle(clients)
    for _ in range(calls // 10):
        call(next(each))
    taken = []
    for _ in range(calls):
        client = next(each)
        begin = time.perf_counter_ns()
        call(client)
        taken.append((time.perf_counter_ns() - begin) / 1000)
    return median(taken), sorted(taken)[len(taken) * 99 // 100]


def measure_storage(uri: str, clients: list[str], calls: int) -> Figures:
    storage = open_storage(uri)
    limits, bans, fingerprints = Limits(uri), Bans(storage, 10), Fingerprints(storage)
    for client in clients[::10]:
        bans.report(client)
    figures = {
        "limit check, 3 rates": time_calls(lambda client: limits.spend(client, "/translate", RATES), clients, calls),
        "ban check": time_calls(bans.check, clients, calls),
        "fingerprint": time_calls(lambda client: fingerprints.matches(client, "Mozilla/5.0", "r=1"), clients, calls),
    }
    standing = limits.spend(clients[0], "/translate", RATES)
    assert standing and standing.remaining < standing.limit - 1, "nothing was counted"
    return figures


def measure_keys(folder: Path, clients: list[str], calls: int) -> Figures:
    path = folder / "api_keys.db"
    known = [KeyFile(path).add(60) for _ in range(100)]
    keys = Keys(path)
    assert all(keys.find(key) for key in known)
    assert not any(keys.find(client) for client in clients[:100])
    found = time_calls(keys.find, known, calls)
    missing = time_calls(keys.find, clients, calls)
    return {"key lookup": found, "key lookup, unknown key": missing}


def measure_metrics(clients: list[str], calls: int) -> Figures:
    metrics = Metrics(lambda: ())
    metrics.know(["/translate"])
    taken = time_calls(lambda _: metrics.begin("POST", "/translate")(200, 0.01), clients, calls)
    assert f'status="200"}} {calls + calls // 10}.0' in metrics.expose()[0].decode()
    return {"metrics": taken}


@contextlib.contextmanager
def running_redis(folder: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > end:
                    raise
                time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(timeout=20)


def report(title: str, figures: Figures) -> None:
    print(f"\n{title}")
    for name, (middle, high) in figures.items():
        print(f"  {name:28}{middle:9.1f} us   99 %: {high:9.1f} us")


def verdict(name: str, value: float, target: float) -> None:
    print(f"  {name:28}{value:9.1f} us   target < {target:g} us: {'ok' if value < target else 'MISSED'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000, help="of each kind; a tenth as many more come before")
    parser.add_argument("--clients", type=int, default=10_000, help="different addresses")
    arguments = parser.parse_args()
    machine = describe_machine()
    print(", ".join(f"{name}: {value}" for name, value in machine.items()))
    clients = [client_of(f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}") for n in range(arguments.clients)]
    results: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        results["in memory"] = {
            **measure_storage("memory://", clients, arguments.calls),
            **measure_keys(folder, clients, arguments.calls),
            **measure_metrics(clients, arguments.calls),
        }
        if shutil.which("redis-server"):
            with running_redis(folder) as uri:
                results["Redis on this machine"] = measure_storage(uri, clients, arguments.calls)
        else:
            print("redis-server is not installed; Redis is left out")
    for title, figures in results.items():
        report(title, figures)
    print()
    memory = results["in memory"]
    verdict(
        "limit check + key lookup", memory["limit check, 3 rates"][0] + memory["key lookup"][0], LIMIT_AND_KEY_TARGET
    )
    verdict("metrics", memory["metrics"][0], METRICS_TARGET)
    RESULTS.mkdir(parents=True, exist_ok=True)
    written = {"machine": machine, "microseconds": results}
    (RESULTS / "access.json").write_text(json.dumps(written, indent=1) + "\n")


if __name__ == "__main__":
    main()
