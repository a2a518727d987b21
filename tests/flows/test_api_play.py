from __future__ import annotations

import asyncio
from base64 import b64encode, urlsafe_b64encode
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import msgspec
import pytest

from matinee.services.catalog.contract import Attach, ByTitle
from matinee.services.playback.contract import ContentKey, MakeKey
from matinee.terms.encode import Encode
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
    assert playing["title"] == {"id": title.id, "title": "Metropolis", "episode": None}
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


# -- encrypted films -----------------------------------------------------------------------------------------------

NAMES = {"d": "urn:mpeg:dash:schema:mpd:2011", "cps": "https://dashif.org/CPS"}


async def encrypted(house: House) -> tuple[Any, Any, ContentKey]:
    """A member, an encrypted film and its key; one appliance."""
    member, title = await house.member(), await house.title()
    encode = await house.clients.catalog.encode(ByTitle(title.id))
    key = await house.clients.playback.key(MakeKey(encode.id))
    encode = msgspec.structs.replace(encode, protection="clearkey", key_id=key.key_id)
    await house.clients.catalog.attach(Attach(title.id, encode))
    await house.appliance()
    return member, title, key


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


async def test_an_encrypted_film_s_play_leads_to_its_key(house: House) -> None:
    member, title, key = await encrypted(house)
    playing = (await member.http.post(f"/api/play/{title.id}", json=DEVICE)).json()
    assert playing["protection"] == "clearkey"
    asks = {"kids": [b64(bytes.fromhex(key.key_id))], "type": "temporary"}
    player = house.http()
    for headers in ({"content-type": "application/octet-stream"}, {"content-type": "application/json"}, {}):
        answer = await player.post(playing["licence"]["url"], content=msgspec.json.encode(asks), headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.json() == {
            "keys": [{"kty": "oct", "kid": asks["kids"][0], "k": b64(key.key)}],
            "type": "temporary",
        }
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["access-control-allow-origin"] == "*"
    plain = await player.get(playing["licence"]["url"].replace("/licence?", "/key?"))
    assert (plain.content, plain.headers["cache-control"]) == (key.key, "no-store")


async def test_the_dash_manifest_names_the_key_and_the_licence(house: House) -> None:
    member, title, key = await encrypted(house)
    playing = (await member.http.post(f"/api/play/{title.id}", json=DEVICE)).json()
    mpd = ET.fromstring((await house.http().get(playing["manifests"]["dash"])).text)
    sets = mpd.findall(".//d:AdaptationSet", NAMES)
    for group in sets:
        systems = group.findall("d:ContentProtection", NAMES)
        if group.get("contentType") == "text":
            assert systems == []
            continue
        assert [system.get("value") for system in systems] == ["cbcs", "ClearKey1.0"]
        kid = systems[0].get("{urn:mpeg:cenc:2013}default_KID") or ""
        assert kid.replace("-", "") == key.key_id
        assert systems[1].findtext("cps:Laurl", namespaces=NAMES) == playing["licence"]["url"]
    assert {group.get("contentType") for group in sets} == {"video", "audio", "text"}


@pytest.mark.parametrize("form", ["eme", "identity"])
async def test_the_hls_playlists_of_an_encrypted_film_name_the_key_in_the_form_that_was_asked(
    house: House, form: str
) -> None:
    member, title, key = await encrypted(house)
    playing = (await member.http.post(f"/api/play/{title.id}", json=DEVICE)).json()
    player = house.http()
    master = (await player.get(f"{playing['manifests']['hls']}&keys={form}")).text
    playlists = [line for line in master.splitlines() if line.startswith("http")]
    assert playlists
    for url in playlists:
        text = (await player.get(url)).text
        lines = text.splitlines()
        lined = [line for line in lines if line.startswith("#EXT-X-KEY")]
        assert len(lined) == 1
        if form == "eme":
            assert 'KEYFORMAT="org.w3.clearkey"' in lined[0]
            assert b64encode(bytes.fromhex(key.key_id)).decode() in lined[0]
        else:
            uri = lined[0].partition('URI="')[2].partition('"')[0]
            assert 'KEYFORMAT="identity"' in lined[0]
            assert (await player.get(uri)).content == key.key
        assert len([line for line in lines if line.endswith(".m4s")]) == 1800
        assert len(text) < 120_000, "the token stands once"
        assert "http://localhost:8081/URISigningPackage=" in text
    subtitles = next(line for line in master.splitlines() if "TYPE=SUBTITLES" in line)
    assert 'URI="http://localhost:8081/' in subtitles, "words are not encrypted"
    default = (await player.get(playing["manifests"]["hls"])).text
    assert "&keys=eme" in default


async def test_nobody_without_the_session_s_own_token_gets_a_key(house: House) -> None:
    member, title, key = await encrypted(house)
    playing = (await member.http.post(f"/api/play/{title.id}", json=DEVICE)).json()
    clear = await house.title("Sunrise")
    other = (await member.http.post(f"/api/play/{clear.id}", json=DEVICE)).json()
    licence, foreign = playing["licence"]["url"], other["steering_url"].partition("token=")[2]
    where, _, token = licence.partition("?token=")
    asks = {"kids": [b64(bytes.fromhex(key.key_id))]}
    elsewhere = other["steering_url"].replace("/steering?", "/licence?")
    tried = [
        await member.http.post(where, json=asks),
        await member.http.post(f"{where}?token=", json=asks),
        await member.http.post(f"{where}?token={foreign}", json=asks),
        await member.http.post(f"{where}?token={token[:-4]}AAAA", json=asks),
        await member.http.post(elsewhere, json=asks),
        await member.http.get(where.replace("/licence", "/key")),
        await member.http.get(elsewhere.replace("/licence?", "/key?")),
        await member.http.post(licence, json={"kids": [b64(bytes(16))]}),
    ]
    assert {answer.status_code for answer in tried} == {403}
    assert {answer.json()["type"] for answer in tried} == {"bad-session-token", "not-licensed"}
    for answer in tried:
        assert key.key not in answer.content
        assert b64(key.key) not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"kids":[]}',
        b'{"kids":["x"]}',
        b'{"kids":{}}',
        b'{"kids":["AAAAAAAAAAAAAAAAAAAAAA"],"type":"persistent-license"}',
        b"[" * 9999,
        b"\xff",
    ],
)
async def test_a_licence_is_asked_for_as_the_standard_says_or_refused(house: House, body: bytes) -> None:
    member, title, _ = await encrypted(house)
    playing = (await member.http.post(f"/api/play/{title.id}", json=DEVICE)).json()
    answer = await house.http().post(playing["licence"]["url"], content=body)
    assert (answer.status_code, answer.json()["type"]) == (400, "invalid-request")


