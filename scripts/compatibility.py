"""The rows of docs/compatibility.md: which test backs which option, endpoint and behaviour, and what differs where.

What differs about an option is said where it is declared (libretranslate_py/settings.py). generate_docs.py writes the
page; tests/compat/test_table.py makes sure that nothing is missing from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from libretranslate_py.options import Option

OURS = "Not in LibreTranslate."

_ENDPOINTS = "tests/compat/test_endpoints.py::"
_FEATURES = "tests/compat/test_features.py::"
_KEYS = "tests/compat/test_keys.py::"
_PACKAGES = "tests/compat/test_packages.py::"
_PROTECTIONS = "tests/compat/test_protections.py::"
_RATES = "tests/compat/test_rates.py::"
_SERVING = "tests/compat/test_serving.py::"
_SHARING = "tests/compat/test_sharing.py::"
_TEXTS = "tests/compat/test_text_limits.py::"


@dataclass(frozen=True)
class Row:
    """``test``: where it can be run from, as pytest names it. ``differs``: empty for what is the same, OURS for what
    the original does not have, else how ours is better."""

    what: str
    test: str
    differs: str = ""


OPTION_TESTS: Mapping[str, str] = {
    "host": _SERVING + "test_host",
    "port": _SERVING + "test_port",
    "ssl": _SERVING + "test_ssl",
    "url_prefix": _SERVING + "test_url_prefix",
    "threads": _SERVING + "test_threads",
    "trusted_proxies": _RATES + "test_trusted_proxies",
    "trusted_hops": _RATES + "test_trusted_hops",
    "trust_forwarded_for": _RATES + "test_trust_forwarded_for",
    "stop_timeout": "tests/e2e/test_bad_input.py::test_a_stop_drains_and_answers_the_rest",
    "shared_storage": _SHARING + "test_shared_storage_bans",
    "secondary": _SHARING + "test_secondary",
    "char_limit": _TEXTS + "test_char_limit",
    "batch_limit": _TEXTS + "test_batch_limit",
    "alternatives_limit": _TEXTS + "test_alternatives_limit",
    "max_body": _TEXTS + "test_max_body",
    "queue_limit": "tests/e2e/test_bad_input.py::test_quick_answers_while_every_slot_is_busy",
    "req_limit": _RATES + "test_req_limit",
    "req_limit_storage": _SHARING + "test_req_limit_storage",
    "hourly_req_limit": _RATES + "test_hourly_req_limit",
    "hourly_req_limit_decay": _RATES + "test_hourly_req_limit_decay",
    "hourly_req_limit_multiplier": _RATES + "test_hourly_req_limit_multiplier",
    "daily_req_limit": _RATES + "test_daily_req_limit",
    "daily_req_limit_multiplier": _RATES + "test_daily_req_limit_multiplier",
    "req_flood_threshold": _RATES + "test_req_flood_threshold",
    "req_time_cost": _RATES + "test_req_time_cost",
    "load_only": _PACKAGES + "test_load_only",
    "update_models": _PACKAGES + "test_update_models",
    "force_update_models": _PACKAGES + "test_force_update_models",
    "packages_dir": _PACKAGES + "test_packages_dir",
    "index_url": _PACKAGES + "test_index_url",
    "no_starter": _PACKAGES + "test_no_starter",
    "glossaries_dir": _PACKAGES + "test_glossaries_dir",
    "preload": _PACKAGES + "test_preload",
    "device": _PACKAGES + "test_device",
    "compute_type": _PACKAGES + "test_compute_type",
    "beam_size": _PACKAGES + "test_beam_size",
    "inter_threads": _PACKAGES + "test_threads_of_the_engine",
    "intra_threads": _PACKAGES + "test_threads_of_the_engine",
    "sentence_cache": _PACKAGES + "test_sentence_cache",
    "memory_limit": _PACKAGES + "test_memory_limit",
    "idle_unload": _PACKAGES + "test_idle_unload",
    "translation_cache": _FEATURES + "test_translation_cache_all",
    "api_keys": _KEYS + "test_api_keys",
    "require_api_key": _KEYS + "test_require_api_key",
    "api_keys_db_path": _KEYS + "test_api_keys_db_path",
    "api_keys_remote": _KEYS + "test_api_keys_remote",
    "get_api_key_link": _PROTECTIONS + "test_get_api_key_link",
    "require_api_key_origin": _PROTECTIONS + "test_require_api_key_origin",
    "require_api_key_secret": _PROTECTIONS + "test_require_api_key_secret",
    "require_api_key_fingerprint": _PROTECTIONS + "test_require_api_key_fingerprint",
    "under_attack": _PROTECTIONS + "test_under_attack",
    "frontend_language_source": _FEATURES + "test_frontend_options",
    "frontend_language_target": _FEATURES + "test_frontend_options",
    "frontend_language": _FEATURES + "test_frontend_language",
    "frontend_title": _FEATURES + "test_frontend_options",
    "frontend_timeout": _FEATURES + "test_frontend_options",
    "hide_api": _FEATURES + "test_hide_api",
    "disable_web_ui": _FEATURES + "test_disable_web_ui",
    "disable_files_translation": _FEATURES + "test_disable_files_translation",
    "files_dir": "tests/e2e/test_files.py::test_a_folder_of_its_own_that_nobody_else_reads",
    "files_expiry": "tests/e2e/test_files.py::test_results_expire",
    "suggestions": _FEATURES + "test_suggestions",
    "suggestions_db_path": _FEATURES + "test_suggestions_db_path",
    "debug": _SERVING + "test_debug",
    "log_level": _SERVING + "test_log_level",
    "log_format": _SERVING + "test_log_format",
    "metrics": _FEATURES + "test_metrics",
    "metrics_auth_token": _FEATURES + "test_metrics_auth_token",
}

# ``what`` begins with the method and the path as they are routed.
ENDPOINTS: tuple[Row, ...] = (
    Row("POST /translate", _ENDPOINTS + "test_translate"),
    Row("POST /detect", _ENDPOINTS + "test_detect"),
    Row("GET /languages", _ENDPOINTS + "test_languages"),
    Row("POST /languages", _ENDPOINTS + "test_languages", OURS),
    Row("GET /health", _ENDPOINTS + "test_health"),
    Row("GET /ready", _ENDPOINTS + "test_ready", OURS),
    Row(
        "GET /frontend/settings",
        _ENDPOINTS + "test_frontend_settings",
        "supportedFilesFormat goes on with further formats behind the original's.",
    ),
    Row(
        "POST /suggest",
        _ENDPOINTS + "test_suggest",
        "Keys, limits of requests and the character limit hold, and what is no text gets 400.",
    ),
    Row(
        "POST /translate_file",
        _ENDPOINTS + "test_translate_file_and_download_file",
        "The address in the answer is right behind a proxy, a file costs a request for every 10,000 bytes, and async "
        "makes a job of it.",
    ),
    Row("GET /translate_file/<job_id>", _ENDPOINTS + "test_a_job", OURS),
    Row("DELETE /translate_file/<job_id>", _ENDPOINTS + "test_a_job", OURS),
    Row(
        "GET /download_file/<name>",
        _ENDPOINTS + "test_no_other_file",
        "An unknown name gets 404 (LibreTranslate: 500), and downloads are not limited.",
    ),
    Row(
        "GET /metrics",
        _ENDPOINTS + "test_metrics",
        "Labels name no address and no key; refusals are JSON; it needs no folder db.",
    ),
    Row(
        "GET /spec",
        _ENDPOINTS + "test_spec",
        "It is valid Swagger 2.0, and describes /download_file besides.",
    ),
    Row("GET /openapi.json", _ENDPOINTS + "test_openapi", OURS),
    Row("GET /docs", _ENDPOINTS + "test_docs", "All assets come from this server."),
    Row("GET /docs/<edition>/<name>", _ENDPOINTS + "test_docs", OURS),
    Row("GET /", _ENDPOINTS + "test_page", "A page of our own; everything on it comes from this server."),
    Row(
        "GET /js/app.js",
        _ENDPOINTS + "test_page",
        "It carries the secret of the page, and nothing else.",
    ),
    Row("GET /static/page/<name>", _ENDPOINTS + "test_page", OURS),
    Row(
        "OPTIONS any path",
        _ENDPOINTS + "test_preflights",
        "Never limited, and answered for every path.",
    ),
)

# Headings of the page, and what is under them.
BEHAVIOURS: Mapping[str, tuple[Row, ...]] = {
    "All requests": (
        Row(
            "Slashes at the end of a path, or two at its beginning",
            _ENDPOINTS + "test_slashes",
            "Taken everywhere, without a redirect.",
        ),
        Row("HEAD is GET without a body", _ENDPOINTS + "test_head"),
        Row(
            "404, 405, 413, 415, 500",
            _ENDPOINTS + "test_errors_are_json",
            'Always JSON {"error": ...}; LibreTranslate answers some of them with a page.',
        ),
        Row("CORS: any page may read every answer", _ENDPOINTS + "test_cors"),
        Row(
            "Accept-Language",
            _RATES + "test_refusals_are_in_english",
            "Refusals are always in English: programs look for their words. LibreTranslate translates some of them.",
        ),
        Row(
            "Other refusals and Accept-Language",
            _ENDPOINTS + "test_refusals_do_not_depend_on_the_language_of_the_browser",
            "As above.",
        ),
    ),
    "POST /translate": (
        Row('q is missing, "", null or []: 400', _ENDPOINTS + "test_no_text"),
        Row(
            "q is a number, an object, a nested list: 400",
            _ENDPOINTS + "test_q_that_is_no_text",
            "LibreTranslate answers 500.",
        ),
        Row(
            "source and target: missing, unknown: 400",
            _ENDPOINTS + "test_languages_that_are_missing_or_unknown",
            "So is what is no text; LibreTranslate answers 500.",
        ),
        Row(
            "The length of a text of HTML without --char-limit",
            "tests/compat/test_text_limits.py::test_the_longest_page",
            "5,000,000 characters at most; LibreTranslate takes any, and as much memory as it needs.",
        ),
        Row("Blank texts of a list come back in their places", _ENDPOINTS + "test_blank_texts_in_a_list_come_back"),
        Row(
            "detectedLanguage",
            _ENDPOINTS + "test_the_language_of_each_text_is_detected",
            "That of each text; LibreTranslate gives one to all texts of a list.",
        ),
        Row(
            "alternatives: distinct, without the translation itself; not a number: 400",
            _ENDPOINTS + "test_alternatives",
            "LibreTranslate answers 500 to what is no number.",
        ),
        Row("format: text, html; another: 400", _ENDPOINTS + "test_formats"),
        Row(
            "Escaped markup",
            _ENDPOINTS + "test_markup_never_comes_to_life",
            "&lt;b&gt; stays what it is; LibreTranslate makes a tag of it.",
        ),
        Row(
            "Line ends, indentation and runs of spaces",
            _ENDPOINTS + "test_space_comes_back",
            "They come back as they were.",
        ),
        Row("Text without words comes back unchanged", _ENDPOINTS + "test_nothing_to_translate"),
        Row("Source and target are the same: unchanged", _ENDPOINTS + "test_source_and_target_the_same"),
        Row("Line ends of a form count and come back as one character", _ENDPOINTS + "test_line_ends_of_a_form"),
        Row(
            "A list in a form, as a client for PHP writes it",
            "tests/clients/test_php.py::test_several_texts",
            "Its texts are translated, and come back written in the same way.",
        ),
        Row(
            "Codes of clients: any case, - or _, regions",
            _ENDPOINTS + "test_codes_of_regions",
            "Further spellings are understood.",
        ),
        Row(
            "zh-Hans, zh-Hant, pt-BR and how clients write them",
            "tests/clients/test_localisation.py::TestWeblate::test_its_codes",
            "Further spellings are understood.",
        ),
        Row("A direction that is not there: 400 with both names", _ENDPOINTS + "test_a_direction_that_is_not_there"),
        Row(
            "A body that is no JSON object: 400",
            _ENDPOINTS + "test_invalid_json",
            "Invalid JSON format, in every case.",
        ),
        Row("/detect without words", _ENDPOINTS + "test_detect_is_never_empty"),
        Row("A character limit of 0", _TEXTS + "test_char_limit_0_refuses_everything"),
        Row("The limit of texts comes before that of characters", _TEXTS + "test_batch_limit_comes_before_char_limit"),
        Row("A limit of alternatives of 0", _TEXTS + "test_alternatives_limit_0"),
        Row(
            "The limit of alternatives, if nobody sets one",
            _TEXTS + "test_alternatives_limit_is_10_unless_told_otherwise",
            "10; LibreTranslate has none.",
        ),
    ),
    "Limits of one client": (
        Row("Preflights", _RATES + "test_preflights_are_free", "Free; in LibreTranslate they count and are refused."),
        Row("Bad requests count", _RATES + "test_bad_requests_count"),
        Row("Each route has a counter of its own", _RATES + "test_each_route_has_a_counter"),
        Row(
            "A list costs its texts",
            _RATES + "test_a_list_costs_its_texts",
            "One that does not fit is refused; LibreTranslate answers it and does not count it.",
        ),
        Row(
            "A list larger than the limit",
            _RATES + "test_a_list_above_the_limit_uses_all_of_it",
            "Answered while nothing of the limit is used, and uses all of it; in LibreTranslate it is free.",
        ),
        Row("A file costs its bytes", _RATES + "test_a_file_costs_its_bytes", "One for every 10,000 bytes."),
        Row(
            "X-Forwarded-For from anybody",
            _RATES + "test_forwarded_addresses_are_not_believed",
            "Ignored; in LibreTranslate every client can choose its counter.",
        ),
        Row(
            "Bans behind a proxy that nobody named",
            _RATES + "test_a_proxy_that_nobody_named_is_not_banned",
            "The proxy is not banned, and the log names the option that is missing.",
        ),
        Row(
            "--req-limit 0 --api-keys: a key is needed",
            _RATES + "test_req_limit_0_with_keys_means_that_a_key_is_needed",
            "The page, the documentation and everything else that is public stays open.",
        ),
        Row(
            "Redis is not there at the start",
            _SHARING + "test_a_redis_that_is_not_there_at_the_start",
            "The server starts and counts for itself.",
        ),
    ),
    "API keys": (
        Row(
            "Where a key is read: body, form, multipart, query",
            _KEYS + "test_where_a_key_is_read",
            "Besides, from Authorization: Bearer, and from the query of a request with JSON.",
        ),
        Row("Where no key is read: X-API-Key", _KEYS + "test_where_no_key_is_read"),
        Row("A key that is no text: 403", _KEYS + "test_what_is_no_key", "LibreTranslate answers 500 to some."),
        Row("Keys of any characters", _KEYS + "test_no_500_for_any_key", "Unknown ones get 403, whatever is in them."),
        Row('"" and null are no key', _KEYS + "test_no_key_at_all"),
        Row(
            "Every route; the character limit of a key",
            _KEYS + "test_api_keys_of_every_route",
            "/suggest looks at keys too.",
        ),
        Row("Suggestions that are off", _KEYS + "test_suggestions_that_are_off_look_at_no_key"),
        Row(
            "Keys that are added and removed meanwhile",
            _KEYS + "test_keys_that_come_and_go",
            "A removed one is refused within a second; in LibreTranslate within half a minute.",
        ),
        Row("A database of the original", _KEYS + "test_a_database_of_the_original"),
        Row("Character quotas, disabled keys", _KEYS + "test_character_quota_and_disabled_keys", OURS),
        Row(
            "An outage of --api-keys-remote",
            _KEYS + "test_an_outage_of_the_remote_keys_in_json",
            "503 with Retry-After; whatever the service writes into its error.",
        ),
        Row("ltmanage keys", _KEYS + "test_ltmanage_keys"),
        Row("ltmanage keys, line by line", "tests/test_cli_keys.py::test_what_the_original_prints"),
        Row("ltmanage keys: wrong usage", "tests/test_cli_keys.py::test_wrong_usage"),
        Row("ltmanage suggestions export", "tests/test_cli_suggestions.py::test_export_is_json_lines", OURS),
    ),
    "Protections": (
        Row(
            "Who gets the secret of the page",
            _PROTECTIONS + "test_the_secret_is_only_for_who_has_opened_the_page",
        ),
        Row("Several of them: all must be met", _PROTECTIONS + "test_everything_at_once"),
        Row(
            "Preflights", _PROTECTIONS + "test_preflights_need_no_key", "They need no key, whatever protects the rest."
        ),
        Row(
            "Secrets and fingerprints of several servers",
            _SHARING + "test_shared_storage_secrets_and_fingerprints",
        ),
    ),
    "Features": (
        Row(
            "Suggestions of a wrong type",
            _FEATURES + "test_suggestions_of_wrong_types_are_refused",
            "400; LibreTranslate answers 500, or stores a number as text.",
        ),
        Row("The cache of a key", _FEATURES + "test_translation_cache_of_a_key"),
        Row(
            "The cache without the option",
            _FEATURES + "test_translation_cache_is_off_by_default",
            "Off; LibreTranslate's is on for requests with an empty api_key.",
        ),
        Row("The cache and limits", _FEATURES + "test_translation_cache_does_not_get_around_a_limit"),
        Row("The cache of several servers", _SHARING + "test_shared_storage_answers"),
        Row(
            "Languages of the page that are not installed",
            _FEATURES + "test_frontend_languages_that_are_not_there",
        ),
        Row("Metrics are off by default", _FEATURES + "test_metrics_are_off_by_default"),
        Row(
            "Metrics with a wrong token: 401",
            _FEATURES + "test_metrics_auth_token_refuses",
            "JSON with WWW-Authenticate; LibreTranslate answers with a page.",
        ),
        Row(
            "The address of a translated file",
            _ENDPOINTS + "test_the_address_of_a_file_behind_a_proxy",
            "That of the proxy, with https where the proxy has it.",
        ),
        Row(
            "--load-only of what nobody has",
            _PACKAGES + "test_load_only_of_a_language_that_is_not_there",
            "The log names what is missing.",
        ),
        Row("--load-only installs packages", _PACKAGES + "test_load_only_installs_what_is_missing"),
        Row("Nothing is updated unless asked for", _PACKAGES + "test_without_update_models_nothing_is_updated"),
    ),
    "Settings": (
        Row("Environment variables LT_*", _SERVING + "test_environment"),
        Row("Variables of Argos Translate", _PACKAGES + "test_variables_of_argos_translate"),
        Row("A file .env", _SERVING + "test_a_file_of_variables", OURS),
        Row(
            "A wrong variable",
            _SERVING + "test_a_wrong_variable_stops_the_start",
            "Stops the start with one line; LibreTranslate ignores it silently.",
        ),
        Row("A wrong value: exit status 2", _SERVING + "test_a_wrong_value_stops_the_start"),
        Row("An unknown option: exit status 2", _SERVING + "test_an_unknown_option_stops_the_start"),
        Row("An unknown variable LT_*", _SERVING + "test_an_unknown_variable_is_named", "The log warns of it."),
    ),
}

HEADER = """\
<!-- Generated by scripts/generate_docs.py from scripts/compatibility.py and libretranslate_py/settings.py. -->

