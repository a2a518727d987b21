from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import select

from matinee.backends.sql.open import open as open_database
from matinee.backends.sql.port import Database
from matinee.runtime.errors import Invalid, MatineeError
from matinee.runtime.ids import Ids
from matinee.services.playback import tables
from matinee.services.playback.contract import (
    BadSessionToken,
    Beat,
    ByToken,
    Close,
    CloseAll,
    ContentKey,
    Device,
    LicenceQuery,
    MakeKey,
    NoSuchSession,
    NoSuitableFile,
    NotLicensed,
    ObserveEnded,
    Open,
    Playback,
    Refit,
    Screen,
    Session,
    TooManyStreams,
)
from matinee.services.playback.masters import Masters
from matinee.services.playback.service import Service
from matinee.terms.maturity import Maturity
from matinee.terms.rendition import Rendition, Track
from matinee.terms.thumbnails import Thumbnails
from matinee.terms.viewer import Viewer

Wired = Callable[..., Awaitable[Any]]

VIDEO = Rendition("v720", Track.VIDEO, "v720", "avc1.64001f", 3_000_000, 2_500_000, width=1280, height=720)
AUDIO = Rendition("a-en", Track.AUDIO, "a-en", "mp4a.40.2", 130_000, 128_000, language="en")


class HandClock:
    """Calendar and real time that only the test moves."""

    def __init__(self) -> None:
        self.calendar = self.real = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.calendar

    def real_now(self) -> datetime:
        return self.real

    def monotonic(self) -> float:
        return self.real.timestamp()

    def pass_s(self, seconds: float) -> None:
        self.calendar += timedelta(seconds=seconds)
        self.real += timedelta(seconds=seconds)


def viewer(profile: str | None = "prf_a", login: str = "lgn_1", account: str = "acc_1") -> Viewer:
    return Viewer(account, login, profile, frozenset(), Maturity.EIGHTEEN, "DE", "DE")


def wish(
    title: str = "ttl_1", *, who: Viewer | None = None, streams: int = 2, renditions: list[Rendition] | None = None
) -> Open:
    return Open(
        viewer=who or viewer(),
        title_id=title,
        encode_path=f"{title}/enc_1",
        duration_ms=60_000,
        segment_ms=4_000,
        renditions=[VIDEO, AUDIO] if renditions is None else renditions,
        streams=streams,
        max_height=1080,
        device=Device(),
        device_name="A browser",
    )


def beat(session: Session, streams: int = 2) -> Beat:
    return Beat(session.id, session.account_id, session.profile_id, streams)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def masters() -> Masters:
    return Masters([b"m" * 32])


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path}/playback.db", migrations="matinee.services.playback")
    yield opened
    await opened.close()


@pytest.fixture
async def playback(database: Database, clock: HandClock, masters: Masters, wired: Wired) -> Playback:
    return await wired(Playback, Service(database, clock, Ids(clock), [b"k" * 32], masters))


async def events(database: Database) -> list[tuple[str, str]]:
    rows = await database.read(lambda c: c.execute(select(tables.outbox).order_by(tables.outbox.c.id)).all())
    told = [json.loads(row.event) for row in rows]
    return [(event["type"].rpartition(".")[2], event["data"]["session_id"]) for event in told]


async def takers(database: Database) -> dict[str, str | None]:
    """Of each session that has ended: the device that has its place now."""
    rows = await database.read(lambda c: c.execute(select(tables.outbox).order_by(tables.outbox.c.id)).all())
    told = [json.loads(row.event) for row in rows]
    ended = [event["data"] for event in told if event["type"] == "matinee.playback.ended"]
    return {data["session_id"]: data.get("taken_by") for data in ended}


async def test_an_open_session_is_found_by_its_token_alone(playback: Playback) -> None:
    session = await playback.open(wish())
    assert await playback.session(ByToken(session.id, session.token)) == session
    other = await playback.open(wish("ttl_2"))
    for session_id, token in [
        (session.id, other.token),
        (other.id, session.token),
        (session.id, session.token[:-2] + "AA"),
        (session.id, session.id),
        (session.id, f"{session.id}.é"),
        (session.id, ""),
    ]:
        with pytest.raises(BadSessionToken):
            await playback.session(ByToken(session_id, token))


