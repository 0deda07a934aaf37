"""``libretranslate``: reads the settings, wires everything up, and serves."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from libretranslate_py import __version__
from libretranslate_py.cli_errors import errors_as_one_line
from libretranslate_py.figures import Figure
from libretranslate_py.options import read_env_file
from libretranslate_py.settings import ENV_FILE, OPTIONS, Settings, idle_options, load, unknown_variables

if TYPE_CHECKING:
    from libretranslate_py.services import Services
    from libretranslate_py.web.guard import Admission
    from libretranslate_py.web.options import WebOptions

# Requests that need no translation are answered by these, however many translations are in flight.
_SPARE_THREADS = 16
_LEAST_IN_FLIGHT = 128


class _GroupedCommand(click.Command):
    """Shows the options under the headings that they have in the documentation."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        by_flag = {parameter.opts[0]: parameter for parameter in self.params}
        for group in dict.fromkeys(option.group for option in OPTIONS):
            records = [
                by_flag[option.flag].get_help_record(ctx) for option in OPTIONS if option.group == group and option.flag
            ]
            with formatter.section(group):
                formatter.write_dl([record for record in records if record])
        with formatter.section("Other"):
            formatter.write_dl([("--version", "Show the version."), ("--help", "Show this text.")])


def _flags() -> list[click.Parameter]:
    flags: list[click.Parameter] = []
    for option in OPTIONS:
        if not option.flag:
            continue
        shown = f" [{option.default_text}]" if option.default_text and not option.is_switch else ""
        help_text = option.help + shown
        kind: dict[str, Any] = (
            {"is_flag": True, "flag_value": "true"} if option.is_switch else {"metavar": option.kind.metavar}
        )
        flags.append(click.Option([option.flag, option.name], type=str, default=None, help=help_text, **kind))
    return flags


def _run_server(**given: str | None) -> None:
    """A translation server that speaks the HTTP API of LibreTranslate.

    Every option can also be set by a variable, LT_ and its name in capitals (LT_LOAD_ONLY=en,es), in the environment
    or in a file named .env in the current folder. The command line goes before the environment, and that before .env.
    """
    with errors_as_one_line("libretranslate"):
        settings = load(given, os.environ, ENV_FILE)
        _set_up_log(settings)
        for unknown in unknown_variables([*os.environ, *read_env_file(ENV_FILE).values]):
            meant = f"; did you mean {unknown.nearest}?" if unknown.nearest else ""
            logging.getLogger(__name__).warning("%s means nothing here%s", unknown.name, meant)
        for sentence in idle_options(settings):
            logging.getLogger(__name__).warning("%s", sentence)
        _serve(settings)


def _serve(settings: Settings) -> NoReturn:
    # Flask and CTranslate2 are not needed to show a help text or an error in the settings.
    from libretranslate_py.services import build
    from libretranslate_py.web.app import create_app
    from libretranslate_py.web.guard import Admission
    from libretranslate_py.web.server import serve as serve_http

    services = build(settings, os.environ)
    admission = Admission(settings.queue_limit)

    def announce(url: str) -> None:
        logging.getLogger(__name__).info("libretranslate-py %s is listening on %s", __version__, url)
        services.start()

    serve_http(
        create_app(_Served(services, admission), _web_options(settings, services)),
        settings.host,
        settings.port,
        threads=max(settings.threads, settings.queue_limit, _LEAST_IN_FLIGHT) + _SPARE_THREADS,
        max_body=settings.max_body,
        stop_timeout=settings.stop_timeout,
        on_stop=services.stop,
        on_hangup=services.reload,
        admission=admission,
        announce=announce,
    )


def _web_options(settings: Settings, services: Services) -> WebOptions:
    from libretranslate_py.documents.formats import FORMATS
    from libretranslate_py.web.files import FilesOptions
    from libretranslate_py.web.frontend import FrontendOptions
    from libretranslate_py.web.options import WebOptions

    rules = services.access.gate.rules
    return WebOptions(
        batch_limit=settings.batch_limit,
        alternatives_limit=settings.alternatives_limit,
        max_body=settings.max_body,
        url_prefix=settings.url_prefix,
        web_page=not settings.disable_web_ui,
        frontend=FrontendOptions(
            api_keys=rules.looks_keys_up,
            key_required=rules.key_required,
            char_limit=settings.char_limit,
            files=() if settings.disable_files_translation else tuple(FORMATS),
            frontend_timeout=settings.frontend_timeout,
            source=settings.frontend_language_source,
            target=settings.frontend_language_target,
            suggestions=settings.suggestions,
            title=settings.frontend_title,
            language=settings.frontend_language,
            hide_api=settings.hide_api,
            secret=rules.secret,
            ssl=settings.ssl,
        ),
        files=FilesOptions(not settings.disable_files_translation, settings.ssl),
        metrics=settings.metrics,
        metrics_auth_token=settings.metrics_auth_token,
        trusted_proxies=tuple(str(network) for network in settings.trusted_proxies),
        trusted_hops=settings.trusted_hops if settings.trusted_proxies or settings.trust_forwarded_for else 0,
        debug=settings.debug,
    )


class _Served:
    """What the web layer is given."""

    def __init__(self, services: Services, admission: Admission) -> None:
        self.translator = services.translator
        self.glossaries = services.glossaries
        self.gate = services.access.gate
        self.answers = services.access.answers
        self.page_secrets = services.access.page_secrets
        self.suggestions = services.access.suggestions
        self.files = services.files
        self.admission = admission
        self._services = services

    def figures(self) -> list[Figure]:
        translating = Figure(
            "requests_translating", "gauge", "Translation requests in flight", self.admission.in_flight
        )
        return [*self._services.figures(), translating]


def _set_up_log(settings: Settings) -> None:
    from libretranslate_py.web.logs import JsonFormatter, TextFormatter

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else TextFormatter())
    level = logging.DEBUG if settings.debug else settings.log_level.upper()
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("filelock", "urllib3", "waitress.queue"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


_serve_command = click.version_option(__version__, prog_name="libretranslate-py")(
    _GroupedCommand("libretranslate", callback=_run_server, params=_flags(), help=_run_server.__doc__)
)


def serve() -> None:
    """The program ``libretranslate``."""
    _serve_command.main(prog_name="libretranslate")
