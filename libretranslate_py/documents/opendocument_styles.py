"""What the automatic styles of an OpenDocument file look like."""

from __future__ import annotations

from dataclasses import dataclass

from libretranslate_py.documents.xml_parts import Element, local

_STYLE = "urn:oasis:names:tc:opendocument:xmlns:style:1.0"
_NOISE = frozenset(("rsid", "paragraph-rsid", "rfc-language-tag")) | {
    f"{name}{suffix}" for name in ("language", "country", "script") for suffix in ("", "-asian", "-complex")
}


@dataclass(frozen=True, slots=True)
class Looks:
    """unseen: names of styles of spans that nobody sees; raised, lowered: those of small signs above and below."""

    unseen: frozenset[str]
    raised: frozenset[str]
    lowered: frozenset[str]

    def script_of(self, style: tuple[str, ...]) -> str:
        """``sup`` or ``sub`` for nested spans with these styles, or nothing."""
        for name in reversed(style):
            if name in self.raised or name in self.lowered:
                return "sup" if name in self.raised else "sub"
        return ""


def read_looks(root: Element) -> Looks:
    """Return what the automatic styles below ``root`` look like."""
    unseen, raised, lowered = {""}, set(), set()
    for style in root.iter(f"{{{_STYLE}}}style"):
        if style.get(f"{{{_STYLE}}}family") != "text":
            continue
        name = style.get(f"{{{_STYLE}}}name") or ""
        values = {local_name(key): value for child in style for key, value in child.items()}
        others = [child for child in style if local(child) != "text-properties" or len(child)]
        if not style.get(f"{{{_STYLE}}}parent-style-name") and not others and _NOISE.issuperset(values):
            unseen.add(name)
        position = values.get("text-position", "")
        if position.startswith(("sub", "-")):
            lowered.add(name)
        elif position and not position.startswith("0"):
            raised.add(name)
    return Looks(frozenset(unseen), frozenset(raised), frozenset(lowered))


def local_name(key: str) -> str:
    return key.rpartition("}")[2]
