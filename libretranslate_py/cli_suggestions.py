"""``ltmanage suggestions``: takes out what people suggested."""

from __future__ import annotations

import json
from pathlib import Path

import click

from libretranslate_py.suggestions import Suggestions


@click.group("suggestions")
def suggestions() -> None:
    """Suggested translations: export."""


@suggestions.command("export")
@click.option("--db-path", metavar="FILE", help="Instead of the server's (--suggestions-db-path).")
@click.pass_context
def _export(context: click.Context, db_path: str | None) -> None:
    """Print all suggestions as JSON lines with the fields q, s, source and target, in UTF-8."""
    path = Path(db_path or context.obj.suggestions_db_path)
    if not path.exists():
        click.echo(f"No such database: {path}", err=True)
        raise SystemExit(1)
    for row in Suggestions(path).rows():
        click.echo(json.dumps(row._asdict(), ensure_ascii=False).encode())
