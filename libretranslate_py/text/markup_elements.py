"""What the elements of HTML are to a translator, and where each of a document's elements ends."""

from __future__ import annotations

from collections.abc import Sequence

from libretranslate_py.text.markup_lexer import Lexeme, Slice


def _names(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


VOID = _names("area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr")

# Their tags are boundaries of segments. "text", "tspan" and "desc" are those of SVG.
BLOCK = _names(
    "address article aside blockquote body caption center col colgroup datalist dd desc details dialog dir div dl"
    " dt fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html label"
    " legend li main menu nav noscript ol optgroup option p pre search section summary table tbody td text tfoot th"
    " thead title tr tspan ul"
)

# Names of things in a sentence.
CODE = _names("code kbd samp var")

# Nothing in them is text to translate, whatever it looks like.
OPAQUE = _names(
    "applet audio canvas iframe math noembed noframes object plaintext rp rt rtc script style template textarea"
    " video xmp"
)

MEDIA = _names("audio video")

# Parts of a page of their own, which may stand in a sentence.
WIDGETS = _names("button select")

# The elements of SVG that hold text.
SVG_TEXT = _names("desc foreignobject text title")

# Browsers let the end tag of these close whatever stands open in them.
_SCOPE = BLOCK | WIDGETS | OPAQUE | {"svg", "map"}

# Nothing in one of these closes something outside of it.
_BARRIERS = _names("applet button caption marquee math object svg table td template th")

_CLOSE_P = _names(
    "address article aside blockquote center details dialog dir div dl dd dt fieldset figcaption figure footer form h1"
    " h2 h3 h4 h5 h6 header hgroup hr li main menu nav ol p pre search section summary table ul"
)
_CLOSERS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # A start tag -> what it closes, and what that must not be beyond.
    "li": (("li",), ("ul", "ol", "menu", "table", "td", "th")),
    "dt": (("dt", "dd"), ("dl", "table", "td", "th")),
    "dd": (("dt", "dd"), ("dl", "table", "td", "th")),
    "tr": (("tr", "caption", "colgroup"), ("table",)),
    "td": (("td", "th"), ("tr", "table")),
    "th": (("td", "th"), ("tr", "table")),
    "tbody": (("tbody", "thead", "tfoot", "caption", "colgroup"), ("table",)),
    "thead": (("tbody", "thead", "tfoot", "caption", "colgroup"), ("table",)),
    "tfoot": (("tbody", "thead", "tfoot", "caption", "colgroup"), ("table",)),
    "option": (("option",), ("select", "datalist", "optgroup")),
    "optgroup": (("optgroup", "option"), ("select", "datalist")),
    "body": (("head",), ()),
    "rt": (("rt", "rp"), ("ruby", "rtc")),
    "rp": (("rt", "rp"), ("ruby", "rtc")),
    "rtc": (("rtc", "rt", "rp"), ("ruby",)),
}
_P_BARRIERS = tuple(sorted(_BARRIERS))


def is_empty_tag(markup: str, tag: Slice, *, foreign: bool, xml: bool = False) -> bool:
    """Whether a start tag opens nothing: a void element, or <x/> where x is SVG's or nobody's; in XML, any <x/>."""
    if xml:
        return markup.endswith("/>", tag.start, tag.end)
    if tag.name in VOID:
        return True
    return (foreign or tag.name in ("x", "bx", "ex", "ph")) and markup[tag.start : tag.end].endswith("/>")


def find_ends(markup: str, slices: Sequence[Slice], *, xml: bool = False) -> list[int]:
    """Return for each slice that is a start tag the number of the slice behind its element; elsewhere, of the next.

    Elements without an end tag end as in a browser; an inline one at the next boundary of a segment at the latest.
    <html> and <body> go to the end of the document, whatever their end tags say. Takes linear time.
    """
    tree = _Tree(len(slices))
    for number, piece in enumerate(slices):
        if piece.kind is Lexeme.START:
            if piece.name in ("html", "body"):
                tree.ends[number] = len(slices)
            else:
                foreign = tree.is_in("svg", "math")
                tree.start(number, piece.name, is_empty_tag(markup, piece, foreign=foreign, xml=xml))
        elif piece.kind is Lexeme.END and piece.name not in ("html", "body"):
            tree.end(number, piece.name)
    tree.close(0, len(slices))
    return tree.ends


class _Tree:
    """The elements that are open at one place of a document."""

    def __init__(self, count: int) -> None:
        self.ends = list(range(1, count + 1))
        self._open: list[tuple[int, str]] = []
        # name -> depths at which such elements are open.
        self._depths: dict[str, list[int]] = {}
        self._scopes: list[int] = [-1]
        self._barriers: list[int] = [-1]
        # Inline elements that no boundary was seen in so far, and the first boundary in the others.
        self._whole: list[int] = []
        self._boundary: dict[int, int] = {}

    def is_in(self, *names: str) -> bool:
        return any(self._depths.get(name) for name in names)

    def start(self, number: int, name: str, is_empty: bool) -> None:
        if name in BLOCK:
            self._meet_boundary(number)
        if name in _CLOSE_P:
            self._close_nearest(number, ("p",), _P_BARRIERS)
        if name in _CLOSERS:
            self._close_nearest(number, *_CLOSERS[name])
        if is_empty:
            return
        depth = len(self._open)
        self._open.append((number, name))
        self._depths.setdefault(name, []).append(depth)
        if name in _BARRIERS:
            self._barriers.append(depth)
        if name in _SCOPE:
            self._scopes.append(depth)
        else:
            self._whole.append(number)

    def end(self, number: int, name: str) -> None:
        if name in BLOCK:
            self._meet_boundary(number)
        depth = self._depth_of(name)
        limit = (self._barriers if name in _SCOPE else self._scopes)[-1]
        if depth >= 0 and (depth >= limit or name in _BARRIERS):
            self.close(depth + 1, number)
            self.ends[self._open[depth][0]] = number + 1
            self._forget()

    def close(self, depth: int, number: int) -> None:
        """End what is open at ``depth`` and deeper in front of slice ``number``."""
        while len(self._open) > depth:
            opened, name = self._open[-1]
            self.ends[opened] = self._boundary.get(opened, number) if name not in _SCOPE else number
            self._forget()

    def _forget(self) -> None:
        _, name = self._open.pop()
        self._depths[name].pop()
        for kept in (self._scopes, self._barriers):
            if kept[-1] == len(self._open):
                kept.pop()

    def _depth_of(self, *names: str) -> int:
        return max((self._depths[name][-1] for name in names if self._depths.get(name)), default=-1)

    def _close_nearest(self, number: int, names: tuple[str, ...], barriers: tuple[str, ...]) -> None:
        depth = self._depth_of(*names)
        if depth > self._depth_of(*barriers):
            self.close(depth, number)

    def _meet_boundary(self, number: int) -> None:
        for opened in self._whole:
            self._boundary[opened] = number
        self._whole.clear()
