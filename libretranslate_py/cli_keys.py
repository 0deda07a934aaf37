"""``ltmanage keys``: looks after the file with the API keys. Prints what LibreTranslate's does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import click

from libretranslate_py.access.key_file import WINDOWS, KeyFile, Quotas, Row

# Where keys are kept if nobody says where. That no file is there yet only means that nobody added a key.
_DEFAULT_PATH = "db/api_keys.db"
_NUMBER = click.IntRange(-(2**31), 2**31 - 1)
_QUOTA = re.compile(r"(?P<amount>[0-9]{1,15})(?:/(?P<window>minute|hour|day))?", re.ASCII)


def _parse_quotas(context: click.Context, option: click.Parameter, values: Sequence[str]) -> Quotas:
    quotas: dict[str, int] = {}
    for value in values:
        found = _QUOTA.fullmatch(value)
        if found is None:
            raise click.BadParameter(f"{value!r} is not a number of characters, alone or with /{', /'.join(WINDOWS)}.")
        window = found["window"] or "day"
        if window in quotas:
            raise click.BadParameter(f"there are two for a {window}.")
        quotas[window] = int(found["amount"])
    return tuple((quotas[window], window) for window in WINDOWS if window in quotas)


@click.group("keys", invoke_without_command=True)
@click.option("--api-keys-db-path", metavar="FILE", help="File with the API keys, instead of the server's.")
@click.pass_context
def keys(context: click.Context, api_keys_db_path: str | None) -> None:
    """API keys: list (without a command), add, remove. A running server notices within a second."""
    path = api_keys_db_path or str(context.obj.api_keys_db_path)
    file = KeyFile(Path(path))
    if context.invoked_subcommand != "add" and (api_keys_db_path or path != _DEFAULT_PATH) and not file.exists():
        click.echo(f"No such database: {path}")
        raise SystemExit(1)
    context.obj = file
    if context.invoked_subcommand is None:
        _list(file)


def _list(file: KeyFile) -> None:
    rows = file.list()
    for row in rows:
        click.echo(f"{_shown(row.api_key)}: {row.req_limit}{_notes(row)}")
    if not rows:
        click.echo("There are no API keys")


# Unknown options are arguments: a limit may be negative, and a key may begin with a hyphen.
@keys.command("add", context_settings={"ignore_unknown_options": True})
@click.argument("req_limit", metavar="N", type=_NUMBER)
@click.option("--key", metavar="KEY", help="Instead of a new random one; if it is there, it is replaced.")
@click.option("--char-limit", metavar="C", type=_NUMBER, help="Most characters of one text, instead of the server's.")
@click.option(
    "--char-quota",
    "char_quotas",
    metavar="C[/WINDOW]",
    callback=_parse_quotas,
    multiple=True,
    help="Most characters per minute, hour or day (without a window: per day); one for each window.",
)
@click.option("--disabled", is_flag=True, help="Refuse the key until it is added without this.")
@click.pass_obj
def _add(
    file: KeyFile, req_limit: int, key: str | None, char_limit: int | None, char_quotas: Quotas, disabled: bool
) -> None:
    """Add a key that allows N requests per minute (negative: no limit) and print it."""
    click.echo(file.add(req_limit, key, char_limit, char_quotas, disabled))


@keys.command("remove", context_settings={"ignore_unknown_options": True})
@click.argument("key")
@click.pass_obj
def _remove(file: KeyFile, key: str) -> None:
    """Remove KEY and print it, also where it is unknown."""
    file.remove(key)
    click.echo(key)


def _notes(row: Row) -> str:
    notes = [f"{amount} characters/{window}" for amount, window in row.char_quotas]
    notes += ["disabled"] if row.disabled else []
    return f" [{', '.join(notes)}]" if notes else ""


def _shown(api_key: bytes) -> str:
    # Whoever made the file may have put there what a terminal takes for commands.
    text = api_key.decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
