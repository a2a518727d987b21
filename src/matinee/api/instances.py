"""Which instances of what run where, for operators: see them, and take one out of work for a while."""

from __future__ import annotations

from typing import Annotated

from litestar import get, post
from litestar.params import FromPath, QueryParameter

from matinee.api.clients import Clients, Injected
from matinee.api.paging import Wait
from matinee.api.staff import note
from matinee.api.viewer import Access
from matinee.services.registry.contract import (
    Instance,
    Instances,
    InstanceState,
    Mark,
    NoSuchInstance,
    Observe,
)
from matinee.terms.viewer import Viewer

Since = Annotated[int, QueryParameter(ge=-1, le=2**53, description="The cursor of the answer before; -1: tell me now.")]


@get("/api/operations/instances", access=Access.OPERATOR)
async def instances(clients: Injected[Clients], after: Since = -1, wait_s: Wait = 0) -> Instances:
    """All instances of gateways and APIs. Answers when something is newer than `after`."""
    return await clients.registry.observe(Observe(after, wait_s))


@post(
    "/api/operations/instances/{instance_id:str}/drain",
    access=Access.OPERATOR,
    status_code=200,
    problems=[NoSuchInstance],
)
async def drain(instance_id: FromPath[str], clients: Injected[Clients], viewer: Injected[Viewer]) -> Instance:
    """Give an instance no new work; it ends what it has. That stands until `up`, also when it is started anew."""
    drained = await clients.registry.mark(Mark(instance_id, InstanceState.DRAINING))
    note(viewer, "drains", instance_id)
    return drained


@post(
    "/api/operations/instances/{instance_id:str}/up", access=Access.OPERATOR, status_code=200, problems=[NoSuchInstance]
)
async def up(instance_id: FromPath[str], clients: Injected[Clients], viewer: Injected[Viewer]) -> Instance:
    """Give an instance work again that was drained by hand."""
    back = await clients.registry.mark(Mark(instance_id, None))
    note(viewer, "takes back what was said on", instance_id)
    return back


ROUTES = [instances, drain, up]