async def test_the_media_token_lives_the_running_time_and_six_hours(playback: Playback, clock: HandClock) -> None:
    session = await playback.open(wish())
    assert session.media_expires_at - session.started_at == timedelta(minutes=1, hours=6)
    clock.calendar = session.media_expires_at
    with pytest.raises(NoSuchSession):
        await playback.session(ByToken(session.id, session.token))
    with pytest.raises(NoSuchSession):
        await playback.heartbeat(beat(session))


async def test_the_limit_holds_and_names_what_plays(playback: Playback) -> None:
    first = await playback.open(wish("ttl_1", who=viewer("prf_a", "lgn_1")))
    second = await playback.open(wish("ttl_2", who=viewer("prf_b", "lgn_2")))
    with pytest.raises(TooManyStreams) as refused:
        await playback.open(wish("ttl_3", who=viewer("prf_c", "lgn_3")))
    shown = refused.value.extra["streams"]
    assert {stream["session_id"] for stream in shown} == {first.id, second.id}
    assert shown[0]["device"] == "A browser"
    assert datetime.fromisoformat(shown[0]["started_at"]) == first.started_at
    elsewhere = await playback.open(wish("ttl_3", who=viewer(account="acc_2")))
    assert elsewhere.account_id == "acc_2"


async def test_the_limit_holds_under_a_race(playback: Playback) -> None:
    racers = [playback.open(wish(f"ttl_{n}", who=viewer("prf_a", f"lgn_{n}"))) for n in range(20)]
    ended = await asyncio.gather(*racers, return_exceptions=True)
    assert sum(isinstance(one, Session) for one in ended) == 2
    assert sum(isinstance(one, TooManyStreams) for one in ended) == 18


async def test_a_lapsed_lease_frees_its_slot_and_ends_only_when_it_is_taken(
    playback: Playback, clock: HandClock
) -> None:
    silent, beating = await playback.open(wish("ttl_1")), await playback.open(wish("ttl_2"))
    clock.pass_s(14.9)
    await playback.heartbeat(beat(beating))
    with pytest.raises(TooManyStreams):
        await playback.open(wish("ttl_3", who=viewer(login="lgn_9")))
    clock.pass_s(0.1)
    assert (await playback.session(ByToken(silent.id, silent.token))).id == silent.id
    taker = await playback.open(wish("ttl_3", who=viewer(login="lgn_9")))
    with pytest.raises(NoSuchSession):
        await playback.session(ByToken(silent.id, silent.token))
    with pytest.raises(NoSuchSession):
        await playback.heartbeat(beat(silent))
    assert (await playback.observe_ended(ObserveEnded(-1, 0))).sessions == [silent.id]
    await playback.heartbeat(beat(taker))


async def test_the_log_tells_whose_stream_was_taken_over_and_by_which_device(
    playback: Playback, database: Database, clock: HandClock
) -> None:
    silent = await playback.open(wish("ttl_1", streams=1))
    clock.pass_s(20)
    taker = await playback.open(replace(wish("ttl_2", streams=1, who=viewer(login="lgn_9")), device_name="Television"))
    again = await playback.open(wish("ttl_2", streams=1, who=viewer(login="lgn_9")))
    await playback.close(Close(again.id, again.account_id, again.profile_id))
    assert await takers(database) == {silent.id: "Television", taker.id: None, again.id: None}


async def test_a_lapsed_session_stays_while_other_slots_are_free(playback: Playback, clock: HandClock) -> None:
    silent = await playback.open(wish("ttl_1", streams=4))
    clock.pass_s(60)
    await playback.open(wish("ttl_2", streams=4))
    assert (await playback.heartbeat(beat(silent, 4))).title_id == "ttl_1"


async def test_a_heartbeat_after_a_lapse_takes_a_free_slot_or_is_refused(playback: Playback, clock: HandClock) -> None:
    silent = await playback.open(wish("ttl_1", streams=2))
    clock.pass_s(20)
    assert (await playback.heartbeat(beat(silent))).duration_ms == 60_000
    first = await playback.open(wish("ttl_2", streams=2))
    clock.pass_s(10)
    await playback.heartbeat(beat(first))
    clock.pass_s(10)
    with pytest.raises(TooManyStreams) as refused:  # the plan shrank to one stream meanwhile
        await playback.heartbeat(beat(silent, 1))
    assert [stream["session_id"] for stream in refused.value.extra["streams"]] == [first.id]


