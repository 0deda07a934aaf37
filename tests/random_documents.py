"""HTML documents made at random, of which it is known what must come back how, and what a browser sees in them."""

from __future__ import annotations

import random
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

import html5lib


def split(words: str) -> list[str]:
    """Words, as a shorter way to write a list of many."""
    return words.split()


_WORDS = (
    *split("one two three tree house river cloud mountain green walks under again never Sunday NATO café"),
    *split("naïve x I a"),
    *split("the the of and to in is it we don’t l'eau e-mail 3 42 1,5 §4 A/B"),
    *split("سلام שלום 漢字かな ไทย नमस्ते e\u0301a\u0308 🙂 ﬁne ß İstanbul ﷺ 👩‍👩‍👧"),
)
_ENTITIES = (
    *split("&amp; &lt;script&gt; &lt;b&gt; &lt;/p&gt; &quot; &#39; &nbsp; &eacute;t&eacute; &copy &"),
    *("&bogus;", "&#x41;", "&#0;", "&amp;lt;", "&shy;", "< ", "< 5", ">", "&mdash;", "&#128512;", "&amp;amp;", "&#13;"),
)
_MARKS = (".", ",", "!", "?", ";", ":", "…", " -", " —", "(", ")", "«", "”", ". ", "! ", "? ", "|", " • ", "*", "_")
_SPACES = ("", " ", " ", " ", " ", "  ", "\n", "\t ", "\u00a0", "\r\n", " \n\n ")
INLINE = ("b", "i", "em", "strong", "span", "u", "a", "small", "sub", "mark", "font", "q", "custom-x")
_BLOCKS = ("p", "div", "h2", "blockquote", "section", "td", "li", "summary", "label", "figcaption", "pre")
_VOIDS = ("br", "img", "wbr", "input", "hr")


@dataclass
class Document:
    """pieces: what the markup consists of, in order. tags: expressions that all start tags match, each once.

    verbatim: what must be in any translation exactly once. count: ids that are given away.
    """

    pieces: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    verbatim: list[str] = field(default_factory=list)
    count: int = 0

    @property
    def markup(self) -> str:
        return "".join(self.pieces)


