"""Case and punctuation as a user of a translation server expects them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libretranslate_py.text.formatting import is_copy, joint, looks_repeated, prepare

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("language", "sentence", "text"),
    [
        ("en", "PRESS THE RED BUTTON!", "Press the red button!"),
        ("en", "YOU AND I KNOW", "You and I know"),
        ("en", "SETTINGS", "Settings"),
        ("en", "“GO HOME”", '"Go home"'),
        ("en", "3 PEOPLE LEFT", "3 people left"),
        ("en", "NASA", "NASA"),
        ("en", "HTTP", "HTTP"),
        ("en", "STOP!", "STOP!"),
        ("en", "U.S.", "U.S."),
        ("en", "Press STOP now", "Press STOP now"),
        ("en", "12:30", "12:30"),
        ("es", "¿DÓNDE ESTÁ EL NIÑO?", "¿Dónde está el niño?"),
        ("pl", "TY I JA", "Ty i ja"),
        ("tr", "IŞIK VE İNSAN", "Işık ve insan"),
        ("en", "İSTANBUL IS BIG", "Istanbul is big"),
        ("el", "Ο ΔΡΟΜΟΣ ΕΙΝΑΙ ΜΑΚΡΥΣ", "Ο δρομος ειναι μακρυς"),
        ("ru", "НАЖМИТЕ КНОПКУ", "Нажмите кнопку"),
        ("zh", "请按红色按钮", "请按红色按钮"),
    ],
)
def test_capitals_go_into_the_model_in_ordinary_case(language: str, sentence: str, text: str) -> None:
    assert prepare(sentence, language).text == text


@pytest.mark.parametrize(
    ("language", "source", "hypothesis", "target", "result"),
    [
        # capitals
        ("en", "PRESS THE RED BUTTON!", "¡Presione el botón rojo!", "es", "¡PRESIONE EL BOTÓN ROJO!"),
        ("en", "PRESS THE BUTTON", "Drücken Sie die große Taste.", "de", "DRÜCKEN SIE DIE GROSSE TASTE"),
        ("en", "THE LIGHT IS ON", "ışık iyi", "tr", "IŞIK İYİ"),
        ("en", "GOOD MORNING", "Bonjour à tous", "fr", "BONJOUR À TOUS"),
        ("en", "GOOD MORNING", "早上好", "zh", "早上好"),
        ("en", "GOOD MORNING", "დილა მშვიდობისა", "ka", "დილა მშვიდობისა"),
        ("en", "NASA", "la NASA", "es", "la NASA"),
        # the first letter
        ("en", "The house", "la casa", "es", "La casa"),
        ("en", "What is it?", "¿qué es?", "es", "¿Qué es?"),
        ("en", "“Yes”", "“sí”", "es", "“Sí”"),
        ("en", "It is good", "iyi", "tr", "İyi"),
        ("en", "The phone", "iPhone de Ana", "es", "iPhone de Ana"),
        ("en", "Open the file", "example.com abre", "es", "example.com abre"),
        ("en", "the house", "La casa", "es", "la casa"),
        ("en", "well-known facts", "Hechos conocidos", "es", "hechos conocidos"),
        ("en", "a house", "Une maison", "fr", "une maison"),
        ("en", "the water", "L'eau", "fr", "l'eau"),
        ("en", "the house is big", "Das Haus ist groß", "de", "Das Haus ist groß"),
        ("en", "house", "Haus", "de", "Haus"),
        ("en", "light", "Işık", "tr", "ışık"),
        ("en", "good", "İyi", "tr", "iyi"),
        ("en", "hello", "Γεια", "el", "γεια"),
        ("en", "speed in KBps", "KBps de velocidad", "es", "KBps de velocidad"),
        ("en", "agency of space", "NASA", "es", "NASA"),
        ("en", "iPhone users", "Usuarios de iPhone", "es", "Usuarios de iPhone"),
        ("en", "eBay", "eBay", "es", "eBay"),
        ("en", "the house in Paris", "La casa en París", "es", "la casa en París"),
        ("es", "en España llueve", "Spain is rainy", "en", "Spain is rainy"),
        ("es", "el lunes", "Monday", "en", "Monday"),
        ("es", "los españoles", "Spaniards", "en", "Spaniards"),
        ("fr", "français", "French", "en", "French"),
        ("fr", "les italiens", "Italians", "en", "Italians"),
        ("es", "yo creo", "I believe", "en", "I believe"),
        ("es", "estoy aquí", "I'm here", "en", "I'm here"),
        ("es", "isla bonita", "Island of beauty", "en", "island of beauty"),
        ("es", "guardar cambios", "Save changes", "en", "save changes"),
        ("de", "das Haus ist groß", "The house is big", "en", "the house is big"),
        ("en", "USB cable", "cable USB", "es", "cable USB"),
        ("en", "Privacy Policy", "Política de privacidad", "es", "Política de privacidad"),
        ("en", "Privacy policy", "Política de Privacidad", "es", "Política de Privacidad"),
        ("en", "3 houses", "Tres casas", "es", "Tres casas"),
        ("en", "hello", "你好", "zh", "你好"),
        # a mark that the source lacks
        ("en", "Save changes", "Guardar cambios.", "es", "Guardar cambios"),
        ("en", "Save changes", "保存更改。", "zh", "保存更改"),
        ("en", "Save changes", "変更を保存。", "ja", "変更を保存"),
        ("en", "Name", "Nombre:", "es", "Nombre"),
        ("en", "Name", "Nom :", "fr", "Nom"),
        ("en", "And so on", "Etc.", "es", "Etc."),
        ("en", "At 5 in the evening", "A las 5 p.m.", "es", "A las 5 p.m."),
        ("en", "Who are you", "¿Quién eres?", "es", "¿Quién eres?"),
        ("en", "Hello there", "¡Hola!", "es", "¡Hola!"),
        ("en", "Save (all)", "Guardar (todo).", "es", "Guardar (todo)"),
        # a mark that the result lacks
        ("en", "He came.", "Vino", "es", "Vino."),
        ("en", "Who?", "Quién", "es", "¿Quién?"),
        ("en", "Hello, who are you?", "Hola, ¿quién eres", "es", "Hola, ¿quién eres?"),
        ("en", "Run!", "Corre", "es", "¡Corre!"),
        ("en", "Name:", "Nombre", "es", "Nombre:"),
        ("en", "Name:", "Nom", "fr", "Nom\u00a0:"),
        ("en", "Who?!", "Qui", "fr", "Qui\u00a0?!"),
        ("en", "Yes, but,", "Sí, pero", "es", "Sí, pero,"),
        ("en", "He came.", "他来了", "zh", "他来了。"),
        ("en", "Who?", "谁", "zh", "谁？"),
        ("en", "First,", "まず", "ja", "まず、"),
        ("en", "Who?", "من", "ar", "من؟"),
        ("en", "First,", "أولا", "ar", "أولا،"),
        ("en", "He came.", "جاء", "ar", "جاء."),
        ("en", "Who?", "Ποιος", "el", "Ποιος;"),
        ("en", "First;", "Πρώτα", "el", "Πρώτα·"),
        ("en", "He came.", "वह आया", "hi", "वह आया।"),
        ("en", "He came.", "เขามา", "th", "เขามา"),
        ("el", "Ποιος;", "Who", "en", "Who?"),
        ("zh", "谁？", "Who", "en", "Who?"),
        ("en", "He said “no”.", "Dijo “no”", "es", "Dijo “no”."),
        # another mark than the source's
        ("en", "Wait...", "Espera.", "es", "Espera..."),
        ("en", "Wait…", "Espera.", "es", "Espera…"),
        ("en", "Wait…", "Espera...", "es", "Espera…"),
        ("en", "Wait...", "Espera…", "es", "Espera..."),
        ("en", "Wait.", "Attends !", "fr", "Attends !"),
        ("fr", "Attends !", "Wait.", "en", "Wait."),
        ("es", "¡Espera!", "Wait.", "en", "Wait!"),
        ("en", "Wait:", "Attends !", "fr", "Attends\u00a0:"),
        ("en", "At 3 p.m.?", "¿A las tres?", "es", "¿A las tres?"),
        ("en", "I know.", "Lo sé...", "es", "Lo sé."),
        ("en", "Who?", "Quién.", "es", "¿Quién?"),
        ("en", "You are coming.", "¿Vienes?", "es", "Vienes."),
        ("en", "Come!", "Komm.", "de", "Komm!"),
        ("en", "Come;", "Ελα;", "el", "Ελα·"),
        # a mark that is there already
        ("en", "Who?", "谁?", "zh", "谁?"),
        ("en", "Who?", "Qui ?", "fr", "Qui ?"),
        ("en", "Who?!", "¿Quién?", "es", "¿Quién?"),
        ("en", "Run!!!", "¡Corre!", "es", "¡Corre!"),
        ("en", "Who?", "Ποιος;", "el", "Ποιος;"),
        # inside quotes nothing is touched
        ("en", "He said “stop.”", "Dijo “para”.", "es", "Dijo “para”."),
        ("en", "He said “stop”.", "Dijo “para.”", "es", "Dijo “para.”"),
        ("en", "“Stop”", "“Para.”", "es", "“Para.”"),
        # what models print
        ("en", "Hello", "  Hola ", "es", "Hola"),
        ("en", "I like it.", "Me ⁇  gusta ⁇ .", "es", "Me gusta."),
        ("en", "Is it?", "Est ⁇  il ?", "fr", "Est il ?"),
        ("en", "Really ⁇", "De verdad ⁇", "es", "De verdad ⁇"),
        ("en", "Hello", "", "es", ""),
        ("en", "HELLO WORLD", " \n", "es", ""),
        ("en", "Hello.", " ⁇ ", "es", ""),
    ],
)
def test_restore(language: str, source: str, hypothesis: str, target: str, result: str) -> None:
    assert prepare(source, language).restore(hypothesis, target) == result


@settings(deadline=None, max_examples=300)
@given(ANY_TEXT, ANY_TEXT, st.sampled_from(["en", "es", "de", "tr", "el", "zh", "th", "hy", "fr", "xx", ""]))
def test_restore_takes_anything_and_keeps_the_words(source: str, hypothesis: str, target: str) -> None:
    prepared = prepare(source, "en")
    result = prepared.restore(hypothesis, target)
    # The capital of one letter may be two: ß.
    letters = "".join(c.casefold() for c in hypothesis if c.isalpha() and c not in "iIıİ")
    if not prepared.shouted:
        assert "".join(c.casefold() for c in result if c.isalpha() and c not in "iIıİ") == letters


@settings(deadline=None)
@given(
    st.sampled_from(["Is it?", "It is.", "Look:", "so it is", "Wait...", "IT IS SO!"]),
    st.text("abC ", min_size=1).filter(str.strip),
    st.sampled_from(["", ".", "?", "!", " ?", "...", "…", "。", ";", ":", ",", "?!"]),
    st.sampled_from(["en", "es", "fr", "zh", "el", "de"]),
)
def test_restoring_twice_changes_nothing_more(source: str, words: str, mark: str, target: str) -> None:
    prepared = prepare(source, "en")
    once = prepared.restore(words + mark, target)
    assert prepared.restore(once, target) == once


# --- hypotheses that are no translations ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hypothesis", "source"),
    [
        ("no no no no", "She left."),
        ("La casa de la casa de la casa de la casa de", "The house of my aunt."),
        ("Es el gato, el gato, el gato, el gato, el gato y nada.", "It is the cat and nothing."),
        ("a b c d e f g h " * 5, "The letters of the song that we were taught in our first year of school."),
        ("Brrrrrrrrrrrrrrr", "It is cold."),
        ("confonconfonconfonconfon", "configuration"),
        ("我我我我", "I like it."),
        ("很好" * 6, "It is very good."),
        ("word and other things " + "x " * 8, "He said that the words and the other things were x."),
        (" ".join(f"word{i}" for i in range(40)), "Hello."),
    ],
)
def test_endless_repetition(hypothesis: str, source: str) -> None:
    assert looks_repeated(hypothesis, source)


@pytest.mark.parametrize(
    ("hypothesis", "source"),
    [
        ("", ""),
        ("Hola", "Hello"),
        ("No, no, no, no.", "No, no, no, no."),
        ("jajajajajaja", "hahahahaha"),
        ("muy, muy, muy bueno", "very, very good"),
        ("10000000", "ten million"),
        (
            "Es muy muy muy muy bueno y los demás lo saben también",
            "It is so very good and all of the others know it, too",
        ),
        ("I do not understand what you mean by that.", "我不明白你的意思。"),
        ("Donaudampfschifffahrtsgesellschaft", "Danube steamship company"),
        ("-----------------", "A line"),
        ("Espera.................", "Wait"),
    ],
)
def test_no_repetition(hypothesis: str, source: str) -> None:
    assert not looks_repeated(hypothesis, source)


@pytest.mark.parametrize("unit", ["a", "ab", "a ", "no ", "你", "abcdefghi", "aab", "1"])
def test_long_hypotheses_are_judged_in_linear_time(unit: str) -> None:
    text = unit * 100_000 + "b"
    assert not looks_repeated(text, text)


@pytest.mark.parametrize(
    ("hypothesis", "source"),
    [
        ("The red house is big.", "The red house is big."),
        ("the red house is big", "The red house is big."),
        ("PRESS THE RED BUTTON", "PRESS THE RED BUTTON"),
        ("今天天气很好我们去公园玩吧", "今天天气很好，我们去公园玩吧。"),
        ("не знаю что делать", "Не знаю, что делать!"),
    ],
)
def test_copies(hypothesis: str, source: str) -> None:
    assert is_copy(hypothesis, source)


@pytest.mark.parametrize(
    ("hypothesis", "source"),
    [
        ("La casa roja es grande.", "The red house is big."),
        ("no problem", "no problem"),
        ("Johann Wolfgang von Goethe", "Johann Wolfgang von Goethe"),
        ("New York, Los Angeles, San Francisco, Boston", "New York, Los Angeles, San Francisco, Boston"),
        ("https://example.com/a/long/path a@b.example", "https://example.com/a/long/path a@b.example"),
        ("AB-12 CD-34 EF-56 x1 y2 z3", "AB-12 CD-34 EF-56 x1 y2 z3"),
        ("12 34 56 78", "12 34 56 78"),
        ("北京", "北京"),
        ("", ""),
        ("", "The red house is big."),
    ],
)
def test_no_copies(hypothesis: str, source: str) -> None:
    assert not is_copy(hypothesis, source)


@pytest.mark.parametrize(
    ("separator", "target", "between"),
    [("", "en", " "), ("", "zh", ""), ("", "ja", ""), (" ", "en", " "), ("\n", "zh", "\n"), ("  ", "fr", "  ")],
)
def test_sentences_without_a_space_between_them_get_one(separator: str, target: str, between: str) -> None:
    assert joint(separator, target) == between


@pytest.mark.parametrize(
    ("source", "text", "hypothesis", "result"),
    [
        ("I’m here.", "I'm here.", "J'ai faim.", "J’ai faim."),
        ("“Hello.”", '"Hello."', '"Hola."', "“Hola.”"),
        ("It's “mine”.", 'It\'s "mine".', '"Mio".', "“Mio”."),
        ("—Hola —dijo.", "-Hola -dijo.", "-Hello -he said.", "—Hello —he said."),
        ("well-known — really", "well-known - really", "tan-tan - de verdad", "tan-tan — de verdad"),
        ("He – my friend – ran", "He - my friend - ran", "Él - mi amigo - corrió", "Él – mi amigo – corrió"),
        ("in 1990–2000", "in 1990-2000", "en 1990-2000", "en 1990–2000"),
        ("“Wait… here”", '"Wait... here"', '"Espera... aquí"', "“Espera… aquí”"),
        ("soft\u00adly", "softly", "suave", "suave"),
        ("it's", "it's", "c'est", "c'est"),
        ("a\0b", "a b", "x\ny", "x y"),
    ],
)
def test_models_get_typewritten_marks_and_people_their_own(
    source: str, text: str, hypothesis: str, result: str
) -> None:
    prepared = prepare(source, "en")
    assert prepared.text == text
    assert prepared.restore(hypothesis, "es") == result
