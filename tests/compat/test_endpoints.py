"""Every endpoint, and what ``/translate`` takes and answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.clients.wire import FORM, JSON, post_form, post_json, post_multipart, send
from tests.compat.asking import Start, ask, ask_form, ask_with, codes, detect, fields, get, send_file, settings
from tests.e2e.conftest import NOWHERE
from tests.e2e.process import ServerProcess

ORIGINAL_FORMATS = [".txt", ".odt", ".odp", ".docx", ".pptx", ".epub", ".html", ".srt", ".pdf"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("home"), "--index-url", NOWHERE, "--suggestions", "--metrics")
    try:
        yield server.wait_listening()
    finally:
        server.stop()


# --- endpoints --------------------------------------------------------------------------------------------------------


def test_translate(server: ServerProcess) -> None:
    hello = {"q": "Hello", "source": "en", "target": "es"}
    for answer in (
        post_json(f"{server.url}/translate", hello),
        post_form(f"{server.url}/translate", hello),
        post_multipart(f"{server.url}/translate", hello),
        send("POST", f"{server.url}/translate?q=Hello&source=en&target=es", b"", FORM),
        post_json(f"{server.url}/translate", {**hello, "nobody": "knows"}),
        send("POST", f"{server.url}/translate", json.dumps(hello).encode(), {"Content-Type": JSON_UTF8}),
    ):
        assert answer.good() == {"translatedText": "Hola"}


JSON_UTF8 = "application/json; charset=utf-8"


def test_detect(server: ServerProcess) -> None:
    found = detect(server, "¿Dónde está la estación de tren?").good()
    assert found[0]["language"] == "es"
    assert found == sorted(found, key=lambda one: -one["confidence"])
    assert all(set(one) == {"confidence", "language"} and 0 <= one["confidence"] <= 100 for one in found)
    # A list is one text.
    assert detect(server, ["¿Dónde está", "la estación de tren?"]).good()[0]["language"] == "es"
    assert post_form(f"{server.url}/detect", {"q": "Where is the station?"}).good()[0]["language"] == "en"


@pytest.mark.parametrize("q", ["😀", "12", " ", "..."])
def test_detect_is_never_empty(server: ServerProcess, q: str) -> None:
    assert detect(server, q).good() == [{"confidence": 0.0, "language": "en"}]


def test_languages(server: ServerProcess) -> None:
    found = get(server, "/languages?api_key=wrong").good()
    assert [(one["code"], one["name"]) for one in found] == [("en", "English"), ("fr", "French"), ("es", "Spanish")]
    assert all(sorted(one["targets"]) == ["en", "es", "fr"] for one in found)
    # A client of PHP asks like this.
    assert send("POST", f"{server.url}/languages").good() == found


def test_health(server: ServerProcess, start: Start) -> None:
    assert get(server, "/health").good() == {"status": "ok"}
    assert get(start("--no-starter"), "/health").good() == {"status": "ok"}


def test_ready(server: ServerProcess, start: Start) -> None:
    assert get(server, "/ready").good() == {"status": "ok"}
    assert get(start("--no-starter"), "/ready").refusal(503)


def test_frontend_settings(start: Start) -> None:
    found = settings(start())
    assert found.pop("supportedFilesFormat")[:9] == ORIGINAL_FORMATS
    assert found == {
        "apiKeys": False,
        "charLimit": -1,
        "filesTranslation": True,
        "frontendTimeout": 500,
        "keyRequired": False,
        "language": {"source": {"code": "auto", "name": "Auto Detect"}, "target": {"code": "fr", "name": "French"}},
        "suggestions": False,
    }


def test_suggest(server: ServerProcess, start: Start) -> None:
    pair = {"q": "Hello", "s": "Hola", "source": "en", "target": "es"}
    assert post_json(f"{server.url}/suggest", pair).good() == {"success": True}
    refused = post_json(f"{start().url}/suggest", pair)
    assert refused.refusal(403) == "Suggestions are disabled on this server."


def test_translate_file_and_download_file(server: ServerProcess) -> None:
    url = send_file(server, b"Hello", "letter.txt", target="es").good()["translatedFileUrl"]
    assert re.fullmatch(rf"{server.url}/download_file/[0-9A-Za-z-]+\.letter_es\.txt", url)
    file = send("GET", url)
    assert (file.status, file.body) == (200, b"Hola")
    assert file.headers["Content-Disposition"].startswith("attachment")


def test_a_job(server: ServerProcess) -> None:
    begun = send_file(server, b"Hello", target="es", **{"async": "true"})
    assert begun.status == 202
    server.wait_until(lambda: send("GET", begun.json["url"]).json["status"] == "done")
    done = send("GET", begun.json["url"]).good()
    assert send("GET", done["translatedFileUrl"]).body == b"Hola"
    assert send("DELETE", begun.json["url"]).status == 200
    assert send("GET", done["translatedFileUrl"]).refusal(404)


@pytest.mark.parametrize("name", ["x.txt", "..%2f..%2fetc%2fpasswd", "%2e%2e", "a%00.txt", "../../etc/passwd"])
def test_no_other_file(server: ServerProcess, name: str) -> None:
    assert get(server, f"/download_file/{name}").refusal(404)


def test_the_address_of_a_file_behind_a_proxy(start: Start) -> None:
    server = start("--trusted-proxies", "127.0.0.1")
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\na\r\n--b--\r\n'
    headers = {
        "Content-Type": "multipart/form-data; boundary=b",
        "X-Forwarded-For": "203.0.113.1",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "translate.example",
        "X-Forwarded-Prefix": "/lt",
    }
    answer = send("POST", f"{server.url}/translate_file?source=en&target=en", body, headers)
    assert answer.good()["translatedFileUrl"].startswith("https://translate.example/lt/download_file/")


def test_metrics(server: ServerProcess) -> None:
    assert b"libretranslate_http_requests_in_flight" in get(server, "/metrics").body


def test_spec(server: ServerProcess) -> None:
    """That it is valid, which the original's is not, is tested beside the code."""
    spec = get(server, "/spec").good()
    assert (spec["swagger"], spec["info"]["title"], spec["basePath"]) == ("2.0", "LibreTranslate", "/")
    for path in ("detect", "frontend/settings", "health", "languages", "suggest", "translate", "translate_file"):
        assert f"/{path}" in spec["paths"]


