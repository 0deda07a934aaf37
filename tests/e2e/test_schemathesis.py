"""The running server against its own description: whatever is sent, the answer is one that the document has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.openapi.checks import JsonSchemaError, UndefinedContentType, UndefinedStatusCode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from libretranslate_py.web.openapi_files import describe_files
from libretranslate_py.web.openapi_libre import describe_texts
from libretranslate_py.web.openapi_server import describe_server
from tests.e2e.conftest import NOWHERE
from tests.e2e.process import ServerProcess

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 50
OPERATIONS = {
    (method.upper(), path): "requestBody" in operation
    for dialect in (describe_texts(), describe_files(), describe_server(metrics=True))
    for path, item in dialect.paths.items()
    for method, operation in item.items()
}
# Nothing can be wrong in a request without a body: parameters are any text.
KINDS = [
    (method, path, mode)
    for (method, path), has_body in OPERATIONS.items()
    for mode in GenerationMode
    if has_body or mode is GenerationMode.POSITIVE
]
# Without these hardly a request would get beyond its languages.
LANGUAGES = {"source": ["en", "es", "auto", "xx"], "target": ["en", "es", "fr", "xx"]}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    home = tmp_path_factory.mktemp("home")
    server = ServerProcess(home, "--index-url", NOWHERE, "--metrics", "--suggestions").wait_listening()
    server.wait_until(lambda: server.request("/ready")[0] == 200)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def document(server: ServerProcess) -> dict[str, Any]:
    status, document = server.request("/openapi.json")
    assert status == 200
    served = [(method.upper(), path) for path, item in document["paths"].items() for method in item]
    assert sorted(served) == sorted(OPERATIONS)
    return document


@pytest.fixture(scope="module")
def described(document: dict[str, Any]) -> schemathesis.BaseSchema:
    def narrow(value: object) -> object:
        if isinstance(value, dict):
            return {
                name: {**inner, "enum": LANGUAGES[name]}
                if name in LANGUAGES and isinstance(inner, dict) and inner.get("type") == "string"
                else narrow(inner)
                for name, inner in value.items()
            }
        return [narrow(inner) for inner in value] if isinstance(value, list) else value

    return schemathesis.openapi.from_dict(narrow(document), config=SchemathesisConfig())


@pytest.mark.parametrize(("method", "path", "mode"), KINDS)
def test_every_answer_is_described(
    server: ServerProcess, described: schemathesis.BaseSchema, method: str, path: str, mode: GenerationMode
) -> None:
    operation = described[path][method]
    session = requests.Session()

    @given(operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Case) -> None:
        answer = case.call(server.url, session, timeout=30)
        case.validate_response(answer, checks=CHECKS)
        assert answer.headers["access-control-allow-origin"] == ["*"]

    with session:
        send()


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/translate", {"q": "Hello", "source": "en", "target": "es"}),
        ("/translate", {"q": "Hello", "source": "auto", "target": "es", "alternatives": 2}),
        ("/translate", {"q": ["Hello", "Good night"], "source": "auto", "target": "es", "alternatives": 2}),
        ("/translate", {"q": "<b>Hello</b>", "source": "en", "target": "es", "format": "html"}),
        ("/detect", {"q": ["Hello, how are you?", "Good night"]}),
        ("/detect", {"q": "123"}),
        ("/suggest", {"q": "Hello", "s": "Hola", "source": "en", "target": "es"}),
    ],
)
def test_answers_that_succeed_are_as_described(
    server: ServerProcess, document: dict[str, Any], path: str, fields: dict[str, Any]
) -> None:
    operation = schemathesis.openapi.from_dict(document, config=SchemathesisConfig())[path]["POST"]
    case = operation.Case(body=fields, media_type="application/json")
    answer = case.call(server.url, timeout=30)
    assert answer.status_code == 200
    case.validate_response(answer, checks=CHECKS)


def test_files_are_as_described(server: ServerProcess, document: dict[str, Any]) -> None:
    paths = schemathesis.openapi.from_dict(document, config=SchemathesisConfig())
    with requests.Session() as session:
        fields = {"source": "en", "target": "es"}
        for wait, status in (("false", 200), ("true", 202)):
            answer = session.post(
                f"{server.url}/translate_file",
                data={**fields, "async": wait},
                files={"file": ("a.txt", b"The house is old.")},
                timeout=30,
            )
            assert answer.status_code == status
            paths["/translate_file"]["POST"].validate_response(answer)
        job = answer.json()["id"]
        found: requests.Response | None = None

        def finished() -> bool:
            nonlocal found
            found = session.get(f"{server.url}/translate_file/{job}", timeout=30)
            paths["/translate_file/{job_id}"]["GET"].validate_response(found)
            return bool(found.json()["status"] == "done")

        server.wait_until(finished)
        assert found
        answer = session.get(found.json()["translatedFileUrl"], timeout=30)
        assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, "text/plain")
        answer = session.delete(f"{server.url}/translate_file/{job}", timeout=30)
        assert answer.status_code == 200
        paths["/translate_file/{job_id}"]["DELETE"].validate_response(answer)


class TestTheChecksSee:
    """What the document lacks."""

    def check(
        self, server: ServerProcess, document: dict[str, Any], body: dict[str, Any], expected: type[Failure]
    ) -> None:
        operation = schemathesis.openapi.from_dict(document, config=SchemathesisConfig())["/detect"]["POST"]
        case = operation.Case(body=body, media_type="application/json")
        answer = case.call(server.url, timeout=30)
        with pytest.raises(FailureGroup) as caught:
            case.validate_response(answer, checks=CHECKS)
        assert [type(failure) for failure in caught.value.exceptions] == [expected]

    def test_a_status(self, server: ServerProcess) -> None:
        _, document = server.request("/openapi.json")
        del document["paths"]["/detect"]["post"]["responses"]["400"]
        self.check(server, document, {"q": 5}, UndefinedStatusCode)

    def test_a_shape(self, server: ServerProcess) -> None:
        _, document = server.request("/openapi.json")
        document["components"]["schemas"]["Detection"]["properties"]["language"] = {"type": "integer"}
        self.check(server, document, {"q": "Hello"}, JsonSchemaError)

    def test_a_content_type(self, server: ServerProcess) -> None:
        _, document = server.request("/openapi.json")
        responses = document["paths"]["/detect"]["post"]["responses"]
        responses["200"]["content"] = {"text/plain": responses["200"]["content"]["application/json"]}
        self.check(server, document, {"q": "Hello"}, UndefinedContentType)
