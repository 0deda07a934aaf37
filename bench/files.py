"""A long Word document through the server, as a ratio to what CTranslate2 itself does with it. See README.md."""

from __future__ import annotations

import argparse
import http.client
import io
import json
import time
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from limit import Limit, Shape, Timing, find_best
from server import MODELS, RESULTS, ServerProcess, cores, describe_machine, scratch, unpack
from workload import read_pairs

TARGET = 0.85
ENDINGS = ("again", "today", "here", "too", "now", "yesterday", "tomorrow", "there", "every day", "in town")
WORDS_PER_PAGE = 500
SENTENCES_PER_PARAGRAPH = 5
# Paragraphs with which the best settings for the limit are searched, and the server is warmed up.
_SEARCHED = 80
# One paragraph of so many has a bold word, of which the server has to find out where it is in the translation.
BOLD_EVERY = 5
_BOUNDARY = "the-end-of-a-part"
_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
_BODY = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{}</w:body></w:document>'
)


def choose_paragraphs(texts: Sequence[str], language: str) -> list[list[str]]:
    """Distinct texts, some to a paragraph, that the server's splitter takes for these very sentences."""
    from libretranslate_py.engine.splitter import split

    alone = [
        text for text in dict.fromkeys(texts) if text.endswith((".", "!", "?")) and len(split(text, language)) == 1
    ]
    paragraphs = [alone[at : at + SENTENCES_PER_PARAGRAPH] for at in range(0, len(alone), SENTENCES_PER_PARAGRAPH)]
    return [own for own in paragraphs if [sentence for sentence, _ in split(" ".join(own), language)] == own]


def fill_pages(paragraphs: Sequence[list[str]], pages: int) -> list[list[str]]:
    """``paragraphs`` over and over until they fill ``pages``.

    When one comes again, each sentence has a word more at its end, and another one each time: a sentence that the
    server knows already would cost it nothing.
    """
    filled: list[list[str]] = []
    words = 0
    for ending in ("", *ENDINGS):
        for own in paragraphs:
            if words >= pages * WORDS_PER_PAGE:
                return filled
            filled.append([f"{text[:-1]} {ending}{text[-1]}" if ending else text for text in own])
            words += len(" ".join(filled[-1]).split())
    raise SystemExit(f"there are sentences for {words // WORDS_PER_PAGE} pages only")


def make_docx(paragraphs: Sequence[list[str]]) -> bytes:
    """A document of paragraphs that are cut into runs where Word would have cut them: anywhere."""
    body = "".join(_paragraph(" ".join(own), bold=n % BOLD_EVERY == 0) for n, own in enumerate(paragraphs))
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _RELATIONS)
        archive.writestr("word/document.xml", _BODY.format(body))
    return written.getvalue()


def read_words(docx: bytes) -> int:
    """How many words there are in a document as ``make_docx`` makes them."""
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        text = archive.read("word/document.xml").decode()
    for gap in ("</w:p>", "<w:br/>"):
        text = text.replace(gap, " ")
    return len("".join(part.partition(">")[2] for part in text.split("<")).split())


