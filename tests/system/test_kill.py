"""Parts killed and frozen while they are used: back within seconds, and nothing that was acknowledged is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from house import House, eventually, film

from matinee.app.home import Home
from matinee.app.process import Process
from matinee.config import Settings
from matinee.services.metrics.contract import Metrics, SeriesQuery

BACK_S = 15.0


@pytest.fixture(scope="module")
def title(house: House, films: Path) -> str:
    return house.add(film(films / "killed.mp4", 60), "Killed")


@pytest.fixture(autouse=True)
def _whole(house: House) -> None:
    eventually(house.is_whole)


class Doing:
    """Something done over and over in a thread; `acknowledged` counts what was answered well, `most` what was tried."""

    def __init__(self, act: Callable[[int], bool]) -> None:
        self._act = act
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.acknowledged = self.most = 0

    def _run(self) -> None:
        while not self._stop.is_set():
            self.most += 1
            try:
                if self._act(self.most):
                    self.acknowledged = self.most
            except httpx.HTTPError:
                time.sleep(0.02)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join()


@contextmanager
def doing(*acts: Callable[[int], bool]) -> Iterator[list[Doing]]:
    running = [Doing(act) for act in acts]
    for each in running:
        each.start()
    try:
        eventually(lambda: all(each.acknowledged > 1 for each in running), 20)
        yield running
    finally:
        for each in running:
            each.end()


def counted(house: House, metric: str, key: str) -> int:
    async def ask() -> int:
        process = Process("test", Home(house.home), Settings(), {})
        try:
            query = SeriesQuery(metric, key, datetime.now(UTC) - timedelta(hours=1))
            return sum(point.count for point in (await process.client(Metrics).series(query)).points)
        finally:
            for channel in process.opened.values():
                await channel.close()

    return asyncio.run(ask())


def appliances(house: House) -> dict[str, str]:
    """The boots of those that are up."""
    found = house.owner().get("/api/operations/appliances").json()["appliances"]
    return {each["report"]["appliance_id"]: each["report"]["boot"] for each in found if each["up"]}


def test_core_killed_while_all_is_written(house: House, title: str) -> None:
    member, owner = house.sign_up(), house.owner()
    editor, teller = house.member(owner.email, owner.password), house.member(owner.email, owner.password)
    playing = member.play(title)
    emails: list[str] = []

    def signs_up(number: int) -> bool:
        body = {"email": f"{uuid.uuid4().hex}@example.org", "password": "a long enough password", "name": "Bo"}
        body |= {"plan": "basic", "payment_method": "pm_card_visa"}
        key = {"Idempotency-Key": uuid.uuid4().hex}
        answer = httpx.post(f"{house.url}/api/signup", json=body, headers=key, timeout=5)
        if answer.status_code == 201:
            emails.append(body["email"])
        return answer.status_code == 201

    def beats(number: int) -> bool:
        return playing.beat(5 + number / 100).status_code == 204

    def edits(number: int) -> bool:
        return editor.http.patch(f"/api/studio/titles/{title}", json={"synopsis": str(number)}).status_code == 200

    sent, received = [], []

    def tells(number: int) -> bool:
        event = {"id": uuid.uuid4().hex, "kind": "impression", "name": "row", "title_id": title}
        event["at"] = datetime.now(UTC).isoformat()
        sent.append(event["id"])
        answer = teller.post("/api/beacon", json={"events": [event]})
        if answer.status_code == 202:
            received.append(event["id"])
        return answer.status_code == 202

    before = counted(house, "impressions", title)
    with doing(signs_up, beats, edits, tells) as (_, beat, edit, _tell):
        for _ in range(2):
            house.kill("core")
            eventually(lambda: member.get("/api/session").status_code == 200, BACK_S)
            reached = beat.acknowledged
            eventually(lambda reached=reached: beat.acknowledged > reached + 1, BACK_S)
        house.kill("core")
    eventually(lambda: member.get("/api/discovery/home").status_code == 200, BACK_S)

    assert emails
    for email in emails:
        assert (
            house.member(email, "a long enough password").get("/api/account").json()["subscription"]["status"]
            == "active"
        )
    synopsis = int(owner.get(f"/api/studio/titles/{title}").json()["synopsis"])
    assert edit.acknowledged <= synopsis <= edit.most
    eventually(lambda: len(received) <= counted(house, "impressions", title) - before <= len(sent), 15)
    assert playing.beat(5 + beat.most / 100).status_code == 204, "the playback session goes on"
    assert playing.stop().status_code == 204
    resumed = house.member(member.email, member.password).play(title)
    assert resumed.answer["resume_position_s"] == pytest.approx(5 + beat.most / 100, abs=0.001)
    eventually(lambda: set(appliances(house)) == {"cdn-a", "cdn-b"}, BACK_S)


def test_a_bookmark_that_was_acknowledged_survives_core(house: House, title: str) -> None:
    member = house.sign_up()
    playing = member.play(title)
    with doing(lambda number: playing.beat(10 + number / 100).status_code == 204) as (beat,):
        os.kill(house.pids()["core"], signal.SIGKILL)
    other = eventually(lambda: house.member(member.email, member.password), BACK_S)
    at = eventually(lambda: other.get(f"/api/discovery/titles/{title}").json()["resume_position_s"], BACK_S)
    assert 10 + beat.acknowledged / 100 - 0.001 <= at <= 10 + beat.most / 100 + 0.001


def test_core_killed_while_a_film_is_sent(house: House, films: Path) -> None:
    """What an answer said is there is there; the client goes on from the offset that it is told."""
    name = f"Sent {uuid.uuid4().hex[:6]}"
    whole = film(films / "sent.mp4", 4, "640x360").read_bytes()
    owner, tus = house.owner(), {"Tus-Resumable": "1.0.0"}
    about = ",".join(
        f"{key} {b64encode(said.encode()).decode()}" for key, said in {"filename": "a.mp4", "title": name}.items()
    )
    begun = owner.post(
        "/api/studio/uploads", headers={**tus, "Upload-Length": str(len(whole)), "Upload-Metadata": about}
    )
    assert begun.status_code == 201, begun.text
    at, acknowledged = begun.headers["location"], [0]

    def sends(_: int) -> bool:
        offset = int(owner.http.head(at, headers=tus).headers.get("upload-offset", -1))
        if offset < 0 or offset == len(whole):
            return False
        assert offset >= acknowledged[-1]
        headers = {**tus, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        answer = owner.http.patch(at, headers=headers, content=whole[offset : offset + len(whole) // 40])
        if answer.status_code == 204:
            acknowledged.append(int(answer.headers["upload-offset"]))
        return answer.status_code == 204

    with doing(sends):
        assert house.kill("core")
        eventually(lambda: acknowledged[-1] == len(whole), BACK_S)
    assert acknowledged == sorted(set(acknowledged))
    title = eventually(lambda: next(each for each in owner.studio_titles() if each["title"] == name), BACK_S)
    eventually(lambda: f"{name}: plays" in house.log(), 30)
    assert len(house.viewer().play(title["id"]).segment()) > 1000


@pytest.mark.parametrize("name", ["cdn-a", "cdn-b"])
def test_an_appliance_killed_while_it_serves(house: House, title: str, name: str) -> None:
    playing = house.sign_up().play(title)
    eventually(lambda: set(appliances(house)) == {"cdn-a", "cdn-b"}, BACK_S)
    boots = appliances(house)
    with doing(lambda _: len(playing.segment()) > 1000):
        house.kill(name)
        assert len(playing.segment()) > 1000, "the other one goes on"
        eventually(lambda: appliances(house).get(name) not in {None, boots[name]}, BACK_S)
    url = playing.media_urls()[playing.appliances.index(name)]
    eventually(lambda: httpx.get(url).status_code == 200, BACK_S)
    assert set(eventually(lambda: house.sign_up().play(title)).appliances) == {"cdn-a", "cdn-b"}


def test_a_frozen_appliance_is_out_of_play_answers_and_comes_back(house: House, title: str) -> None:
    member = house.viewer()
    eventually(lambda: set(member.play(title).appliances) == {"cdn-a", "cdn-b"}, BACK_S)
    frozen = house.pids()["cdn-a"]
    os.kill(frozen, signal.SIGSTOP)
    try:
        eventually(lambda: member.play(title).appliances == ["cdn-b"], 6)
        assert len(member.play(title).segment()) > 1000
    finally:
        os.kill(frozen, signal.SIGCONT)
    eventually(lambda: set(member.play(title).appliances) == {"cdn-a", "cdn-b"}, BACK_S)
    assert house.pids()["cdn-a"] == frozen


def test_origin_killed_before_a_film_is_filled(house: House, short_film: Path) -> None:
    house.kill("origin")
    new = house.add(short_film, f"New {uuid.uuid4().hex[:6]}")
    playing = eventually(lambda: house.viewer().play(new), BACK_S)
    for url in playing.media_urls():
        eventually(lambda url=url: httpx.get(url, timeout=5).status_code == 200, BACK_S)


def test_worker_killed_at_rest(house: House, short_film: Path) -> None:
    house.kill("worker")
    house.add(short_film, f"After {uuid.uuid4().hex[:6]}")


def test_all_children_killed_at_once(house: House, title: str) -> None:
    member = house.sign_up()
    playing = member.play(title)
    children = {name: pid for name, pid in house.pids().items() if name != "up"}
    for pid in children.values():
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: len(house.pids()) == 6 and not set(children.values()) & set(house.pids().values()), BACK_S)
    eventually(lambda: playing.beat(7).status_code == 204, BACK_S)
    eventually(lambda: len(playing.segment()) > 1000, BACK_S)
    assert member.get("/api/session").status_code == 200
