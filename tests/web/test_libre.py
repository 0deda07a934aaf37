from __future__ import annotations

import io
import json
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from libretranslate_py import errors
from libretranslate_py.access.gate import Rules
from libretranslate_py.answer_cache import AnswerCache
from libretranslate_py.storage import open_storage
from libretranslate_py.web.app import WebOptions, create_app
from tests.web.fakes import FakeServices
from tests.web.wire import translation

Made = Callable[..., FlaskClient]


def post(client: FlaskClient, fields: object, path: str = "/translate", **more: object) -> TestResponse:
    return client.post(path, data=json.dumps(fields), content_type="application/json", **more)


def error_of(response: TestResponse) -> tuple[int, str]:
    assert response.content_type == "application/json"
    assert list(response.json) == ["error"]
    return response.status_code, response.json["error"]


class TestShapes:
    def test_a_single_text(self, client: FlaskClient) -> None:
        assert post(client, translation("hola")).json == {"translatedText": "HOLA"}

    def test_a_list(self, client: FlaskClient) -> None:
        assert post(client, translation(["a", "", " ", "b"])).json == {"translatedText": ["A", "", " ", "B"]}

    def test_a_list_of_one(self, client: FlaskClient) -> None:
        assert post(client, translation(["a"])).json == {"translatedText": ["A"]}

    def test_auto_single(self, client: FlaskClient) -> None:
        detected = {"confidence": 90.0, "language": "es"}
        answer = post(client, translation("a", source="auto")).json
        assert answer == {"detectedLanguage": detected, "translatedText": "A"}

    def test_auto_list(self, client: FlaskClient) -> None:
        answer = post(client, translation(["a", "b"], source="AUTO")).json
        assert answer["detectedLanguage"] == [{"confidence": 90.0, "language": "es"}] * 2

    def test_alternatives_single(self, client: FlaskClient) -> None:
        answer = post(client, translation("a", alternatives=2)).json
        assert answer == {"alternatives": ["other 0", "other 1"], "translatedText": "A"}

    def test_alternatives_list(self, client: FlaskClient) -> None:
        answer = post(client, translation(["a", "b"], alternatives="1")).json
        assert answer == {"alternatives": [["other 0"], ["other 0"]], "translatedText": ["A", "B"]}

    @pytest.mark.parametrize("alternatives", [0, -1, "", None, "0", 0.0])
    def test_no_alternatives_unless_asked_for(self, client: FlaskClient, alternatives: object) -> None:
        assert post(client, translation("a", alternatives=alternatives)).json == {"translatedText": "A"}

    def test_text_is_readable_in_the_answer(self, client: FlaskClient) -> None:
        assert "AÑO ☀".encode() in post(client, translation("año ☀")).data

    def test_unknown_fields_are_ignored(self, client: FlaskClient) -> None:
        assert post(client, translation("a", api_key="", format="text", nonsense={"x": 1})).status_code == 200

    def test_public_codes_come_in_and_go_out(self, client: FlaskClient, services: FakeServices) -> None:
        services.translator.detected = services.translator.detected[1:]
        answer = post(client, translation("a", source="auto", target="zh-CN")).json
        assert answer["detectedLanguage"]["language"] == "pt-BR"
        assert services.translator.requests[-1].target == "zh"


