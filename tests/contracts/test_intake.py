"""How films come in: uploads within their bounds, files of this machine known by their content, episodes with their series."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
import pytest
from msgspec.structs import replace

from ingesting import IngestHouse
from matinee.ingest.contract import (
    Again,
    Announce,
    Append,
    ByPreparation,
    ByUpload,
    CreateUpload,
    Ingest,
    InSeries,
    NoSuchUpload,
    ObservePreparations,
    Phase,
    Protection,
    Sidecar,
    Start,
    Sweep,
    Take,
    Taken,
    TooManyUploads,
    Upload,
    UploadGone,
    piece,
)
from matinee.ingest.limits import Limits
from matinee.runtime.errors import Conflict, Invalid, OutOfSpace, TooLarge
from matinee.services.catalog.contract import ByTitle, EpisodeTaken, ListTitles
from matinee.services.jobs.contract import ListJobs
from matinee.services.jobs.service import Service as JobsService
from matinee.terms.title import Kind, Metadata

EDITOR = "acc_editor"
FILM = Metadata("The Lighthouse", year=2026, genres=["Drama"])
DATA = b"these are the bytes of a film" * 1000
KIB = 1 / (1 << 20)


class House(IngestHouse):
    """Ingest whose doors are these."""

    async def send(self, upload: Upload, data: bytes) -> Upload:
        await obstore.put_async(self.objects, piece(upload.id, upload.offset), data)
        return await self.ingest.append(Append(EDITOR, upload.id, upload.offset, len(data)))

    async def take(self, path: Path, again: Again = Again.GONE, **more: Any) -> Taken:
        start = Start(f"{path}:{os.urandom(4).hex()}", str(path), path.name, FILM)
        return await self.ingest.take(Take(replace(start, **more), again))

    async def orders(self) -> list[dict[str, Any]]:
        return [job.data for job in (await self.jobs.list_jobs(ListJobs())).jobs]

    def sources(self) -> list[str]:
        return sorted(str(path) for path in (self.home / "objects").rglob("*") if path.is_file())


@pytest.fixture
async def house(tmp_path: Path, wired: Callable[..., Awaitable[Any]]) -> AsyncIterator[House]:
    (tmp_path / "home").mkdir()
    house = House(tmp_path / "home")
    house.ingest = await wired(Ingest, house.service)
    yield house
    await house.close()


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[House]:
    """Two unfinished uploads an account, of 4 KiB together."""
    (tmp_path / "home").mkdir()
    house = House(tmp_path / "home", Limits(max_unfinished=2, max_unfinished_gib=4 * KIB))
    yield house
    await house.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "film.mkv"
    return write(path, DATA)


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def renamed(path: Path, name: str) -> Path:
    return path.rename(path.with_name(name))


def new(size: int | None, **more: Any) -> CreateUpload:
    return CreateUpload(EDITOR, "night 'n' day\n.mp4", size, FILM, **more)


# -- files of this machine -----------------------------------------------------------------------------------------


async def test_the_same_bytes_again_are_not_a_new_title(house: House, path: Path) -> None:
    first = await house.take(path)
    assert (first.new, first.preparation.phase) == (True, Phase.PREPARING)
    again = await house.take(path)
    assert (again.new, again.differs, again.preparation.id) == (False, [], first.preparation.id)
    moved = renamed(path, "renamed.mkv")
    copied = await house.take(moved, metadata=Metadata("The Lighthouse", "By the sea.", 2027, ["Drama"]))
    assert (copied.new, copied.differs) == (False, ["synopsis", "year"])
    assert len(await house.orders()) == 1
    assert len((await house.catalog.list_titles(ListTitles())).titles) == 1
    assert [Path(each).name for each in house.sources()] == ["film"], "what came twice lies here once"


async def test_a_file_that_stays_as_it_is_is_read_once(
    house: House, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await house.take(path)

    async def never(*_: object, **__: object) -> str:
        raise AssertionError("it is read again")

    monkeypatch.setattr("matinee.ingest.intake.originals.take", never)
    assert (await house.take(path)).preparation.id == first.preparation.id


async def test_who_insists_gets_another_title(house: House, path: Path) -> None:
    first = await house.take(path)
    second = await house.take(path, Again.ALWAYS)
    assert second.new
    assert second.preparation.title_id != first.preparation.title_id


async def test_what_was_given_up_comes_again_unless_it_must_never(house: House, path: Path) -> None:
    first = await house.take(path)
    await house.ingest.cancel(ByPreparation(first.preparation.id))
    assert not (await house.take(path, Again.NEVER)).new
    assert (await house.take(path)).new


async def test_a_changed_file_is_another_film(house: House, path: Path) -> None:
    await house.take(path)
    write(path, b"a new cut of it")
    assert (await house.take(path)).new
    assert len(await house.orders()) == 2


async def test_the_same_bytes_at_once_are_one_title(house: House, path: Path) -> None:
    copies = [write(path.with_name(f"{number}.mkv"), b"the same") for number in range(5)]
    taken = await asyncio.gather(*(house.take(copy) for copy in copies))
    assert sorted(each.new for each in taken) == [False] * 4 + [True]
    assert len({each.preparation.id for each in taken}) == 1


async def test_a_call_repeated_is_the_same_film(house: House, path: Path) -> None:
    start = Take(Start("k", str(path), path.name, FILM))
    first, second = await asyncio.gather(house.ingest.take(start), house.ingest.take(start))
    third = await house.ingest.take(start)
    assert first.preparation.id == second.preparation.id == third.preparation.id
    assert first.new
    assert third.new


async def test_a_file_that_changes_while_it_is_read_is_not_taken(
    house: House, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fstat, looks = os.fstat, [0, 1]

    def moving(number: int) -> os.stat_result:
        found = fstat(number)
        if not looks or found.st_ino != path.stat().st_ino:
            return found
        if looks.pop(0):
            os.utime(path, ns=(1, 1))
        return fstat(number)

    monkeypatch.setattr(os, "fstat", moving)
    with pytest.raises(Invalid) as refused:
        await house.take(path)
    assert refused.value.detail == f"The file {path} changed while it was read; add it again when it is whole."
    assert house.sources() == []
    assert await house.orders() == []
    assert (await house.take(path)).new


async def test_what_lies_beside_a_film_comes_with_it(house: House, path: Path) -> None:
    text, picture = path.with_suffix(".de.srt"), path.with_suffix(".jpg")
    text.write_text("1\n00:00:01,000 --> 00:00:02,000\nHallo\n")
    picture.write_bytes(b"a picture")
    taken = await house.take(
        path, sidecars=[Sidecar(str(text), "de")], poster=str(picture), protection=Protection.CLEARKEY
    )
    stored = house.home / "objects" / "sources" / taken.preparation.id
    assert sorted(file.name for file in stored.iterdir()) == ["film", "poster", "sidecar-0"]
    missing = Start("m", str(path), path.name, FILM, poster=str(path.with_name("gone.jpg")))
    with pytest.raises(Invalid):
        await house.ingest.take(Take(missing, Again.ALWAYS))
    assert (await house.take(path)).differs == ["protection"]


async def test_episodes_share_their_series(house: House, path: Path) -> None:
    about = Metadata("Dark", "Caves.", 2017)
    first = await house.take(path, episode=InSeries("Dark", 1, 1, None, about))
    write(path, b"the second episode")
    second = await house.take(path, episode=InSeries("Dark", 1, 2, 3))
    titles = {one.id: one for one in (await house.catalog.list_titles(ListTitles())).titles}
    one, two = titles[first.preparation.title_id], titles[second.preparation.title_id]
    assert one.episode is not None
    assert two.episode is not None
    assert (one.kind, one.episode.number, two.episode.number, two.episode.number_to) == (Kind.EPISODE, 1, 2, 3)
    assert one.episode.series_id == two.episode.series_id
    series = await house.catalog.title(ByTitle(one.episode.series_id))
    assert (series.kind, series.metadata) == (Kind.SERIES, about)


async def test_a_place_that_is_taken_refuses_the_file_and_leaves_nothing(house: House, path: Path) -> None:
    await house.take(path, episode=InSeries("Dark", 1, 1))
    before = house.sources()
    write(path, b"another first episode")
    with pytest.raises(EpisodeTaken):
        await house.take(path, episode=InSeries("Dark", 1, 1))
    with pytest.raises(EpisodeTaken):
        await house.ingest.create_upload(new(10, episode=InSeries("Dark", 1, 1)))
    assert house.sources() == before
    assert len((await house.ingest.observe(ObservePreparations(0, 0))).preparations) == 1


async def test_what_a_crash_left_half_taken_is_taken_whole(
    house: House, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = Start("k", str(path), path.name, FILM)
    submit = JobsService.submit

    async def dying(*_: object) -> None:
        raise OSError("the process died")

    monkeypatch.setattr(JobsService, "submit", dying)
    with pytest.raises(Exception, match=r"died|wrong"):
        await house.ingest.take(Take(start))
    monkeypatch.setattr(JobsService, "submit", submit)
    assert (await house.ingest.take(Take(start))).new
    assert len(await house.orders()) == len(house.sources()) == 1


async def test_a_film_in_parts_is_known_by_all_of_them_in_order(house: House, path: Path) -> None:
    second = write(path.with_name("second.mkv"), b"the bytes that go on")
    first = await house.take(path, further=[str(second)])
    assert [Path(each).name for each in house.sources()] == ["film", "film-2"]
    [order] = await house.orders()
    size = len(DATA) + len(b"the bytes that go on")
    assert (order["source"], order["further"], order["size"]) == (
        f"sources/{first.preparation.id}/film", [f"sources/{first.preparation.id}/film-2"], size
    )  # fmt: skip
    again = await house.take(renamed(path, "cd1.mkv"), further=[str(renamed(second, "cd2.mkv"))])
    assert (again.new, again.preparation.id) == (False, first.preparation.id)
    one, two = path.with_name("cd1.mkv"), path.with_name("cd2.mkv")
    assert (await house.take(two, further=[str(one)])).new, "in another order it is another film"
    assert (await house.take(one)).new, "and so is a part by itself"
    with pytest.raises(Invalid, match="There is no file"):
        await house.take(one, further=[str(path)])


# -- uploads -------------------------------------------------------------------------------------------------------


async def test_a_size_told_later_bounds_the_upload(house: House) -> None:
    upload = await house.ingest.create_upload(new(None))
    assert (upload.size, upload.offset) == (None, 0)
    upload = await house.send(upload, b"hello")
    assert (await house.ingest.preparation(ByPreparation(upload.id))).progress == 0
    with pytest.raises(Conflict):
        await house.ingest.announce(Announce(EDITOR, upload.id, 4))
    told = await house.ingest.announce(Announce(EDITOR, upload.id, 10))
    assert told == await house.ingest.announce(Announce(EDITOR, upload.id, 10))
    with pytest.raises(Conflict):
        await house.ingest.announce(Announce(EDITOR, upload.id, 11))
    with pytest.raises(TooLarge):
        await house.send(told, b"toolong")
    assert await house.orders() == []
    await house.send(told, b"world")
    assert [order["size"] for order in await house.orders()] == [10]


async def test_a_size_told_at_the_end_starts_the_preparation(house: House) -> None:
    upload = await house.send(await house.ingest.create_upload(new(None)), b"hello")
    await house.ingest.announce(Announce(EDITOR, upload.id, 5))
    assert len(await house.orders()) == 1


@pytest.mark.parametrize("seen", [True, False], ids=["all seen going by", "read once more"])
async def test_an_upload_of_a_film_that_is_here_is_known(house: House, path: Path, seen: bool) -> None:
    first = await house.take(path)
    upload = await house.ingest.create_upload(new(len(DATA)))
    for offset in range(0, len(DATA), 10_000):
        part = DATA[offset : offset + 10_000]
        await obstore.put_async(house.objects, piece(upload.id, offset), part)
        last = seen and offset + len(part) == len(DATA)
        sha256 = hashlib.sha256(DATA).hexdigest() if last else None
        await house.ingest.append(Append(EDITOR, upload.id, offset, len(part), sha256))
    known = await house.ingest.preparation(ByPreparation(upload.id))
    assert (known.phase, known.title_id) == (Phase.KNOWN, first.preparation.title_id)
    assert known.message == "This film is here already as “The Lighthouse”; nothing was added."
    assert len(await house.orders()) == len((await house.catalog.list_titles(ListTitles())).titles) == 1
    assert [Path(each).name for each in house.sources()] == ["film"]
    assert (await house.ingest.upload(ByUpload(EDITOR, upload.id))).offset == len(DATA), "who lost the answer asks"
    assert known in (await house.ingest.observe(ObservePreparations(0, 0))).preparations
    await house.ingest.sweep(Sweep())
    assert (await house.ingest.cancel(ByPreparation(upload.id))).phase is Phase.CANCELED
    assert (await house.catalog.title(ByTitle(first.preparation.title_id))).id == first.preparation.title_id


async def test_a_file_that_was_uploaded_before_is_known(house: House, path: Path) -> None:
    upload = await house.send(await house.ingest.create_upload(new(len(DATA))), DATA)
    sent = await house.ingest.preparation(ByPreparation(upload.id))
    taken = await house.take(path)
    assert (taken.new, taken.preparation.id, taken.preparation.title_id) == (False, upload.id, sent.title_id)
    await house.ingest.cancel(ByPreparation(upload.id))
    assert (await house.take(path)).new


async def test_an_account_has_so_many_unfinished_uploads(small: House) -> None:
    first = await small.ingest.create_upload(new(1000))
    await small.ingest.create_upload(new(1000, subtitle_of=first.id))
    await small.ingest.create_upload(new(1000))
    with pytest.raises(TooManyUploads, match="2 unfinished uploads"):
        await small.ingest.create_upload(new(1000))
    await small.ingest.create_upload(CreateUpload("acc_other", "x.mp4", 1000, FILM))
    await small.ingest.terminate(ByUpload(EDITOR, first.id))
    with pytest.raises(TooManyUploads, match=r"0\.0000038147 GiB|together"):
        await small.ingest.create_upload(new(4000))
    await small.ingest.create_upload(new(3000))


async def test_what_is_sent_without_a_size_is_held_against_the_quota(small: House) -> None:
    upload = await small.ingest.create_upload(new(None))
    upload = await small.send(upload, b"x" * 4000)
    with pytest.raises(TooManyUploads):
        await small.send(upload, b"x" * 200)
    with pytest.raises(TooManyUploads):
        await small.ingest.announce(Announce(EDITOR, upload.id, 5000))
    await small.ingest.announce(Announce(EDITOR, upload.id, 4050))


async def test_sidecars_have_bounds_of_their_own(house: House) -> None:
    film = await house.ingest.create_upload(new(10, sidecars=3))
    with pytest.raises(TooLarge):
        await house.ingest.create_upload(new(17 << 20, subtitle_of=film.id))
    with pytest.raises(TooLarge):
        await house.ingest.create_upload(new(65 << 20, poster_of=film.id))
    text = await house.ingest.create_upload(new(10, subtitle_of=film.id))
    with pytest.raises(NoSuchUpload):
        await house.ingest.create_upload(new(10, subtitle_of=text.id))
    for _ in range(39):
        await house.ingest.create_upload(new(10, subtitle_of=film.id))
    with pytest.raises(TooManyUploads):
        await house.ingest.create_upload(new(10, subtitle_of=film.id))


async def test_a_film_waits_for_its_subtitles_and_its_poster(house: House) -> None:
    film = await house.ingest.create_upload(new(4, sidecars=2))
    await house.send(film, b"film")
    text = await house.ingest.create_upload(new(4, subtitle_of=film.id, language="de"))
    poster = await house.ingest.create_upload(new(4, poster_of=film.id))
    await house.send(text, b"text")
    assert await house.orders() == []
    await house.send(poster, b"jpeg")
    order = (await house.orders())[0]
    assert [one["source"] for one in order["sidecars"]] == [f"uploads/{text.id}/"]


async def test_a_sidecar_that_is_given_up_is_waited_for_no_more(house: House) -> None:
    film = await house.ingest.create_upload(new(4, sidecars=1))
    text = await house.ingest.create_upload(new(4, subtitle_of=film.id))
    await house.send(film, b"film")
    await house.ingest.terminate(ByUpload(EDITOR, text.id))
    assert [order["sidecars"] for order in await house.orders()] == [[]]
    with pytest.raises(UploadGone):
        await house.ingest.upload(ByUpload(EDITOR, text.id))


async def test_an_upload_that_is_given_up_is_gone(house: House) -> None:
    film = await house.send(await house.ingest.create_upload(new(10)), b"12345")
    await house.ingest.terminate(ByUpload(EDITOR, film.id))
    assert house.sources() == []
    for asked in (
        house.ingest.upload(ByUpload(EDITOR, film.id)),
        house.ingest.terminate(ByUpload(EDITOR, film.id)),
        house.ingest.append(Append(EDITOR, film.id, 5, 5)),
        house.ingest.announce(Announce(EDITOR, film.id, 10)),
    ):
        with pytest.raises(UploadGone):
            await asked
    with pytest.raises(NoSuchUpload):
        await house.ingest.upload(ByUpload("acc_other", film.id))
    assert (await house.catalog.list_titles(ListTitles())).titles == []


async def test_an_upload_that_nobody_goes_on_with_expires(house: House) -> None:
    film = await house.ingest.create_upload(new(10))
    assert film.expires_at == film.created_at + timedelta(hours=24)
    house.clock.advance(timedelta(hours=23))
    later = await house.send(film, b"12345")
    assert later.expires_at is not None
    assert later.expires_at > film.expires_at
    house.clock.advance(timedelta(hours=25))
    with pytest.raises(UploadGone):
        await house.ingest.upload(ByUpload(EDITOR, film.id))
    await house.ingest.sweep(Sweep())
    assert house.sources() == []


async def test_the_bytes_of_a_sidecar_keep_its_film(house: House) -> None:
    film = await house.ingest.create_upload(new(10, sidecars=1))
    text = await house.ingest.create_upload(new(10, subtitle_of=film.id))
    house.clock.advance(timedelta(hours=23))
    await house.send(text, b"12345")
    house.clock.advance(timedelta(hours=23))
    await house.ingest.sweep(Sweep())
    assert (await house.ingest.upload(ByUpload(EDITOR, film.id))).offset == 0


async def test_a_film_whose_sidecars_never_come_goes_on_without(house: House) -> None:
    film = await house.send(await house.ingest.create_upload(new(4, sidecars=1)), b"film")
    assert film.expires_at is None
    house.clock.advance(timedelta(hours=25))
    await house.ingest.sweep(Sweep())
    assert [order["sidecars"] for order in await house.orders()] == [[]]


async def test_a_full_disk_refuses_before_anything_is_noted(
    house: House, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("matinee.backends.objects.stored.free_bytes", lambda _: 1000)
    with pytest.raises(OutOfSpace):
        await house.take(path)
    with pytest.raises(OutOfSpace):
        await house.ingest.create_upload(new(10_000))
    assert (await house.ingest.observe(ObservePreparations(0, 0))).preparations == []


async def test_what_the_client_wrote_is_given_back(house: House) -> None:
    film = await house.ingest.create_upload(new(10, described="filename eA=="))
    assert (await house.ingest.upload(ByUpload(EDITOR, film.id))).described == "filename eA=="
