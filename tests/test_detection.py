from __future__ import annotations

import threading
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import libretranslate_py.detection as detection
from libretranslate_py.detection import Detector, Guess
from libretranslate_py.detection_letters import fold, lower, script_of
from libretranslate_py.detection_words import Lexicon, split_words

ALL = [
    *("ar", "az", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "eo", "es", "et", "eu", "fa", "fi", "fr", "ga", "gl"),
    *("he", "hi", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "nb", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sq"),
    *("sv", "th", "tl", "tr", "uk", "ur", "vi", "zh"),
]
FEW = ["en", "es", "fr"]


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector()


@pytest.fixture(scope="module")
def sample() -> list[tuple[str, str]]:
    lines = (Path(__file__).parent / "data" / "detection-sample.tsv").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if not line.startswith("#")]
    return [(code, text) for code, text in pairs]


def best(detector: Detector, text: str, allowed: list[str]) -> str:
    return detector.detect([text], allowed)[0][0].language


def strip_accents(text: str) -> str:
    parts = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for c in parts if not unicodedata.combining(c)))


class TestAccuracy:
    @pytest.mark.parametrize(("change", "floor"), [(str, 0.97), (str.upper, 0.96), (strip_accents, 0.94)])
    def test_floor_over_all_languages(
        self, detector: Detector, sample: list[tuple[str, str]], change: Callable[[str], str], floor: float
    ) -> None:
        assert {code for code, _ in sample} == set(ALL)
        right = sum(best(detector, change(text), ALL) == code for code, text in sample)
        assert right / len(sample) >= floor

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("Save", "en"),
            ("Cancel", "en"),
            ("Good morning", "en"),
            ("hello handsome", "en"),
            ("Guardar", "es"),
            ("Buenos días", "es"),
            ("buenos dias", "es"),
            ("Fermer", "fr"),
            ("Enregistrer", "fr"),
            ("Ouvrir le fichier", "fr"),
            ("OUVRIR LE FICHIER", "fr"),
        ],
    )
    def test_interface_strings_with_few_languages(self, detector: Detector, text: str, code: str) -> None:
        guess = detector.detect([text], FEW)[0][0]
        assert guess.language == code
        assert guess.confidence > 60

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("Jeg ved ikke, hvad han hedder.", "da"),
            ("Jeg vet ikke hva han heter.", "nb"),
            ("Nevím, co to je.", "cs"),
            ("Neviem, čo to je.", "sk"),
            ("Saya tidak bisa datang karena harus bekerja.", "id"),
            ("Saya tidak boleh datang kerana perlu bekerja.", "ms"),
            ("Я не знаю, що це таке.", "uk"),
            ("Аз не знам какво е това.", "bg"),
            ("من نمی‌دانم", "fa"),
            ("مجھے نہیں معلوم", "ur"),
            ("BUGÜN HAVA ÇOK GÜZEL, DEĞİL Mİ?", "tr"),
            ("Посмiхнись зараз, поплачеш потiм!", "uk"),
        ],
    )
    def test_close_relatives(self, detector: Detector, text: str, code: str) -> None:
        assert best(detector, text, ALL) == code

    def test_kyrgyz(self, detector: Detector) -> None:
        assert best(detector, "Мен сени жакшы көрөм, үйгө кел.", [*ALL, "ky"]) == "ky"


class TestScript:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("한국어", "ko"),
            ("Ελλάδα", "el"),
            ("ไทย", "th"),
            ("עברית", "he"),
            ("বাংলা", "bn"),
            ("हिन्दी", "hi"),
            ("ありがとう", "ja"),
            ("Microsoft Windows を使う", "ja"),
            ("検索", "ja"),
            ("我们在这里", "zh"),
        ],
    )
    def test_decides(self, detector: Detector, text: str, code: str) -> None:
        assert best(detector, text, ALL) == code

    def test_a_foreign_name_does_not_outweigh_the_rest(self, detector: Detector) -> None:
        assert best(detector, "Пожалуйста, установите Microsoft Office Professional", ALL) == "ru"

    def test_one_language_of_the_script_needs_no_model(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(detection, "_load_model", lambda: pytest.fail("the model was loaded"))
        rankings = Detector().detect(["Привет", "Hallo", "여보세요"], ["ru", "de", "ko"])
        assert [ranking[0].language for ranking in rankings] == ["ru", "de", "ko"]

    def test_no_allowed_language_of_the_script(self, detector: Detector) -> None:
        assert detector.detect(["Привет, мир"], FEW) == [[Guess("en", 0.0)]]
        assert detector.detect(["Привет, мир"], ["fr", "es"]) == [[Guess("fr", 0.0)]]


class TestFallback:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            " \n",
            "12 345,67 €",
            "😀🎉",
            "\0",
            "\ud800",
            "https://example.com/page",
            "me@example.com",
            "{name} %s",
            "½",
        ],
    )
    def test_nothing_to_read(self, detector: Detector, text: str) -> None:
        assert detector.detect([text], ALL) == [[Guess("en", 0.0)]]
        assert detector.detect([text], ["fr", "de"]) == [[Guess("fr", 0.0)]]
        assert detector.detect([text], {"fr", "de"}) == [[Guess("de", 0.0)]]

    def test_nothing_allowed(self, detector: Detector) -> None:
        assert detector.detect(["Bonjour"], []) == [[Guess("en", 0.0)]]

    def test_no_texts(self, detector: Detector) -> None:
        assert detector.detect([], ALL) == []

    def test_one_allowed(self, detector: Detector) -> None:
        assert detector.detect(["Bonjour"], ["de"]) == [[Guess("de", 100.0)]]

    def test_languages_that_nobody_knows(self, detector: Detector) -> None:
        assert detector.detect(["Bonjour"], ["xx"]) == [[Guess("xx", 100.0)]]
        assert best(detector, "Bonjour tout le monde", ["xx", "fr", "yy"]) == "fr"

    @pytest.mark.parametrize(
        "text",
        [
            "Voir https://example.com/the-best-of-all-the-pages-in-the-world maintenant",
            "Bonjour, {the_name_of_the_user} !",
        ],
    )
    def test_addresses_and_placeholders_do_not_count(self, detector: Detector, text: str) -> None:
        assert best(detector, text, FEW) == "fr"