# Compatibility with LibreTranslate

Every option and endpoint of LibreTranslate 1.9.6, and how it behaves here: **same**; **safer**, and how; or **ours**,
for what it does not have. Each row ends with the test that backs it, run against real servers with
`scripts/test tests/compat`. This is measured by what the original was seen to answer, not by its code. Where nobody
could look, "same" means what its options are said to do.
"""


def compatibility_page(options: Iterable[Option]) -> str:
    """The text of docs/compatibility.md."""
    rows = [Row(_name(option), OPTION_TESTS[option.name], option.differs) for option in options]
    blocks = [HEADER, _table("Options", "option", rows), _table("Endpoints", "request", _marked(ENDPOINTS))]
    blocks += [_table(heading, "what", rows) for heading, rows in BEHAVIOURS.items()]
    return "".join(blocks)


def verdict(differs: str) -> str:
    """One of the three words, with what there is to say about it."""
    if not differs:
        return "same"
    return "ours" if differs == OURS else f"safer: {differs}"


def _name(option: Option) -> str:
    return f"`{option.flag or option.variables[0]}`"


def _marked(rows: Iterable[Row]) -> list[Row]:
    return [Row(f"`{row.what}`", row.test, row.differs) for row in rows]


def _table(heading: str, what: str, rows: Iterable[Row]) -> str:
    lines = [f"\n## {heading}\n\n| {what} | compared | test |\n|---|---|---|\n"]
    for row in rows:
        cells = (row.what, verdict(row.differs), f"`{row.test}`")
        lines.append("| " + " | ".join(_escape(cell) for cell in cells) + " |\n")
    return "".join(lines)


def _escape(cell: str) -> str:
    """As Markdown shows it, with everything outside of code as it is written here."""
    if cell.startswith("`"):
        return cell.replace("|", "\\|")
    for character in "&<":
        cell = cell.replace(character, {"&": "&amp;", "<": "&lt;"}[character])
    return cell.replace("|", "\\|").replace("_", "\\_").replace("*", "\\*").replace("[", "\\[")