async def test_a_page_of_another_origin_may_ask_for_a_licence(house: House) -> None:
    member, title, _ = await encrypted(house)
    playing = (await member.http.post(f"/api/play/{title.id}", json=DEVICE)).json()
    answer = await house.http().options(playing["licence"]["url"])
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "Content-Type"


@pytest.mark.parametrize("ending", ["left", "logged out", "withdrawn", "taken over"])
async def test_no_key_once_the_session_is_over(house: House, ending: str) -> None:
    member, title, key = await encrypted(house)
    playing = (await member.http.post(f"/api/play/{title.id}", json=DEVICE)).json()
    if ending == "left":
        await member.http.delete(f"/api/play/sessions/{playing['session_id']}")
    elif ending == "logged out":
        await member.http.delete("/api/session")
    elif ending == "withdrawn":
        editor = await house.editor()
        await editor.http.post(f"/api/studio/titles/{title.id}/withdraw")
    else:
        await member.http.post(f"/api/play/{title.id}", json=DEVICE)
    asks = {"kids": [b64(bytes.fromhex(key.key_id))]}
    answer = await house.http().post(playing["licence"]["url"], json=asks)
    assert (answer.status_code, answer.json()["type"]) == (404, "no-such-session")
    assert (await house.http().get(playing["licence"]["url"].replace("/licence?", "/key?"))).status_code == 404


