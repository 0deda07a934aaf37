"""The two programs: ``libretranslate`` serves, ``ltmanage`` looks after packages and translates on the terminal."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from libretranslate_py import __version__
from libretranslate_py.cli_glossary import glossary
from libretranslate_py.cli_translate import detect, translate
from libretranslate_py.errors import ProjectError, SettingsError
from libretranslate_py.options import read_env_file
from libretranslate_py.settings import OPTIONS, Settings, load, unknown_variables

if TYPE_CHECKING:
    from libretranslate_py.packages.installer import Installer, Outcome
    from libretranslate_py.packages.package import Package
    from libretranslate_py.services import Services

ENV_FILE = Path(".env")

# Requests that need no translation are answered by these, however many translations are in flight.
_SPARE_THREADS = 16
_LEAST_IN_FLIGHT = 128


# --- libretranslate ---------------------------------------------------------------------------------------------------


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
        help_text = option.help + (" Not available yet." if option.not_yet else "") + shown
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
    with _errors_as_one_line("libretranslate"):
        settings = load(given, os.environ, ENV_FILE)
        _set_up_log(settings)
        for unknown in unknown_variables([*os.environ, *read_env_file(ENV_FILE).values]):
            meant = f"; did you mean {unknown.nearest}?" if unknown.nearest else ""
            logging.getLogger(__name__).warning("%s means nothing here%s", unknown.name, meant)
        _serve(settings)


def _serve(settings: Settings) -> NoReturn:
    # Flask and CTranslate2 are not needed to show a help text or an error in the settings.
    from libretranslate_py.services import build
    from libretranslate_py.web.app import create_app
    from libretranslate_py.web.guard import Admission
    from libretranslate_py.web.options import WebOptions
    from libretranslate_py.web.server import serve as serve_http

    services = build(settings, os.environ)
    admission = Admission(settings.queue_limit)
    options = WebOptions(
        char_limit=settings.char_limit,
        batch_limit=settings.batch_limit,
        alternatives_limit=settings.alternatives_limit,
        max_body=settings.max_body,
        metrics=settings.metrics,
        metrics_auth_token=settings.metrics_auth_token,
        trusted_proxies=tuple(str(network) for network in settings.trusted_proxies),
        trusted_hops=settings.trusted_hops if settings.trusted_proxies else 0,
        debug=settings.debug,
    )

    def announce(url: str) -> None:
        logging.getLogger(__name__).info("libretranslate-py %s is listening on %s", __version__, url)
        services.start()

    serve_http(
        create_app(_Served(services, admission), options),
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


@dataclass(frozen=True)
class _Served:
    """What the web layer is given."""

    services: Services
    admission: Any

    @property
    def translator(self) -> Any:
        return self.services.translator

    @property
    def glossaries(self) -> Any:
        return self.services.glossaries

    def queue_stats(self) -> dict[str, float]:
        return self.services.queue_stats() | {"requests_translating": self.admission.in_flight}


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


@contextmanager
def _errors_as_one_line(program: str) -> Iterator[None]:
    """An error of ours becomes one line on the terminal: status 2 for a setting, 1 for anything else."""
    try:
        yield
    except SettingsError as error:
        print(f"{program}: {error}", file=sys.stderr)
        raise SystemExit(2) from error
    except ProjectError as error:
        print(f"{program}: {error}", file=sys.stderr)
        raise SystemExit(1) from error


# --- ltmanage ---------------------------------------------------------------------------------------------------------


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--packages-dir", metavar="PATH", help="Folder of the packages.")
@click.option("--index-url", metavar="URL", help="List of the packages that can be installed.")
@click.option("--glossaries-dir", metavar="PATH", help="Folder of the stored glossaries.")
@click.version_option(__version__, prog_name="ltmanage")
@click.pass_context
def _manage(context: click.Context, /, **given: str | None) -> None:
    """Looks after packages and glossaries of libretranslate, and translates on the terminal."""
    context.obj = load(given, os.environ, ENV_FILE)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    # Progress goes to the terminal as a bar and anywhere else as a line now and then.
    logging.getLogger("libretranslate_py.packages").setLevel(logging.WARNING if sys.stderr.isatty() else logging.INFO)


def manage() -> None:
    """The program ``ltmanage``."""
    with _errors_as_one_line("ltmanage"):
        _manage(prog_name="ltmanage")


class _BarProgress:
    """A bar on the terminal for one download."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._done = 0

    def start(self, label: str, total: int | None) -> None:
        self.finish()
        self._bar = click.progressbar(length=total or 0, label=label, file=sys.stderr)
        self._bar.__enter__()
        self._done = 0

    def advance(self, done: int) -> None:
        if self._bar:
            self._bar.update(max(0, done - self._done))
            self._done = done

    def finish(self) -> None:
        if self._bar:
            self._bar.__exit__(None, None, None)
            self._bar = None


def _installer(settings: Settings) -> Installer:
    from libretranslate_py.packages.installer import LogProgress
    from libretranslate_py.services import build_installer, build_store

    progress: Callable[[], Any] = _BarProgress if sys.stderr.isatty() else LogProgress
    return build_installer(settings, build_store(settings, os.environ), os.environ, progress)