class TestBodies:
    def test_form(self, client: FlaskClient, services: FakeServices) -> None:
        answer = client.post("/translate", data=translation("año\r\nb & c"))
        assert answer.json == {"translatedText": "AÑO\nB & C"}
        assert services.translator.requests[-1].texts == ("año\nb & c",)

    def test_form_of_raw_bytes_as_curl_sends_it(self, client: FlaskClient) -> None:
        body = "q=año&source=en&target=es".encode()
        answer = client.post("/translate", data=body, content_type="application/x-www-form-urlencoded")
        assert answer.json == {"translatedText": "AÑO"}

    @pytest.mark.parametrize(
        ("sent", "text"),
        [
            ("a+b%2Bc", "A B+C"),
            ("100%", "100%"),
            ("%zz%41%4", "%ZZA%4"),
            ("%E6%97%A5%e6%9C%AC+", "日本 "),
            ("a=b", "A=B"),
        ],
    )
    def test_form_escapes(self, client: FlaskClient, sent: str, text: str) -> None:
        body = f"&&q={sent}&source=en&target=es&=x&empty"
        answer = client.post("/translate", data=body, content_type="application/x-www-form-urlencoded")
        assert answer.json == {"translatedText": text}

    def test_form_takes_the_first_of_several(self, client: FlaskClient) -> None:
        body = urlencode([("q", "a"), ("q", "b"), ("source", "en"), ("target", "es")])
        answer = client.post("/translate", data=body, content_type="application/x-www-form-urlencoded")
        assert answer.json == {"translatedText": "A"}

    def test_multipart(self, client: FlaskClient) -> None:
        fields = {**translation("año\r\nb"), "file": (io.BytesIO(b"x" * 10_000), "a.txt")}
        answer = client.post("/translate", data=fields, content_type="multipart/form-data")
        assert answer.json == {"translatedText": "AÑO\nB"}

    def test_query_of_a_post_without_body(self, client: FlaskClient) -> None:
        answer = client.post("/translate", query_string=translation("año"))
        assert answer.json == {"translatedText": "AÑO"}

    def test_query_with_a_json_content_type_and_no_body(self, client: FlaskClient) -> None:
        answer = client.post("/translate", query_string=translation("a"), content_type="application/json")
        assert answer.json == {"translatedText": "A"}

    def test_form_over_query(self, client: FlaskClient) -> None:
        answer = client.post("/translate?source=zz&target=es", data={"q": "a", "source": "en"})
        assert answer.json == {"translatedText": "A"}

    def test_json_keeps_line_ends(self, client: FlaskClient) -> None:
        assert post(client, translation("a\r\nb")).json == {"translatedText": "A\r\nB"}

    @pytest.mark.parametrize(
        ("content_type", "charset"),
        [
            ("application/json; charset=utf-8", "utf-8"),
            ("application/json;charset=ISO-8859-1", "latin-1"),
            ('application/json; charset="UTF-16"', "utf-16"),
            ("application/json", "utf-8-sig"),
            ("application/json", "utf-16"),
            ("application/vnd.api+json", "utf-8"),
            ("APPLICATION/JSON", "utf-8"),
        ],
    )
    def test_json_charsets(self, client: FlaskClient, content_type: str, charset: str) -> None:
        body = json.dumps(translation("año"), ensure_ascii=False).encode(charset)
        answer = client.post("/translate", data=body, content_type=content_type)
        assert answer.json == {"translatedText": "AÑO"}

    def test_form_charset(self, client: FlaskClient) -> None:
        body = urlencode(translation("año"), encoding="latin-1")
        content_type = "application/x-www-form-urlencoded; charset=iso-8859-1"
        assert client.post("/translate", data=body, content_type=content_type).json == {"translatedText": "AÑO"}

    @pytest.mark.parametrize("charset", ["klingon", "punycode", "rot13", "zlib", "idna", "..", "cp999", "u" * 5000])
    @pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
    def test_unknown_charset(self, client: FlaskClient, kind: str, charset: str) -> None:
        answer = client.post("/translate", data=b"q=a", content_type=f"{kind}; charset={charset}")
        words = f"Invalid request: the body cannot be read: the charset {charset[:40]} is not known"
        assert error_of(answer) == (400, words)

    @pytest.mark.parametrize(
        "body",
        [
            b'{"q": "\xff"}',
            b"q=\xff",
            b"q=%FF",
            b'--b\r\nContent-Disposition: form-data; name="q"\r\n\r\n\xff\r\n--b--\r\n',
        ],
    )
    def test_bytes_that_do_not_decode(self, client: FlaskClient, body: bytes) -> None:
        kinds = {b"{": "application/json", b"q": "application/x-www-form-urlencoded"}
        kind = kinds.get(body[:1], "multipart/form-data; boundary=b")
        answer = client.post("/translate", data=body, content_type=kind)
        assert error_of(answer) == (400, "Invalid request: the body cannot be read: it is not utf-8")

    def test_query_that_does_not_decode(self, client: FlaskClient) -> None:
        assert error_of(client.post("/translate?q=%FF"))[0] == 400

    @pytest.mark.parametrize(
        "body",
        [
            b"{bad",
            b"[]",
            b'"q"',
            b"5",
            b"null",
            b"NaN",
            b"[" * 200_000,
            b'{"q":' * 100_000,
            b'{"q": ' + b"9" * 5000 + b"}",
            b'{"q": "a"',
            b"\x00",
            b" ",
        ],
        ids=range(12),
    )
    def test_invalid_json(self, client: FlaskClient, body: bytes) -> None:
        answer = client.post("/translate", data=body, content_type="application/json")
        assert error_of(answer) == (400, "Invalid JSON format")

    def test_no_json_at_all(self, client: FlaskClient) -> None:
        assert error_of(client.post("/translate", content_type="application/json")) == (400, "Invalid JSON format")

    def test_duplicate_keys(self, client: FlaskClient) -> None:
        body = b'{"q": "a", "q": "b", "source": "en", "target": "es"}'
        assert client.post("/translate", data=body, content_type="application/json").json == {"translatedText": "B"}

    @pytest.mark.parametrize("body", [b"", b"--b\r\nnonsense", b"\r\n\r\n--x--", b"--b\r\n" * 2000])
    @pytest.mark.parametrize("parameters", ["", "; boundary=b", "; boundary="])
    def test_broken_multipart(self, client: FlaskClient, body: bytes, parameters: str) -> None:
        answer = client.post("/translate", data=body, content_type="multipart/form-data" + parameters)
        assert error_of(answer)[0] == 400

    def test_too_many_fields(self, client: FlaskClient) -> None:
        answer = client.post("/translate", data="a=b&" * 2000, content_type="application/x-www-form-urlencoded")
        assert error_of(answer) == (400, "Invalid request: the body cannot be read: it has more than 1000 fields")

    @pytest.mark.parametrize("kind", ["text/plain", "application/xml", ""])
    def test_unsupported_kind(self, client: FlaskClient, kind: str) -> None:
        answer = client.post("/translate", data=b'{"q": "a"}', content_type=kind)
        status, sentence = error_of(answer)
        assert status == 415
        assert "application/json" in sentence

    def test_body_over_the_limit(self, make_client: Made) -> None:
        answer = post(make_client(max_body=100), translation("a" * 100))
        assert error_of(answer) == (413, "Invalid request: the body exceeds the limit of 100 bytes")


