"""The documents of one session. Its `?token=` opens them, no cookie; a page of any origin may read them, as it may the media."""

from __future__ import annotations

import asyncio
from typing import Annotated
from urllib.parse import quote

import msgspec
from litestar import Response, get
from litestar.params import FromPath, QueryParameter
from msgspec import Struct
from msgspec.structs import replace

from matinee.api import dash, delivery, hls, playlist
from matinee.api.clients import Clients, Injected, Settings
from matinee.api.delivery import Location
from matinee.api.optional import optional
from matinee.api.play import ranking
from matinee.api.playlist import Keys
from matinee.api.recently import Recently
from matinee.api.viewer import Access, Origin
from matinee.ingest.pictures import sheets
from matinee.runtime.errors import NotFound
from matinee.services.catalog.contract import ByTitle
from matinee.services.playback.contract import BadSessionToken, ByToken, NoSuchSession, Refit, Session
from matinee.services.steering.contract import NoAppliance, SignQuery
from matinee.terms.encode import Encode
from matinee.terms.rendition import Track

HEADERS = {"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"}
_PROBLEMS = [NoSuchSession, BadSessionToken, NoAppliance]

Token = Annotated[str, QueryParameter(max_length=2000, description="As it stands in the manifest's URL.")]
_KEYS = (
    "How an encrypted film's key is named: `eme` by the browser's Clear Key module and the licence route, as hls.js has it; "
    "`identity` as a plain key behind the same token, as Shaka Player and players with a decryption of their own have it."
)
_PATHWAY, _THROUGHPUT = "The appliance in use, quoted or not.", "Bits a second that the player measured."
DashPathway = Annotated[str, QueryParameter(name="_DASH_pathway", max_length=400, description=_PATHWAY)]
DashThroughput = Annotated[str, QueryParameter(name="_DASH_throughput", max_length=100, description=_THROUGHPUT)]
HlsPathway = Annotated[str, QueryParameter(name="_HLS_pathway", max_length=400, description=_PATHWAY)]
HlsThroughput = Annotated[str, QueryParameter(name="_HLS_throughput", max_length=100, description=_THROUGHPUT)]


At = Annotated[str, QueryParameter(max_length=400, description="The appliance that the segments come from.")]
KeyForm = Annotated[Keys, QueryParameter(description=_KEYS)]


class Contents(Struct, frozen=True):
    """`renditions` by their ids, as the manifest's Representations have them. `complete`: no more will come."""

    complete: bool
    renditions: list[str]


class SteeringDocument(Struct, frozen=True, rename="upper"):
    """What HLS and DASH players ask for every `TTL` seconds. (HLS content steering; ETSI TS 103 998.)"""

    version: Annotated[int, msgspec.Meta(description="Always 1.")]
    ttl: int
    reload_uri: str = msgspec.field(name="RELOAD-URI")
    pathway_priority: list[str] = msgspec.field(name="PATHWAY-PRIORITY")


@get(
    "/api/play/sessions/{session_id:str}/manifest.mpd",
    access=Access.PUBLIC,
    problems=_PROBLEMS,
    media_type=dash.MEDIA_TYPE,
)
async def dash_manifest(
    session_id: FromPath[str],
    clients: Injected[Clients],
    recently: Injected[Recently],
    origin: Injected[Origin],
    token: Token = "",
) -> Response[bytes]:
    """The session's DASH manifest."""
    session = await present(clients, recently, ByToken(session_id, token))
    found = await locations(clients, session, origin)
    licence_url = address(session, origin, "licence")
    document = dash.manifest(session, found, address(session, origin, "steering"), licence_url)
    return Response(document, media_type=dash.MEDIA_TYPE, headers=HEADERS)


@get(
    "/api/play/sessions/{session_id:str}/master.m3u8",
    access=Access.PUBLIC,
    problems=_PROBLEMS,
    media_type=hls.MEDIA_TYPE,
)
async def hls_master(
    session_id: FromPath[str],
    clients: Injected[Clients],
    recently: Injected[Recently],
    origin: Injected[Origin],
    token: Token = "",
    keys: KeyForm = "eme",
) -> Response[bytes]:
    """The session's HLS master playlist."""
    session = await present(clients, recently, ByToken(session_id, token))
    found = await locations(clients, session, origin)
    if session.key_id is not None:
        found = [replace(each, playlists=_playlists(session, origin, each, keys)) for each in found]
    document = hls.master(session, found, address(session, origin, "steering"))
    return Response(document, media_type=hls.MEDIA_TYPE, headers=HEADERS)


@get(
    "/api/play/sessions/{session_id:str}/playlists/{rendition_id:str}/main.m3u8",
    access=Access.PUBLIC,
    problems=[*_PROBLEMS, NotFound],
    media_type=hls.MEDIA_TYPE,
)
async def hls_playlist(
    session_id: FromPath[str],
    rendition_id: FromPath[str],
    clients: Injected[Clients],
    origin: Injected[Origin],
    token: Token = "",
    at: At = "",
    keys: KeyForm = "eme",
) -> Response[bytes]:
    """The HLS media playlist of one encrypted track, as the master names it."""
    session = await clients.playback.session(ByToken(session_id, token))
    rendition = next((each for each in session.renditions if each.id == rendition_id), None)
    if session.key_id is None or rendition is None or rendition.track is Track.TEXT:
        raise NotFound("This session has no such encrypted track")
    found = await locations(clients, session, origin)
    location = next((each for each in found if each.id == at), found[0])
    document = playlist.media(session, rendition, location, keys, address(session, origin, "key"))
    return Response(document, media_type=hls.MEDIA_TYPE, headers=HEADERS)