async def test_leases_follow_real_time_not_the_test_clock(playback: Playback, clock: HandClock) -> None:
    await playback.open(wish("ttl_1", streams=1))
    clock.calendar += timedelta(minutes=5)
    with pytest.raises(TooManyStreams):
        await playback.open(wish("ttl_2", streams=1))


async def test_opening_again_from_the_same_login_replaces_ones_own(playback: Playback, database: Database) -> None:
    first = await playback.open(wish(streams=1))
    second = await playback.open(wish(streams=1))
    with pytest.raises(NoSuchSession):
        await playback.session(ByToken(first.id, first.token))
    with pytest.raises(TooManyStreams):
        await playback.open(wish(streams=1, who=viewer(login="lgn_2")))
    assert await events(database) == [("started", first.id), ("ended", first.id), ("started", second.id)]


async def test_another_profile_neither_beats_nor_closes_a_session(playback: Playback) -> None:
    session = await playback.open(wish())
    with pytest.raises(NoSuchSession):
        await playback.heartbeat(Beat(session.id, session.account_id, "prf_b", 2))
    for account, profile in [("acc_1", "prf_b"), ("acc_2", "prf_a")]:
        with pytest.raises(NoSuchSession):
            await playback.close(Close(session.id, account, profile))
    with pytest.raises(NoSuchSession):
        await playback.close(Close("ses_unknown", "acc_1", "prf_a"))


async def test_closing_frees_the_slot_and_may_be_repeated(playback: Playback, database: Database) -> None:
    session = await playback.open(wish(streams=1))
    for _ in range(2):
        await playback.close(Close(session.id, session.account_id, session.profile_id))
    await playback.open(wish("ttl_2", streams=1))
    assert [told for told in await events(database) if told[1] == session.id] == [
        ("started", session.id),
        ("ended", session.id),
    ]


async def test_a_title_a_login_or_an_account_ends_all_its_sessions(playback: Playback) -> None:
    by_title = await playback.open(wish("ttl_1", streams=9))
    by_login = await playback.open(wish("ttl_2", streams=9, who=viewer(login="lgn_2")))
    stays = await playback.open(wish("ttl_2", streams=9, who=viewer(account="acc_2", login="lgn_3")))
    await playback.close_all(CloseAll(title_id="ttl_1"))
    await playback.close_all(CloseAll(login="lgn_2"))
    assert (await playback.observe_ended(ObserveEnded(-1, 0))).sessions == [by_title.id, by_login.id]
    await playback.heartbeat(beat(stays))
    await playback.close_all(CloseAll(account_id="acc_2"))
    with pytest.raises(NoSuchSession):
        await playback.heartbeat(beat(stays))
    for nothing in [CloseAll(), CloseAll(title_id="ttl_1", login="lgn_1")]:
        with pytest.raises(Invalid):
            await playback.close_all(nothing)


async def test_ended_sessions_are_told_to_who_waits(playback: Playback) -> None:
    session = await playback.open(wish())
    seen = await playback.observe_ended(ObserveEnded(-1, 30))
    assert seen.sessions == []
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(playback.observe_ended(ObserveEnded(seen.cursor, 30)))
        await asyncio.sleep(0)
        await playback.close(Close(session.id, session.account_id, session.profile_id))
    assert waiting.result().sessions == [session.id]
    again = await playback.observe_ended(ObserveEnded(waiting.result().cursor, 0.01))
    assert (again.sessions, again.cursor) == ([], waiting.result().cursor)


async def test_the_list_is_bounded_to_tokens_that_have_not_expired(playback: Playback, clock: HandClock) -> None:
    old = await playback.open(wish("ttl_1"))
    await playback.close(Close(old.id, old.account_id, old.profile_id))
    clock.pass_s(7 * 3600)
    assert (await playback.observe_ended(ObserveEnded(-1, 0))).sessions == []
    new = await playback.open(wish("ttl_2"))
    await playback.close(Close(new.id, new.account_id, new.profile_id))
    everything = await playback.observe_ended(ObserveEnded(-1, 0))
    assert everything.sessions == [new.id]
    ahead = await playback.observe_ended(ObserveEnded(everything.cursor + 100, 30))
    assert ahead == everything, "a cursor that was never given, from a database since reset, asks for all"


