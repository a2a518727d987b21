from __future__ import annotations

import time

import pytest

from matinee.gateway.overload.addresses import (
    MOST_PROXIES,
    Proxies,
    forwarded,
    forwarded_scheme,
    group,
    x_forwarded_for,
    x_forwarded_scheme,
)
from matinee.runtime.errors import Invalid


def test_nobody_is_trusted_unless_told() -> None:
    assert not Proxies().trusts("127.0.0.1")
    assert Proxies().client(["1.1.1.1"], "10.0.0.1") == "1.1.1.1"


def test_networks_and_addresses() -> None:
    proxies = Proxies(["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"])
    for address in ("10.1.2.3", "2001:db8::1", "192.0.2.1", "::ffff:10.1.2.3"):
        assert proxies.trusts(address)
    for address in ("11.0.0.1", "2001:db9::1", "192.0.2.2", "", "nonsense"):
        assert not proxies.trusts(address)


@pytest.mark.parametrize("text", ["", "everyone", "10.0.0.0/33", "10.0.0.1:80"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="trusted proxy"):
        Proxies([text])


@pytest.mark.parametrize(
    ("value", "addresses", "scheme"),
    [
        (b"for=192.0.2.60;proto=http;by=203.0.113.43", ["192.0.2.60"], "http"),
        (b'for=192.0.2.43, for="[2001:db8:cafe::17]:47"', ["192.0.2.43", "[2001:db8:cafe::17]:47"], ""),
        (b"For=1.2.3.4; PROTO=HTTPS", ["1.2.3.4"], "https"),
        (b'for="_hidden, for=6.6.6.6", for=1.2.3.4;proto=https', ["_hidden, for=6.6.6.6", "1.2.3.4"], "https"),
        (b"proto=https", [""], "https"),
        (b"for=unknown;proto=gopher", ["unknown"], ""),
        (b"xfor=6.6.6.6", [""], ""),
    ],
)
def test_the_standard_header(value: bytes, addresses: list[str], scheme: str) -> None:
    assert forwarded(value) == addresses
    assert forwarded_scheme(value) == scheme


def test_the_other_headers() -> None:
    assert x_forwarded_for(b"1.1.1.1, 2.2.2.2") == ["1.1.1.1", " 2.2.2.2"]
    assert x_forwarded_scheme(b"http, HTTPS") == "https"
    assert x_forwarded_scheme(b"ftp") == ""


def test_a_household_counts_as_one() -> None:
    assert group("203.0.113.9") == "203.0.113.9"
    assert group("2001:db8:1:2:3:4:5:6") == group("2001:db8:1:2::") == "2001:db8:1:2::/64"
    assert group("2001:db8:1:3::1") != group("2001:db8:1:2::1")
    assert group("::ffff:203.0.113.9") == "203.0.113.9"
    assert group("fe80::1%eth0") == "fe80::/64"
    assert group("") == ""


def test_a_long_tale_costs_no_time() -> None:
    began = time.process_time()
    for value in (b"," * 60_000, b'"' * 60_001, b'a",' * 20_000, b"10.0.0.1," * 7000, b"for=10.0.0.1;" * 5000):
        assert len(forwarded(value)) <= MOST_PROXIES
        assert len(x_forwarded_for(value)) <= MOST_PROXIES
        forwarded_scheme(value)
    assert time.process_time() - began < 1
    assert Proxies(["10.0.0.0/8"]).client(x_forwarded_for(b"6.6.6.6" + b",10.0.0.1" * 20), "10.9.9.9") == "10.0.0.1"