class TestFields:
    @pytest.mark.parametrize("q", ["", None, []])
    def test_missing_q(self, client: FlaskClient, q: object) -> None:
        assert error_of(post(client, translation(q))) == (400, "Invalid request: missing q parameter")

    @pytest.mark.parametrize("q", [5, 1.5, True, False, 0, {}, {"a": "b"}, [5], ["a", 5], ["a", None], [["a"]], [{}]])
    @pytest.mark.parametrize("path", ["/translate", "/detect"])
    def test_q_of_a_wrong_type(self, client: FlaskClient, q: object, path: str) -> None:
        sentence = "Invalid request: q parameter must be a string or a list of strings"
        assert error_of(post(client, translation(q), path)) == (400, sentence)

    @pytest.mark.parametrize("name", ["q", "source", "target"])
    @pytest.mark.parametrize("value", [None, ""])
    def test_missing(self, client: FlaskClient, name: str, value: object) -> None:
        sentence = f"Invalid request: missing {name} parameter"
        assert error_of(post(client, translation("a") | {name: value})) == (400, sentence)
        fields = translation("a")
        del fields[name]
        assert error_of(post(client, fields)) == (400, sentence)

    @pytest.mark.parametrize("name", ["source", "target"])
    @pytest.mark.parametrize("value", [5, True, ["en"], {"code": "en"}])
    def test_code_of_a_wrong_type(self, client: FlaskClient, name: str, value: object) -> None:
        sentence = f"Invalid request: {name} parameter must be a language code"
        assert error_of(post(client, translation("a") | {name: value})) == (400, sentence)

    @pytest.mark.parametrize("name", ["source", "target"])
    def test_unsupported_language(self, client: FlaskClient, name: str) -> None:
        assert error_of(post(client, translation("a") | {name: "xx"})) == (400, "xx is not supported")

    def test_auto_is_no_target(self, client: FlaskClient) -> None:
        assert error_of(post(client, translation("a", target="auto"))) == (400, "auto is not supported")

    @pytest.mark.parametrize("format", ["xml", "HTML", "x" * 60])
    def test_unsupported_format(self, client: FlaskClient, format: str) -> None:
        answer = post(client, translation("a", format=format))
        assert error_of(answer) == (400, f"{format} format is not supported")

    @pytest.mark.parametrize("format", [5, True, ["text"]])
    def test_format_of_a_wrong_type(self, client: FlaskClient, format: object) -> None:
        answer = post(client, translation("a", format=format))
        assert error_of(answer) == (400, "Invalid request: format parameter must be text or html")

    @pytest.mark.parametrize("format", ["text", "", None])
    def test_text_format(self, client: FlaskClient, format: object) -> None:
        assert post(client, translation("a", format=format)).status_code == 200

    def test_html_format(self, client: FlaskClient, services: FakeServices) -> None:
        assert post(client, translation("a", format="html")).status_code == 200
        assert post(client, translation("a")).status_code == 200
        assert [asked.format for asked in services.translator.requests] == ["html", "text"]

    @pytest.mark.parametrize("value", [5, {"a": "b"}, [5], ["("], ["a" * 1001], "(", '["("]'])
    def test_placeholders_that_cannot_be(self, client: FlaskClient, value: object) -> None:
        status, sentence = error_of(post(client, translation("a", placeholders=value)))
        assert status == 400
        assert sentence.startswith("Invalid request: placeholders parameter must be ")

    @pytest.mark.parametrize("value", [["url", "email"], '["url", "email"]'])
    def test_placeholders(self, client: FlaskClient, services: FakeServices, value: object) -> None:
        post(client, translation("a", placeholders=value))
        find = services.translator.requests[0].find
        assert find and [span.output for span in find("{a} or a@b.org")] == [("a@b.org",)]

    @pytest.mark.parametrize("value", [5, [], "x", "[]", {"a": 5}, {"": "b"}, {"a": " "}])
    def test_glossary_that_cannot_be(self, client: FlaskClient, value: object) -> None:
        status, sentence = error_of(post(client, translation("a", glossary=value)))
        assert status == 400
        assert sentence.startswith("Invalid request: glossary parameter must be ")

    @pytest.mark.parametrize("value", [{"cloud": "nube", "Acme": None}, '{"cloud": "nube", "Acme": null}'])
    def test_glossary(self, client: FlaskClient, services: FakeServices, value: object) -> None:
        post(client, translation("a", glossary=value))
        terms = services.translator.requests[0].terms
        found = terms("en", "es") if terms else None
        assert found and [span.output for span in found("Acme cloud")] == [("Acme",), ("nube",)]

    @pytest.mark.parametrize("value", [None, "", {}])
    def test_no_glossary(self, client: FlaskClient, services: FakeServices, value: object) -> None:
        post(client, translation("a", glossary=value, glossary_id=""))
        terms = services.translator.requests[0].terms
        assert terms is None or terms("en", "es") is None

    @pytest.mark.parametrize(
        ("value", "is_on"), [(True, True), ("1", True), ("true", True), (False, False), (None, False)]
    )
    def test_preformatted(self, client: FlaskClient, services: FakeServices, value: object, is_on: bool) -> None:
        assert post(client, translation("a", preformatted=value)).status_code == 200
        assert services.translator.requests[0].preformatted is is_on
        sentence = "Invalid request: preformatted parameter must be true or false"
        assert error_of(post(client, translation("a", preformatted="maybe"))) == (400, sentence)

    def test_glossary_id(self, client: FlaskClient, services: FakeServices) -> None:
        assert error_of(post(client, translation("a", glossary_id=5)))[0] == 400
        status, sentence = error_of(post(client, translation("a", glossary_id="../../etc/passwd")))
        assert status == 400
        assert "glossary" in sentence

    @pytest.mark.parametrize("value", ["x", True, [], [1], {}, "1.5", 1.5, "9" * 5000])
    def test_alternatives_that_are_no_number(self, client: FlaskClient, value: object) -> None:
        answer = post(client, translation("a", alternatives=value))
        assert error_of(answer) == (400, "Invalid request: alternatives parameter is not a number")

    @pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
    def test_numbers_that_json_does_not_have(self, client: FlaskClient, value: str) -> None:
        body = f'{{"q": "a", "source": "en", "target": "es", "alternatives": {value}}}'
        answer = client.post("/translate", data=body, content_type="application/json")
        assert error_of(answer) == (400, "Invalid request: alternatives parameter is not a number")

    @pytest.mark.parametrize("path", ["/translate", "/detect"])
    def test_lone_surrogates_and_nul(self, client: FlaskClient, path: str) -> None:
        body = b'{"q": ["\\ud83d", "a\\u0000b"], "source": "en", "target": "es"}'
        answer = client.post(path, data=body, content_type="application/json")
        assert answer.status_code == 200
        if path == "/translate":
            assert answer.json == {"translatedText": ["\ud83d", "A\0B"]}

    @pytest.mark.parametrize("name", ["source", "target", "format"])
    def test_lone_surrogates_in_other_fields(self, client: FlaskClient, name: str) -> None:
        assert error_of(post(client, translation("a") | {name: "\ud83d"}))[0] == 400


