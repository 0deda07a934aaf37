"""Cases with what is expected of them, and whether an answer is as expected. The tests use them as well.

A case is one line of JSON in ``fidelity/*.jsonl``. ``kind`` says which figures it counts for; the fields:

* ``source``, ``target``, ``q`` and, where there are any, ``format``, ``placeholders``, ``glossary``: what is sent
* ``tags``: tag (as it stands in the text, attributes too) -> contents that are right, or a list of such lists for
  several tags that are written alike
* ``order``, ``adjacent``: chains of pieces that come one after the other, in any place or next to each other; a piece
  is a list of words of which one will do
* ``kept``: what occurs in the answer exactly as often as in ``q``; ``absent``: what does not occur
* ``terms``: what a glossary put there, ``times`` of them if that is given
* ``contains``: words that show that something was translated; ``attributes``: the same for the values of attributes
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fidelity_markup import (
    attribute_values,
    bare_text,
    changed_bytes,
    changed_elements,
    changed_nesting,
    content_of,
)

CASES = Path(__file__).resolve().parent / "fidelity"

# Sends the fields of one request and returns ``translatedText``; raises RuntimeError where there is none.
Ask = Callable[[Mapping[str, Any]], Any]

_LIST = 25
_EDGES = " \t\n\r\u00a0\u202f.,;:!?¡¿«»\"'“”()…"
_LINE_END = re.compile(r"(\r\n|\r|\n)")
_LEAD = re.compile(r"\s*(?:(?:[-*+•◦·–—>#|]+|\d+(?:\.\d+)*[.)]?-?|\w[.)]|[ivx]+[.)]|\[[ xX]?\])\s+)*")
_RUN = re.compile(r"[ \t]*[|\t][ \t|]*| {2,}")


@dataclass(frozen=True, slots=True)
class Target:
    """A figure: what it says, the least share of right ones, and the kind of thing it counts."""

    says: str
    least: float | None


FIGURES = {
    "html bytes": Target("html: every byte as it was outside of what is translated", 1.0),
    "html nesting": Target("html: elements have the parents that they had, no new errors (html5lib)", 1.0),
    "html markup": Target("html: no text became markup", 1.0),
    "html words": Target("html: the tag is on the right word", 0.9),
    "placeholders kept": Target("placeholders: kept exactly once", 1.0),
    "placeholders place": Target("placeholders: between the right words, apart from them", None),
    "glossary present": Target("glossary: the term is there", 0.99),
    "glossary place": Target("glossary: the term is in the right place", 0.95),
    "plain separators": Target("plain text: separators identical", 1.0),
    "translated": Target("attributes, arms of plurals, the text around what is kept: translated", None),
}


@dataclass(frozen=True, slots=True)
class Case:
    """One text. fields: what is sent. expected: the other members of its line."""

    id: str
    kind: str
    fields: Mapping[str, Any]
    expected: Mapping[str, Any]

    @property
    def q(self) -> str:
        text: str = self.fields["q"]
        return text


@dataclass(frozen=True, slots=True)
class Answer:
    """output: what the server made of the case; bare: what it makes of the text without tags, where that is needed.

    error: why there is no output.
    """

    case: Case
    output: str
    bare: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. right: None where the model did not say the word that is looked for."""

    figure: str
    case: Case
    output: str
    right: bool | None
    detail: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A share over all findings that could be answered."""

    name: str
    right: int
    wrong: int
    unanswerable: int

    @property
    def share(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def reached(self) -> bool:
        least = FIGURES[self.name].least
        return self.right > 0 and (least is None or self.share >= least)


def read_cases(folder: Path = CASES) -> list[Case]:
    """All cases, in the order of the names of their files. Raises ValueError for two with the same id."""
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text("utf-8").split("\n") if line]
    cases = [_read_case(json.loads(line)) for line in lines]
    if len({case.id for case in cases}) != len(cases):
        raise ValueError("two cases have the same id")
    return cases


def ask_all(cases: Sequence[Case], ask: Ask, progress: Callable[[str], None] = lambda _: None) -> list[Answer]:
    """Sends everything, several texts in a request where their options are the same; in the order of ``cases``."""
    outputs = _ask_in_lists([case.fields for case in cases], ask, progress)
    worded = [case for case in cases if "tags" in case.expected or "contains" in case.expected]
    asked = [_bare_fields(case) for case in worded]
    bares = dict(zip((case.id for case in worded), _ask_in_lists(asked, ask, progress), strict=True))
    return [
        Answer(case, output, bares.get(case.id, ("", ""))[0], error)
        for case, (output, error) in zip(cases, outputs, strict=True)
    ]


def look_at(answers: Iterable[Answer]) -> list[Finding]:
    """Everything that is wrong or right in the answers."""
    return [finding for answer in answers for finding in _look_at(answer)]


def summarise(findings: Sequence[Finding]) -> list[Figure]:
    figures = []
    for name in FIGURES:
        own = [finding.right for finding in findings if finding.figure == name]
        figures.append(Figure(name, own.count(True), own.count(False), own.count(None)))
    return figures


def separators(text: str) -> list[str]:
    """Line ends, indentation and list markers, runs of spaces, tabs and bars, in their order."""
    found = []
    for part in _LINE_END.split(text):
        if _LINE_END.fullmatch(part) or not any(character.isalpha() for character in part):
            found.append(part)
            continue
        lead = _LEAD.match(part)
        end = lead.end() if lead else 0
        body = part[end:].rstrip()
        found += [part[:end], *_RUN.findall(body), part[end + len(body) :]]
    return found


def normalise(text: str) -> str:
    """Small letters, one kind of space and of apostrophe, nothing but words at the edges."""
    return re.sub(r"\s+", " ", text.lower().replace("\u2019", "'")).strip(_EDGES)


def _read_case(line: Mapping[str, Any]) -> Case:
    sent = {name: line[name] for name in ("source", "target", "q", "placeholders", "glossary") if name in line}
    sent["format"] = line.get("format", "html" if line["kind"] == "html" else "text")
    expected = {name: value for name, value in line.items() if name not in (*sent, "id", "kind")}
    return Case(line["id"], line["kind"], sent, expected)


def _bare_fields(case: Case) -> dict[str, Any]:
    text = bare_text(case.q) if case.fields["format"] == "html" else case.q
    return {**case.fields, "q": text or " ", "format": "text"}


def _ask_in_lists(
    wanted: Sequence[Mapping[str, Any]], ask: Ask, progress: Callable[[str], None]
) -> list[tuple[str, str]]:
    """The output and the error of each."""
    alike: dict[str, list[int]] = {}
    for number, fields in enumerate(wanted):
        options = {name: value for name, value in fields.items() if name != "q"}
        alike.setdefault(json.dumps(options, sort_keys=True), []).append(number)
    answered: dict[int, tuple[str, str]] = {}
    for numbers in alike.values():
        for start in range(0, len(numbers), _LIST):
            few = numbers[start : start + _LIST]
            answered |= zip(few, _ask_for([wanted[number] for number in few], ask), strict=True)
            progress(f"{len(answered)} of {len(wanted)} texts")
    return [answered[number] for number in range(len(wanted))]


def _ask_for(few: Sequence[Mapping[str, Any]], ask: Ask) -> list[tuple[str, str]]:
    """One request for all; where that fails one for each, so that one text does not take the others with it."""
    try:
        return [(output, "") for output in ask({**few[0], "q": [fields["q"] for fields in few]})]
    except RuntimeError as error:
        if len(few) == 1:
            return [("", str(error))]
    return [_ask_for([fields], ask)[0] for fields in few]


def _look_at(answer: Answer) -> Iterator[Finding]:
    case = answer.case
    if answer.error:
        yield from (Finding(name, case, "", False, answer.error) for name in _figures_of(case))
        return
    if case.fields["format"] == "html":
        for name, change in (
            ("html bytes", changed_bytes),
            ("html nesting", changed_nesting),
            ("html markup", changed_elements),
        ):
            problems = change(case.q, answer.output)
            yield Finding(name, case, answer.output, not problems, "; ".join(problems))
    for check in (_check_kept, _check_edges, _check_absent, _check_tags, _check_order, _check_terms, _check_words):
        yield from check(answer)
    if case.kind == "plain":
        before, after = separators(case.q), separators(answer.output)
        yield Finding("plain separators", case, answer.output, before == after, f"{before} became {after}")


def _figures_of(case: Case) -> list[str]:
    """The figures with a target that a case counts for."""
    names = [name for name in FIGURES if name.startswith("html")] if case.fields["format"] == "html" else []
    own = {"placeholder": ["placeholders kept"], "glossary": ["glossary present"], "plain": ["plain separators"]}
    return names + own.get(case.kind, [])


def _check_kept(answer: Answer) -> Iterator[Finding]:
    figures = {"html": "html bytes", "plain": "plain separators"}
    figure = figures.get(answer.case.kind, "placeholders kept")
    for piece in answer.case.expected.get("kept", ()):
        before, after = answer.case.q.count(piece), answer.output.count(piece)
        yield Finding(figure, answer.case, answer.output, before == after, f"{piece!r}: {before} became {after}")


def _check_edges(answer: Answer) -> Iterator[Finding]:
    """A piece that stands apart from the words around it still does; only an opening mark may be new before it."""
    if answer.case.kind != "placeholder":
        return
    for piece in answer.case.expected.get("kept", ()):
        before = _neighbours(answer.case.q, piece)
        after = _neighbours(answer.output, piece)
        glued = [
            left + piece + right
            for left, right in after
            if (all(one.isspace() or not one for one, _ in before) and left and not re.match(r"[\s¡¿(\"«“'’>]", left))
            or (not any(one.isalnum() for _, one in before) and right.isalnum())
        ]
        if before and after and piece.strip():
            yield Finding("placeholders place", answer.case, answer.output, not glued, f"no space: {glued}")


def _neighbours(text: str, piece: str) -> list[tuple[str, str]]:
    """The characters before and behind each ``piece``, empty at an end of the text."""
    return [
        (text[max(0, found.start() - 1) : found.start()], text[found.end() : found.end() + 1])
        for found in re.finditer(re.escape(piece), text)
    ]


def _check_absent(answer: Answer) -> Iterator[Finding]:
    figures = {"html": "html markup", "glossary": "glossary place"}
    figure = figures.get(answer.case.kind, "translated")
    for piece in answer.case.expected.get("absent", ()):
        found = _find(answer.output, [piece]) is not None
        yield Finding(figure, answer.case, answer.output, not found, f"{piece!r} should not be there")


def _check_tags(answer: Answer) -> Iterator[Finding]:
    case = answer.case
    figure = "glossary place" if case.kind == "glossary" else "html words"
    said = " ".join((answer.bare, bare_text(answer.output)))
    for opening, accepted in case.expected.get("tags", {}).items():
        several = accepted if isinstance(accepted[0], list) else [accepted]
        contents = [normalise(content) for content in content_of(answer.output, opening)]
        for words in several:
            content = next((one for one in contents if one in map(normalise, words)), None)
            if content is not None:
                contents.remove(content)
            right = True if content is not None else (False if _find(said, words) else None)
            yield Finding(figure, case, answer.output, right, f"<{opening}> around {contents}, not {words}")


def _check_order(answer: Answer) -> Iterator[Finding]:
    figures = {"glossary": "glossary place", "placeholder": "placeholders place"}
    figure = figures.get(answer.case.kind, "html words")
    for name, between in (("order", ".*?"), ("adjacent", r"[^\w%{}]{0,3}")):
        for chain in answer.case.expected.get(name, ()):
            pattern = between.join(_any_of(words) for words in chain)
            found = re.search(pattern, _flat(answer.output), re.DOTALL) is not None
            said = all(_find(answer.output, words) for words in chain)
            yield Finding(
                figure, answer.case, answer.output, True if found else (False if said else None), f"{name} of {chain}"
            )


def _check_terms(answer: Answer) -> Iterator[Finding]:
    glossary = answer.case.fields.get("glossary", {})
    for wanted in answer.case.expected.get("terms", ()):
        terms = wanted["term"] if isinstance(wanted["term"], list) else [wanted["term"]]
        if glossary.get(terms[0], "") is None:
            count = answer.output.count(terms[0])
        else:
            count = len(re.findall(_any_of(terms), _flat(answer.output)))
        right = count == wanted["times"] if "times" in wanted else count > 0
        yield Finding("glossary present", answer.case, answer.output, right, f"{terms}: found {count} times")


def _check_words(answer: Answer) -> Iterator[Finding]:
    case = answer.case
    for words in case.expected.get("contains", ()):
        right = _find(answer.output, words) is not None
        said = right or _find(answer.bare, words) is not None
        yield Finding("translated", case, answer.output, right if said else None, f"none of {words}")
    for name, words in case.expected.get("attributes", {}).items():
        values = attribute_values(answer.output, name)
        right = any(_find(value, words) for value in values)
        yield Finding("translated", case, answer.output, right, f"{name} is {values}, not with any of {words}")


def _flat(text: str) -> str:
    return re.sub(r"[ \u00a0\u202f]+", " ", text.lower().replace("\u2019", "'"))


def _any_of(words: Sequence[str]) -> str:
    return f"(?:{'|'.join(map(_bounded, words))})"


def _bounded(words: str) -> str:
    """A pattern for the words, whole ones where a word stands at the edge."""
    flat = _flat(words)
    before, after = (r"(?<!\w)" if flat[0].isalnum() else ""), (r"(?!\w)" if flat[-1].isalnum() else "")
    return before + re.escape(flat) + after


def _find(text: str, words: Sequence[str]) -> re.Match[str] | None:
    return re.search(_any_of(words), _flat(text))
