"""Every option, declared once. Flags, variables, ``.env.example`` and docs/options.md all come from these lines.

Only cli.py, web/app.py and services.py see Settings; what they build takes plain values. Names, types and defaults are
those of LibreTranslate where it has the option; the group of an option is its heading in the documentation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from libretranslate_py.errors import SettingsError
from libretranslate_py.option_kinds import (
    CODES,
    DIRECTIONS,
    FILE,
    HOST,
    INDEX_URL,
    LIMIT,
    NETWORKS,
    PATH,
    PREFIX,
    SIZE,
    STORAGE,
    SWITCH,
    TEXT,
    WORDS,
    Directions,
    Network,
    choice,
    integer,
    minutes,
    seconds,
)
from libretranslate_py.options import (
    EnvFile,
    UnknownVariable,
    find_unknown,
    find_values,
    option,
    options_of,
    read_env_file,
)
from libretranslate_py.settings_access import KEYS, RATES, AccessSettings

_WIDTH = integer(0, 1024, note="0 = what suits the machine")
_MEGABYTES = integer(0, 1024**2)

_SERVER = "Server"
_LIMITS = "Limits of one request"
_LANGUAGES = "Languages and packages"
_ENGINE = "Engine"
_PAGE = "Web page and features"
_WATCHING = "Log and metrics"

_NEW = "Not in LibreTranslate."


_GROUPS = (_SERVER, _LIMITS, RATES, _LANGUAGES, _ENGINE, KEYS, _PAGE, _WATCHING)


@dataclass(frozen=True)
class Settings(AccessSettings):
    """What the server was told to do. Made by ``resolve`` or ``load``, which have checked every value."""

    host: str = option("127.0.0.1", HOST, _SERVER, "Address to listen on; 0.0.0.0 for all of IPv4, :: for IPv6.")
    port: int = option(5000, integer(0, 65535, "0 = any free port"), _SERVER, "Port to listen on.")
    ssl: bool = option(False, SWITCH, _SERVER, "Write https:// into the absolute addresses that the server gives out.")
    url_prefix: str = option(
        "",
        PREFIX,
        _SERVER,
        "Path under which everything is served, such as /translator.",
        differs="POST outside of the path gets 404 with a sentence; LibreTranslate redirects it, and its body is lost.",
    )
    threads: int = option(
        4,
        integer(1, 1024),
        _SERVER,
        "Threads that serve requests.",
        differs="Never limits the requests in flight below 128: a cap of 4 would keep every batch small.",
    )
    trusted_proxies: tuple[Network, ...] = option(
        (),
        NETWORKS,
        _SERVER,
        "Proxies whose X-Forwarded headers are believed, as addresses or networks. Empty: the headers are ignored.",
        differs=_NEW,
    )
    trusted_hops: int = option(
        1,
        integer(1, 16),
        _SERVER,
        "Proxies in a row between the clients and the server. With N, the client is the Nth address from the right in "
        "X-Forwarded-For. Needs --trusted-proxies or --trust-forwarded-for.",
        differs=_NEW,
    )
    trust_forwarded_for: bool = option(
        False,
        SWITCH,
        _SERVER,
        "Believe the X-Forwarded headers of one proxy, whatever its address is.",
        differs="The client is the right-most address, which the proxy has added. LibreTranslate takes the left-most, "
        "which anybody can choose, and in release 1.9.6 always.",
    )
    stop_timeout: float = option(
        5.0,
        seconds(3600),
        _SERVER,
        "Seconds to finish the requests in flight when the server is told to stop.",
        differs=_NEW,
    )
    shared_storage: str = option(
        "memory://",
        STORAGE,
        _SERVER,
        "Where several servers share bans, secrets, fingerprints and the translation cache: memory:// or redis://.",
        differs="While Redis is down, each server goes on with a state of its own.",
    )
    secondary: bool = option(
        False,
        SWITCH,
        _SERVER,
        "Leave the periodic jobs on the shared storage to another server.",
        differs="Taken, and without effect: there are no periodic jobs, every server computes the same.",
    )

    char_limit: int = option(-1, LIMIT, _LIMITS, "Most characters of one text.")
    batch_limit: int = option(-1, LIMIT, _LIMITS, "Most texts in one request.")
    alternatives_limit: int = option(
        10,
        LIMIT,
        _LIMITS,
        "Most alternative translations that a request may ask for.",
        differs="LibreTranslate's default is -1, with which one request can occupy the server for long.",
    )
    max_body: int = option(64 * 1024**2, SIZE, _LIMITS, "Largest body of a request.", differs=_NEW)
    queue_limit: int = option(
        128,
        integer(1, 65536),
        _LIMITS,
        "Most translation requests in flight; more are refused at once with 503 and Retry-After.",
        differs=_NEW,
    )

    load_only: tuple[str, ...] = option(
        (),
        CODES,
        _LANGUAGES,
        "Languages to serve; packages that are missing for them are installed at the start.",
        differs="Nothing else is served; LibreTranslate goes on serving whatever is installed.",
    )
    update_models: bool = option(False, SWITCH, _LANGUAGES, "Update the packages at the start.")
    force_update_models: bool = option(False, SWITCH, _LANGUAGES, "Install the packages again at the start.")
    packages_dir: Path | None = option(  # noqa: RUF009
        None,
        PATH,
        _LANGUAGES,
        "Folder of the packages. Empty: the one that Argos Translate uses, "
        "argos-translate/packages under $XDG_DATA_HOME or ~/.local/share.",
        also=("ARGOS_PACKAGES_DIR",),
        differs=_NEW,
    )
    index_url: str = option(
        "https://raw.githubusercontent.com/argosopentech/argospm-index/main/index.json",
        INDEX_URL,
        _LANGUAGES,
        "List of the packages that can be installed, or the folder with it as index.json.",
        also=("ARGOS_PACKAGE_INDEX",),
        differs=_NEW,
    )
    no_starter: bool = option(
        False, SWITCH, _LANGUAGES, "Do not install the small packages that come with the program.", differs=_NEW
    )
    glossaries_dir: Path | None = option(  # noqa: RUF009
        None,
        PATH,
        _LANGUAGES,
        "Folder of the stored glossaries. Empty: libretranslate/glossaries under $XDG_DATA_HOME or ~/.local/share.",
        differs=_NEW,
    )

    preload: Directions = option(  # noqa: RUF009
        (), DIRECTIONS, _ENGINE, "Models to load at the start instead of at their first use.", differs=_NEW
    )
    device: str = option(
        "cpu",
        choice("cpu", "cuda", "auto"),
        _ENGINE,
        "Where the models run; auto takes the GPU if there is one.",
        also=("ARGOS_DEVICE_TYPE",),
        differs=_NEW,
    )
    compute_type: str = option(
        "default",
        choice(
            "default",
            "auto",
            "int8",
            "int8_float32",
            "int8_float16",
            "int8_bfloat16",
            "int16",
            "float16",
            "bfloat16",
            "float32",
        ),
        _ENGINE,
        "Numbers that the models compute with. default: as the package stores them; auto: the fastest of the device.",
        also=("ARGOS_COMPUTE_TYPE",),
        differs=_NEW,
    )
    beam_size: int = option(
        4,
        integer(1, 32),
        _ENGINE,
        "Hypotheses that are followed for each sentence. Fewer are faster and a little worse.",
        also=("ARGOS_BEAM_SIZE",),
        differs=_NEW,
    )
    inter_threads: int = option(
        0,
        _WIDTH,
        _ENGINE,
        "Batches that one model translates at the same time; 0 = what suits the machine.",
        also=("ARGOS_INTER_THREADS",),
        differs=_NEW,
    )
    intra_threads: int = option(
        0,
        _WIDTH,
        _ENGINE,
        "Threads that work on one batch; 0 = what suits the machine.",
        also=("ARGOS_INTRA_THREADS",),
        differs=_NEW,
    )
    sentence_cache: int = option(
        64, _MEGABYTES, _ENGINE, "Megabytes of translated sentences that are remembered; 0 = none.", differs=_NEW
    )
    memory_limit: int = option(
        0,
        _MEGABYTES,
        _ENGINE,
        "Megabytes for loaded models; over it, the model that was used least recently is unloaded. 0 = no limit.",
        differs=_NEW,
    )
    idle_unload: float = option(
        0.0,
        seconds(31_536_000),
        _ENGINE,
        "Seconds without a request after which a model is unloaded; 0 = never.",
        differs=_NEW,
    )
    translation_cache: tuple[str, ...] = option(
        (),
        WORDS,
        _ENGINE,
        "API keys whose answers are kept for 7 days, or all.",
        differs="Off unless asked for (LibreTranslate keeps answers to requests with an empty api_key), and a list "
        "never gets the answer of a text.",
    )

    frontend_language_source: str = option("auto", TEXT, _PAGE, "Source that is chosen first.")
    frontend_language_target: str = option(
        "locale", TEXT, _PAGE, "Target that is chosen first; locale = the browser's language."
    )
    frontend_language: str = option("", TEXT, _PAGE, "Language of the page itself. Empty: the browser's.")
    frontend_title: str = option("", TEXT, _PAGE, "Title of the page.")
    frontend_timeout: int = option(500, integer(0, 60_000), _PAGE, "Milliseconds between the last key and the request.")
    hide_api: bool = option(False, SWITCH, _PAGE, "Leave the panel with the API call out of the page.")
    disable_web_ui: bool = option(False, SWITCH, _PAGE, "Serve no web page.")
    disable_files_translation: bool = option(False, SWITCH, _PAGE, "Do not translate files.")
    files_dir: Path | None = option(  # noqa: RUF009
        None,
        PATH,
        _PAGE,
        "Folder of translated files until they expire. Empty: libretranslate/files under $XDG_DATA_HOME or "
        "~/.local/share.",
        differs=_NEW,
    )
    files_expiry: float = option(
        30.0, minutes(10_080), _PAGE, "Minutes that translated files can be downloaded.", differs=_NEW
    )
    suggestions: bool = option(
        False,
        SWITCH,
        _PAGE,
        "Let people suggest better translations.",
        differs="Limits and keys hold for them too, and the same suggestion is stored once.",
    )
    suggestions_db_path: Path = option(  # noqa: RUF009
        Path("db/suggestions.db"), FILE, _PAGE, "File with the suggestions.", differs=_NEW
    )

    debug: bool = option(False, SWITCH, _WATCHING, "Log everything, as --log-level debug does.")
    log_level: str = option(
        "info", choice("debug", "info", "warning", "error"), _WATCHING, "Least important messages to log.", differs=_NEW
    )
    log_format: str = option(
        "text", choice("text", "json"), _WATCHING, "How a line of the log is written.", differs=_NEW
    )
    metrics: bool = option(
        False,
        SWITCH,
        _WATCHING,
        "Serve figures for Prometheus at /metrics.",
        differs="Client addresses and API keys are not among the labels.",
    )
    metrics_auth_token: str = option(
        "",
        TEXT,
        _WATCHING,
        "Bearer token that /metrics asks for. Empty: none is needed.",
        differs="401 is JSON with WWW-Authenticate, and the word Bearer may be written in any case.",
    )


# Looked for in the current folder.
ENV_FILE = Path(".env")

OPTIONS = tuple(sorted(options_of(Settings), key=lambda option: _GROUPS.index(option.group)))


def resolve(
    command_line: Mapping[str, str | None], environment: Mapping[str, str], env_file: EnvFile | None = None
) -> Settings:
    """Settle every option: command line, else environment, else ``.env``, else default.

    ``command_line`` has the texts by option name, with None for a flag that was not given and "true" for a switch that
    was. A variable that is set but empty counts as not set. Raises SettingsError for the first value that is not
    accepted.
    """
    settings = Settings(**find_values(OPTIONS, command_line, environment, env_file or EnvFile()))
    if settings.trusted_hops != 1 and not (settings.trusted_proxies or settings.trust_forwarded_for):
        accepted = "1, unless --trusted-proxies or --trust-forwarded-for says which proxies to believe"
        raise SettingsError("--trusted-hops", str(settings.trusted_hops), accepted)
    return settings


def load(command_line: Mapping[str, str | None], environment: Mapping[str, str], env_path: Path | None) -> Settings:
    """``resolve`` with the ``.env`` file at ``env_path``, which need not exist; None reads no file."""
    return resolve(command_line, environment, read_env_file(env_path) if env_path else None)


# What means nothing unless one of the others is set.
_IDLE_WITHOUT = {
    "metrics_auth_token": ("metrics",),
    "hourly_req_limit_decay": ("hourly_req_limit",),
    "req_flood_threshold": ("req_limit", "hourly_req_limit", "daily_req_limit", "api_keys", "require_api_key"),
    "req_time_cost": ("req_limit", "hourly_req_limit", "daily_req_limit", "api_keys", "require_api_key"),
    "suggestions_db_path": ("suggestions",),
}


def idle_options(settings: Settings) -> tuple[str, ...]:
    """Options that were set and have no effect, each as a sentence for a warning."""
    flags = {option.name: option.flag for option in OPTIONS}
    changed = {option.name for option in OPTIONS if getattr(settings, option.name) != option.default}
    return tuple(
        f"{flags[name]} has no effect without {' or '.join(flags[other] for other in others)}"
        for name, others in _IDLE_WITHOUT.items()
        if name in changed and not changed.intersection(others)
    )


def unknown_variables(names: Iterable[str]) -> tuple[UnknownVariable, ...]:
    """The ``LT_*`` variables among ``names`` that mean nothing here, for a warning: most are misspelt."""
    return find_unknown(OPTIONS, names)
