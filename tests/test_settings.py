"""Options: where their values come from, what is refused and with which words."""

from __future__ import annotations

import os
from dataclasses import FrozenInstanceError

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libretranslate_py.errors import SettingsError
from libretranslate_py.options import EnvFile, Option, parse_env_file
from libretranslate_py.settings import OPTIONS, Settings, idle_options, resolve, unknown_variables

BY_NAME = {option.name: option for option in OPTIONS}

# The options of LibreTranslate 1.9.6 with their defaults as one would write them; alternatives-limit is ours.
ORIGINAL = """
host 127.0.0.1
port 5000
char-limit -1
req-limit -1
req-limit-storage memory://
hourly-req-limit -1
hourly-req-limit-decay 0
daily-req-limit -1
req-flood-threshold -1
req-time-cost -1
batch-limit -1
debug false
ssl false
frontend-language-source auto
frontend-language-target locale
frontend-language
frontend-title
frontend-timeout 500
api-keys false
api-keys-db-path db/api_keys.db
api-keys-remote
get-api-key-link
require-api-key-origin
require-api-key-secret false
require-api-key-fingerprint false
hide-api false
under-attack false
shared-storage memory://
secondary false
load-only all
alternatives-limit 10
threads 4
trust-forwarded-for false
suggestions false
disable-files-translation false
disable-web-ui false
update-models false
force-update-models false
metrics false
metrics-auth-token
translation-cache
url-prefix
"""

OURS = """
max-body 64M
require-api-key false
files-dir
files-expiry 30
suggestions-db-path db/suggestions.db
trusted-proxies
trusted-hops 1
packages-dir
glossaries-dir
index-url https://raw.githubusercontent.com/argosopentech/argospm-index/main/index.json
no-starter false
sentence-cache 64
memory-limit 0
idle-unload 0
preload
device cpu
compute-type default
beam-size 4
inter-threads 0
intra-threads 0
queue-limit 128
stop-timeout 5
log-format text
log-level info
"""

ONLY_IN_THE_ENVIRONMENT = {"hourly_req_limit_multiplier": "60", "daily_req_limit_multiplier": "1440"}


def table(text: str) -> dict[str, str]:
    rows = (line.partition(" ") for line in text.strip().splitlines())
    return {name: default for name, _, default in rows}


