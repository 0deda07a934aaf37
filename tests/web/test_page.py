"""The web page in a real browser, where there is one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from libretranslate_py.access.gate import Rules
from libretranslate_py.web.frontend import FrontendOptions
from tests.web.conftest import Running
from tests.web.fakes import FakeServices

TIMEOUT = 20

Start = Callable[..., Running]


class Browser:
    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, running: Running, path: str = "/") -> None:
        self.driver.get(f"http://127.0.0.1:{running.port}{path}")
        self.wait(lambda: self.value("target"))

    def find(self, name: str) -> Any:
        return self.driver.find_element("id", name)

    def value(self, name: str) -> str:
        return str(self.find(name).get_property("value"))

    def write(self, text: str) -> None:
        self.find("text").clear()
        self.find("text").send_keys(text)

    def choose(self, name: str, code: str) -> None:
        self.find(name).find_element("css selector", f'option[value="{code}"]').click()

    def wait(self, condition: Callable[[], object]) -> None:
        from selenium.webdriver.support.ui import WebDriverWait

        WebDriverWait(self.driver, TIMEOUT, 0.05).until(lambda driver: condition())

    def complaints(self) -> list[str]:
        """What the browser did not let the page do, and what broke in it."""
        entries = [entry for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
        # Answers of the server that are refusals are the page's to show.
        return [str(entry["message"]) for entry in entries if entry["source"] != "network"]


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if not all(programs):
        pytest.skip("chromium or chromedriver is not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = programs[0]
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--lang=es"):
        options.add_argument(argument)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('browser')}")
    options.add_experimental_option("prefs", {"intl.accept_languages": "es"})
    made = webdriver.Chrome(options=options, service=webdriver.ChromeService(programs[1]))
    yield made
    made.quit()


@pytest.fixture
def browser(driver: Any) -> Iterator[Browser]:
    driver.delete_all_cookies()
    browser = Browser(driver)
    browser.complaints()
    yield browser
    # Pages keep connections open, for which the server would wait at its end.
    driver.get("about:blank")


def test_translates_while_typing(browser: Browser, start: Start) -> None:
    browser.open(start(frontend=FrontendOptions(frontend_timeout=10, title="Ours"), url_prefix="/lt"), "/lt")
    assert browser.driver.title == "Ours"
    assert (browser.value("source"), browser.value("target")) == ("auto", "es")
    browser.write("hello <b>'\"")
    browser.wait(lambda: browser.value("translation") == "HELLO <B>'\"")
    assert "/lt/translate' -H" in browser.find("curl").text
    assert not browser.find("key").is_displayed()
    assert browser.complaints() == []


def test_names_of_languages_in_that_of_the_page(browser: Browser, start: Start) -> None:
    browser.open(start(frontend=FrontendOptions(language="de")))
    assert "Englisch" in browser.find("target").text
    browser.open(start(frontend=FrontendOptions(language="")))
    assert "Inglés" in browser.find("target").text


def test_swaps(browser: Browser, start: Start) -> None:
    browser.open(start(frontend=FrontendOptions(frontend_timeout=10, source="en", target="zh")))
    browser.write("hello")
    browser.wait(lambda: browser.value("translation") == "HELLO")
    browser.find("swap").click()
    assert (browser.value("source"), browser.value("target")) == ("zh-Hans", "en")
    assert browser.value("text") == "HELLO"
    browser.choose("source", "auto")
    browser.wait(lambda: "auto" in browser.find("curl").text)
    browser.find("swap").click()
    assert (browser.value("source"), browser.value("target")) == ("en", "es")


def test_says_what_the_server_says(browser: Browser, start: Start, services: FakeServices) -> None:
    services.use(Rules(char_limit=3))
    browser.open(start(frontend=FrontendOptions(frontend_timeout=10, char_limit=3, hide_api=True)))
    browser.write("hello")
    browser.wait(lambda: browser.find("problem").text == "Invalid request: request (5) exceeds text limit (3)")
    assert browser.find("count").text == "5 / 3"
    browser.write("he")
    browser.wait(lambda: browser.value("translation") == "HE")
    assert not browser.find("problem").is_displayed()
    assert browser.complaints() == []


def test_sends_the_key(browser: Browser, start: Start, services: FakeServices) -> None:
    services.use(Rules(require_key=True))
    browser.open(start(frontend=FrontendOptions(frontend_timeout=10, key_required=True, api_keys=True)))
    browser.find("key").send_keys("wrong")
    browser.write("hello")
    browser.wait(lambda: browser.find("problem").text == "Invalid API key")


def test_carries_the_secret_and_fetches_the_next_one(
    browser: Browser, start: Start, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.use(Rules(secret=True))
    browser.open(start(frontend=FrontendOptions(frontend_timeout=10, secret=True), url_prefix="/lt"), "/lt/")
    browser.write("hello")
    browser.wait(lambda: browser.value("translation") == "HELLO")
    # Two days later: neither the secret nor the cookie is good any more.
    began = services.page_secrets._clock()
    monkeypatch.setattr(services.page_secrets, "_clock", lambda: began + 2 * 86400)
    browser.write("again")
    browser.wait(lambda: browser.value("translation") == "AGAIN")
    assert not browser.find("problem").is_displayed()
    assert browser.complaints() == []


@pytest.mark.parametrize("path", ["/", "/lt"])
def test_asks_nobody_else(browser: Browser, start: Start, path: str) -> None:
    browser.open(start(url_prefix=path.rstrip("/")), path)
    script = "return performance.getEntriesByType('resource').map((entry) => entry.name)"
    asked = browser.driver.execute_script(script)
    assert len(asked) >= 5
    assert all(address.startswith(("http://127.0.0.1:", "data:")) for address in asked), asked
