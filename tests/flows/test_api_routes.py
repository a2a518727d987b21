from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from matinee.services.registry.contract import SetProperty
from matinee.terms.viewer import Role

if TYPE_CHECKING:
    from conftest import House

ROUTES = "/api/operations/routes"
MOVED: dict[str, Any] = {"name": "moved", "match": {"prefix": "/old"}, "redirect": {"to": "/new/{path}"}}


async def operator(house: House) -> Any:
    return (await house.member("operator@example.org", roles=frozenset({Role.OPERATOR}))).http


async def test_a_table_is_tried_applied_and_taken_back(house: House) -> None:
    http = await operator(house)
    now = (await http.get(ROUTES)).json()
    assert (now["version"], now["of_house"]) == (0, True)
    table = {"routes": [*now["table"]["routes"], MOVED]}

    tried = (await http.put(f"{ROUTES}?dry_run=true", json={"table": table})).json()
    assert (tried["applied"], tried["version"], tried["changes"]["added"]) == (False, 0, ["moved"])
    assert {"request": "GET /old/x", "before": "", "after": "moved"} in tried["changes"]["moved"]
    assert (await http.get(ROUTES)).json() == now

    applied = (await http.put(ROUTES, json={"table": table, "comment": "old links"})).json()
    assert (applied["applied"], applied["version"]) == (True, 1)
    stands = (await http.get(ROUTES)).json()
    assert [route["name"] for route in stands["table"]["routes"]][-1] == "moved"
    asked = {"path": "/old/x"}
    assert (await http.post(f"{ROUTES}/explain", json=asked)).json()["route"] == "moved"

    again = (await http.put(ROUTES, json={"table": stands["table"]})).json()
    assert (again["applied"], again["version"]) == (False, 1), "nothing changes, so there is no new version"

    back = (await http.post(f"{ROUTES}/rollback", json={"version": 0})).json()
    assert (back["version"], back["changes"]["removed"]) == (2, ["moved"])
    assert (await http.get(ROUTES)).json() == {**now, "version": 2}
    assert (await http.post(f"{ROUTES}/explain", json=asked)).json()["route"] is None

    forth = (await http.post(f"{ROUTES}/rollback", json={"version": 1})).json()
    assert (forth["version"], forth["changes"]["added"]) == (3, ["moved"])
    listed = (await http.get(f"{ROUTES}/versions")).json()["versions"]
    assert [(each["version"], each["comment"], each["of_house"]) for each in listed] == [
        (3, "back to version 1", False),
        (2, "back to the table of the house", True),
        (1, "old links", False),
    ]
    assert listed[0]["by"].startswith("acc_")
    assert (await http.get(f"{ROUTES}/versions/1")).json()["table"] == stands["table"]


async def test_a_bad_table_is_refused_with_one_sentence(house: House) -> None:
    http = await operator(house)
    for table, sentence in (
        ({"routes": [{**MOVED, "redirect": {"to": "//evil.example"}}]}, "route moved: redirect.to: "),
        ({"routes": [{"name": "x", "to": "accounts"}]}, "route x: to: accounts is an inner service"),
        ({"routes": []}, "no route takes /api/operations to servers"),
    ):
        refused = await http.put(ROUTES, json={"table": table})
        assert (refused.status_code, refused.json()["type"]) == (400, "bad-routes")
        assert refused.json()["detail"].startswith(sentence)
    assert (await http.get(ROUTES)).json()["version"] == 0


async def test_no_other_way_leads_to_a_table_without_a_way_back(house: House) -> None:
    http = await operator(house)
    shut: dict[str, Any] = {"routes": [MOVED]}
    await house.clients.properties.set(SetProperty("gateway.routes", shut, "someone at the machine"))
    await house.clients.properties.set(SetProperty("gateway.routes", None, "someone at the machine"))
    properties = "/api/operations/properties/gateway.routes"
    for answer in (
        await http.put(properties, json={"value": shut}),
        await http.post(f"{properties}/rollback", json={"version": 1}),
        await http.post(f"{ROUTES}/rollback", json={"version": 1}),
    ):
        assert (answer.status_code, answer.json()["type"]) == (400, "bad-routes")
        assert answer.json()["detail"].startswith("no route takes /api/operations to servers")
    assert (await http.get(ROUTES)).json()["version"] == 2


async def test_changes_of_the_table_are_in_the_log_with_who_did_them(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    http = await operator(house)
    routes = (await http.get(ROUTES)).json()["table"]["routes"]
    await http.put(ROUTES, json={"table": {"routes": [*routes, MOVED]}})
    by = (await http.get(f"{ROUTES}/versions")).json()["versions"][0]["by"]
    await http.post(f"{ROUTES}/rollback", json={"version": 0})
    said = [record.getMessage() for record in caplog.records if record.name == "matinee.staff"]
    assert said[-2:] == [f"{by} set gateway.routes to version 1", f"{by} set gateway.routes to version 2"]


async def test_two_operators_do_not_overwrite_each_other(house: House) -> None:
    http = await operator(house)
    routes = (await http.get(ROUTES)).json()["table"]["routes"]
    first = await http.put(ROUTES, json={"table": {"routes": [*routes, MOVED]}, "if_version": 0})
    assert first.status_code == 200
    second = await http.put(ROUTES, json={"table": {"routes": [MOVED, *routes[1:]]}, "if_version": 0})
    assert (second.status_code, second.json()["type"]) == (409, "property-changed")


async def test_a_bad_value_set_as_a_property_counts_nowhere_and_can_be_mended(house: House) -> None:
    http = await operator(house)
    routes = (await http.get(ROUTES)).json()["table"]["routes"]
    await http.put(ROUTES, json={"table": {"routes": [*routes, MOVED]}})
    await house.clients.properties.set(SetProperty("gateway.routes", {"routes": [{"name": "X"}]}, "someone"))
    stands = (await http.get(ROUTES)).json()
    assert (stands["version"], stands["table"]["routes"][-1]["name"]) == (2, "moved")
    assert (await http.post(f"{ROUTES}/rollback", json={"version": 2})).json()["type"] == "bad-routes"
    mended = (await http.post(f"{ROUTES}/rollback", json={"version": 1})).json()
    assert (mended["version"], mended["applied"]) == (3, True)


async def test_what_was_never_set_is_not_there(house: House) -> None:
    http = await operator(house)
    assert (await http.get(f"{ROUTES}/versions/7")).status_code == 404
    assert (await http.post(f"{ROUTES}/rollback", json={"version": 7})).status_code == 404


async def test_members_have_no_say(house: House) -> None:
    http = (await house.member("member@example.org")).http
    assert (await http.get(ROUTES)).status_code == 403
    assert (await http.put(ROUTES, json={"table": {"routes": []}})).status_code == 403
