"""The door as a whole: what is asked in which order, and who is counted under which name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from libretranslate_py.access.bans import Bans
from libretranslate_py.access.fingerprints import Fingerprints
from libretranslate_py.access.gate import Gate, Rules, Visit
from libretranslate_py.access.key_file import KeyFile
from libretranslate_py.access.keys import Keys
from libretranslate_py.access.limits import Limits
from libretranslate_py.access.page_secrets import PageSecrets
from libretranslate_py.errors import Banned, InvalidKey, KeyRequired, KeysUnavailable, RateLimited
from libretranslate_py.storage import open_storage

ALICE = Visit("/translate", "192.0.2.1")
BOB = Visit("/translate", "192.0.2.2")


class Elsewhere:
    """Where keys are looked up that nobody remembers, out of order or not."""

    def __init__(self, *, away: bool = False) -> None:
        self.away = away
        self.asked = 0

    def find(self, api_key: str) -> None:
        self.asked += 1
        if self.away:
            raise KeysUnavailable("it is down")

    def remembers(self, api_key: str) -> bool:
        return False


@pytest.fixture
def key_file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.db")


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Gate]:
    def make(threshold: int = -1, finder: object = None, **rules: object) -> Gate:
        storage = open_storage("memory://")
        return Gate(
            Rules(**rules),  # type: ignore[arg-type]
            Limits("memory://"),
            Bans(storage, threshold),
            finder or Keys(tmp_path / "keys.db"),  # type: ignore[arg-type]
            Fingerprints(storage),
            PageSecrets(storage),
        )

    return make


def with_key(api_key: str, visit: Visit = ALICE) -> Visit:
    return Visit(visit.route, visit.address, api_key=api_key)


class TestLimits:
    def test_each_client_and_each_route_has_a_counter_of_its_own(self, make: Callable[..., Gate]) -> None:
        gate = make(req_limit=2)
        assert [gate.admit(ALICE).standing.remaining for _ in range(2)] == [1, 0]  # type: ignore[union-attr]
        with pytest.raises(RateLimited, match="2 per 1 minute"):
            gate.admit(ALICE)
        gate.admit(BOB)
        gate.admit(Visit("/detect", ALICE.address))

    def test_without_limits_there_is_no_standing(self, make: Callable[..., Gate]) -> None:
        assert make().admit(ALICE).standing is None

    @pytest.mark.parametrize(
        ("rules", "words"),
        [
            ({"req_limit": 2}, "2 per 1 minute"),
            ({"hourly_limit": 2}, "2 per 1 hour"),
            ({"daily_limit": 2}, "2 per 1 day"),
            ({"hourly_limit": 4, "hourly_decay": 13}, "1 per 14 hour"),
            ({"req_limit": 9, "hourly_limit": 2, "daily_limit": 9}, "2 per 1 hour"),
            ({"req_limit": 0}, "0 per 1 minute"),
        ],
    )
    def test_the_window_that_is_used_up_is_named(
        self, make: Callable[..., Gate], rules: dict[str, int], words: str
    ) -> None:
        gate = make(**rules)
        with pytest.raises(RateLimited, match=words):
            for _ in range(3):
                gate.admit(ALICE)

    def test_long_windows_let_one_request_in_at_least(self, make: Callable[..., Gate]) -> None:
        make(hourly_limit=1, hourly_decay=100).admit(ALICE)
        with pytest.raises(RateLimited, match="0 per"):
            make(hourly_limit=0, hourly_decay=100).admit(ALICE)

    def test_time_is_counted_afterwards(self, make: Callable[..., Gate]) -> None:
        gate = make(req_limit=5, time_cost=2)
        gate.admit(ALICE).settle(7.9)
        assert gate.admit(ALICE).standing.remaining == 0  # type: ignore[union-attr]
        with pytest.raises(RateLimited):
            gate.admit(ALICE)

    def test_a_quick_batch_costs_no_more_than_its_texts(self, make: Callable[..., Gate]) -> None:
        gate = make(req_limit=10, time_cost=2)
        gate.admit(ALICE, cost=4).settle(7.9)
        assert gate.admit(ALICE).standing.remaining == 5  # type: ignore[union-attr]

    def test_a_list_larger_than_the_limit_uses_all_of_it_once(self, make: Callable[..., Gate]) -> None:
        gate = make(req_limit=10)
        gate.admit(ALICE, cost=20)
        with pytest.raises(RateLimited):
            gate.admit(ALICE)


class TestKeys:
    def test_a_key_has_its_own_limits_wherever_it_comes_from(
        self, make: Callable[..., Gate], key_file: KeyFile
    ) -> None:
        key = key_file.add(3, char_limit=5)
        gate = make(keys=True, req_limit=1, char_limit=100)
        passes = [gate.admit(with_key(key, visit)) for visit in (ALICE, BOB, ALICE)]
        assert {(one.char_limit, one.standing.limit) for one in passes if one.standing} == {(5, 3)}
        assert len({one.client for one in passes}) == 1
        assert key not in passes[0].client
        with pytest.raises(RateLimited, match="3 per 1 minute"):
            gate.admit(with_key(key, BOB))
        assert gate.admit(ALICE).char_limit == 100

    def test_longer_windows_of_a_key_follow_from_its_limit(self, make: Callable[..., Gate], key_file: KeyFile) -> None:
        key = key_file.add(3)
        gate = make(keys=True, hourly_limit=1, hourly_multiplier=1, daily_limit=1, daily_multiplier=1)
        with pytest.raises(RateLimited, match="3 per 1 day"):
            for _ in range(4):
                gate.admit(with_key(key))
        gate = make(keys=True, daily_limit=1, daily_multiplier=1)
        unlimited = key_file.add(-1)
        for _ in range(9):
            assert gate.admit(with_key(unlimited)).standing is None

    @pytest.mark.parametrize("api_key", ["wrong", " ", "\ud800", "x" * 100_000])
    def test_an_unknown_key_is_refused(self, make: Callable[..., Gate], api_key: str) -> None:
        with pytest.raises(InvalidKey):
            make(keys=True).admit(with_key(api_key))

    def test_a_disabled_key_is_refused(self, make: Callable[..., Gate], key_file: KeyFile) -> None:
        key = key_file.add(3, disabled=True)
        with pytest.raises(InvalidKey):
            make(keys=True).admit(with_key(key))

    def test_guessing_is_limited(self, make: Callable[..., Gate]) -> None:
        gate = make(keys=True, req_limit=2)
        for number in range(2):
            with pytest.raises(InvalidKey):
                gate.admit(with_key(f"guess {number}"))
        with pytest.raises(RateLimited):
            gate.admit(with_key("guess"))

    def test_guesses_do_not_keep_the_service_of_the_keys_busy(self, make: Callable[..., Gate]) -> None:
        elsewhere = Elsewhere()
        gate = make(finder=elsewhere, keys=True, req_limit=2)
        for _ in range(2):
            with pytest.raises(InvalidKey):
                gate.admit(with_key("guess"))
        for _ in range(5):
            with pytest.raises(RateLimited):
                gate.admit(with_key("guess"))
        assert elsewhere.asked == 2
        with pytest.raises(InvalidKey):
            gate.admit(with_key("guess", BOB))

    def test_requests_without_a_key_do_not_count_as_guesses(self, make: Callable[..., Gate]) -> None:
        elsewhere = Elsewhere()
        gate = make(finder=elsewhere, keys=True, req_limit=1)
        gate.admit(ALICE)
        with pytest.raises(RateLimited):
            gate.admit(with_key("wrong"))
        assert elsewhere.asked == 1

    def test_without_key_lookups_a_key_means_nothing(self, make: Callable[..., Gate]) -> None:
        assert make().admit(with_key("whatever")).key_digest == ""

    def test_an_outage_is_no_invalid_key(self, make: Callable[..., Gate]) -> None:
        with pytest.raises(KeysUnavailable):
            make(finder=Elsewhere(away=True), require_key=True).admit(with_key("whatever"))

    def test_characters_are_counted_over_all_routes(self, make: Callable[..., Gate], key_file: KeyFile) -> None:
        key = key_file.add(100, char_quotas=((10, "day"),))
        gate = make(keys=True)
        gate.admit(with_key(key)).spend_characters(7)
        with pytest.raises(RateLimited, match="10 characters per 1 day"):
            gate.admit(with_key(key, Visit("/detect", BOB.address))).spend_characters(4)
        gate.admit(with_key(key)).spend_characters(3)
        gate.admit(ALICE).spend_characters(10**9)


class TestProtections:
    @pytest.mark.parametrize(
        "rules", [{"require_key": True}, {"keys": True, "req_limit": 0}, {"origin": "https://a"}, {"secret": True}]
    )
    def test_a_key_is_needed(self, make: Callable[..., Gate], key_file: KeyFile, rules: dict[str, object]) -> None:
        gate = make(key_link="https://keys", **rules)
        assert gate.rules.key_required
        with pytest.raises(KeyRequired) as caught:
            gate.admit(ALICE)
        assert caught.value.link == "https://keys"
        gate.admit(with_key(key_file.add(5)))
        with pytest.raises(InvalidKey):
            gate.admit(with_key("wrong"))

    @pytest.mark.parametrize(
        ("origin", "passes"),
        [
            ("https://good.example", True),
            ("https://good.example.evil.test", False),
            ("http://evil.test/https://good.example", False),
            ("", False),
            ("null", False),
        ],
    )
    def test_the_whole_origin_counts(self, make: Callable[..., Gate], origin: str, passes: bool) -> None:
        gate = make(origin="https://good.example")
        visit = Visit("/translate", "192.0.2.1", origin=origin)
        if passes:
            gate.admit(visit)
        else:
            with pytest.raises(KeyRequired):
                gate.admit(visit)

    def test_an_origin_made_up_for_the_expression_is_refused_in_time(self, make: Callable[..., Gate]) -> None:
        gate = make(origin=r"(https?://)?(([a-z0-9]+)*\.)*good\.example")
        gate.admit(Visit("/translate", "192.0.2.1", origin="https://www.good.example"))
        for origin in ("https://" + "a" * 60 + "!", "https://" + "a" * 1_000_000):
            with pytest.raises(KeyRequired):
                gate.admit(Visit("/translate", "192.0.2.1", origin=origin))

    def test_the_secret_of_the_page(self, make: Callable[..., Gate]) -> None:
        gate = make(secret=True)
        secret = gate._page_secrets.current()
        gate.admit(Visit("/translate", "192.0.2.1", secret=secret))
        for wrong in ("", "x", secret + "x"):
            with pytest.raises(KeyRequired):
                gate.admit(Visit("/translate", "192.0.2.1", secret=wrong))

    def test_changing_looks(self, make: Callable[..., Gate]) -> None:
        gate = make(fingerprint=True)
        assert not gate.rules.key_required
        gate.admit(Visit("/translate", "192.0.2.1", user_agent="A"))
        gate.admit(Visit("/detect", "192.0.2.1", user_agent="A"))
        gate.admit(Visit("/translate", "192.0.2.2", user_agent="B"))
        for changed in (Visit("/translate", "192.0.2.1", user_agent="B"), ALICE):
            with pytest.raises(KeyRequired):
                gate.admit(changed)

    def test_everything_that_is_asked_must_be_there(self, make: Callable[..., Gate]) -> None:
        gate = make(origin="https://a", secret=True)
        secret = gate._page_secrets.current()
        gate.admit(Visit("/translate", "192.0.2.1", secret=secret, origin="https://a"))
        with pytest.raises(KeyRequired):
            gate.admit(Visit("/translate", "192.0.2.1", secret=secret))


class TestBans:
    def violate(self, gate: Gate, visit: Visit, times: int) -> None:
        for _ in range(times):
            with pytest.raises(RateLimited):
                gate.admit(visit)

    def test_violations_shut_the_door_everywhere(self, make: Callable[..., Gate]) -> None:
        gate = make(threshold=2, req_limit=1)
        gate.admit(ALICE)
        self.violate(gate, ALICE, 2)
        with pytest.raises(Banned):
            gate.knock(ALICE.address)
        gate.knock(BOB.address)

    def test_a_key_is_banned_and_not_the_address(self, make: Callable[..., Gate], key_file: KeyFile) -> None:
        key = key_file.add(1)
        gate = make(threshold=2, keys=True)
        gate.admit(with_key(key))
        self.violate(gate, with_key(key), 2)
        with pytest.raises(Banned):
            gate.admit(with_key(key, BOB))
        gate.knock(ALICE.address)
        gate.admit(ALICE)

    def test_who_stands_for_others_is_never_banned(self, make: Callable[..., Gate]) -> None:
        gate = make(threshold=2, req_limit=1, fingerprint=True)
        spared = Visit("/translate", "127.0.0.1", user_agent="A", spared=True)
        gate.admit(spared)
        self.violate(gate, spared, 5)
        gate.knock("127.0.0.1", spared=True)
        # Nor is the address when it comes without what spared it.
        gate.knock("127.0.0.1")
        gate.admit(Visit("/detect", "127.0.0.1", user_agent="B", spared=True))