async def test_a_device_that_plays_nothing_of_it_and_a_viewer_without_a_profile(playback: Playback) -> None:
    with pytest.raises(NoSuitableFile):
        await playback.open(wish(renditions=[]))
    with pytest.raises(Invalid):
        await playback.open(wish(who=viewer(profile=None)))


# -- keys ----------------------------------------------------------------------------------------------------------


async def licensed(playback: Playback, title: str = "ttl_1", who: Viewer | None = None) -> tuple[Session, ContentKey]:
    """A session of an encrypted film, and the film's key."""
    key = await playback.key(MakeKey(f"enc_{title}"))
    asked = msgspec.structs.replace(wish(title, who=who), encode_path=f"{title}/enc_{title}", key_id=key.key_id)
    return await playback.open(asked), key


def query(session: Session, *key_ids: str, token: str = "") -> LicenceQuery:
    return LicenceQuery(session.id, token or session.token, list(key_ids) or None)


async def test_an_encode_has_one_key_however_often_and_by_how_many_it_is_asked(playback: Playback) -> None:
    keys = await asyncio.gather(*[playback.key(MakeKey("enc_1")) for _ in range(8)])
    assert len({(key.key_id, key.key) for key in keys}) == 1
    other = await playback.key(MakeKey("enc_2"))
    assert (other.key_id, other.key) != (keys[0].key_id, keys[0].key)
    assert [len(part) for part in (bytes.fromhex(other.key_id), other.key)] == [16, 16]


async def test_a_session_gets_its_own_film_s_key_and_no_other(playback: Playback) -> None:
    session, key = await licensed(playback)
    assert session.key_id == key.key_id
    assert (await playback.session(ByToken(session.id, session.token))).key_id == key.key_id
    given = await playback.licence(query(session))
    assert given.keys == [key]
    assert given.expires_at == session.media_expires_at
    other, others = await licensed(playback, "ttl_2")
    assert (await playback.licence(query(session, others.key_id, key.key_id))).keys == [key]
    with pytest.raises(NotLicensed):
        await playback.licence(query(session, others.key_id))
    for wrong in (query(session, token=other.token), query(session, token="x"), query(other, token=session.token)):
        with pytest.raises(BadSessionToken):
            await playback.licence(wrong)


async def test_a_session_of_a_clear_film_has_no_key(playback: Playback) -> None:
    with pytest.raises(NotLicensed):
        await playback.licence(query(await playback.open(wish())))


async def test_no_key_once_the_session_has_ended_or_run_out(playback: Playback, clock: HandClock) -> None:
    closed, _ = await licensed(playback)
    await playback.close(Close(closed.id, closed.account_id, closed.profile_id))
    withdrawn, _ = await licensed(playback, "ttl_2")
    await playback.close_all(CloseAll(title_id="ttl_2"))
    revoked, _ = await licensed(playback, "ttl_3", viewer(login="lgn_9"))
    await playback.close_all(CloseAll(login="lgn_9"))
    taken, _ = await licensed(playback, "ttl_4")
    await licensed(playback, "ttl_4")
    late, _ = await licensed(playback, "ttl_5")
    for session in (closed, withdrawn, revoked, taken):
        with pytest.raises(NoSuchSession):
            await playback.licence(query(session))
    assert (await playback.licence(query(late))).keys
    clock.calendar = late.media_expires_at
    with pytest.raises(NoSuchSession):
        await playback.licence(query(late))


async def test_the_database_holds_no_key_that_opens_a_film(playback: Playback, database: Database) -> None:
    _, key = await licensed(playback)
    rows = await database.read(lambda c: c.execute(select(tables.keys)).all())
    assert [len(row.wrapped) for row in rows] == [24]
    assert key.key not in rows[0].wrapped
    assert key.key.hex() not in repr(key)
    assert str(key.key) not in f"{key} {key!r}"


