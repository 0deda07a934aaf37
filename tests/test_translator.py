"""The use case over models that misbehave."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from libretranslate_py.detection import Detector
from libretranslate_py.drafts import best_combinations
from libretranslate_py.engine.model import DecodeOptions, RawHypothesis
from libretranslate_py.errors import ClientGone, CorruptPackage, Stopping, TranslationFailed, UnsupportedPair
from libretranslate_py.packages.package import Catalogue, Package
from libretranslate_py.translator import TranslationRequest, Translator
from tests.fakes import Behaviour, FakeStack, fake_catalogue, tagged


@pytest.fixture
def make():
    stacks: list[FakeStack] = []

    def make(
        *directions: str,
        behaviour: Behaviour | None = None,
        load: Callable[[Package], Behaviour] | None = None,
        on_failure: Callable[[CorruptPackage | TranslationFailed], None] | None = None,
    ) -> Translator:
        choose = load or (lambda package: behaviour or tagged(package.target))
        stack = FakeStack(choose)
        stacks.append(stack)
        catalogue = fake_catalogue(*directions)
        return Translator(stack.engine, Detector(), catalogue, beam_size=4, on_failure=on_failure)

    yield make
    for stack in stacks:
        stack.close()


def ask(
    translator: Translator, *texts: str, source: str = "en", target: str = "es", alternatives: int = 0
) -> list[str]:
    found = translator.translate(TranslationRequest(texts, source, target, alternatives))
    assert len(found) == len(texts)
    return [translation.text for translation in found]


def test_everything_around_the_words_stays(make: Callable[..., Translator]) -> None:
    translator = make("en-es")
    text = "\n  - one two.  Three four!\r\n\n\t* five\tsix\n42\n"
    expected = "\n  - one/es two./es.  ¡Three/es four!/es!\r\n\n\t* five/es\tsix/es\n42\n"
    assert ask(translator, text) == [expected]


def test_a_pivot_goes_through_every_direction_and_formats_once(make: Callable[..., Translator]) -> None:
    translator = make("es-en", "en-fr")
    assert ask(translator, "uno dos", source="es", target="fr") == ["uno/en/fr dos/en/fr"]


def test_blank_texts_come_back_in_place(make: Callable[..., Translator]) -> None:
    assert ask(make("en-es"), "", "one", "  ", "\n") == ["", "one/es", "  ", "\n"]


def test_same_language_is_unchanged(make: Callable[..., Translator]) -> None:
    assert ask(make("en-es"), " as  it is ", source="en", target="en") == [" as  it is "]


def test_no_route(make: Callable[..., Translator]) -> None:
    with pytest.raises(UnsupportedPair) as raised:
        ask(make("en-es"), "uno", source="es", target="en")
    assert (raised.value.source, raised.value.target) == ("es", "en")


@pytest.mark.parametrize("answer", [[], [""], ["  "]])
def test_a_model_that_drops_everything_gives_the_source_back(
    make: Callable[..., Translator], answer: list[str]
) -> None:
    translator = make("en-es", behaviour=lambda sentence, options: [(answer, -1.0)] * options.hypotheses)
    assert ask(translator, "Keep this text.") == ["Keep this text."]


def test_a_model_that_invents_is_passed_on_but_keeps_the_lines(make: Callable[..., Translator]) -> None:
    translator = make("en-es", behaviour=lambda sentence, options: [(["a", "b", "c"], -1.0)] * options.hypotheses)
    assert ask(translator, "x y\n\nz w\n")[0].count("\n") == 3


def test_a_model_that_raises_is_an_error_without_the_text(make: Callable[..., Translator]) -> None:
    def raises(sentence: list[str], options: DecodeOptions) -> list[RawHypothesis]:
        raise RuntimeError("no memory")

    with pytest.raises(TranslationFailed) as raised:
        ask(make("en-es", behaviour=raises), "secret words")
    assert "secret" not in str(raised.value)


def test_alternatives_are_distinct_and_leave_out_the_text(make: Callable[..., Translator]) -> None:
    translator = make("en-es")
    (found,) = translator.translate(TranslationRequest(("one two. three four.",), "en", "es", 4))
    everything = [found.text, *found.alternatives]
    assert len(set(everything)) == len(everything) == 5
    assert found.text == ask(translator, "one two. three four.")[0]


def test_a_text_with_nothing_to_translate_has_no_alternatives(make: Callable[..., Translator]) -> None:
    (found,) = make("en-es").translate(TranslationRequest(("123",), "en", "es", 3))
    assert (found.text, found.alternatives) == ("123", ())


def test_auto_is_per_text_and_only_languages_that_lead_to_the_target(make: Callable[..., Translator]) -> None:
    translator = make("en-es", "fr-es", "es-en")
    request = TranslationRequest(
        ("Where is the station, please?", "Où est la gare, s'il vous plaît ?", "123", "¿Dónde está la estación?"),
        "auto",
        "es",
    )
    found = translator.translate(request)
    assert [f.detected.language for f in found if f.detected] == ["en", "fr", "en", "es"]
    assert found[2].detected is not None
    assert found[2].detected.confidence == 0
    assert found[3].text == "¿Dónde está la estación?"


def test_a_text_of_no_installed_language_is_left_alone(make: Callable[..., Translator]) -> None:
    (found,) = make("en-es", "es-en").translate(TranslationRequest(("日本語のテキスト",), "auto", "es"))
    assert found.text == "日本語のテキスト"


def test_half_a_surrogate_pair_becomes_the_replacement_character(make: Callable[..., Translator]) -> None:
    assert "\ufffd" in ask(make("en-es"), "one \ud800 two")[0]


def test_a_damaged_package_gives_way_to_what_the_owner_finds(make: Callable[..., Translator]) -> None:
    def load(package: Package) -> Behaviour:
        if package.source == "en":
            raise CorruptPackage(package.path, "damaged")
        return tagged(package.target)

    told: list[Exception] = []

    def replace(error: CorruptPackage | TranslationFailed) -> None:
        told.append(error)
        translator.use(fake_catalogue("de-es", "es-en"))

    translator: Translator = make("en-es", "de-es", load=load, on_failure=replace)
    with pytest.raises(UnsupportedPair):
        ask(translator, "one", source="en", target="es")
    assert len(told) == 1
    assert ask(translator, "eins", source="de", target="es") == ["eins/es"]


def test_detect_is_one_ranking_and_never_empty(make: Callable[..., Translator]) -> None:
    translator = make("en-es", "en-fr")
    assert translator.detect(["Where is the train station?"])[0].language == "en"
    assert [(d.language, d.confidence) for d in translator.detect(["123"])] == [("en", 0.0)]
    merged = translator.detect(["Where is the train station?", "¿Dónde está la estación de tren?"])
    assert {d.language for d in merged[:2]} == {"en", "es"}
    assert sum(d.confidence for d in merged) <= 100.1


def test_languages_begin_with_english_and_name_all_they_lead_to(make: Callable[..., Translator]) -> None:
    entries = make("es-en", "en-fr").languages()
    assert [(entry.code, entry.targets) for entry in entries] == [
        ("en", ("en", "fr")),
        ("es", ("en", "es", "fr")),
        ("fr", ("fr",)),
    ]


def test_ready_needs_a_direction(make: Callable[..., Translator]) -> None:
    translator = make("en-es")
    assert translator.ready() is None
    translator.use(Catalogue())
    assert translator.ready()


@pytest.mark.parametrize(
    ("scores", "count", "expected"),
    [
        ([], 3, [[]]),
        ([[0.0, -1.0], [0.0, -0.5]], 1, [[0, 0]]),
        ([[0.0, -1.0], [0.0, -0.5]], 4, [[0, 0], [0, 1], [1, 0], [1, 1]]),
        ([[0.0], [0.0, -0.5, -0.6], [0.0, -0.3]], 3, [[0, 0, 0], [0, 0, 1], [0, 1, 0]]),
        ([[-1.0, 0.0]], 2, [[0], [1]]),
    ],
)
def test_best_combinations(scores: list[list[float]], count: int, expected: list[list[int]]) -> None:
    assert best_combinations(scores, count) == expected


def test_best_combinations_of_a_book_take_no_time_to_speak_of() -> None:
    assert len(best_combinations([[0.0, -1.0, -2.0]] * 20_000, 11)) == 11


class TestLongTexts:
    TEXT = "One two. Three four!\n\nFive <b>six seven</b>.\n" * 40

    @pytest.fixture
    def narrow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("libretranslate_py.translator._SLICE", 50)
        monkeypatch.setattr("libretranslate_py.drafts._WINDOW", 120)

    @pytest.mark.parametrize("format", ["text", "html"])
    def test_slices_change_nothing(self, make: Callable[..., Translator], narrow: None, format: str) -> None:
        translator = make("en-es")
        request = TranslationRequest((self.TEXT, "one", self.TEXT), "en", "es", format=format)
        sliced = translator.translate(request)
        with pytest.MonkeyPatch.context() as wide:
            wide.setattr("libretranslate_py.translator._SLICE", 10**6)
            assert translator.translate(request) == sliced

    def test_versions_of_slices_are_versions_of_the_text(self, make: Callable[..., Translator], narrow: None) -> None:
        (found,) = make("en-es").translate(TranslationRequest((self.TEXT,), "en", "es", 2))
        assert {len(version.split("\n")) for version in (found.text, *found.alternatives)} == {81 + 40}
        assert found.text not in found.alternatives

    def test_a_client_that_leaves_ends_the_work(self, make: Callable[..., Translator], narrow: None) -> None:
        asked = []

        def gone() -> bool:
            asked.append(None)
            return len(asked) > 3

        with pytest.raises(ClientGone):
            make("en-es").translate(TranslationRequest((self.TEXT * 10_000,), "en", "es", client_gone=gone))
        assert len(asked) < 20


class TestLargePages:
    PAGE = "<p>one</p>" * 10

    @pytest.fixture
    def waiting(self, make: Callable[..., Translator], monkeypatch: pytest.MonkeyPatch) -> Translator:
        """A translator whose places for large pages are all taken."""
        monkeypatch.setattr("libretranslate_py.translator._LARGE_PAGE", 50)
        monkeypatch.setattr("libretranslate_py.translator._LARGE_PAGES", 1)
        translator = make("en-es")
        taken, done = threading.Event(), threading.Event()

        def hold() -> None:
            with translator._large_pages.hold(lambda: False):
                taken.set()
                done.wait(10)

        thread = threading.Thread(target=hold)
        thread.start()
        assert taken.wait(10)
        yield translator
        done.set()
        thread.join(10)

    def test_a_page_waits_until_its_client_leaves_or_the_server_stops(self, waiting: Translator) -> None:
        request = TranslationRequest((self.PAGE,), "en", "es", format="html", client_gone=lambda: True)
        with pytest.raises(ClientGone):
            waiting.translate(request)
        waiting.close()
        with pytest.raises(Stopping):
            waiting.translate(TranslationRequest((self.PAGE,), "en", "es", format="html"))

    def test_nothing_else_waits(self, waiting: Translator) -> None:
        waiting.translate(TranslationRequest((self.PAGE * 10,), "en", "es"))
        waiting.translate(TranslationRequest(("<p>one</p>",), "en", "es", format="html"))
