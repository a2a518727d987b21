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


def plays(house: House, title: str) -> bool:
    return any(each["title"] == title and each["state"] == "published" for each in house.owner().studio_titles())


def test_a_film_with_a_sidecar_plays_when_add_comes_back(house: House, short_film: Path, tmp_path: Path) -> None:
    path = tmp_path / "Mein Film.mp4"
    path.write_bytes(short_film.read_bytes())
    (tmp_path / "Mein Film.de.srt").write_text(SRT)
    (tmp_path / "Mein Film zwei.de.srt").write_text(SRT)
    options = ["--title", "Señal", "--synopsis", "Ein Ton.", "--year", 1999, "--genre", "Drama", "--genre", "Short"]
    ran = matinee("add", path, *options, "--maturity", 7, "--again", "--wait", "--home", house.home)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == "Señal: plays"

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
    for _ in range(2):
        ran = matinee("add", short_film, "--again", "--home", house.home)
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout == "short.mp4: in preparation; it plays when it is ready.\n"

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
    for path in (text, empty, cut, heard, halved, tmp_path / "missing.mp4"):
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


def test_a_folder_is_added_once_and_the_rest_goes_on(house: House, tmp_path: Path) -> None:
    episodes = tmp_path / "Harbour" / "Season 01"
    episodes.mkdir(parents=True)
    film(episodes / "Harbour S01E01 - Ebb.mp4", 2, pitch=500)
    film(episodes / "Harbour S01E02.mp4", 2, pitch=510)
    film(tmp_path / "Quay (2019).mp4", 2, pitch=520)
    (tmp_path / "Quay (2019).nfo").write_text("<movie><plot>By the water.</plot><mpaa>PG</mpaa></movie>")
    (tmp_path / "Quay (2019).de.srt").write_text(SRT)
    (tmp_path / "Empty (2001).mp4").touch()
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "late.mp4.part").write_bytes(b"x")
    dry = matinee("add", tmp_path, "--dry-run", "--home", house.home)
    assert "Harbour S01E01: Ebb" in dry.stdout
    assert dry.stdout.splitlines()[-1] == "4 films would be added; nothing was."
    ran = matinee("add", tmp_path, "--wait", "--home", house.home)
    assert ran.returncode == 1
    assert "4 films: 3 added, 1 could not be added." in ran.stdout
    assert [line for line in ran.stdout.splitlines() if line.startswith("left out")] == [
        f"left out: {tmp_path}/late.mp4.part: it is not whole yet",
        f"left out: {tmp_path}/loop: it leads back to a folder above",
    ]
    assert ran.stderr.splitlines() == [
        "Empty (2001).mp4: The file is empty.",
        "matinee: 1 of 4 films could not be added; see above",
    ]
    quay = next(each for each in house.owner().studio_titles() if each["title"] == "Quay")
    assert (quay["year"], quay["synopsis"], quay["maturity"]) == (2019, "By the water.", 10)
    before = len(house.owner().studio_titles())
    again = matinee("add", tmp_path, "--year", 2020, "--home", house.home)
    assert "4 films: 3 here before, 1 could not be added." in again.stdout
    assert "Quay (2019).mp4: here already as “Quay”; nothing was changed, though it is told otherwise" in again.stdout
    assert len(house.owner().studio_titles()) == before


def test_a_watched_folder_is_taken_in_once(tmp_path: Path) -> None:
    """Over a restart too, and the files stay."""
    house = House(MATINEE_STUDIO_WATCH=str(tmp_path), MATINEE_STUDIO_WATCH_EVERY_S="0.2")
    path = film(tmp_path / "Lagoon (2020).mp4", 2, pitch=600)
    (tmp_path / "notes.mp4").write_text("no film\n")
    try:
        house.start()
        eventually(lambda: plays(house, "Lagoon"), 60)
        eventually(lambda: state(house, "notes")["phase"] == "failed", 30)
        house.stop()
        house.start()
        logs = house.home / "logs" / "core.log"
        eventually(lambda: logs.read_text().count("came in before, as") == 2, 20)
        assert sorted(each["title"] for each in house.owner().studio_titles()) == ["Lagoon", "notes"]
        assert path.exists()
    finally:
        house.close()


def test_worker_and_core_killed_during_an_encode(house: House, long_film: Path) -> None:
    """It ends right: no step that had finished runs twice, nothing is left behind."""
    assert matinee("add", long_film, "--title", "Long", "--maturity", 0, "--home", house.home).returncode == 0

    def encoding(more_than: float = 0.05) -> bool:
        shown = state(house, "Long")
        return str(shown["step"]).startswith(("first", "rungs")) and float(str(shown["progress"])) > more_than

    eventually(encoding, 40)
    os.kill(house.pids()["worker"], signal.SIGKILL)
    eventually(lambda: not house.strays(), 5)
    eventually(house.strays, 40)  # another worker encodes
    eventually(encoding, 40)
    assert house.kill("core")
    eventually(lambda: any(line.endswith("Long: plays") for line in house.log().splitlines()), 120)

    title = next(each for each in house.owner().studio_titles() if each["title"] == "Long")
    assert title["state"] == "published"
    assert len(house.viewer().play(title["id"]).segment()) > 1000
    job = next(job for job in jobs(house) if job.subject == title["id"])
    tried = {step: [task.reason for task in job.tasks if task.step == step] for step in {t.step for t in job.tasks}}
    assert {reasons[-1] for reasons in tried.values()} == {Reason.NORMAL}, "every step ended well"
    assert {reason for reasons in tried.values() for reason in reasons[:-1]} == {Reason.LOST}, "and once"
    eventually(lambda: not list((house.home / "scratch").iterdir()), 25)
    assert not house.strays()
