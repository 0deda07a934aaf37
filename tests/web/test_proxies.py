from __future__ import annotations

import logging

import pytest

from libretranslate_py.option_kinds import parse_prefix
from libretranslate_py.web.addresses import absolute
from libretranslate_py.web.guard import Client, Proxies

TRUST_ONE = {"trusted": ("10.0.0.1",)}
TRUST_TEN = {"trusted": ("10.0.0.0/8",)}


def environ_of(peer: str, forwarded: dict[str, str]) -> dict[str, object]:
    environ: dict[str, object] = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", "HTTP_HOST": "inside"}
    return environ | {f"HTTP_X_FORWARDED_{name.upper()}": value for name, value in forwarded.items()}


def resolve(peer: str, forwarded: dict[str, str], **trust: object) -> tuple[Client, dict[str, object]]:
    environ = environ_of(peer, forwarded)
    client = Proxies(**trust).resolve(environ)  # type: ignore[arg-type]
    return client, environ


class TestClient:
    @pytest.mark.parametrize(
        ("peer", "header", "trust", "client"),
        [
            ("10.0.0.1", "6.6.6.6", {}, "10.0.0.1"),
            ("10.0.0.1", "", {"hops": 1}, "10.0.0.1"),
            # --trust-forwarded-for: one hop, any peer
            ("10.0.0.1", "1.2.3.4", {"hops": 1}, "1.2.3.4"),
            ("9.9.9.9", "1.2.3.4", {"hops": 1}, "1.2.3.4"),
            ("10.0.0.1", "6.6.6.6, 1.2.3.4", {"hops": 1}, "1.2.3.4"),
            ("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", {"hops": 2}, "1.2.3.4"),
            # more hops than entries: the left-most
            ("10.0.0.1", "1.2.3.4", {"hops": 3}, "1.2.3.4"),
            ("10.0.0.1", "1.2.3.4, 10.0.0.2", {"hops": 3}, "1.2.3.4"),
            ("10.0.0.1", "nonsense, 10.0.0.2", {"hops": 3}, "10.0.0.2"),
            ("10.0.0.1", "6.6.6.6, nonsense", {"hops": 1}, "10.0.0.1"),
            ("10.0.0.1", "6.6.6.6, nonsense, 10.0.0.2", {"hops": 3}, "10.0.0.2"),
            ("10.0.0.1", "nonsense, 1.2.3.4", {"hops": 2}, "1.2.3.4"),
            ("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", TRUST_TEN, "1.2.3.4"),
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", TRUST_TEN, "10.0.0.3"),
            ("10.0.0.1", "6.6.6.6, unknown, 10.0.0.2", TRUST_TEN, "10.0.0.2"),
            ("9.9.9.9", "1.2.3.4", TRUST_TEN, "9.9.9.9"),
            ("9.9.9.9", "1.2.3.4", {**TRUST_ONE, "hops": 1}, "9.9.9.9"),
            ("10.0.0.1", "6.6.6.6, 10.0.0.9", {**TRUST_TEN, "hops": 1}, "10.0.0.9"),
            ("10.0.0.1", "1.2.3.4:5555", {"hops": 1}, "1.2.3.4"),
            ("10.0.0.1", "[2001:db8::1]:443", {"hops": 1}, "2001:db8::1"),
            ("10.0.0.1", "[2001:db8::1]", {"hops": 1}, "2001:db8::1"),
            ("10.0.0.1", "2001:DB8:0::1", {"hops": 1}, "2001:db8::1"),
            ("10.0.0.1", "::ffff:1.2.3.4", {"hops": 1}, "1.2.3.4"),
            ("::ffff:10.0.0.1", "1.2.3.4", TRUST_ONE, "1.2.3.4"),
            ("::ffff:10.0.0.1", "", {}, "10.0.0.1"),
            ("10.0.0.1", "1.2.3.4\n5", {"hops": 1}, "10.0.0.1"),
        ],
    )
    def test_address(self, peer: str, header: str, trust: dict[str, object], client: str) -> None:
        assert resolve(peer, {"for": header}, **trust)[0].address == client

    @pytest.mark.parametrize(
        "entry",
        [
            "unknown",
            "_hidden",
            "",
            ",",
            " , ",
            "1.2.3",
            "1.2.3.4.5",
            "256.1.1.1",
            "010.1.1.1",
            "1.2.3.4:x",
            "1.2.3.4:",
            "1.2.3.4/24",
            "[::1",
            "[::1]x",
            "[]",
            "]",
            ":",
            ":::",
            "1.2.3.4;rm",
            '"1.2.3.4"',
            "for=1.2.3.4",
            "١.٢.٣.٤",
            "1" * 100_000,
            ":" * 100_000,
            "[" * 100_000,
        ],
    )
    @pytest.mark.parametrize("trust", [{"hops": 1}, {"hops": 40}, TRUST_ONE])
    def test_what_is_no_address_leaves_the_proxy(self, entry: str, trust: dict[str, object]) -> None:
        assert resolve("10.0.0.1", {"for": entry}, **trust)[0].address == "10.0.0.1"

    @pytest.mark.parametrize("entry", ["fe80::1%eth0", "fe80::1% status=200", "[fe80::1%x\n]"])
    def test_a_zone_brings_no_text_along(self, entry: str) -> None:
        assert resolve("10.0.0.1", {"for": entry}, hops=1)[0].address == "fe80::1"

    def test_a_long_chain_is_believed_as_far_as_it_is_looked_at(self) -> None:
        header = ",".join(["6.6.6.6"] + ["10.0.0.7"] * 20_000)
        assert resolve("10.0.0.1", {"for": header}, **TRUST_TEN)[0].address == "10.0.0.7"

    def test_a_network_that_is_none(self) -> None:
        with pytest.raises(ValueError, match="nonsense"):
            Proxies(("nonsense",))


