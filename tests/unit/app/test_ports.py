from __future__ import annotations

import pytest

from matinee.app.machine import Address
from matinee.app.ports import from_here, near_address
from matinee.runtime.errors import Invalid


@pytest.mark.parametrize(
    ("host", "near"),
    [
        ("127.0.0.1", "http://127.0.0.1:1"),
        ("0.0.0.0", "http://127.0.0.1:1"),
        ("::", "http://[::1]:1"),
        ("192.0.2.7", "http://192.0.2.7:1"),
        ("fd00::2", "http://[fd00::2]:1"),
        ("films.example", "http://films.example:1"),
    ],
)
def test_what_listens_on_a_host_is_reached_from_here(host: str, near: str) -> None:
    assert from_here(host, 1) == near


def test_the_address_that_is_shown_is_one_to_type() -> None:
    assert Address("0.0.0.0", 8080).url == Address("::", 8080).url == "http://localhost:8080"
    assert Address("fd00::2", 8080).url == "http://[fd00::2]:8080"


@pytest.mark.parametrize(("asked", "place"), [("127.0.0.1:9000", ("127.0.0.1", 9000)), ("[::1]:0", ("::1", 0))])
def test_an_address_of_this_machine_is_one_to_listen_on(asked: str, place: tuple[str, int]) -> None:
    assert near_address(asked, "[api] listen") == place


@pytest.mark.parametrize("asked", ["9000", "localhost:9000", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", ":9000"])
def test_what_is_no_address_is_refused(asked: str) -> None:
    with pytest.raises(Invalid, match="is an address like"):
        near_address(asked, "[api] listen")


@pytest.mark.parametrize("asked", ["0.0.0.0:9000", "192.0.2.1:9000", "[::]:9000"])
def test_an_address_that_others_reach_is_refused(asked: str) -> None:
    with pytest.raises(Invalid, match="can be reached by others"):
        near_address(asked, "[api] listen")
