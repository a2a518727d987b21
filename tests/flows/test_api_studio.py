from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

import obstore
import pytest

from matinee.ingest.contract import Start
from matinee.runtime.ids import Ids
from matinee.services.catalog.contract import CreateTitle
from matinee.services.fill.contract import ObserveManifest
from matinee.terms.title import Metadata

if TYPE_CHECKING:
    from conftest import House, Member


TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}


def metadata(**keys: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in keys.items())


async def test_a_film_is_uploaded_piece_by_piece(house: House) -> None:
    editor = await house.editor()
    described = metadata(filename="metro.mkv", title="Metropolis", year="1927", genre="Drama, Sci-Fi", maturity="13")
    created = await editor.http.post(
        "/api/studio/uploads", headers={**TUS, "Upload-Length": "10", "Upload-Metadata": described}
    )
    assert created.status_code == 201, created.text
    location = created.headers["location"]
    assert location.startswith("http://localhost:8080/api/studio/uploads/upl_")
    first = await editor.http.patch(location, content=b"hello", headers={**BYTES, "Upload-Offset": "0"})
    assert (first.status_code, first.headers["upload-offset"]) == (204, "5")
    stands = await editor.http.head(location, headers=TUS)
    assert (stands.headers["upload-offset"], stands.headers["upload-length"]) == ("5", "10")
    second = await editor.http.patch(location, content=b"world", headers={**BYTES, "Upload-Offset": "5"})
    assert second.headers["upload-offset"] == "10"
    upload_id = location.rpartition("/")[2]
    pieces = sorted(
        each["path"] for batch in obstore.list(house.clients.objects, f"uploads/{upload_id}") for each in batch
    )
    stored = [bytes((await obstore.get_async(house.clients.objects, path)).bytes()) for path in pieces]
    assert b"".join(stored) == b"helloworld"
    made = (await editor.http.get("/api/studio/titles")).json()["titles"][0]
    told = (made["title"], made["year"], made["genres"], made["maturity"], made["state"])
    assert told == ("Metropolis", 1927, ["Drama", "Sci-Fi"], 13, "draft")
    watched = (await editor.http.get("/api/studio/preparations")).json()["preparations"]
    assert [(each["title_id"], each["filename"]) for each in watched] == [(made["id"], "metro.mkv")]


async def test_a_wrong_offset_is_told_the_right_one(house: House) -> None:
    editor = await house.editor()
    created = await editor.http.post("/api/studio/uploads", headers={**TUS, "Upload-Length": "10"})
    answer = await editor.http.patch(created.headers["location"], content=b"x", headers={**BYTES, "Upload-Offset": "3"})
    assert (answer.status_code, answer.json()["type"], answer.json()["offset"]) == (409, "offset-conflict", 0)


async def test_what_arrived_before_the_line_broke_counts(house: House) -> None:
    editor = await house.editor()
    created = await editor.http.post("/api/studio/uploads", headers={**TUS, "Upload-Length": "10"})
    location = created.headers["location"]
    coming = iter([{"type": "http.request", "body": b"hel", "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(coming)

    async def send(_: Any) -> None: ...

    headers = {**BYTES, "Upload-Offset": "0", "Host": "localhost:8080", "Authorization": f"Bearer {editor.token}"}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    path = location.removeprefix("http://localhost:8080")
    scope = {"type": "http", "method": "PATCH", "path": path, "raw_path": path.encode(), "query_string": b""}
    await house.door({**scope, "headers": raw, "state": {}}, receive, send)  # type: ignore[arg-type]
    assert (await editor.http.head(location, headers=TUS)).headers["upload-offset"] == "3"


async def test_more_bytes_than_announced_are_refused(house: House) -> None:
    editor = await house.editor()
    created = await editor.http.post("/api/studio/uploads", headers={**TUS, "Upload-Length": "3"})
    answer = await editor.http.patch(
        created.headers["location"], content=b"toolong", headers={**BYTES, "Upload-Offset": "0"}
    )
    assert (answer.status_code, answer.json()["type"]) == (413, "too-large")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412),
        ({"Content-Type": "video/mp4"}, 415),
        ({"Upload-Offset": "-1"}, 400),
        ({"Upload-Offset": "nine"}, 400),
    ],
)
async def test_what_is_not_tus_is_refused(house: House, headers: dict[str, str], status: int) -> None:
    editor = await house.editor()
    created = await editor.http.post("/api/studio/uploads", headers={**TUS, "Upload-Length": "3"})
    asked = {**BYTES, "Upload-Offset": "0", **headers}
    answer = await editor.http.patch(created.headers["location"], content=b"abc", headers=asked)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "described", ["title !!", metadata(year="soon"), metadata(maturity="11"), metadata(title="a\x00b")]
)
async def test_metadata_that_does_not_fit_is_refused(house: House, described: str) -> None:
    editor = await house.editor()
    headers = {**TUS, "Upload-Length": "3", "Upload-Metadata": described}
    answer = await editor.http.post("/api/studio/uploads", headers=headers)
    assert (answer.status_code, answer.json()["field"]) == (400, "Upload-Metadata")


