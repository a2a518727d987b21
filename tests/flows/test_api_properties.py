from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from matinee.services.registry.contract import ByProperty, NoSuchProperty
from matinee.terms.viewer import Role

if TYPE_CHECKING:
    from conftest import House, Member

ALL = "/api/operations/properties"
ONE = f"{ALL}/gateway.limits"
ROUTES: list[tuple[str, str, Any]] = [
    ("GET", ALL, None),
    ("GET", ONE, None),
    ("PUT", ONE, {"value": {}}),
    ("POST", f"{ONE}/rollback", {"version": 1}),
]


@pytest.fixture
async def operator(house: House) -> Member:
    return await house.member("operator@example.org", roles=frozenset({Role.OPERATOR}))


async def test_an_operator_sets_a_property_and_goes_back(operator: Member, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    first = await operator.http.put(ONE, json={"value": {"in_flight": 10}, "comment": "calm", "if_version": 0})
    assert first.status_code == 200, first.text
    assert (first.json()["version"], first.json()["by"], first.json()["comment"]) == (1, operator.account_id, "calm")
    cursor = (await operator.http.get(ALL)).json()["cursor"]
    await operator.http.put(ONE, json={"value": {"in_flight": 20}})
    told = (await operator.http.get(f"{ALL}?after={cursor}&wait_s=20")).json()["properties"]
    assert [(each["name"], each["value"]) for each in told] == [("gateway.limits", {"in_flight": 20})]

    back = await operator.http.post(f"{ONE}/rollback", json={"version": 1})
    assert (back.json()["version"], back.json()["value"]) == (3, {"in_flight": 10})
    listed = (await operator.http.get(ONE)).json()["properties"]
    assert [(each["version"], each["comment"]) for each in listed] == [(3, "back to version 1"), (2, ""), (1, "calm")]
    said = [record.getMessage() for record in caplog.records if record.name == "matinee.staff"]
    assert said[-1] == f"{operator.account_id} set gateway.limits to version 3"


async def test_who_has_not_seen_the_newest_is_told(operator: Member) -> None:
    await operator.http.put(ONE, json={"value": {}})
    late = await operator.http.put(ONE, json={"value": {"in_flight": 20}, "if_version": 0})
    assert (late.status_code, late.json()["type"], late.json()["version"]) == (409, "property-changed", 1)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "kind"),
    [
        ("GET", ONE, None, 404, "no-such-property"),
        ("POST", f"{ONE}/rollback", {"version": 1}, 404, "no-such-property"),
        ("PUT", f"{ALL}/Gateway", {"value": 1}, 400, "invalid-request"),
        ("PUT", ONE, {"comment": "no value"}, 400, "invalid-request"),
        ("PUT", f"{ALL}/gateway.routes", {"value": {"routes": [{"name": "x"}]}}, 400, "bad-routes"),
        ("PUT", f"{ALL}/gateway.routes", {"value": []}, 400, "bad-routes"),
        ("PUT", ONE, {"value": 1}, 400, "invalid-request"),
        ("PUT", ONE, {"value": {"in_flght": 500}}, 400, "invalid-request"),
        ("PUT", ONE, {"value": {"connections": 1}}, 400, "invalid-request"),
        ("PUT", ONE, {"value": {"origin_least": 10**400}}, 400, "invalid-request"),
        ("PUT", f"{ALL}/mine", {"value": 2**64}, 400, "invalid-request"),
        ("PUT", ONE, {"value": {"bytes_per_s": 10_000_000}}, 400, "invalid-request"),
        ("PUT", f"{ALL}/gateway.limit", {"value": {}}, 400, "invalid-request"),
        ("PUT", f"{ALL}/gateway.requests", {"value": {"slow_s": "soon"}}, 400, "invalid-request"),
        ("PUT", f"{ALL}/gateway.filters.hats", {"value": {"percent": 200}}, 400, "invalid-request"),
    ],
)
async def test_what_makes_no_sense_is_refused(
    operator: Member, method: str, path: str, body: Any, status: int, kind: str
) -> None:
    answer = await operator.http.request(method, path, json=body)
    assert (answer.status_code, answer.json()["type"]) == (status, kind), answer.text


async def test_a_version_that_is_none_is_not_found(operator: Member) -> None:
    await operator.http.put(ONE, json={"value": {}})
    gone = await operator.http.post(f"{ONE}/rollback", json={"version": 7})
    assert (gone.status_code, gone.json()["type"]) == (404, "not-found")


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
async def test_only_operators_may(house: House, method: str, path: str, body: Any) -> None:
    assert (await house.http().request(method, path, json=body)).status_code == 401
    for role in (Role.EDITOR, Role.SUPPORT):
        other = await house.member(f"{role}@example.org", roles=frozenset({role}))
        assert (await other.http.request(method, path, json=body)).status_code == 403
    with pytest.raises(NoSuchProperty):
        await house.clients.properties.versions(ByProperty("gateway.limits"))
