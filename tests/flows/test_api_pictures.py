"""Thumbnails and chapters of a session, and the studio's artwork."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import obstore
import pytest
from msgspec.structs import replace

from matinee.ingest.pictures import sending
from matinee.ingest.pictures.sending import Sent
from matinee.ingest.pictures.step import PictureStep
from matinee.ingest.scratch import Scratch
from matinee.ingest.toolchain import installed
from matinee.services.catalog.contract import Attach, ByTitle
from matinee.services.jobs.contract import JobState, Observe, Reason
from matinee.services.jobs.executor import Worker
from matinee.services.jobs.processes import Processes
from matinee.terms.artwork import Shape
from matinee.terms.encode import Chapter
from matinee.terms.maturity import Maturity
from matinee.terms.thumbnails import Thumbnails
from matinee.terms.title import Title

if TYPE_CHECKING:
    from conftest import House

DEVICE = {"device": {"screen": {"width": 1920, "height": 1080}, "codecs": [], "downlink_kbps": 9000}}
NAMES = {"d": "urn:mpeg:dash:schema:mpd:2011"}
TOOLS = installed()


async def with_pictures(house: House) -> Title:
    title = await house.title()
    await house.appliance()
    encode = await house.clients.catalog.encode(ByTitle(title.id))
    small = Thumbnails("thumbnails", 240, 136, 5, 6, 10_000, 24, 9000)
    chapters = [Chapter(0, "Above"), Chapter(600_500, "Below")]
    return await house.clients.catalog.attach(
        Attach(title.id, replace(encode, thumbnails=small, chapters=chapters), title.poster)
    )


async def play(house: House, title: Title) -> Any:
    member = await house.member()
    answer = await member.http.post(f"/api/play/{title.id}", json=DEVICE)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_three_manifests_name_the_same_sheets(house: House) -> None:
    title = await with_pictures(house)
    playing, http = await play(house, title), house.http()
    mpd = ET.fromstring((await http.get(playing["manifests"]["dash"])).text)
    group = mpd.find(".//d:AdaptationSet[@contentType='image']", NAMES)
    template, tiles = (
        mpd.find(f".//d:AdaptationSet[@contentType='image']//d:{name}", NAMES)
        for name in ("SegmentTemplate", "EssentialProperty")
    )
    assert group is not None
    assert template is not None
    assert tiles is not None
    assert template.attrib == {
        "timescale": "1000",
        "duration": "300000",
        "startNumber": "1",
        "media": "thumbnails/$Number%05d$.jpg",
    }
    assert tiles.attrib == {"schemeIdUri": "http://dashif.org/thumbnail_tile", "value": "5x6"}
    base = (mpd.findtext("d:BaseURL", "", NAMES)).rpartition("/URISigningPackage=")[0]
    hls = (await http.get(playing["manifests"]["hls"])).text
    (line,) = [each for each in hls.splitlines() if each.startswith("#EXT-X-IMAGE-STREAM-INF:")]
    assert f'URI="{base}/URISigningPackage=' in line
    assert line.endswith('/thumbnails/main.m3u8"')
    vtt = await http.get(playing["thumbnails"])
    assert vtt.headers["content-type"].startswith("text/vtt")
    assert vtt.headers["access-control-allow-origin"] == "*"
    cues = [each for each in vtt.text.splitlines() if "#xywh=" in each]
    assert len(cues) == 720
    assert cues[31].startswith(f"{base}/URISigningPackage=")
    assert cues[31].endswith("/thumbnails/00002.jpg#xywh=240,0,240,136")


async def test_chapters_stand_in_the_play_answer_and_on_the_titles_page(house: House) -> None:
    title = await with_pictures(house)
    chapters = [{"start_s": 0.0, "title": "Above"}, {"start_s": 600.5, "title": "Below"}]
    assert (await play(house, title))["chapters"] == chapters
    member = await house.member("other@example.org")
    assert (await member.http.get(f"/api/discovery/titles/{title.id}")).json()["chapters"] == chapters


async def test_a_film_without_thumbnails_promises_none(house: House) -> None:
    title = await house.title()
    await house.appliance()
    playing, http = await play(house, title), house.http()
    assert playing["thumbnails"] is None
    assert playing["chapters"] == []
    assert "IMAGE-STREAM" not in (await http.get(playing["manifests"]["hls"])).text
    assert 'contentType="image"' not in (await http.get(playing["manifests"]["dash"])).text
    vtt = playing["manifests"]["dash"].replace("manifest.mpd", "thumbnails.vtt")
    assert (await http.get(vtt)).status_code == 404


async def test_thumbnails_open_with_their_sessions_token_only(house: House) -> None:
    title = await with_pictures(house)
    url = (await play(house, title))["thumbnails"]
    path, _, token = url.partition("?token=")
    assert (await house.http().get(path)).status_code == 403
    assert (await house.http().get(f"{path}?token={token[:-2]}xx")).status_code == 403
    assert (await house.http().get(url)).status_code == 200


@pytest.fixture
async def working(house: House, tmp_path: Path) -> AsyncIterator[None]:
    """A worker for pictures that are sent."""
    clients = house.clients
    scratch = Scratch(tmp_path / "scratch", clients.objects, 0)
    step = PictureStep(clients.catalog, clients.objects, Processes(0), TOOLS, scratch)
    worker = Worker(clients.jobs, sending.GROUP, {sending.KIND: step}, "test")
    running = asyncio.create_task(worker.run())
    yield
    running.cancel()
    await asyncio.wait([running])


def drawn(path: Path, graph: str = "testsrc2=s=640x360") -> bytes:
    command = [TOOLS.wide_ffmpeg, "-v", "error", "-y", "-f", "lavfi", "-i", graph, "-frames:v", "1", "-update", "1"]
    subprocess.run([*command, str(path)], check=True, timeout=60)
    return path.read_bytes()


def keys(house: House, prefix: str) -> set[str]:
    return {each["path"] for batch in obstore.list(house.clients.objects, prefix) for each in batch}


@pytest.mark.usefixtures("working")
async def test_a_picture_of_ones_own_stands_for_the_title_and_can_be_taken_away(house: House, tmp_path: Path) -> None:
    editor, title = await house.editor(), await house.title()
    member = await house.member()
    at = f"/api/studio/titles/{title.id}/artwork"
    before = (await editor.http.get(at)).json()["pictures"]
    assert [(each["shape"], each["chosen"]) for each in before] == [("landscape", True)]
    sent = await editor.http.post(at, params={"shape": "portrait"}, content=drawn(tmp_path / "p.png"))
    assert sent.status_code == 201, sent.text
    (own,) = [each for each in sent.json()["pictures"] if each["shape"] == "portrait"]
    assert (own["supplied"], own["chosen"], own["picked"], own["width"], own["height"]) == (True, True, True, 240, 360)
    page = (await member.http.get(f"/api/discovery/titles/{title.id}")).json()
    assert page["portrait_url"] == own["url"]
    fetched = await member.http.get(own["url"], params={"w": 400})
    assert fetched.headers["content-type"] == "image/jpeg"
    assert fetched.content.startswith(b"\xff\xd8\xff")
    assert keys(house, f"images/{own['id']}") == {f"images/{own['id']}/{width}.jpg" for width in (120, 240)}
    assert keys(house, "sources") == set()
    left = await editor.http.delete(f"{at}/{own['id']}")
    assert left.json()["pictures"] == before
    assert (await member.http.get(own["url"])).status_code == 404
    assert keys(house, f"images/{own['id']}") == set()


@pytest.mark.usefixtures("working")
async def test_the_editor_chooses_and_members_see_the_choice_alone(house: House, tmp_path: Path) -> None:
    editor, title = await house.editor(), await house.title()
    member = await house.member()
    at = f"/api/studio/titles/{title.id}/artwork"
    data = drawn(tmp_path / "p.jpg", "testsrc2=s=640x360,format=yuvj420p")
    sent = await editor.http.post(at, params={"shape": "landscape"}, content=data)
    own, first = (each["id"] for each in sent.json()["pictures"])
    assert (await member.http.get(f"/api/images/{first}")).status_code == 404
    chosen = await editor.http.put(f"{at}/choice", json={"shape": "landscape", "image_id": first})
    assert [each["id"] for each in chosen.json()["pictures"] if each["chosen"]] == [first]
    assert (await member.http.get(f"/api/images/{first}")).status_code == 200
    assert (await member.http.get(f"/api/images/{own}")).status_code == 404
    assert (await editor.http.get(f"/api/images/{own}")).status_code == 200
    again = await editor.http.put(f"{at}/choice", json={"shape": "landscape", "image_id": None})
    assert [each["id"] for each in again.json()["pictures"] if each["chosen"]] == [own]
    other = await editor.http.put(f"{at}/choice", json={"shape": "square", "image_id": own})
    assert (other.status_code, other.json()["type"]) == (404, "not-found")


@pytest.mark.usefixtures("working")
async def test_bad_pictures_are_refused_in_one_sentence_and_leave_nothing(house: House, tmp_path: Path) -> None:
    editor, title = await house.editor(), await house.title()
    at, http = f"/api/studio/titles/{title.id}/artwork", editor.http
    before, whole = keys(house, "images"), drawn(tmp_path / "p.png")
    huge = whole[:16] + (10_001).to_bytes(4, "big") * 2 + whole[24:]
    for data, sentence in (
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Drawings (SVG)"),
        (b"GIF89a", "no JPEG, PNG or WebP"),
        (huge, "at most 50 million"),
        (whole[: len(whole) // 2], "damaged"),
        (b"", "no JPEG, PNG or WebP"),
    ):
        answer = await http.post(at, params={"shape": "square"}, content=data)
        assert answer.status_code == 400, answer.text
        assert sentence in answer.json()["detail"]
    assert (keys(house, "images"), keys(house, "sources")) == (before, set())
    assert (await http.post(at, params={"shape": "round"}, content=whole)).status_code == 400
    nowhere = "/api/studio/titles/ttl_00000000000000000000000000000000/artwork"
    assert (await http.post(nowhere, params={"shape": "square"}, content=whole)).json()["type"] == "no-such-title"


@pytest.mark.usefixtures("working")
async def test_a_picture_of_a_title_that_is_gone_by_then_leaves_nothing(house: House, tmp_path: Path) -> None:
    image_id = "img_" + 32 * "7"
    await obstore.put_async(house.clients.objects, sending.object_key(image_id), drawn(tmp_path / "p.png"))
    job = await house.clients.jobs.submit(sending.submission(Sent("ttl_" + 32 * "0", image_id, Shape.SQUARE)))
    cursor = 1
    async with asyncio.timeout(30):
        while job.state is not JobState.FINISHED:
            observed = await house.clients.jobs.observe(Observe(cursor, 5, name=sending.NAME))
            cursor, job = observed.cursor, next(iter(observed.jobs), job)
    assert (job.reason, job.message) == (Reason.INVALID, "There is no such title")
    assert keys(house, f"images/{image_id}") == keys(house, "sources") == set()


async def test_artwork_is_the_editors_alone(house: House) -> None:
    title, member = await house.title(maturity=Maturity.ALL), await house.member()
    at = f"/api/studio/titles/{title.id}/artwork"
    assert (await member.http.get(at)).status_code == 403
    assert (await member.http.post(at, params={"shape": "square"}, content=b"x")).status_code == 403
    assert (await member.http.put(f"{at}/choice", json={"shape": "square", "image_id": None})).status_code == 403
    assert (await member.http.delete(f"{at}/img_0")).status_code == 403


async def test_an_editor_sets_the_chapters(house: House) -> None:
    title, editor, member = await with_pictures(house), await house.editor(), await house.member()
    at = f"/api/studio/titles/{title.id}/chapters"
    assert [each["title"] for each in (await editor.http.get(at)).json()["chapters"]] == ["Above", "Below"]
    wanted = {"chapters": [{"start_s": 0, "title": "All of it"}]}
    assert (await editor.http.put(at, json=wanted)).json() == wanted
    assert (await member.http.get(f"/api/discovery/titles/{title.id}")).json()["chapters"] == wanted["chapters"]
    late = {"chapters": [{"start_s": 7200, "title": "After"}]}
    refused = await editor.http.put(at, json=late)
    assert (refused.status_code, refused.json()["detail"]) == (400, "“After” does not begin within the film")
    assert (await member.http.put(at, json=wanted)).status_code == 403