def test_openapi(server: ServerProcess) -> None:
    assert get(server, "/openapi.json").good()["openapi"].startswith("3.")


def test_docs(server: ServerProcess) -> None:
    for path in ("/docs", "/docs/"):
        page = get(server, path)
        assert page.status == 200
        assert page.headers["Content-Type"].startswith("text/html")
        assets = re.findall(r'(?:src|href)="(?:\./|\.\./)(docs/[^"]+)"', page.body.decode())
        assert len(assets) >= 3
        assert all(get(server, f"/{asset}").status == 200 for asset in assets)
        assert "//" not in page.body.decode().replace("<!DOCTYPE", "")


def test_page(server: ServerProcess) -> None:
    page = get(server, "/")
    assert page.status == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert "javascript" in get(server, "/js/app.js").headers["Content-Type"]
    assets = re.findall(r'(?:src|href)="([^":]+)"', page.body.decode())
    assert len(assets) >= 2
    for asset in assets:
        assert get(server, f"/{asset.removeprefix('./')}").status == 200, asset


# --- all endpoints ----------------------------------------------------------------------------------------------------


def test_slashes(server: ServerProcess) -> None:
    for path in ("/languages", "/languages/", "//languages", "//languages//"):
        assert len(get(server, path).good()) == 3, path
    for path in ("/translate/", "//translate"):
        assert post_json(server.url + path, fields()).good() == {"translatedText": "a"}


def test_head(server: ServerProcess) -> None:
    for path in ("/", "/languages", "/health", "/frontend/settings", "/spec", "/docs", "/metrics"):
        got, head = get(server, path), send("HEAD", server.url + path)
        assert (head.status, head.body) == (200, b"")
        assert head.headers["Content-Type"] == got.headers["Content-Type"]


def test_errors_are_json(server: ServerProcess) -> None:
    for answer, status in (
        (get(server, "/nowhere"), 404),
        (get(server, "/translate"), 405),
        (send("DELETE", f"{server.url}/languages"), 405),
        (send("POST", f"{server.url}/translate", b"<q/>", {"Content-Type": "application/xml"}), 415),
    ):
        assert answer.refusal(status)
        assert answer.headers["Content-Type"] == "application/json"


def test_preflights(server: ServerProcess) -> None:
    headers = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    for path in ("/translate", "/languages", "/nowhere", "/"):
        answer = send("OPTIONS", server.url + path, None, headers)
        assert answer.status == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "POST" in answer.headers["Access-Control-Allow-Methods"]


def test_cors(server: ServerProcess) -> None:
    for answer in (get(server, "/languages"), get(server, "/nowhere"), ask(server), get(server, "/")):
        assert answer.headers.get_all("Access-Control-Allow-Origin") == ["*"]
        assert answer.headers["Access-Control-Allow-Credentials"] is None


# --- translate --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("q", ["", None, []])
def test_no_text(server: ServerProcess, q: object) -> None:
    assert ask(server, q).refusal(400) == "Invalid request: missing q parameter"


@pytest.mark.parametrize("q", [123, {"a": 1}, [["a"]], ["a", 5], ["a", None], True])
def test_q_that_is_no_text(server: ServerProcess, q: object) -> None:
    assert ask(server, q).refusal(400) == "Invalid request: q parameter must be a string or a list of strings"