async def test_the_protocol_is_announced(house: House) -> None:
    answer = await house.http().options("/api/studio/uploads")
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    extensions = {"creation", "creation-with-upload", "creation-defer-length", "expiration", "checksum", "termination"}
    assert set(answer.headers["tus-extension"].split(",")) == extensions
    assert answer.headers["tus-checksum-algorithm"] == "sha1,md5,sha256"


async def test_another_editor_s_upload_is_not_found(house: House) -> None:
    editor = await house.editor()
    created = await editor.http.post("/api/studio/uploads", headers={**TUS, "Upload-Length": "3"})
    other = await house.member("second@example.org", roles=frozenset({"editor"}))  # type: ignore[arg-type]
    assert (await other.http.head(created.headers["location"], headers=TUS)).status_code == 404


async def test_a_title_is_published_withdrawn_and_published_again(house: House) -> None:
    editor = await house.editor()
    title = await house.title(published=False)
    listed = (await editor.http.get("/api/studio/titles")).json()
    assert [(each["id"], each["state"]) for each in listed["titles"]] == [(title.id, "draft")]
    published = await editor.http.post(f"/api/studio/titles/{title.id}/publish")
    assert (published.status_code, published.json()["state"]) == (200, "published")
    wanted = await house.clients.fill.observe_manifest(ObserveManifest("cdn-a", 0, 0))
    assert [each.encode_path for each in wanted.encodes] == [f"{title.id}/{title.encode_id}"]
    withdrawn = await editor.http.post(f"/api/studio/titles/{title.id}/withdraw")
    assert withdrawn.json()["state"] == "withdrawn"
    wanted = await house.clients.fill.observe_manifest(ObserveManifest("cdn-a", 0, 0))
    assert wanted.encodes == []


async def test_withdrawing_ends_what_plays(house: House) -> None:
    editor = await house.editor()
    title = await house.title()
    await house.appliance()
    playing = (await editor.http.post(f"/api/play/{title.id}", json={})).json()
    assert (await house.http().get(playing["manifests"]["hls"])).status_code == 200
    await editor.http.post(f"/api/studio/titles/{title.id}/withdraw")
    assert (await house.http().get(playing["manifests"]["hls"])).status_code == 404


async def test_a_title_without_a_film_cannot_be_published(house: House) -> None:
    editor = await house.editor()
    made = await house.clients.catalog.create(CreateTitle(Ids(house.clock).new("job"), Metadata("Nothing yet")))
    answer = await editor.http.post(f"/api/studio/titles/{made.id}/publish")
    assert (answer.status_code, answer.json()["type"]) == (409, "not-playable")


async def test_what_is_written_about_a_title_is_changed(house: House) -> None:
    editor = await house.editor()
    title = await house.title()
    changed = await editor.http.patch(
        f"/api/studio/titles/{title.id}",
        json={
            "synopsis": "A city.",
            "year": None,
            "rights": {"territories": ["DE"], "starts_at": None, "ends_at": None},
        },
    )
    assert changed.status_code == 200, changed.text
    assert (changed.json()["synopsis"], changed.json()["year"], changed.json()["title"]) == (
        "A city.",
        None,
        "Metropolis",
    )
    assert changed.json()["rights"]["territories"] == ["DE"]
    unknown = await editor.http.patch(f"/api/studio/titles/{title.id}", json={"titel": "x"})
    assert unknown.status_code == 400


