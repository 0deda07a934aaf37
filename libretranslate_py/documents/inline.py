"""A paragraph that its file cuts into runs, as one text with tags, and its translation back as a small tree.

The text of a paragraph is written with ``<g id="3">`` around what has a format of its own and ``<x id="4"/>`` for what
has no words, and goes the way of a line of HTML: sentences stay whole, and tags find their places by alignment.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any

from libretranslate_py.documents.document import Piece
from libretranslate_py.documents.inline_tokens import DEEPEST, Range, Sort, Token, base_styles, join_ranges
from libretranslate_py.errors import UnreadableFile
from libretranslate_py.text.markup_attributes import Edit, has_letters, weave
from libretranslate_py.text.markup_characters import escape_text
from libretranslate_py.text.markup_runs import edit_run
from libretranslate_py.text.markup_spans import Item, Role

# Characters that XML cannot hold.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# What separates columns, or two sentences: it stays as it is, and no sentence goes on behind it.
_GAP = re.compile(r"(?<=[.!?…:;।。]) {2,}| {3,}|[\t\n\r]+")
_TOKEN = re.compile(r'<g id="(\d{1,9})">|(</g>)|<x id="(\d{1,9})"/>')
_REFERENCE = re.compile("&(?:amp|lt|gt|quot|#39);")
_CHARACTERS = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'"}


def legal(text: str) -> str:
    """Return ``text`` without the characters that XML cannot hold."""
    return _ILLEGAL.sub("", text)


# Runs, marks and containers; each takes hundreds of bytes while a document is open.
_MOST_PARTS = 20_000
_SHOWN = {Sort.GAP: "\t", Sort.BREAK: "\n"}


@dataclass(slots=True, eq=False)
class Node:
    """A part of a translated paragraph.

    sort: OPEN for a container with its ``thing``; TEXT for children in another ``style``; else a thing without
    children. style: that of the text among ``children``.
    """

    sort: Sort
    style: Hashable = None
    thing: Any = None
    children: list[str | Node] = field(default_factory=list)


class Paragraph:
    """Filled from start to end with what stands in a paragraph; then ``finish``.

    Text in the style that most of its container has gets no tags, neighbours in one style are one text.
    """

    def __init__(self) -> None:
        self._tokens: list[Token] = []
        self._depth = 0

    def add_text(self, text: str, style: Hashable = None, name: str = "") -> None:
        """``name``: ``sup`` or ``sub`` where the style raises or lowers."""
        if not text:
            return
        last = self._tokens[-1] if self._tokens else None
        if last and last.sort is Sort.TEXT and last.style == style:
            last.text += text
        else:
            self._tokens.append(Token(Sort.TEXT, text, style, name=name))

    def add_mark(self, thing: Any) -> None:
        self._tokens.append(Token(Sort.MARK, thing=thing))

    def begin_range(self, thing: Any, key: Hashable) -> None:
        """A mark from which on, up to the mark that ends the range of this ``key``, words belong to it.

        Both come back exactly once, around the translation of these words if no other range and no container that is
        not all inside or all outside stands against it.
        """
        self._tokens.append(Token(Sort.MARK, thing=thing, key=key))

    def end_range(self, thing: Any, key: Hashable) -> None:
        self._tokens.append(Token(Sort.MARK, thing=thing, key=key, is_end=True))

    def add_name(self, thing: Any, text: str) -> None:
        """Without a letter or digit in ``text`` it is a mark."""
        is_word = any(map(str.isalnum, text))
        self._tokens.append(Token(Sort.NAME if is_word else Sort.MARK, text if is_word else "", thing=thing))

    def add_break(self, thing: Any) -> None:
        self._tokens.append(Token(Sort.BREAK, thing=thing))

    def add_gap(self, thing: Any) -> None:
        self._tokens.append(Token(Sort.GAP, thing=thing))

    def open(self, thing: Any, name: str = "") -> None:
        """What is added until ``close`` is in ``thing``. ``name``: ``a`` for a link."""
        self._depth += 1
        self._tokens.append(Token(Sort.OPEN, thing=thing, name=name))

    def close(self) -> None:
        self._depth -= 1
        self._tokens.append(Token(Sort.CLOSE))

    @property
    def is_deep(self) -> bool:
        """Whether nobody nests containers any deeper."""
        return self._depth >= DEEPEST

    def finish(self) -> Inline | None:
        """Return the paragraph as a piece to translate; None where there is no letter to translate.

        Raises UnreadableFile for one of so many parts that nobody wrote it.
        """
        if len(self._tokens) > _MOST_PARTS:
            raise UnreadableFile(f"it has a paragraph of more than {_MOST_PARTS} parts")
        if not any(token.sort is Sort.TEXT and has_letters(token.text) for token in self._tokens):
            return None
        tokens = join_ranges(self._tokens)
        return _Composer(tokens, base_styles(tokens)).compose()


@dataclass(slots=True, eq=False)
class Inline:
    """piece: for the translator. source: its text with all tags, as it comes back where nothing is translated.

    text: what a reader sees.
    """

    piece: Piece
    source: str
    text: str
    nodes: dict[int, Node]
    style: Hashable

    def parse(self, translation: str) -> Node:
        """Return the translated paragraph. What is lost of it in ``translation`` stands at its end, save styles.

        Takes any text: tags that have no partner, that are unknown or come twice are passed over.
        """
        if isinstance(self.piece, str):
            return Node(Sort.OPEN, self.style, children=[legal(translation)])
        return _Parser(self).parse(translation)


# --- writing ----------------------------------------------------------------------------------------------------------


class _Composer:
    """Writes tokens as markup with items, as ``text/markup_runs.py`` takes them."""

    def __init__(self, tokens: list[Token], bases: dict[int, Hashable]) -> None:
        self._tokens = tokens
        self._bases = bases
        self._parts: list[str] = []
        self._length = 0
        self._items: list[Item] = []
        self._runs: list[list[Item]] = []
        self._nodes: dict[int, Node] = {}
        # Numbers of the tokens that opened, and the name of each.
        self._open: list[tuple[int, str]] = []

    def compose(self) -> Inline | None:
        if all(token.sort is Sort.TEXT and token.style == self._bases[-1] for token in self._tokens):
            text = "".join(token.text for token in self._tokens)
            return Inline(text, text, text, {}, self._bases[-1])
        for number, (token, begins, ends) in enumerate(_styled(self._tokens, self._bases)):
            self._write(number, token, begins, ends)
        self._runs.append(self._items)
        markup = "".join(self._parts)
        edits: list[Edit] = [edit for run in self._runs if run for edit in edit_run(markup, run, keep_spaces=False)]
        if not edits:
            return None
        seen = "".join(token.text or _SHOWN.get(token.sort, "") for token in self._tokens)
        return Inline(weave(markup, 0, len(markup), edits), markup, seen, self._nodes, self._bases[-1])

    def _write(self, number: int, token: Token, begins: bool, ends: bool) -> None:
        key = len(self._nodes)
        if token.sort is Sort.OPEN:
            self._nodes[key] = Node(Sort.OPEN, self._bases[number], token.thing)
            self._open.append((number, token.name or "g"))
            self._add(f'<g id="{key}">', Role.OPEN, token.name or "g")
        elif token.sort is Sort.CLOSE:
            self._add("</g>", Role.CLOSE, self._open.pop()[1])
        elif token.sort is Sort.TEXT:
            name = token.name or "g"
            if begins:
                self._nodes[key] = Node(Sort.TEXT, token.style)
                self._add(f'<g id="{key}">', Role.OPEN, name)
            self._write_text(token.text)
            if ends:
                self._add("</g>", Role.CLOSE, name)
        else:
            self._nodes[key] = Node(token.sort, thing=token.thing)
            self._write_thing(f'<x id="{key}"/>', token)

    def _write_thing(self, tag: str, token: Token) -> None:
        if token.sort is Sort.GAP:
            self._break_off(tag)
        elif token.sort is Sort.NAME:
            self._add(tag, Role.NAME, "field", token.text)
        elif token.sort is Sort.BREAK:
            self._add(tag, Role.BREAK, "br")
        else:
            self._add(tag, Role.MARK, "x")

    def _write_text(self, text: str) -> None:
        position = 0
        for gap in _GAP.finditer(text):
            self._add_text(text[position : gap.start()])
            self._break_off(gap.group())
            position = gap.end()
        self._add_text(text[position:])

    def _add_text(self, text: str) -> None:
        if text:
            self._add(escape_text(text), Role.TEXT, "", text)

    def _add(self, markup: str, role: Role, name: str, text: str = "") -> None:
        self._items.append(Item(self._length, self._length + len(markup), role, name, text))
        self._append(markup)

    def _break_off(self, markup: str) -> None:
        self._runs.append(self._items)
        self._items = []
        self._append(markup)

    def _append(self, markup: str) -> None:
        self._parts.append(markup)
        self._length += len(markup)


def _styled(tokens: list[Token], bases: dict[int, Hashable]) -> Iterator[tuple[Token, bool, bool]]:
    """Yield each token, and whether a style of its own begins and ends with it; marks interrupt no style."""
    containers: list[int] = []
    around: list[int] = []
    for number, token in enumerate(tokens):
        if token.sort is Sort.CLOSE:
            containers.pop()
        around.append(containers[-1] if containers else -1)
        if token.sort is Sort.OPEN:
            containers.append(number)
    before, after = _neighbours(tokens), _neighbours(tokens[::-1])[::-1]
    for number, token in enumerate(tokens):
        if token.sort is not Sort.TEXT or token.style == bases[around[number]]:
            yield token, False, False
        else:
            yield token, before[number] != token.style, after[number] != token.style


# Equal to no style.
_NO_STYLE = object()


def _neighbours(tokens: list[Token]) -> list[Hashable]:
    """The style of the text before each token, where no container begins or ends between."""
    found: list[Hashable] = []
    style: Hashable = _NO_STYLE
    for token in tokens:
        found.append(style)
        if token.sort is Sort.TEXT:
            style = token.style
        elif token.sort in (Sort.OPEN, Sort.CLOSE):
            style = _NO_STYLE
    return found


# --- reading ----------------------------------------------------------------------------------------------------------


class _Parser:
    def __init__(self, inline: Inline) -> None:
        self._inline = inline
        self._root = Node(Sort.OPEN, inline.style)
        # What is open, and the mark that comes behind it.
        self._stack: list[tuple[Node, Node | None]] = [(self._root, None)]
        self._seen: set[int] = set()

    def parse(self, translation: str) -> Node:
        position = 0
        for token in _TOKEN.finditer(translation):
            self._text(translation[position : token.start()])
            position = token.end()
            if token[2]:
                self._end()
            elif token[1]:
                self._begin(int(token[1]))
            else:
                self._stand(int(token[3]))
        self._text(translation[position:])
        while len(self._stack) > 1:
            self._end()
        for number, node in self._inline.nodes.items():
            if isinstance(node.thing, Range) or node.sort not in (Sort.OPEN, Sort.TEXT):
                self._stand(number)
        return self._root

    def _text(self, raw: str) -> None:
        if raw:
            text = _REFERENCE.sub(lambda found: _CHARACTERS[found[0]], raw)
            self._add(legal(text))

    def _begin(self, number: int) -> None:
        known = self._inline.nodes.get(number)
        is_new = known is not None and (
            known.sort is Sort.TEXT or (known.sort is Sort.OPEN and not self._is_seen(number))
        )
        end = None
        if known is None or not is_new:
            # It changes nothing, but has an end.
            node = Node(Sort.TEXT, self._stack[-1][0].style)
        elif isinstance(known.thing, Range):
            self._add(Node(Sort.MARK, thing=known.thing.start))
            node, end = Node(Sort.TEXT, known.style), Node(Sort.MARK, thing=known.thing.end)
        else:
            node = Node(known.sort, known.style, known.thing)
        self._add(node)
        self._stack.append((node, end))

    def _end(self) -> None:
        if len(self._stack) > 1:
            _, end = self._stack.pop()
            if end is not None:
                self._add(end)

    def _stand(self, number: int) -> None:
        node = self._inline.nodes.get(number)
        if node is None or self._is_seen(number):
            return
        if isinstance(node.thing, Range):
            self._add(Node(Sort.MARK, thing=node.thing.start))
            self._add(Node(Sort.MARK, thing=node.thing.end))
        else:
            self._add(node)

    def _add(self, child: str | Node) -> None:
        self._stack[-1][0].children.append(child)

    def _is_seen(self, number: int) -> bool:
        """Whether it came before; it has come now."""
        if number in self._seen:
            return True
        self._seen.add(number)
        return False