class TestTwins:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("Você está falando com o usuário?", "pb"),
            ("O ônibus e o trem chegaram.", "pb"),
            ("O autocarro e o comboio chegaram.", "pt"),
            ("Estou a fazer o almoço.", "pt"),
            ("A casa é bonita.", "pt"),
            ("他们在这里说话", "zh"),
            ("他們在這裡說話", "zt"),
            ("你好", "zh"),
        ],
    )
    def test_told_apart(self, detector: Detector, text: str, code: str) -> None:
        assert best(detector, text, [*ALL, "pb", "zt", "ky"]) == code

    @pytest.mark.parametrize(("text", "code"), [("O autocarro e o comboio chegaram.", "pb"), ("他们在这里说话", "zt")])
    def test_fall_back_to_the_one_allowed(self, detector: Detector, text: str, code: str) -> None:
        ranking = detector.detect([text], [*FEW, "ja", "pb", "zt"])[0]
        assert ranking[0].language == code
        assert {guess.language for guess in ranking} <= {*FEW, "ja", "pb", "zt"}

    def test_many_markers_do_not_overflow(self, detector: Detector) -> None:
        assert detector.detect(["们" * 900], ["zh", "zt"])[0][0] == Guess("zh", pytest.approx(100.0))


class TestBatch:
    LONG = "¿Dónde está la estación de tren? No la encuentro en este mapa."

    def test_short_text_leans_to_the_others(self, detector: Detector) -> None:
        alone = detector.detect(["Total"], ALL)[0]
        together = detector.detect(["Total", self.LONG], ALL)[0]
        assert confidence(together, "es") > 2 * confidence(alone, "es")

    def test_clear_text_stays_what_it_is(self, detector: Detector) -> None:
        texts = ["Good morning", *[self.LONG] * 50, "Der Bahnhof ist nicht weit von hier."]
        rankings = detector.detect(texts, ALL)
        assert [ranking[0].language for ranking in (rankings[0], rankings[1], rankings[-1])] == ["en", "es", "de"]

    def test_texts_that_say_nothing_change_nothing(self, detector: Detector) -> None:
        assert detector.detect(["Total", "12", "😀"], ALL)[0] == detector.detect(["Total"], ALL)[0]

    def test_no_letters_give_no_guess_from_the_batch(self, detector: Detector) -> None:
        assert detector.detect(["12", self.LONG], ALL)[0] == [Guess("en", 0.0)]

    def test_unreadable_script_takes_the_language_of_the_batch(self, detector: Detector) -> None:
        assert detector.detect(["Привет", self.LONG], FEW)[0] == [Guess("es", 0.0)]


def confidence(ranking: list[Guess], code: str) -> float:
    return next((guess.confidence for guess in ranking if guess.language == code), 0.0)


class TestConfidence:
    def test_clear_sentence_against_bare_name(self, detector: Detector) -> None:
        assert detector.detect(["This is a perfectly clear English sentence."], ALL)[0][0].confidence > 90
        assert detector.detect(["Tom"], ALL)[0][0].confidence < 50

    @settings(max_examples=150, deadline=None)
    @given(
        texts=st.lists(st.text(max_size=60), max_size=4), allowed=st.lists(st.sampled_from([*ALL, "zt", "pb", "xx"]))
    )
    def test_rankings_of_anything(self, detector: Detector, texts: list[str], allowed: list[str]) -> None:
        rankings = detector.detect(texts, allowed)
        assert len(rankings) == len(texts)
        for ranking in rankings:
            values = [guess.confidence for guess in ranking]
            assert values == sorted(values, reverse=True)
            assert 0 <= sum(values) <= 100.0001
            assert values[-1] >= 0
            codes = [guess.language for guess in ranking]
            assert len(set(codes)) == len(codes)
            assert set(codes) <= set(allowed or ["en"])


