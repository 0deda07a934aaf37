"""Work that goes on after its request has been answered: a line of jobs, a few workers, and how far each job is."""

from __future__ import annotations

import json
import logging
import re
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import Protocol
from uuid import uuid4

from libretranslate_py.documents.results import Results
from libretranslate_py.errors import ClientGone, Overloaded, ProjectError, ResultsUnwritable, Stopping, UnknownFile

log = logging.getLogger(__name__)

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
_UNFINISHED = (QUEUED, RUNNING)
INTERRUPTED = "The server was restarted before the file was translated"
_CRASHED = "Internal server error"

# Bytes of all files that wait together.
_MOST_WAITING_BYTES = 256 * 1024 * 1024
# Finished jobs that are remembered although they cannot be written down, and all others for speed.
_MOST_FINISHED = 1000
# Seconds that the state of an unfinished job is kept at least; the job itself knows it for longer.
_UNFINISHED_SECONDS = 7 * 24 * 3600.0
# No client may take more of the line than one of so many shares.
_SHARES = 4
_RETRY_AFTER = 30
# Seconds between two questions whether the client is still there, while it waits for its turn.
_POLL = 0.2
_CLOSE_SECONDS = 1.0
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

# Gets what to tell about the share that is done (0 to 1), and what to ask whether to stop; returns a result's name.
Task = Callable[[Callable[[float], None], Callable[[], bool]], str]


@dataclass(frozen=True, slots=True)
class Job:
    """status: QUEUED, RUNNING, DONE, FAILED or CANCELLED. progress: percent, 100 only when done. result: the name of
    the result when done. error: one sentence for the client when failed."""

    id: str
    status: str = QUEUED
    progress: int = 0
    result: str = ""
    error: str = ""


class JobStates(Protocol):
    """Where jobs are written down, so that they can be asked for after a restart."""

    def save(self, job: Job, seconds: float) -> None:
        """Keep ``job`` for ``seconds``. Raises ResultsUnwritable."""
        ...

    def load(self, job_id: str) -> Job | None: ...


class StoredStates:
    """States as small files beside the results."""

    def __init__(self, results: Results) -> None:
        self._results = results

    def save(self, job: Job, seconds: float) -> None:
        self._results.write(f"{job.id}.job", json.dumps(asdict(job)).encode(), seconds)

    def load(self, job_id: str) -> Job | None:
        data = self._results.read(f"{job_id}.job")
        if data is None:
            return None
        try:
            return Job(**json.loads(data))
        except (ValueError, TypeError):
            log.warning("the state of a job cannot be read; it is taken for lost")
            return None


@dataclass(slots=True, eq=False)
class _Entry:
    job: Job
    task: Task
    size: int
    describe: Callable[[ProjectError], str]
    client: str
    stop: threading.Event = field(default_factory=threading.Event)