async def test_studio_titles_are_paged(house: House) -> None:
    editor = await house.editor()
    titles = [await house.title(f"Film {number}") for number in range(3)]
    first = (await editor.http.get("/api/studio/titles?limit=2")).json()
    assert [each["id"] for each in first["titles"]] == [titles[2].id, titles[1].id]
    rest = (await editor.http.get(f"/api/studio/titles?limit=2&before={first['next']}")).json()
    assert ([each["id"] for each in rest["titles"]], rest["next"]) == ([titles[0].id], None)


async def test_preparations_are_watched_cancelled_and_retried(house: House, tmp_path: Path) -> None:
    editor = await house.editor()
    film = tmp_path / "film.mkv"
    film.write_bytes(b"no film at all")
    made = await house.clients.ingest.start(Start("k", str(film), "film.mkv", Metadata("Sunrise")))
    watched = (await editor.http.get("/api/studio/preparations?after=0&wait_s=0")).json()
    assert [each["id"] for each in watched["preparations"]] == [made.id]
    of_title = (await editor.http.get(f"/api/studio/titles/{made.title_id}/preparations")).json()["preparations"]
    assert [(each["id"], each["filename"]) for each in of_title] == [(made.id, "film.mkv")]
    early = await editor.http.post(f"/api/studio/preparations/{made.id}/retry")
    assert (early.status_code, early.json()["type"]) == (409, "conflict")
    cancelled = await editor.http.delete(f"/api/studio/preparations/{made.id}")
    assert (cancelled.status_code, cancelled.json()["phase"]) == (200, "canceled")
    assert (await editor.http.delete("/api/studio/preparations/job_none")).status_code == 404
    assert (await editor.http.get("/api/studio/titles/ttl_0/preparations")).status_code == 404
    brought = await house.title("Brought")
    assert (await editor.http.get(f"/api/studio/titles/{brought.id}/preparations")).json() == {"preparations": []}


NEW_SERIES = {"metadata": {"title": "Dark Ages", "maturity": 7}}


async def new_series(editor: Member, key: str = "one", **about: Any) -> dict[str, Any]:
    body = {"metadata": {**NEW_SERIES["metadata"], **about}}
    answer = await editor.http.post("/api/studio/titles", json=body, headers={"Idempotency-Key": key})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_series_is_begun_once_and_gets_its_episodes(house: House) -> None:
    editor = await house.editor()
    series, again = await new_series(editor), await new_series(editor)
    assert (series["id"], series["kind"], series["state"]) == (again["id"], "series", "draft")
    assert (await editor.http.post("/api/studio/titles", json=NEW_SERIES)).status_code == 400
    film = await house.title("The Well")
    place = {"series_id": series["id"], "season": 1, "number": 1, "number_to": None}
    moved = (await editor.http.patch(f"/api/studio/titles/{film.id}", json={"episode": place})).json()
    assert (moved["kind"], moved["episode"]) == ("episode", {**place, "series_title": "Dark Ages"})
    assert (await editor.http.get(f"/api/studio/titles/{series['id']}")).json()["state"] == "published"
    of_series = (await editor.http.get(f"/api/studio/titles/{series['id']}/episodes")).json()["titles"]
    assert [each["id"] for each in of_series] == [film.id]
    other = await house.title("Another")
    taken = await editor.http.patch(f"/api/studio/titles/{other.id}", json={"episode": place})
    assert (taken.status_code, taken.json()["type"], taken.json()["title_id"]) == (409, "episode-taken", film.id)
    nowhere = await editor.http.patch(
        f"/api/studio/titles/{other.id}", json={"episode": {**place, "series_id": other.id}}
    )
    assert (nowhere.status_code, nowhere.json()["field"]) == (400, "episode.series_id")
    assert (await editor.http.get("/api/studio/titles/ttl_0/episodes")).status_code == 404


async def test_withdrawing_a_series_ends_what_plays_of_it_and_publishing_brings_it_back(house: House) -> None:
    member, editor = await house.member(), await house.editor()
    await house.appliance()
    series, film = await new_series(editor), await house.title("The Well")
    place = {"series_id": series["id"], "season": 1, "number": 1}
    await editor.http.patch(f"/api/studio/titles/{film.id}", json={"episode": place})
    playing = (await member.http.post(f"/api/play/{film.id}", json={})).json()
    await editor.http.post(f"/api/studio/titles/{series['id']}/withdraw")
    assert (await house.http().get(playing["manifests"]["hls"])).status_code == 404
    assert (await member.http.post(f"/api/play/{film.id}", json={})).status_code == 404
    published = await editor.http.post(f"/api/studio/titles/{series['id']}/publish")
    assert (published.status_code, published.json()["state"]) == (200, "published")
    wanted = await house.clients.fill.observe_manifest(ObserveManifest("cdn-a", 0, 0))
    assert [each.encode_path for each in wanted.encodes] == [f"{film.id}/{film.encode_id}"]
    assert (await member.http.post(f"/api/play/{film.id}", json={})).status_code == 201
    empty = await new_series(editor, "two", title="Empty")
    refused = await editor.http.post(f"/api/studio/titles/{empty['id']}/publish")
    assert (refused.status_code, refused.json()["type"]) == (409, "not-playable")