class TestSpared:
    @pytest.mark.parametrize(
        "peer", ["127.0.0.1", "::1", "10.0.0.1", "172.17.0.1", "192.168.1.1", "fd00::1", "fe80::1"]
    )
    @pytest.mark.parametrize("trust", [{}, {"trusted": ("10.9.9.9",)}, {"trusted": ("10.9.9.9",), "hops": 1}])
    def test_a_near_peer_that_may_be_a_proxy(self, peer: str, trust: dict[str, object]) -> None:
        assert resolve(peer, {"for": "1.2.3.4"}, **trust)[0] == Client(peer, spared=True)
        assert resolve(peer, {"for": "nonsense"}, **trust)[0] == Client(peer, spared=True)

    def test_the_standard_header_says_so_too(self) -> None:
        environ = environ_of("10.0.0.1", {}) | {"HTTP_FORWARDED": "for=1.2.3.4"}
        assert Proxies().resolve(environ) == Client("10.0.0.1", spared=True)
        assert "HTTP_FORWARDED" not in environ

    @pytest.mark.parametrize("peer", ["9.9.9.9", "2001:4860::1", ""])
    def test_not_a_stranger(self, peer: str) -> None:
        assert resolve(peer, {"for": "1.2.3.4"})[0] == Client(peer, spared=False)

    def test_not_without_the_header(self) -> None:
        assert not resolve("127.0.0.1", {})[0].spared
        assert not resolve("127.0.0.1", {"proto": "https"})[0].spared

    @pytest.mark.parametrize("trust", [{"hops": 1}, TRUST_ONE])
    def test_not_where_the_client_is_known(self, trust: dict[str, object]) -> None:
        assert resolve("10.0.0.1", {"for": "192.168.0.9"}, **trust)[0] == Client("192.168.0.9", spared=False)


class TestWarning:
    def test_once_and_with_what_to_do(self, caplog: pytest.LogCaptureFixture) -> None:
        proxies = Proxies()
        for peer in ("10.0.0.1", "10.0.0.1", "10.0.0.2"):
            proxies.resolve(environ_of(peer, {"for": "1.2.3.4"}))
        (record,) = caplog.records
        assert record.levelno == logging.WARNING
        said = record.getMessage()
        assert "10.0.0.1 sends X-Forwarded-For" in said
        assert "--trusted-proxies 10.0.0.1" in said and "--trust-forwarded-for" in said
        assert "1.2.3.4" not in said

    def test_a_stranger_does_not_use_it_up(self, caplog: pytest.LogCaptureFixture) -> None:
        proxies = Proxies()
        for peer in ("9.9.9.9", "9.9.9.8", "10.0.0.1"):
            proxies.resolve(environ_of(peer, {"for": "1.2.3.4"}))
        assert ["9.9.9.9 sends" in r.getMessage() or "10.0.0.1 sends" in r.getMessage() for r in caplog.records] == [
            True,
            True,
        ]

    @pytest.mark.parametrize("trust", [{"hops": 1}, TRUST_ONE])
    def test_not_about_a_trusted_proxy(self, trust: dict[str, object], caplog: pytest.LogCaptureFixture) -> None:
        resolve("10.0.0.1", {"for": "1.2.3.4"}, **trust)
        assert not caplog.records

    def test_not_without_the_header(self, caplog: pytest.LogCaptureFixture) -> None:
        resolve("10.0.0.1", {})
        # No option would make this server read the standard one.
        Proxies().resolve(environ_of("10.0.0.1", {}) | {"HTTP_FORWARDED": "for=1.2.3.4"})
        assert not caplog.records


