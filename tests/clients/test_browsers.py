"""Pages of other origins: what browsers ask before a request, and what they let the page see of the answer."""

from __future__ import annotations

from collections.abc import Iterable
from email.message import Message

import pytest

from tests.clients.conftest import Place
from tests.clients.wire import Answer, post_form, post_json, post_multipart, send
from tests.e2e.process import ServerProcess

ORIGIN = {"Origin": "https://page.example"}
# Requests with these alone need no permission.
SIMPLE_HEADERS = {"accept", "accept-language", "content-language"}
# What a page may read of any answer.
SAFE_HEADERS = {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified"}


def listed(headers: Message, name: str) -> set[str]:
    return {value.strip().lower() for value in headers.get(name, "").split(",") if value.strip()}


def preflight(url: str, method: str, headers: Iterable[str]) -> Answer:
    """Asks as a browser does, and holds the answer to the rules of the Fetch standard."""
    wanted = sorted({name.lower() for name in headers} - SIMPLE_HEADERS)
    asked = {**ORIGIN, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": ",".join(wanted)}
    answer = send("OPTIONS", url, None, asked)
    assert 200 <= answer.status < 300
    assert visible(answer)
    assert method.lower() in listed(answer.headers, "Access-Control-Allow-Methods") | {"get", "head", "post"}
    # A wildcard would not do for Authorization.
    assert set(wanted) <= listed(answer.headers, "Access-Control-Allow-Headers")
    return answer


def visible(answer: Answer) -> bool:
    """Whether a page of another origin gets to see the answer, with and without credentials."""
    return answer.headers.get_all("Access-Control-Allow-Origin") == ["*"]


@pytest.mark.parametrize("path", ["/translate", "/detect", "/suggest"])
@pytest.mark.parametrize("headers", [("Content-Type",), ("Content-Type", "Authorization", "Accept")])
def test_a_request_with_json(place: Place, path: str, headers: tuple[str, ...]) -> None:
    preflight(place.base + path, "POST", headers)
    fields = place.fields(q="Good morning.", source="en", target="es", s="Buenos días.")
    answer = post_json(place.base + path, fields, ORIGIN)
    assert answer.status == 200
    assert visible(answer)
    # With it, a browser would send cookies of ours along; together with the star it refuses the answer.
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("path", ["/languages", "/frontend/settings", "/health", "/spec"])
def test_reading(place: Place, path: str) -> None:
    preflight(place.base + path, "GET", ["Content-Type"])
    answer = send("GET", place.base + path, None, ORIGIN)
    assert answer.status == 200
    assert visible(answer)


def test_a_form_needs_no_permission(place: Place) -> None:
    answer = post_form(f"{place.base}/translate", place.fields(q="Hello", source="en", target="es"))
    assert visible(answer)
    assert answer.good() == {"translatedText": "Hola"}


def test_a_key_in_the_authorization_header(place: Place) -> None:
    fields = {"q": "Hello", "source": "en", "target": "es"}
    answer = post_json(f"{place.base}/translate", fields, {**ORIGIN, "Authorization": f"Bearer {place.key or 'some'}"})
    assert answer.good() == {"translatedText": "Hola"}


def test_pages_see_refusals(place: Place) -> None:
    for answer in (
        post_json(f"{place.base}/translate", {}, ORIGIN),
        send("GET", f"{place.base}/nowhere", None, ORIGIN),
        send("GET", f"{place.base}/translate", None, ORIGIN),
    ):
        assert answer.status in (400, 404, 405)
        assert visible(answer)
        assert isinstance(answer.json["error"], str)


def test_pages_see_when_to_come_back(limited: ServerProcess) -> None:
    client = {**ORIGIN, "X-Forwarded-For": "203.0.113.80"}
    fields = {"q": "Hello", "source": "en", "target": "es"}
    for _ in range(5):
        # Permissions are not counted.
        asked = send("OPTIONS", f"{limited.url}/translate", None, {**client, "Access-Control-Request-Method": "POST"})
        assert asked.status < 300
    answers = [post_json(f"{limited.url}/translate", fields, client) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    limits = {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"}
    for answer in answers:
        seen = (SAFE_HEADERS | listed(answer.headers, "Access-Control-Expose-Headers")) & {
            name.lower() for name in answer.headers
        }
        assert limits <= seen
    assert "retry-after" in seen
    assert visible(answer)


def test_pages_can_download_a_translated_file(place: Place) -> None:
    preflight(f"{place.base}/translate_file", "POST", ["Authorization"])
    fields = place.fields(source="en", target="es")
    answer = post_multipart(f"{place.base}/translate_file", fields, ("letter.txt", b"Hello"))
    assert visible(answer)
    fetched = send("GET", answer.good()["translatedFileUrl"], None, ORIGIN)
    assert visible(fetched)
    assert "content-disposition" in listed(fetched.headers, "Access-Control-Expose-Headers")