class TestLimits:
    def test_characters(self, make_client: Made) -> None:
        client = make_client(Rules(char_limit=10))
        assert post(client, translation("😀" * 10)).status_code == 200
        sentence = "Invalid request: request (11) exceeds text limit (10)"
        assert error_of(post(client, translation("😀" * 11))) == (400, sentence)
        assert error_of(post(client, translation(["a", "b" * 11]))) == (400, sentence)
        assert post(client, translation(["1234567"] * 2)).status_code == 200

    def test_form_counts_a_line_end_once(self, make_client: Made) -> None:
        client = make_client(Rules(char_limit=10))
        assert client.post("/translate", data=translation("12345\r\n7890")).status_code == 200
        assert post(client, translation("12345\r\n7890")).status_code == 400

    def test_zero_refuses_everything(self, make_client: Made) -> None:
        client = make_client(Rules(char_limit=0))
        sentence = "Invalid request: request (1) exceeds text limit (0)"
        assert error_of(post(client, translation("a"))) == (400, sentence)

    def test_batch(self, make_client: Made) -> None:
        client = make_client(Rules(char_limit=3), batch_limit=2)
        sentence = "Invalid request: request (3) exceeds text limit (2)"
        assert error_of(post(client, translation(["aaaa"] * 3))) == (400, sentence)
        assert post(client, translation(["a", "b"])).status_code == 200

    def test_size_comes_before_language_and_language_before_format(self, make_client: Made) -> None:
        client = make_client(Rules(char_limit=3))
        assert "exceeds" in error_of(post(client, translation("aaaa", target="zz", format="xml")))[1]
        assert error_of(post(client, translation("a", target="zz", format="xml"))) == (400, "zz is not supported")

    def test_alternatives(self, make_client: Made) -> None:
        client = make_client(alternatives_limit=2)
        assert post(client, translation("a", alternatives=2)).status_code == 200
        sentence = "Invalid request: alternatives parameter must be <= 2"
        for value in (3, "3", 10**400):
            assert error_of(post(client, translation("a", target="zz", alternatives=value))) == (400, sentence)

    def test_no_limit_of_alternatives(self, make_client: Made) -> None:
        assert post(make_client(alternatives_limit=-1), translation("a", alternatives=50)).status_code == 200

    def test_detect_is_not_limited(self, make_client: Made) -> None:
        assert (
            post(make_client(Rules(char_limit=1), batch_limit=1), {"q": ["abc", "def"]}, "/detect").status_code == 200
        )


