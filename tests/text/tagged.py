"""Segments written as tagged text, for tests: ``a <b>red</b> car<br/>``; ``{name}`` is protected."""

from __future__ import annotations

import html
import re

from libretranslate_py.text.spans import Kind, Segment, Span, Template

_TOKEN = re.compile(r"<(/?)(\w+)(/?)>|(\{\w+\})|([^<{]+|[<{])")


def segment(tagged: str, escape: bool = False) -> Segment:
    text = ""
    spans: list[list[object]] = []
    stack: list[list[object]] = []
    for match in _TOKEN.finditer(tagged):
        closes, _, void, piece, other = match.groups()
        if piece:
            spans.append([len(text), len(text) + len(piece), Kind.NAME, (), (), (piece,)])
            text += piece
        elif other:
            text += other
        elif void:
            spans.append([len(text), len(text), Kind.MARK, (match.group(),), (), ()])
        elif closes:
            span = stack.pop()
            span[1], span[4] = len(text), (match.group(),)
        else:
            stack.append([len(text), len(text), Kind.PAIR, (match.group(),), (), ()])
            spans.append(stack[-1])
    spans.sort(key=lambda span: (span[0], -span[1]))  # type: ignore[operator]
    made = tuple(Span(*span) for span in spans)  # type: ignore[arg-type]
    return Segment(text, made, tagged, html.escape) if escape else Segment(text, made, tagged)


def plain(template: Template) -> str:
    """What a template without segments is."""
    return "".join(str(piece) for piece in template)
