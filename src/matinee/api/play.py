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

from matinee.api import chapters, secure_context
from matinee.api.chapters import Chapter
from matinee.api.clients import Clients, Injected
from matinee.api.home_rows import Item, Place, item, place
from matinee.api.optional import optional
from matinee.api.secure_context import SecureContextRequired
from matinee.api.viewer import Access, Origin
from matinee.ingest.wanted import wanted
from matinee.services.billing.contract import ByAccount, Entitlement, SubscriptionRequired
from matinee.services.catalog.contract import (
    Allowed,
    AllowQuery,
    ByTitle,
    Gate,
    NoSuchTitle,
    NotInRegion,
    NotPlayable,
    NotYetAvailable,
    TooMature,
)
from matinee.services.history.contract import Bookmark
from matinee.services.history.contract import ByTitle as Watched
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
from matinee.terms.language import Language
from matinee.terms.title import worded
from matinee.terms.viewer import Role, Viewer

AHEAD = timedelta(seconds=5)
"""A client's clock may be this much ahead of ours; an event from further on counts as now."""

PREVIEW = Entitlement(plays=True, streams=1, max_height=2160)
"""What an editor without a membership may watch of the films to come."""


class Wish(Struct, frozen=True):
    """`preview` lets an editor play what members may not see (yet), without a membership; for anyone else it changes nothing."""

    device: Device = field(default_factory=Device)
    preview: bool = False


class Manifests(Struct, frozen=True):
    dash: str
    hls: str


class Named(Struct, frozen=True):
    id: str
    title: str
    episode: Place | None = None


class RankedAppliance(Struct, frozen=True):
    """`rank` 0 is the one to ask first."""

    id: str
    url: str
    rank: int


class LicenceServer(Struct, frozen=True):
    """Of an encrypted film: where the browser's Clear Key module gets its keys."""

    url: str


class Playing(Struct, frozen=True):
    """All that a player needs. Send a heartbeat every `heartbeat_s` seconds. `thumbnails` is the address of a WebVTT file of small
    pictures, null where there are none; both manifests name the same pictures. `next` is the
    episode that follows. `contents_url` is there while better renditions are on their way, and says when the manifests name
    more."""

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
    next: Item | None = None
    chapters: list[Chapter] = []
    thumbnails: str | None = None
    licence: LicenceServer | None = None
    contents_url: str | None = None


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
        NotPlayable,
        NotYetAvailable,
        TooMature,
        TooManyStreams,
        NoSuitableFile,
        NoAppliance,
        SecureContextRequired,
    ],
)
async def play(
    request: Request[Any, Any, Any],
    title_id: FromPath[str],
    data: JSONBody[Wish],
    clients: Injected[Clients],
    viewer: Injected[Viewer],
    origin: Injected[Origin],
    languages: Injected[list[Language]],
) -> Playing:
    """Open a playback session: what to play, from where, from which second on."""
    begun = Watched(viewer.profile_id or "", title_id)
    previews = data.preview and Role.EDITOR in viewer.roles
    asked = AllowQuery(title_id, viewer, languages, preview=previews)
    async with asyncio.TaskGroup() as group:
        entitling = group.create_task(clients.billing.entitlement(ByAccount(viewer.account_id)))
        allowing = group.create_task(clients.catalog.allow(asked))
        resuming = group.create_task(optional("resume position", clients.history.bookmark(begun)))
    entitlement, allowed, bookmark = entitling.result(), allowing.result(), resuming.result()
    if previews:
        entitlement = entitlement if entitlement.plays else PREVIEW
        await _send_to_appliances(clients, title_id)
    if not entitlement.plays:
        raise SubscriptionRequired
    secure_context.require(allowed.encode, origin)
    name = request.headers.get("user-agent", "")[:200]
    try:
        session = await clients.playback.open(_opening(asked, allowed, entitlement, data.device, name))
    except TooManyStreams as full:
        raise await _with_titles(full, clients, viewer) from full
    try:
        ranked = await clients.steering.rank(ranking(session, origin))
    except BaseException:
        await optional("close", clients.playback.close(Close(session.id, session.account_id, session.profile_id)))
        raise
    return _playing(session, asked, allowed, ranked.appliances, bookmark, origin.base)


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


async def _send_to_appliances(clients: Clients, title_id: str) -> None:
    """They hold published films alone, and serve what they are told of."""
    encode = await clients.catalog.encode(ByTitle(title_id))
    await clients.fill.want(wanted(title_id, encode))


async def _with_titles(full: TooManyStreams, clients: Clients, viewer: Viewer) -> TooManyStreams:
    """Names what plays, as far as this viewer may see it: a child is not told what the grown-ups watch."""
    streams: list[dict[str, str]] = full.extra.get("streams", [])
    gate = Gate([stream["title_id"] for stream in streams], viewer)
    seen = await optional("titles of streams", clients.catalog.visible(gate))
    names = {card.id: card.title for card in seen.cards} if seen else {}
    named = [{**stream, "title": names.get(stream["title_id"])} for stream in streams]
    return TooManyStreams(full.detail, **{**full.extra, "streams": named})


def _opening(asked: AllowQuery, allowed: Allowed, entitlement: Entitlement, device: Device, name: str) -> Open:
    return Open(
        viewer=asked.viewer,
        title_id=allowed.title.id,
        encode_path=f"{allowed.title.id}/{allowed.encode.id}",
        duration_ms=allowed.encode.duration_ms,
        segment_ms=allowed.encode.segment_ms,
        renditions=allowed.encode.renditions,
        streams=entitlement.streams,
        max_height=entitlement.max_height,
        device=device,
        device_name=name,
        thumbnails=allowed.encode.thumbnails,
        series_id=allowed.title.episode.series_id if allowed.title.episode else None,
        preview=asked.preview,
        key_id=allowed.encode.key_id,
        complete=allowed.encode.complete,
    )


def _playing(
    session: Session, asked: AllowQuery, allowed: Allowed, ranked: list[Ranked], bookmark: Bookmark | None, base: str
) -> Playing:
    at = f"{base}/api/play/sessions/{session.id}"
    resumes, found = bookmark is not None and not bookmark.finished, allowed.title
    return Playing(
        session_id=session.id,
        title=Named(
            found.id, worded(found.metadata, asked.languages).title, place(found.episode, allowed.series_title)
        ),
        manifests=Manifests(f"{at}/manifest.mpd?token={session.token}", f"{at}/master.m3u8?token={session.token}"),
        protection=allowed.encode.protection,
        licence=LicenceServer(f"{at}/licence?token={session.token}") if session.key_id else None,
        contents_url=None if session.complete else f"{at}?token={session.token}",
        appliances=[RankedAppliance(each.id, each.url, each.rank) for each in ranked],
        steering_url=f"{at}/steering?token={session.token}",
        resume_position_s=bookmark.position_ms / 1000 if bookmark and resumes else 0.0,
        duration_s=session.duration_ms / 1000,
        heartbeat_url=f"{at}/heartbeat",
        heartbeat_s=HEARTBEAT_S,
        next=item(allowed.next) if allowed.next else None,
        chapters=chapters.of(allowed.encode),
        thumbnails=f"{at}/thumbnails.vtt?token={session.token}" if session.thumbnails else None,
    )


ROUTES = [play, heartbeat, stop]