def _paragraph(text: str, *, bold: bool) -> str:
    middle = text.find(" ", len(text) // 2) + 1
    end = text.find(" ", middle)
    if not bold or middle <= 0 or end < 0:
        pieces = [(text[: len(text) // 3], False), (text[len(text) // 3 :], False)]
    else:
        pieces = [(text[:middle], False), (text[middle:end], True), (text[end:], False)]
    runs = "".join(
        f'<w:r><w:rPr>{"<w:b/>" if is_bold else ""}</w:rPr><w:t xml:space="preserve">{escape(piece)}</w:t></w:r>'
        for piece, is_bold in pieces
    )
    return f"<w:p>{runs}</w:p>"


class Uploads:
    """Files through one server, each over a connection of its own."""

    def __init__(self, server: ServerProcess, source: str, target: str) -> None:
        self._server = server
        self._address = urlsplit(server.url)
        self._fields = {"source": source, "target": target}

    def time(self, docx: bytes) -> tuple[Timing, bytes]:
        """What passed from sending the file to the address of its result, and the translated file."""
        began, cpu = time.perf_counter(), self._server.cpu_seconds()
        answer = self._ask("POST", "/translate_file", self._body(docx))
        timing = Timing(time.perf_counter() - began, self._server.cpu_seconds() - cpu)
        return timing, self._ask("GET", urlsplit(json.loads(answer)["translatedFileUrl"]).path)

    def _body(self, docx: bytes) -> bytes:
        parts = [
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in self._fields.items()
        ]
        head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="pages.docx"\r\n\r\n'
        return "".join([*parts, head]).encode() + docx + f"\r\n--{_BOUNDARY}--\r\n".encode()

    def _ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        connection = http.client.HTTPConnection(self._address.hostname or "", self._address.port)
        try:
            headers = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"} if body else {}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError(f"the server answered {answer.status} {content[:400]!r}")
        return content


def measure(
    uploads: Uploads, limit: Limit, shape: Shape, paragraphs: Sequence[list[str]], rounds: int
) -> list[dict[str, float]]:
    """The limit and the server in turn; the server is held against the mean of the limits before and after it."""
    docx, sentences = make_docx(paragraphs), list(chain(*paragraphs))
    words = sum(len(sentence.split()) for sentence in sentences)
    if read_words(docx) != words:
        raise RuntimeError("the document has other words than it should have")
    print(f"{len(sentences)} sentences, {words} words, {len(docx) / 1e3:.0f} KB")
    found = []
    before = limit.time_all(sentences, shape)
    for _ in range(rounds):
        served, translated = uploads.time(docx)
        if read_words(translated) < words / 2:
            raise RuntimeError("half of the words are missing in the translated document")
        after = limit.time_all(sentences, shape)
        seconds, cpu = (before.seconds + after.seconds) / 2, (before.cpu + after.cpu) / 2
        found.append({**asdict(served), "limit_seconds": seconds, "limit_cpu": cpu, "ratio": seconds / served.seconds})
        print(
            f"  server {served.seconds:.1f} s, limit {before.seconds:.1f} s and {after.seconds:.1f} s, ratio "
            f"{found[-1]['ratio']:.3f}; processor time {served.cpu:.1f} s, limit {cpu:.1f} s",
            flush=True,
        )
        before = after
    return found


def main() -> None:
    arguments = _parse_arguments()
    machine = describe_machine()
    with scratch() as folder:
        package = unpack(arguments.package, Path(folder) / "packages")
        source, target = package.name.split("-")[1].split("_")
        texts = [first for path in arguments.texts for first, _ in read_pairs(path)]
        paragraphs = choose_paragraphs(texts, source)
        flags = ("--packages-dir", str(package.parent), "--no-starter", "--sentence-cache", "0")
        with (
            ServerProcess(*flags, *arguments.server_flags, home=Path(folder) / "home") as server,
            Limit(package) as limit,
        ):
            machine["ctranslate2"] = limit.version
            print(", ".join(f"{name}: {value}" for name, value in machine.items()))
            few = paragraphs[:_SEARCHED]
            shape = find_best(limit, list(chain(*few)), cores())
            uploads = Uploads(server, source, target)
            # The first document finds out which layer of the model tells where a word went.
            uploads.time(make_docx(few))
            rounds = measure(uploads, limit, shape, fill_pages(paragraphs, arguments.pages), arguments.rounds)
            memory = server.memory()
    ratio = median(one["ratio"] for one in rounds)
    verdict = "ok" if ratio >= TARGET else "MISSED"
    print(
        f"{arguments.pages} pages: ratio {ratio:.3f}, target >= {TARGET} {verdict}; peak memory {memory.peak:.0f} MiB"
    )
    RESULTS.mkdir(parents=True, exist_ok=True)
    written = {"machine": machine, "pages": arguments.pages, "rounds": rounds, "peak_mib": memory.peak}
    (RESULTS / "files.json").write_text(json.dumps(written, indent=1) + "\n")


def _parse_arguments() -> argparse.Namespace:
    heldout = MODELS / "heldout"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--package", type=Path, default=MODELS / "bench" / "translate-en_es-1_0.argosmodel")
    parser.add_argument(
        "--texts",
        type=Path,
        nargs="+",
        default=[heldout / "tatoeba.en-es.test.tsv", heldout / "tatoeba.en-fr.test.tsv"],
        help="files of sentence pairs; the first of each pair is translated",
    )
    parser.add_argument("--pages", type=int, default=200, help="of 500 words each")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("server_flags", nargs="*", help="further options for the server, after --")
    return parser.parse_args()


if __name__ == "__main__":
    main()