@_manage.group("models")
def _models() -> None:
    """Language packages: list, install, update, remove."""


@_models.command("list")
@click.pass_obj
def _list_models(settings: Settings) -> None:
    """The installed packages, and what is wrong in their folder."""
    catalogue = (store := _installer(settings).store).read()
    for package in catalogue.packages:
        print(f"{package.name:<22} {package.version:<8} {_notes(package, package in catalogue.shadowed)}".rstrip())
    for problem in catalogue.problems:
        print(f"{problem.path}: not usable: {problem.reason}", file=sys.stderr)
    if not catalogue.packages:
        print(f"no package is installed in {store.folder}", file=sys.stderr)
        if not store.held_packages() and store.starters().packages:
            print("the server will begin with its small starter packages", file=sys.stderr)
    if any(package.starter for package in catalogue.packages):
        print("\nStarter packages are small: good for short everyday sentences only.")
        print("Full-size ones: ltmanage models update")


def _notes(package: Package, shadowed: bool) -> str:
    names = f"{package.source_name or package.source} -> {package.target_name or package.target}"
    return (
        names + (" (starter)" if package.starter else "") + (" (not served: a higher version is)" if shadowed else "")
    )


@_models.command("available")
@click.pass_obj
def _list_available(settings: Settings) -> None:
    """The packages of the index, with the versions that are installed."""
    installer = _installer(settings)
    installed = installer.store.read().served
    for direction, available in sorted(installer.index.newest().items()):
        own = installed.get(direction)
        note = f"installed: {own.version}" if own else ""
        print(f"{available.name:<22} {available.version:<8} {note}".rstrip())


@_models.command("install")
@click.argument("names", nargs=-1, required=True, metavar="NAME|FILE|FOLDER...")
@click.option("--force", is_flag=True, help="Install again what is installed already.")
@click.pass_obj
def _install(settings: Settings, names: Sequence[str], force: bool) -> None:
    """Install packages: names such as en-es or translate-en_es, .argosmodel files, or folders of them."""
    _report(_installer(settings).install(list(names), force=force))


@_models.command("starter")
@click.pass_obj
def _install_starters(settings: Settings) -> None:
    """Install the small packages that come with the program, where no other is installed; no network is needed."""
    store = _installer(settings).store
    for package in store.install_starters(store.starters().served):
        print(f"installed {package.name} {package.version}")


@_models.command("update")
@click.option("--force", is_flag=True, help="Also install the same versions again.")
@click.pass_obj
def _update(settings: Settings, force: bool) -> None:
    """Replace installed packages, starter packages too, by newer versions of the index."""
    _report(_installer(settings).update(force=force))


@_models.command("remove")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.pass_obj
def _remove(settings: Settings, names: Sequence[str]) -> None:
    """Remove packages; a running server notices within seconds."""
    _report(_installer(settings).remove(list(names)))


@_models.command("verify")
@click.pass_obj
def _verify(settings: Settings) -> None:
    """Load every installed package and translate one sentence with it."""
    bad = 0
    for path, reason in _installer(settings).store.verify():
        print(f"{path.name}: {reason or 'ok'}")
        bad += reason is not None
    raise SystemExit(1 if bad else 0)


def _report(outcome: Outcome) -> None:
    for package in outcome.installed:
        print(f"installed {package.name} {package.version}")
    for package in outcome.removed:
        print(f"removed {package.name} {package.version}")
    for name in outcome.unchanged:
        print(f"unchanged {name}")
    for failure in outcome.failed:
        print(f"failed {failure.name}: {failure.error}", file=sys.stderr)
    if outcome.failed:
        raise SystemExit(1)


_manage.add_command(translate)
_manage.add_command(detect)
_manage.add_command(glossary)


# --- scripts/install_models.py ----------------------------------------------------------------------------------------


@click.command(help="Installs the packages of the index that are missing.")
@click.option("--update", is_flag=True, help="Also replace installed packages by newer versions.")
@click.option("--load_only_lang_codes", default="", metavar="CODES", help="Only these languages, comma separated.")
def _install_models(update: bool, load_only_lang_codes: str) -> None:
    settings = load({"load_only": load_only_lang_codes or None}, os.environ, ENV_FILE)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("filelock").setLevel(logging.WARNING)
    installer = _installer(settings)
    codes = settings.load_only or None
    started = time.monotonic()
    outcomes = [installer.update(codes)] if update else []
    # "--update" alone must not bring a hundred further languages to somebody who wants newer versions of three.
    if codes or not update:
        outcomes.append(installer.install_languages(codes))
    failed = [failure for outcome in outcomes for failure in outcome.failed]
    done = sum(len(outcome.installed) for outcome in outcomes)
    print(f"{done} installed, {len(failed)} failed in {time.monotonic() - started:.0f} s")
    for failure in failed:
        print(f"failed {failure.name}: {failure.error}", file=sys.stderr)
    raise SystemExit(1 if failed else 0)


def install_models(arguments: Sequence[str]) -> int:
    """What scripts/install_models.py does; the exit status."""
    with _errors_as_one_line("install_models.py"):
        _install_models(list(arguments), standalone_mode=False)
    return 0
