"""Codes of clients, codes of packages, names of languages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from babel import Locale
from babel.localedata import locale_identifiers
from hypothesis import given
from hypothesis import strategies as st

from libretranslate_py.errors import UnsupportedLanguage
from libretranslate_py.languages import Direction, display_name, match_locale, resolve, to_argos, to_public

ROOT = Path(__file__).resolve().parent.parent

# The languages of the public Argos index.
# fmt: off
ARGOS = [
    "ar", "az", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "eo", "es", "et", "eu", "fa", "fi", "fr",
    "ga", "gl", "he", "hi", "hu", "id", "it", "ja", "ko", "ky", "lt", "lv", "ms", "nb", "nl", "pb", "pl",
    "pt", "ro", "ru", "sk", "sl", "sq", "sv", "th", "tl", "tr", "uk", "ur", "vi", "zh", "zt",
]
# fmt: on


def test_direction_reads_as_an_arrow() -> None:
    direction = Direction("en", "es")
    assert str(direction) == f"{direction}" == "en->es"
    assert direction == ("en", "es")


@pytest.mark.parametrize("code", ARGOS)
def test_every_code_comes_back_in_each_of_its_forms(code: str) -> None:
    public = to_public(code)
    for form in (code, public, code.upper(), public.lower(), public.upper(), public.replace("-", "_")):
        assert resolve(form, ARGOS) == code
        assert to_argos(form) == code


def test_public_codes() -> None:
    changed = {code: to_public(code) for code in ARGOS if to_public(code) != code}
    assert changed == {"zh": "zh-Hans", "zt": "zh-Hant", "pb": "pt-BR"}


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("zh-CN", "zh"),
        ("zh-cn", "zh"),
        ("zh_Hans", "zh"),
        ("zh_HANS_CN", "zh"),
        ("zh-Hans-HK", "zh"),
        ("zh-SG", "zh"),
        ("zh-MY", "zh"),
        ("cmn", "zh"),
        ("cmn-Hant", "zt"),
        ("zh-TW", "zt"),
        ("zh_tw", "zt"),
        ("zh-HK", "zt"),
        ("zh-MO", "zt"),
        ("zh-Hant-TW", "zt"),
        ("zh-Hant-CN", "zt"),
        ("ZT", "zt"),
        ("pt-BR", "pb"),
        ("pt_BR", "pb"),
        ("PT-br", "pb"),
        ("pt-PT", "pt"),
        ("pt-AO", "pt"),
        ("iw", "he"),
        ("iw-IL", "he"),
        ("no", "nb"),
        ("no-NO", "nb"),
        ("nn", "nb"),
        ("nb-NO", "nb"),
        ("in", "id"),
        ("in-ID", "id"),
        ("fil", "tl"),
        ("fil-PH", "tl"),
        ("mo", "ro"),
        ("en-US", "en"),
        ("en_gb", "en"),
        ("es-419", "es"),
        ("fr-CA", "fr"),
        ("de-AT", "de"),
        ("de-CH-1996", "de"),
        ("az-Cyrl-AZ", "az"),
        ("en-US-u-co-phonebk", "en"),
        (" en ", "en"),
    ],
)
def test_what_clients_send(sent: str, code: str) -> None:
    assert resolve(sent, ARGOS) == code
    assert resolve(sent, frozenset(ARGOS)) == code


@pytest.mark.parametrize(
    ("sent", "available", "code"),
    [
        ("pt", ["pb", "en"], "pb"),
        ("pt-PT", ["pb"], "pb"),
        ("pt-BR", ["pt"], "pt"),
        ("pb", ["pt"], "pt"),
        ("pt", ["pb", "pt"], "pt"),
        ("zh", ["zt"], "zt"),
        ("zh-TW", ["zh"], "zh"),
        ("zt", ["zh"], "zh"),
        ("zh-Hans", ["zt", "zh"], "zh"),
        ("nb", ["no"], "no"),
        ("no", ["nn"], "nn"),
        ("no", ["nb", "no"], "no"),
        ("nn", ["no", "nb"], "nb"),
        ("he", ["iw"], "iw"),
        ("iw-IL", ["iw"], "iw"),
        ("id", ["in"], "in"),
        ("tl", ["fil"], "fil"),
        ("fil", ["fil", "tl"], "fil"),
        ("mo-MD", ["mo"], "mo"),
        ("tlh", ["tlh"], "tlh"),
        ("TLH-x", ["tlh"], "tlh"),
        ("sr-latn", ["sr", "sr_Latn"], "sr_Latn"),
        ("sr-Latn-RS", ["sr", "sr-Latn"], "sr-Latn"),
        ("sr-Cyrl", ["sr", "sr-Latn"], "sr"),
    ],
)
def test_what_is_installed_decides(sent: str, available: list[str], code: str) -> None:
    assert resolve(sent, available) == code


@pytest.mark.parametrize(
    "sent",
    [
        "xx",
        "auto",
        "english",
        "",
        " ",
        "e",
        "12",
        "en us",
        "en--US",
        "-en",
        "en-",
        "../en",
        "е",
        "<b>",
        "zz-ZZ",
        "x-en",
    ],
)
def test_unsupported_as_sent(sent: str) -> None:
    with pytest.raises(UnsupportedLanguage) as caught:
        resolve(sent, ARGOS)
    assert caught.value.code == sent


@pytest.mark.parametrize("sent", ["\0", "en\n", "\ud800", "a" * 1_000_000, "en-" * 500_000, "\0" * 100])
def test_absurd_codes_are_cut_and_printable(sent: str) -> None:
    with pytest.raises(UnsupportedLanguage) as from_resolve:
        resolve(sent, ARGOS)
    with pytest.raises(UnsupportedLanguage) as from_to_argos:
        to_argos(sent)
    assert from_resolve.value.code == from_to_argos.value.code
    assert len(from_resolve.value.code) <= 36
    assert from_resolve.value.code.isprintable()


@given(st.text(max_size=60), st.frozensets(st.sampled_from(ARGOS)))
def test_resolve_gives_an_available_code_or_raises(sent: str, available: frozenset[str]) -> None:
    try:
        assert resolve(sent, available) in available
    except UnsupportedLanguage as error:
        assert len(error.code) <= 36


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "locale", "name"),
    [
        ("es", "en", "Spanish"),
        ("zh", "en", "Simplified Chinese"),
        ("zt", "en", "Traditional Chinese"),
        ("pb", "en", "Brazilian Portuguese"),
        ("pt", "en", "Portuguese"),
        ("nb", "en", "Norwegian Bokmål"),
        ("tl", "en", "Tagalog"),
        ("de", "fr", "Allemand"),
        ("pb", "de", "Portugiesisch (Brasilien)"),
        ("zt", "de", "Chinesisch (traditionell)"),
        ("en", "az", "İngilis"),
        ("en", "ka", "ინგლისური"),
        ("tl", "ka", "ფილიპინური"),
        ("zh", "zh-Hant", "簡體中文"),
        ("pb", "zh_Hant", "葡萄牙文 (巴西)"),
        ("de", "sr_Latn", "Nemački"),
        ("pb", "pt-PT", "Português do Brasil"),
        ("es", "nb_NO", "Spansk"),
        ("es", "", "Spanish"),
        ("es", "qq", "Spanish"),
        ("es", "../../etc/passwd", "Spanish"),
    ],
)
def test_display_name(code: str, locale: str, name: str) -> None:
    assert display_name(code, locale) == name


def test_english_is_the_default_and_every_package_has_a_name() -> None:
    names = [display_name(code) for code in ARGOS]
    assert len(set(names)) == len(ARGOS)
    assert all(name[0].isupper() for name in names)


def test_a_language_that_cldr_does_not_know() -> None:
    assert display_name("qq", "de", "Klingonisch") == "Klingonisch"
    assert display_name("qq", "de") == "qq"


@pytest.mark.parametrize(
    "locale",
    [
        "en",
        "de",
        "en_GB",
        "en_AU",
        "es_419",
        "fr_CA",
        "pt_PT",
        "pt_AO",
        "zh_Hans_SG",
        "zh_Hant_HK",
        "sr_Latn_BA",
        "nb",
        "nn",
    ],
)
def test_names_inherit_as_in_babel(locale: str) -> None:
    languages = Locale.parse(locale).languages
    for code in ARGOS:
        expected = languages.get(to_public(code).replace("-", "_"))
        if expected:
            assert display_name(code, locale).lower() == expected.lower()


def test_every_locale_names_every_language() -> None:
    assert all(display_name(code, locale) for locale in locale_identifiers() for code in ("en", "zt", "pb"))


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        (None, "en"),
        ("", "en"),
        ("de", "de"),
        ("de-DE,de;q=0.9,en;q=0.8", "de_DE"),
        ("fr;q=0.5, de;q=0.8", "de"),
        ("fr, de", "fr"),
        ("xx, fr;q=0.1", "fr"),
        ("xx", "en"),
        ("*", "en"),
        ("xx, *;q=0.5, fr;q=0.1", "en"),
        ("fr;q=0, de;q=0.1", "de"),
        ("fr;q=0", "en"),
        ("DE_at", "de_AT"),
        ("zh-TW", "zh_Hant_TW"),
        ("zh-HK;q=1.0", "zh_Hant_HK"),
        ("zh-Hant-XX", "zh_Hant"),
        ("zh-CN", "zh"),
        ("zh-Hans-CN", "zh_Hans_CN"),
        ("pt-BR", "pt_BR"),
        ("es-419", "es_419"),
        ("es-XX", "es"),
        ("sr-Latn-RS", "sr_Latn_RS"),
        ("iw", "he"),
        ("in-ID", "id_ID"),
        ("tl", "fil"),
        ("no", "no"),
        ("fr;q=high, de;q=0.1", "de"),
        ("fr;q=2, de;q=0.1", "de"),
        ("fr;q=-1, de;q=nan, es", "es"),
        (";;;,,,;q=,de", "de"),
        ("../../etc/passwd", "en"),
        ("root", "en"),
        ("de\0", "en"),
        ("," * 100_000 + "de", "en"),
        ("a" * 1_000_000, "en"),
    ],
)
def test_match_locale(header: str | None, locale: str) -> None:
    assert match_locale(header) == locale


@given(st.one_of(st.text(), st.text(alphabet="de-fr,;q=0.159* _zhTW")))
def test_any_header_gives_a_locale_that_exists(header: str) -> None:
    assert match_locale(header) in locale_identifiers()


def test_importing_brings_neither_babel_nor_click() -> None:
    program = (
        "import sys, libretranslate_py.settings, libretranslate_py.languages;"
        "print([name for name in ('babel', 'click', 'flask') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"
