"""The terms of a glossary as files have them: lines with a tab, rows of CSV, a JSON object."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from libretranslate_py.text.glossary import find_fault, normalise

FORMS = ("tsv", "csv", "json")

_COMMENT = "#"
_ESCAPED_COMMENT = "\\#"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file says. ``faults``: a sentence for each line that is wrong, with its number, never with its terms."""

    terms: Mapping[str, str | None]
    faults: tuple[str, ...]


class _Row(NamedTuple):
    place: str
    source: str
    target: str | None
    fault: str = ""


def read_sheet(data: bytes, form: str = "") -> Sheet:
    """The terms in ``data``. ``form`` is one of FORMS; without one, what begins with a brace is JSON, the rest lines.

    Never raises for what stands in ``data``: that is among the faults. White space around terms does not count.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Sheet({}, (f"line {1 + data.count(bytes([10]), 0, error.start)}: not UTF-8",))
    if not form:
        form = "json" if text.lstrip().startswith("{") else "tsv"
    readers = {"tsv": _read_lines, "csv": _read_csv, "json": _read_json}
    return _check(readers[form](text))


def write_lines(terms: Mapping[str, str | None]) -> bytes:
    """The lines that ``read_sheet`` reads as ``terms``; nothing after the tab stands for null."""
    return "".join(f"{_escape(source)}\t{target or ''}\n" for source, target in terms.items()).encode()


def _escape(source: str) -> str:
    return f"\\{source}" if source.startswith(_COMMENT) else source


def _check(rows: Iterable[_Row]) -> Sheet:
    terms: dict[str, str | None] = {}
    faults: list[str] = []
    first: dict[tuple[str, ...], tuple[str, str | None]] = {}
    for row in rows:
        source, target = row.source.strip(), row.target if row.target is None else row.target.strip()
        fault = row.fault or find_fault(source, target)
        if not fault and source.startswith(_ESCAPED_COMMENT):
            fault = f"a term cannot begin with {_ESCAPED_COMMENT}"
        if not fault:
            place, other = first.setdefault(normalise(source), (row.place, target))
            fault = "" if other == target else f"another translation than in {place} for the same term"
        if fault:
            faults.append(f"{row.place}: {fault}")
        else:
            terms.setdefault(source, target)
    return Sheet(terms, tuple(faults))


def _read_lines(text: str) -> Iterator[_Row]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.startswith(_COMMENT):
            continue
        source, _, target = line.partition("\t")
        # Spreadsheets write a tab for each empty column.
        target = target.rstrip("\t\r ")
        fault = "more than two columns" if "\t" in target else ""
        source = source[1:] if source.startswith(_ESCAPED_COMMENT) else source
        yield _Row(f"line {number}", source, target if target.strip() else None, fault)


def _read_csv(text: str) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            source, target, *more = [*row, "", ""]
            fault = "more than two columns" if any(map(str.strip, more)) else ""
            if any(map(str.strip, row)):
                yield _Row(f"line {reader.line_num}", source, target if target.strip() else None, fault)
    except csv.Error as error:
        yield _Row(f"line {reader.line_num}", "", None, f"not CSV: {error}")


class _Pairs(list[tuple[str, object]]):
    """A JSON object with all of its members, also where two have the same name."""


def _read_json(text: str) -> Iterator[_Row]:
    try:
        value = json.loads(text, object_pairs_hook=_Pairs)
    except json.JSONDecodeError as error:
        yield _Row(f"line {error.lineno}", "", None, f"not JSON: {error.msg}")
        return
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, _Pairs):
        yield _Row("line 1", "", None, "not a JSON object of terms")
        return
    for number, (source, target) in enumerate(value, 1):
        if target is None or isinstance(target, str):
            yield _Row(f"term {number}", source, target)
        else:
            yield _Row(f"term {number}", source, None, "neither a text nor null")