def refusal(name: str, text: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        resolve({}, {BY_NAME[name].variables[0]: text})
    return caught.value


class TestDeclarations:
    def test_every_option_of_the_original_and_ours_with_its_default(self) -> None:
        declared = {option.flag.removeprefix("--"): option.default_text for option in OPTIONS if option.flag}
        assert declared == {**table(ORIGINAL), **table(OURS)}

    def test_options_without_a_flag(self) -> None:
        assert {option.name: option.default_text for option in OPTIONS if not option.flag} == ONLY_IN_THE_ENVIRONMENT

    @pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
    def test_names_come_from_one_declaration(self, option: Option) -> None:
        assert option.variables[0] == f"LT_{option.name.upper()}"
        assert option.flag in ("", f"--{option.name.replace('_', '-')}")
        assert option.help.endswith((".", ")"))
        assert option.help[0].isupper() or option.help[0].isdigit()
        assert getattr(Settings(), option.name) == option.default

    @pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
    def test_the_default_as_shown_is_accepted_and_means_the_default(self, option: Option) -> None:
        if option.default_text:
            assert option.parse(option.default_text, "x") == option.default

    def test_no_variable_belongs_to_two_options(self) -> None:
        variables = [variable for option in OPTIONS for variable in option.variables]
        assert len(set(variables)) == len(variables)

    def test_variables_of_argos_translate(self) -> None:
        argos = {option.variables[1]: option.name for option in OPTIONS if len(option.variables) > 1}
        assert argos == {
            "ARGOS_PACKAGES_DIR": "packages_dir",
            "ARGOS_PACKAGE_INDEX": "index_url",
            "ARGOS_DEVICE_TYPE": "device",
            "ARGOS_COMPUTE_TYPE": "compute_type",
            "ARGOS_INTER_THREADS": "inter_threads",
            "ARGOS_INTRA_THREADS": "intra_threads",
            "ARGOS_BEAM_SIZE": "beam_size",
        }

    def test_safer_defaults_are_marked(self) -> None:
        ours = table(OURS)
        for option in OPTIONS:
            if option.flag.removeprefix("--") in ours or option.name in ("alternatives_limit", "threads"):
                assert option.differs

    def test_options_of_one_group_stand_together(self) -> None:
        groups = [option.group for option in OPTIONS]
        starts = [group for index, group in enumerate(groups) if index == 0 or groups[index - 1] != group]
        assert len(starts) == len(set(starts))

    def test_settings_cannot_be_changed(self) -> None:
        with pytest.raises(FrozenInstanceError):
            Settings().port = 1  # type: ignore[misc]

    def test_a_click_command_can_be_built_from_the_options(self) -> None:
        seen: list[Settings] = []

        def callback(**texts: str | None) -> None:
            seen.append(resolve(texts, {}))

        parameters: list[click.Parameter] = []
        for option in OPTIONS:
            if option.is_switch:
                parameters.append(click.Option([option.flag], is_flag=True, flag_value="true", default=None))
            elif option.flag:
                parameters.append(click.Option([option.flag], metavar=option.kind.metavar, default=None))
        command = click.Command("serve", params=parameters, callback=callback)
        command.main([], standalone_mode=False)
        command.main(["--debug", "--char-limit", "-1", "--load-only=en,es"], standalone_mode=False)
        assert seen == [Settings(), Settings(debug=True, load_only=("en", "es"))]


class TestPrecedence:
    FILE = EnvFile(".env", {"LT_PORT": "3", "ARGOS_BEAM_SIZE": "3"}, {"LT_PORT": 1, "ARGOS_BEAM_SIZE": 2})

    def test_command_line_then_environment_then_file_then_default(self) -> None:
        assert resolve({"port": "1"}, {"LT_PORT": "2"}, self.FILE).port == 1
        assert resolve({"port": None}, {"LT_PORT": "2"}, self.FILE).port == 2
        assert resolve({}, {}, self.FILE).port == 3
        assert resolve({}, {}).port == 5000

    def test_lt_wins_over_argos_in_one_place_and_the_place_over_the_name(self) -> None:
        assert resolve({}, {"LT_BEAM_SIZE": "1", "ARGOS_BEAM_SIZE": "2"}, self.FILE).beam_size == 1
        assert resolve({}, {"ARGOS_BEAM_SIZE": "2"}, EnvFile(".env", {"LT_BEAM_SIZE": "5"})).beam_size == 2
        assert resolve({}, {}, self.FILE).beam_size == 3

    @pytest.mark.parametrize("empty", ["", "  "])
    @pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
    def test_an_empty_variable_is_not_set(self, option: Option, empty: str) -> None:
        assert resolve({}, dict.fromkeys(option.variables, empty)) == Settings()

    def test_an_empty_variable_leaves_the_word_to_the_file(self) -> None:
        assert resolve({}, {"LT_PORT": ""}, self.FILE).port == 3

    def test_a_wrong_value_that_is_overridden_does_no_harm(self) -> None:
        assert resolve({"port": "1"}, {"LT_PORT": "abc"}).port == 1

    def test_the_process_environment_is_not_looked_at(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LT_PORT", "1234")
        assert resolve({}, {}).port == 5000
        assert resolve({}, os.environ).port == 1234


class TestWrongValues:
    def test_the_error_names_option_value_and_what_is_accepted(self) -> None:
        error = refusal("port", "abc")
        assert (error.option, error.value) == ("LT_PORT", "abc")
        assert error.accepted == "a whole number from 0 to 65535 (0 = any free port)"
        assert "\n" not in str(error)

    def test_the_option_is_named_as_it_was_written(self) -> None:
        with pytest.raises(SettingsError) as caught:
            resolve({"port": "abc"}, {})
        assert caught.value.option == "--port"
        with pytest.raises(SettingsError) as caught:
            resolve({}, {}, parse_env_file("\nLT_PORT=abc", "my.env"))
        assert caught.value.option == "my.env line 2: LT_PORT"
        with pytest.raises(SettingsError) as caught:
            resolve({}, {"ARGOS_BEAM_SIZE": "many"})
        assert caught.value.option == "ARGOS_BEAM_SIZE"

    def test_an_endless_value_is_cut(self) -> None:
        assert len(str(refusal("port", "9" * 1_000_000))) < 250

    def test_a_value_with_line_ends_gives_one_line(self) -> None:
        assert "\n" not in str(refusal("frontend_title", "a\nb"))

    @pytest.mark.parametrize("name", ["port", "debug", "device", "max_body", "host", "packages_dir", "index_url"])
    def test_an_empty_text_on_the_command_line_is_a_value(self, name: str) -> None:
        with pytest.raises(SettingsError):
            resolve({name: ""}, {})

    @given(st.sampled_from(OPTIONS), st.text(max_size=40))
    def test_any_text_is_a_value_or_a_settings_error(self, option: Option, text: str) -> None:
        try:
            resolve({option.name: text}, {})
        except SettingsError as error:
            assert error.value == text


class TestIdleOptions:
    def test_what_has_no_effect_is_named(self) -> None:
        found = idle_options(Settings(metrics_auth_token="x", req_flood_threshold=3, hourly_req_limit_decay=2))
        assert [sentence.split()[0] for sentence in found] == [
            "--metrics-auth-token",
            "--hourly-req-limit-decay",
            "--req-flood-threshold",
        ]

    def test_what_has_one_is_not(self) -> None:
        assert idle_options(Settings()) == ()
        assert idle_options(Settings(metrics_auth_token="x", metrics=True, req_flood_threshold=3, req_limit=5)) == ()


class TestUnknownVariables:
    def test_the_nearest_name_is_given(self) -> None:
        found = unknown_variables(
            ["LT_PROT", "LT_PORT", "PATH", "LT_CHARLIMIT", "LT_QQQQ", "ARGOS_X", "ARGOS_BEAM_SIZE"]
        )
        assert [(unknown.name, unknown.nearest) for unknown in found] == [
            ("LT_CHARLIMIT", "LT_CHAR_LIMIT"),
            ("LT_PROT", "LT_PORT"),
            ("LT_QQQQ", ""),
        ]

    def test_they_stop_nothing(self) -> None:
        assert resolve({}, {"LT_NONSENSE": "x"}) == Settings()
