"""``ltmanage glossary``: looks after the folder of stored glossaries."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from libretranslate_py.errors import FaultyGlossary, GlossaryError, InvalidParameter, UnknownGlossary
from libretranslate_py.glossaries import (
    ID_ACCEPTED,
    LARGEST_FILE,
    PAIR_ACCEPTED,
    Name,
    glossaries_folder,
    is_id,
    list_files,
    parse_direction,
    read_file,
    read_terms,
    remove_files,
    write_file,
)
from libretranslate_py.glossaries_format import FORMS, write_lines
from libretranslate_py.languages import Direction


@click.group("glossary")
@click.pass_context
def glossary(context: click.Context) -> None:
    """Stored glossaries: list, show, add, remove, check."""
    context.obj = glossaries_folder(context.obj.glossaries_dir, os.environ)


@glossary.command("list")
@click.pass_obj
def _list(folder: Path) -> None:
    """The stored glossaries, and what is wrong in their folder."""
    listing = list_files(folder)
    for name, path in listing.files.items():
        try:
            terms = read_file(path)
        except GlossaryError as error:
            print(error, file=sys.stderr)
        else:
            print(f"{name.glossary_id:<22} {_pair(name.direction):<8} {_count(len(terms))}")
    for file_name, reason in listing.problems.items():
        print(f"{file_name!r} is not a usable glossary: {reason}", file=sys.stderr)
    if not listing.files:
        print(f"no glossary is stored in {folder}", file=sys.stderr)


@glossary.command("show")
@click.argument("glossary_id", metavar="ID")
@click.argument("pair", required=False)
@click.pass_obj
def _show(folder: Path, glossary_id: str, pair: str | None) -> None:
    """Print the terms of a glossary, for one PAIR such as en-es or for all of them."""
    direction = _parse_pair(pair) if pair else None
    found = {name: path for name, path in list_files(folder).files.items() if _is_meant(name, glossary_id, direction)}
    if not found:
        raise _unknown(glossary_id, direction)
    for name, path in found.items():
        if direction is None:
            print(f"# {name}")
        print(write_lines(read_file(path)).decode(), end="")


@glossary.command("add")
@click.argument("glossary_id", metavar="ID")
@click.argument("pair")
@click.argument("file")
@click.option("--format", "form", type=click.Choice(FORMS), help="Instead of what the name of the file says.")
@click.pass_obj
def _add(folder: Path, glossary_id: str, pair: str, file: str, form: str | None) -> None:
    """Store FILE (.tsv, .csv, .json, - for the standard input) as what the glossary ID has for PAIR (en-es).

    It takes the place of what was stored there; a running server notices within seconds.
    """
    if not is_id(glossary_id):
        raise InvalidParameter("ID", ID_ACCEPTED)
    name = Name(glossary_id, _parse_pair(pair))
    terms = _read(file, form)
    write_file(folder, name, terms)
    print(f"added {name}: {_count(len(terms))}")


@glossary.command("remove")
@click.argument("glossary_id", metavar="ID")
@click.argument("pair", required=False)
@click.pass_obj
def _remove(folder: Path, glossary_id: str, pair: str | None) -> None:
    """Remove a glossary, for one PAIR or as a whole; a running server notices within seconds."""
    direction = _parse_pair(pair) if pair else None
    removed = remove_files(folder, glossary_id, direction)
    if not removed:
        raise _unknown(glossary_id, direction)
    for name in removed:
        print(f"removed {name}")


@glossary.command("check")
@click.argument("file")
@click.option("--format", "form", type=click.Choice(FORMS), help="Instead of what the name of the file says.")
def _check(file: str, form: str | None) -> None:
    """Read FILE (.tsv, .csv, .json, - for the standard input) as 'add' does, and store nothing."""
    print(f"{file}: {_count(len(_read(file, form)))}, ok")


def _read(file: str, form: str | None) -> dict[str, str | None]:
    """Of several faults each gets a line of its own before FaultyGlossary goes on its way with the first."""
    try:
        if file == "-":
            return read_terms("the standard input", sys.stdin.buffer.read(LARGEST_FILE + 1), form or "")
        extension = Path(file).suffix.lower().removeprefix(".")
        return read_file(Path(file), form or (extension if extension in FORMS else ""))
    except FaultyGlossary as error:
        for fault in error.faults if len(error.faults) > 1 else ():
            print(f"{error.name}: {fault}", file=sys.stderr)
        raise


def _parse_pair(text: str) -> Direction:
    direction = parse_direction(text)
    if direction is None:
        raise InvalidParameter("PAIR", PAIR_ACCEPTED)
    return direction


def _is_meant(name: Name, glossary_id: str, direction: Direction | None) -> bool:
    return name.glossary_id == glossary_id and direction in (None, name.direction)


def _unknown(glossary_id: str, direction: Direction | None) -> UnknownGlossary:
    return UnknownGlossary(str(Name(glossary_id, direction)) if direction else glossary_id)


def _pair(direction: Direction) -> str:
    return f"{direction.source}-{direction.target}"


def _count(number: int) -> str:
    return f"{number} term{'' if number == 1 else 's'}"
