from __future__ import annotations

import pytest

from matinee.app.machine import Address
from matinee.app.ports import from_here


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
