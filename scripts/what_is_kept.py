#!/usr/bin/env python3
"""Write the answers into docs/what-is-kept.md: send its examples to a running server that has the starter packages.

    scripts/what_is_kept.py [http://127.0.0.1:5000]

An example is in a block "diff": lines with - are the text, those with + the answer, a line "@@ en → es, ... @@" has the
languages and the other fields of the request. Below the block stands what to look for. The test of the page reads it
with the functions of this file.
"""

from __future__ import annotations

import json
import re
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parent.parent / "docs" / "what-is-kept.md"
# What is invisible on the page, and what stands for it there.
SHOWN = {"\t": "⇥", "\r": "␍"}

_BLOCK = re.compile(r"^```diff\n(?P<lines>.*?)^```\n(?:\n(?P<below>[^\n]+)\n)?", re.MULTILINE | re.DOTALL)
_HUNK = re.compile(r"@@ (\w+) → (\w+)(?:, )?(.*) @@\n")
_CODE = re.compile(r"(?<!`)(?P<ticks>`+)(?!`)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)")
_LISTS = re.compile(r"(Kept|Translated|Written): ")


@dataclass(frozen=True, slots=True)
class Example:
    """A request and the answer on the page. kept, translated, written: what is listed below its block."""

    fields: Mapping[str, Any]
    answer: str
    kept: tuple[str, ...]
    translated: tuple[str, ...]
    written: tuple[str, ...]

    @property
    def q(self) -> str:
        text: str = self.fields["q"]
        return text

    def faults(self, answer: str) -> list[str]:
        """What is not in ``answer`` as it should be."""
        found = [
            f"{part!r}: {self.q.count(part)} became {answer.count(part)}"
            for part in self.kept
            if part in self.q and self.q.count(part) != answer.count(part)
        ]
        found += [f"{part!r} is not translated" for part in self.translated if part in self.q and part in answer]
        if lines(self.q) != lines(answer):
            found.append(f"lines begin or end otherwise: {lines(self.q)} became {lines(answer)}")
        return found


def lines(text: str) -> list[str]:
    """The white space that each line begins with, and its end."""
    return [re.sub(r"\S.*\S|\S", "", line) for line in text.splitlines(keepends=True)]


def code_spans(markdown: str) -> list[str]:
    """What stands between backticks, with the invisible characters that are shown there."""
    return [_plain(_unpadded(match["code"])) for match in _CODE.finditer(markdown)]


def read_examples(page: str) -> list[list[Example]]:
    """The examples of each block. Raises ValueError for a block that is not written as it should be."""
    return [list(_read_block(match)) for match in _BLOCK.finditer(page)]


def fill_in(page: str, ask: Callable[[Mapping[str, Any]], str]) -> str:
    """``page`` with the answers that ``ask`` gives to the fields of a request."""

    def fill(block: re.Match[str]) -> str:
        written = []
        for fields, head, _ in _split(block["lines"]):
            written.append(head + _marked("+", ask(fields)))
        return block.group().replace(block["lines"], "".join(written), 1)

    return _BLOCK.sub(fill, page)


def _read_block(block: re.Match[str]) -> Iterator[Example]:
    _, *listed = _LISTS.split(block["below"] or "")
    lists = {name: tuple(code_spans(text)) for name, text in zip(listed[::2], listed[1::2], strict=True)}
    if "Kept" not in lists:
        raise ValueError(f"nothing is listed below {block['lines']}")
    for fields, _, answer in _split(block["lines"]):
        yield Example(fields, answer, lists["Kept"], lists.get("Translated", ()), lists.get("Written", ()))


def _split(block: str) -> Iterator[tuple[dict[str, Any], str, str]]:
    """For each example its fields, everything in front of its answer as it stands there, and the answer."""
    options: dict[str, Any] = {}
    for part in re.finditer(r"(@@.*\n)?((?:-.*\n)+)((?:\+.*\n)+)|.+\n?", block):
        if part[2] is None:
            raise ValueError(f"neither a text nor an answer: {part.group()}")
        if part[1]:
            hunk = _HUNK.fullmatch(part[1])
            if hunk is None:
                raise ValueError(f"not '@@ en → es, ... @@': {part[1]}")
            options = {"source": hunk[1], "target": hunk[2], **json.loads(f"{{{hunk[3]}}}")}
        yield {**options, "q": _unmarked(part[2])}, (part[1] or "") + part[2], _unmarked(part[3])


def _marked(mark: str, text: str) -> str:
    for character, shown in SHOWN.items():
        text = text.replace(character, shown)
    return "".join(f"{mark} {line}".rstrip() + "\n" for line in text.split("\n"))


def _unmarked(marked: str) -> str:
    return _plain("\n".join(line[2:] for line in marked.removesuffix("\n").split("\n")))


def _plain(text: str) -> str:
    for character, shown in SHOWN.items():
        text = text.replace(shown, character)
    return text


def _unpadded(code: str) -> str:
    """Without the spaces that keep a backtick apart from those around it."""
    return code[1:-1] if code.startswith(" `") and code.endswith("` ") else code


def main() -> None:
    url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:5000"

    def ask(fields: Mapping[str, Any]) -> str:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{url}/translate", json.dumps(fields).encode(), headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            text: str = json.loads(answer.read())["translatedText"]
            return text

    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(fill_in(page, ask), encoding="utf-8")
    for example in (example for block in read_examples(PAGE.read_text(encoding="utf-8")) for example in block):
        for fault in example.faults(example.answer):
            print(f"{example.q!r}: {fault}", file=sys.stderr)


if __name__ == "__main__":
    main()
