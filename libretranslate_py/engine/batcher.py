"""Turns the sentences of all requests into batches, and keeps every worker busy with one.

Sentences that may share a batch (same package, same options) stand in one line-up. In it each request has a lane of its
own, and a batch takes from the lanes in turn: a document of a thousand sentences delays a short request by one batch,
not by all of its own. A lane is dealt out in portions of equal work, longest sentences first, so that the workers end
together and a batch has sentences of much the same length.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from libretranslate_py.errors import Overloaded, ProjectError, Stopping

log = logging.getLogger(__name__)

KeyT = TypeVar("KeyT")
ResultT = TypeVar("ResultT")

# The work of a batch, measured on a full-size model: one unit for every piece, and _STEP units for every step of the
# decoder, of which there are as many as the longest sentence has pieces.
_STEP = 4
# Enough to make portions equal to within a thousandth.
_HALVINGS = 12

# A request of at most so many sentences is one of those that come in numbers.
_SMALL = 8

# A worker that has just answered several requests waits for their clients to come back before it takes a batch of
# whatever happens to be there: no longer than _LINGER in all, and not once nothing has arrived for _QUIET. Without it,
# the first client to return gets a batch of its own, and all others wait for that.
_QUIET = 0.010
_QUIET_AT_THE_END = 0.001
_NEARLY_ALL = 0.9
_LINGER = 0.040
# What is left of a crowd after a batch in which it did not show.
_CROWD_DECAY = 0.9
# After so many seconds without work the last batch says nothing about what is coming.
_FORGET = 0.1


class Item(Generic[ResultT]):
    """One sentence that waits: its pieces, and who wants the result.

    done: called once, with the result or the error, in a worker's thread and outside all locks of the batcher.
    claim: called when a batch takes the item; False drops it, because nobody waits for it any more.
    """

    __slots__ = ("claim", "done", "pieces")

    def __init__(
        self,
        pieces: list[str],
        done: Callable[[ResultT | None, ProjectError | None], None],
        claim: Callable[[], bool],
    ) -> None:
        self.pieces = pieces
        self.done = done
        self.claim = claim


class _Lane(Generic[ResultT]):
    """The sentences of one request that wait, in portions. ``small``: the request is one of many, and when it is
    answered its client may well send another."""

    __slots__ = ("portions", "since", "small")

    def __init__(self, portions: list[list[Item[ResultT]]], small: bool) -> None:
        self.portions = deque(portions)
        self.small = small
        self.since = time.perf_counter()

    def take(self, room: int) -> list[Item[ResultT]]:
        """The next portion, or as much of it as there is room for."""
        portion = self.portions[0]
        if len(portion) <= room:
            return self.portions.popleft()
        self.portions[0] = portion[room:]
        return portion[:room]


class _LineUp(Generic[ResultT]):
    """The lanes of all sentences that may share a batch, and how many of them wait and run; of small requests, too.

    crowd: how many sentences of small requests wait and run, those included whose clients are reading an answer right
    now and will be back.
    """

    __slots__ = ("crowd", "lanes", "running", "running_small", "waiting", "waiting_small")

    def __init__(self) -> None:
        self.lanes: deque[_Lane[ResultT]] = deque()
        self.waiting = 0
        self.waiting_small = 0
        self.running = 0
        self.running_small = 0
        self.crowd = 0.0

    def share(self, workers: int, max_batch: int) -> int:
        """How many sentences the next batch should have at least."""
        self.crowd = max(self.waiting_small + self.running_small, self.crowd * _CROWD_DECAY)
        return even_share(round(self.crowd) + self.waiting - self.waiting_small, workers, max_batch)


@dataclass(slots=True)
class _Batch(Generic[KeyT, ResultT]):
    """What a worker runs. requests: how many requests have nothing left to wait for after it; small: how many of its
    sentences belong to small ones."""

    key: KeyT
    items: list[Item[ResultT]]
    requests: int
    small: int


class Batcher(Generic[KeyT, ResultT]):
    """``workers`` threads that run batches of at most ``max_batch`` sentences.

    run: decodes a batch; gets a key and the pieces of each sentence, returns one result for each, in order. It is
    called by several workers at a time.
    explain: makes the error that every sentence of a batch gets from what ``run`` raised.
    max_requests: how many submissions may wait; one more is refused with Overloaded.
    seconds_waited: the sum, over all submissions, of the time until the last of its sentences was taken.
    """

    def __init__(
        self,
        run: Callable[[KeyT, Sequence[list[str]]], Sequence[ResultT]],
        explain: Callable[[KeyT, BaseException], ProjectError],
        *,
        workers: int,
        max_batch: int,
        max_requests: int,
    ) -> None:
        self._run = run
        self._explain = explain
        self._workers = workers
        self._max_batch = max_batch
        self._max_requests = max_requests
        self._changed = threading.Condition()
        self._line_ups: dict[KeyT, _LineUp[ResultT]] = {}
        self._turns: deque[KeyT] = deque()
        self._submissions = 0
        self._closed = False
        self.batches = 0
        self.seconds_waited = 0.0
        self._sizes: Counter[int] = Counter()
        self._threads = [self._start_worker() for _ in range(workers)]

    def submit(self, key: KeyT, items: Sequence[Item[ResultT]]) -> None:
        """Queues the sentences of one request; every item is answered later, whatever happens.

        Raises Overloaded when too many requests wait, Stopping after ``close``; then no item is answered.
        """
        portions = divide(sorted(items, key=lambda item: -len(item.pieces)), self._workers, self._max_batch)
        with self._changed:
            if self._closed:
                raise Stopping(retry_after=5)
            if self._requests_waiting() >= self._max_requests:
                raise Overloaded(retry_after=5)
            line_up = self._line_ups.setdefault(key, _LineUp())
            if not line_up.lanes:
                self._turns.append(key)
            small = len(items) <= _SMALL
            line_up.lanes.append(_Lane(portions, small))
            line_up.waiting += len(items)
            line_up.waiting_small += len(items) * small
            self._submissions += 1
            self._changed.notify_all()

    def waiting(self) -> int:
        """Sentences that no worker has taken yet."""
        with self._changed:
            return sum(line_up.waiting for line_up in self._line_ups.values())

    def sizes(self) -> Mapping[int, int]:
        """How many batches of each number of sentences were run."""
        with self._changed:
            return dict(self._sizes)

    def idle(self) -> bool:
        """Whether nothing waits and nothing runs."""
        with self._changed:
            return not self._line_ups

    def close(self) -> None:
        """Answers everything that waits with Stopping, and lets the workers end after their batches."""
        with self._changed:
            self._closed = True
            left = [
                item
                for line_up in self._line_ups.values()
                for lane in line_up.lanes
                for p in lane.portions
                for item in p
            ]
            self._line_ups.clear()
            self._turns.clear()
            self._changed.notify_all()
        for item in left:
            item.done(None, Stopping(retry_after=5))

    def join(self, timeout: float) -> None:
        """Waits for the workers of a closed batcher to end, at most ``timeout`` seconds in all."""
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _start_worker(self) -> threading.Thread:
        thread = threading.Thread(target=self._work, name="decoder", daemon=True)
        thread.start()
        return thread

    def _work(self) -> None:
        """A worker's life. Should anything but a closed batcher end it, another one takes its place."""
        try:
            expected, since = 0, 0.0
            while batch := self._take(expected, since):
                self._answer(batch)
                expected, since = batch.requests, time.monotonic()
        finally:
            if not self._closed:
                log.error("a decoder thread died; another one takes its place")
                self._threads.append(self._start_worker())

    def _take(self, expected: int, since: float) -> _Batch[KeyT, ResultT] | None:
        """Waits for sentences and takes a batch of them; None when the batcher is closed.

        expected, since: how many requests this worker has answered with its last batch, and when.
        """
        with self._changed:
            self._await_sentences()
            if expected > 1 and time.monotonic() - since < _FORGET:
                self._linger(expected)
                self._await_sentences()
            if self._closed:
                return None
            key = self._turns.popleft()
            line_up = self._line_ups[key]
            batch = self._fill(key, line_up)
            if line_up.lanes:
                self._turns.append(key)
            return batch

    def _await_sentences(self) -> None:
        while not self._turns and not self._closed:
            self._changed.wait()

    def _linger(self, expected: int) -> None:
        deadline = time.monotonic() + _LINGER
        expected += self._requests_waiting()
        while not self._closed and (waiting := self._requests_waiting()) < expected:
            before = self._submissions
            self._changed.wait(_QUIET if waiting < _NEARLY_ALL * expected else _QUIET_AT_THE_END)
            if self._submissions == before or time.monotonic() > deadline:
                return

    def _requests_waiting(self) -> int:
        return sum(len(line_up.lanes) for line_up in self._line_ups.values())

    def _fill(self, key: KeyT, line_up: _LineUp[ResultT]) -> _Batch[KeyT, ResultT]:
        share = line_up.share(self._workers, self._max_batch)
        batch: _Batch[KeyT, ResultT] = _Batch(key, [], requests=0, small=0)
        now = time.perf_counter()
        # At most one portion of each request: the others are for the other workers.
        for _ in range(len(line_up.lanes)):
            if len(batch.items) >= share:
                break
            fair = (self._max_batch - len(batch.items)) // len(line_up.lanes)
            lane = line_up.lanes.popleft()
            taken = lane.take(max(1, fair))
            line_up.waiting -= len(taken)
            line_up.waiting_small -= len(taken) * lane.small
            if lane.portions:
                line_up.lanes.append(lane)
            else:
                batch.requests += 1
                self.seconds_waited += now - lane.since
            wanted = [item for item in taken if item.claim()]
            batch.items += wanted
            batch.small += len(wanted) * lane.small
        line_up.running += len(batch.items)
        line_up.running_small += batch.small
        return batch

    def _answer(self, batch: _Batch[KeyT, ResultT]) -> None:
        """Runs a batch and answers every one of its items, with a result or with the reason why there is none."""
        results: Sequence[ResultT] = ()
        error: ProjectError | None = None
        try:
            if batch.items:
                results = self._run(batch.key, [item.pieces for item in batch.items])
                if len(results) != len(batch.items):
                    error = self._explain(batch.key, ValueError("the model returned too few results"))
        except BaseException as cause:
            error = self._explain(batch.key, cause)
            if not isinstance(cause, Exception):
                raise
            log.warning("%s", error, exc_info=not isinstance(cause, ProjectError))
        finally:
            self._finish(batch)
            for index, item in enumerate(batch.items):
                item.done(None if error else results[index], error)

    def _finish(self, batch: _Batch[KeyT, ResultT]) -> None:
        with self._changed:
            self.batches += 1
            if batch.items:
                self._sizes[len(batch.items)] += 1
            line_up = self._line_ups.get(batch.key)
            if line_up is not None:
                line_up.running -= len(batch.items)
                line_up.running_small -= batch.small
                if not line_up.running and not line_up.lanes:
                    del self._line_ups[batch.key]


