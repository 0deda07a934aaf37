"""Limits of one request."""

from __future__ import annotations

from tests.clients.wire import post_json
from tests.compat.asking import Start, ask, ask_form, detect, send_file, settings

EXCEEDS = "Invalid request: request ({}) exceeds text limit ({})"


def test_char_limit(start: Start) -> None:
    server = start("--char-limit", "10")
    assert ask(server, "1234567890").good() == {"translatedText": "1234567890"}
    assert ask(server, "12345678901").refusal(400) == EXCEEDS.format(11, 10)
    assert ask_form(server, "12345678901").refusal(400) == EXCEEDS.format(11, 10)
    # A line end of a form is one character, and comes back as one.
    assert ask_form(server, "12345\r\n7890").good() == {"translatedText": "12345\n7890"}
    assert ask(server, "12345\r\n7890").refusal(400) == EXCEEDS.format(11, 10)
    assert ask(server, "😀" * 10).good() == {"translatedText": "😀" * 10}
    assert ask(server, "😀" * 11).refusal(400) == EXCEEDS.format(11, 10)
    assert ask(server, ["1234567", "1234567"]).good() == {"translatedText": ["1234567", "1234567"]}
    assert ask(server, ["12345", "123456789012"]).refusal(400) == EXCEEDS.format(12, 10)
    assert ask(server, "<p>Hello there</p>", format="html").refusal(400) == EXCEEDS.format(18, 10)
    assert ask(server, "12345678901", target="zz").refusal(400) == EXCEEDS.format(11, 10)
    assert detect(server, "Hello my friends, how are you?").good()[0]["language"] == "en"
    assert send_file(server, b"This is more than ten characters.").status == 200
    assert settings(server)["charLimit"] == 10


def test_char_limit_0_refuses_everything(start: Start) -> None:
    server = start("--char-limit", "0")
    assert ask(server, "1").refusal(400) == EXCEEDS.format(1, 0)
    assert settings(server)["charLimit"] == 0


def test_batch_limit(start: Start) -> None:
    server = start("--batch-limit", "2")
    assert ask(server, ["a", "b"]).good() == {"translatedText": ["a", "b"]}
    assert ask(server, ["a", "b", "c"]).refusal(400) == EXCEEDS.format(3, 2)
    assert ask(server, "a").good() == {"translatedText": "a"}
    assert ask(server, ["a", "b", "c"], target="zz").refusal(400) == EXCEEDS.format(3, 2)


def test_batch_limit_comes_before_char_limit(start: Start) -> None:
    server = start("--batch-limit", "2", "--char-limit", "3")
    assert ask(server, ["aaaa", "bbbb", "cccc"]).refusal(400) == EXCEEDS.format(3, 2)


def test_alternatives_limit(start: Start) -> None:
    server = start("--alternatives-limit", "2")
    assert ask(server, alternatives=2).good() == {"alternatives": [], "translatedText": "a"}
    refusal = "Invalid request: alternatives parameter must be <= 2"
    assert ask(server, alternatives=3).refusal(400) == refusal
    assert ask_form(server, alternatives=3).refusal(400) == refusal
    assert ask(server, alternatives=-1).good() == {"translatedText": "a"}
    assert ask(server, alternatives=3, target="zz").refusal(400) == refusal


def test_alternatives_limit_0(start: Start) -> None:
    server = start("--alternatives-limit", "0")
    assert ask(server, alternatives=0).good() == {"translatedText": "a"}
    assert ask(server, alternatives=1).refusal(400) == "Invalid request: alternatives parameter must be <= 0"


def test_alternatives_limit_is_10_unless_told_otherwise(start: Start) -> None:
    server = start()
    assert ask(server, alternatives=10).good() == {"alternatives": [], "translatedText": "a"}
    assert ask(server, alternatives=11).refusal(400) == "Invalid request: alternatives parameter must be <= 10"
    assert ask(start("--alternatives-limit", "-1"), alternatives=500).status == 200


def test_the_longest_page(start: Start) -> None:
    server = start()
    page = "<p>a</p>" * 625_000
    assert ask(server, page, format="html").good() == {"translatedText": page}
    refusal = ask(server, page + "a", format="html").refusal(400)
    assert refusal == "Invalid request: request (5000001) exceeds text limit (5000000)"
    assert ask(server, page + "a").good() == {"translatedText": page + "a"}


def test_max_body(start: Start) -> None:
    server = start("--max-body", "2K")
    assert ask(server, "a" * 1000).good() == {"translatedText": "a" * 1000}
    assert "2048" in ask(server, "a" * 3000).refusal(413)
    assert "2048" in send_file(server, b"a" * 3000).refusal(413)
    assert "2048" in post_json(f"{server.url}/detect", {"q": "a" * 3000}).refusal(413)