class TestLength:
    def test_text_behind_a_long_nothing_is_found(self, detector: Detector) -> None:
        assert best(detector, "\n" * 100_000 + "Guten Morgen, mein Freund", ALL) == "de"
        assert best(detector, "https://example.com/ " * 1_000 + "Guten Morgen, mein Freund", ALL) == "de"

    @pytest.mark.parametrize("pad", range(1_960, 2_010))
    def test_window_does_not_cut_an_address(self, pad: int) -> None:
        read = detection.read_sample("1 a@b.de " * 10 + "." * pad + " https://example.com/page " * 9 + "Guten Morgen")
        assert read is not None
        assert read.words == ["guten", "morgen"]

    def test_only_the_beginning_is_read(self) -> None:
        read = detection.read_sample("Guten Morgen. " * 100_000)
        assert read is not None
        assert sum(read.letters.values()) <= 1_000

    @pytest.mark.parametrize("text", ["a" * 1_000_000, "a." * 500_000, "<a" * 500_000, "{" * 1_000_000, "a@" * 500_000])
    def test_adversarial_texts_are_answered(self, detector: Detector, text: str) -> None:
        assert detector.detect([text], ALL)[0]


def test_threads_load_the_models_once(monkeypatch: pytest.MonkeyPatch) -> None:
    load, calls = detection._load_model, []

    def counted() -> detection.Model:
        calls.append(threading.current_thread())
        return load()

    monkeypatch.setattr(detection, "_load_model", counted)
    detector, found = Detector(), []
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        found.append(best(detector, "Bonjour tout le monde", FEW))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == ["fr"] * 8
    assert len(calls) == 1


def test_load_leaves_nothing_for_the_first_text(monkeypatch: pytest.MonkeyPatch) -> None:
    detector = Detector()
    detector.load()
    monkeypatch.setattr(detection, "_load_model", lambda: pytest.fail("loaded again"))
    assert best(detector, "Bonjour tout le monde", FEW) == "fr"


def test_a_failed_load_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    detector = Detector()
    with monkeypatch.context() as patch:
        patch.setattr(detection, "_load_model", missing)
        with pytest.raises(FileNotFoundError):
            detector.detect(["Bonjour tout le monde"], FEW)
    assert best(detector, "Bonjour tout le monde", FEW) == "fr"


def missing() -> detection.Model:
    raise FileNotFoundError("model.npz.xz")


class TestWords:
    def test_lexicon(self) -> None:
        lexicon = Lexicon(
            ["# comment", "", "es: mañana l'a", "pt: manha de", "es: de", "fr: l' d'", "pb!: você te_amo"]
        )
        assert lexicon.count(["mañana", "manana", "de"]) == {"es": 3, "pt": 1}
        assert lexicon.count(["l'eau", "d’or", "l'a"]) == {"fr": 2, "es": 1}
        assert lexicon.lead(["você", "te", "amo"], "pb", "pt") == 2

    def test_shipped_words_belong_to_known_languages_of_shared_scripts(self) -> None:
        lexicon = Lexicon.shipped()
        text = (Path(detection.__file__).parent / "data" / "detection-words.txt").read_text(encoding="utf-8")
        codes = {line.split(":")[0] for line in text.splitlines() if line and not line.startswith("#")}
        alone = {"bn", "el", "he", "hi", "ko", "th"}
        assert codes == {*ALL, "ky", "sr", "pt!", "pb!", "zh!", "zt!"} - alone
        assert all(script_of(code.rstrip("!").replace("pb", "pt").replace("zt", "zh")) for code in codes)
        for code in codes - {"sr"}:
            words = [word for line in text.splitlines() if line.startswith(code + ":") for word in line.split()[1:]]
            assert len(words) >= 40
            assert all(word == lower(word) for word in words)
            if not code.endswith("!"):
                assert lexicon.count(words)[code] >= len(words)

    def test_split(self) -> None:
        assert split_words("¿l'eau n’est-elle col·lega 'x' 中文字?") == [
            "¿", "l'eau", "n’est", "elle", "col·lega", "x", "中文字",
        ]  # fmt: skip

    def test_fold_and_lower(self) -> None:
        assert fold("łódź") == "lodz"
        assert fold("straße") == "strasse"
        assert lower("İYI") == "iyı"
        assert lower("KIM") == "kim"
