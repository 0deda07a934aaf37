"""The batcher answers every waiter, shares fairly, and is bounded."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from libretranslate_py.engine.batcher import Batcher, Item, divide, even_share
from libretranslate_py.errors import Overloaded, ProjectError, Stopping, TranslationFailed

TIMEOUT = 10


class Recorder:
    """Collects what the items of one submission get."""

    def __init__(self, count: int) -> None:
        self.results: list[str | None] = []
        self.errors: list[ProjectError | None] = []
        self._left = threading.Semaphore(0)
        self._count = count

    def item(self, pieces: list[str], wanted: bool = True) -> Item[str]:
        return Item(pieces, self.set, lambda: wanted)

    def set(self, result: str | None, error: ProjectError | None) -> None:
        self.results.append(result)
        self.errors.append(error)
        self._left.release()

    def wait(self) -> None:
        for _ in range(self._count):
            assert self._left.acquire(timeout=TIMEOUT), "a waiter was not answered"


class Decoder:
    """A decoder whose batches are held back until ``go`` is set."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.started = threading.Semaphore(0)
        self.batches: list[list[list[str]]] = []
        self.error: BaseException | None = None

    def run(self, key: str, sentences: Sequence[list[str]]) -> list[str]:
        self.batches.append(list(sentences))
        self.started.release()
        assert self.go.wait(TIMEOUT)
        if self.error:
            error, self.error = self.error, None
            raise error
        return [f"{key}:{'+'.join(pieces)}" for pieces in sentences]


def explain(key: str, cause: BaseException) -> ProjectError:
    return TranslationFailed("en", "es", repr(cause))


@pytest.fixture
def decoder() -> Decoder:
    return Decoder()


@pytest.fixture
def batcher(decoder: Decoder):
    batcher: Batcher[str, str] = Batcher(decoder.run, explain, workers=1, max_batch=4, max_requests=10)
    yield batcher
    decoder.go.set()
    batcher.close()
    batcher.join(TIMEOUT)


def submit(batcher: Batcher[str, str], *words: str, key: str = "k") -> Recorder:
    recorder = Recorder(len(words))
    batcher.submit(key, [recorder.item(word.split()) for word in words])
    return recorder


def occupy(batcher: Batcher[str, str], decoder: Decoder) -> Recorder:
    """Keeps the only worker busy until ``decoder.go`` is set."""
    recorder = submit(batcher, "busy")
    assert decoder.started.acquire(timeout=TIMEOUT)
    return recorder


def test_a_sentence_alone_is_answered(batcher: Batcher[str, str], decoder: Decoder) -> None:
    decoder.go.set()
    recorder = submit(batcher, "good day")
    recorder.wait()
    assert recorder.results == ["k:good+day"]


def test_waiting_requests_share_a_batch(batcher: Batcher[str, str], decoder: Decoder) -> None:
    first = occupy(batcher, decoder)
    others = [submit(batcher, word) for word in "abc"]
    decoder.go.set()
    for recorder in (first, *others):
        recorder.wait()
    assert sorted(map(len, decoder.batches)) == [1, 3]


def test_different_keys_never_share_a_batch(batcher: Batcher[str, str], decoder: Decoder) -> None:
    occupy(batcher, decoder)
    recorders = [submit(batcher, "x", key=key) for key in ("p", "q", "p")]
    decoder.go.set()
    for recorder in recorders:
        recorder.wait()
    assert [recorder.results for recorder in recorders] == [["p:x"], ["q:x"], ["p:x"]]


def test_a_long_document_does_not_starve_a_short_request(batcher: Batcher[str, str], decoder: Decoder) -> None:
    occupy(batcher, decoder)
    document = submit(batcher, *[f"d{n}" for n in range(40)])
    short = submit(batcher, "short")
    decoder.go.set()
    short.wait()
    document.wait()
    position = next(index for index, batch in enumerate(decoder.batches) if ["short"] in batch)
    assert position == 1, "the short request is in the first batch after it came"