class TestDetect:
    RANKING = ({"confidence": 90.0, "language": "es"}, {"confidence": 4.5, "language": "pt-BR"})

    def test_text_and_list(self, client: FlaskClient) -> None:
        assert post(client, {"q": "hola"}, "/detect").json == list(self.RANKING)
        assert post(client, {"q": ["hola", ""]}, "/detect").json == list(self.RANKING)

    def test_form_and_query(self, client: FlaskClient) -> None:
        assert client.post("/detect", data={"q": "a"}).json == list(self.RANKING)
        assert client.post("/detect?q=a").json == list(self.RANKING)

    def test_missing_q(self, client: FlaskClient) -> None:
        assert error_of(post(client, {}, "/detect")) == (400, "Invalid request: missing q parameter")


class TestLanguages:
    def test_codes_names_and_targets(self, client: FlaskClient) -> None:
        entries = client.get("/languages").json
        assert entries[0] == {"code": "en", "name": "English", "targets": ["en", "es", "zh-Hans"]}
        names = [entry["name"] for entry in entries]
        assert names[1:] == sorted(names[1:])
        assert {entry["code"] for entry in entries} == {"en", "es", "de", "pt-BR", "zh-Hans"}
        assert all(entry["code"] in entry["targets"] for entry in entries)

    def test_names_by_accept_language(self, client: FlaskClient) -> None:
        answer = client.get("/languages", headers={"Accept-Language": "de-AT,de;q=0.9"})
        names = {entry["code"]: entry["name"] for entry in answer.json}
        assert names["es"] == "Spanisch"
        assert answer.headers["Vary"] == "Accept-Language"
        assert answer.json[0]["code"] == "en"

    def test_a_body_does_no_harm(self, client: FlaskClient) -> None:
        assert client.get("/languages", data={"api_key": "x"}).status_code == 200
        assert client.get("/languages", content_type="application/json").status_code == 200

    def test_head(self, client: FlaskClient) -> None:
        answer = client.head("/languages")
        assert (answer.status_code, answer.data) == (200, b"")
        assert answer.headers["Content-Length"] == client.get("/languages").headers["Content-Length"]


