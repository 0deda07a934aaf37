"""The engine over a model that misbehaves."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from libretranslate_py.engine.model import DecodeOptions, RawHypothesis
from libretranslate_py.errors import ClientGone, CorruptPackage, Overloaded, Stopping, TranslationFailed
from libretranslate_py.packages.package import Package
from tests.fakes import Behaviour, FakeStack, WordTokenizer, fake_package

PACKAGE = fake_package("en", "es")
OPTIONS = DecodeOptions()


def answering(behaviour: Behaviour, **options: int) -> FakeStack:
    return FakeStack(lambda package: behaviour, **options)


def texts(stack: FakeStack, *sentences: str, options: DecodeOptions = OPTIONS) -> list[list[str]]:
    return [[h.text for h in found] for found in stack.engine.translate(PACKAGE, sentences, options)]


@pytest.fixture
def stack():
    stack = FakeStack()
    yield stack
    stack.close()


def test_answers_keep_length_and_order(stack: FakeStack) -> None:
    sentences = [f"sentence number {n}" for n in range(100)]
    assert [found[0] for found in texts(stack, *sentences)] == [
        " ".join(f"{word}/es" for word in sentence.split()) for sentence in sentences
    ]


def test_nothing_is_nothing(stack: FakeStack) -> None:
    assert texts(stack) == []


def test_equal_sentences_are_decoded_once(stack: FakeStack) -> None:
    assert texts(stack, *["good day"] * 50) == [["good/es day/es"]] * 50
    assert sum(map(len, stack.model(PACKAGE).batches)) == 1


def test_the_cache_answers_the_second_time() -> None:
    stack = FakeStack(cache_bytes=1_000_000)
    texts(stack, "good day")
    texts(stack, "good day")
    assert len(stack.model(PACKAGE).batches) == 1
    texts(stack, "good day", options=DecodeOptions(beam_size=2))
    assert len(stack.model(PACKAGE).batches) == 2, "other options are another translation"
    stack.close()


def test_a_sentence_longer_than_the_window_is_cut_and_nothing_is_lost() -> None:
    stack = FakeStack(window=10)
    sentence = " ".join(f"word{n}" for n in range(95))
    assert texts(stack, sentence) == [[" ".join(f"word{n}/es" for n in range(95))]]
    assert max(len(pieces) for batch in stack.model(PACKAGE).batches for pieces in batch) <= 10
    stack.close()


def test_an_endless_repetition_is_decoded_again_without_repeats() -> None:
    def repeats(sentence: list[str], options: DecodeOptions) -> list[RawHypothesis]:
        return [((["no"] * 60) if not options.no_repeat_ngram else ["fine", "now"], -1.0)]

    stack = answering(repeats)
    assert texts(stack, "A perfectly ordinary sentence.") == [["fine now"]]
    stack.close()


def test_a_copy_of_the_source_gives_way_to_the_next_hypothesis() -> None:
    def copies(sentence: list[str], options: DecodeOptions) -> list[RawHypothesis]:
        return [(list(sentence), -0.1), (["una", "frase"], -0.5)][: options.hypotheses]

    stack = answering(copies)
    assert texts(stack, "this is a sentence that should be translated") == [["una frase"]]
    stack.close()


def test_a_model_that_only_copies_still_gives_an_answer() -> None:
    stack = answering(lambda sentence, options: [(list(sentence), -0.1)] * options.hypotheses)
    sentence = "this is a sentence that should be translated"
    assert texts(stack, sentence)[0][0] == sentence
    stack.close()


def test_a_model_that_raises_fails_its_request_and_no_other() -> None:
    def raises(sentence: list[str], options: DecodeOptions) -> list[RawHypothesis]:
        if "bad" in sentence:
            raise RuntimeError("the decoder failed")
        return [(sentence, -0.1)]

    stack = answering(raises)
    with pytest.raises(TranslationFailed) as failed:
        texts(stack, "bad secret")
    assert (failed.value.source, failed.value.target) == ("en", "es")
    assert "secret" not in str(failed.value)
    assert texts(stack, "good") == [["good"]]
    stack.close()


def test_a_model_that_gives_no_hypothesis_at_all_is_an_error() -> None:
    stack = answering(lambda sentence, options: [])
    with pytest.raises(TranslationFailed):
        texts(stack, "anything")
    stack.close()


def test_a_package_that_cannot_be_loaded_says_so() -> None:
    def broken(package: Package) -> Behaviour:
        raise CorruptPackage(package.path, "on purpose")

    stack = FakeStack(broken)
    with pytest.raises(CorruptPackage):
        texts(stack, "hello")
    stack.close()


def test_the_sentences_of_a_client_that_has_gone_are_dropped(stack: FakeStack) -> None:
    model = stack.model(PACKAGE)
    model.gate.clear()
    busy = [threading.Thread(target=texts, args=(stack, f"busy {n}")) for n in range(2)]
    for thread in busy:
        thread.start()
    assert model.entered.wait(10)
    gone = threading.Event()
    raised = threading.Event()

    def leave() -> None:
        with pytest.raises(ClientGone):
            stack.engine.translate(PACKAGE, [f"unread {n}" for n in range(40)], OPTIONS, gone.is_set)
        raised.set()

    leaver = threading.Thread(target=leave)
    leaver.start()
    gone.set()
    assert raised.wait(10)
    model.gate.set()
    for thread in (*busy, leaver):
        thread.join(10)
    assert texts(stack, "next") == [["next/es"]]
    decoded = [pieces for batch in model.batches for pieces in batch if pieces[0] == "unread"]
    assert len(decoded) < 40


def test_one_who_leaves_does_not_take_a_shared_sentence_along(stack: FakeStack) -> None:
    model = stack.model(PACKAGE)
    model.gate.clear()
    results: list[list[list[str]]] = []
    stayer = threading.Thread(target=lambda: results.append(texts(stack, "shared")))
    stayer.start()
    assert model.entered.wait(10)
    with pytest.raises(ClientGone):
        stack.engine.translate(PACKAGE, ["shared"], OPTIONS, lambda: True)
    model.gate.set()
    stayer.join(10)
    assert results == [[["shared/es"]]]


def test_a_full_queue_refuses_and_close_answers_the_rest() -> None:
    stack = FakeStack(workers=1, max_requests=2)
    model = stack.model(PACKAGE)
    model.gate.clear()
    outcomes: list[type[BaseException] | None] = []
    done = threading.Semaphore(0)

    def ask(n: int) -> None:
        try:
            texts(stack, f"sentence {n}")
            outcomes.append(None)
        except (Overloaded, Stopping) as error:
            outcomes.append(type(error))
        done.release()

    first = threading.Thread(target=ask, args=(0,))
    first.start()
    assert model.entered.wait(10)
    threads = [threading.Thread(target=ask, args=(n,)) for n in range(1, 6)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        assert done.acquire(timeout=10)
    assert outcomes == [Overloaded] * 3
    stack.engine.close()
    for _ in range(2):
        assert done.acquire(timeout=10)
    assert outcomes[3:] == [Stopping] * 2
    model.gate.set()
    assert done.acquire(timeout=10)
    assert outcomes[5] is None
    for thread in (first, *threads):
        thread.join(10)
    stack.close()


def test_a_tokenizer_that_fails_once_leaves_nobody_waiting(stack: FakeStack, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: WordTokenizer, sentence: str) -> list[str]:
        if sentence == "two":
            raise MemoryError
        return sentence.split()

    with monkeypatch.context() as patch:
        patch.setattr(WordTokenizer, "encode", fail)
        with pytest.raises(MemoryError):
            texts(stack, "one", "two")
    assert texts(stack, "one", "two") == [["one/es"], ["two/es"]]


def test_a_package_replaced_in_its_own_folder_is_not_answered_from_the_cache() -> None:
    stack = FakeStack(cache_bytes=1_000_000)
    newer = replace(PACKAGE, version="2.0")
    texts(stack, "good day")
    stack.engine.translate(newer, ["good day"], OPTIONS)
    assert len(stack.model(newer).batches) == 1, "decoded by the model of the newer package"
    stack.close()
