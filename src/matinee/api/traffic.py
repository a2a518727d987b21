"""What the front door does, for operators: live figures, and the ways of requests that were slow or failed."""

from __future__ import annotations

from typing import Annotated

from litestar import get
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from matinee.api.clients import Clients, Injected
from matinee.api.paging import Before, Limit
from matinee.api.staff import note
from matinee.api.viewer import Access
from matinee.services.traffic.contract import (
    ByRequest,
    Journey,
    Live,
    LiveQuery,
    NoSuchRequest,
    RequestsQuery,
    Why,
)
from matinee.terms.viewer import Viewer

Kept = Annotated[
    Why | None, QueryParameter(description="Only those kept for this reason; unsaid, the slow and the failed.")
]
Status = Annotated[
    str,
    QueryParameter(
        pattern=r"^([1-5]([0-9]{2}|xx))?$", description="Only those answered so: `503`, or `5xx` for a class."
    ),
]
OneRoute = Annotated[str, QueryParameter(max_length=100, description="Only those of this route.")]
Account = Annotated[str, QueryParameter(max_length=100, description="Only those of this member: an account's id.")]


class RequestsListed(Struct, frozen=True):
    """Newest first. `next` is what to ask `before`; null on the last page."""

    requests: list[Journey]
    next: str | None


@get("/api/operations/traffic", access=Access.OPERATOR)
async def live(clients: Injected[Clients]) -> Live:
    """The figures of all gateways as they were about a second ago: ask again every few seconds."""
    return await clients.traffic.live(LiveQuery())


@get("/api/operations/requests", access=Access.OPERATOR, problems=[NoSuchRequest])
async def requests(
    clients: Injected[Clients],
    why: Kept = None,
    status: Status = "",
    route: OneRoute = "",
    account: Account = "",
    before: Before = None,
    limit: Limit = 50,
) -> RequestsListed:
    """Requests that were slow or failed, or a sample of the others, the newest first."""
    wanted = RequestsQuery(why, status, route, account, before or "", limit)
    found = (await clients.traffic.requests(wanted)).requests
    return RequestsListed(found, found[-1].id if len(found) == limit else None)


@get("/api/operations/requests/{request_id:str}", access=Access.SUPPORT, problems=[NoSuchRequest])
async def one(request_id: FromPath[str], clients: Injected[Clients], viewer: Injected[Viewer]) -> Journey:
    """One request's way through the gateway, by the id that its answer carried (`x-request-id`). Support may read it too."""
    found = await clients.traffic.request(ByRequest(request_id[:64]))
    note(viewer, "reads the request", found.id)
    return found


ROUTES = [live, requests, one]
