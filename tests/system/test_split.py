"""The main flow through the public API only: under `matinee up`, all in one process, and one process a service."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from house import House, Installation, Served, eventually

from matinee.app.targets import TARGETS

APPLIANCES = ["cdn-a", "cdn-b"]


def one_process_a_target() -> list[tuple[str, list[str]]]:
    alone = [(target, [target]) for target, made in TARGETS.items() if target != "cdn" and not made.asked]
    return alone + [(name, ["cdn"]) for name in APPLIANCES]


@pytest.fixture(scope="module", params=["up", "all", "split"])
def installation(request: pytest.FixtureRequest) -> Iterator[Installation]:
    if request.param == "up":
        yield request.getfixturevalue("house")
        return
    built = Served()
    try:
        built.start([("cdn-a", ["all"])] if request.param == "all" else one_process_a_target())
        yield built
    finally:
        built.close()


def test_from_signing_up_to_logging_out(installation: Installation, short_film: Path) -> None:
    title_id = installation.add(short_film, "Flow")
    key, email = uuid.uuid4().hex, f"{uuid.uuid4().hex}@example.org"
    body = {"email": email, "password": "a long enough password", "name": "Ada", "plan": "basic"}

    declined = {**body, "payment_method": "pm_card_chargeDeclined"}
    refused = installation_post(installation, "/api/signup", declined, uuid.uuid4().hex)
    assert (refused.status_code, refused.json()["type"]) == (402, "card-declined")
    signed_up = installation_post(installation, "/api/signup", {**body, "payment_method": "pm_card_visa"}, key)
    assert signed_up.status_code == 201, signed_up.text
    again = installation_post(installation, "/api/signup", {**body, "payment_method": "pm_card_visa"}, key)
    assert again.json()["account_id"] == signed_up.json()["account_id"]

    member = installation.member(email, body["password"])
    child = member.post("/api/profiles", json={"name": "Kid", "maturity": 7})
    assert child.status_code == 201, child.text
    rows = eventually(lambda: member.get("/api/discovery/home").json()["rows"], 10)
    assert title_id in {item["id"] for row in rows for item in row["items"]}
    found = eventually(lambda: member.get("/api/discovery/search", params={"q": "flwo"}).json()["items"], 10)
    assert found[0]["id"] == title_id
    poster = eventually(lambda: member.get(found[0]["poster_url"], params={"w": 200}), 5)
    assert poster.headers["content-type"] == "image/jpeg"

    playing = eventually(lambda: member.play(title_id), 10)
    assert playing.appliances
    assert playing.answer["resume_position_s"] == 0
    segment = playing.segment()
    assert segment[4:8] in {b"styp", b"sidx", b"moof"}
    assert httpx.get(playing.media_urls()[0], headers={"range": "bytes=0-9"}).content == segment[:10]
    assert httpx.get(playing.answer["steering_url"]).json()["VERSION"] == 1
    assert playing.beat(2.5).status_code == 204

    other = installation.member(email, body["password"])
    second = other.try_to_play(title_id)
    assert (second.status_code, second.json()["type"]) == (409, "too-many-streams")
    assert playing.stop().status_code == 204
    resumed = other.play(title_id)
    assert resumed.answer["resume_position_s"] == 2.5

    assert member.http.delete("/api/session").status_code == 204
    assert member.get("/api/session").status_code == 401
    assert other.get("/api/session").status_code == 200
    assert resumed.stop().status_code == 204


def installation_post(installation: Installation, path: str, body: dict[str, object], key: str) -> httpx.Response:
    return httpx.post(installation.url + path, json=body, headers={"Idempotency-Key": key}, timeout=20)


def test_every_service_has_a_process_of_its_own_when_split(installation: Installation) -> None:
    names = set(installation.pids())
    if isinstance(installation, House):
        assert names == {"up", "core", "worker", "cdn-a", "cdn-b", "origin"}
        return
    if len(names) > 1:
        assert names == {target for target, made in TARGETS.items() if target != "cdn" and not made.asked} | set(
            APPLIANCES
        )
    assert "Traceback" not in installation.log()
