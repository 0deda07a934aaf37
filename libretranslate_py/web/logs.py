"""Log lines: one per request, and never a word of what was translated."""

from __future__ import annotations

import json
import logging
import re
import time
from dataclasses import dataclass
from urllib.parse import quote

access_logger = logging.getLogger("libretranslate_py.access")

_PLAIN = re.compile(r"[A-Za-z0-9/_.~-]{0,200}")
_MOST_SHOWN = 200


@dataclass(slots=True)
class Access:
    """One request. ``texts`` and ``characters`` are how much was sent; ``source`` and ``target`` are known codes.

    ``spared`` is not written: the address may be that of a proxy, so this client must not be banned by it.
    """

    method: str
    path: str
    address: str
    status: int = 0
    milliseconds: float = 0.0
    texts: int = 0
    characters: int = 0
    source: str = ""
    target: str = ""
    spared: bool = False

    def fields(self) -> dict[str, object]:
        shown: dict[str, object] = {
            "method": printable(self.method),
            "path": printable(self.path),
            "status": self.status,
            "ms": round(self.milliseconds, 1),
            "client": self.address or "-",
        }
        if self.texts:
            shown |= {"texts": self.texts, "characters": self.characters}
        if self.source:
            shown["source"] = self.source
        if self.target:
            shown["target"] = self.target
        return shown

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.fields().items())


def printable(text: str) -> str:
    """``text`` of a client as one short word without spaces or control characters: what is not plain gets percents."""
    if _PLAIN.fullmatch(text):
        return text
    return quote(text[:_MOST_SHOWN], safe="/", encoding="utf-8", errors="surrogatepass")


class TextFormatter(logging.Formatter):
    """``2025-01-31 12:00:00 INFO libretranslate_py.access method=POST path=/translate status=200 ...``"""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%d %H:%M:%S")


class JsonFormatter(logging.Formatter):
    """One JSON object per line: time (UTC), level, logger, then the fields of the request, or the message."""

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, object] = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
        }
        if isinstance(record.msg, Access):
            line |= record.msg.fields()
        else:
            line["message"] = record.getMessage()
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)