@get("/api/play/sessions/{session_id:str}", access=Access.PUBLIC, problems=_PROBLEMS)
async def contents(
    session_id: FromPath[str], clients: Injected[Clients], recently: Injected[Recently], token: Token = ""
) -> Response[Contents]:
    """What the session's manifests name by now. While a film is not complete it plays, and better pictures join: ask every
    few seconds, and read the manifest again when there are more."""
    session = await present(clients, recently, ByToken(session_id, token))
    return Response(Contents(session.complete, [each.id for each in session.renditions]), headers=HEADERS)


@get(
    "/api/play/sessions/{session_id:str}/thumbnails.vtt",
    access=Access.PUBLIC,
    problems=[*_PROBLEMS, NotFound],
    media_type=sheets.WEBVTT_TYPE,
)
async def webvtt_thumbnails(
    session_id: FromPath[str], clients: Injected[Clients], origin: Injected[Origin], token: Token = ""
) -> Response[str]:
    """The session's seek thumbnails as WebVTT: a cue a picture, each a part of a sheet (`#xywh=`)."""
    session = await clients.playback.session(ByToken(session_id, token))
    if session.thumbnails is None:
        raise NotFound("This film has no thumbnails yet")
    nearest = (await locations(clients, session, origin))[0]
    root = f"{nearest.url}{session.thumbnails.folder}/"
    document = sheets.webvtt(session.thumbnails, session.duration_ms, root)
    return Response(document, media_type=sheets.WEBVTT_TYPE, headers=HEADERS)


@get("/api/play/sessions/{session_id:str}/steering", access=Access.PUBLIC, problems=_PROBLEMS)
async def steering(  # noqa: PLR0913, PLR0917 - HLS and DASH players name the same two things differently
    session_id: FromPath[str],
    clients: Injected[Clients],
    origin: Injected[Origin],
    settings: Injected[Settings],
    token: Token = "",
    dash_pathway: DashPathway = "",
    dash_throughput: DashThroughput = "",
    hls_pathway: HlsPathway = "",
    hls_throughput: HlsThroughput = "",
) -> Response[SteeringDocument]:
    """Which appliance to fetch from now, the best first."""
    session = await clients.playback.session(ByToken(session_id, token))
    shunned = too_slow(dash_pathway or hls_pathway, dash_throughput or hls_throughput, needed_bps(session))
    ranked = await clients.steering.rank(ranking(session, origin, shunned))
    priority = [each.id for each in sorted(ranked.appliances, key=lambda each: each.rank)]
    document = SteeringDocument(1, settings.steering_ttl_s, address(session, origin, "steering"), priority)
    return Response(document, headers=HEADERS)


async def locations(clients: Clients, session: Session, origin: Origin) -> list[Location]:
    """The encode's root on each appliance, best first, with the token that opens it on any of them."""
    token = SignQuery(session.id, session.encode_path, session.media_expires_at)
    async with asyncio.TaskGroup() as group:
        appliances = group.create_task(clients.steering.rank(ranking(session, origin)))
        signing = group.create_task(clients.steering.sign(token))
    ranked, signed = sorted(appliances.result().appliances, key=lambda each: each.rank), signing.result()
    return [Location(each.id, f"{each.url}/{signed.segment}/{session.encode_path}/") for each in ranked]


async def present(clients: Clients, recently: Recently, asked: ByToken) -> Session:
    """The session, with what its film has by now: one that began early takes in what was made since."""
    session = await clients.playback.session(asked)
    if session.complete:
        return session

    async def without_files() -> Encode:
        return replace(await clients.catalog.encode(ByTitle(session.title_id)), files=[])

    asking = recently.get(f"encode {session.title_id}", Encode, without_files)
    encode = await optional("better renditions", asking)
    if encode is None or session.encode_path != f"{session.title_id}/{encode.id}":
        return session
    refit = Refit(asked.session_id, asked.token, encode.renditions, encode.complete, encode.thumbnails)
    return await clients.playback.refit(refit)


def address(session: Session, origin: Origin, what: str) -> str:
    """Of something else of this session. Absolute: players ask it long after they left the manifest's own address."""
    return f"{origin.base}/api/play/sessions/{session.id}/{what}?token={session.token}"


def _playlists(session: Session, origin: Origin, location: Location, keys: Keys) -> str:
    url = address(session, origin, "playlists/{}/main.m3u8")
    return f"{url}&at={quote(location.id, safe='')}&keys={keys}"


def needed_bps(session: Session) -> int:
    """What the least picture with its sound needs."""
    tracks = (delivery.of(session.renditions, track) for track in (Track.VIDEO, Track.AUDIO))
    return sum(min((each.average_bps for each in track), default=0) for track in tracks)


def too_slow(pathway: str, throughput: str, needed: int) -> list[str]:
    """The appliance that the player uses, where it gives less than the least picture needs. Players write the name plain or
    quoted, some with a list of those used last, the present one first; the throughput likewise."""
    present = pathway.partition(",")[0].strip().strip('"')
    measured = throughput.partition(",")[0].strip().strip('"')
    if not present or not measured.isdecimal() or len(measured) > 15:
        return []
    return [present] if int(measured) < needed else []


ROUTES = [contents, dash_manifest, hls_master, hls_playlist, webvtt_thumbnails, steering]
