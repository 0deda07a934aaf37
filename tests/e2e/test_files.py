"""Files through a real server: each format, jobs, restarts, and whatever can go wrong."""

from __future__ import annotations

import concurrent.futures
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from libretranslate_py.documents.formats import FORMATS
from tests.e2e.process import ServerProcess
from tests.e2e.uploads import ask, form, send, stored, translate, wait_for
from tests.web.wire import Connection

Start = Callable[..., ServerProcess]
SAMPLES = Path(__file__).parents[1] / "data" / "documents"
HELLO = {
    ".txt": "Good morning.\n",
    ".html": "<p>Good <b>morning</b>.</p>",
    ".htm": "<p>Good <b>morning</b>.</p>",
    ".xhtml": '<html xmlns="http://www.w3.org/1999/xhtml"><body><p>Good morning.</p></body></html>',
    ".md": "# Good morning.\n\nHow are **you**?\n",
    ".srt": "1\n00:00:01,000 --> 00:00:02,000\nGood morning.\n",
    ".vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\nGood morning.\n",
    ".po": 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Good morning."\nmsgstr ""\n',
    ".json": '{"greeting": "Good morning."}',
    ".xliff": '<xliff xmlns="urn:oasis:names:tc:xliff:document:1.2" version="1.2"><file source-language="en" '
    'target-language="es" datatype="plaintext" original="a"><body><trans-unit id="1"><source>Good morning.</source>'
    "</trans-unit></body></file></xliff>",
}
HELLO[".xlf"] = HELLO[".xliff"]


def make_pdf(line: str) -> bytes:
    """One page with one line."""
    drawn = f"BT /F1 12 Tf 72 720 Td ({line}) Tj ET"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
    ]
    body, places = "%PDF-1.4\n", []
    for number, written in enumerate(objects, start=1):
        places.append(len(body))
        body += f"{number} 0 obj\n{written}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    return f"{body}{head}trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n".encode()


def long_text(sentences: int) -> bytes:
    """Sentences that differ, so that none is decoded together with another."""
    return "\n".join(f"This is sentence {number}, and it is long." for number in range(sentences)).encode()