def test_a_failed_batch_fails_its_sentences_only(batcher: Batcher[str, str], decoder: Decoder) -> None:
    decoder.go.set()
    decoder.error = RuntimeError("boom")
    failed = submit(batcher, "a", "b")
    failed.wait()
    assert [type(error) for error in failed.errors] == [TranslationFailed, TranslationFailed]
    fine = submit(batcher, "c")
    fine.wait()
    assert fine.results == ["k:c"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_that_dies_answers_and_is_replaced(batcher: Batcher[str, str], decoder: Decoder) -> None:
    decoder.go.set()
    decoder.error = KeyboardInterrupt("the worker dies")
    failed = submit(batcher, "a")
    failed.wait()
    assert isinstance(failed.errors[0], TranslationFailed)
    fine = submit(batcher, "b")
    fine.wait()
    assert fine.results == ["k:b"]


def test_too_few_results_are_an_error_for_all(decoder: Decoder) -> None:
    batcher: Batcher[str, str] = Batcher(lambda key, sentences: [], explain, workers=1, max_batch=4, max_requests=10)
    recorder = submit(batcher, "a", "b")
    recorder.wait()
    assert all(isinstance(error, TranslationFailed) for error in recorder.errors)
    batcher.close()
    batcher.join(TIMEOUT)


def test_idle_is_neither_waiting_nor_running(batcher: Batcher[str, str], decoder: Decoder) -> None:
    assert batcher.idle()
    running = occupy(batcher, decoder)
    assert not batcher.idle()
    decoder.go.set()
    running.wait()
    submit(batcher, "next").wait()
    batcher.close()
    batcher.join(TIMEOUT)
    assert batcher.idle()


def test_a_full_queue_refuses_at_once(batcher: Batcher[str, str], decoder: Decoder) -> None:
    occupy(batcher, decoder)
    waiting = [submit(batcher, "x") for _ in range(10)]
    with pytest.raises(Overloaded) as refused:
        submit(batcher, "one more")
    assert refused.value.retry_after > 0
    decoder.go.set()
    for recorder in waiting:
        recorder.wait()


def test_sentences_that_nobody_wants_are_dropped(batcher: Batcher[str, str], decoder: Decoder) -> None:
    occupy(batcher, decoder)
    unwanted = Recorder(1)
    batcher.submit("k", [unwanted.item(["gone"], wanted=False)])
    wanted = submit(batcher, "here")
    decoder.go.set()
    wanted.wait()
    assert [["gone"]] not in decoder.batches
    assert unwanted.results == []


def test_close_answers_all_that_wait_and_refuses_what_comes(batcher: Batcher[str, str], decoder: Decoder) -> None:
    running = occupy(batcher, decoder)
    waiting = submit(batcher, "a", "b")
    batcher.close()
    waiting.wait()
    assert all(isinstance(error, Stopping) for error in waiting.errors)
    with pytest.raises(Stopping):
        submit(batcher, "late")
    decoder.go.set()
    running.wait()
    assert running.results == ["k:busy"]


@pytest.mark.parametrize(
    ("sentences", "workers", "max_batch", "expected"),
    [(1, 2, 32, 1), (32, 2, 32, 16), (100, 2, 32, 32), (3, 4, 8, 1), (0, 2, 8, 1)],
)
def test_even_shares(sentences: int, workers: int, max_batch: int, expected: int) -> None:
    assert even_share(sentences, workers, max_batch) == expected


@pytest.mark.parametrize(
    "lengths", [[], [5], [9, 8, 7], [30, *[6] * 99], list(range(100, 0, -1)), [7] * 300, [0, 0, 0]]
)
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_portions_make_equal_work_and_hold_everything(lengths: list[int], workers: int) -> None:
    recorder = Recorder(0)
    items = [recorder.item(["x"] * length) for length in lengths]
    portions = divide(items, workers, 64)
    assert [item for portion in portions for item in portion] == items
    assert all(0 < len(portion) <= 64 for portion in portions)
    work = sorted(4 * len(portion[0].pieces) + sum(len(item.pieces) for item in portion) for portion in portions)
    if len(lengths) >= 64 and max(map(len, portions)) < 64:
        assert work[-1] <= 1.3 * work[0], work


def test_a_list_is_shared_by_all_workers(decoder: Decoder) -> None:
    batcher: Batcher[str, str] = Batcher(decoder.run, explain, workers=2, max_batch=32, max_requests=10)
    recorder = submit(batcher, *[f"s{n}" for n in range(40)])
    for _ in range(2):
        assert decoder.started.acquire(timeout=TIMEOUT)
    decoder.go.set()
    recorder.wait()
    assert [len(batch) for batch in decoder.batches] == [20, 20]
    batcher.close()
    batcher.join(TIMEOUT)
