from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
import pytest

from ingesting import WorkingHouse, over
from matinee.ingest import pipeline, publish
from matinee.ingest.contract import (
    Append,
    ByPreparation,
    ByUpload,
    CreateUpload,
    Ingest,
    NoSuchUpload,
    ObservePreparations,
    OffsetConflict,
    OfTitle,
    Phase,
    Preparation,
    RetryPreparation,
    Sidecar,
    Start,
    Sweep,
    Upload,
    UploadGone,
    piece,
)
from matinee.ingest.intake.inbox import Inbox
from matinee.ingest.limits import Limits
from matinee.ingest.pictures import sending
from matinee.ingest.pictures.sending import Sent
from matinee.ingest.toolchain import installed
from matinee.runtime.errors import Conflict, Invalid, NotFound, OutOfSpace, TooLarge
from matinee.runtime.ids import IMAGE
from matinee.services.catalog.contract import ByTitle, NoSuchTitle, NotPlayable
from matinee.services.catalog.service import Service as CatalogService
from matinee.services.fill.contract import Drop, ObserveManifest
from matinee.services.jobs.contract import ByJob, Finish, Lease, LeaseLost, ListJobs, NoSuchJob, Reason
from matinee.terms.artwork import Shape
from matinee.terms.finding import FindingKind
from matinee.terms.title import Metadata, State

Eventually = Callable[..., Awaitable[None]]
EDITOR = "acc_editor"
FILM = Metadata("The Lighthouse", year=2026, genres=["Drama"])


def film(path: Path, seconds: float = 3, size: str = "320x180", *, sound: bool = True, pixels: str = "yuv420p") -> Path:
    """A moving picture with a tone."""
    inputs = ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate=24:duration={seconds}"]
    if sound:
        inputs += ["-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"]
    coding = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", pixels, "-c:a", "aac"]
    command = [installed().ffmpeg, "-v", "error", "-nostdin", *inputs, *coding, f"file:{path}"]
    subprocess.run(command, check=True, timeout=60)
    return path


class House(WorkingHouse):
    """Quick to notice that a worker is gone."""

    def __init__(self, home: Path, lease_ms: int = 10_000, limits: Limits | None = None) -> None:
        super().__init__(home, limits, lease_ms)

    async def send(self, upload: Upload, data: bytes, step: int | None = None) -> Upload:
        while upload.offset < len(data):
            part = data[upload.offset : upload.offset + (step or len(data))]
            await obstore.put_async(self.objects, piece(upload.id, upload.offset), part)
            upload = await self.ingest.append(Append(EDITOR, upload.id, upload.offset, len(part)))
        return upload


@pytest.fixture
async def house(tmp_path: Path, wired: Callable[..., Awaitable[Any]]) -> AsyncIterator[House]:
    house = House(tmp_path)
    house.ingest = await wired(Ingest, house.service)
    yield house
    await house.close()


@pytest.fixture
async def working(house: House) -> AsyncIterator[None]:
    running = asyncio.create_task(house.worker.run())
    yield
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def no_film(path: Path) -> Path:
    path.write_bytes(b"x" * 100)
    return path


async def failing(house: House, path: Path, reason: Reason) -> Preparation:
    """A film whose first step ended so."""
    started = await house.ingest.start(Start(path.name, str(no_film(path)), path.name, FILM))
    leased = await house.jobs.lease(Lease("w", pipeline.GROUP, ["ingest.inspect"], 0))
    await house.jobs.finish(Finish(leased.lease, reason, "It is broken.", retry=False))
    return await house.ingest.preparation(ByPreparation(started.id))


async def shown(house: House) -> dict[str, Phase]:
    """What an editor sees who opens the studio now, by file."""
    seen = await house.ingest.observe(ObservePreparations(0, 0))
    return {one.filename: one.phase for one in seen.preparations}


async def shown_after(seconds: float, house: House) -> dict[str, Phase]:
    await asyncio.sleep(seconds)
    return await shown(house)


def new_upload(size: int, **more: object) -> CreateUpload:
    return CreateUpload(EDITOR, "night 'n' day\n.mp4", size, FILM, **more)  # type: ignore[arg-type]


