from __future__ import annotations

from typing import Any

import pytest

from matinee.gateway.errors import LoopbackOnly
from matinee.gateway.filters.inbound.clock_guard import clock_guard
from matinee.gateway.filters.inbound.request_id import BATCH, RequestId
from matinee.gateway.hosts import Site
from matinee.gateway.origin import Origins
from matinee.gateway.request import Peer, Request
from matinee.gateway.security_policy import Policy
from matinee.gateway.wire.head import read_request
from matinee.runtime.clock import SystemClock
from matinee.runtime.ids import Ids


def request(path: str, address: str = "127.0.0.1") -> Request:
    return Request(read_request(f"POST {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()), Peer(address, ""), 0, 0)


@pytest.mark.parametrize(
    "path",
    [
        "/api/operations/clock",
        "/api/operations/clock/",
        "//api//operations/clock",
        "/api/operations/%63lock",
        "/api/operations/clock?x",
    ],
)
def test_the_clock_is_moved_from_the_machine_itself_only(path: str) -> None:
    clock_guard(request(path))
    clock_guard(request(path, "::1"))
    for address in ("10.0.0.1", "fe80::1", "::ffff:10.0.0.1"):
        with pytest.raises(LoopbackOnly):
            clock_guard(request(path, address))


def test_other_operations_are_not_guarded_here() -> None:
    clock_guard(request("/api/operations/appliances", "10.0.0.1"))


def test_ids_are_new_for_each_request() -> None:
    filter_ = RequestId(Ids(SystemClock()))
    seen: set[bytes] = set()
    for _ in range(BATCH * 3):
        passed = request("/x")
        filter_(passed)
        seen.add(passed.id)
    assert len(seen) == BATCH * 3
    assert all(len(each) == 36 and each.startswith(b"req_") for each in seen)


def test_an_origin_is_signed_once_for_half_of_its_life() -> None:
    claims: list[dict[str, Any]] = []

    def sign(claim: dict[str, Any]) -> str:
        claims.append(claim)
        return f"jwt-{len(claims)}"

    origins = Origins(sign, lambda address: "DE" if address == "1.1.1.1" else "FR", life_s=100)
    here = Site("http", "a")
    assert [origins.token("1.1.1.1", here, at) for at in (1000.0, 1049.9, 1050.0, 1099.0)] == [
        b"jwt-1",
        b"jwt-1",
        b"jwt-2",
        b"jwt-2",
    ]
    assert origins.token("2.2.2.2", here, 1050) == b"jwt-3"
    assert origins.token("1.1.1.1", Site("https", "a"), 1050) == b"jwt-4"
    assert [(claim["territory"], claim["iat"], claim["exp"]) for claim in claims[:3]] == [
        ("DE", 1000, 1100),
        ("DE", 1050, 1150),
        ("FR", 1050, 1150),
    ]


def test_a_page_may_reach_the_appliances_of_now() -> None:
    appliances = ["http://{host}:1", "https://b", "javascript:x", "http://c; script-src *", "http://d\r\nx: y"]
    policy = Policy(lambda: appliances)
    page = policy.of_page(Site("http", "[::1]:8080"))
    assert b"media-src 'self' blob: http://[::1]:1 https://b;" in page
    assert b"script-src 'self';" in page
    assert page.count(b"\r\n") == policy.plain.count(b"\r\n") + 1
    appliances.clear()
    assert b"connect-src 'self';" in policy.of_page(Site("http", "[::1]:8080"))
    assert b"strict-transport-security" in Policy(list, https=True).plain
    assert b"strict-transport-security" not in policy.plain
