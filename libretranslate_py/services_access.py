"""The wiring of what says who may do how much. See services.py."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from libretranslate_py.access.bans import Bans
from libretranslate_py.access.fingerprints import Fingerprints
from libretranslate_py.access.gate import Gate, Rules
from libretranslate_py.access.keys import Keys
from libretranslate_py.access.limits import Limits
from libretranslate_py.access.page_secrets import PageSecrets
from libretranslate_py.access.remote_keys import RemoteKeys
from libretranslate_py.answer_cache import AnswerCache
from libretranslate_py.settings import Settings
from libretranslate_py.storage import open_storage
from libretranslate_py.suggestions import Suggestions

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Access:
    """What the web layer asks before and beside translating; ``suggestions`` is None where they are off."""

    gate: Gate
    answers: AnswerCache
    page_secrets: PageSecrets
    suggestions: Suggestions | None


def build_access(settings: Settings) -> Access:
    """Raises KeysUnusable if there is a file with keys that cannot be read, SettingsError for a storage that needs a
    package that is not installed."""
    storage = open_storage(settings.shared_storage)
    rules = read_rules(settings)
    page_secrets = PageSecrets(storage)
    gate = Gate(
        rules,
        Limits(settings.req_limit_storage),
        Bans(storage, settings.req_flood_threshold),
        _find_keys(settings, rules),
        Fingerprints(storage),
        page_secrets,
    )
    suggestions = Suggestions(settings.suggestions_db_path) if settings.suggestions else None
    return Access(gate, AnswerCache(storage, settings.translation_cache), page_secrets, suggestions)


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


def _find_keys(settings: Settings, rules: Rules) -> Keys | RemoteKeys:
    if settings.api_keys_remote:
        return RemoteKeys(settings.api_keys_remote)
    keys = Keys(settings.api_keys_db_path)
    if rules.looks_keys_up:
        keys.check()
        if not settings.api_keys_db_path.exists():
            log.warning(
                "there are no API keys yet in %s; 'ltmanage keys add 60' makes the first", settings.api_keys_db_path
            )
    return keys
