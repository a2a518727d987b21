"""Series and their episodes, titles in several languages, and previews, through the public API."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from matinee.runtime.ids import JOB, Ids
from matinee.services.catalog.contract import ByTitle, CreateTitle, UpdateTitle
from matinee.services.fill.contract import ObserveManifest
from matinee.services.history.contract import Bookmark
from matinee.services.metrics.contract import Count, Counts
from matinee.services.search.contract import Document, Documents, Translation
from matinee.terms.maturity import Maturity
from matinee.terms.title import Episode, Kind, Metadata, Title, Words

if TYPE_CHECKING:
    from conftest import House, Member

Json = dict[str, Any]


async def series_of(house: House, name: str = "Dark Ages", **about: Any) -> Title:
    metadata = Metadata(name, **{"maturity": Maturity.ALL, "genres": ["Mystery"], **about})
    return await house.clients.catalog.create(CreateTitle(Ids(house.clock).new(JOB), metadata, kind=Kind.SERIES))


async def episode_of(house: House, series: Title, season: int, number: int, **about: Any) -> Title:
    made = await house.title(f"{series.metadata.title} {season}.{number}", published=False, **about)
    placed = Episode(series.id, season, number)
    await house.clients.catalog.update(UpdateTitle(made.id, episode=placed))
    made = await house.clients.catalog.publish(ByTitle(made.id))
    shown = await house.clients.catalog.title(ByTitle(series.id))
    of = shown.metadata
    words = {tag: Translation(each.title, each.synopsis) for tag, each in of.translations.items()}
    document = Document(
        shown.id, shown.revision, of.title, of.synopsis, of.year, of.genres, of.maturity, [], translations=words
    )
    await house.clients.search.index(Documents([document]))
    return made


async def watched(house: House, member: Member, title: Title, percent: int) -> None:
    house.clock.advance(timedelta(minutes=1))
    position = 72_000 * percent
    await house.clients.history.record(
        Bookmark(member.account_id, member.profile_id, title.id, position, 7_200_000, house.clock.now())
    )


async def rows(http: httpx.AsyncClient, language: str = "") -> dict[str, list[Json]]:
    answer = await http.get("/api/discovery/home", headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return {row["id"]: row["items"] for row in answer.json()["rows"]}


async def page(member: Member, title: Title, **query: Any) -> Json:
    answer = await member.http.get(f"/api/discovery/titles/{title.id}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_rows_search_and_genres_show_the_series_and_never_its_episodes(house: House) -> None:
    member = await house.member()
    series = await series_of(house)
    one = await episode_of(house, series, 1, 1)
    film = await house.title("Film")
    plays = [Count("e1", "plays", series.id, house.clock.now(), 3), Count("e2", "plays", one.id, house.clock.now(), 5)]
    await house.clients.metrics.count(Counts(plays))
    found = await rows(member.http)
    assert [each["id"] for each in found["new"]] == [film.id, series.id]
    assert [each["id"] for each in found["popular"]] == [series.id]
    assert [(each["id"], each["kind"]) for each in found["genre-mystery"]] == [(series.id, "series")]
    for q in ("dark", "dark ages"):
        items = (await member.http.get("/api/discovery/search", params={"q": q})).json()["items"]
        assert [each["id"] for each in items] == [series.id]
    of_genre = (await member.http.get("/api/discovery/genres/mystery")).json()["items"]
    assert [each["id"] for each in of_genre] == [series.id]


async def test_the_page_of_a_series_has_its_seasons_and_what_to_play(house: House) -> None:
    member = await house.member()
    series = await series_of(house)
    made = {place: await episode_of(house, series, *place) for place in [(2, 1), (1, 1), (1, 2), (0, 1)]}
    found = await page(member, series)
    assert (found["kind"], found["duration_s"], found["languages"], found["playable"]) == (
        "series",
        0,
        ["de", "en"],
        True,
    )
    shelf = found["series"]
    assert shelf["seasons"] == [{"number": n, "episodes": e} for n, e in ((1, 2), (2, 1), (0, 1))]
    assert (shelf["season"], shelf["up_next"]["id"], shelf["next"]) == (1, made[1, 1].id, None)
    assert [each["id"] for each in shelf["episodes"]] == [made[1, 1].id, made[1, 2].id]
    assert shelf["episodes"][0]["episode"] == {
        "series_id": series.id,
        "series_title": "Dark Ages",
        "season": 1,
        "number": 1,
        "number_to": None,
    }
    await watched(house, member, made[1, 1], 100)
    await watched(house, member, made[1, 2], 50)
    found = await page(member, series)
    assert (found["series"]["up_next"]["id"], found["resume_position_s"], found["progress"]) == (
        made[1, 2].id,
        3600,
        0.5,
    )
    assert [each["progress"] for each in found["series"]["episodes"]] == [1, 0.5]
    await watched(house, member, made[1, 2], 100)
    found = await page(member, series)
    assert (found["series"]["season"], found["series"]["up_next"]["id"]) == (2, made[2, 1].id)
    other = await page(member, series, season=1, after=1)
    assert [each["id"] for each in other["series"]["episodes"]] == [made[1, 2].id]
    assert (await page(member, series, season=7))["series"]["episodes"] == []
    own = await page(member, made[1, 2])
    assert (own["kind"], own["episode"]["series_title"], own["series"]) == ("episode", "Dark Ages", None)


async def test_one_goes_on_with_the_episode_after_the_one_that_was_seen(house: House) -> None:
    member = await house.member()
    series = await series_of(house)
    one, two, three = [await episode_of(house, series, 1, number) for number in (1, 2, 3)]
    film = await house.title("Film")
    await watched(house, member, film, 50)
    await watched(house, member, one, 30)
    item = (await rows(member.http))["continue-watching"][0]
    assert (item["id"], item["progress"], item["episode"]["series_title"]) == (one.id, 0.3, "Dark Ages")
    await watched(house, member, one, 100)
    going = (await rows(member.http))["continue-watching"]
    assert [(each["id"], each["progress"]) for each in going] == [(two.id, None), (film.id, 0.5)]
    await watched(house, member, two, 20)
    assert [each["id"] for each in (await rows(member.http))["continue-watching"]] == [two.id, film.id]
    await watched(house, member, three, 100)
    assert [each["id"] for each in (await rows(member.http))["continue-watching"]] == [two.id, film.id]
    assert (await member.http.delete(f"/api/discovery/continue-watching/{two.id}")).status_code == 204
    assert [each["id"] for each in (await rows(member.http))["continue-watching"]] == [film.id]


async def test_a_play_names_the_episode_that_follows(house: House) -> None:
    member = await house.member()
    await house.appliance()
    series = await series_of(house)
    one, two = [await episode_of(house, series, 1, number) for number in (1, 2)]
    playing = (await member.http.post(f"/api/play/{one.id}", json={})).json()
    assert (playing["next"]["id"], playing["next"]["episode"]["number"]) == (two.id, 2)
    assert playing["title"]["episode"]["series_title"] == "Dark Ages"
    assert (await member.http.post(f"/api/play/{two.id}", json={})).json()["next"] is None
    whole = await member.http.post(f"/api/play/{series.id}", json={})
    assert (whole.status_code, whole.json()["type"]) == (409, "not-playable")


@pytest.mark.parametrize("mature", ["series", "episode"])
async def test_a_limited_profile_is_shown_nothing_of_a_series_above_its_limit(house: House, mature: str) -> None:
    member = await house.member()
    await house.appliance()
    limit = {"maturity": Maturity.SIXTEEN}
    series = await series_of(house, **limit if mature == "series" else {})
    one = await episode_of(house, series, 1, 1, **limit if mature == "episode" else {})
    await house.clients.metrics.count(Counts([Count("e", "plays", series.id, house.clock.now())]))
    child = (await member.http.post("/api/profiles", json={"name": "Kid", "maturity": 7})).json()
    await house.clients.history.record(
        Bookmark(member.account_id, child["id"], one.id, 3_600_000, 7_200_000, house.clock.now())
    )
    assert {each["id"] for row in (await rows(member.http)).values() for each in row} == {series.id}
    await member.http.post("/api/session/profile", json={"profile_id": child["id"]})
    assert await rows(member.http) == {}
    assert (await member.http.get("/api/discovery/search?q=dark")).json()["items"] == []
    assert (await member.http.get("/api/discovery/genres")).json()["genres"] == []
    assert one.poster is not None
    assert (await member.http.get(f"/api/images/{one.poster.id}")).status_code == 404
    for title in (series, one):
        assert (await member.http.get(f"/api/discovery/titles/{title.id}")).status_code in {403, 404}
        assert (await member.http.post(f"/api/play/{title.id}", json={})).status_code in {403, 404}
        preview = await member.http.post(f"/api/play/{title.id}", json={"preview": True})
        assert preview.status_code in {403, 404}


async def test_a_limited_profile_sees_the_episodes_that_are_for_it(house: House) -> None:
    member = await house.member()
    series = await series_of(house)
    small = await episode_of(house, series, 1, 1)
    await episode_of(house, series, 1, 2, maturity=Maturity.SIXTEEN)
    await episode_of(house, series, 2, 1, maturity=Maturity.SIXTEEN)
    child = (await member.http.post("/api/profiles", json={"name": "Kid", "maturity": 7})).json()
    await member.http.post("/api/session/profile", json={"profile_id": child["id"]})
    found = (await page(member, series))["series"]
    assert found["seasons"] == [{"number": 1, "episodes": 1}]
    assert [each["id"] for each in found["episodes"]] == [small.id]
    assert (await page(member, series, season=2))["series"]["episodes"] == []


async def test_each_client_reads_titles_in_its_own_language(house: House) -> None:
    member = await house.member()
    await house.appliance()
    words = {"de": Words("Der Zug", "Ein Bahnhof."), "fr": Words("Le Train")}
    film = await house.title("The Train", synopsis="A station.", language="en", translations=words, genres=["Drama"])
    series = await series_of(house, translations={"de": Words("Finstere Zeiten")})
    one = await episode_of(house, series, 1, 1, translations={"de": Words("Der Brunnen", "Kein Wasser.")})
    expected = {
        "de-AT,de;q=0.9,en;q=0.5": "Der Zug",
        "fr;q=0.3, de;q=0.2": "Le Train",
        "en, de": "The Train",
        "pl": "The Train",
        "": "The Train",
        "*, nonsense!!, de;q=0": "The Train",
    }
    for language, name in expected.items():
        header = {"Accept-Language": language}
        assert (await rows(member.http, language))["new"][1]["title"] == name
        of_genre = (await member.http.get("/api/discovery/genres/drama", headers=header)).json()["items"]
        assert name in {each["title"] for each in of_genre}
        assert (await member.http.get(f"/api/discovery/titles/{film.id}", headers=header)).json()["title"] == name
        assert (await member.http.post(f"/api/play/{film.id}", json={}, headers=header)).json()["title"][
            "title"
        ] == name
    german = {"Accept-Language": "de"}
    shown = (await member.http.get(f"/api/discovery/titles/{series.id}", headers=german)).json()
    first = shown["series"]["episodes"][0]
    assert (shown["title"], first["title"], first["synopsis"]) == ("Finstere Zeiten", "Der Brunnen", "Kein Wasser.")
    playing = (await member.http.post(f"/api/play/{one.id}", json={}, headers=german)).json()
    assert playing["title"]["episode"]["series_title"] == "Finstere Zeiten"
    for q in ("finstere", "dark"):
        found = (await member.http.get("/api/discovery/search", params={"q": q}, headers=german)).json()["items"]
        assert [each["title"] for each in found] == ["Finstere Zeiten"]


async def test_a_scheduled_title_is_the_editors_until_its_day(house: House) -> None:
    member, editor = await house.member(), await house.editor()
    await house.appliance()
    film = await house.title("Soon", published=False)
    starts = (house.clock.now() + timedelta(days=1)).isoformat()
    path = f"/api/studio/titles/{film.id}"
    change = {"rights": {"territories": [], "starts_at": starts, "ends_at": None}}
    assert (await editor.http.patch(path, json=change)).status_code == 200
    published = (await editor.http.post(f"{path}/publish")).json()
    assert (published["state"], published["rights"]["starts_at"]) == ("published", starts.replace("+00:00", "Z"))
    for who in (member, editor):
        assert await rows(who.http) == {}
        answer = await who.http.post(f"/api/play/{film.id}", json={})
        assert (answer.status_code, answer.json()["type"]) == (403, "not-yet-available")
    assert (await editor.http.post(f"/api/play/{film.id}", json={"preview": True})).status_code == 201
    refused = await member.http.post(f"/api/play/{film.id}", json={"preview": True})
    assert (refused.status_code, refused.json()["type"]) == (403, "not-yet-available")
    house.clock.advance(timedelta(days=1))
    await house.appliance()
    async with asyncio.timeout(5):
        while not (found := await rows(member.http)):
            await asyncio.sleep(0.1)
    assert [each["id"] for each in found["new"]] == [film.id]
    assert (await member.http.post(f"/api/play/{film.id}", json={})).status_code == 201


async def test_an_editor_previews_a_draft_without_a_membership_and_nobody_else_does(house: House) -> None:
    await house.appliance()
    draft = await house.title("Draft", published=False)
    member, editor = await house.member(), await house.member("e@example.org", roles=frozenset({"editor"}), plays=False)  # type: ignore[arg-type]
    playing = await editor.http.post(f"/api/play/{draft.id}", json={"preview": True})
    assert playing.status_code == 201, playing.text
    assert (await house.http().get(playing.json()["manifests"]["dash"])).status_code == 200
    held = (await house.clients.fill.observe_manifest(ObserveManifest("cdn-a", 0, 0))).encodes
    assert [each.encode_path for each in held] == [f"{draft.id}/{draft.encode_id}"]
    assert (await editor.http.post(f"/api/play/{draft.id}", json={})).status_code == 404
    assert (await member.http.post(f"/api/play/{draft.id}", json={"preview": True})).status_code == 404
    assert (await house.http().post(f"/api/play/{draft.id}", json={"preview": True})).status_code == 401
    limited = (await editor.http.post("/api/profiles", json={"name": "Kid", "maturity": 16})).json()
    await editor.http.post("/api/session/profile", json={"profile_id": limited["id"]})
    assert (await editor.http.post(f"/api/play/{draft.id}", json={"preview": True})).status_code == 404