class TestPaths:
    @pytest.mark.parametrize("path", ["/translate", "/translate/", "//translate", "//translate//"])
    def test_slashes(self, client: FlaskClient, path: str) -> None:
        # The client would take "//translate" for a host.
        answer = client.post("/", data=translation("a"), environ_overrides={"PATH_INFO": path})
        assert answer.json == {"translatedText": "A"}

    @pytest.mark.parametrize("path", ["/nothing", "/translate/more", "/a//b", "/%00", "/%FF"])
    def test_not_found(self, client: FlaskClient, path: str) -> None:
        assert error_of(client.get(path))[0] == 404
        assert error_of(client.post(path))[0] == 404

    def test_method_not_allowed(self, client: FlaskClient) -> None:
        for path in ("/translate", "/detect"):
            answer = client.get(path)
            assert error_of(answer)[0] == 405
            assert "only" in error_of(answer)[1] and "POST" in error_of(answer)[1]
            assert "POST" in answer.headers["Allow"]

    @pytest.mark.parametrize("path", ["/", "/translate", "/languages", "/nothing"])
    def test_preflight(self, client: FlaskClient, path: str) -> None:
        answer = client.options(path, headers={"Origin": "https://a.example", "Access-Control-Request-Method": "POST"})
        assert (answer.status_code, answer.data, answer.content_length) == (200, b"", 0)
        assert "POST" in answer.headers["Access-Control-Allow-Methods"]

    @pytest.mark.parametrize("path", ["/translate", "/languages", "/nothing"])
    @pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
    def test_every_answer_may_be_read_by_any_page(self, client: FlaskClient, path: str, method: str) -> None:
        headers = client.open(path, method=method).headers
        assert headers.getlist("Access-Control-Allow-Origin") == ["*"]
        assert headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type"
        assert "Access-Control-Allow-Credentials" not in headers


class TestAccess:
    def test_a_body_that_cannot_be_read_counts(self, make_client: Made) -> None:
        client = make_client(Rules(req_limit=2))
        for _ in range(2):
            broken = client.post("/translate", data=b"{", content_type="application/json")
            assert error_of(broken) == (400, "Invalid JSON format")
        assert post(client, translation("a")).status_code == 429

    def test_where_a_key_is_needed_it_is_the_body_that_is_wrong(self, make_client: Made) -> None:
        client = make_client(Rules(require_key=True))
        broken = client.post("/translate", data=b"{", content_type="application/json")
        assert error_of(broken) == (400, "Invalid JSON format")


class TestKeptAnswers:
    @pytest.fixture
    def client(self, services: FakeServices) -> FlaskClient:
        services.answers = AnswerCache(open_storage("memory://"), ["all"])
        return create_app(services, WebOptions()).test_client()

    def test_an_answer_is_given_again(self, client: FlaskClient, services: FakeServices) -> None:
        answers = [post(client, translation("a")).data for _ in range(2)]
        assert answers[0] == answers[1]
        assert len(services.translator.requests) == 1

    def test_not_after_another_package_was_installed(self, client: FlaskClient, services: FakeServices) -> None:
        post(client, translation("a"))
        services.translator.packages = "2"
        post(client, translation("a"))
        assert len(services.translator.requests) == 2

    @pytest.mark.parametrize(
        "fields",
        [
            {"format": "html"},
            {"alternatives": 1},
            {"q": ["a"]},
            {"source": "auto"},
            {"preformatted": True},
            {"glossary": {"a": "b"}},
            {"placeholders": False},
        ],
    )
    def test_not_for_another_question(
        self, client: FlaskClient, services: FakeServices, fields: dict[str, object]
    ) -> None:
        post(client, translation("a"))
        post(client, {**translation("a"), **fields})
        assert len(services.translator.requests) == 2

    def test_not_with_a_stored_glossary_which_may_change(self, client: FlaskClient, services: FakeServices) -> None:
        services.glossaries.find = lambda *_: None  # type: ignore[method-assign]
        for _ in range(2):
            assert post(client, translation("a", glossary_id="brand")).status_code == 200
        assert len(services.translator.requests) == 2

    def test_refusals_are_not_kept(self, client: FlaskClient, services: FakeServices) -> None:
        services.translator.error = errors.Overloaded(1)
        assert post(client, translation("a")).status_code == 503
        services.translator.error = None
        assert post(client, translation("a")).status_code == 200
