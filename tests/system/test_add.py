"""Films from the command line: with the house up and down, good files and bad ones, and parts killed on the way."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest
from house import House, cut_short, eventually, film, matinee, sound

from matinee.app.home import Home
from matinee.app.process import Process
from matinee.config import Settings
from matinee.services.jobs.contract import Job, Jobs, ListJobs, Reason

SRT = "1\n00:00:00,500 --> 00:00:02,000\nGuten Tag\n"


@pytest.fixture(scope="module")
def long_film(films: Path) -> Path:
    """It takes some seconds to encode."""
    return film(films / "long.mp4", 16, "854x480")


def jobs(house: House) -> list[Job]:
    async def ask() -> list[Job]:
        process = Process("test", Home(house.home), Settings(), {})
        try:
            return (await process.client(Jobs).list_jobs(ListJobs(name="ingest"))).jobs
        finally:
            for channel in process.opened.values():
                await channel.close()

    return asyncio.run(ask())


def state(house: House, title: str) -> dict[str, object]:
    """What the studio shows of the film in preparation."""
    shown = house.owner().get("/api/studio/preparations", params={"after": 0, "wait_s": 0}).json()["preparations"]
    return next(each for each in shown if each["title"] == title)


def test_a_film_with_a_sidecar_plays_when_add_comes_back(house: House, short_film: Path, tmp_path: Path) -> None:
    path = tmp_path / "Mein Film.mp4"
    path.write_bytes(short_film.read_bytes())
    (tmp_path / "Mein Film.de.srt").write_text(SRT)
    (tmp_path / "Mein Film zwei.de.srt").write_text(SRT)
    options = ["--title", "Señal", "--synopsis", "Ein Ton.", "--year", 1999, "--genre", "Drama", "--genre", "Short"]
    ran = matinee("add", path, *options, "--maturity", 7, "--wait", "--home", house.home)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == "Señal: playable"

    viewer = house.viewer()
    found = viewer.get("/api/discovery/search", params={"q": "senal"})
    item = eventually(lambda: viewer.get("/api/discovery/search?q=senal").json()["items"], 10)[0]
    assert found.status_code == 200
    shown = viewer.get(f"/api/discovery/titles/{item['id']}").json()
    assert shown["synopsis"] == "Ein Ton."
    assert (shown["year"], shown["maturity"], sorted(shown["genres"])) == (1999, 7, ["Drama", "Short"])
    assert "de" in str(shown["subtitles"])
    assert len(viewer.play(item["id"]).segment()) > 1000
    eventually(lambda: "Señal: plays" in house.log(), 5)
    said = [line.partition("Señal: ")[2] for line in house.log().splitlines() if "Señal: " in line]
    assert len(said) == len(set(said)), "each step is said once"
    assert path.exists(), "the file itself stays"


def test_without_words_a_film_has_its_files_name_and_the_highest_class(house: House, short_film: Path) -> None:
    ran = matinee("add", short_film, short_film, "--home", house.home)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "short.mp4: in preparation; it plays when it is ready.\n" * 2

    def two() -> bool:
        titles = [each for each in house.owner().studio_titles() if each["title"] == "short"]
        return [(each["state"], each["maturity"]) for each in titles] == [("published", 18)] * 2

    eventually(two, 40)


def test_what_is_no_film_is_one_sentence_and_leaves_nothing(house: House, tmp_path: Path, short_film: Path) -> None:
    text, empty, cut = tmp_path / "notes.mp4", tmp_path / "empty.mp4", tmp_path / "cut.mp4"
    text.write_text("no video at all\n" * 100)
    empty.touch()
    cut.write_bytes(short_film.read_bytes()[:2000])
    heard, halved = sound(tmp_path / "heard.mp4"), cut_short(short_film, tmp_path / "halved.mp4")
    before = {each["title"] for each in house.owner().studio_titles() if each["state"] == "published"}
    for path in (text, empty, cut, heard, halved, tmp_path / "missing.mp4", tmp_path):
        ran = matinee("add", path, "--wait", "--home", house.home)
        assert ran.returncode == 1, path
        assert ran.stderr.startswith("matinee: "), ran.stderr
        assert len(ran.stderr.splitlines()) == 1, ran.stderr
        assert path.name in ran.stderr or "empty" in ran.stderr, ran.stderr
    after = {each["title"] for each in house.owner().studio_titles() if each["state"] == "published"}
    assert after == before
    for wrong in (["--maturity", 5], ["--year", "soon"], ["--title", "x" * 300]):
        ran = matinee("add", short_film, *wrong, "--home", house.home)
        assert ran.returncode in {1, 2}
        assert "Traceback" not in ran.stderr


def test_with_the_house_down_a_film_waits_in_the_inbox(bare_house: House, short_film: Path, long_film: Path) -> None:
    """It is prepared by the next start, and by the one after that where the first is stopped on the way."""
    house = bare_house
    waited = matinee("add", short_film, "--wait", "--home", house.home)
    assert waited.returncode == 1
    assert "not running" in waited.stderr
    assert len(waited.stderr.splitlines()) == 1
    left = matinee("add", long_film, "--title", "Left", "--home", house.home)
    assert left.stdout == "long.mp4: in the inbox; the next `matinee up` prepares it.\n"
    missing = matinee("add", short_film.with_name("missing.mp4"), "--home", house.home)
    assert (missing.returncode, len(missing.stderr.splitlines())) == (1, 1)
    house.start()
    eventually(house.strays, 20)
    assert not list((house.home / "inbox").iterdir())
    assert house.stop() < 5
    assert not house.strays()
    house.start()
    eventually(lambda: "Left: plays" in house.log(), 60)
    assert [each["state"] for each in house.owner().studio_titles()] == ["published"]


def test_worker_and_core_killed_during_an_encode(house: House, long_film: Path) -> None:
    """It ends right: no step that had finished runs twice, nothing is left behind."""
    assert matinee("add", long_film, "--title", "Long", "--maturity", 0, "--home", house.home).returncode == 0

    def encoding(more_than: float = 0.05) -> bool:
        shown = state(house, "Long")
        return shown["step"] == "encode" and float(str(shown["progress"])) > more_than

    eventually(encoding, 40)
    os.kill(house.pids()["worker"], signal.SIGKILL)
    eventually(lambda: not house.strays(), 5)
    eventually(house.strays, 40)  # another worker encodes
    eventually(encoding, 40)
    assert house.kill("core")
    eventually(lambda: "Long: plays" in house.log(), 90)

    title = next(each for each in house.owner().studio_titles() if each["title"] == "Long")
    assert title["state"] == "published"
    assert len(house.viewer().play(title["id"]).segment()) > 1000
    job = next(job for job in jobs(house) if job.subject == title["id"])
    tried = {step: [task.reason for task in job.tasks if task.step == step] for step in {t.step for t in job.tasks}}
    assert tried.pop("encode") in ([Reason.LOST, Reason.NORMAL], [Reason.LOST, Reason.LOST, Reason.NORMAL])
    assert set(map(tuple, tried.values())) == {(Reason.NORMAL,)}
    assert len(tried) == 5
    eventually(lambda: not list((house.home / "scratch").iterdir()), 25)
    assert not house.strays()
