"""The options that say who may do how much: limits of one client, and API keys. See settings.py."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from libretranslate_py.option_kinds import FILE, LIMIT, REGEX, STORAGE, SWITCH, TEXT, WEB_ADDRESS, integer
from libretranslate_py.options import option

RATES = "Limits of one client"
KEYS = "API keys"

_NEW = "Not in LibreTranslate."


@dataclass(frozen=True)
class AccessSettings:
    """Base of settings.Settings."""

    req_limit: int = option(
        -1,
        LIMIT,
        RATES,
        "Most requests of one client per minute and endpoint; 0 with --api-keys = a key is needed. Each text of a list "
        "counts as a request, and so do every 10,000 bytes of a file.",
        differs="Preflights are free, a list that does not fit is not answered for nothing, and answers carry "
        "Retry-After and X-RateLimit headers.",
    )
    req_limit_storage: str = option(
        "memory://",
        STORAGE,
        RATES,
        "Where the requests are counted: memory:// or redis://.",
        differs="While Redis is down, each server counts for itself. Nothing else is taken: memcached://, clusters and "
        "sentinels are not.",
    )
    hourly_req_limit: int = option(-1, LIMIT, RATES, "Most requests of one client per hour.")
    hourly_req_limit_decay: int = option(
        0,
        integer(0, 100),
        RATES,
        "Further windows of n = 2, 3, ... hours with the hourly limit x n x 0.75^(n-1); 0 = none.",
    )
    hourly_req_limit_multiplier: int = option(
        60,
        integer(1),
        RATES,
        "Hourly limit of an API key, as a multiple of its limit per minute.",
        on_command_line=False,
    )
    daily_req_limit: int = option(-1, LIMIT, RATES, "Most requests of one client per day.")
    daily_req_limit_multiplier: int = option(
        1440,
        integer(1),
        RATES,
        "Daily limit of an API key, as a multiple of its limit per minute.",
        on_command_line=False,
    )
    req_flood_threshold: int = option(
        -1,
        LIMIT,
        RATES,
        "Violations of limits after which a client is banned; every 10 minutes one is forgiven.",
        differs="A loopback or private peer that sends forwarded headers which are not believed is never banned: "
        "it stands for all users behind a proxy. A banned client gets 403 also where its own counter is full.",
    )
    req_time_cost: int = option(
        -1,
        integer(-1, note="-1 or 0 = none"),
        RATES,
        "Seconds of work that count as one request, so that slow requests cost more.",
    )

    api_keys: bool = option(
        False,
        SWITCH,
        KEYS,
        "Look API keys up; without one the general limits hold.",
        differs="Also read from the header Authorization: Bearer KEY, and from the query beside a JSON body. A removed "
        "key is refused within a second, and wrong ones count against the limits of their address.",
    )
    require_api_key: bool = option(
        False, SWITCH, KEYS, "Refuse every request without an API key. Switches --api-keys on.", differs=_NEW
    )
    api_keys_db_path: Path = option(Path("db/api_keys.db"), FILE, KEYS, "File with the API keys.")  # noqa: RUF009
    api_keys_remote: str = option(
        "",
        WEB_ADDRESS,
        KEYS,
        "Address that is asked for API keys instead of the file.",
        differs="While that service is down, unknown keys get 503 and not 'Invalid API key'.",
    )
    get_api_key_link: str = option("", TEXT, KEYS, "Address of a page where people get a key, for the refusals.")
    require_api_key_origin: str = option(
        "",
        REGEX,
        KEYS,
        "Pages (by their Origin) that may send requests without a key. Switches --api-keys on.",
        differs="The whole origin must match, not only its beginning.",
    )
    require_api_key_secret: bool = option(
        False,
        SWITCH,
        KEYS,
        "Without a key, answer only the server's own web page. Switches --api-keys on.",
        differs="A wrong secret is always refused, never answered with nonsense.",
    )
    require_api_key_fingerprint: bool = option(
        False,
        SWITCH,
        KEYS,
        "Without a key, answer only clients whose User-Agent and Cookie stay the same for 5 minutes. Switches "
        "--api-keys on.",
        differs="A loopback or private peer that sends forwarded headers which are not believed stands for many "
        "clients, and passes: behind a proxy, name it with --trusted-proxies.",
    )
    under_attack: bool = option(False, SWITCH, KEYS, "Refuse all requests without a key. Switches --api-keys on.")
