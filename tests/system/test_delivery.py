"""What ends a stream: a title withdrawn, a login revoked, the plan's limit."""

from __future__ import annotations

import http.client
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from house import House, Playing, eventually

BOUND_S = 5.0


@pytest.fixture(scope="module")
def title(house: House, short_film: Path) -> str:
    return house.add(short_film, "Delivered")


class Kept:
    """One connection to an appliance, kept open."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._path = parts.path
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)

    def status(self) -> int:
        """0 where the appliance closed the connection."""
        try:
            self._connection.request("GET", self._path)
            answer = self._connection.getresponse()
            answer.read()
        except (http.client.HTTPException, OSError):
            self._connection.close()
            return 0
        return answer.status

    def close(self) -> None:
        self._connection.close()


def stops(playing: Playing, urls: list[str], end: object) -> None:
    """At both appliances, on new and on kept connections, within the promised time."""
    kept = [Kept(url) for url in urls]
    try:
        assert [each.status() for each in kept] == [200] * len(urls)
        assert callable(end)
        end()
        eventually(lambda: all(httpx.get(url).status_code in {403, 404, 410} for url in urls), BOUND_S)
        assert not [each.status() for each in kept if each.status() == 200]
    finally:
        for each in kept:
            each.close()
    assert httpx.get(playing.answer["manifests"]["dash"]).status_code in {401, 403, 404, 410}


def test_a_withdrawn_title_gives_no_more_bytes(house: House, short_film: Path) -> None:
    title_id = house.add(short_film, "Withdrawn")
    playing = house.viewer().play(title_id)
    owner = house.owner()
    stops(
        playing,
        eventually(playing.media_urls),
        lambda: owner.post(f"/api/studio/titles/{title_id}/withdraw").raise_for_status(),
    )
    assert house.viewer().try_to_play(title_id).status_code == 404
    assert house.viewer().get(f"/api/discovery/titles/{title_id}").status_code == 404
    eventually(lambda: not house.viewer().get("/api/discovery/search?q=withdrawn").json()["items"], 10)
    assert owner.post(f"/api/studio/titles/{title_id}/publish").status_code == 200
    assert len(eventually(lambda: house.viewer().play(title_id).segment(), 15)) > 1000


def test_who_logs_out_gets_no_more_bytes(house: House, title: str) -> None:
    member = house.sign_up()
    playing = member.play(title)
    stops(playing, playing.media_urls(), lambda: member.http.delete("/api/session").raise_for_status())


def test_a_stream_that_was_stopped_gives_no_more_bytes(house: House, title: str) -> None:
    playing = house.sign_up().play(title)
    stops(playing, playing.media_urls(), playing.stop)


def test_the_plans_limit_holds_under_a_race(house: House, title: str) -> None:
    member = house.sign_up("basic")
    devices = [house.member(member.email, member.password) for _ in range(10)]
    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda device: device.try_to_play(title), devices))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    assert {answer.json()["type"] for answer in answers if answer.status_code == 409} == {"too-many-streams"}
    won = next(place for place, answer in enumerate(answers) if answer.status_code == 201)
    winner = Playing(devices[won], answers[won].json())
    assert winner.beat(1).status_code == 204
    assert winner.stop().status_code == 204
    assert member.try_to_play(title).status_code == 201


def test_one_device_that_presses_play_ten_times_at_once_has_one_stream(house: House, title: str) -> None:
    member = house.sign_up("basic")
    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda _: member.try_to_play(title), range(10)))
    begun = [answer.json() for answer in answers if answer.status_code == 201]
    assert begun
    assert [httpx.get(each["manifests"]["dash"]).status_code for each in begun].count(200) == 1


def test_a_token_opens_its_own_title_alone(house: House, title: str, short_film: Path) -> None:
    other = house.add(short_film, "Other")
    viewer = house.viewer()
    mine, others = viewer.play(title).media_urls()[0], viewer.play(other).media_urls()[0]
    token = mine.split("/")[3]
    assert httpx.get(mine).status_code == 200
    assert httpx.get(others.replace(others.split("/")[3], token)).status_code == 403
    assert httpx.get(mine.replace(token, token[:-2] + "AA")).status_code == 403
    assert httpx.get(mine.replace(f"{token}/", "")).status_code in {401, 403, 404}
    for path in ("/../../secrets/logins.json", "/%2e%2e/%2e%2e/secrets/media.json", "/..%2f..%2fstores"):
        assert httpx.get(mine.rsplit("/", 2)[0] + path).status_code in {400, 403, 404}