class Maker:
    """Makes well-formed documents. Every element has an id of its own."""

    def __init__(self, chance: random.Random, terms: tuple[str, ...] = ()) -> None:
        self.chance = chance
        self.made = Document()
        self._words = _WORDS + terms * 4
        self._in_link = False

    def document(self, blocks: int) -> Document:
        for _ in range(blocks):
            self._block(0)
        return self.made

    def _add(self, text: str) -> None:
        self.made.pieces.append(text)

    def _next(self) -> int:
        self.made.count += 1
        return self.made.count

    # --- tags ---

    def _tag(self, name: str, extra: str = "", *, shown: str = "") -> None:
        """Adds a start tag. extra: attributes to stay; shown: the name of one that is translated."""
        chance = self.chance
        wrote = "".join(chance.choice((c, c.upper())) for c in name) if chance.random() < 0.1 else name
        head = f"<{wrote} id={chance.choice(('', chr(34)))}e{self._next()}"
        if head[-1 - len(str(self.made.count)) - 1] == '"':
            head += '"'
        for _ in range(chance.choice((0, 0, 0, 1, 2))):
            head += chance.choice((" ", "\n", "  ")) + chance.choice(_ATTRIBUTES)
        tail = f" {extra}" if extra else ""
        tail += chance.choice(("", "", " ", "/" if name in _VOIDS and tail[-1:] in ("", '"') else "")) + ">"
        if not shown:
            self._add(head + tail)
            self.made.tags.append(re.escape(head + tail))
            return
        quote = chance.choice(("'", '"'))
        value = "".join(self._text_pieces(chance.randint(1, 4))).replace(quote, "")
        self._add(f"{head} {shown}={quote}{value}{quote}{tail}")
        self.made.tags.append(re.escape(f"{head} {shown}={quote}") + f"[^{quote}]*" + re.escape(quote + tail))

    def _end(self, name: str) -> None:
        self._add(f"</{name}{self.chance.choice(('', '', ' '))}>")

    # --- blocks ---

    def _block(self, depth: int) -> None:
        chance = self.chance
        deed = chance.randrange(12)
        self._add(chance.choice(("", "\n", "  ", "\n\n")))
        if deed == 0 and depth < 2:
            self._list(depth)
        elif deed == 1:
            self._verbatim(inline=False)
        elif deed == 2 and depth < 2:
            self._tag("div")
            for _ in range(chance.randint(1, 3)):
                chance.choice((self._block, self._run))(depth + 1)
            self._end("div")
        elif deed == 3 and depth < 2:
            self._tag("table")
            self._add("<tbody>")
            self._tag("tr")
            for name in chance.choices(("td", "th"), k=2):
                self._tag(name)
                self._run(0)
                self._end(name)
            self._end("tr")
            self._add("</tbody></table>")
        else:
            name = chance.choice([b for b in _BLOCKS if b not in ("td", "li", "pre")])
            self._tag(name, shown="title" if chance.random() < 0.1 else "")
            self._run(0)
            self._end(name)

    def _list(self, depth: int) -> None:
        self._tag("ul")
        for _ in range(self.chance.randint(1, 3)):
            self._tag("li")
            self._run(depth)
            self._end("li")
        self._end("ul")

    # --- what stands in a block ---

    def _run(self, depth: int) -> None:
        for _ in range(self.chance.randint(1, 5)):
            self._item(depth)

    def _item(self, depth: int) -> None:
        chance = self.chance
        deed = chance.randrange(20)
        if deed < 9:
            self._add("".join(self._text_pieces(chance.randint(1, 6))))
        elif deed < 15 and depth < 4:
            self._pair(depth)
        elif deed == 15:
            self._void()
        elif deed == 16:
            self._verbatim(inline=True)
        elif deed == 17:
            self._placeholder()
        elif deed == 18:
            self._widget()
        else:
            self._add(chance.choice(_SPACES))

    def _pair(self, depth: int) -> None:
        chance = self.chance
        name = chance.choice([n for n in INLINE if n != "a" or not self._in_link])
        was, self._in_link = self._in_link, self._in_link or name == "a"
        self._tag(name, shown="title" if chance.random() < 0.1 else "")
        inside = chance.randrange(8)
        if inside == 0:
            self._add(chance.choice(("", " ", "", "\n", "&nbsp;")))
        elif inside == 1:
            self._add(chance.choice(_MARKS))
        elif inside == 2:
            # Letters of a word that goes on around the pair.
            self._add(chance.choice(("un", "x", "é", "字")))
        else:
            self._run(depth + 1)
        self._end(name)
        self._in_link = was
        self._add(chance.choice(("", "", " ", "ly", ",", ".")))

    def _void(self) -> None:
        name = self.chance.choice(("br", "img", "wbr", "input"))
        shown = {"img": "alt", "input": "placeholder"}.get(name, "")
        self._tag(name, shown=shown if self.chance.random() < 0.5 else "")

    def _placeholder(self) -> None:
        piece = self.chance.choice(_PLACEHOLDERS).format(n=self._next())
        self._add(" " + piece + self.chance.choice((" ", " ", ". ", ", ")))
        self.made.verbatim.append(piece)

    def _verbatim(self, *, inline: bool) -> None:
        kinds = _VERBATIM_INLINE if inline else _VERBATIM_INLINE + _VERBATIM_BLOCK
        piece = self.chance.choice(kinds).format(n=self._next(), m=self._next())
        self._add(piece)
        self.made.verbatim.append(piece)

    def _widget(self) -> None:
        deed = self.chance.randrange(3)
        if deed == 0 and not self._in_link:
            self._tag("button", "type=button")
            self._add("".join(self._text_pieces(2)))
            self._end("button")
        elif deed == 1:
            self._tag("select")
            for _ in range(2):
                self._tag("option")
                self._add("".join(self._text_pieces(2)).replace("<", ""))
                self._end("option")
            self._end("select")
        else:
            self._tag("svg", 'viewBox="0 0 1 1"')
            self._tag("title")
            self._add("".join(self._text_pieces(2)).replace("<", ""))
            self._end("title")
            self._add(f'<path id="e{self._next()}" d="M0 0"/>')
            self._end("svg")

    def _text_pieces(self, most: int) -> Iterator[str]:
        chance = self.chance
        for _ in range(most):
            kind = chance.randrange(12)
            if kind == 0:
                yield chance.choice(_ENTITIES) + chance.choice((" ", " ", ""))
            elif kind == 1:
                yield chance.choice(_MARKS)
            else:
                yield chance.choice(self._words)
            if kind == 2:
                yield chance.choice(_MARKS)
            yield chance.choice(_SPACES)


_ATTRIBUTES = (
    *(
        'class="k l"',
        "CLASS='k'",
        "data-a=1&b=2",
        'data-x="&lt;b&gt; &quot;"',
        "hidden",
        "data-t='say \"x\"'",
        "dir=ltr",
    ),
    *(
        'href="/a?b=1&amp;c=2"',
        "style = 'color: red'",
        'onclick="f(a > b && c)"',
        "data-é=ü",
        'data-e=""',
        "data-s=a/b",
    ),
)
_PLACEHOLDERS = (
    *(
        "{{name{n}}}",
        "%(name{n})s",
        "${{v{n}}}",
        "https://example.org/a{n}z",
        "me{n}z@example.org",
        "/etc/a{n}/b",
        "@user{n}",
    ),
    *("#tag{n}", "`code{n}`", "{{{{ v{n} }}}}"),
)
_VERBATIM_INLINE = (
    '<code id="e{n}">git &amp; commit {m}</code>',
    "<kbd id=e{n}>Ctrl + A</kbd>",
    "<samp id=e{n}>a <b id=e{m}>word</b> here</samp>",
    '<span id="e{n}" translate="no">Green &lt;Apple&gt; <i id="e{m}">Pie</i>. Two.</span>',
    '<b id="e{n}" class="x notranslate y">New House</b>',
    '<i id="e{n}" lang=de>Guten Tag, <u id="e{m}">alle</u></i>',
    "<!-- a comment {n}: <b>words</b> & more -->",
    "<script id=e{n}>if (a < b && c) {{ document.write('<b>words</b>') }}</script>",
    '<textarea id="e{n}">Some words &amp; <b></textarea>',
    '<math id="e{n}"><mi id="e{m}">x</mi></math>',
    '<audio id="e{n}">No sound here</audio>',
    "<?pi word {n}>",
)
_VERBATIM_BLOCK = (
    '<style id="e{n}">p > b {{ content: "some words" }}</style>',
    '<pre id="e{n}">  two words\n   <b id="e{m}">kept</b></pre>',
    '<div id="e{n}" translate=no>A whole block, <p id="e{m}">kept as it is &amp; more.</p></div>',
)


