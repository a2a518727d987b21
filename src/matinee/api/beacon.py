from __future__ import annotations

from typing import Annotated

from litestar import MediaType, Response, post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from matinee.api.clients import Clients, Injected
from matinee.api.viewer import Access
from matinee.events.contract import Beacon, Collect
from matinee.terms.viewer import Viewer


class Batch(Struct, frozen=True):
    events: Annotated[list[Beacon], Meta(max_length=200)]


@post("/api/beacon", access=Access.MEMBER, status_code=202, media_type=MediaType.TEXT)
async def beacon(data: JSONBody[Batch], clients: Injected[Clients], viewer: Injected[Viewer]) -> Response[str]:
    """Report impressions, clicks, playback and errors; a repeat counts once."""
    await clients.events.collect(Collect(viewer, data.events))
    return Response("", status_code=202, media_type=MediaType.TEXT)


ROUTES = [beacon]
