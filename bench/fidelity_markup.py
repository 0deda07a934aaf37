"""What must be the same in two HTML texts, one a translation of the other.

Written for the checks alone, and on purpose not with the lexer of the project: a mistake there would hide itself.
"""

from __future__ import annotations

import html
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

# Written as they are, whatever is in them. svg and math may hold texts that somebody wants translated.
_VERBATIM = "script|style|pre|code|kbd|samp|var"
_BLOCKS = re.compile(
    r"/?(?:html|head|title|meta|link|body|article|section|header|footer|nav|main|aside|div|p|h[1-6]|ul|ol|li|dl|dt|dd"
    r"|table|caption|colgroup|col|thead|tbody|tfoot|tr|td|th|blockquote|pre|form|fieldset|legend|figure|figcaption|hr)"
)
_APART = re.compile(rf"{_BLOCKS.pattern}|/?(?:br|option|optgroup|select|label|button|input|img)")
_TRANSLATABLE = frozenset(("alt", "title", "placeholder", "aria-label", "label", "lang", "xml:lang", "dir"))
_BUTTONS = ("button", "submit", "reset")

_TOKEN = re.compile(
    rf"(?P<verbatim><(?P<name>{_VERBATIM})(?=[\s/>]).*?</(?P=name)\s*>)"
    r"|(?P<comment><!--.*?(?:-->|\Z)|<[!?][^>]*(?:>|\Z)|</[^A-Za-z>][^>]*>)"
    r"""|(?P<tag></?[A-Za-z][^\s/>]*(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?+)*+>)""",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    r"""(?P<head>(?P<name>[^\s/>="']+)\s*=\s*)(?P<value>"[^"]*"|'[^']*'|[^\s>"'][^\s>]*)""", re.DOTALL
)
_UNQUOTED = re.compile(r"=\s*\*(?=[\s/>])")


@dataclass(frozen=True, slots=True)
class Token:
    """A slice of a text. name: of a tag, in small letters, with "/" before it when the tag ends something; or ""."""

    start: int
    end: int
    slice: str
    name: str


def tokens(text: str) -> Iterator[Token]:
    for found in _TOKEN.finditer(text):
        name = re.match(r"<(/?[A-Za-z][^\s/>]*)", found[0])
        yield Token(found.start(), found.end(), found[0], name[1].lower() if name else "")


def bare_text(text: str) -> str:
    """The words of a page without its tags: a new line for each block and whatever else stands alone."""
    return html.unescape(_outside(text, _APART, "\n"))


def content_of(text: str, opening: str) -> list[str]:
    """The texts in all elements whose opening tag is ``<opening>`` or begins with it, tags in them left out."""
    found = []
    every = list(tokens(text))
    name = opening.split()[0]
    for number, token in enumerate(every):
        if re.match(rf"<{re.escape(opening)}[\s/>]", token.slice):
            depth = 0
            for later in every[number:]:
                depth += (later.name == name) - (later.name == "/" + name)
                if not depth:
                    found.append(html.unescape(_outside(text[token.end : later.start], _BLOCKS, "")))
                    break
    return found


def attribute_values(text: str, name: str) -> list[str]:
    return [
        html.unescape(attribute["value"].strip("\"'"))
        for token in tokens(text)
        for attribute in _ATTRIBUTE.finditer(token.slice)
        if attribute["name"].lower() == name
    ]


def changed_bytes(source: str, output: str) -> list[str]:
    """What is not as it was outside of the words; an empty list is what one wants."""
    before, after = _chunks(source, _masked), _chunks(output, _masked)
    if any(_UNQUOTED.search(tag) for chunk in before for tag in (chunk.block, *chunk.inline)):
        before, after = _chunks(source, _without_quotes), _chunks(output, _without_quotes)
    blocks, others = [chunk.block for chunk in before], [chunk.block for chunk in after]
    if blocks != others:
        return [f"block tags {_difference(blocks, others)}"]
    problems = []
    for one, other in zip(before, after, strict=True):
        if not one.words and one.text != other.text:
            problems.append(f"without words {one.text!r} became {other.text!r}")
        if Counter(one.inline) != Counter(other.inline):
            problems.append(f"tags {_difference(one.inline, other.inline)}")
        if one.edges != other.edges:
            problems.append(f"white space at the edges {one.edges!r} became {other.edges!r}")
    return problems


def changed_nesting(source: str, output: str) -> list[str]:
    """Elements that have other parents than before, as html5lib builds the tree; and errors that are new."""
    (before, errors), (after, new_errors) = _parse(source), _parse(output)
    problems = []
    if Counter(_paths(before)) != Counter(_paths(after)):
        problems.append(f"elements {_difference(list(_paths(before)), list(_paths(after)))}")
    if new_errors > errors:
        problems.append(f"{errors} errors of parsing became {new_errors}")
    return problems


