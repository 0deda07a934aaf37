"""The wiring of what says who may do how much. See services.py."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from libretranslate_py.access.bans import Bans
from libretranslate_py.access.fingerprints import Fingerprints
from libretranslate_py.access.gate import Gate, Rules
from libretranslate_py.access.keys import Keys
from libretranslate_py.access.limits import Limits
from libretranslate_py.access.page_secrets import PageSecrets
from libretranslate_py.access.remote_keys import RemoteKeys
from libretranslate_py.answer_cache import AnswerCache
from libretranslate_py.errors import SettingsError
from libretranslate_py.settings import Settings
from libretranslate_py.storage import open_storage, without_secrets
from libretranslate_py.suggestions import Suggestions

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Access:
    """What the web layer asks before and beside translating; ``suggestions`` is None where they are off."""

    gate: Gate
    answers: AnswerCache
    page_secrets: PageSecrets
    suggestions: Suggestions | None
    keys: Keys | RemoteKeys

    def close(self) -> None:
        """Lets go of the file with the keys."""
        if isinstance(self.keys, Keys):
            self.keys.close()


def build_access(settings: Settings) -> Access:
    """Raises KeysUnusable if there is a file with keys that cannot be read, SuggestionsUnusable, SettingsError for an
    address of a storage that cannot be used."""
    storage = _open(open_storage, settings.shared_storage, "--shared-storage")
    # In memory they are kept apart: a flood of answers must not push bans out.
    in_memory = settings.shared_storage.startswith("memory:")
    answers = open_storage(settings.shared_storage) if in_memory else storage
    rules = read_rules(settings)
    page_secrets = PageSecrets(storage)
    keys = _find_keys(settings, rules)
    gate = Gate(
        rules,
        _open(Limits, settings.req_limit_storage, "--req-limit-storage"),
        Bans(storage, settings.req_flood_threshold),
        keys,
        Fingerprints(storage),
        page_secrets,
    )
    suggestions = Suggestions(settings.suggestions_db_path) if settings.suggestions else None
    if suggestions:
        suggestions.check()
    return Access(gate, AnswerCache(answers, settings.translation_cache), page_secrets, suggestions, keys)


def read_rules(settings: Settings) -> Rules:
    """The rules of the gate as the settings have them."""
    return Rules(
        req_limit=settings.req_limit,
        hourly_limit=settings.hourly_req_limit,
        hourly_decay=settings.hourly_req_limit_decay,
        hourly_multiplier=settings.hourly_req_limit_multiplier,
        daily_limit=settings.daily_req_limit,
        daily_multiplier=settings.daily_req_limit_multiplier,
        time_cost=settings.req_time_cost,
        char_limit=settings.char_limit,
        keys=settings.api_keys,
        require_key=settings.require_api_key or settings.under_attack,
        key_link=settings.get_api_key_link,
        origin=settings.require_api_key_origin,
        secret=settings.require_api_key_secret,
        fingerprint=settings.require_api_key_fingerprint,
    )


def _open(opened: Callable[[str], T], uri: str, option: str) -> T:
    try:
        return opened(uri)
    except ValueError as error:
        raise SettingsError(option, without_secrets(uri), str(error)) from error


def _find_keys(settings: Settings, rules: Rules) -> Keys | RemoteKeys:
    if settings.api_keys_remote:
        return RemoteKeys(settings.api_keys_remote)
    keys = Keys(settings.api_keys_db_path)
    if rules.looks_keys_up:
        keys.check()
        if not settings.api_keys_db_path.exists():
            path = settings.api_keys_db_path
            log.warning("there are no API keys yet; 'ltmanage keys --api-keys-db-path %s add 60' makes the first", path)
    return keys
