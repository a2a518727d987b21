from __future__ import annotations

from pathlib import Path

import pytest

from matinee.ingest.contract import Again, Ingest, Phase, Preparation, Take, Taken
from matinee.ingest.folders.watch import Watch
from matinee.runtime.clock import moment
from matinee.runtime.errors import Invalid, OutOfSpace


class Taker:
    """Ingest as far as a watch asks it: what it is given it keeps, by content."""

    def __init__(self) -> None:
        self.taken: list[Take] = []
        self.known: set[bytes] = set()
        self.refusal: Exception | None = None

    async def take(self, message: Take) -> Taken:
        if self.refusal is not None:
            raise self.refusal
        self.taken.append(message)
        data = Path(message.start.path).read_bytes()  # noqa: ASYNC240
        new = data not in self.known
        self.known.add(data)
        title = message.start.metadata.title
        return Taken(Preparation("u", "t", title, title, Phase.PREPARING, "", 0, "", moment(0), 0), new)

    @property
    def names(self) -> list[str]:
        return [message.start.filename for message in self.taken]


@pytest.fixture
def taker() -> Taker:
    return Taker()


def watching(taker: Taker, *tops: Path, looks: int = 3) -> Watch:
    ingest: Ingest = taker  # type: ignore[assignment]
    return Watch(tops, ingest, looks)


def moved(path: Path, goal: Path) -> None:
    path.rename(goal)


def write(path: Path, data: bytes = b"film") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


async def test_a_film_is_taken_when_it_has_stopped_changing(tmp_path: Path, taker: Taker) -> None:
    watch, film = watching(taker, tmp_path), write(tmp_path / "Film (2019).mkv", b"half")
    assert [await watch.look(), await watch.look()] == [[], []]
    write(film, b"half, and the rest")
    assert [await watch.look(), await watch.look()] == [[], []]
    assert await watch.look() == [f"{film} is taken in as Film."]
    assert [await watch.look() for _ in range(5)] == [[]] * 5
    assert [message.again for message in taker.taken] == [Again.NEVER]
    assert film.exists()


async def test_it_waits_for_what_lies_beside_a_film_too(tmp_path: Path, taker: Taker) -> None:
    watch = watching(taker, tmp_path, looks=2)
    write(tmp_path / "Film.mkv")
    await watch.look()
    write(tmp_path / "Film.de.srt", b"1")
    await watch.look()
    assert taker.taken == []
    await watch.look()
    assert [len(message.start.sidecars) for message in taker.taken] == [1]


async def test_what_is_left_out_is_said_once(tmp_path: Path, taker: Taker) -> None:
    watch = watching(taker, tmp_path, tmp_path / "absent", looks=1)
    write(tmp_path / "readme.txt")
    write(tmp_path / "Film cd1.avi")
    write(tmp_path / "Film cd3.avi", b"three")
    write(tmp_path / "late.mkv.part")
    said = await watch.look()
    parts = "Film lacks part 2: there are but Film cd1.avi, Film cd3.avi"
    assert said == [
        "readme.txt is left out: it is no film, and belongs to none",
        f"{tmp_path}/Film cd1.avi is left out: {parts}",
        f"the watched folder {tmp_path}/absent is not there",
    ]
    assert await watch.look() == []


async def test_what_came_in_before_is_not_taken_by_another_start(tmp_path: Path, taker: Taker) -> None:
    for number in range(3):
        write(tmp_path / f"Film {number}.mkv", b"%d" % number)
    await watching(taker, tmp_path, looks=1).look()
    again = watching(taker, tmp_path, looks=1)
    assert len(await again.look()) == 3
    for number in range(3, 8):
        write(tmp_path / f"Film {number}.mkv", b"%d" % number)
    await again.look()
    assert await watching(taker, tmp_path, looks=1).look() == ["8 films in watched folders came in before"]


async def test_a_refusal_is_final_until_the_file_changes(tmp_path: Path, taker: Taker) -> None:
    watch, film = watching(taker, tmp_path, looks=1), write(tmp_path / "Film.mkv")
    taker.refusal = Invalid("The file is empty.")
    assert await watch.look() == [f"{film} is left out: The file is empty."]
    taker.refusal = None
    assert await watch.look() == []
    write(film, b"now it is something")
    assert await watch.look() == [f"{film} is taken in as Film."]


async def test_what_must_wait_is_tried_again(tmp_path: Path, taker: Taker) -> None:
    watch, film = watching(taker, tmp_path, looks=1), write(tmp_path / "Film.mkv")
    taker.refusal = OutOfSpace("The disk is full.")
    assert await watch.look() == [f"{film} waits: The disk is full."]
    assert await watch.look() == []
    taker.refusal = None
    assert await watch.look() == [f"{film} is taken in as Film."]


async def test_a_file_that_goes_and_comes_back_is_looked_at_anew(tmp_path: Path, taker: Taker) -> None:
    watch, film = watching(taker, tmp_path, looks=2), write(tmp_path / "Film.mkv")
    await watch.look()
    moved(film, tmp_path / "Film.tmp")
    await watch.look()
    moved(tmp_path / "Film.tmp", film)
    assert await watch.look() == []
    assert await watch.look() == [f"{film} is taken in as Film."]