async def test_two_editors_do_not_overwrite_each_other(house: House) -> None:
    editor = await house.editor()
    path = f"/api/studio/titles/{(await house.title()).id}"
    opened = (await editor.http.get(path)).json()
    mine = await editor.http.patch(path, json={"title": "Mine", "revision": opened["revision"]})
    assert (mine.status_code, mine.json()["title"]) == (200, "Mine")
    theirs = await editor.http.patch(path, json={"title": "Theirs", "revision": opened["revision"]})
    assert (theirs.status_code, theirs.json()["type"]) == (409, "revision-conflict")
    assert theirs.json()["revision"] == mine.json()["revision"]
    assert (await editor.http.get(path)).json()["title"] == "Mine"


async def test_words_in_several_languages_are_written_and_taken_away(house: House) -> None:
    editor = await house.editor()
    path = f"/api/studio/titles/{(await house.title()).id}"
    words = {"de": {"title": "Metropolis", "synopsis": "Eine Stadt."}, "pt-br": {"title": "Metrópolis"}}
    changed = (await editor.http.patch(path, json={"translations": words})).json()
    assert changed["translations"] == {"de": words["de"], "pt-BR": {"title": "Metrópolis", "synopsis": ""}}
    assert (await editor.http.patch(path, json={"translations": {"de": {"title": ""}}})).status_code == 400
    assert (await editor.http.patch(path, json={"translations": {"d e": {"title": "x"}}})).status_code == 400
    assert (await editor.http.patch(path, json={"translations": {}})).json()["translations"] == {}


async def test_studio_titles_are_found_by_words_state_and_kind(house: House) -> None:
    editor = await house.editor()
    draft, shown = await house.title("Métropolis", published=False), await house.title("Metro")
    series = await new_series(editor, title="Metro nights")

    async def found(query: str) -> set[str]:
        return {each["id"] for each in (await editor.http.get(f"/api/studio/titles?{query}")).json()["titles"]}

    assert await found("q=metro") == {draft.id, shown.id, series["id"]}
    assert await found("q=METRO&state=draft") == {draft.id, series["id"]}
    assert await found("q=metro&kind=series") == {series["id"]}
    assert await found("q=nothing") == set()
    assert (await editor.http.get("/api/studio/titles?state=gone")).status_code == 400


async def test_a_draft_is_deleted_with_all_that_it_has(house: House, tmp_path: Path) -> None:
    editor = await house.editor()
    draft, shown = await house.title("Draft", published=False), await house.title("Shown")
    media = f"media/{draft.id}/{draft.encode_id}/v720/init.mp4"
    await obstore.put_async(house.clients.objects, media, b"abc")
    film = tmp_path / "film.mkv"
    film.write_bytes(b"no film at all")
    coming = await house.clients.ingest.start(Start("k", str(film), "film.mkv", Metadata("Sunrise")))
    for title_id in (draft.id, coming.title_id):
        assert (await editor.http.delete(f"/api/studio/titles/{title_id}")).status_code == 204
        assert (await editor.http.get(f"/api/studio/titles/{title_id}")).status_code == 404
    assert draft.poster is not None
    left = [each["path"] for batch in obstore.list(house.clients.objects) for each in batch]
    assert not [path for path in left if draft.id in path or draft.poster.id in path]
    assert (await editor.http.get(f"/api/studio/preparations/{coming.id}")).json()["phase"] == "canceled"
    refused = await editor.http.delete(f"/api/studio/titles/{shown.id}")
    assert (refused.status_code, refused.json()["type"]) == (409, "not-a-draft")
    assert (await editor.http.delete("/api/studio/titles/ttl_0")).status_code == 404
