"""A disk that fills up: each request that needs room is refused in one sentence, and what was there stays."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from house import House, eventually, matinee, short_folder

FULL = "out-of-space"


class Disk:
    """A file system in memory, whose size a test can cut down to what is on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g,mode=700", "tmpfs", str(folder)], check=False)
        self.is_there = mounted.returncode == 0

    def leave(self, free_bytes: int) -> None:
        found = os.statvfs(self.folder)
        size = (found.f_blocks - found.f_bfree) * found.f_frsize + free_bytes
        subprocess.run(["mount", "-o", f"remount,size={size}", str(self.folder)], check=True)

    def close(self) -> None:
        subprocess.run(["umount", "-l", str(self.folder)], check=True)


@pytest.fixture
def disk() -> Iterator[Disk]:
    if os.getuid() != 0:
        pytest.skip("a file system can be mounted by root alone")
    disk = Disk(short_folder())
    if not disk.is_there:
        pytest.skip("no file system can be mounted here")
    try:
        yield disk
    finally:
        disk.close()
        shutil.rmtree(disk.folder)


@pytest.fixture
def small_house(disk: Disk) -> Iterator[House]:
    """A house on that disk; what it prints lies elsewhere."""
    built = House(disk.folder / "h")
    built.written = short_folder() / "out"
    yield built
    if hasattr(built, "process"):
        disk.leave(1 << 28)
        built.close()
    shutil.rmtree(built.written.parent)


def one_sentence(*arguments: object) -> str:
    ran = matinee(*arguments)
    assert ran.returncode == 1, (ran.stdout, ran.stderr)
    assert len(ran.stderr.strip().splitlines()) == 1, ran.stderr
    assert "Traceback" not in ran.stdout
    return ran.stderr


def signing_up(house: House, key: str, email: str) -> httpx.Response:
    body = {"email": email, "password": "a long enough password", "name": "Ada", "plan": "basic"}
    body["payment_method"] = "pm_card_visa"
    return httpx.post(f"{house.url}/api/signup", json=body, headers={"Idempotency-Key": key}, timeout=20)


def test_a_disk_that_fills_up_while_all_runs(small_house: House, disk: Disk, short_film: Path) -> None:
    house = small_house
    house.start()
    title = house.add(short_film, "Steady")
    member, owner = house.sign_up(), house.owner()
    playing = member.play(title)
    assert playing.beat(1.5).status_code == 204
    eventually(lambda: [httpx.get(url).status_code for url in playing.media_urls()] == [200, 200])

    tus = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    begun = owner.post("/api/studio/uploads", headers={**tus, "Upload-Length": str(1 << 20)})
    assert begun.status_code == 201

    for left in (40 << 20, 0):
        disk.leave(left)
        assert "not enough room on the disk" in one_sentence(
            "add", short_film, "--title", "Big", "--again", "--home", house.home
        )
    key, email = uuid.uuid4().hex, f"{uuid.uuid4().hex}@example.org"
    refused = [
        signing_up(house, key, email),
        member.try_to_play(title),
        playing.beat(2),
        owner.http.patch(f"/api/studio/titles/{title}", json={"synopsis": "new"}),
        owner.http.patch(begun.headers["location"], headers=tus, content=bytes(1 << 20)),
    ]
    assert [(answer.status_code, answer.json()["type"]) for answer in refused] == [(507, FULL)] * len(refused)
    assert title in member.get("/api/discovery/home").text
    assert member.get("/api/session").status_code == 200
    assert len(playing.segment()) > 1000, "who watches goes on"

    disk.leave(1 << 29)
    assert eventually(lambda: (answer := signing_up(house, key, email)).status_code == 201 and answer, 10)
    assert playing.beat(2.5).status_code == 204
    assert playing.stop().status_code == 204
    assert member.play(title).answer["resume_position_s"] == 2.5
    assert sorted(each["title"] for each in owner.studio_titles()) == ["Steady", "film"]
    house.add(short_film, "Roomy")
    assert "Traceback" not in house.log()


def test_a_disk_that_is_full_before_the_start(small_house: House, disk: Disk, short_film: Path) -> None:
    house = small_house
    assert matinee("add", short_film, "--title", "Early", "--home", house.home).returncode == 0
    waiting = {path.name for path in (house.home / "inbox").iterdir()}
    disk.leave(0)
    for command in (["add", short_film], ["up", "--port", house.port], ["serve", "all"]):
        assert "No space left on device" in one_sentence(*command, "--home", house.home)
    assert {path.name for path in (house.home / "inbox").iterdir()} == waiting
    assert not house.pids()
    disk.leave(40 << 20)
    house.start()
    eventually(lambda: "Early: could not be prepared: There is not enough room on the disk" in house.log())
    disk.leave(1 << 29)
    early = house.owner().get("/api/studio/preparations?after=1").json()["preparations"][0]
    assert house.owner().post(f"/api/studio/preparations/{early['id']}/retry").status_code == 200
    eventually(lambda: "Early: plays" in house.log())


def test_a_disk_that_cannot_be_written_to(disk: Disk) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk.folder)], check=True)
    for home in (disk.folder, disk.folder / "h"):
        assert "Read-only file system" in one_sentence("up", "--home", home)
