"""Fields of a word processor file: code that is computed, and what came of it, between marks in the row of runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from libretranslate_py.documents.xml_parts import Element, local

# Their results are text that somebody wrote. Others are numbers, names, dates, or made anew when the file is opened.
_WRITTEN = frozenset(("HYPERLINK", "TOC", "INDEX", "FORMTEXT", "QUOTE", "BIBLIOGRAPHY"))


@dataclass(frozen=True, slots=True, eq=False)
class Atom:
    """One thing in a paragraph; ``run`` is the run that it is in, if any."""

    element: Element
    run: Element | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """before: up to the mark in front of the result; after: the end mark. start, stop: the numbers of the result."""

    before: Sequence[Atom]
    after: Sequence[Atom]
    start: int
    stop: int
    code: str

    @property
    def is_written(self) -> bool:
        """Whether the result is translated."""
        return is_written(self.code)


def is_written(code: str) -> bool:
    """Whether the result of a field with this code is text to translate."""
    return code.split(maxsplit=1)[:1] != [] and code.split(maxsplit=1)[0].upper() in _WRITTEN


class Fields:
    """The fields among ``atoms``, nested as they may be; found in linear time."""

    def __init__(self, atoms: Sequence[Atom]) -> None:
        self.atoms = atoms
        # The number of the atom that begins a field -> those that separate and end it, where there are such.
        self._separators: dict[int, int] = {}
        self._ends: dict[int, int] = {}
        stack: list[int] = []
        for number, atom in enumerate(atoms):
            kind = _kind(atom.element)
            if kind == "begin":
                stack.append(number)
            elif kind == "separate" and stack:
                self._separators.setdefault(stack[-1], number)
            elif kind == "end" and stack:
                self._ends[stack.pop()] = number

    def groups(self, start: int = 0, stop: int | None = None) -> Iterator[Atom | Field]:
        """Yield the atoms of a range and, in the place of theirs, the outermost fields in it.

        Of a field that does not end here, what is before its result is a field by itself.
        """
        stop = len(self.atoms) if stop is None else stop
        number = start
        while number < stop:
            atom = self.atoms[number]
            if _kind(atom.element) != "begin":
                yield atom
                number += 1
                continue
            end, separator = self._ends.get(number), self._separators.get(number)
            if end is None:
                result = stop if separator is None else separator + 1
                yield Field(self.atoms[number:result], (), result, result, "")
                number = result
                continue
            result = end if separator is None else separator + 1
            before = self.atoms[number:result]
            yield Field(before, self.atoms[end : end + 1], result, end, _code(before))
            number = end + 1


def _kind(element: Element) -> str:
    if local(element) != "fldChar":
        return ""
    return next((value for name, value in element.items() if name.endswith("fldCharType")), "")


def _code(atoms: Sequence[Atom]) -> str:
    """What the field computes; of nested fields in it, only the first word counts anyway."""
    return "".join(atom.element.text or "" for atom in atoms if local(atom.element) == "instrText")