@pytest.mark.parametrize(
    ("host", "scheme", "status"),
    [
        ("films.example.org", "http", 403),
        ("192.168.1.10:8080", "http", 403),
        ("[fd00::1]:8080", "http", 403),
        ("films.example.org", "https", 201),
        ("localhost:8080", "http", 201),
        ("tv.localhost:8080", "http", 201),
        ("127.0.0.2:8080", "http", 201),
        ("[::1]:8080", "http", 201),
    ],
)
async def test_an_encrypted_film_needs_an_address_where_browsers_decrypt(
    house: House, host: str, scheme: str, status: int
) -> None:
    member, title, _ = await encrypted(house)
    house.door.scheme = scheme
    answer = await member.http.post(f"/api/play/{title.id}", json=DEVICE, headers={"host": host})
    assert answer.status_code == status, answer.text
    if status == 403:
        assert answer.json()["type"] == "secure-context-required"
        assert "https" in answer.json()["remedy"]
        clear = await house.title("Sunrise")
        assert (await member.http.post(f"/api/play/{clear.id}", json=DEVICE, headers={"host": host})).status_code == 201


# -- what joins later ----------------------------------------------------------------------------------------------


async def growing(house: House) -> tuple[Any, Any, Encode]:
    """A member, a film that has its lowest picture only, and what it is to have."""
    member, title = await house.member(), await house.title()
    whole = await house.clients.catalog.encode(ByTitle(title.id))
    first = [each for each in whole.renditions if each.id != "v720"]
    await attach(house, title, msgspec.structs.replace(whole, renditions=first, complete=False))
    return member, title, whole


async def attach(house: House, title: Any, encode: Encode) -> None:
    await house.clients.catalog.attach(Attach(title.id, encode))
    await house.appliance()


async def test_better_pictures_join_the_session_that_plays(house: House) -> None:
    member, title, whole = await growing(house)
    playing = (await member.http.post(f"/api/play/{title.id}", json=DEVICE)).json()
    player, dash, state = house.http(), playing["manifests"]["dash"], playing["contents_url"]
    assert 'height="720"' not in (await player.get(dash)).text
    early = (await player.get(state)).json()
    assert (early["complete"], sorted(early["renditions"])) == (False, ["a-de", "a-en", "t-en", "t-fr", "v360"])
    await attach(house, title, whole)
    async with asyncio.timeout(5):
        while not (later := (await player.get(state)).json())["complete"]:
            await asyncio.sleep(0.05)
    assert sorted(later["renditions"]) == ["a-de", "a-en", "t-en", "t-fr", "v360", "v720"]
    text = (await player.get(dash)).text
    assert 'height="720"' in text
    assert 'type="static"' in text
    assert "/v720/main.m3u8" in (await player.get(playing["manifests"]["hls"])).text
    again = (await member.http.post(f"/api/play/{title.id}", json=DEVICE)).json()
    assert again["contents_url"] is None


async def test_another_encode_does_not_join(house: House) -> None:
    member, title, whole = await growing(house)
    playing = (await member.http.post(f"/api/play/{title.id}", json=DEVICE)).json()
    await attach(house, title, msgspec.structs.replace(whole, id=f"enc_{'0' * 32}"))
    assert 'height="720"' not in (await house.http().get(playing["manifests"]["dash"])).text


async def test_a_catalogue_away_leaves_the_session_as_it_was(house: House) -> None:
    member, title, _ = await growing(house)
    playing = (await member.http.post(f"/api/play/{title.id}", json=DEVICE)).json()
    house.channels["catalog"].broken = True
    answer = await house.http().get(playing["manifests"]["dash"])
    assert (answer.status_code, 'height="360"' in answer.text) == (200, True)
