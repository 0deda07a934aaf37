from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from libretranslate_py.documents.document import Document, Piece
from libretranslate_py.documents.translating import cut, prepare, translate_work
from libretranslate_py.errors import ClientGone, Overloaded, TranslationFailed, UnsupportedLanguage, UnsupportedPair
from libretranslate_py.text.spans import Segment
from libretranslate_py.translator import Detection, Translation, TranslationRequest
from tests.documents.stand_in import Lines
from tests.web.fakes import FakeTranslator


@pytest.fixture
def translator() -> FakeTranslator:
    return FakeTranslator()


def translate_document(
    document: Document,
    source: str,
    target: str,
    translator: Any,
    *,
    progress: Callable[[float], None] = lambda share: None,
    stopped: Callable[[], bool] = lambda: False,
    **more: Any,
) -> bytes:
    work = prepare(document, source, target, translator)
    return translate_work(work, translator, progress=progress, stopped=stopped, **more)


def lines(count: int) -> Lines:
    return Lines("\n".join(f"line {number}" for number in range(count)).encode())


def test_chunks_are_in_order_and_leave_nothing_out() -> None:
    pieces: list[Piece] = ["a" * 7000] * 5 + ["b"] * 700 + ["c" * 90_000, (Segment("d" * 15_000), "tag")] + ["e"] * 3
    ranges = list(cut(pieces))
    assert [place for chunk in ranges for place in chunk] == list(range(len(pieces)))
    assert ranges[0] == range(2)
    assert all(len(chunk) <= 300 for chunk in ranges)
    assert next(range(place, place + 1) for place, piece in enumerate(pieces) if len(piece) == 90_000) in ranges
    assert list(cut([])) == []


def test_a_document_of_many_chunks_comes_back_in_order(translator: FakeTranslator) -> None:
    def later_ones_first(request: TranslationRequest) -> None:
        if request.texts[0] == "line 0":
            time.sleep(0.1)

    translator.probe = later_ones_first
    shares: list[float] = []
    made = translate_document(lines(1000), "en", "es", translator, progress=shares.append)
    assert made.decode() == "\n".join(f"LINE {number}" for number in range(1000))
    assert len(translator.requests) == 4
    assert shares == sorted(shares)
    assert shares[0] > 0
    assert shares[-1] == 1


def test_two_chunks_are_in_flight_and_no_more(translator: FakeTranslator) -> None:
    running = most = 0
    lock, both = threading.Lock(), threading.Barrier(2, timeout=10)

    def count(request: TranslationRequest) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        if len(translator.requests) <= 2:
            both.wait()
        time.sleep(0.01)
        with lock:
            running -= 1

    translator.probe = count
    translate_document(lines(3000), "en", "es", translator)
    assert most == 2


def test_nothing_to_translate(translator: FakeTranslator) -> None:
    class Empty(Lines):
        def pieces(self, source: str, target: str) -> list[Piece]:
            return []

    assert translate_document(Empty(b"x"), "en", "es", translator) == b""
    assert translator.requests == []


def test_a_direction_that_does_not_exist_is_refused_before_any_work(translator: FakeTranslator) -> None:
    with pytest.raises(UnsupportedPair):
        translate_document(lines(1), "de", "es", translator)
    with pytest.raises(UnsupportedLanguage):
        translate_document(lines(1), "xx", "es", translator)
    assert translator.requests == []


@pytest.mark.parametrize(
    ("detected", "target", "source"),
    [
        ([Detection("es", 80.0), Detection("pb", 10.0)], "en", "es"),
        # The most likely one does not lead there.
        ([Detection("de", 80.0), Detection("pb", 10.0)], "en", "pb"),
        # Nothing was recognised: the file stays as it is.
        ([Detection("es", 0.0)], "en", "en"),
    ],
)
def test_the_source_is_detected_once(
    translator: FakeTranslator, detected: list[Detection], target: str, source: str
) -> None:
    translator.detected = detected
    translate_document(lines(1000), "auto", target, translator)
    assert {request.source for request in translator.requests} == {source}


def test_a_detected_language_that_leads_nowhere(translator: FakeTranslator) -> None:
    translator.detected = [Detection("de", 90.0)]
    with pytest.raises(UnsupportedPair):
        translate_document(lines(1), "auto", "es", translator)


def test_characters_are_those_of_the_text() -> None:
    class Tagged(Lines):
        def pieces(self, source: str, target: str) -> list[Piece]:
            return ["four", ("<p>", Segment("six ch"), "</p>")]

    assert prepare(Tagged(b""), "en", "es", FakeTranslator()).characters == 10


def test_an_error_of_one_chunk_ends_the_others(translator: FakeTranslator) -> None:
    others = threading.Event()

    def fail_second(request: TranslationRequest) -> None:
        if "line 300" in request.texts:
            raise TranslationFailed("en", "es", "broken")
        assert request.client_gone
        while not request.client_gone():
            time.sleep(0.01)
        others.set()
        raise ClientGone

    translator.probe = fail_second
    with pytest.raises(TranslationFailed, match="broken"):
        translate_document(lines(3000), "en", "es", translator)
    assert others.wait(10)
    assert len(translator.requests) <= 2


def test_too_few_translations_are_an_error(translator: FakeTranslator) -> None:
    translator.lose = 1
    with pytest.raises(TranslationFailed):
        translate_document(lines(3), "en", "es", translator)


def test_stopping_ends_it(translator: FakeTranslator) -> None:
    stop = threading.Event()
    translator.probe = lambda request: stop.set()
    with pytest.raises(ClientGone):
        translate_document(lines(3000), "en", "es", translator, stopped=stop.is_set)
    assert len(translator.requests) <= 2


def test_a_full_queue_is_waited_for() -> None:
    class Full(FakeTranslator):
        def translate(self, request: TranslationRequest) -> list[Translation]:
            translations = super().translate(request)
            if len(self.requests) == 1:
                raise Overloaded(0)
            return translations

    translator = Full()
    assert translate_document(lines(2), "en", "es", translator) == b"LINE 0\nLINE 1"
    assert len(translator.requests) == 2


def test_waiting_for_a_full_queue_can_be_stopped(translator: FakeTranslator) -> None:
    stop = threading.Event()
    translator.error = Overloaded(3600)
    threading.Timer(0.3, stop.set).start()
    with pytest.raises(ClientGone):
        translate_document(lines(2), "en", "es", translator, stopped=stop.is_set)
