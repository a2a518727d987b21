from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from matinee.terms.maturity import Maturity

if TYPE_CHECKING:
    from conftest import House


DEVICE = {
    "device": {"screen": {"width": 1920, "height": 1080}, "codecs": ["avc1.64001f", "mp4a.40.2"], "downlink_kbps": 9000}
}


async def play(house: House) -> tuple[Any, Any, Any]:
    member = await house.member()
    title = await house.title()
    await house.appliance("cdn-a", 8081)
    await house.appliance("cdn-b", 8082, load=0.9)
    answer = await member.http.post(f"/api/play/{title.id}", json=DEVICE)
    assert answer.status_code == 201, answer.text
    return member, title, answer.json()


async def test_a_play_names_manifests_appliances_and_where_to_go_on(house: House) -> None:
    _, title, playing = await play(house)
    assert playing["title"] == {"id": title.id, "title": "Metropolis"}
    assert playing["manifests"]["dash"].startswith("http://localhost:8080/api/play/sessions/")
    assert [(each["id"], each["url"], each["rank"]) for each in playing["appliances"]] == [
        ("cdn-a", "http://localhost:8081", 0),
        ("cdn-b", "http://localhost:8082", 1),
    ]
    assert playing["heartbeat_s"] == 5
    assert playing["protection"] == "signed"
    assert playing["resume_position_s"] == 0
    assert playing["duration_s"] == 7200