async def test_a_new_master_wraps_all_keys_and_the_old_one_still_opens_what_was_restored(
    database: Database, clock: HandClock
) -> None:
    masters = Masters([b"m" * 32])
    service = Service(database, clock, Ids(clock), [b"k" * 32], masters)
    before = [await service.key(MakeKey(f"enc_{n}")) for n in range(3)]
    masters.replace([b"n" * 32, b"m" * 32])
    late = await service.key(MakeKey("enc_late"))
    assert await service.rewrap() == 3
    assert await service.rewrap() == 0
    only_new = Service(database, clock, Ids(clock), [b"k" * 32], Masters([b"n" * 32]))
    assert [await only_new.key(MakeKey(f"enc_{n}")) for n in range(3)] == before
    assert await only_new.key(MakeKey("enc_late")) == late
    stranger = Service(database, clock, Ids(clock), [b"k" * 32], Masters([b"x" * 32]))
    with pytest.raises(MatineeError, match="master key"):
        await stranger.key(MakeKey("enc_0"))


# -- what joins later ----------------------------------------------------------------------------------------------


def rung(height: int, codecs: str = "avc1.64001f") -> Rendition:
    name, bps = f"v{height}-{codecs[:4]}", height * 3000
    return Rendition(name, Track.VIDEO, name, codecs, bps, bps, width=height * 16 // 9, height=height)


def names(session: Session) -> list[str]:
    return [rendition.id for rendition in session.renditions]


async def test_what_is_made_later_joins_a_session_that_began_early(playback: Playback) -> None:
    device = Device(Screen(1280, 720), ["avc1.640028", "av01.0.08M.08"], 100_000)
    early = msgspec.structs.replace(wish(renditions=[rung(240), AUDIO]), device=device, complete=False)
    session = await playback.open(early)
    assert (session.complete, names(session)) == (False, ["v240-avc1", "a-en"])
    everything = [rung(1080), rung(720), rung(480), rung(240), rung(720, "av01.0.08M.08"), AUDIO]
    half = await playback.refit(Refit(session.id, session.token, [rung(480), rung(240), AUDIO], complete=False))
    assert (half.complete, names(half)) == (False, ["v480-avc1", "v240-avc1", "a-en"])
    whole = await playback.refit(Refit(session.id, session.token, everything, complete=True))
    assert (whole.complete, names(whole)) == (True, ["v720-avc1", "v480-avc1", "v240-avc1", "a-en"])
    assert await playback.session(ByToken(session.id, session.token)) == whole
    assert await playback.refit(Refit(session.id, session.token, [AUDIO], complete=False)) == whole


async def test_the_plan_bounds_what_joins(playback: Playback) -> None:
    early = msgspec.structs.replace(wish(renditions=[rung(240), AUDIO]), max_height=480, complete=False)
    session = await playback.open(early)
    later = Refit(session.id, session.token, [rung(720), rung(480), rung(240), AUDIO], complete=True)
    assert names(await playback.refit(later)) == ["v480-avc1", "v240-avc1", "a-en"]


async def test_nothing_joins_a_session_that_began_complete_has_ended_or_is_another_s(playback: Playback) -> None:
    session = await playback.open(wish())
    more = [rung(1080), VIDEO, AUDIO]
    assert await playback.refit(Refit(session.id, session.token, more, complete=True)) == session
    with pytest.raises(BadSessionToken):
        await playback.refit(Refit(session.id, "x", more, complete=True))
    await playback.close(Close(session.id, session.account_id, session.profile_id))
    with pytest.raises(NoSuchSession):
        await playback.refit(Refit(session.id, session.token, more, complete=True))


async def test_a_session_keeps_the_thumbnails_of_its_film(playback: Playback) -> None:
    small = Thumbnails("thumbnails", 240, 136, 5, 6, 2000, 3, 9000)
    opened = await playback.open(msgspec.structs.replace(wish(), thumbnails=small))
    assert opened.thumbnails == small
    assert (await playback.session(ByToken(opened.id, opened.token))).thumbnails == small
    without = await playback.open(wish())
    assert (await playback.session(ByToken(without.id, without.token))).thumbnails is None


async def test_a_start_tells_its_series_and_whether_it_is_a_preview(playback: Playback, database: Database) -> None:
    await playback.open(msgspec.structs.replace(wish("ttl_episode"), series_id="ttl_series"))
    await playback.open(msgspec.structs.replace(wish("ttl_draft"), preview=True))
    rows = await database.read(lambda connection: connection.execute(select(tables.outbox)).all(), fresh=True)
    told = [msgspec.json.decode(row.event)["data"] for row in rows]
    assert [(each["title_id"], each["series_id"], each["preview"]) for each in told] == [
        ("ttl_episode", "ttl_series", False),
        ("ttl_draft", None, True),
    ]
