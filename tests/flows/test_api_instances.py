from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from matinee.services.registry.contract import Instance
from matinee.terms.viewer import Role

if TYPE_CHECKING:
    from conftest import House, Member

ALL = "/api/operations/instances"
ROUTES = [("GET", ALL), ("POST", f"{ALL}/api-1.api@films/drain"), ("POST", f"{ALL}/api-1.api@films/up")]


@pytest.fixture
async def operator(house: House) -> Member:
    await house.clients.registry.register(Instance("api-1.api@films", "api", "http://127.0.0.1:9001", "a"))
    return await house.member("operator@example.org", roles=frozenset({Role.OPERATOR}))


async def test_an_operator_drains_an_instance_and_takes_that_back(
    operator: Member, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    shown = (await operator.http.get(ALL)).json()
    assert [(each["id"], each["state"], each["zone"]) for each in shown["instances"]] == [
        ("api-1.api@films", "up", "a")
    ]
    drained = await operator.http.post(f"{ALL}/api-1.api@films/drain")
    assert (drained.status_code, drained.json()["state"], drained.json()["marked"]) == (200, "draining", "draining")
    told = (await operator.http.get(f"{ALL}?after={shown['cursor']}&wait_s=20")).json()
    assert [each["state"] for each in told["instances"]] == ["draining"]
    assert (await operator.http.post(f"{ALL}/api-1.api@films/up")).json()["state"] == "up"
    said = [record.getMessage() for record in caplog.records if record.name == "matinee.staff"]
    assert said[0] == f"{operator.account_id} drains api-1.api@films"
    assert len(said) == 2


async def test_an_instance_that_is_none_is_not_found(operator: Member) -> None:
    gone = await operator.http.post(f"{ALL}/api-9.api@films/drain")
    assert (gone.status_code, gone.json()["type"]) == (404, "no-such-instance")


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_only_operators_may(house: House, operator: Member, method: str, path: str) -> None:
    assert (await house.http().request(method, path)).status_code == 401
    for role in (Role.EDITOR, Role.SUPPORT):
        other = await house.member(f"{role}@example.org", roles=frozenset({role}))
        assert (await other.http.request(method, path)).status_code == 403
    assert [each["state"] for each in (await operator.http.get(ALL)).json()["instances"]] == ["up"]