@pytest.mark.usefixtures("working")
async def test_a_file_of_this_machine_becomes_a_title_that_plays(house: House, tmp_path: Path) -> None:
    path = film(tmp_path / 'it\'s a "film", 🎬\n.mp4', seconds=5)
    words = tmp_path / "en.srt"
    words.write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    start = Start("k", str(path), path.name, FILM, [Sidecar(str(words), "en")])
    first = await house.ingest.start(start)
    assert (first.title, first.phase) == ("The Lighthouse", Phase.PREPARING)
    assert (await house.catalog.title(ByTitle(first.title_id))).state is State.DRAFT
    assert (await house.ingest.start(start)).id == first.id
    done = await over(house, first.id)
    assert (done.phase, done.message, done.progress) == (Phase.PLAYABLE, "", 1)
    title = await house.catalog.title(ByTitle(first.title_id))
    encode = await house.catalog.encode(ByTitle(first.title_id))
    assert (title.state, title.encode_id) == (State.PUBLISHED, encode.id)
    assert [rendition.id for rendition in encode.renditions] == ["v180", "a0", "t-en"]
    assert title.poster is not None
    stored = house.files("objects")
    base = f"media/{title.id}/{encode.id}"
    assert {f"images/{title.poster.id}/{width}.jpg" for width in title.poster.widths} < set(stored)
    assert [name for name in stored if not name.startswith("images/")] == sorted(
        f"{base}/{file.path}" for file in encode.files
    )
    wanted = await house.fill.observe_manifest(ObserveManifest("cdn-a", -1, 0))
    assert [one.encode_path for one in wanted.encodes] == [f"{title.id}/{encode.id}"]
    assert path.exists()
    await house.worker.sweep()
    assert house.files("scratch") == []


