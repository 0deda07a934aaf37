"""Which URIs name a storage, and that no password gets out."""

from __future__ import annotations

import sys

import pytest

from libretranslate_py.access.limits import Limits
from libretranslate_py.errors import SettingsError
from libretranslate_py.storage import open_storage, without_secrets

_PASSWORD = "sesame"


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "memory",
        "redis",
        "redis:",
        "memcached://localhost",
        f"http://:{_PASSWORD}@localhost",
        f"redis://:{_PASSWORD}@localhost:port",
        f"redis://:{_PASSWORD}@[::1",
        f"redis://:{_PASSWORD}@localhost?socket_timeout=soon",
        f"redis://:{_PASSWORD}@localhost?nonsense=1",
        f"redis://localhost?password={_PASSWORD}&nonsense=a@b",
    ],
)
def test_other_uris_are_refused_without_telling_a_password(uri: str) -> None:
    if uri.startswith("redis://"):
        pytest.importorskip("redis", reason="the Python package redis is not installed")
    with pytest.raises(ValueError) as caught:
        open_storage(uri)
    assert str(caught.value)
    assert _PASSWORD not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("redis://localhost:6379/1", "redis://localhost:6379/1"),
        ("redis://user:sesame@host:1/0", "redis://host:1/0"),
        ("redis://:ses@me@host", "redis://host"),
        ("redis://:ses/me#@host", "redis://host"),
        ("redis://:ses?me@host", "redis://…"),
        ("redis://host?password=ses@me", "redis://…"),
        ("redis://u@host?password=ses@me", "redis://…"),
        ("rediss://host/0?password=sesame", "rediss://host/0"),
    ],
)
def test_what_is_shown_of_a_uri(uri: str, shown: str) -> None:
    assert without_secrets(uri) == shown


def test_without_the_package_for_redis_the_option_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "redis"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "redis", None)
    for option, build in (("--shared-storage", open_storage), ("--req-limit-storage", Limits)):
        with pytest.raises(SettingsError) as caught:
            build(f"redis://:{_PASSWORD}@localhost")
        assert caught.value.option == option
        assert "redis" in caught.value.accepted
        assert _PASSWORD not in str(caught.value)
