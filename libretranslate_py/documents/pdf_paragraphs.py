"""Lines of a page of a PDF as paragraphs: the file has no word for them, only where they look as if they ended."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_FINAL = re.compile(r"[.!?:…。！？][\"')\]»”’]*\Z")
_NEW = re.compile(r"(?:[-–•▪◦*·\ue000-\uf8ff]|\(?\d{1,3}(?:\.\d{1,3})*[.)]|[A-Za-z][.)])\s")
_HYPHEN = re.compile(r"[^\W\d_][-\u00ad\u2010]\Z")
# A line is full if the next word would have gone beyond this share of the width of the page's longer lines; letters are
# not equally wide. The end of a sentence on a line that is nearly full is often that of a paragraph.
_FULL = 0.75
_FULL_AT_END = 0.9
_SHORTEST_WIDTH = 40
# Of a page's lines, the few longest are not what tells how wide it is.
_NOT_OUTLIERS = 0.95


def paragraphs_of(page: str) -> list[str]:
    """Return the paragraphs of a page, each on one line, with words joined that were divided at the end of a line."""
    lines = [" ".join(line.split()) for line in page.split("\n")]
    lengths = sorted(len(line) for line in lines)
    width = lengths[int(len(lengths) * _NOT_OUTLIERS)]
    return list(_joined(lines, max(width, _SHORTEST_WIDTH)))


def _joined(lines: Sequence[str], width: int) -> Iterator[str]:
    paragraph: list[str] = []
    last = ""
    for line in lines:
        if paragraph and (not line or not _goes_on(last, line, width)):
            yield "".join(paragraph)
            paragraph = []
        if line and paragraph and _HYPHEN.search(last) and line[0].islower():
            paragraph[-1] = paragraph[-1][:-1]
            paragraph.append(line)
        elif line:
            paragraph += (" ", line) if paragraph else (line,)
        last = line
    if paragraph:
        yield "".join(paragraph)


def _goes_on(line: str, following: str, width: int) -> bool:
    if _NEW.match(following):
        return False
    is_ended = _FINAL.search(line) is not None
    if following[0].islower() and not is_ended:
        return True
    word = following.split(" ", 1)[0]
    return len(line) + 1 + len(word) > width * (_FULL_AT_END if is_ended else _FULL)
