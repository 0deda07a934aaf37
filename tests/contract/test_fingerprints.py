"""Fingerprints over each storage."""

from __future__ import annotations

from libretranslate_py.access.fingerprints import Fingerprints
from libretranslate_py.storage import Storage


def test_the_first_program_of_an_address_stays_the_one(storage: Storage) -> None:
    fingerprints = Fingerprints(storage)
    assert fingerprints.matches("192.0.2.1", "A", "r=1")
    assert fingerprints.matches("192.0.2.1", "A", "r=1")
    assert not fingerprints.matches("192.0.2.1", "B", "r=1")
    assert not fingerprints.matches("192.0.2.1", "A", "r=2")
    assert not fingerprints.matches("192.0.2.1", "", "")
    assert fingerprints.matches("192.0.2.1", "A", "r=1")


def test_addresses_are_apart_and_those_of_one_network_are_not(storage: Storage) -> None:
    fingerprints = Fingerprints(storage)
    assert fingerprints.matches("2001:db8::1", "A", "")
    assert not fingerprints.matches("2001:db8::2", "B", "")
    assert fingerprints.matches("2001:db8:0:1::1", "B", "")


def test_where_one_header_ends_and_the_other_begins_matters(storage: Storage) -> None:
    fingerprints = Fingerprints(storage)
    assert fingerprints.matches("192.0.2.1", "AB", "C")
    assert not fingerprints.matches("192.0.2.1", "A", "BC")


def test_headers_may_hold_anything_and_are_not_stored(storage: Storage) -> None:
    fingerprints = Fingerprints(storage)
    assert fingerprints.matches("192.0.2.1", "\udcff\x00é", "c" * 100_000)
    assert not fingerprints.matches("192.0.2.1", "\udcfe\x00é", "c" * 100_000)
    stored = storage.get("fingerprint:192.0.2.1")
    assert stored is not None
    assert len(stored) == 32


def test_it_is_forgotten_with_its_entry(storage: Storage) -> None:
    """That the entry ends by itself is the storage's part; here: that nothing else is remembered."""
    fingerprints = Fingerprints(storage)
    assert fingerprints.matches("192.0.2.1", "A", "")
    storage.remove("fingerprint:192.0.2.1")
    assert fingerprints.matches("192.0.2.1", "B", "")
