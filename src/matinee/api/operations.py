"""For those who run the installation."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from litestar import get, post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from matinee.api.clients import Clients, Injected
from matinee.api.viewer import Access
from matinee.runtime.errors import Invalid, NotFound
from matinee.services.steering.contract import Appliances, AppliancesQuery


class Advance(Struct, frozen=True):
    """At most ten years at once."""

    advance_s: Annotated[int, Meta(ge=0, le=315_360_000)]


class Now(Struct, frozen=True):
    now: datetime


@post("/api/operations/clock", access=Access.LOOPBACK, status_code=200)
async def advance_clock(data: JSONBody[Advance], clients: Injected[Clients]) -> Now:
    """Move the test clock forward. There only under `--test-clock`, and only from the machine itself."""
    if clients.advance is None:
        raise NotFound("There is no test clock here")
    try:
        return Now(clients.advance(timedelta(seconds=data.advance_s)))
    except (OverflowError, ValueError) as wrong:
        raise Invalid("advance_s: the clock cannot go that far", field="advance_s") from wrong


@get("/api/operations/appliances", access=Access.OPERATOR)
async def appliances(clients: Injected[Clients]) -> Appliances:
    """What each appliance last said of itself, and whether it is up."""
    return await clients.steering.appliances(AppliancesQuery())


ROUTES = [advance_clock, appliances]
