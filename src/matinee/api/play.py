"""Play: may this viewer, which files, from where. Reads as the sequence runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from litestar import Request, delete, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct, field

from matinee.api.clients import Clients, Injected
from matinee.api.optional import optional
from matinee.api.viewer import Access, Origin
from matinee.services.billing.contract import ByAccount, Entitlement, SubscriptionRequired
from matinee.services.catalog.contract import (
    Allowed,
    AllowQuery,
    Gate,
    NoSuchTitle,
    NotInRegion,
    NotYetAvailable,
    TooMature,
)
from matinee.services.history.contract import Bookmark, ByTitle
from matinee.services.playback.contract import (
    HEARTBEAT_S,
    Beat,
    Close,
    Device,
    NoSuchSession,
    NoSuitableFile,
    Open,
    Session,
    TooManyStreams,
)
from matinee.services.steering.contract import NoAppliance, Ranked, RankQuery
from matinee.terms.viewer import Viewer

AHEAD = timedelta(seconds=5)
"""A client's clock may be this much ahead of ours; an event from further on counts as now."""


class Wish(Struct, frozen=True):
    device: Device = field(default_factory=Device)


class Manifests(Struct, frozen=True):
    dash: str
    hls: str


class Named(Struct, frozen=True):
    id: str
    title: str


class RankedAppliance(Struct, frozen=True):
    """`rank` 0 is the one to ask first."""

    id: str
    url: str
    rank: int


class Playing(Struct, frozen=True):
    """All that a player needs. Send a heartbeat every `heartbeat_s` seconds."""

    session_id: str
    title: Named
    manifests: Manifests
    protection: str
    appliances: list[RankedAppliance]
    steering_url: str
    resume_position_s: float
    duration_s: float
    heartbeat_url: str
    heartbeat_s: int
    next: str | None = None


class Doing(StrEnum):
    PLAYING = "playing"
    PAUSED = "paused"
    BUFFERING = "buffering"
    ENDED = "ended"


class Heartbeat(Struct, frozen=True):
    """Where the player is at the moment `at`."""

    position_s: Annotated[float, Meta(ge=0, le=1_000_000)]
    state: Doing
    at: Annotated[datetime, Meta(tz=True)]


@post(
    "/api/play/{title_id:str}",
    access=Access.PROFILE,
    problems=[
        SubscriptionRequired,
        NoSuchTitle,
        NotInRegion,
        NotYetAvailable,
        TooMature,
        TooManyStreams,
        NoSuitableFile,
        NoAppliance,
    ],
)
async def play(
    request: Request[Any, Any, Any],
    title_id: FromPath[str],
    data: JSONBody[Wish],
    clients: Injected[Clients],
    viewer: Injected[Viewer],
    origin: Injected[Origin],
) -> Playing:
    """Open a playback session: what to play, from where, from which second on."""
    begun = ByTitle(viewer.profile_id or "", title_id)
    async with asyncio.TaskGroup() as group:
        entitling = group.create_task(clients.billing.entitlement(ByAccount(viewer.account_id)))
        allowing = group.create_task(clients.catalog.allow(AllowQuery(title_id, viewer)))
        resuming = group.create_task(optional("resume position", clients.history.bookmark(begun)))
    entitlement, allowed, bookmark = entitling.result(), allowing.result(), resuming.result()
    if not entitlement.plays:
        raise SubscriptionRequired
    name = request.headers.get("user-agent", "")[:200]
    try:
        session = await clients.playback.open(_opening(viewer, allowed, entitlement, data.device, name))
    except TooManyStreams as full:
        raise await _with_titles(full, clients, viewer) from full
    try:
        ranked = await clients.steering.rank(ranking(session, origin))
    except BaseException:
        await optional("close", clients.playback.close(Close(session.id, session.account_id, session.profile_id)))
        raise
    return _playing(session, allowed, ranked.appliances, bookmark, origin.base)