# --- what a browser sees ---

_TRANSLATED = {"title", "alt", "placeholder", "aria-label", "label"}


def parse(markup: str) -> Element:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return html5lib.parseFragment(markup, treebuilder="etree", namespaceHTMLElements=False)


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else "#comment"


def walk(root: Element) -> Iterator[tuple[Element, tuple[str, ...]]]:
    """Yield each element with the chain of those around it."""
    stack: list[tuple[Element, tuple[str, ...]]] = [(child, ()) for child in reversed(root)]
    while stack:
        element, chain = stack.pop()
        yield element, chain
        inner = (*chain, f"{_name(element)}#{element.get('id')}{'!' * _is_protected(element, chain)}")
        stack.extend((child, inner) for child in reversed(element))


def structure(markup: str, *, protected_stay: bool = False) -> Counter[tuple[object, ...]]:
    """Every element and comment with the elements around it and its attributes, without those that are translated.

    protected_stay: False leaves out which inline elements are around what is protected, which is a word like others.
    """
    found: Counter[tuple[object, ...]] = Counter()
    for element, chain in walk(parse(markup)):
        kept = chain if protected_stay or not _is_protected(element, chain) else tuple(filter(_is_firm, chain))
        attributes = tuple(sorted((k, v) for k, v in element.attrib.items() if str(k) not in _TRANSLATED))
        found[_name(element), kept, attributes, element.text if _name(element) == "#comment" else ""] += 1
    return found


_WORDLIKE = ("code", "kbd", "samp", "math", "button", "select")


def _is_protected(element: Element, chain: tuple[str, ...]) -> bool:
    """Whether it is, or stands in, an element that goes through a model as one word."""
    around = {one.partition("#")[0] for one in chain}
    says = element.get("translate") == "no" or "notranslate" in (element.get("class") or "") or element.get("lang")
    return bool(says) or _name(element) in _WORDLIKE or not around.isdisjoint(_WORDLIKE) or "!" in "".join(chain)


def _is_firm(link: str) -> bool:
    return link.partition("#")[0] not in INLINE


def names(markup: str) -> Counter[str]:
    return Counter(_name(element) for element, _ in walk(parse(markup)))


def shown(markup: str, change: Callable[[str], str] = str) -> str:
    """All text and all translated attributes, as a reader has them."""
    root = parse(markup)
    attributes = [v for element in root.iter() for k, v in element.attrib.items() if k in _TRANSLATED]
    return change("\n".join([*root.itertext(), *attributes]))


class _Tokens:
    """Collects the tokens of a tokenizer as they pass by; is this tokenizer in all else."""

    def __init__(self, tokenizer: Any, found: list[dict[str, Any]]) -> None:
        self.__dict__.update(tokenizer_=tokenizer, found_=found)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.tokenizer_, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self.tokenizer_, name, value)

    def __iter__(self) -> Iterator[Any]:
        for token in self.tokenizer_:
            self.found_.append(dict(token))
            yield token


def tokens(markup: str) -> list[tuple[str, ...]]:
    """The tags, comments and doctypes of any markup as a browser reads them, without translated attributes."""
    found: list[dict[str, Any]] = []

    class Parser(html5lib.HTMLParser):  # type: ignore[misc]
        def mainLoop(self) -> None:  # noqa: N802
            if not isinstance(self.tokenizer, _Tokens):
                self.tokenizer = _Tokens(self.tokenizer, found)
            super().mainLoop()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Parser(namespaceHTMLElements=False).parse(markup)
    return [_described(token) for token in found if token["type"] in (0, 3, 4, 5, 6)]


def _described(token: dict[str, Any]) -> tuple[str, ...]:
    if token["type"] == 0:
        return ("doctype", repr((token["name"], token["publicId"], token["systemId"])))
    if token["type"] == 6:
        return ("comment", token["data"])
    kind = "end" if token["type"] == 4 else "start"
    data = token["data"]
    pairs = data.items() if hasattr(data, "items") else [tuple(item) for item in data or ()]
    return (kind, token["name"], *(f"{k}={v}" for k, v in pairs if k not in _TRANSLATED))
