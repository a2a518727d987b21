from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from house import House

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
    assert templates[0].get("duration") == "4000"
    text = mpd.find(".//d:AdaptationSet[@contentType='text']/d:Representation/d:BaseURL", names)
    assert text is not None
    assert text.text is not None
    assert text.text.endswith("/t-en/captions.vtt")
