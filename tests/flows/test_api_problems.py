from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from conftest import House


LOG_IN = b'{"email": "ada@example.org", "password": "correct horse"}'
JSON = {"Content-Type": "application/json"}


def is_problem(answer: httpx.Response, status: int, kind: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert (body["type"], body["status"]) == (kind, status)
    assert body["title"]
    assert body["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"email": "\xff"}',
        b"[" * 200_000,
        b'{"email": ' + b'{"a":' * 100_000,
        b'{"email": NaN}',
        b'{"email": 1e999}',
        b'{"email": ' + b"9" * 5000 + b"}",
        b'{"email": "\\ud800", "password": "x"}',
        b'{"email": 5, "password": "x"}',
        b"null",
        b'{"password": "x"}',
    ],
)
async def test_a_body_that_cannot_be_read_is_the_client_s_mistake(house: House, body: bytes) -> None:
    is_problem(await house.http().post("/api/session", content=body, headers=JSON), 400, "invalid-request")


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_another_content_type_is_refused(house: House, kind: str) -> None:
    answer = await house.http().post("/api/session", content=LOG_IN, headers={"Content-Type": kind})
    is_problem(answer, 400, "invalid-request")


async def test_the_field_that_does_not_fit_is_named(house: House) -> None:
    member = await house.member()
    title = await house.title()
    asked = {"device": {"screen": {"width": "wide", "height": 1}}}
    answer = await member.http.post(f"/api/play/{title.id}", json=asked)
    is_problem(answer, 400, "invalid-request")
    assert answer.json()["field"] == "device.screen.width"


async def test_a_number_in_a_string_is_no_number(house: House) -> None:
    member = await house.member()
    is_problem(await member.http.post("/api/profiles", json={"name": "x", "avatar": "3"}), 400, "invalid-request")


async def test_a_query_that_does_not_fit_is_named(house: House) -> None:
    member = await house.member()
    answer = await member.http.get("/api/images/img_1?w=wide")
    is_problem(answer, 400, "invalid-request")
    assert answer.json()["field"] == "w"


async def test_a_body_over_a_mebibyte_is_too_large(house: House) -> None:
    body = b'{"email": "' + b"a" * (1 << 20) + b'"}'
    is_problem(await house.http().post("/api/session", content=body, headers=JSON), 413, "too-large")


async def test_the_framework_s_own_refusals_are_problems(house: House) -> None:
    is_problem(await house.http().get("/api/nothing"), 404, "not-found")
    refused = await house.http().put("/api/session")
    is_problem(refused, 405, "method-not-allowed")
    assert "GET" in refused.headers["allow"]


async def test_what_breaks_inside_says_nothing_of_it(house: House) -> None:
    def breaks(_: object) -> None:
        raise RuntimeError("secret of the house")

    service = house.channels["billing"]._channel._service
    service.plans = breaks  # type: ignore[attr-defined]
    answer = await house.http().get("/api/signup/plans")
    is_problem(answer, 500, "internal")
    assert "secret" not in answer.text


async def test_nobody_comes_past_the_front_door(house: House) -> None:
    transport = httpx.ASGITransport(house.app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as http:
        is_problem(await http.get("/api/signup/plans"), 403, "forbidden")
        forged = {"x-matinee-origin": "eyJhbGciOiJub25lIn0.e30."}
        is_problem(await http.get("/api/signup/plans", headers=forged), 401, "bad-token")


async def test_an_origin_is_no_passport(house: House) -> None:
    """Both are tokens; each counts only as what its issuer signed it for."""
    until = int((house.clock.now() + timedelta(hours=1)).timestamp())
    claims = {"aud": "matinee/api", "sub": "acc", "sid": "lgn", "pid": None, "roles": [], "mat": 18, "home": "DE"}
    forged = house.door._keys.sign({**claims, "exp": until})
    origin = house.door._keys.sign(
        {"territory": "DE", "address": "127.0.0.1", "host": "localhost", "scheme": "http", "exp": until}
    )
    transport = httpx.ASGITransport(house.app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as http:
        headers = {"x-matinee-origin": origin, "x-matinee-passport": forged}
        is_problem(await http.get("/api/session", headers=headers), 401, "bad-token")


@pytest.mark.parametrize("path", ["/api/studio/titles", "/api/studio/preparations", "/api/operations/appliances"])
async def test_staff_routes_refuse_members(house: House, path: str) -> None:
    member = await house.member()
    is_problem(await member.http.get(path), 403, "forbidden")
    is_problem(await house.http().get(path), 401, "unauthenticated")


async def test_the_clock_moves_for_the_machine_itself_only(house: House) -> None:
    before = house.clock.now()
    answer = await house.http().post("/api/operations/clock", json={"advance_s": 60})
    assert answer.status_code == 200, answer.text
    assert house.clock.now() == before + timedelta(seconds=60)
    house.door.address = "203.0.113.7"
    is_problem(await house.http().post("/api/operations/clock", json={"advance_s": 60}), 404, "not-found")