class TestAddress:
    @pytest.mark.parametrize(
        ("forwarded", "host"),
        [
            ({"port": "8443", "host": "a.example", "proto": "https"}, "a.example:8443"),
            ({"port": "443", "host": "a.example", "proto": "https"}, "a.example"),
            ({"port": "8443", "host": "a.example:9"}, "a.example:9"),
            ({"port": "8443", "host": "[::1]"}, "[::1]:8443"),
            ({"port": "x", "host": "a.example"}, "a.example"),
            ({"port": "8443"}, "inside:8443"),
        ],
    )
    def test_a_port_beside_the_host(self, forwarded: dict[str, str], host: str) -> None:
        assert resolve("10.0.0.1", forwarded, hops=1)[1]["HTTP_HOST"] == host

    def test_scheme_host_and_prefix_from_a_trusted_proxy(self) -> None:
        forwarded = {"proto": "https", "host": "example.org:8443", "prefix": "/lt/"}
        environ = resolve("10.0.0.1", forwarded, **TRUST_ONE)[1]
        assert (environ["wsgi.url_scheme"], environ["HTTP_HOST"]) == ("https", "example.org:8443")
        assert absolute(environ, "/download_file/a b.txt") == "https://example.org:8443/lt/download_file/a%20b.txt"

    @pytest.mark.parametrize(
        ("trust", "address"),
        [({"hops": 1}, "http://c/3/x"), ({"hops": 2}, "https://b/2/x"), (TRUST_ONE, "http://c/3/x")],
    )
    def test_each_hop_is_counted_from_the_right(self, trust: dict[str, object], address: str) -> None:
        forwarded = {"proto": "ftp, https, http", "host": "a,b,c", "prefix": "/1, /2, /3"}
        assert absolute(resolve("10.0.0.1", forwarded, **trust)[1], "/x") == address

    @pytest.mark.parametrize(
        ("forwarded", "trust"),
        [
            ({"proto": "https", "host": "evil", "prefix": "/evil"}, {}),
            ({"proto": "https", "host": "evil", "prefix": "/evil"}, {"trusted": ("10.0.0.2",)}),
            ({"proto": "javascript", "host": "a b", "prefix": "/../evil"}, {"hops": 1}),
            ({"proto": "", "host": "a/b", "prefix": '/"><script>'}, {"hops": 1}),
            ({"proto": ",", "host": "user@a", "prefix": "/a\r\nb"}, {"hops": 1}),
        ],
    )
    def test_scheme_host_and_prefix_stay(self, forwarded: dict[str, str], trust: dict[str, object]) -> None:
        environ = resolve("10.0.0.1", forwarded, **trust)[1]
        assert absolute(environ, "/x") == "http://inside/x"

    def test_nobody_else_gets_to_see_the_headers(self) -> None:
        forwarded = {"for": "1.2.3.4", "proto": "https", "host": "a", "port": "1", "by": "x", "prefix": "/a"}
        for trust in ({}, {"hops": 1}):
            environ = resolve("10.0.0.1", forwarded, **trust)[1]
            assert not [name for name in environ if "FORWARDED" in name]

    @pytest.mark.parametrize(
        ("environ", "ssl", "address"),
        [
            ({"wsgi.url_scheme": "http", "HTTP_HOST": "a.example:5000"}, False, "http://a.example:5000/x"),
            ({"wsgi.url_scheme": "http", "HTTP_HOST": "a.example"}, True, "https://a.example/x"),
            ({"wsgi.url_scheme": "http", "HTTP_HOST": "[::1]:5000"}, False, "http://[::1]:5000/x"),
            ({"wsgi.url_scheme": "http", "HTTP_HOST": "a", "SCRIPT_NAME": "/a/b"}, False, "http://a/a/b/x"),
            ({"wsgi.url_scheme": "http"}, True, "/x"),
            ({"wsgi.url_scheme": "http", "HTTP_HOST": "evil.example/?", "SCRIPT_NAME": "/lt"}, False, "/lt/x"),
            ({"wsgi.url_scheme": "http", "HTTP_HOST": "a\n"}, False, "/x"),
        ],
    )
    def test_absolute(self, environ: dict[str, object], ssl: bool, address: str) -> None:
        assert absolute(environ, "/x", ssl) == address

    @pytest.mark.parametrize(
        ("text", "prefix"),
        [
            ("", ""),
            ("/", ""),
            ("lt", "/lt"),
            ("/lt", "/lt"),
            ("/lt/", "/lt"),
            (" /lt ", "/lt"),
            ("//lt//", "/lt"),
            ("a/b", "/a/b"),
            ("/A-1_.~/b.c/", "/A-1_.~/b.c"),
        ],
    )
    def test_prefix(self, text: str, prefix: str) -> None:
        assert parse_prefix(text) == prefix

    @pytest.mark.parametrize(
        "text",
        ["..", "/a/../b", "/.", "/a//b", "/a b", "/a?b", "/a#b", "/a%2e", "/ä", "/a\\b", "/a\n/b", "/" + "a" * 201],
    )
    def test_no_prefix(self, text: str) -> None:
        with pytest.raises(ValueError, match=r".*"):
            parse_prefix(text)
