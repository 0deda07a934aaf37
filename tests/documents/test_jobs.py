from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from libretranslate_py.documents.jobs import (
    CANCELLED,
    DONE,
    FAILED,
    INTERRUPTED,
    QUEUED,
    RUNNING,
    Job,
    Jobs,
    StoredStates,
    Task,
)
from libretranslate_py.documents.results import Results
from libretranslate_py.errors import (
    ClientGone,
    Overloaded,
    ResultsUnwritable,
    Stopping,
    TranslationFailed,
    UnknownFile,
)
from libretranslate_py.places import Places

UNKNOWN = "0b0e7b4e-6f0a-4d37-9a3f-0123456789ab"


class Slow:
    """A task that goes on when it is told to."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.go_on = threading.Event()
        self.progress: Callable[[float], None] = lambda share: None

    def __call__(self, progress: Callable[[float], None], stopped: Callable[[], bool]) -> str:
        self.progress = progress
        self.began.set()
        while not self.go_on.wait(0.01):
            if stopped():
                raise ClientGone
        return "slow result"


def quick(progress: Callable[[float], None], stopped: Callable[[], bool]) -> str:
    progress(0.5)
    return "result"


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results(tmp_path / "files", 1800, spare=tmp_path / "spare")


@pytest.fixture
def make(results: Results) -> Iterator[Callable[..., Jobs]]:
    made: list[Jobs] = []

    def make(**options: object) -> Jobs:
        made.append(Jobs(StoredStates(results), results.expiry_seconds, **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for jobs in made:
        jobs.close()


@pytest.fixture
def jobs(make: Callable[..., Jobs]) -> Jobs:
    return make()


def wait(jobs: Jobs, job: Job, status: str) -> Job:
    deadline = time.monotonic() + 10
    while (now := jobs.get(job.id)).status != status:
        assert time.monotonic() < deadline, now
        time.sleep(0.01)
    return now


def test_a_job_is_done(jobs: Jobs) -> None:
    job = jobs.submit(quick, 1)
    assert (job.status, job.progress) == (QUEUED, 0)
    assert wait(jobs, job, DONE) == Job(job.id, DONE, 100, "result")


def test_progress_only_grows_and_is_100_only_when_done(jobs: Jobs) -> None:
    slow = Slow()
    job = jobs.submit(slow, 1)
    assert slow.began.wait(10)
    seen = []
    for share in (0.0, 0.257, 0.1, 0.999, 1.0):
        slow.progress(share)
        seen.append((jobs.get(job.id).status, jobs.get(job.id).progress))
    assert seen == [(RUNNING, 0), (RUNNING, 25), (RUNNING, 25), (RUNNING, 99), (RUNNING, 99)]
    slow.go_on.set()
    assert wait(jobs, job, DONE).progress == 100


def test_errors_are_told_in_the_words_of_the_dialect(jobs: Jobs) -> None:
    def fail(progress: Callable[[float], None], stopped: Callable[[], bool]) -> str:
        raise TranslationFailed("en", "es", "broken")

    job = jobs.submit(fail, 1, lambda error: f"told: {type(error).__name__}")
    assert wait(jobs, job, FAILED).error == "told: TranslationFailed"


def test_a_crash_of_one_job_does_not_end_the_worker(
    make: Callable[..., Jobs], caplog: pytest.LogCaptureFixture
) -> None:
    def crash(progress: Callable[[float], None], stopped: Callable[[], bool]) -> str:
        raise ZeroDivisionError

    jobs = make(workers=1)
    job = jobs.submit(crash, 1)
    assert wait(jobs, job, FAILED).error == "Internal server error"
    assert "ZeroDivisionError" in caplog.text
    wait(jobs, jobs.submit(quick, 1), DONE)


def test_words_that_cannot_be_found_do_not_end_the_worker(make: Callable[..., Jobs]) -> None:
    def fail(progress: Callable[[float], None], stopped: Callable[[], bool]) -> str:
        raise TranslationFailed("en", "es", "broken")

    def describe(error: object) -> str:
        raise LookupError

    jobs = make(workers=1)
    wait(jobs, jobs.submit(fail, 1, describe), FAILED)
    wait(jobs, jobs.submit(quick, 1), DONE)


def test_only_so_many_run_at_a_time_and_in_order(make: Callable[..., Jobs]) -> None:
    jobs = make(workers=2)
    tasks = [Slow() for _ in range(4)]
    made = [jobs.submit(task, 1) for task in tasks]
    assert tasks[0].began.wait(10)
    assert tasks[1].began.wait(10)
    assert [jobs.get(job.id).status for job in made] == [RUNNING, RUNNING, QUEUED, QUEUED]
    tasks[0].go_on.set()
    assert tasks[2].began.wait(10)
    assert not tasks[3].began.is_set()


def test_a_full_line_refuses(make: Callable[..., Jobs]) -> None:
    jobs = make(workers=1, waiting=2)
    slow = Slow()
    jobs.submit(slow, 1)
    assert slow.began.wait(10)
    waiting = [jobs.submit(Slow(), 1) for _ in range(2)]
    with pytest.raises(Overloaded) as refusal:
        jobs.submit(quick, 1)
    assert refusal.value.retry_after > 0
    jobs.cancel(waiting[0].id)
    jobs.submit(quick, 1)


def test_the_bytes_that_wait_are_limited(make: Callable[..., Jobs]) -> None:
    jobs = make(workers=1, most_waiting_bytes=100)
    slow = Slow()
    # A single one may be larger than that.
    jobs.submit(slow, 1000)
    assert slow.began.wait(10)
    jobs.submit(Slow(), 60)
    jobs.submit(Slow(), 40)
    with pytest.raises(Overloaded):
        jobs.submit(quick, 1)


def test_a_job_that_waits_is_cancelled(make: Callable[..., Jobs]) -> None:
    jobs = make(workers=1)
    first, second = Slow(), Slow()
    jobs.submit(first, 1)
    waiting = jobs.submit(second, 1)
    assert first.began.wait(10)
    assert jobs.cancel(waiting.id).status == CANCELLED
    first.go_on.set()
    wait(jobs, jobs.submit(quick, 1), DONE)
    assert not second.began.is_set()
    assert jobs.get(waiting.id).status == CANCELLED


def test_a_running_job_is_cancelled_and_makes_room(make: Callable[..., Jobs]) -> None:
    jobs = make(workers=1)
    slow = Slow()
    job = jobs.submit(slow, 1)
    assert slow.began.wait(10)
    assert jobs.cancel(job.id).status == CANCELLED
    wait(jobs, jobs.submit(quick, 1), DONE)
    assert jobs.get(job.id).status == CANCELLED
    assert jobs.cancel(job.id).status == CANCELLED


def test_what_a_cancelled_job_still_made_is_dropped(make: Callable[..., Jobs]) -> None:
    dropped: list[str] = []
    jobs = make(workers=1, on_drop=dropped.append)
    go_on, began = threading.Event(), threading.Event()

    def deaf(progress: Callable[[float], None], stopped: Callable[[], bool]) -> str:
        began.set()
        assert go_on.wait(10)
        return "too late"

    job = jobs.submit(deaf, 1)
    assert began.wait(10)
    jobs.cancel(job.id)
    go_on.set()
    wait(jobs, jobs.submit(quick, 1), DONE)
    assert dropped == ["too late"]
    assert jobs.get(job.id).status == CANCELLED


def test_cancelling_a_finished_job_drops_its_result(make: Callable[..., Jobs]) -> None:
    dropped: list[str] = []
    jobs = make(on_drop=dropped.append)
    job = jobs.submit(quick, 1)
    wait(jobs, job, DONE)
    jobs.cancel(job.id)
    assert dropped == ["result"]
    assert jobs.get(job.id) == Job(job.id, CANCELLED, 99)


@pytest.mark.parametrize("job_id", [UNKNOWN, "", "x", "../x", UNKNOWN + "\0", UNKNOWN.upper(), f"{UNKNOWN}.job"])
def test_no_other_job_is_known(jobs: Jobs, job_id: str) -> None:
    with pytest.raises(UnknownFile):
        jobs.get(job_id)
    with pytest.raises(UnknownFile):
        jobs.cancel(job_id)


def test_after_a_restart(make: Callable[..., Jobs]) -> None:
    before = make(workers=2)
    slow = Slow()
    finished = before.submit(quick, 1)
    wait(before, finished, DONE)
    cancelled = before.submit(Slow(), 1)
    before.cancel(cancelled.id)
    running = before.submit(slow, 1)
    assert slow.began.wait(10)
    before.close()
    after = make()
    assert after.get(finished.id) == Job(finished.id, DONE, 100, "result")
    assert after.get(cancelled.id).status == CANCELLED
    interrupted = after.get(running.id)
    assert (interrupted.status, interrupted.error) == (FAILED, INTERRUPTED)
    assert after.cancel(running.id).status == CANCELLED


def test_a_closed_line_takes_nothing(jobs: Jobs) -> None:
    jobs.close()
    with pytest.raises(Stopping):
        jobs.submit(quick, 1)


def test_jobs_expire_with_their_results(tmp_path: Path) -> None:
    results = Results(tmp_path / "files", 0.2, spare=tmp_path / "spare")
    jobs = Jobs(StoredStates(results), 0.2)
    job = jobs.submit(quick, 1)
    deadline = time.monotonic() + 10
    with pytest.raises(UnknownFile):
        while time.monotonic() < deadline:
            jobs.get(job.id)
            time.sleep(0.05)
    jobs.close()


def test_a_state_that_cannot_be_written_is_told_at_once(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    jobs = Jobs(StoredStates(Results(in_the_way / "a", 1800, spare=in_the_way / "b")), 1800)
    with pytest.raises(ResultsUnwritable):
        jobs.submit(quick, 1)
    jobs.close()


def test_a_state_that_cannot_be_written_in_the_end_is_remembered() -> None:
    class Failing:
        def __init__(self) -> None:
            self.saved = 0

        def save(self, job: Job, seconds: float) -> None:
            self.saved += 1
            if self.saved > 1:
                raise ResultsUnwritable(Path("x"), "full")

        def load(self, job_id: str) -> Job | None:
            return None

    jobs = Jobs(Failing(), 1800)
    wait(jobs, jobs.submit(quick, 1), DONE)
    jobs.close()


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"id": 1, "more": 2}', b"\xff", b"null"])
def test_a_damaged_state_is_unknown(jobs: Jobs, results: Results, content: bytes) -> None:
    results.write(f"{UNKNOWN}.job", content, 100)
    with pytest.raises(UnknownFile):
        jobs.get(UNKNOWN)


def test_a_finished_task_is_let_go(make: Callable[..., Jobs]) -> None:
    import gc
    import weakref

    class Big:
        def __call__(self, progress: Callable[[float], None], stopped: Callable[[], bool]) -> str:
            return "result"

    jobs = make()
    task: Task | None = Big()
    known = weakref.ref(task)
    assert task
    job = jobs.submit(task, 1)
    task = None
    wait(jobs, job, DONE)
    deadline = time.monotonic() + 10
    while known() is not None:
        assert time.monotonic() < deadline
        gc.collect()
        time.sleep(0.01)


# --- places ---------------------------------------------------------------------------------------------------------


def test_places_are_given_in_order() -> None:
    places, order = Places(1), []
    free, waiting = threading.Event(), []

    def take(number: int) -> None:
        with places.hold(lambda: False):
            order.append(number)

    with places.hold(lambda: False):
        for number in range(3):
            waiting.append(threading.Thread(target=take, args=(number,)))
            waiting[-1].start()
            deadline = time.monotonic() + 10
            while len(places._line) <= number:
                assert time.monotonic() < deadline
                time.sleep(0.005)
        free.set()
        assert order == []
    for thread in waiting:
        thread.join(10)
    assert order == [0, 1, 2]


def test_who_has_gone_does_not_wait() -> None:
    places = Places(1)
    with places.hold(lambda: False), pytest.raises(ClientGone), places.hold(lambda: True):
        pass
    with places.hold(lambda: True):
        pass


def test_closing_sends_those_away_who_wait() -> None:
    places = Places(1)
    with places.hold(lambda: False):
        threading.Timer(0.1, places.close).start()
        with pytest.raises(Stopping), places.hold(lambda: False):
            pass
