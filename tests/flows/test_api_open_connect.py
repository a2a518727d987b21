from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from conftest import House


REPORT = {
    "appliance_id": "cdn-a", "url": "http://{host}:8081", "zone": "a", "boot": "1", "load": 0.1, "healthy": True,
    "encodes": [], "bytes_served": 0, "origin_bytes": 0, "version": "1",
}  # fmt: skip


def signed(house: House, **claims: Any) -> httpx.AsyncClient:
    until = int((house.clock.now() + timedelta(minutes=1)).timestamp())
    token = house.appliances["cdn-a"].sign({"iss": "cdn-a", "aud": "open-connect", "exp": until, **claims})
    return house.http(token)


async def test_an_appliance_reports_and_is_then_in_the_answers(house: House) -> None:
    operator = await house.member("op@example.org", roles=frozenset({"operator"}))  # type: ignore[arg-type]
    assert (await signed(house).post("/api/open-connect/reports", json=REPORT)).status_code == 204
    known = (await operator.http.get("/api/operations/appliances")).json()["appliances"]
    assert [(each["report"]["appliance_id"], each["up"]) for each in known] == [("cdn-a", True)]


async def test_an_appliance_reports_for_itself_only(house: House) -> None:
    answer = await signed(house).post("/api/open-connect/reports", json={**REPORT, "appliance_id": "cdn-b"})
    assert (answer.status_code, answer.json()["type"]) == (403, "forbidden")


@pytest.mark.parametrize("claims", [{"aud": "matinee/api"}, {"iss": "cdn-b"}, {"exp": 1}, {"iss": 7}])
async def test_a_token_that_is_not_this_appliance_s_is_refused(house: House, claims: dict[str, Any]) -> None:
    answer = await signed(house, **claims).get("/api/open-connect/keys")
    assert answer.status_code == 401


async def test_nobody_else_asks_what_appliances_ask(house: House) -> None:
    member = await house.member()
    for path in ("keys", "ended", "manifest"):
        assert (await house.http().get(f"/api/open-connect/{path}")).status_code == 401
        assert (await member.http.get(f"/api/open-connect/{path}")).status_code == 401


async def test_an_appliance_learns_what_to_hold_and_what_has_ended(house: House) -> None:
    editor = await house.editor()
    title = await house.title()
    await house.appliance()
    await editor.http.post(f"/api/studio/titles/{title.id}/publish")
    manifest = (await signed(house).get("/api/open-connect/manifest")).json()
    assert [each["encode_path"] for each in manifest["encodes"]] == [f"{title.id}/{title.encode_id}"]
    assert manifest["encodes"][0]["files"][0]["path"].endswith("v720/init.mp4")
    playing = (await editor.http.post(f"/api/play/{title.id}", json={})).json()
    await editor.http.delete(f"/api/play/sessions/{playing['session_id']}")
    ended = (await signed(house).get("/api/open-connect/ended?after=-1")).json()
    assert playing["session_id"] in ended["sessions"]


async def test_the_keys_of_media_tokens_are_a_jwk_set(house: House) -> None:
    answer = await signed(house).get("/api/open-connect/keys")
    assert answer.headers["content-type"] == "application/jwk-set+json"
    assert answer.json()["keys"][0]["crv"] == "P-256"
    assert "d" not in answer.json()["keys"][0]


async def test_a_beacon_is_collected(house: House) -> None:
    member = await house.member()
    event = {"id": "abcdefgh", "kind": "ui", "name": "click", "at": house.clock.now().isoformat()}
    answer = await member.http.post("/api/beacon", json={"events": [event]})
    assert (answer.status_code, answer.text) == (202, "")
    assert await house.logged("beacons") == ["matinee.beacon.ui"]
    assert (await house.http().post("/api/beacon", json={"events": [event]})).status_code == 401