def changed_elements(source: str, output: str) -> list[str]:
    """Elements, with the names of their attributes, that came or went: text that became markup, or markup text."""
    before, after = ([_shape(element) for element in _parse(text)[0].iter()] for text in (source, output))
    return [] if Counter(before) == Counter(after) else [f"elements {_difference(before, after)}"]


@dataclass(frozen=True, slots=True)
class _Chunk:
    """What follows a block tag up to the next one. block: that tag. edges: white space at its beginning and end."""

    block: str
    text: str
    inline: tuple[str, ...]
    edges: tuple[str, str]
    words: bool


def _chunks(text: str, mask: Callable[[str], str]) -> list[_Chunk]:
    chunks = []
    block, start = "", 0
    inline: list[str] = []
    for token in [*tokens(text), Token(len(text), len(text), "", "end")]:
        if _BLOCKS.fullmatch(token.name) or token.name == "end":
            chunks.append(_chunk(block, text[start : token.start], tuple(inline), mask))
            block, start, inline = mask(token.slice), token.end, []
        else:
            inline.append(mask(token.slice))
    return chunks


def _chunk(block: str, text: str, inline: tuple[str, ...], mask: Callable[[str], str]) -> _Chunk:
    blank = len(text) - len(text.lstrip())
    edges = (text[:blank], text[len(text.rstrip()) :] if text.strip() else "")
    words = any(character.isalpha() for character in html.unescape(_outside(text, _BLOCKS, " ")))
    for token in reversed(list(tokens(text))):
        text = text[: token.start] + mask(token.slice) + text[token.end :]
    return _Chunk(block, text, inline, edges, words)


def _masked(tag: str) -> str:
    """The tag without the values that may be translated, with their quotes."""
    if tag[:2] in ("<!", "<?", "</") or "</" in tag:
        return tag

    def mask(attribute: re.Match[str]) -> str:
        quote = attribute["value"][0] if attribute["value"][0] in "\"'" else ""
        blank = not attribute["value"].strip("\"' \t\n")
        if blank or not _is_translatable(tag, attribute["name"].lower()):
            return attribute[0]
        return f"{attribute['head']}{quote}*{quote}"

    return _ATTRIBUTE.sub(mask, tag)


def _without_quotes(tag: str) -> str:
    """For texts with a value that had no quotes and may need them now, because it has become two words."""
    return re.sub(r"""=(\s*)(["'])\*\2""", r"=\1*", _masked(tag))


def _is_translatable(tag: str, name: str) -> bool:
    lower = tag.lower()
    if name == "content":
        return lower.startswith("<meta") and re.search(r"name\s*=\s*[\"']?description", lower) is not None
    if name == "value":
        kind = re.search(r"type\s*=\s*[\"']?(\w+)", lower)
        return lower.startswith("<input") and kind is not None and kind[1] in _BUTTONS
    return name in _TRANSLATABLE


def _outside(text: str, apart: re.Pattern[str], between: str) -> str:
    """The text outside of tags; ``between`` stands for each tag whose name is ``apart``."""
    pieces, end = [], 0
    for token in tokens(text):
        pieces += [text[end : token.start], between if apart.fullmatch(token.name) else ""]
        end = token.end
    return "".join([*pieces, text[end:]])


def _parse(text: str) -> tuple[Any, int]:
    """The tree (a document where the text is one, else what stands in a body) and the number of errors."""
    with warnings.catch_warnings():
        # It warns of what it uses of Python, and of names that XML would not allow.
        warnings.simplefilter("ignore")
        import html5lib

        parser = html5lib.HTMLParser(namespaceHTMLElements=False)
        whole = re.search(r"<!doctype|<html", text, re.IGNORECASE)
        tree = parser.parse(text) if whole else parser.parseFragment(text)
    return tree, len(parser.errors)


def _shape(element: Any) -> str:
    return f"{_name_of(element)}({' '.join(sorted(map(str, element.attrib)))})"


def _name_of(element: Any) -> str:
    return element.tag if isinstance(element.tag, str) else "comment"


def _paths(root: Any) -> Iterator[str]:
    """Each element with all that are around it, the outermost first."""
    waiting = [(root, "")]
    while waiting:
        element, path = waiting.pop()
        fixed = (f"{name}={value}" for name, value in element.attrib.items() if str(name) in ("id", "class", "href"))
        path = f"{path}/{_shape(element)}{' '.join(sorted(fixed))}"
        yield path
        waiting += [(child, path) for child in element]


def _difference(before: Any, after: Any) -> str:
    gone, come = Counter(before) - Counter(after), Counter(after) - Counter(before)
    if not gone and not come:
        return "are in another order"
    return f"gone {sorted(gone.elements())}, come {sorted(come.elements())}"
