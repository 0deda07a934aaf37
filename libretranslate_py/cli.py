"""``ltmanage`` looks after packages, glossaries, keys and suggestions, and translates; ``serve`` is in cli_serve.py."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from libretranslate_py import __version__
from libretranslate_py.cli_errors import errors_as_one_line
from libretranslate_py.cli_glossary import glossary
from libretranslate_py.cli_keys import keys
from libretranslate_py.cli_serve import serve
from libretranslate_py.cli_suggestions import suggestions
from libretranslate_py.cli_translate import detect, translate
from libretranslate_py.settings import ENV_FILE, Settings, load

if TYPE_CHECKING:
    from libretranslate_py.packages.installer import Installer, Outcome
    from libretranslate_py.packages.package import Package

__all__ = ["install_models", "manage", "serve"]


# --- ltmanage ---------------------------------------------------------------------------------------------------------


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--packages-dir", metavar="PATH", help="Folder of the packages.")
@click.option("--index-url", metavar="URL", help="List of the packages that can be installed.")
@click.option("--glossaries-dir", metavar="PATH", help="Folder of the stored glossaries.")
@click.version_option(__version__, prog_name="ltmanage")
@click.pass_context
def _manage(context: click.Context, /, **given: str | None) -> None:
    """Looks after packages, glossaries and API keys of libretranslate, and translates on the terminal."""
    context.obj = load(given, os.environ, ENV_FILE)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    # Progress goes to the terminal as a bar and anywhere else as a line now and then.
    logging.getLogger("libretranslate_py.packages").setLevel(logging.WARNING if sys.stderr.isatty() else logging.INFO)


def manage() -> None:
    """The program ``ltmanage``."""
    with errors_as_one_line("ltmanage"):
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
_manage.add_command(keys)
_manage.add_command(suggestions)


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
    with errors_as_one_line("install_models.py"):
        _install_models(list(arguments), standalone_mode=False)
    return 0