@post(
    "/api/play/sessions/{session_id:str}/heartbeat",
    access=Access.PROFILE,
    status_code=204,
    problems=[NoSuchSession, TooManyStreams],
)
async def heartbeat(
    session_id: FromPath[str], data: JSONBody[Heartbeat], clients: Injected[Clients], viewer: Injected[Viewer]
) -> None:
    """Keep the stream and remember the position, in any state."""
    profile_id = viewer.profile_id or ""
    entitlement = await optional("entitlement", clients.billing.entitlement(ByAccount(viewer.account_id)))
    streams = entitlement.streams if entitlement else 1
    try:
        beaten = await clients.playback.heartbeat(Beat(session_id, viewer.account_id, profile_id, streams))
    except TooManyStreams as full:
        raise await _with_titles(full, clients, viewer) from full
    now = clients.clock.now()
    at = now if data.at > now + AHEAD else data.at
    position_ms = position(data, beaten.duration_ms)
    bookmark = Bookmark(viewer.account_id, profile_id, beaten.title_id, position_ms, beaten.duration_ms, at)
    await optional("bookmark", clients.history.record(bookmark))


@delete("/api/play/sessions/{session_id:str}", access=Access.PROFILE, status_code=204, problems=[NoSuchSession])
async def stop(session_id: FromPath[str], clients: Injected[Clients], viewer: Injected[Viewer]) -> None:
    """End a playback session and free its stream."""
    await clients.playback.close(Close(session_id, viewer.account_id, viewer.profile_id or ""))


def position(beat: Heartbeat, duration_ms: int) -> int:
    """Milliseconds from the start; never past the end, and at the end once it has ended."""
    if beat.state is Doing.ENDED:
        return duration_ms
    return min(round(beat.position_s * 1000), duration_ms)


def ranking(session: Session, origin: Origin, shunned: Sequence[str] = ()) -> RankQuery:
    """Asks for the appliances of this session, best first."""
    return RankQuery(session.id, session.encode_path, origin.host_name, origin.address, list(shunned))


async def _with_titles(full: TooManyStreams, clients: Clients, viewer: Viewer) -> TooManyStreams:
    """Names what plays, as far as this viewer may see it: a child is not told what the grown-ups watch."""
    streams: list[dict[str, str]] = full.extra.get("streams", [])
    gate = Gate([stream["title_id"] for stream in streams], viewer)
    seen = await optional("titles of streams", clients.catalog.visible(gate))
    names = {card.id: card.title for card in seen.cards} if seen else {}
    named = [{**stream, "title": names.get(stream["title_id"])} for stream in streams]
    return TooManyStreams(full.detail, **{**full.extra, "streams": named})


def _opening(viewer: Viewer, allowed: Allowed, entitlement: Entitlement, device: Device, name: str) -> Open:
    return Open(
        viewer=viewer,
        title_id=allowed.title.id,
        encode_path=f"{allowed.title.id}/{allowed.encode.id}",
        duration_ms=allowed.encode.duration_ms,
        segment_ms=allowed.encode.segment_ms,
        renditions=allowed.encode.renditions,
        streams=entitlement.streams,
        max_height=entitlement.max_height,
        device=device,
        device_name=name,
    )


def _playing(session: Session, allowed: Allowed, ranked: list[Ranked], bookmark: Bookmark | None, base: str) -> Playing:
    at = f"{base}/api/play/sessions/{session.id}"
    resumes = bookmark is not None and not bookmark.finished
    return Playing(
        session_id=session.id,
        title=Named(allowed.title.id, allowed.title.metadata.title),
        manifests=Manifests(f"{at}/manifest.mpd?token={session.token}", f"{at}/master.m3u8?token={session.token}"),
        protection=allowed.encode.protection,
        appliances=[RankedAppliance(each.id, each.url, each.rank) for each in ranked],
        steering_url=f"{at}/steering?token={session.token}",
        resume_position_s=bookmark.position_ms / 1000 if bookmark and resumes else 0.0,
        duration_s=session.duration_ms / 1000,
        heartbeat_url=f"{at}/heartbeat",
        heartbeat_s=HEARTBEAT_S,
    )


ROUTES = [play, heartbeat, stop]
