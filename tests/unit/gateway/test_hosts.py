from __future__ import annotations

import pytest

from matinee.gateway.hosts import Hosts, Site, loopback
from matinee.runtime.errors import Invalid


@pytest.mark.parametrize(
    ("host", "own", "ours"),
    [
        (b"localhost", "127.0.0.1", True),
        (b"LOCALHOST:8080", "127.0.0.1", True),
        (b"cdn.localhost:1", "127.0.0.1", True),
        (b"127.0.0.2:80", "127.0.0.1", True),
        (b"[::1]:80", "::1", True),
        (b"films.example", "10.0.0.1", True),
        (b"films.example.", "10.0.0.1", True),
        (b"10.0.0.1:8080", "10.0.0.1", True),
        (b"10.0.0.1", "::ffff:10.0.0.1", True),
        (b"[fe80::1]", "fe80::1%eth0", True),
        (b"10.0.0.2", "10.0.0.1", False),
        (b"10.0.0.1", "127.0.0.1", False),
        (b"evil.example", "127.0.0.1", False),
        (b"localhost.evil.example", "127.0.0.1", False),
        (b"evillocalhost", "127.0.0.1", False),
        (b"localhost:99999", "127.0.0.1", False),
        (b"localhost:", "127.0.0.1", False),
        (b"localhost/x", "127.0.0.1", False),
        (b"a@localhost", "127.0.0.1", False),
        (b"", "127.0.0.1", False),
        (b"\xff", "127.0.0.1", False),
    ],
)
def test_which_names_are_ours(host: bytes, own: str, ours: bool) -> None:
    hosts = Hosts(["Films.Example"])
    for _ in range(2):
        assert (hosts.site(host, own) is not None) is ours


def test_the_public_place() -> None:
    assert Hosts().site(b"LocalHost:81", "127.0.0.1") == Site("http", "localhost:81")
    fixed = Hosts(url="https://films.example:444/x")
    assert fixed.site(b"films.example", "10.0.0.1") == Site("https", "films.example:444")
    assert fixed.site(b"localhost", "127.0.0.1") == Site("https", "films.example:444")
    with pytest.raises(Invalid):
        Hosts(url="films.example")


@pytest.mark.parametrize(
    ("address", "is_loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("", True),
        ("10.0.0.1", False),
        ("x", False),
    ],
)
def test_the_machine_itself(address: str, is_loopback: bool) -> None:
    assert loopback(address) is is_loopback
