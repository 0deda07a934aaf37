"""The only door: bans, then the key, then what is asked of clients without one, then limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Protocol

import regex

from libretranslate_py.access.bans import Bans
from libretranslate_py.access.fingerprints import Fingerprints
from libretranslate_py.access.keys import Key
from libretranslate_py.access.limits import Limits, Rate, Standing, client_of
from libretranslate_py.access.page_secrets import PageSecrets
from libretranslate_py.errors import InvalidKey, KeyRequired, RateLimited

# The counter of a key's characters, which all endpoints share.
_CHARACTERS = "characters"
# That of an address's wrong keys.
_GUESSES = "guesses"
# Scheme, host name and port.
_LONGEST_ORIGIN = 300
_ORIGIN_SECONDS = 0.05
# Each further hour of a window lets in this share of what the one before did.
_DECAY = 0.75


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks, and for what. ``route``: the endpoint's path, each has counters of its own. Empty texts: none given.

    ``spared``: the address stands for people whom it does not name, a proxy that nobody told us to believe, say; it is
    never banned, and its looks do not matter.
    """

    route: str
    address: str
    api_key: str = ""
    secret: str = ""
    origin: str = ""
    user_agent: str = ""
    cookie: str = ""
    spared: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """Limits as numbers, -1 meaning none. Rates are for clients without a key; a key has a limit per minute of its own,
    and the multipliers say what follows from it for the other windows, where those are limited at all.

    time_cost: seconds of work that count as one request. keys: look keys up. require_key: nobody is answered without.
    origin: expression that the whole Origin has to match. secret, fingerprint: see page_secrets.py, fingerprints.py.
    """

    req_limit: int = -1
    hourly_limit: int = -1
    hourly_decay: int = 0
    hourly_multiplier: int = 60
    daily_limit: int = -1
    daily_multiplier: int = 1440
    time_cost: int = -1
    char_limit: int = -1
    keys: bool = False
    require_key: bool = False
    key_link: str = ""
    origin: str = ""
    secret: bool = False
    fingerprint: bool = False

    @property
    def key_required(self) -> bool:
        """Whether an ordinary program needs a key; the server's own page may do without."""
        return self.require_key or self.secret or bool(self.origin) or (self.keys and self.req_limit == 0)

    @property
    def looks_keys_up(self) -> bool:
        return self.keys or self.key_required or self.fingerprint


class KeyFinder(Protocol):
    def find(self, api_key: str) -> Key | None:
        """The key, or None if there is no such. Raises KeysUnavailable."""
        ...

    def remembers(self, api_key: str) -> bool:
        """Whether ``find`` can tell at once."""
        ...


class Pass:
    """What an admitted visit may do. ``char_limit``: most characters of one text, -1 for no limit. ``standing``: how
    much is left of the tightest rate, None without one. ``key_digest``: empty without a key."""

    def __init__(self, limits: Limits, visit: Visit, key: Key | None, rates: Sequence[Rate], rules: Rules) -> None:
        self._limits = limits
        self._route = visit.route
        self._rates = rates
        self._time_cost = rules.time_cost
        self._cost = 0
        self._quotas = [Rate(amount, per, unit=_CHARACTERS) for amount, per in key.char_quotas] if key else []
        self.client = identify(key.digest if key else "", visit.address)
        self.key_digest = key.digest if key else ""
        self.char_limit = rules.char_limit if key is None or key.char_limit is None else key.char_limit
        self.standing: Standing | None = None

    def spend(self, cost: int) -> None:
        """Count ``cost`` requests. Raises RateLimited."""
        self.standing = self._limits.spend(self.client, self._route, self._rates, cost)
        self._cost = cost

    def spend_characters(self, count: int) -> None:
        """Count characters against the quotas of the key. Raises RateLimited."""
        if self._quotas:
            self._limits.spend(self.client, _CHARACTERS, self._quotas, count)

    def settle(self, seconds: float) -> None:
        """Count the work that was done: with a time cost, what it exceeds the cost that was counted before."""
        if self._time_cost > 0:
            owed = ceil(seconds / self._time_cost) - self._cost
            if owed > 0:
                self._limits.charge(self.client, self._route, self._rates, owed)


