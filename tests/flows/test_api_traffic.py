from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from matinee.services.traffic.contract import Counted, Journey, Report, RouteFigures, Why
from matinee.terms.latency import BUCKETS
from matinee.terms.viewer import Role

if TYPE_CHECKING:
    from conftest import House, Member

LIVE, REQUESTS = "/api/operations/traffic", "/api/operations/requests"
FAILED = "req_01a1fdfa460070349be9cd064bdc9384"


def journey(request_id: str, status: int, why: Why) -> Journey:
    at = datetime(2026, 11, 21, 12, tzinfo=UTC)
    category = "FAILURE_ORIGIN" if status >= 500 else "SUCCESS"
    asked = (at, "g", "home", why, "GET", "/api/x", "api", "api", "acc_1")
    return Journey(request_id, "0" * 32, *asked, status, category, 0.0, 0.2, 1200.0, 1201.0)


@pytest.fixture
async def operator(house: House) -> Member:
    figures = Counted({"SUCCESS": 50}, [50, *[0] * (BUCKETS - 1)], 0.01)
    kept = [journey(FAILED, 502, Why.FAILED), journey("req_2", 200, Why.SLOW)]
    told = Report("g", "home", "1", 5.0, False, 3, 1, 100.0, 0.0, [RouteFigures("api", "api", figures)], [], [], kept)
    await house.clients.traffic.report(told)
    return await house.member("operator@example.org", roles=frozenset({Role.OPERATOR}))


async def test_an_operator_sees_what_goes_through_the_front_door(operator: Member) -> None:
    shown = (await operator.http.get(LIVE)).json()
    assert [(each["name"], each["flow"]["per_s"]) for each in shown["routes"]] == [("api", 10.0)]
    assert shown["categories"] == {"SUCCESS": 50}
    assert [each["name"] for each in shown["gateways"]] == ["g"]


async def test_requests_are_listed_by_page_and_by_what_they_are_asked_for(operator: Member) -> None:
    first = (await operator.http.get(f"{REQUESTS}?limit=1")).json()
    second = (await operator.http.get(f"{REQUESTS}?limit=1&before={first['next']}")).json()
    assert {each["id"] for page in (first, second) for each in page["requests"]} == {FAILED, "req_2"}
    failed = (await operator.http.get(f"{REQUESTS}?status=5xx&why=failed&route=api&account=acc_1")).json()
    assert ([each["id"] for each in failed["requests"]], failed["next"]) == ([FAILED], None)
    wrong = await operator.http.get(f"{REQUESTS}?status=abc")
    assert (wrong.status_code, wrong.json()["type"]) == (400, "invalid-request")
    gone = await operator.http.get(f"{REQUESTS}?before=req_9")
    assert (gone.status_code, gone.json()["type"]) == (404, "no-such-request")


async def test_support_reads_one_request_and_that_is_logged(
    house: House, operator: Member, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    support = await house.member("support@example.org", roles=frozenset({Role.SUPPORT}))
    for who in (support, operator):
        read = await who.http.get(f"{REQUESTS}/{FAILED}")
        assert (read.status_code, read.json()["status"], read.json()["ended_ms"]) == (200, 502, 1201.0)
    said = [record.getMessage() for record in caplog.records if record.name == "matinee.staff"]
    assert said == [f"{who.account_id} reads the request {FAILED}" for who in (support, operator)]
    unknown = await support.http.get(f"{REQUESTS}/req_9")
    assert (unknown.status_code, unknown.json()["type"]) == (404, "no-such-request")


@pytest.mark.parametrize("path", [LIVE, REQUESTS, f"{REQUESTS}/{FAILED}"])
async def test_others_may_not(house: House, operator: Member, path: str) -> None:
    assert (await house.http().get(path)).status_code == 401
    roles = [Role.EDITOR] if path.endswith(FAILED) else [Role.EDITOR, Role.SUPPORT]
    for role in roles:
        other = await house.member(f"{role}@example.org", roles=frozenset({role}))
        assert (await other.http.get(path)).status_code == 403
    assert (await operator.http.get(path)).status_code == 200
