from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from matinee.ingest.contract import Start
from matinee.services.history.contract import Bookmark
from matinee.services.metrics.contract import Count, Counts
from matinee.terms.maturity import Maturity
from matinee.terms.title import Metadata

if TYPE_CHECKING:
    from conftest import House, Member


async def rows(member: Member) -> dict[str, list[dict[str, Any]]]:
    answer = await member.http.get("/api/discovery/home")
    assert answer.status_code == 200, answer.text
    return {row["id"]: row["items"] for row in answer.json()["rows"]}


async def watched(house: House, member: Member, title_id: str, position_ms: int) -> None:
    await house.clients.history.record(
        Bookmark(member.account_id, member.profile_id, title_id, position_ms, 7_200_000, house.clock.now())
    )


async def test_home_has_what_was_begun_what_is_new_popular_and_each_genre(house: House) -> None:
    member = await house.member()
    first, second = await house.title("Metropolis"), await house.title("M", genres=["Crime"])
    await watched(house, member, first.id, 3_600_000)
    await house.clients.metrics.count(Counts([Count("evt-1", "plays", second.id, house.clock.now())]))
    found = await rows(member)
    assert set(found) == {"continue-watching", "new", "popular", "genre-crime", "genre-drama"}
    assert [(each["id"], each["progress"]) for each in found["continue-watching"]] == [(first.id, 0.5)]
    assert [each["id"] for each in found["new"]] == [second.id, first.id]
    assert [each["id"] for each in found["popular"]] == [second.id]
    assert found["new"][1]["title"] == "Metropolis"
    assert found["new"][1]["duration_s"] == 7200


@pytest.mark.parametrize(
    ("service", "lost"), [("history", "continue-watching"), ("metrics", "popular"), ("ingest", ""), ("search", "")]
)
async def test_a_broken_service_costs_only_its_row(house: House, service: str, lost: str) -> None:
    member = await house.member()
    title = await house.title()
    await watched(house, member, title.id, 3_600_000)
    await house.clients.metrics.count(Counts([Count("evt-1", "plays", title.id, house.clock.now())]))
    house.channels[service].broken = True
    assert set(await rows(member)) == {"continue-watching", "new", "popular", "genre-drama"} - {lost}


async def test_without_the_catalogue_there_is_no_page(house: House) -> None:
    member = await house.member()
    house.channels["catalog"].broken = True
    answer = await member.http.get("/api/discovery/home")
    assert (answer.status_code, answer.json()["type"]) == (503, "unavailable")


async def test_a_withdrawn_title_is_gone_within_five_seconds(house: House) -> None:
    member, editor = await house.member(), await house.editor()
    title = await house.title()
    assert (await rows(member))["new"][0]["id"] == title.id
    assert (await editor.http.post(f"/api/studio/titles/{title.id}/withdraw")).status_code == 200
    async with asyncio.timeout(5):
        while await rows(member):
            await asyncio.sleep(0.1)
    assert (await member.http.get("/api/discovery/search", params={"q": "metropolis"})).json()["items"] == []
    assert (await member.http.get(f"/api/discovery/titles/{title.id}")).status_code == 404


async def test_a_profile_with_an_age_limit_sees_only_what_is_for_it(house: House) -> None:
    member = await house.member()
    grown, small = await house.title("Nosferatu", maturity=Maturity.SIXTEEN), await house.title("The Kid")
    assert {each["id"] for each in (await rows(member))["new"]} == {grown.id, small.id}
    child = (await member.http.post("/api/profiles", json={"name": "Kid", "maturity": 7})).json()
    await member.http.post("/api/session/profile", json={"profile_id": child["id"]})
    await house.clients.metrics.count(Counts([Count("evt-1", "plays", grown.id, house.clock.now())]))
    found = await rows(member)
    assert {each["id"] for row in found.values() for each in row} == {small.id}
    assert (await member.http.get("/api/discovery/search", params={"q": "nosfer"})).json()["items"] == []
    assert (await member.http.get(f"/api/images/{grown.poster.id if grown.poster else ''}")).status_code == 404


async def test_search_finds_as_one_types(house: House) -> None:
    member = await house.member()
    title = await house.title()
    for typed in ("met", "metropolis", "Metrop"):
        items = (await member.http.get("/api/discovery/search", params={"q": typed})).json()["items"]
        assert [each["id"] for each in items] == [title.id]
    assert (await member.http.get("/api/discovery/search", params={"q": " "})).json() == {"items": []}


async def test_genres_are_paged(house: House) -> None:
    member = await house.member()
    for number in range(3):
        await house.title(f"Film {number}", genres=["Sci-Fi & Fantasy"])
    genres = (await member.http.get("/api/discovery/genres")).json()["genres"]
    assert genres == [{"id": "sci-fi-fantasy", "name": "Sci-Fi & Fantasy"}]
    page = (await member.http.get("/api/discovery/genres/sci-fi-fantasy")).json()
    assert len(page["items"]) == 3
    assert page["next"] is None
    assert (await member.http.get("/api/discovery/genres/nothing")).status_code == 404
    assert (await member.http.get("/api/discovery/genres/sci-fi-fantasy?after=rubbish")).status_code == 400


async def test_one_title_tells_its_languages_and_where_to_go_on(house: House) -> None:
    member = await house.member()
    title = await house.title(synopsis="A city.")
    await watched(house, member, title.id, 60_000)
    found = (await member.http.get(f"/api/discovery/titles/{title.id}")).json()
    assert found["synopsis"] == "A city."
    assert found["languages"] == ["de", "en"]
    assert found["subtitles"] == ["en"]
    assert found["resume_position_s"] == 60
    assert found["playable"] is True


async def test_a_title_is_taken_out_of_what_was_begun(house: House) -> None:
    member = await house.member()
    title = await house.title()
    await watched(house, member, title.id, 3_600_000)
    assert "continue-watching" in await rows(member)
    assert (await member.http.delete(f"/api/discovery/continue-watching/{title.id}")).status_code == 204
    assert "continue-watching" not in await rows(member)


async def test_editors_see_what_is_in_preparation(house: House, tmp_path: Path) -> None:
    film = tmp_path / "film.mkv"
    film.write_bytes(b"no film at all")
    member, editor = await house.member(), await house.editor()
    await house.clients.ingest.start(Start("k", str(film), "film.mkv", Metadata("Sunrise")))
    assert (await member.http.get("/api/discovery/home")).json()["preparing"] == []
    preparing = (await editor.http.get("/api/discovery/home")).json()["preparing"]
    assert [(each["title"], each["phase"]) for each in preparing] == [("Sunrise", "preparing")]


@pytest.mark.parametrize(("asked", "given"), [(1, "320"), (320, "320"), (321, "640"), (5000, "640")])
async def test_a_picture_comes_in_the_next_width_up(house: House, asked: int, given: str) -> None:
    member = await house.member()
    title = await house.title()
    assert title.poster is not None
    answer = await member.http.get(f"/api/images/{title.poster.id}", params={"w": asked})
    assert (answer.status_code, answer.text) == (200, f"jpeg {given}")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"].startswith("private")
    assert (await house.http().get(f"/api/images/{title.poster.id}")).status_code == 401