class Jobs:
    """``workers`` threads, started when there is a first job; at most ``waiting`` jobs wait for them.

    on_drop: told the name of a result that nobody wants any more.
    """

    def __init__(
        self,
        states: JobStates,
        expiry_seconds: float,
        *,
        workers: int = 2,
        waiting: int = 64,
        most_waiting_bytes: int = _MOST_WAITING_BYTES,
        on_drop: Callable[[str], None] = lambda name: None,
    ) -> None:
        self._states = states
        self._expiry_seconds = expiry_seconds
        self._workers = workers
        self._waiting = waiting
        self._most_waiting_bytes = most_waiting_bytes
        self._on_drop = on_drop
        # What changes a state is done in one go with writing it down.
        self._changed = threading.Condition()
        self._line: deque[_Entry] = deque()
        self._unfinished: dict[str, _Entry] = {}
        self._finished: OrderedDict[str, tuple[Job, float]] = OrderedDict()
        self._threads: list[threading.Thread] = []
        self._closed = False

    def unfinished(self) -> Mapping[str, int]:
        """How many jobs are QUEUED and how many RUNNING."""
        with self._changed:
            counts = Counter(entry.job.status for entry in self._unfinished.values())
        return {status: counts[status] for status in _UNFINISHED}

    def submit(self, task: Task, size: int, describe: Callable[[ProjectError], str] = str, client: str = "") -> Job:
        """Lines up ``task``, which holds ``size`` bytes until it has run; ``describe`` words what goes wrong in it.

        ``client``: who may have a quarter of the line at most; empty for nobody in particular. Raises Overloaded,
        Stopping, ResultsUnwritable.
        """
        entry = _Entry(Job(str(uuid4())), task, size, describe, client)
        with self._changed:
            self._check_room(size)
            own = sum(other.client == client for other in self._unfinished.values())
            if client and own >= max(1, self._waiting // _SHARES):
                raise Overloaded(_RETRY_AFTER)
            self._states.save(entry.job, _UNFINISHED_SECONDS)
            self._line.append(entry)
            self._unfinished[entry.job.id] = entry
            if len(self._threads) < self._workers:
                self._threads.append(threading.Thread(target=self._work, name="job", daemon=True))
                self._threads[-1].start()
            self._changed.notify()
        return entry.job

    def get(self, job_id: str) -> Job:
        """Raises UnknownFile if there is no such job, or no longer."""
        if not _ID.fullmatch(job_id):
            raise UnknownFile
        with self._changed:
            if entry := self._unfinished.get(job_id):
                return entry.job
            if (kept := self._finished.get(job_id)) and kept[1] > time.time():
                return kept[0]
        job = self._states.load(job_id)
        if job is None:
            raise UnknownFile
        if job.status in _UNFINISHED:
            # Nobody here works on it: it belonged to a process that has ended.
            return replace(job, status=FAILED, error=INTERRUPTED)
        return job

    def cancel(self, job_id: str) -> Job:
        """Ends a job that waits or runs; drops the result of one that is done. Raises UnknownFile."""
        with self._changed:
            before = self.get(job_id)
            if entry := self._unfinished.pop(job_id, None):
                entry.stop.set()
                with suppress(ValueError):
                    self._line.remove(entry)
            cancelled = Job(job_id, CANCELLED, min(before.progress, 99))
            self._write_down(cancelled)
        if before.result:
            self._on_drop(before.result)
        return cancelled

    def close(self) -> None:
        """Ends all jobs; who asks for one after a restart is told so."""
        with self._changed:
            self._closed = True
            for entry in self._unfinished.values():
                entry.stop.set()
            self._line.clear()
            self._changed.notify_all()
        deadline = time.monotonic() + _CLOSE_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _check_room(self, size: int) -> None:
        if self._closed:
            raise Stopping(_RETRY_AFTER)
        held = sum(waiting.size for waiting in self._line)
        if len(self._line) >= self._waiting or (held and held + size > self._most_waiting_bytes):
            raise Overloaded(_RETRY_AFTER)

    def _work(self) -> None:
        while entry := self._next():
            self._finish(self._run(entry))
            # What a finished task holds is not kept until there is another one.
            del entry

    def _next(self) -> _Entry | None:
        """Waits for a job; None when there is an end to it."""
        with self._changed:
            while not self._line and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            entry = self._line.popleft()
            entry.job = replace(entry.job, status=RUNNING)
            return entry

    def _run(self, entry: _Entry) -> Job:
        try:
            return self._attempt(entry)
        except Exception:
            # A worker outlives whatever a task meets.
            log.exception("a job failed")
            return replace(entry.job, status=FAILED, error=_CRASHED)

    def _attempt(self, entry: _Entry) -> Job:
        def progress(share: float) -> None:
            entry.job = replace(entry.job, progress=max(entry.job.progress, min(99, int(share * 100))))

        try:
            result = entry.task(progress, entry.stop.is_set)
        except ClientGone:
            return replace(entry.job, status=CANCELLED)
        except ProjectError as error:
            return replace(entry.job, status=FAILED, error=entry.describe(error))
        return replace(entry.job, status=DONE, progress=100, result=result)

    def _finish(self, job: Job) -> None:
        with self._changed:
            wanted = self._unfinished.pop(job.id, None) is not None
            # One that the end of the server ended is not finished: who asks after the restart is told what happened.
            if wanted and (not self._closed or job.status == DONE):
                self._write_down(job)
        if not wanted and job.result:
            self._on_drop(job.result)

    def _write_down(self, job: Job) -> None:
        self._finished[job.id] = (job, time.time() + self._expiry_seconds)
        while len(self._finished) > _MOST_FINISHED:
            self._finished.popitem(last=False)
        try:
            self._states.save(job, self._expiry_seconds)
        except ResultsUnwritable as error:
            log.warning("%s; the job is remembered until the server stops", error)