@pytest.mark.usefixtures("working")
async def test_an_upload_in_pieces_with_its_sidecar_becomes_a_title(house: House, tmp_path: Path) -> None:
    data = film(tmp_path / "f.mp4", seconds=2, sound=False).read_bytes()
    upload = await house.ingest.create_upload(new_upload(len(data), sidecars=1))
    words = b"WEBVTT\n\n00:00.100 --> 00:01.000\nMoin\n"
    await house.send(upload, data, step=len(data) // 3 + 1)
    waiting = await house.ingest.preparation(ByPreparation(upload.id))
    assert (waiting.phase, waiting.progress) == (Phase.UPLOADING, 1)
    beside = await house.ingest.create_upload(new_upload(len(words), subtitle_of=upload.id, language="de"))
    await house.send(beside, words)
    done = await over(house, upload.id)
    assert (done.phase, done.message) == (Phase.PLAYABLE, "")
    encode = await house.catalog.encode(ByTitle(done.title_id))
    assert [(one.id, one.label) for one in encode.renditions] == [("v180", ""), ("t-de", "Deutsch")]
    assert not [name for name in house.files("objects") if name.startswith(("uploads", "sources"))]


@pytest.mark.usefixtures("working")
async def test_a_bad_film_ends_with_one_sentence_and_leaves_nothing(house: House, tmp_path: Path) -> None:
    path = tmp_path / "letter.mp4"
    path.write_text("Dear editor, this is no film.\n")
    started = await house.ingest.start(Start("k", str(path), path.name, FILM))
    failed = await over(house, started.id)
    assert (failed.phase, failed.message) == (Phase.FAILED, "This is not a video file that can be read.")
    assert not failed.retryable
    with pytest.raises(NotPlayable):
        await house.catalog.encode(ByTitle(started.title_id))
    assert house.files("objects") == []
    with pytest.raises(Conflict):
        await house.ingest.retry(RetryPreparation(started.id))


async def test_the_inbox_is_taken_in_and_emptied(house: House, tmp_path: Path) -> None:
    path, words = tmp_path / "night & day.mp4", tmp_path / "de.vtt"
    path.write_bytes(b"x" * 100)
    words.write_text("WEBVTT\n")
    inbox = Inbox(house.home)
    laid = inbox.put(path, FILM, [Sidecar(str(words), "de")])
    assert path.exists()
    (house.home / "inbox" / "bad").mkdir()
    (house.home / "inbox" / "bad" / "film.json").write_text('{"file": "../../secret", "metadata": {"title": "x"}}')
    taken = await inbox.take(house.ingest)
    assert [(one.filename, one.title) for one in taken] == [("night & day.mp4", "The Lighthouse")]
    assert not laid.exists()
    stored = house.home / "objects" / "sources" / taken[0].id
    assert sorted(file.name for file in stored.iterdir()) == ["film", "sidecar-0"]
    assert "film.json" in (house.home / "inbox" / "bad" / "refused.txt").read_text()
    assert await inbox.take(house.ingest) == []
    with pytest.raises(Invalid):
        inbox.put(tmp_path / "gone.mp4", FILM, [])


async def test_start_refuses_what_it_cannot_read(house: House, tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    for path in ("relative.mp4", str(tmp_path / "gone.mp4"), str(tmp_path), str(tmp_path / "empty.mp4")):
        with pytest.raises(Invalid):
            await house.ingest.start(Start(path, path, "x.mp4", FILM))


async def test_a_moved_file_is_gone_from_its_place(house: House, tmp_path: Path) -> None:
    path = tmp_path / "f.mp4"
    path.write_bytes(b"x" * 1000)
    started = await house.ingest.start(Start("k", str(path), "f.mp4", FILM, move=True))
    assert not path.exists()
    assert (house.home / "objects" / "sources" / started.id / "film").read_bytes() == b"x" * 1000
    assert (await house.ingest.start(Start("k", str(path), "f.mp4", FILM, move=True))).id == started.id


async def test_pieces_count_once_and_in_order(house: House) -> None:
    upload = await house.ingest.create_upload(new_upload(10))
    await obstore.put_async(house.objects, piece(upload.id, 0), b"12345")
    first = await house.ingest.append(Append(EDITOR, upload.id, 0, 5))
    assert first.offset == 5
    assert await house.ingest.append(Append(EDITOR, upload.id, 0, 5)) == first
    await obstore.put_async(house.objects, piece(upload.id, 3), b"ab")
    with pytest.raises(OffsetConflict) as conflict:
        await house.ingest.append(Append(EDITOR, upload.id, 3, 2))
    assert conflict.value.extra == {"offset": 5}
    with pytest.raises(Invalid):
        await house.ingest.append(Append(EDITOR, upload.id, 5, 5))
    await obstore.put_async(house.objects, piece(upload.id, 5), b"1234567")
    with pytest.raises(TooLarge):
        await house.ingest.append(Append(EDITOR, upload.id, 5, 7))
    assert (await house.ingest.upload(ByUpload(EDITOR, upload.id))).offset == 5


async def test_an_upload_is_its_accounts_alone(house: House) -> None:
    upload = await house.ingest.create_upload(new_upload(10))
    with pytest.raises(NoSuchUpload):
        await house.ingest.upload(ByUpload("acc_other", upload.id))
    with pytest.raises(NoSuchUpload):
        await house.ingest.append(Append("acc_other", upload.id, 0, 5))
    with pytest.raises(NoSuchUpload):
        await house.ingest.create_upload(new_upload(10, subtitle_of="upl_none"))
    with pytest.raises(TooLarge):
        await house.ingest.create_upload(new_upload(1 << 62))


@pytest.mark.parametrize(
    ("limits", "refusal"),
    [(Limits(max_upload_gib=1), TooLarge), (Limits(max_upload_gib=5), None), (Limits(spare_gib=900_000), OutOfSpace)],
)
async def test_an_upload_keeps_within_the_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: Limits, refusal: type[Exception] | None
) -> None:
    monkeypatch.setattr("matinee.backends.objects.stored.free_bytes", lambda _: 10 << 30)
    house = House(tmp_path, limits=limits)
    film = new_upload(3 << 30)
    if refusal is None:
        upload = await house.ingest.create_upload(film)
        with pytest.raises(TooLarge):
            await house.ingest.create_upload(new_upload(17 << 20, subtitle_of=upload.id))
    else:
        with pytest.raises(refusal):
            await house.ingest.create_upload(film)
    await house.close()


async def test_who_opens_the_studio_later_sees_what_failed_until_it_is_canceled(house: House, tmp_path: Path) -> None:
    for name, reason in (("letter.mp4", Reason.INVALID), ("film.mp4", Reason.FAILED)):
        seen = await failing(house, tmp_path / name, reason)
        assert (seen.phase, seen.message) == (Phase.FAILED, "It is broken.")
    both = {"letter.mp4": Phase.FAILED, "film.mp4": Phase.FAILED}
    assert await shown(house) == both
    later = House(house.home)
    assert await asyncio.gather(*(shown_after(number / 1000, later) for number in range(20))) == [both] * 20
    await later.ingest.sweep(Sweep())
    assert await shown(later) == both
    assert [path.rpartition("/")[2] for path in later.files("objects")] == ["film"], "what can be tried again stays"
    seen = await later.ingest.observe(ObservePreparations(0, 0))
    for one in seen.preparations:
        assert (await later.ingest.cancel(ByPreparation(one.id))).phase is Phase.CANCELED
    assert await shown(later) == {}
    assert later.files("objects") == []
    changed = (await later.ingest.observe(ObservePreparations(seen.cursor, 1))).preparations
    assert [one.phase for one in changed] == [Phase.CANCELED] * 2
    await later.close()


async def test_what_failed_is_shown_for_a_week(house: House, tmp_path: Path) -> None:
    await failing(house, tmp_path / "letter.mp4", Reason.INVALID)
    await failing(house, tmp_path / "film.mp4", Reason.LOST)
    house.clock.advance(timedelta(days=6))
    await house.ingest.sweep(Sweep())
    assert set(await shown(house)) == {"letter.mp4", "film.mp4"}
    house.clock.advance(timedelta(days=2))
    await house.ingest.sweep(Sweep())
    assert await shown(house) == {}
    assert house.files("objects") == []
    later = House(house.home)
    assert await shown(later) == {}
    await later.close()


@pytest.mark.usefixtures("working")
async def test_what_was_found_in_a_film_stays_with_its_title(house: House, tmp_path: Path) -> None:
    words = tmp_path / "en.srt"
    words.write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n\n2\n00:00:09,000 --> 00:00:10,000\nLate\n")
    path = film(tmp_path / "f.mp4", seconds=3, pixels="yuv444p")
    started = await house.ingest.start(Start("k", str(path), "f.mp4", FILM, [Sidecar(str(words), "en")]))
    done = await over(house, started.id)
    assert {(found.kind, found.mended) for found in done.findings} == {
        (FindingKind.DEPTH, True),
        (FindingKind.TEXT, False),
    }
    of_title = OfTitle(done.title_id)
    assert (await house.ingest.of_title(of_title)).preparation == done
    assert [stage.what for stage in done.stages][:3] == ["looking into the file", "reading subtitles", "encoding sound"]
    house.clock.advance(timedelta(days=40))
    await house.ingest.start(Start("new", str(no_film(tmp_path / "new.mp4")), "new.mp4", FILM))
    with pytest.raises(NoSuchJob):
        await house.ingest.preparation(ByPreparation(started.id))
    known = (await house.ingest.of_title(of_title)).preparation
    assert known
    assert (known.phase, known.findings, known.stages) == (Phase.PLAYABLE, done.findings, [])
    assert (await house.ingest.of_title(OfTitle("ttl_none"))).preparation is None


async def test_a_preparation_is_paused_and_goes_on(house: House, tmp_path: Path) -> None:
    started = await house.ingest.start(Start("k", str(no_film(tmp_path / "f.mp4")), "f.mp4", FILM))
    asked = ByPreparation(started.id)
    assert (await house.ingest.pause(asked)).paused
    inspect = Lease("w", pipeline.GROUP, ["ingest.inspect"], 0)
    assert (await house.jobs.lease(inspect)).task is None
    assert not (await house.ingest.resume(asked)).paused
    leased = await house.jobs.lease(inspect)
    begun = await house.ingest.retry(RetryPreparation(started.id, "inspect"))
    assert [(each.attempt, each.reason) for each in begun.stages[0].tasks] == [(2, None)]
    with pytest.raises(LeaseLost):
        await house.jobs.finish(Finish(leased.lease, Reason.NORMAL))
    waiting = ByPreparation((await house.ingest.create_upload(new_upload(10))).id)
    for change in (house.ingest.pause, house.ingest.resume):
        with pytest.raises(Conflict, match="not being prepared yet"):
            await change(waiting)
    await house.ingest.cancel(asked)
    with pytest.raises(Conflict, match="over"):
        await house.ingest.pause(asked)


async def test_pictures_that_were_sent_and_never_used_go_after_a_week(house: House) -> None:
    waits, failed, unasked = (Sent("ttl_1", house.ids.new(IMAGE), Shape.SQUARE) for _ in range(3))
    for sent in (waits, failed, unasked):
        await obstore.put_async(house.objects, sending.object_key(sent.image_id), b"png")
    await house.jobs.submit(sending.submission(failed))
    leased = await house.jobs.lease(Lease("w", sending.GROUP, [sending.KIND], 0))
    await house.jobs.finish(Finish(leased.lease, Reason.FAILED, "No luck.", retry=False))
    await house.jobs.submit(sending.submission(waits))
    house.clock.advance(timedelta(days=6))
    await house.ingest.sweep(Sweep())
    assert len(house.files("objects")) == 3
    house.clock.advance(timedelta(days=2))
    await house.ingest.sweep(Sweep())
    assert house.files("objects") == [sending.object_key(waits.image_id)]


async def test_a_film_whose_job_is_forgotten_is_closed(house: House, tmp_path: Path) -> None:
    """The house was down for longer than jobs are kept."""
    forgotten = await failing(house, tmp_path / "old.mp4", Reason.FAILED)
    await obstore.put_async(house.objects, f"media/{forgotten.title_id}/enc_1/v180/init.mp4", b"x")
    job = (await house.jobs.list_jobs(ListJobs())).jobs[0]
    house.clock.advance(timedelta(days=40))
    await house.ingest.start(Start("new", str(no_film(tmp_path / "new.mp4")), "new.mp4", FILM))
    with pytest.raises(NoSuchJob):
        await house.jobs.job(ByJob(job.id))
    later = House(house.home)
    assert await shown(later) == {"new.mp4": Phase.PREPARING}
    assert len(later.files("objects")) == 3
    seen = await later.ingest.observe(ObservePreparations(0, 0))
    await later.ingest.sweep(Sweep())
    assert [path.partition("/")[0] for path in later.files("objects")] == ["sources"]
    changed = (await later.ingest.observe(ObservePreparations(seen.cursor, 1))).preparations
    assert [(one.id, one.phase) for one in changed] == [(forgotten.id, Phase.CANCELED)]
    await later.close()


async def test_a_film_of_this_week_stays_when_its_job_is_lost(house: House, tmp_path: Path) -> None:
    """A job that is gone too early is someone's mistake, and the film may be the only copy."""
    await failing(house, tmp_path / "f.mp4", Reason.FAILED)
    (house.home / "jobs.db").rename(house.home / "lost.db")
    later = House(house.home)
    await later.ingest.sweep(Sweep())
    assert [path.rpartition("/")[2] for path in later.files("objects")] == ["film"]
    await later.close()


async def test_a_canceled_upload_leaves_nothing(house: House) -> None:
    upload = await house.ingest.create_upload(new_upload(10))
    await house.send(upload, b"12345")
    seen = await house.ingest.observe(ObservePreparations(0, 0))
    assert [(one.id, one.phase, one.progress) for one in seen.preparations] == [(upload.id, Phase.UPLOADING, 0.5)]
    assert (await house.ingest.cancel(ByPreparation(upload.id))).phase is Phase.CANCELED
    assert house.files("objects") == []
    changed = await house.ingest.observe(ObservePreparations(seen.cursor, 1))
    assert [one.phase for one in changed.preparations] == [Phase.CANCELED]
    with pytest.raises(UploadGone):
        await house.ingest.upload(ByUpload(EDITOR, upload.id))
    with pytest.raises(NotFound):
        await house.ingest.cancel(ByPreparation("upl_none"))


async def test_a_preparation_canceled_while_it_encodes_leaves_nothing(
    house: House, tmp_path: Path, eventually: Eventually
) -> None:
    path = film(tmp_path / "f.mp4", seconds=60, size="640x360")
    running = asyncio.create_task(house.worker.run())
    started = await house.ingest.start(Start("k", str(path), "f.mp4", FILM))

    async def encodes() -> bool:
        return (await house.ingest.preparation(ByPreparation(started.id))).step in {"first", "rungs"}

    await eventually(encodes, within_s=20)
    await house.ingest.cancel(ByPreparation(started.id))
    assert (await over(house, started.id)).phase is Phase.CANCELED

    async def is_clear() -> bool:
        await house.ingest.sweep(Sweep())
        await house.worker.sweep()
        return house.files("objects") == house.files("scratch") == []

    await eventually(is_clear, within_s=20)
    with pytest.raises(NoSuchTitle):
        await house.catalog.title(ByTitle(started.title_id))
    running.cancel()


@pytest.mark.usefixtures("working")
async def test_what_a_crash_interrupted_goes_on(house: House, tmp_path: Path) -> None:
    """The last byte counted, and the process died before it could start the preparation."""
    data = film(tmp_path / "f.mp4", seconds=1, sound=False).read_bytes()
    upload = await house.ingest.create_upload(new_upload(len(data)))
    await obstore.put_async(house.objects, piece(upload.id, 0), data)
    await house.service._uploads.append(Append(EDITOR, upload.id, 0, len(data)))
    assert (await house.jobs.list_jobs(ListJobs())).jobs == []
    await house.ingest.sweep(Sweep())
    assert (await over(house, upload.id)).phase is Phase.PLAYABLE


@pytest.mark.usefixtures("working")
async def test_better_pictures_bring_no_withdrawn_film_back(house: House, tmp_path: Path) -> None:
    path = film(tmp_path / "f.mp4", seconds=1)
    done = await over(house, (await house.ingest.start(Start("k", str(path), "f.mp4", FILM))).id)
    title = ByTitle(done.title_id)
    await house.catalog.withdraw(title)
    await house.fill.drop(Drop(done.title_id))
    order = pipeline.order((await house.jobs.list_jobs(ListJobs())).jobs[0].data)
    await publish.announce(house.catalog, house.fill, order, await house.catalog.encode(title))
    assert (await house.catalog.title(title)).state is State.WITHDRAWN
    assert (await house.fill.observe_manifest(ObserveManifest("cdn-a", -1, 0))).encodes == []


@pytest.mark.usefixtures("working")
async def test_a_failed_film_can_be_tried_again_and_finished_steps_do_not_run_twice(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = film(tmp_path / "f.mp4", seconds=1)
    attach, refused = CatalogService.attach, asyncio.Event()

    async def broken(*_: object) -> None:
        refused.set()
        raise Conflict("The catalogue is broken.")

    monkeypatch.setattr(CatalogService, "attach", broken)
    monkeypatch.setattr("matinee.services.jobs.rules.delay_ms", lambda *_: 1)
    started = await house.ingest.start(Start("k", str(path), "f.mp4", FILM))
    failed = await over(house, started.id)
    assert (failed.phase, failed.message, failed.retryable) == (Phase.FAILED, "The catalogue is broken.", True)
    assert await shown(house) == {"f.mp4": Phase.FAILED}
    monkeypatch.setattr(CatalogService, "attach", attach)
    again = await house.ingest.retry(RetryPreparation(started.id))
    assert again.phase is Phase.PREPARING
    assert (await over(house, started.id)).phase is Phase.PLAYABLE
    assert await shown(house) == {}
    job = (await house.jobs.list_jobs(ListJobs())).jobs[0]
    tries = {task.step: task.attempt for task in job.tasks if task.reason is Reason.NORMAL}
    assert tries.pop("playable") == 5
    tries.pop("review")  # it was stopped with the others, or had ended
    assert set(tries.values()) == {1}