class Gate:
    """Thread-safe. ``keys`` is asked only where the rules say that keys are looked up."""

    def __init__(
        self,
        rules: Rules,
        limits: Limits,
        bans: Bans,
        keys: KeyFinder,
        fingerprints: Fingerprints,
        page_secrets: PageSecrets,
    ) -> None:
        self.rules = rules
        self._limits = limits
        self._bans = bans
        self._keys = keys
        self._fingerprints = fingerprints
        self._page_secrets = page_secrets
        self._origin = regex.compile(rules.origin, regex.IGNORECASE) if rules.origin else None

    def knock(self, address: str, *, spared: bool = False) -> None:
        """Raises Banned, before anybody has read a byte of what the client sent."""
        if not spared:
            self._bans.check(identify("", address))

    def admit(self, visit: Visit, cost: int = 1) -> Pass:
        """Let a visit in that counts as ``cost`` requests.

        Raises InvalidKey, KeyRequired, Banned (the key), RateLimited, KeysUnavailable.
        """
        key = self._find_key(visit) if self.rules.looks_keys_up and visit.api_key else None
        if key is None:
            self._ask_for_key(visit)
        else:
            self._bans.check(identify(key.digest, visit.address))
        granted = Pass(self._limits, visit, key, self._rates(key), self.rules)
        self._spend(granted, visit, cost)
        return granted

    def _spend(self, granted: Pass, visit: Visit, cost: int) -> None:
        try:
            granted.spend(cost)
        except RateLimited:
            if granted.key_digest or not visit.spared:
                self._bans.report(granted.client)
            raise

    def _find_key(self, visit: Visit) -> Key:
        client, rates = identify("", visit.address), self._rates(None)
        if not self._keys.remembers(visit.api_key):
            # Whoever tries many keys cannot keep the service that knows them busy. Nobody else pays for that but who
            # has the same address and a key that was not used for long.
            self._limits.check(client, _GUESSES, rates)
        key = self._keys.find(visit.api_key)
        if key is None or key.disabled:
            self._limits.charge(client, _GUESSES, rates, 1)
            self._spend(Pass(self._limits, visit, None, rates, self.rules), visit, 1)
            raise InvalidKey
        return key

    def _ask_for_key(self, visit: Visit) -> None:
        rules = self.rules
        refused = (
            rules.require_key
            or (rules.keys and rules.req_limit == 0)
            or (self._origin is not None and not _matches(self._origin, visit.origin))
            or (rules.secret and not self._page_secrets.accepts(visit.secret))
            or (
                rules.fingerprint
                and not visit.spared
                and not self._fingerprints.matches(visit.address, visit.user_agent, visit.cookie)
            )
        )
        if refused:
            raise KeyRequired(rules.key_link)

    def _rates(self, key: Key | None) -> list[Rate]:
        rules = self.rules
        minute, hour, day = rules.req_limit, rules.hourly_limit, rules.daily_limit
        if key is not None:
            minute = key.req_limit
            hour = minute * rules.hourly_multiplier if hour >= 0 and minute >= 0 else -1
            day = minute * rules.daily_multiplier if day >= 0 and minute >= 0 else -1
        elif rules.looks_keys_up and minute == 0:
            minute = -1
        windows = [(minute, "minute", 1), (hour, "hour", 1), (day, "day", 1)]
        if hour >= 0:
            windows += [(_decayed(hour, n), "hour", n) for n in range(2, rules.hourly_decay + 2)]
        return [Rate(amount, per, multiples) for amount, per, multiples in windows if amount >= 0]


def identify(key_digest: str, address: str) -> str:
    """The name under which a client is counted: its key, else its address."""
    return f"key:{key_digest}" if key_digest else client_of(address)


def _matches(expression: regex.Pattern[str], origin: str) -> bool:
    """Whether all of ``origin`` matches; some expressions would try for ever with what somebody made up for them."""
    if len(origin) > _LONGEST_ORIGIN:
        return False
    try:
        return expression.fullmatch(origin, timeout=_ORIGIN_SECONDS, concurrent=True) is not None
    except TimeoutError:
        return False


def _decayed(hourly: int, hours: int) -> int:
    """What is let in during so many hours; at least one, for 0 would lock everybody out."""
    return min(hourly, 1) and max(1, int(hourly * hours * _DECAY ** (hours - 1)))
