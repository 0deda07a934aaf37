"""The .env file: which lines are read, and which are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libretranslate_py.errors import SettingsError
from libretranslate_py.options import parse_env_file, read_env_file
from libretranslate_py.settings import Settings, load


class TestEnvFile:
    @pytest.mark.parametrize(
        ("line", "value"),
        [
            ("LT_FRONTEND_TITLE=plain words", "plain words"),
            ("  export LT_FRONTEND_TITLE = spaced  ", "spaced"),
            ("LT_FRONTEND_TITLE='single # $HOME \"'", 'single # $HOME "'),
            ("LT_FRONTEND_TITLE=\"double 'quoted' \"", "double 'quoted' "),
            ("LT_FRONTEND_TITLE=words # comment", "words"),
            ('LT_FRONTEND_TITLE="words" # comment', "words"),
            ("LT_FRONTEND_TITLE=a#b", "a#b"),
            ("LT_FRONTEND_TITLE=$HOME/${X}\\n", "$HOME/${X}\\n"),
            ("LT_FRONTEND_TITLE=a=b", "a=b"),
            ("LT_FRONTEND_TITLE=", ""),
            ("LT_FRONTEND_TITLE= # nothing", ""),
            ("LT_FRONTEND_TITLE=''", ""),
            ("LT_FRONTEND_TITLE=it's", "it's"),
            ("LT_FRONTEND_TITLE=first\nLT_FRONTEND_TITLE=last", "last"),
            ("LT_FRONTEND_TITLE=windows\r", "windows"),
        ],
    )
    def test_line(self, line: str, value: str) -> None:
        assert parse_env_file(f"# a comment\n\n{line}\n").values == {"LT_FRONTEND_TITLE": value}

    def test_only_our_variables_are_read(self) -> None:
        text = "PATH=/bin\nLT_PORT=1\nexport ARGOS_BEAM_SIZE=2\nlt_host=x\nMY_LT_PORT=3\n"
        assert dict(parse_env_file(text).values) == {"LT_PORT": "1", "ARGOS_BEAM_SIZE": "2"}

    @pytest.mark.parametrize(
        "line",
        ["LT_PORT", "LT PORT=1", "=1", '"LT_PORT"=1', 'LT_PORT="1', "LT_PORT='1", 'LT_PORT="1" 2', "1A=2", "- x"],
    )
    def test_a_malformed_line_is_named(self, line: str) -> None:
        with pytest.raises(SettingsError) as caught:
            parse_env_file(f"LT_HOST=x\n{line}\n", "here.env")
        assert caught.value.option == "here.env line 2"

    def test_a_malformed_line_does_not_give_a_secret_away(self) -> None:
        with pytest.raises(SettingsError) as caught:
            parse_env_file('LT_METRICS_AUTH_TOKEN="hunter2')
        assert "LT_METRICS_AUTH_TOKEN" in str(caught.value)
        assert "hunter2" not in str(caught.value)

    def test_a_file_is_read(self, tmp_path: Path) -> None:
        path = tmp_path / ".env"
        path.write_bytes("\ufeffLT_FRONTEND_TITLE='ü'\r\nLT_PORT=7\r\n".encode())
        assert dict(read_env_file(path).values) == {"LT_FRONTEND_TITLE": "ü", "LT_PORT": "7"}
        path.write_text("LT_PORT=7\n")
        assert load({}, {}, path).port == 7
        assert load({}, {}, None).port == 5000

    def test_a_missing_file_is_empty(self, tmp_path: Path) -> None:
        assert load({}, {}, tmp_path / ".env") == Settings()

    def test_a_file_that_cannot_be_read_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match="readable"):
            read_env_file(tmp_path)
        binary = tmp_path / "binary"
        binary.write_bytes(b"LT_PORT=\xff")
        with pytest.raises(SettingsError, match="UTF-8"):
            read_env_file(binary)

    @given(st.text(max_size=80))
    def test_any_text_is_read_or_refused(self, text: str) -> None:
        try:
            env_file = parse_env_file(text)
        except SettingsError as error:
            assert error.option.startswith(".env line ")
        else:
            assert set(env_file.values) == set(env_file.lines)
