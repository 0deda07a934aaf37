"""The documents that describe the server, and the page that shows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV2SpecValidator, OpenAPIV30SpecValidator

from libretranslate_py.option_kinds import parse_prefix
from libretranslate_py.web import libre_errors, spec
from libretranslate_py.web.edge import Edge
from libretranslate_py.web.guard import Proxies
from libretranslate_py.web.openapi import Dialect, document, ok, operation, record, ref

Json = dict[str, Any]

DOCS = Path(spec.__file__).parent / "static" / "docs"
# What people look at, which is no API.
PAGES = {"/", "/docs", "/docs/{edition}/{name}", "/js/app.js", "/static/page/{name}"}
ORIGINAL = {"/detect", "/frontend/settings", "/health", "/languages", "/suggest", "/translate", "/translate_file"}


class Site:
    """The blueprint alone, behind the edge."""

    def __init__(self, prefix: str = "", hops: int = 0, **options: Any) -> None:
        app = Flask(__name__, static_folder=None)
        app.register_blueprint(spec.create_blueprint("1.2.3", parse_prefix(prefix), **options))
        app.wsgi_app = Edge(app.wsgi_app, Proxies(hops=hops), prefix=parse_prefix(prefix))  # type: ignore[method-assign]
        self.client: FlaskClient = app.test_client()

    def json(self, path: str, **headers: str) -> Json:
        answer = self.client.get(path, headers=headers)
        assert (answer.status_code, answer.mimetype) == (200, "application/json")
        found: Json = answer.get_json()
        return found


@pytest.fixture(scope="module")
def site() -> Site:
    return Site(metrics=True)


@pytest.fixture(scope="module")
def openapi(site: Site) -> Json:
    return site.json("/openapi.json")


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for method, described in item.items():
            yield path, method, described


class TestSwagger:
    def test_it_is_valid_and_named_as_clients_expect(self, site: Site) -> None:
        found = site.json("/spec")
        OpenAPIV2SpecValidator(found).validate()
        assert (found["swagger"], found["info"]["title"], found["info"]["version"]) == (
            "2.0",
            "LibreTranslate",
            "1.2.3",
        )
        assert found["basePath"] == "/"
        assert set(found["paths"]) >= ORIGINAL

    def test_fields_are_those_of_a_form(self, site: Site) -> None:
        found = site.json("/spec")["paths"]["/translate"]["post"]
        fields = {parameter["name"]: parameter for parameter in found["parameters"]}
        assert {name for name, field in fields.items() if field["required"]} == {"q", "source", "target"}
        assert fields["alternatives"]["type"] == "integer"
        file = site.json("/spec")["paths"]["/translate_file"]["post"]
        assert {"name": "file", "in": "formData", "type": "file"}.items() <= file["parameters"][0].items()
        assert file["consumes"] == ["multipart/form-data"]

    @pytest.mark.parametrize("prefix", ["/lt", "/a/b"])
    def test_the_prefix(self, prefix: str) -> None:
        site = Site(prefix)
        assert site.json(prefix + "/spec")["basePath"] == prefix
        assert site.json(prefix + "/openapi.json")["servers"] == [{"url": prefix}]

    def test_the_prefix_of_a_proxy(self) -> None:
        site = Site(hops=1)
        behind = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Prefix": "/from/proxy"}
        assert site.json("/spec", **behind)["basePath"] == "/from/proxy"
        assert site.json("/spec")["basePath"] == "/"
        assert Site().json("/spec", **behind)["basePath"] == "/"


class TestOpenApi:
    def test_it_is_valid(self, openapi: Json) -> None:
        OpenAPIV30SpecValidator(openapi).validate()
        assert openapi["info"]["version"] == "1.2.3"

    def test_every_reference_leads_somewhere(self, openapi: Json) -> None:
        def look(value: object) -> Iterator[str]:
            if isinstance(value, dict):
                for name, inner in value.items():
                    yield from [inner] if name == "$ref" else look(inner)
            elif isinstance(value, list):
                for inner in value:
                    yield from look(inner)

        references = set(look(openapi))
        for reference in references:
            room, name = reference.removeprefix("#/components/").split("/")
            assert name in openapi["components"][room], reference
        described = {f"#/components/schemas/{name}" for name in openapi["components"]["schemas"]}
        assert described <= references

    def test_operations_have_names_of_their_own(self, openapi: Json) -> None:
        names = [described["operationId"] for _, _, described in operations(openapi)]
        assert len(names) == len(set(names))

    def test_every_error_is_described_somewhere(self, openapi: Json) -> None:
        """499 is never seen by anybody."""
        statuses = {reply.status for reply in libre_errors.ERRORS.values()} - {499}
        for path in ("/translate", "/translate_file"):
            missing = statuses - {int(status) for status in openapi["paths"][path]["post"]["responses"]} - {404}
            assert not missing, path

    def test_errors_have_one_shape(self, openapi: Json) -> None:
        responses = openapi["components"]["responses"]
        for _, _, described in operations(openapi):
            for status, response in described["responses"].items():
                if int(status) >= 400:
                    response = responses[response["$ref"].rpartition("/")[2]]
                    schema = response["content"]["application/json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/Error"}

    def test_limits_are_told_in_headers(self, openapi: Json) -> None:
        headers = openapi["components"]["responses"]["TooManyRequests"]["headers"]
        assert set(headers) == {"Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}

    def test_three_kinds_of_bodies(self, openapi: Json) -> None:
        body = openapi["paths"]["/translate"]["post"]["requestBody"]["content"]
        assert set(body) == {"application/json", "application/x-www-form-urlencoded", "multipart/form-data"}
        ours = {"alternatives", "placeholders", "glossary", "glossary_id", "preformatted"}
        for name in ("TranslateRequest", "TranslateForm"):
            assert set(openapi["components"]["schemas"][name]["properties"]) >= ours

    def test_metrics_only_where_there_are_any(self) -> None:
        assert "/metrics" not in Site().json("/openapi.json")["paths"]

    def test_another_dialect_adds_its_own(self) -> None:
        answer = {"200": ok(ref("Thing"), "A thing.")}
        other = Dialect(
            ("other", "Another dialect."),
            {"/things": {"get": operation("other", "things", "Get a thing", answer)}},
            {"Thing": record({})},
        )
        found = Site(more=[other]).json("/openapi.json")
        OpenAPIV30SpecValidator(found).validate()
        assert {"/things", "/translate"} <= set(found["paths"])
        assert "/things" not in Site(more=[other]).json("/spec")["paths"]
        with pytest.raises(ValueError, match="/things"):
            document("1", "", [other, other])

    @pytest.mark.parametrize("path", ["/openapi.json", "/spec"])
    def test_constant_and_kept(self, site: Site, path: str) -> None:
        first, second = site.client.get(path), site.client.get(path)
        assert first.data == second.data
        assert "max-age" in first.headers["Cache-Control"]
        again = site.client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert Site("/x").client.get("/x" + path).headers["ETag"] != first.headers["ETag"]


class TestRoutes:
    def test_the_document_and_the_routes_are_the_same(self, make_client: Callable[..., FlaskClient]) -> None:
        client = make_client(metrics=True)
        described = {(path, method.upper()) for path, method, _ in operations(client.get("/openapi.json").get_json())}
        served = {
            (re.sub(r"<(?:[^<>:]+:)?([^<>:]+)>", r"{\1}", rule.rule), method)
            for rule in client.application.url_map.iter_rules()
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        }
        assert {path for path, _ in served} >= PAGES
        assert described == {(path, method) for path, method in served if path not in PAGES}

    def test_no_metrics_no_path(self, make_client: Callable[..., FlaskClient]) -> None:
        client = make_client()
        assert "/metrics" not in client.get("/openapi.json").get_json()["paths"]
        assert client.get("/metrics").status_code == 404

    def test_the_version_is_ours(self, make_client: Callable[..., FlaskClient]) -> None:
        from libretranslate_py import __version__

        for path in ("/spec", "/openapi.json"):
            assert make_client().get(path).get_json()["info"]["version"] == __version__


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value for name, value in attrs if name in ("src", "href") and value]
        assert not [name for name, _ in attrs if name.startswith("on") or name == "style"]
        if tag == "script":
            self.scripts += [value or "" for name, value in attrs if name == "src"] or [""]


class TestDocs:
    @pytest.mark.parametrize("prefix", ["", "/lt"])
    @pytest.mark.parametrize("page", ["/docs", "/docs/"])
    def test_everything_on_the_page_is_served(self, prefix: str, page: str) -> None:
        site = Site(prefix)
        page = prefix + page
        answer = site.client.get(page)
        assert (answer.status_code, answer.mimetype) == (200, "text/html")
        links = self.links(answer.text)
        assert len(links.links) == 5
        assert "" not in links.scripts
        for link in links.links:
            assert not re.match(r"[a-z]+:|/", link), "an address that is not relative"
            found = site.client.get(urljoin("http://localhost/" + page.lstrip("/"), link))
            assert found.status_code == 200, link
        assert site.client.get(page).headers["Cache-Control"] == "no-cache"

    def test_nothing_but_our_own_scripts(self, site: Site) -> None:
        policy = dict(
            part.strip().split(" ", 1)
            for part in site.client.get("/docs").headers["Content-Security-Policy"].split(";")
        )
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["connect-src"] == policy["style-src"] == "'self'"
        assert "unsafe" not in " ".join(policy.values())

    def test_nothing_is_asked_of_anybody_else(self, site: Site) -> None:
        script = (DOCS / "start.js").read_text()
        assert "validatorUrl: null" in script
        assert "http" not in script
        assert "sourceMappingURL" not in (DOCS / "swagger-ui.css").read_text()
        assert set(re.findall(r"url\([\"']?([a-z]+:)", (DOCS / "swagger-ui.css").read_text())) == {"data:"}

    def test_assets_are_kept_for_long_under_an_address_of_their_own(self, site: Site) -> None:
        links = self.links(site.client.get("/docs").text)
        address = next(link for link in links.links if link.endswith("start.js")).removeprefix(".")
        answer = site.client.get(address)
        assert answer.mimetype == "text/javascript"
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"

    @pytest.mark.parametrize(
        "name", ["LICENSE", "VENDORED", "x", "..", "%2e%2e%2fspec.py", "..%2f..%2fspec.py", "start.js%00"]
    )
    def test_nothing_else_is_there(self, site: Site, name: str) -> None:
        links = self.links(site.client.get("/docs").text)
        edition = links.links[0].split("/")[2]
        assert site.client.get(f"/docs/{edition}/start.js").status_code == 200
        assert site.client.get(f"/docs/{edition}/{name}").status_code == 404
        assert site.client.get("/docs/0/start.js").status_code == 404

    def test_the_vendored_files_are_what_they_say(self) -> None:
        sums = dict(re.findall(r"^sha256 of (\S+)  (\w{64})$", (DOCS / "VENDORED").read_text(), re.MULTILINE))
        sums = {name: digest for name, digest in sums.items() if not name.endswith(".tgz")}
        assert set(sums) >= {"swagger-ui.css", "swagger-ui-bundle.js", "favicon.png"}
        for name, digest in sums.items():
            assert sha256((DOCS / name).read_bytes()).hexdigest() == digest, name

    def links(self, html: str) -> _Links:
        parser = _Links()
        parser.feed(html)
        return parser
