"""Sentences per second through the server, as a ratio to what CTranslate2 itself does here. See README.md."""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean, median

from client import Clients, translate_request
from limit import Limit, Timing, find_best, find_best_for_one
from plots import Bar, plot_ratios
from server import MODELS, RESULTS, ServerProcess, cores, describe_machine, scratch, unpack
from workload import choose_sentences, in_lists, read_pairs, steady_rate

LIST = 100
TEXT = 300
P50_TARGET = 1.15
# Sentences that the server and the limit translate in turn where they are compared one by one.
_TURN = 20
_WARM_UP = 64


@dataclass(frozen=True, slots=True)
class Row:
    """One way to send sentences; ``pack`` makes the texts or lists of texts of its requests."""

    name: str
    clients: int
    pack: Callable[[Sequence[str]], Sequence[str | list[str]]] = list
    target: float | None = None
    whole_text: bool = False
    in_process: int = 0


ONE_CLIENT = Row("1 client", 1)
ROWS = (
    ONE_CLIENT,
    Row("8 clients", 8),
    Row("CTranslate2, 16 as they come", 0, in_process=16),
    Row("32 clients", 32, target=0.85),
    Row("CTranslate2, 32 as they come", 0, in_process=32),
    Row("64 clients", 64, target=0.92),
    Row(f"lists of {LIST}", 1, lambda sentences: in_lists(sentences, LIST), 0.92),
    Row(f"text of {TEXT}, one line", 1, lambda sentences: [" ".join(sentences)], 0.92, whole_text=True),
    Row(f"text of {TEXT}, as lines", 1, lambda sentences: ["\n".join(sentences)], 0.92, whole_text=True),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row through the server. rate: sentences per second; processor seconds per sentence and per request."""

    rate: float
    server_cpu: float
    client_cpu: float


@dataclass(frozen=True, slots=True)
class Latency:
    """One client in one round: seconds at the median, the median of the ratios sentence by sentence, and the processor
    seconds that a sentence takes in-process."""

    p50: float
    limit_p50: float
    ratio: float
    limit_cpu: float


@dataclass(frozen=True, slots=True)
class Sample:
    """A row in one round beside the limit before and after it, in sentences and processor seconds as in Outcome."""

    rate: float
    limit: float
    ratio: float
    server_cpu: float
    limit_cpu: float
    client_cpu: float


@dataclass(slots=True)
class Results:
    """What was measured so far: samples by the name of their row, one per round."""

    samples: dict[str, list[Sample]] = field(default_factory=dict)
    latencies: list[Latency] = field(default_factory=list)


class Bench:
    """The server, the limit with the best settings that were found for it, and the sentences for both."""

    def __init__(self, server: ServerProcess, limit: Limit, sentences: Sequence[str], direction: Sequence[str]) -> None:
        """Takes a minute: it tries settings for the limit, and warms both up."""
        self._server = server
        self._limit = limit
        self._source, self._target = direction
        self._weights = dict(zip(sentences, limit.count_pieces(sentences), strict=True))
        self.sentences = list(sentences)
        self.text_sentences = self.sentences[:TEXT]
        print("Settings for the limit:")
        sets = {len(own): own for own in (self.sentences, self.text_sentences)}
        self.shapes = {count: find_best(limit, own, cores()) for count, own in sets.items()}
        self.threads_for_one = find_best_for_one(limit, self.sentences[:_TURN], cores())
        # Only the models that are still needed stay in memory.
        limit.forget()
        self._warm_up()

    def time_limit(self, sentences: Sequence[str]) -> Timing:
        return self._limit.time_all(sentences, self.shapes[len(sentences)])

    def decode(self, row: Row, sentences: Sequence[str]) -> Outcome:
        """No server: what the decoder itself gives in batches as clients make them, two of them at a time."""
        timing = self._limit.time_as_they_come(sentences, self.shapes[len(sentences)], row.in_process)
        return Outcome(len(sentences) / timing.seconds, timing.cpu / len(sentences), 0.0)

    def serve(self, row: Row, sentences: Sequence[str]) -> Outcome:
        """All sentences through the server in the row's way."""
        requests = self._requests(row.pack(sentences))
        cpu = self._server.cpu_seconds()
        with Clients(self._server.url, row.clients) as clients:
            run = clients.run(requests)
        cpu = self._server.cpu_seconds() - cpu
        if len(requests) == len(sentences):
            rate = steady_rate(run.exchanges, [self._weights[sentence] for sentence in sentences])
        else:
            rate = len(sentences) / sum(exchange.seconds for exchange in run.exchanges)
        return Outcome(rate, cpu / len(sentences), run.cpu / len(requests))

    def serve_one_by_one(self, sentences: Sequence[str]) -> tuple[Outcome, Latency]:
        """One client beside single sentences in-process: a few through one, then the same ones through the other."""
        served: list[float] = []
        plain: list[Timing] = []
        server_cpu = client_cpu = 0.0
        with Clients(self._server.url, 1) as clients:
            for few in in_lists(sentences, _TURN):
                plain += self._limit.time_each(few, self.threads_for_one)
                before = self._server.cpu_seconds()
                run = clients.run(self._requests(few))
                server_cpu += self._server.cpu_seconds() - before
                client_cpu += run.cpu
                served += [exchange.seconds for exchange in run.exchanges]
        count = len(sentences)
        ratio = median(one / other.seconds for one, other in zip(served, plain, strict=True))
        outcome = Outcome(count / sum(served), server_cpu / count, client_cpu / count)
        p50 = median(timing.seconds for timing in plain)
        return outcome, Latency(median(served), p50, ratio, mean(timing.cpu for timing in plain))

    def _requests(self, texts: Sequence[str | list[str]]) -> list[bytes]:
        return [translate_request(text, self._source, self._target) for text in texts]

    def _warm_up(self) -> None:
        few = self.sentences[:_WARM_UP]
        self.time_limit(self.text_sentences)
        with Clients(self._server.url, 16) as clients:
            clients.run(self._requests([*few, "\n".join(few)]))


def run_round(bench: Bench, rows: Sequence[Row], order: random.Random, results: Results) -> None:
    """The limit, a row, the limit, the next row, ...: each row is held against the limits just before and after it."""
    for whole_text in (False, True):
        group = [row for row in rows if row.whole_text == whole_text]
        if not group:
            continue
        sentences = list(bench.text_sentences if whole_text else bench.sentences)
        order.shuffle(sentences)
        if whole_text:
            # Only in this order is it known that joining and splitting gives the same sentences.
            sentences = bench.text_sentences
        before = bench.time_limit(sentences)
        for row in group:
            if row is ONE_CLIENT:
                outcome, latency = bench.serve_one_by_one(sentences)
                results.latencies.append(latency)
            elif row.in_process:
                outcome = bench.decode(row, sentences)
            else:
                outcome = bench.serve(row, sentences)
            after = bench.time_limit(sentences)
            sample = _compare(outcome, before, after, len(sentences))
            results.samples.setdefault(row.name, []).append(sample)
            print(f"  {row.name}: {sample.rate:.1f} of {sample.limit:.1f} sentences/s = {sample.ratio:.3f}", flush=True)
            before = after


def _compare(outcome: Outcome, before: Timing, after: Timing, count: int) -> Sample:
    limit = count / mean((before.seconds, after.seconds))
    return Sample(
        rate=outcome.rate,
        limit=limit,
        ratio=outcome.rate / limit,
        server_cpu=outcome.server_cpu,
        limit_cpu=mean((before.cpu, after.cpu)) / count,
        client_cpu=outcome.client_cpu,
    )


# --- report -----------------------------------------------------------------------------------------------------------


def _bars(rows: Sequence[Row], results: Results) -> list[Bar]:
    bars = []
    for row in rows:
        ratios = [sample.ratio for sample in results.samples[row.name]]
        bars.append(Bar(row.name, median(ratios), min(ratios), max(ratios), row.target))
    return bars


def _latency_bar(results: Results) -> Bar:
    ratios = [latency.ratio for latency in results.latencies]
    return Bar("1 client, time of a sentence", median(ratios), min(ratios), max(ratios), P50_TARGET)


def _print_table(rows: Sequence[Row], results: Results) -> None:
    print(
        f"\n{'':26}{'sentences/s':>12}{'limit':>8}{'ratio (min-max)':>22}{'target':>9}{'':>6}"
        f"{'CPU ms/sentence':>18}{'limit':>7}{'client us/request':>19}"
    )
    for row, bar in zip(rows, _bars(rows, results), strict=True):
        samples = results.samples[row.name]
        rate, limit = (median(getattr(sample, name) for sample in samples) for name in ("rate", "limit"))
        server_cpu, limit_cpu = (
            median(getattr(s, name) * 1e3 for s in samples) for name in ("server_cpu", "limit_cpu")
        )
        client_cpu = median(sample.client_cpu * 1e6 for sample in samples)
        print(
            f"{row.name:26}{rate:12.1f}{limit:8.1f}{_spread(bar):>22}{_verdict(bar, at_least=True)}"
            f"{server_cpu:18.2f}{limit_cpu:7.2f}{client_cpu:19.0f}"
        )
    if results.latencies:
        p50, limit_p50 = (median(getattr(x, name) * 1e3 for x in results.latencies) for name in ("p50", "limit_p50"))
        bar = _latency_bar(results)
        print(f"\n{bar.name}: ratio {_spread(bar)}{_verdict(bar, at_least=False)} (median over sentences)")
        limit_cpu = median(latency.limit_cpu * 1e3 for latency in results.latencies)
        print(f"  p50 {p50:.2f} ms, in-process {limit_p50:.2f} ms, ratio of the two {p50 / limit_p50:.3f}")
        print(f"  processor time in-process {limit_cpu:.2f} ms a sentence")
    limits = [sample.limit for samples in results.samples.values() for sample in samples]
    print(f"\nThe limit itself varied from {min(limits):.1f} to {max(limits):.1f} sentences/s during the run.")


def _spread(bar: Bar) -> str:
    return f"{bar.median:.3f} ({bar.low:.3f}-{bar.high:.3f})"


def _verdict(bar: Bar, *, at_least: bool) -> str:
    if bar.target is None:
        return f"{'':15}"
    holds = bar.median >= bar.target if at_least else bar.median <= bar.target
    return f"{'>=' if at_least else '<='}{bar.target:.2f}".rjust(9) + ("ok" if holds else "MISSED").rjust(
        6 if holds else 7
    )


def _save(bench: Bench, rows: Sequence[Row], results: Results, machine: dict[str, object]) -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    written: dict[str, object] = {
        "machine": machine,
        "limit": {
            "settings": {str(count): asdict(shape) for count, shape in bench.shapes.items()},
            "threads_for_one_sentence": bench.threads_for_one,
        },
        "rows": {
            row.name: {"target": row.target, "rounds": [asdict(sample) for sample in results.samples[row.name]]}
            for row in rows
        },
        "latency": {"target": P50_TARGET, "rounds": [asdict(latency) for latency in results.latencies]},
    }
    path = RESULTS / "throughput.json"
    path.write_text(json.dumps(written, indent=1) + "\n")
    picture = path.with_suffix(".png")
    bars = _bars(rows, results)
    plot_ratios(bars, f"Sentences per second, {machine['cores']} cores ({machine['processor']})", picture)
    print(f"\nWritten: {path} and {picture.name}")


def main() -> None:
    arguments = _parse_arguments()
    rows = [row for row in ROWS if not arguments.only or any(name in row.name for name in arguments.only)]
    if not rows:
        raise SystemExit(f"--only must name one of: {', '.join(row.name for row in ROWS)}")
    machine = describe_machine()
    with scratch() as folder:
        package = unpack(arguments.package, Path(folder) / "packages")
        direction = package.name.split("-")[1].split("_")
        texts = [pair[arguments.column] for pair in read_pairs(arguments.texts)]
        sentences = choose_sentences(texts, arguments.sentences, direction[0])
        flags = (
            "--packages-dir",
            str(package.parent),
            "--no-starter",
            "--sentence-cache",
            "0",
            *arguments.server_flags,
        )
        with ServerProcess(*flags, home=Path(folder) / "home") as server, Limit(package) as limit:
            machine["ctranslate2"] = limit.version
            print(", ".join(f"{name}: {value}" for name, value in machine.items()))
            bench = Bench(server, limit, sentences, direction)
            print(f"Limit: {', '.join(f'{count} sentences {shape}' for count, shape in bench.shapes.items())}")
            results = Results()
            for number in range(arguments.rounds):
                print(f"Round {number + 1}", flush=True)
                run_round(bench, rows, random.Random(number), results)
    _print_table(rows, results)
    _save(bench, rows, results, machine)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--package", type=Path, default=MODELS / "bench" / "translate-en_es-1_0.argosmodel")
    parser.add_argument("--texts", type=Path, default=MODELS / "heldout" / "tatoeba.en-es.test.tsv")
    parser.add_argument("--column", type=int, choices=(0, 1), default=0, help="which side of the pairs to translate")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sentences", type=int, default=400, help="how many are sent in each row of each round")
    parser.add_argument("--only", action="append", metavar="NAME", help="only rows with this in their name; repeatable")
    parser.add_argument("server_flags", nargs="*", help="further options for the server, after --")
    return parser.parse_args()


if __name__ == "__main__":
    main()
