from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from libretranslate_py.access.bans import Bans
from libretranslate_py.access.fingerprints import Fingerprints
from libretranslate_py.access.gate import Gate, Rules
from libretranslate_py.access.key_file import KeyFile
from libretranslate_py.access.keys import Keys
from libretranslate_py.access.limits import Limits
from libretranslate_py.access.page_secrets import PageSecrets
from libretranslate_py.documents.files import Files
from libretranslate_py.documents.results import Results
from libretranslate_py.errors import ResultsUnwritable, TranslationFailed
from libretranslate_py.glossaries import Glossaries
from libretranslate_py.storage import open_storage
from libretranslate_py.web.bodies import Upload
from libretranslate_py.web.door import Door
from libretranslate_py.web.edge import Edge
from libretranslate_py.web.files import FilesOptions, cost_of, create_blueprint
from libretranslate_py.web.guard import Admission, Proxies
from tests.documents.stand_in import FORMATS
from tests.web.fakes import FakeTranslator

DISABLED = "Files translation are disabled on this server."
UNKNOWN = "0b0e7b4e-6f0a-4d37-9a3f-0123456789ab"
MAX_BODY = 100_000


class Site:
    """An application with nothing but files, and what is behind it."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder / "files"
        rules, prefix = options.pop("rules", None), options.pop("prefix", "")
        expiry = options.pop("expiry", 1800.0)
        self.translator = FakeTranslator()
        self.files = Files(
            self.translator,  # type: ignore[arg-type]
            Results(self.folder, expiry, spare=folder / "spare"),
            FORMATS,
        )
        storage = open_storage("memory://")
        gate = Gate(
            rules or Rules(),
            Limits("memory://"),
            Bans(storage, -1),
            Keys(folder / "keys.db"),
            Fingerprints(storage),
            PageSecrets(storage),
        )
        door = Door(gate, Admission(128))
        self.app = Flask(__name__, static_folder=None)
        self.app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
        self.app.register_blueprint(
            create_blueprint(
                door,
                self.files,
                self.translator,  # type: ignore[arg-type]
                Glossaries(folder / "glossaries"),
                FilesOptions(**options),
            )
        )
        self.app.wsgi_app = Edge(self.app.wsgi_app, Proxies(), None, prefix)  # type: ignore[method-assign]
        self.client: FlaskClient = self.app.test_client()

    def send(
        self, data: bytes = b"some text", name: str = "a.txt", environ: dict[str, Any] | None = None, **fields: str
    ) -> TestResponse:
        form: dict[str, object] = {"source": "en", "target": "es", **fields, "file": (io.BytesIO(data), name)}
        return self.client.post("/translate_file", data=form, environ_overrides=environ)

    def download(self, url: str) -> TestResponse:
        return self.client.get(urlsplit(url).path, buffered=True)

    def left(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir()) if self.folder.exists() else []

    def wait(self, answer: TestResponse, status: str) -> dict[str, Any]:
        path, deadline = urlsplit(answer.json["url"]).path, time.monotonic() + 10  # type: ignore[index]
        while (now := self.client.get(path).json)["status"] != status:  # type: ignore[index]
            assert time.monotonic() < deadline, now
            time.sleep(0.01)
        return now  # type: ignore[no-any-return]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    sites: list[Site] = []

    def make(**options: Any) -> Site:
        sites.append(Site(tmp_path, **options))
        return sites[-1]

    yield make
    for site in sites:
        if site.translator.gate:
            site.translator.gate.set()
        site.files.close()


@pytest.fixture
def site(make: Callable[..., Site]) -> Site:
    return make()


def refusal(answer: TestResponse) -> tuple[int, str]:
    assert answer.mimetype == "application/json"
    return answer.status_code, answer.json["error"]  # type: ignore[index]


def test_a_file_is_translated(site: Site) -> None:
    answer = site.send(b"some text\nmore")
    assert answer.status_code == 200
    assert set(answer.json) == {"translatedFileUrl"}  # type: ignore[arg-type]
    url = answer.json["translatedFileUrl"]  # type: ignore[index]
    assert url.startswith("http://localhost/download_file/")
    assert url.endswith(".a_es.txt")
    fetched = site.download(url)
    assert (fetched.status_code, fetched.data) == (200, b"SOME TEXT\nMORE")
    assert site.left() == [url.rpartition("/")[2]]


def test_a_form_may_carry_its_other_fields_in_the_query(site: Site) -> None:
    form = {"file": (io.BytesIO(b"x"), "a.txt")}
    assert site.client.post("/translate_file?source=en&target=es", data=form).status_code == 200


def test_fields_that_mean_nothing_here_are_ignored(site: Site) -> None:
    assert site.send(format="html", whatever="1").status_code == 200


def test_the_source_may_be_detected(site: Site) -> None:
    answer = site.send(source="AUTO", target="en")
    assert answer.status_code == 200
    assert {request.source for request in site.translator.requests} == {"es"}


@pytest.mark.parametrize(("target", "public"), [("zh-CN", "zh-Hans"), ("ES", "es")])
def test_codes_are_those_of_clients(site: Site, target: str, public: str) -> None:
    answer = site.send(target=target)
    assert answer.json["translatedFileUrl"].endswith(f".a_{public}.txt")  # type: ignore[index]


def test_a_format_that_comes_out_as_another(site: Site) -> None:
    url = site.send(b"x", "paper.PDF").json["translatedFileUrl"]  # type: ignore[index]
    assert url.endswith(".paper_es.txt")


# --- refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "name", "fields", "error"),
    [
        (b"x", "", {}, "Invalid request: missing file parameter"),
        (b"x", "a.txt", {"source": ""}, "Invalid request: missing source parameter"),
        (b"x", "a.txt", {"target": ""}, "Invalid request: missing target parameter"),
        (b"x", "a.txt", {"target": "xx"}, "xx is not supported"),
        (b"x", "a.txt", {"source": "de"}, "Spanish (es) is not available as a target language from German (de)"),
        (b"x", "a.txt", {"async": "maybe"}, "Invalid request: async parameter must be true or false"),
    ],
)
def test_wrong_requests(site: Site, data: bytes, name: str, fields: dict[str, str], error: str) -> None:
    assert refusal(site.send(data, name, **fields)) == (400, error)
    assert site.left() == []


@pytest.mark.parametrize("name", ["a.exe", "a", ".txt", "txt", "a.txt.exe", "a.TXTX", "a.txt\0", "a." + "x" * 1000])
def test_an_unknown_format(site: Site, name: str) -> None:
    status, error = refusal(site.send(b"x", name))
    assert status == 400
    assert error.startswith("Invalid request: file format not supported")
    assert ".html" in error
    assert site.left() == []


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"", "application/json"),
        (b'{"file": "x", "source": "en", "target": "es"}', "application/json"),
        (b"file=x&source=en&target=es", "application/x-www-form-urlencoded"),
        (
            b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="other"; filename="a.txt"\r\n\r\nx\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
    ],
)
def test_no_file_at_all(site: Site, body: bytes, content_type: str) -> None:
    answer = site.client.post("/translate_file", data=body, content_type=content_type)
    assert answer.status_code == 400
    if content_type != "application/json" or body:
        assert refusal(answer)[1] == "Invalid request: missing file parameter"


@pytest.mark.parametrize("body", [b"--x\r\n", b"--y\r\n\r\n", b"--x\r\nno header\r\n\r\nx\r\n--x--", b"\xff" * 100])
def test_broken_multipart(site: Site, body: bytes) -> None:
    answer = site.client.post("/translate_file", data=body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 400


def test_the_first_of_several_files_counts(site: Site) -> None:
    parts = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="%b.txt"\r\n\r\n%b\r\n' % (name, name)
        for name in (b"first", b"second")
    )
    answer = site.client.post(
        "/translate_file?source=en&target=es", data=parts + b"--x--\r\n", content_type="multipart/form-data; boundary=x"
    )
    assert site.download(answer.json["translatedFileUrl"]).data == b"FIRST"  # type: ignore[index]


def test_a_file_that_cannot_be_read(site: Site) -> None:
    for asked in ({}, {"async": "true"}):
        assert refusal(site.send(b"bad", **asked)) == (400, "Invalid request: the file cannot be read: it is bad")
        assert refusal(site.send(b"", **asked)) == (400, "Invalid request: the file cannot be read: it is empty")
    assert site.left() == []


def test_a_file_over_the_limit_of_bodies(site: Site) -> None:
    status, error = refusal(site.send(b"x" * (MAX_BODY + 1)))
    assert status == 413
    assert str(MAX_BODY) in error


def test_a_model_that_fails(site: Site) -> None:
    site.translator.error = TranslationFailed("en", "es", "secret reason")
    assert refusal(site.send()) == (500, "Cannot translate text: the language model failed")
    assert site.left() == []
    job = site.wait(site.send(**{"async": "true"}), "failed")
    assert job["error"] == "Cannot translate text: the language model failed"


def test_results_that_cannot_be_written(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise ResultsUnwritable(site.folder, "full")

    monkeypatch.setattr(site.files.results, "write", refuse)
    for asked in ({}, {"async": "true"}):
        status, error = refusal(site.send(**asked))
        assert status == 500
        assert str(site.folder) not in error


def test_disabled(make: Callable[..., Site]) -> None:
    site = make(enabled=False)
    assert refusal(site.send()) == (403, DISABLED)
    assert refusal(site.client.post("/translate_file")) == (403, DISABLED)
    assert refusal(site.client.get("/download_file/x.txt")) == (400, DISABLED)
    assert refusal(site.client.get(f"/translate_file/{UNKNOWN}")) == (403, DISABLED)
    assert refusal(site.client.delete(f"/translate_file/{UNKNOWN}")) == (403, DISABLED)


def test_a_client_that_has_gone(site: Site) -> None:
    gone = threading.Event()
    site.translator.probe = lambda request: gone.set()
    answer = site.send(b"\n".join([b"x"] * 1000), environ={"waitress.client_disconnected": gone.is_set})
    assert answer.status_code == 499
    assert len(site.translator.requests) < 4
    assert site.left() == []


# --- addresses ------------------------------------------------------------------------------------------------------


def test_the_address_is_that_which_the_client_used(make: Callable[..., Site]) -> None:
    site = make(prefix="/lt", ssl=True)
    form = {"source": "en", "target": "es", "file": (io.BytesIO(b"x"), "a.txt")}
    answer = site.client.post("/lt/translate_file", data=form, headers={"Host": "files.example:8443"})
    url = answer.json["translatedFileUrl"]
    assert url.startswith("https://files.example:8443/lt/download_file/")
    assert site.download(url).data == b"X"
    queued = site.client.post(
        "/lt/translate_file?async=true",
        data={"source": "en", "target": "es", "file": (io.BytesIO(b"x"), "a.txt")},
        headers={"Host": "files.example"},
    )
    assert queued.json["url"] == f"https://files.example/lt/translate_file/{queued.json['id']}"
    assert site.wait(queued, "done")["translatedFileUrl"].startswith("https://localhost/lt/download_file/")


@pytest.mark.parametrize(
    ("sent", "plain", "ascii_name"),
    [
        ("a.txt", "a_es.txt", "a_es.txt"),
        ("Übersicht.txt", "Übersicht_es.txt", "_bersicht_es.txt"),
        ("日本 語.txt", "日本 語_es.txt", "__ __es.txt"),
        ("🎉's %22x%22.txt", "🎉's _x__es.txt", "_'s _x__es.txt"),
        ("a;b,c=d&e#f?g+h.txt", "a;b,c=d&e#f_g+h_es.txt", "a;b,c=d&e#f_g+h_es.txt"),
        ("../../etc/passwd.txt", "passwd_es.txt", "passwd_es.txt"),
    ],
)
def test_names_come_back(site: Site, sent: str, plain: str, ascii_name: str) -> None:
    url = site.send(b"x", sent).json["translatedFileUrl"]  # type: ignore[index]
    assert url.isascii()
    assert unquote(url).endswith(plain)
    fetched = site.download(url)
    assert fetched.data == b"X"
    disposition = fetched.headers["Content-Disposition"]
    assert disposition == f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(plain, safe='')}"


# --- downloads ------------------------------------------------------------------------------------------------------


def test_headers_of_a_download(site: Site) -> None:
    url = site.send(b"<script>", "a.html").json["translatedFileUrl"]  # type: ignore[index]
    fetched = site.download(url)
    assert fetched.mimetype == "text/html"
    assert fetched.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in fetched.headers["Content-Security-Policy"]
    assert fetched.headers["Content-Length"] == "8"
    assert "no-store" in fetched.headers["Cache-Control"]


def test_head_and_range_are_harmless(site: Site) -> None:
    url = urlsplit(site.send(b"some text").json["translatedFileUrl"]).path  # type: ignore[index]
    head = site.client.head(url)
    assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", "9")
    for wanted in ("bytes=0-3", "bytes=5-", "bytes=-1", "bytes=9-1,,,", "lines=1"):
        fetched = site.client.get(url, headers={"Range": wanted}, buffered=True)
        assert (fetched.status_code, fetched.data) == (200, b"SOME TEXT")


@pytest.mark.parametrize(
    "path",
    [
        "x.txt",
        f"{UNKNOWN}.a_es.txt",
        "..%2fsecret_es.txt",
        "%2e%2e%2fsecret_es.txt",
        "../secret_es.txt",
        "%2fetc%2fpasswd",
        f"{UNKNOWN}.a%2f..%2f..%2fsecret_es.txt",
        f"{UNKNOWN}.link_es.txt",
        f"{UNKNOWN}.folder_es.txt",
        f"{UNKNOWN}.a%00_es.txt",
        f"{UNKNOWN}.a_es.txt%00",
        f"{UNKNOWN}.%ff%fe_es.txt",
        f"{UNKNOWN}.job",
        f".{UNKNOWN}.part",
        "a" * 5000,
        "%",
        "",
    ],
)
def test_nothing_else_is_downloaded(site: Site, path: str) -> None:
    site.send(b"x")
    (site.folder.parent / "secret_es.txt").write_text("secret")
    (site.folder / f"{UNKNOWN}.link_es.txt").symlink_to(site.folder.parent / "secret_es.txt")
    (site.folder / f"{UNKNOWN}.folder_es.txt").mkdir()
    (site.folder / f"{UNKNOWN}.job").write_text("secret")
    answer = site.client.get(f"/download_file/{path}")
    assert answer.status_code == 404
    assert b"secret" not in answer.data


def test_a_result_expires(make: Callable[..., Site]) -> None:
    site = make(expiry=0.3)
    path = urlsplit(site.send().json["translatedFileUrl"]).path  # type: ignore[index]
    deadline = time.monotonic() + 10
    while site.client.get(path, buffered=True).status_code != 404:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_expired_results_are_removed_while_nobody_asks(make: Callable[..., Site]) -> None:
    site = make(expiry=0.1)
    site.files.start()
    site.send()
    deadline = time.monotonic() + 10
    while site.left():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_names_of_files_are_not_logged(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    url = site.send(b"x", "diagnosis.txt").json["translatedFileUrl"]  # type: ignore[index]
    site.download(url)
    assert "download_file" in caplog.text
    assert "diagnosis" not in caplog.text


# --- jobs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["field", "query"])
def test_a_job(site: Site, where: str) -> None:
    site.translator.gate = threading.Event()
    if where == "field":
        queued = site.send(**{"async": "true"})
    else:
        form = {"source": "en", "target": "es", "file": (io.BytesIO(b"some text"), "a.txt")}
        queued = site.client.post("/translate_file?async=true", data=form)
    assert queued.status_code == 202
    body = queued.json
    assert body
    assert set(body) == {"id", "status", "progress", "url"}
    assert (body["status"], body["progress"]) == ("queued", 0)
    assert body["url"] == f"http://localhost/translate_file/{body['id']}" == queued.headers["Location"]
    assert site.wait(queued, "running") == {"id": body["id"], "status": "running", "progress": 0}
    site.translator.gate.set()
    done = site.wait(queued, "done")
    assert done["progress"] == 100
    assert site.download(done["translatedFileUrl"]).data == b"SOME TEXT"


def test_a_small_file_does_not_wait_for_large_ones(site: Site) -> None:
    site.translator.gate = threading.Event()
    large = b"some text\n\n" * 10_000
    waiting = [threading.Thread(target=site.send, args=(large,)) for _ in range(9)]
    waiting.append(threading.Thread(target=site.send))
    for thread in waiting:
        thread.start()
    while not any(request.texts == ("some text",) for request in site.translator.requests):
        assert site.translator.entered.acquire(timeout=10)
    site.translator.gate.set()
    for thread in waiting:
        thread.join(30)


def test_a_job_is_taken_while_every_place_is_taken(site: Site) -> None:
    site.translator.gate = threading.Event()
    waiting = [threading.Thread(target=site.send) for _ in range(8)]
    for thread in waiting:
        thread.start()
    for _ in waiting:
        assert site.translator.entered.acquire(timeout=10)
    assert site.send(**{"async": "1"}).status_code == 202
    site.translator.gate.set()
    for thread in waiting:
        thread.join(10)


def test_a_job_is_cancelled(site: Site) -> None:
    site.translator.gate = threading.Event()
    queued = site.send(**{"async": "1"})
    site.wait(queued, "running")
    path = urlsplit(queued.json["url"]).path  # type: ignore[index]
    cancelled = site.client.delete(path)
    assert cancelled.json == {"id": queued.json["id"], "status": "cancelled"}  # type: ignore[index]
    site.translator.gate.set()
    assert site.client.get(path).json["status"] == "cancelled"  # type: ignore[index]
    assert [name for name in site.left() if not name.endswith(".job")] == []


def test_cancelling_what_is_done_removes_the_result(site: Site) -> None:
    queued = site.send(**{"async": "1"})
    url = site.wait(queued, "done")["translatedFileUrl"]
    assert site.client.delete(urlsplit(queued.json["url"]).path).status_code == 200  # type: ignore[index]
    assert refusal(site.download(url))[0] == 404


@pytest.mark.parametrize("job_id", [UNKNOWN, "x", "..%2fx", "%00", UNKNOWN.upper()])
def test_an_unknown_job(site: Site, job_id: str) -> None:
    for method in (site.client.get, site.client.delete):
        assert method(f"/translate_file/{job_id}").status_code == 404
    assert refusal(site.client.get(f"/translate_file/{UNKNOWN}")) == (404, "There is no such file, or it has expired")


def test_no_client_takes_more_than_its_share_of_the_line(site: Site) -> None:
    site.translator.gate = threading.Event()
    statuses = [site.send(**{"async": "1"}).status_code for _ in range(18)]
    assert statuses == [202] * 16 + [503] * 2
    assert site.send(environ={"REMOTE_ADDR": "192.0.2.7"}, **{"async": "1"}).status_code == 202
    site.translator.gate.set()


def test_a_full_line_of_jobs(site: Site) -> None:
    site.translator.gate = threading.Event()
    addresses = [{"REMOTE_ADDR": f"192.0.2.{number // 10}"} for number in range(67)]
    statuses = [site.send(environ=address, **{"async": "1"}).status_code for address in addresses]
    assert statuses[:64] == [202] * 64
    assert statuses[-1] == 503
    assert int(site.send(**{"async": "1"}).headers["Retry-After"]) > 0


# --- limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "cost"), [(0, 1), (1, 1), (10_000, 1), (10_001, 2), (95_000, 10)])
def test_what_a_file_costs(size: int, cost: int) -> None:
    assert cost_of(Upload("a.txt", b"x" * size)) == cost


def test_a_request_without_a_file_costs_one() -> None:
    assert cost_of(None) == 1


def test_large_files_use_up_the_limit(make: Callable[..., Site]) -> None:
    site = make(rules=Rules(req_limit=3))
    assert site.send(b"x" * 20_001).status_code == 200
    status, error = refusal(site.send())
    assert (status, error) == (429, "Slowdown: 3 per 1 minute")


def test_downloads_and_jobs_are_free(make: Callable[..., Site]) -> None:
    site = make(rules=Rules(req_limit=1))
    queued = site.send(**{"async": "1"})
    url = site.wait(queued, "done")["translatedFileUrl"]
    assert [site.download(url).status_code for _ in range(3)] == [200] * 3


def test_the_limit_of_characters_does_not_hold_for_files(make: Callable[..., Site]) -> None:
    assert make(rules=Rules(char_limit=3)).send(b"more than three").status_code == 200


def test_keys_and_their_quota(make: Callable[..., Site], tmp_path: Path) -> None:
    KeyFile(tmp_path / "keys.db").add(-1, key="good", char_quotas=((20, "day"),))
    site = make(rules=Rules(keys=True, require_key=True))
    assert refusal(site.send(api_key="wrong")) == (403, "Invalid API key")
    assert refusal(site.send())[0] == 400
    assert site.send(b"fifteen letters", api_key="good").status_code == 200
    before = len(site.translator.requests)
    for asked in ({}, {"async": "1"}):
        assert refusal(site.send(b"six letters", api_key="good", **asked))[0] == 429
    assert len(site.translator.requests) == before