async def test_the_dash_manifest_leads_to_both_appliances(house: House) -> None:
    _, title, playing = await play(house)
    answer = await house.http().get(playing["manifests"]["dash"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/dash+xml")
    names = {"d": "urn:mpeg:dash:schema:mpd:2011"}
    mpd = ET.fromstring(answer.text)
    bases = mpd.findall("d:BaseURL", names)
    assert [base.get("serviceLocation") for base in bases] == ["cdn-a", "cdn-b"]
    assert bases[0].text is not None
    assert bases[0].text.startswith("http://localhost:8081/URISigningPackage=ey")
    assert f"/{title.id}/" in bases[0].text
    steering = mpd.find("d:ContentSteering", names)
    assert steering is not None
    assert (steering.get("defaultServiceLocation"), steering.text) == ("cdn-a", playing["steering_url"])
    templates = mpd.findall(".//d:SegmentTemplate", names)
    assert templates[0].get("media") == "v720/$Number%05d$.m4s"
    assert [s.attrib for s in templates[0].iterfind("d:SegmentTimeline/d:S", names)] == [
        {"t": "0", "d": "4000", "r": "1798"},
        {"t": "7196000", "d": "4000"},
    ]
    text = mpd.find(".//d:AdaptationSet[@contentType='text']/d:Representation/d:BaseURL", names)
    assert text is not None
    assert text.text is not None
    assert text.text.endswith("/t-en/captions.vtt")


async def test_the_hls_master_doubles_every_variant_and_group_for_each_pathway(house: House) -> None:
    _, _, playing = await play(house)
    answer = await house.http().get(playing["manifests"]["hls"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["access-control-allow-origin"] == "*"
    lines = answer.text.splitlines()
    assert lines[0] == "#EXTM3U"
    assert f'#EXT-X-CONTENT-STEERING:SERVER-URI="{playing["steering_url"]}",PATHWAY-ID="cdn-a"' in lines
    variants = [line for line in lines if line.startswith("#EXT-X-STREAM-INF")]
    assert [line.rpartition("PATHWAY-ID=")[2] for line in variants] == ['"cdn-a"', '"cdn-a"', '"cdn-b"', '"cdn-b"']
    assert 'AUDIO="audio-mp4a-cdn-b"' in variants[2]
    assert 'SUBTITLES="text-cdn-b"' in variants[2]
    addresses = [line for line in lines if line.startswith("http://localhost:8082/")]
    assert len(addresses) == 2
    assert addresses[0].endswith("/v720/main.m3u8")


async def test_steering_answers_in_the_form_of_both_standards(house: House) -> None:
    _, _, playing = await play(house)
    url = f"{playing['steering_url']}&_HLS_pathway=%22cdn-a%22&_HLS_throughput=9000000"
    answer = await house.http().get(url)
    assert answer.json() == {
        "VERSION": 1,
        "TTL": 10,
        "RELOAD-URI": playing["steering_url"],
        "PATHWAY-PRIORITY": ["cdn-a", "cdn-b"],
    }


async def test_a_pathway_too_slow_for_the_least_picture_comes_last(house: House) -> None:
    _, _, playing = await play(house)
    url = f"{playing['steering_url']}&_DASH_pathway=%22cdn-a,cdn-b%22&_DASH_throughput=300000"
    assert (await house.http().get(url)).json()["PATHWAY-PRIORITY"] == ["cdn-b", "cdn-a"]


async def test_an_appliance_that_fell_silent_is_out_of_the_next_answer(house: House) -> None:
    _, _, playing = await play(house)
    house.clock.advance(timedelta(seconds=4))
    await house.appliance("cdn-b", 8082)
    answer = await house.http().get(playing["steering_url"])
    assert answer.json()["PATHWAY-PRIORITY"] == ["cdn-b"]


async def test_without_an_appliance_nothing_plays_and_no_stream_is_held(house: House) -> None:
    member = await house.member()
    title = await house.title()
    for _ in range(3):
        answer = await member.http.post(f"/api/play/{title.id}", json=DEVICE)
        assert (answer.status_code, answer.json()["type"]) == (503, "no-appliance")


async def test_a_session_s_token_opens_no_other_session(house: House) -> None:
    member, title, first = await play(house)
    second = (await member.http.post(f"/api/play/{title.id}", json=DEVICE)).json()
    token = first["manifests"]["dash"].partition("token=")[2]
    wrong = await house.http().get(f"/api/play/sessions/{second['session_id']}/manifest.mpd?token={token}")
    assert (wrong.status_code, wrong.json()["type"]) == (403, "bad-session-token")
    without = await house.http().get(f"/api/play/sessions/{second['session_id']}/master.m3u8")
    assert without.status_code == 403


async def test_without_a_subscription_nothing_plays(house: House) -> None:
    member = await house.member(plays=False)
    title = await house.title()
    answer = await member.http.post(f"/api/play/{title.id}", json=DEVICE)
    assert (answer.status_code, answer.json()["type"]) == (402, "subscription-required")


async def test_a_plan_s_streams_bound_what_plays_at_once(house: House) -> None:
    member, title, first = await play(house)
    second, third = await house.title("M"), await house.title("Sunrise")
    assert (await member.http.post(f"/api/play/{second.id}", json=DEVICE)).status_code == 201
    refused = await member.http.post(f"/api/play/{third.id}", json=DEVICE)
    assert (refused.status_code, refused.json()["type"]) == (409, "too-many-streams")
    assert {(each["title_id"], each["title"]) for each in refused.json()["streams"]} == {
        (title.id, "Metropolis"),
        (second.id, "M"),
    }
    assert (await member.http.delete(f"/api/play/sessions/{first['session_id']}")).status_code == 204
    assert (await member.http.post(f"/api/play/{third.id}", json=DEVICE)).status_code == 201


async def test_a_child_is_not_told_what_the_grown_ups_watch(house: House) -> None:
    member = await house.member()
    adult, other = await house.title("Nosferatu", maturity=Maturity.EIGHTEEN), await house.title()
    await house.appliance()
    for title in (adult, other):
        assert (await member.http.post(f"/api/play/{title.id}", json=DEVICE)).status_code == 201
    child = (await member.http.post("/api/profiles", json={"name": "Kid", "maturity": 7})).json()
    assert (await member.http.post("/api/session/profile", json={"profile_id": child["id"]})).status_code == 200
    refused = await member.http.post(f"/api/play/{other.id}", json=DEVICE)
    assert {each["title"] for each in refused.json()["streams"]} == {None, "Metropolis"}
    assert "Nosferatu" not in refused.text


@pytest.mark.parametrize("service", ["history"])
async def test_a_broken_history_costs_only_the_resume_position(house: House, service: str) -> None:
    house.channels[service].broken = True
    member, _, playing = await play(house)
    assert playing["resume_position_s"] == 0
    beat = {"position_s": 10, "state": "playing", "at": house.clock.now().isoformat()}
    assert (await member.http.post(playing["heartbeat_url"], json=beat)).status_code == 204


async def test_a_heartbeat_writes_where_the_next_play_goes_on(house: House) -> None:
    member, title, playing = await play(house)
    beat = {"position_s": 1234.5, "state": "paused", "at": house.clock.now().isoformat()}
    assert (await member.http.post(playing["heartbeat_url"], json=beat)).status_code == 204
    again = (await member.http.post(f"/api/play/{title.id}", json=DEVICE)).json()
    assert again["resume_position_s"] == 1234.5


async def test_a_title_seen_to_its_end_begins_anew(house: House) -> None:
    member, title, playing = await play(house)
    beat = {"position_s": 7000, "state": "playing", "at": house.clock.now().isoformat()}
    await member.http.post(playing["heartbeat_url"], json=beat)
    assert (await member.http.post(f"/api/play/{title.id}", json=DEVICE)).json()["resume_position_s"] == 0


async def test_a_clock_that_is_ahead_cannot_hold_a_bookmark_in_the_future(house: House) -> None:
    member, title, playing = await play(house)
    for position, at in ((100, house.clock.now() + timedelta(days=1)), (200, house.clock.now() + timedelta(seconds=1))):
        beat = {"position_s": position, "state": "playing", "at": at.isoformat()}
        assert (await member.http.post(playing["heartbeat_url"], json=beat)).status_code == 204
    house.clock.advance(timedelta(seconds=2))
    await house.appliance()
    assert (await member.http.post(f"/api/play/{title.id}", json=DEVICE)).json()["resume_position_s"] == 200


async def test_another_member_s_session_is_not_found(house: House) -> None:
    _, _, playing = await play(house)
    other = await house.member("bob@example.org")
    beat = {"position_s": 1, "state": "playing", "at": house.clock.now().isoformat()}
    assert (await other.http.post(playing["heartbeat_url"], json=beat)).status_code == 404
    assert (await other.http.delete(f"/api/play/sessions/{playing['session_id']}")).status_code == 404


async def test_logging_out_ends_what_plays(house: House) -> None:
    member, _, playing = await play(house)
    assert (await house.http().get(playing["manifests"]["dash"])).status_code == 200
    assert (await member.http.delete("/api/session")).status_code == 204
    ended = await house.http().get(playing["manifests"]["dash"])
    assert (ended.status_code, ended.json()["type"]) == (404, "no-such-session")


async def test_a_title_above_the_age_limit_is_not_there(house: House) -> None:
    member = await house.member()
    title = await house.title(maturity=Maturity.SIXTEEN)
    child = (await member.http.post("/api/profiles", json={"name": "Kid", "maturity": 7})).json()
    assert (await member.http.post("/api/session/profile", json={"profile_id": child["id"]})).status_code == 200
    answer = await member.http.post(f"/api/play/{title.id}", json=DEVICE)
    assert answer.status_code in {403, 404}