@pytest.mark.parametrize("name", ["source", "target"])
def test_languages_that_are_missing_or_unknown(server: ServerProcess, name: str) -> None:
    for none in ("", None):
        assert ask(server, **{name: none}).refusal(400) == f"Invalid request: missing {name} parameter"
    assert ask(server, **{name: "xx"}).refusal(400) == "xx is not supported"
    for wrong in (5, ["en"], {"en": 1}):
        assert ask(server, **{name: wrong}).status == 400
    assert ask(server, target="auto").refusal(400) == "auto is not supported"


def test_blank_texts_in_a_list_come_back(server: ServerProcess) -> None:
    texts = ["", "Hello", " ", "\n", "Good morning.", ""]
    assert ask(server, texts, target="es").good()["translatedText"] == ["", "Hola", " ", "\n", "Buenos días.", ""]


def test_the_language_of_each_text_is_detected(server: ServerProcess) -> None:
    texts = ["¿Dónde está la estación de tren?", "Où est la gare ?"]
    found = ask(server, texts, source="auto").good()["detectedLanguage"]
    assert [one["language"] for one in found] == ["es", "fr"]
    assert all(0 < one["confidence"] <= 100 for one in found)
    single = ask(server, texts[0], source="auto").good()["detectedLanguage"]
    assert single["language"] == "es"
    assert "detectedLanguage" not in ask(server).good()


def test_alternatives(server: ServerProcess) -> None:
    one = ask(server, "Good morning.", target="es", alternatives=2).good()
    assert len({one["translatedText"], *one["alternatives"]}) == 3
    assert ask(server, "Good morning.", target="es", alternatives="2").good() == one
    many = ask(server, ["Good morning.", "Hello"], target="es", alternatives=2).good()
    assert many["alternatives"][0] == one["alternatives"]
    assert len(many["alternatives"]) == 2
    for wrong in ("x", [2], {"a": 1}, True):
        refused = ask(server, alternatives=wrong).refusal(400)
        assert refused == "Invalid request: alternatives parameter is not a number"


def test_formats(server: ServerProcess) -> None:
    assert ask(server, "<b>Hello</b>", target="es", format="html").good() == {"translatedText": "<b>Hola</b>"}
    assert ask(server, format="text").good() == {"translatedText": "a"}
    assert ask(server, format="xml").refusal(400) == "xml format is not supported"


def test_markup_never_comes_to_life(server: ServerProcess) -> None:
    for given in ("text", "html"):
        translated = ask(server, "Hello &lt;b&gt;world&lt;/b&gt;", target="es", format=given).good()["translatedText"]
        assert "<b>" not in translated
        assert "&lt;b&gt;" in translated


def test_space_comes_back(server: ServerProcess) -> None:
    text = "\n\n  Hello.\n\n\t- Good morning.   \n"
    assert ask(server, text, target="es").good() == {"translatedText": "\n\n  Hola.\n\n\t- Buenos días.   \n"}


@pytest.mark.parametrize("q", ["😀", "12", "...", " ", "1 + 1 = 2", "https://example.org/"])
def test_nothing_to_translate(server: ServerProcess, q: str) -> None:
    assert ask(server, q, target="es").good() == {"translatedText": q}


def test_source_and_target_the_same(server: ServerProcess) -> None:
    text = "Some  text,\nas it &amp; is.\r\n"
    assert ask(server, text).good() == {"translatedText": text}
    assert ask(server, "¿Dónde está la estación de tren?", source="auto", target="es").good()["translatedText"] == (
        "¿Dónde está la estación de tren?"
    )


def test_line_ends_of_a_form(server: ServerProcess) -> None:
    assert ask_form(server, "a\r\nb").good() == {"translatedText": "a\nb"}
    assert ask(server, "a\r\nb").good() == {"translatedText": "a\r\nb"}


def test_codes_of_regions(server: ServerProcess) -> None:
    for source, target in (("en-US", "es-419"), ("EN", "es_MX"), ("en_GB", "ES")):
        assert ask(server, "Hello", source=source, target=target).good() == {"translatedText": "Hola"}
    assert codes(server) == ["en", "fr", "es"]


def test_a_direction_that_is_not_there(start: Start) -> None:
    from tests.e2e.test_packages_while_running import package_folder

    server = start("--no-starter")
    server.packages.mkdir(parents=True)
    for source, target in (("en", "de"), ("es", "en")):
        package_folder(server.packages, source, target, "1.0")
    server.stop()
    again = start("--no-starter")
    refused = ask(again, "Hallo", source="de", target="es")
    assert refused.refusal(400) == "Spanish (es) is not available as a target language from German (de)"


@pytest.mark.parametrize("body", [b"{bad", b"[1]", b"5", b"", b"null"])
def test_invalid_json(server: ServerProcess, body: bytes) -> None:
    assert send("POST", f"{server.url}/translate", body, JSON).refusal(400) == "Invalid JSON format"


def test_refusals_do_not_depend_on_the_language_of_the_browser(server: ServerProcess) -> None:
    for language in ("fr", "es-MX,es;q=0.9", "zh-Hans"):
        assert ask_with(server, {"Accept-Language": language}, target="xx").refusal(400) == "xx is not supported"
