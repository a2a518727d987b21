"""What appliances ask and tell, under their own signature."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get, post
from litestar.params import JSONBody, QueryParameter

from matinee.api.clients import Clients, Injected
from matinee.api.viewer import Access
from matinee.runtime.errors import Forbidden
from matinee.services.fill.contract import Manifest, ObserveManifest
from matinee.services.playback.contract import Ended, ObserveEnded
from matinee.services.steering.contract import KeysQuery, Report

After = Annotated[int, QueryParameter(ge=-1, le=2**53, description="The cursor or version of the answer before.")]
Wait = Annotated[float, QueryParameter(ge=0, le=30, description="Seconds to wait for something newer.")]


@post("/api/open-connect/reports", access=Access.APPLIANCE, status_code=204)
async def report(data: JSONBody[Report], clients: Injected[Clients], appliance_id: Injected[str]) -> None:
    """An appliance says how it is, every second."""
    if data.appliance_id != appliance_id:
        raise Forbidden("An appliance reports for itself only")
    await clients.steering.report(data)


@get("/api/open-connect/manifest", access=Access.APPLIANCE)
async def manifest(
    clients: Injected[Clients], appliance_id: Injected[str], after: After = 0, wait_s: Wait = 0
) -> Manifest:
    """All that the appliance is to hold, once it differs from version `after`."""
    return await clients.fill.observe_manifest(ObserveManifest(appliance_id, after, wait_s))


@get("/api/open-connect/ended", access=Access.APPLIANCE)
async def ended(clients: Injected[Clients], after: After = -1, wait_s: Wait = 0) -> Ended:
    """Sessions whose media tokens no longer count."""
    return await clients.playback.observe_ended(ObserveEnded(after, wait_s))


@get("/api/open-connect/keys", access=Access.APPLIANCE, media_type="application/jwk-set+json")
async def keys(clients: Injected[Clients]) -> Response[bytes]:
    """The JWK set that media tokens are verified with."""
    found = await clients.steering.media_keys(KeysQuery())
    return Response(found.jwks.encode(), media_type="application/jwk-set+json", headers={"Cache-Control": "no-store"})


ROUTES = [report, manifest, ended, keys]