def even_share(sentences: int, workers: int, max_batch: int) -> int:
    """How many of ``sentences`` one of ``workers`` takes at least, so that all of them have as much to do."""
    return max(1, min(max_batch, math.ceil(sentences / workers)))


def divide(items: Sequence[Item[ResultT]], workers: int, max_batch: int) -> list[list[Item[ResultT]]]:
    """Portions of at most ``max_batch`` items that ``workers`` can take in turn and end with at the same time.

    ``items`` are sorted, longest first. A portion is a run of them, so its sentences have much the same length: every
    step of a batch costs the same however few of its sentences are still unfinished. Portions are as few as can be, in
    a multiple of ``workers``, and make equal work.
    """
    if not items:
        return []
    lengths = [len(item.pieces) for item in items]
    wanted = min(len(items), workers * math.ceil(len(items) / (workers * max_batch)))
    low, high = 0.0, _work(lengths)
    ends = _ends(lengths, high, max_batch)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        tried = _ends(lengths, middle, max_batch)
        if len(tried) <= wanted:
            high, ends = middle, tried
        else:
            low = middle
    return [list(items[start:end]) for start, end in zip([0, *ends], ends, strict=False)]


def _ends(lengths: Sequence[int], most: float, max_batch: int) -> list[int]:
    """Where each portion ends when every one makes at most ``most`` work."""
    ends: list[int] = []
    start, pieces = 0, 0
    for position, length in enumerate(lengths):
        full = position - start == max_batch or _STEP * lengths[start] + pieces + length > most
        if full and position > start:
            ends.append(position)
            start, pieces = position, 0
        pieces += length
    return [*ends, len(lengths)]


def _work(lengths: Sequence[int]) -> float:
    return _STEP * max(lengths) + sum(lengths)