@pytest.fixture(scope="module")
def jobs_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One without a cache, so that work is work."""
    home = tmp_path_factory.mktemp("home")
    server = ServerProcess(home, "--index-url", "http://127.0.0.1:9/index.json", "--sentence-cache", "0", "--metrics")
    yield server.wait_listening()
    server.stop()


@pytest.mark.parametrize("extension", FORMATS)
def test_every_format(server: ServerProcess, extension: str) -> None:
    samples = [(path.name, path.read_bytes()) for path in sorted(SAMPLES.glob(f"*{extension}"))[:3]]
    if extension == ".pdf":
        samples = [("hello.pdf", make_pdf("Good morning."))]
    if not samples and extension in HELLO:
        samples = [(f"hello{extension}", HELLO[extension].encode())]
    if not samples:
        pytest.skip(f"no sample of a {extension} file")
    for name, data in samples:
        answer = send(server, data, name)
        assert answer.status == 200, (name, answer.body)
        fetched = ask(answer.json["translatedFileUrl"])
        assert fetched.headers["Content-Type"] == FORMATS[extension].media_type
        assert fetched.body
        assert fetched.body != data
        again = send(server, fetched.body, f"again{FORMATS[extension].result_extension}", source="es", target="en")
        assert again.status == 200, (name, again.body)


def test_a_file_is_translated_like_its_texts(server: ServerProcess) -> None:
    lines = ["Good morning.", "Where is the train station?", "I have a dog."]
    assert translate(server, "\n\n".join(lines).encode()).decode().split("\n\n") == server.translate(lines)


def test_glossary_and_placeholders(server: ServerProcess) -> None:
    text = b"This is my house. AB-12 is my ticket."
    plain = translate(server, text, placeholders='["AB-[0-9]{2}"]').decode()
    assert "AB-12" in plain
    assert "morada" not in plain
    assert "morada" in translate(server, text, glossary='{"house": "morada"}').decode()
    assert send(server, text, glossary_id="unknown").status == 400


def test_the_source_is_detected_for_the_whole_file(server: ServerProcess) -> None:
    # Alone, the last paragraph could be in any language.
    text = "¿Dónde está la estación de tren?\n\nBuenos días, ¿cómo estás?\n\nNo."
    assert "train" in translate(server, text.encode(), source="auto", target="en").decode()


def test_the_same_language_gives_the_same_file(server: ServerProcess) -> None:
    """Also, that a file of many megabytes comes through whole."""
    data = b"".join(b"%d words that stay as they are.\n" % number for number in range(150_000))
    assert translate(server, data, target="en") == data


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Übersicht für München.txt", "Übersicht für München_es.txt"),
        ("日本語.txt", "日本語_es.txt"),
        ('🎉 party\'s "best".txt', "🎉 party's _best__es.txt"),
        ("../../../etc/passwd.txt", "passwd_es.txt"),
        ("a" * 300 + ".txt", "a" * 100 + "_es.txt"),
    ],
)
def test_names(server: ServerProcess, name: str, plain: str) -> None:
    answer = send(server, b"Hello", name)
    assert answer.status == 200, answer.body
    url = answer.json["translatedFileUrl"]
    assert unquote(url).endswith(f".{plain}")
    fetched = ask(url)
    assert fetched.body == b"Hola"
    assert unquote(fetched.headers["Content-Disposition"].partition("UTF-8''")[2]) == plain


def test_head_and_range(server: ServerProcess) -> None:
    url = send(server, b"Hello").json["translatedFileUrl"]
    head = ask(url, method="HEAD")
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", "4")
    assert ask(url, Range="bytes=1-2").body == b"Hola"


def test_what_cannot_be_read_leaves_nothing_behind(jobs_server: ServerProcess) -> None:
    zip_of_nothing = BytesIO()
    with zipfile.ZipFile(zip_of_nothing, "w") as archive:
        archive.writestr("a.txt", "a")
    before = stored(jobs_server)
    for extension in FORMATS:
        wrong = [b"", b"\0\xff\xfe\x01" * 50]
        if extension in (".odt", ".odp", ".docx", ".pptx", ".epub", ".xlsx"):
            wrong += [zip_of_nothing.getvalue(), zip_of_nothing.getvalue()[:-10], b"PK\3\4"]
        for data in wrong:
            for extra in ({}, {"async": "true"}):
                answer = send(jobs_server, data, f"a{extension}", **extra)
                if data and extension in HELLO:
                    assert answer.status in (200, 202, 400), (extension, data, answer.body)
                else:
                    assert answer.status == 400, (extension, data, answer.body)
                    assert answer.json["error"].startswith("Invalid request: the file cannot be read: ")
                if answer.status == 200:
                    before.append(unquote(answer.json["translatedFileUrl"].rpartition("/")[2]))
                if answer.status == 202:
                    done = wait_for(answer.json["url"], "done", "failed")
                    before += [unquote(done.get("translatedFileUrl", "/").rpartition("/")[2])] * (
                        done["status"] == "done"
                    )
    assert stored(jobs_server) == sorted(before)


def test_a_job_with_progress(jobs_server: ServerProcess) -> None:
    answer = send(jobs_server, long_text(900), **{"async": "true"})
    assert answer.status == 202
    assert answer.json["status"] == "queued"
    url, seen = answer.json["url"], []
    deadline = time.monotonic() + 100
    while (job := ask(url).json)["status"] in ("queued", "running"):
        seen.append(job["progress"])
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert job["status"] == "done", job
    assert seen == sorted(seen)
    assert len(set(seen)) > 1, seen
    assert job["progress"] == 100
    lines = ask(job["translatedFileUrl"]).body.decode().split("\n")
    assert len(lines) == 900
    # A small model may lose a number; a file in another order would have lost them all.
    assert sum(str(number) in line for number, line in enumerate(lines)) > 800


def test_a_text_is_answered_while_a_file_is_translated_and_cancelled(jobs_server: ServerProcess) -> None:
    before = stored(jobs_server)
    url = send(jobs_server, long_text(20_000), **{"async": "true"}).json["url"]
    wait_for(url, "running")
    assert jobs_server.translate("Good morning.") == "Buenos días."
    assert translate(jobs_server, b"Hello") == b"Hola"
    assert ask(url).json["status"] == "running"
    cancelled = ask(url, method="DELETE")
    assert (cancelled.status, cancelled.json["status"]) == (200, "cancelled")
    jobs_server.wait_until(lambda: waiting(jobs_server) == 0)
    assert ask(url).json["status"] == "cancelled"
    assert len(stored(jobs_server)) == len(before) + 1


def waiting(server: ServerProcess) -> float:
    text = ask(server.url + "/metrics").body.decode()
    figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return next(float(value) for name, value in figures.items() if "queue_sentences" in name)


def test_a_client_that_hangs_up(jobs_server: ServerProcess) -> None:
    before = stored(jobs_server)
    body, content_type = form(long_text(20_000), "gone.txt", source="en", target="es")
    connection = Connection(urlsplit(jobs_server.url).port or 0)
    connection.request("POST", "/translate_file", body, {"Content-Type": content_type})
    jobs_server.wait_until(lambda: waiting(jobs_server) > 0)
    connection.reset()
    jobs_server.wait_until(lambda: any("status=499" in line for line in jobs_server.log))
    jobs_server.wait_until(lambda: waiting(jobs_server) == 0)
    assert stored(jobs_server) == before


def test_several_files_at_a_time(jobs_server: ServerProcess) -> None:
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        sent = [f"I have {number} dogs.".encode() for number in range(2, 14)]
        made = list(pool.map(lambda data: translate(jobs_server, data), sent))
    for number, translated in enumerate(made, start=2):
        assert str(number) in translated.decode()


def test_a_restart(start: Start) -> None:
    server = start("--sentence-cache", "0", "--stop-timeout", "0")
    url = send(server, b"Hello").json["translatedFileUrl"]
    finished = send(server, b"Good morning.", **{"async": "true"}).json["url"]
    done = wait_for(finished, "done")
    running = send(server, long_text(20_000), **{"async": "true"}).json["url"]
    wait_for(running, "running")
    assert server.stop() == 0
    server = start()

    def here(address: str) -> str:
        return server.url + urlsplit(address).path

    assert ask(here(url)).body == b"Hola"
    assert ask(here(finished)).json["status"] == "done"
    assert "Buenos" in ask(here(done["translatedFileUrl"])).body.decode()
    lost = ask(here(running)).json
    assert lost["status"] == "failed"
    assert "restarted" in lost["error"]
    assert len(stored(server)) == 2


def test_results_expire(start: Start) -> None:
    server = start("--files-expiry", "0.02")
    url = send(server, b"Hello").json["translatedFileUrl"]
    job = send(server, b"Hello", **{"async": "true"}).json["url"]
    server.wait_until(lambda: ask(url).status == 404)
    server.wait_until(lambda: ask(job).status == 404)
    server.wait_until(lambda: not stored(server))
    assert json.loads(ask(url).body)["error"]


def test_a_folder_of_its_own_that_nobody_else_reads(start: Start, tmp_path: Path) -> None:
    server = start("--files-dir", str(tmp_path / "kept"))
    send(server, b"Hello")
    files = list((tmp_path / "kept").iterdir())
    assert len(files) == 1
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_written(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "tmp").mkdir()
    server = start(XDG_DATA_HOME=str(tmp_path / "file"), TMPDIR=str(tmp_path / "tmp"))
    assert translate(server, b"Hello") == b"Hola"
    assert translate(server, b"Hello") == b"Hola"
    assert len([line for line in server.log if "translated files cannot be written" in line]) == 1


def test_a_folder_that_was_named_and_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    server = ServerProcess(tmp_path / "home", "--files-dir", str(tmp_path / "file" / "kept"))
    assert server.process.wait(30) == 1
    server.stop()
    assert len(server.log) == 1
    assert f"cannot be written to {tmp_path / 'file' / 'kept'}" in server.log[0]


def test_disabled(start: Start) -> None:
    server = start("--disable-files-translation")
    assert send(server, b"Hello").status == 403
    assert ask(server.url + "/download_file/x.txt").status == 400
    assert not (server.home / ".local/share/libretranslate/files").exists()
