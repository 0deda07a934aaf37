"""The content of a source of XLIFF as a piece: words, and elements that stand for tags and placeholders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from libretranslate_py.documents.document import Piece
from libretranslate_py.documents.xliff_lexer import Sort, Token
from libretranslate_py.errors import UnreadableFile
from libretranslate_py.text import markup
from libretranslate_py.text.markup_attributes import weave
from libretranslate_py.text.markup_characters import decode_text
from libretranslate_py.text.markup_runs import edit_run
from libretranslate_py.text.markup_spans import Item, Role

_CDATA = ("<![CDATA[", "]]>")
# Elements around words.
_PAIRS = frozenset({"g", "mrk", "pc"})
# Elements that stand for a placeholder or a tag; what is in them is code.
_PLACEHOLDERS = frozenset({"x", "ph"})


# Nobody translates more at a time, and each line and element of a unit takes its time.
_LONGEST_UNIT = 200_000


def source_piece(text: str, inside: tuple[int, int], tokens: Sequence[Token]) -> tuple[Piece, str]:
    """Return ``text[inside]``, which consists of ``tokens``, as a piece, and the form in which it is written, with %s.

    A string that is written as ``%s`` is still to be escaped.
    """
    start, end = inside
    if end - start > _LONGEST_UNIT:
        raise UnreadableFile(f"it has a unit of more than {_LONGEST_UNIT} characters")
    raw = text[start:end]
    if len(tokens) == 1 and tokens[0].sort is Sort.DATA:
        data = raw[len(_CDATA[0]) : -len(_CDATA[1])]
        piece: Piece = markup.extract(data, source="en", target="en", attributes=False) if "<" in data else data
        return piece, "%s".join(_CDATA)
    if all(token.sort is Sort.TEXT for token in tokens) and "&" not in raw:
        return raw, "%s"
    edits = [edit for run in _runs(text, tokens) if run for edit in edit_run(text, run, keep_spaces=False)]
    return weave(text, start, end, edits), "%s"


def _runs(text: str, tokens: Sequence[Token]) -> Iterator[list[Item]]:
    """Yield what lies between the edges of segments and lines."""
    run: list[Item] = []
    # Whether each open element is a segment: these hold everything, and are in nothing but each other.
    open_segments: list[bool] = []
    for number, end in _elements(tokens):
        token, is_edge = tokens[number], False
        if token.sort is Sort.START and end == number + 1:
            is_edge = token.local == "mrk" and token.values().get("mtype") == "seg"
            open_segments.append(is_edge)
        elif token.sort is Sort.END:
            is_edge = open_segments.pop()
        lines = list(_lines(text, token)) if token.sort is Sort.TEXT else []
        if is_edge:
            yield run
            run = []
        elif not lines:
            run.append(_item(text, tokens, number, end))
        for line in lines:
            run.append(line)
            if line.text[-1] in "\r\n":
                yield run
                run = []
    yield run


def _elements(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Yield the tokens one by one, elements of code and protected ones as one, with the number behind each."""
    number = 0
    while number < len(tokens):
        token = tokens[number]
        end = number + 1
        if token.sort is Sort.START and (token.local not in _PAIRS or _is_protected(token)):
            depth = 1
            while depth and end < len(tokens):
                depth += {Sort.START: 1, Sort.END: -1}.get(tokens[end].sort, 0)
                end += 1
        yield number, end
        number = end


def _item(text: str, tokens: Sequence[Token], number: int, end: int) -> Item:
    token, last = tokens[number], tokens[end - 1].end
    if token.sort is Sort.START and end == number + 1:
        return Item(token.start, last, Role.OPEN, "g")
    if token.sort is Sort.END:
        return Item(token.start, last, Role.CLOSE, "g")
    before, after = text[token.start - 1], text[last : last + 1]
    is_word = token.local in _PLACEHOLDERS and before in " >([\"'" and after in " .,;:!?<)]\"'"
    if is_word or token.sort is Sort.DATA or _is_protected(token):
        return Item(token.start, last, Role.NAME, "x", "x")
    return Item(token.start, last, Role.MARK, "x")


def _is_protected(token: Token) -> bool:
    if token.local != "mrk" or token.sort is not Sort.START:
        return False
    values = token.values()
    return values.get("mtype") == "protected" or values.get("translate") == "no"


def _lines(text: str, token: Token) -> Iterator[Item]:
    start = token.start
    for line in text[token.start : token.end].splitlines(keepends=True):
        yield Item(start, start + len(line), Role.TEXT, "", decode_text(line))
        start += len(line)
