"""The documents of one session. Its `?token=` opens them, no cookie; a page of any origin may read them, as it may the media."""

from __future__ import annotations

import asyncio
from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from matinee.api import dash, delivery, hls
from matinee.api.clients import Clients, Injected, Settings
from matinee.api.delivery import Location
from matinee.api.play import ranking
from matinee.api.viewer import Access, Origin
from matinee.services.playback.contract import BadSessionToken, ByToken, NoSuchSession, Session
from matinee.services.steering.contract import NoAppliance, SignQuery
from matinee.terms.rendition import Track

_HEADERS = {"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"}
_PROBLEMS = [NoSuchSession, BadSessionToken, NoAppliance]

Token = Annotated[str, QueryParameter(max_length=2000, description="As it stands in the manifest's URL.")]
_PATHWAY, _THROUGHPUT = "The appliance in use, quoted or not.", "Bits a second that the player measured."
DashPathway = Annotated[str, QueryParameter(name="_DASH_pathway", max_length=400, description=_PATHWAY)]
DashThroughput = Annotated[str, QueryParameter(name="_DASH_throughput", max_length=100, description=_THROUGHPUT)]
HlsPathway = Annotated[str, QueryParameter(name="_HLS_pathway", max_length=400, description=_PATHWAY)]
HlsThroughput = Annotated[str, QueryParameter(name="_HLS_throughput", max_length=100, description=_THROUGHPUT)]


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
    session_id: FromPath[str], clients: Injected[Clients], origin: Injected[Origin], token: Token = ""
) -> Response[bytes]:
    """The session's DASH manifest."""
    session = await clients.playback.session(ByToken(session_id, token))
    document = dash.manifest(session, await locations(clients, session, origin), steering_url(session, origin))
    return Response(document, media_type=dash.MEDIA_TYPE, headers=_HEADERS)


@get(
    "/api/play/sessions/{session_id:str}/master.m3u8",
    access=Access.PUBLIC,
    problems=_PROBLEMS,
    media_type=hls.MEDIA_TYPE,
)
async def hls_master(
    session_id: FromPath[str], clients: Injected[Clients], origin: Injected[Origin], token: Token = ""
) -> Response[bytes]:
    """The session's HLS master playlist."""
    session = await clients.playback.session(ByToken(session_id, token))
    document = hls.master(session, await locations(clients, session, origin), steering_url(session, origin))
    return Response(document, media_type=hls.MEDIA_TYPE, headers=_HEADERS)


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
    document = SteeringDocument(1, settings.steering_ttl_s, steering_url(session, origin), priority)
    return Response(document, headers=_HEADERS)


async def locations(clients: Clients, session: Session, origin: Origin) -> list[Location]:
    """The encode's root on each appliance, best first, with the token that opens it on any of them."""
    token = SignQuery(session.id, session.encode_path, session.media_expires_at)
    async with asyncio.TaskGroup() as group:
        appliances = group.create_task(clients.steering.rank(ranking(session, origin)))
        signing = group.create_task(clients.steering.sign(token))
    ranked, signed = sorted(appliances.result().appliances, key=lambda each: each.rank), signing.result()
    return [Location(each.id, f"{each.url}/{signed.segment}/{session.encode_path}/") for each in ranked]


def steering_url(session: Session, origin: Origin) -> str:
    """Absolute: players ask it long after they left the manifest's own address."""
    return f"{origin.base}/api/play/sessions/{session.id}/steering?token={session.token}"


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


ROUTES = [dash_manifest, hls_master, steering]
