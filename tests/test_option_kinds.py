"""Kinds of options: which texts are accepted, what they become, and what is refused."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from libretranslate_py.errors import SettingsError
from libretranslate_py.languages import Direction
from libretranslate_py.options import EnvFile
from libretranslate_py.settings import OPTIONS, resolve

BY_NAME = {option.name: option for option in OPTIONS}


class TestRefusedValues:
    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("port", "65536"),
            ("port", "-1"),
            ("port", "5000.0"),
            ("port", "5_000"),
            ("port", "٥٠٠٠"),
            ("port", "0x50"),
            ("port", "tcp://10.0.0.1:5000"),
            ("char_limit", "-2"),
            ("char_limit", "none"),
            ("batch_limit", "1e3"),
            ("alternatives_limit", "-2"),
            ("threads", "0"),
            ("threads", "-1"),
            ("beam_size", "0"),
            ("beam_size", "33"),
            ("inter_threads", "-1"),
            ("intra_threads", "x"),
            ("queue_limit", "0"),
            ("trusted_hops", "0"),
            ("sentence_cache", "-1"),
            ("memory_limit", "2G"),
            ("idle_unload", "-1"),
            ("idle_unload", "nan"),
            ("stop_timeout", "inf"),
            ("stop_timeout", "1e3"),
            ("stop_timeout", "3601"),
            ("debug", "maybe"),
            ("debug", "2"),
            ("metrics", "tru"),
            ("host", "a b"),
            ("host", "http://localhost"),
            ("max_body", "lots"),
            ("max_body", "0"),
            ("max_body", "-5M"),
            ("max_body", "1.5M"),
            ("max_body", "64T"),
            ("device", "gpu"),
            ("compute_type", "int4"),
            ("log_format", "xml"),
            ("log_level", "loud"),
            ("index_url", "ftp://localhost/"),
            ("index_url", "https:// "),
            ("index_url", "http://"),
            ("packages_dir", "a\0b"),
            ("load_only", "en,english language"),
            ("load_only", "../../etc"),
            ("load_only", "e"),
            ("preload", "en"),
            ("preload", "en-"),
            ("preload", "en-es-fr-de"),
            ("preload", "en->"),
            ("trusted_proxies", "example.org"),
            ("trusted_proxies", "10.0.0.0/33"),
            ("trusted_proxies", "10.0.0"),
            ("trusted_proxies", "1"),
            ("metrics_auth_token", "a\0b"),
            ("metrics_auth_token", "\udcff"),
        ],
    )
    def test_refused(self, name: str, text: str) -> None:
        with pytest.raises(SettingsError) as caught:
            resolve({}, {BY_NAME[name].variables[0]: text})
        error = caught.value
        assert error.option == BY_NAME[name].variables[0]
        assert error.value == text
        assert error.accepted == BY_NAME[name].kind.accepted

    def test_a_regular_expression_is_told_what_is_wrong_with_it(self) -> None:
        with pytest.raises(SettingsError, match=r"a regular expression \(missing \) at position 2\)"):
            resolve({"require_api_key_origin": "(("}, {})


class TestAcceptedValues:
    @pytest.mark.parametrize(
        ("name", "text", "value"),
        [
            ("port", " 8080 ", 8080),
            ("port", "0", 0),
            ("port", "+1", 1),
            ("char_limit", "-1", -1),
            ("host", "::1", "::1"),
            ("host", "localhost", "localhost"),
            ("max_body", "1048576", 1024**2),
            ("max_body", "500k", 500 * 1024),
            ("max_body", "1G", 1024**3),
            ("max_body", "2MB", 2 * 1024**2),
            ("stop_timeout", "0.5", 0.5),
            ("idle_unload", "0", 0.0),
            ("device", "CUDA", "cuda"),
            ("compute_type", "int8_float32", "int8_float32"),
            ("compute_type", "auto", "auto"),
            ("log_level", "WARNING", "warning"),
            ("packages_dir", "/srv/packages", Path("/srv/packages")),
            ("index_url", " http://localhost:1/a/ ", "http://localhost:1/a/"),
            ("index_url", "file:///srv/index.json", "file:///srv/index.json"),
            ("index_url", "/srv/my packages/index.json", "/srv/my packages/index.json"),
            ("load_only", "en, es ,,en", ("en", "es")),
            ("load_only", "zh-Hans,zh-TW,pt-BR,pt,iw,no,EN-us,fil", ("zh", "zt", "pb", "pt", "he", "nb", "en", "tl")),
            ("load_only", "all", ()),
            ("load_only", "en,ALL", ()),
            ("load_only", ",", ()),
            ("preload", "en-es, es->en,en_fr", (Direction("en", "es"), Direction("es", "en"), Direction("en", "fr"))),
            ("preload", "en-zh-Hans,zh-TW-en", (Direction("en", "zh"), Direction("zt", "en"))),
            ("preload", "pt-BR-en,en->pt-BR", (Direction("pb", "en"), Direction("en", "pb"))),
            ("preload", "all", "all"),
            (
                "trusted_proxies",
                "127.0.0.1, 10.0.0.0/8,192.168.1.7/24,::1",
                tuple(map(ip_network, ("127.0.0.1", "10.0.0.0/8", "192.168.1.0/24", "::1"))),
            ),
            ("metrics_auth_token", " secret ", "secret"),
        ],
    )
    def test_value(self, name: str, text: str, value: object) -> None:
        assert getattr(resolve({name: text}, {}), name) == value

    @pytest.mark.parametrize("text", ["true", "TRUE", "1", "yes", "On", " true "])
    def test_true(self, text: str) -> None:
        assert resolve({}, {"LT_DEBUG": text}).debug is True

    @pytest.mark.parametrize("text", ["false", "False", "0", "NO", "off"])
    def test_false(self, text: str) -> None:
        assert resolve({}, {"LT_DEBUG": text}, EnvFile(".env", {"LT_DEBUG": "true"})).debug is False

    def test_home_is_expanded(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        assert resolve({}, {"ARGOS_PACKAGES_DIR": "~/packages"}).packages_dir == tmp_path / "packages"

    def test_features_that_have_nothing_to_switch_off_yet_are_accepted(self) -> None:
        names = ("ssl", "hide_api", "disable_web_ui", "disable_files_translation", "metrics", "update_models")
        settings = resolve(dict.fromkeys(names, "true"), {})
        assert all(getattr(settings, name) is True for name in names)
