"""The properties that may change while the house runs, for operators: see them, set them, go back."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from matinee.api.clients import Clients, Injected
from matinee.api.instances import Since
from matinee.api.paging import Wait
from matinee.api.property_check import check
from matinee.api.staff import note
from matinee.api.viewer import Access
from matinee.services.registry.contract import (
    ByProperty,
    NoSuchProperty,
    Observe,
    Property,
    PropertyChanged,
    PropertyList,
    SetProperty,
)
from matinee.services.registry.returning import returning
from matinee.terms.viewer import Viewer

Comment = Annotated[str, Meta(max_length=500)]


class NewValue(Struct, frozen=True):
    """`value` null takes the property away: the default counts. `if_version` is the version that was seen, 0 for none; without it
    whatever is there is overwritten."""

    value: Any
    comment: Comment = ""
    if_version: Annotated[int, Meta(ge=0, le=2**53)] | None = None


class Back(Struct, frozen=True):
    version: Annotated[int, Meta(ge=1, le=2**53)]
    comment: Comment = ""


@get("/api/operations/properties", access=Access.OPERATOR)
async def properties(clients: Injected[Clients], after: Since = -1, wait_s: Wait = 0) -> PropertyList:
    """The newest version of every property. Answers when something is newer than `after`."""
    return await clients.properties.observe(Observe(after, wait_s))


@get("/api/operations/properties/{property_name:str}", access=Access.OPERATOR, problems=[NoSuchProperty])
async def versions(property_name: FromPath[str], clients: Injected[Clients]) -> PropertyList:
    """The last hundred versions of a property, the newest first, each with who set it, when and why."""
    return await clients.properties.versions(ByProperty(property_name))


@put("/api/operations/properties/{property_name:str}", access=Access.OPERATOR, problems=[PropertyChanged])
async def assign(
    property_name: FromPath[str], data: JSONBody[NewValue], clients: Injected[Clients], viewer: Injected[Viewer]
) -> Property:
    """Set a property; it counts everywhere within seconds. The same value again is no new version."""
    check(property_name, data.value, way_back=True)
    given = SetProperty(property_name, data.value, viewer.account_id, data.comment, data.if_version)
    return _noted(viewer, await clients.properties.set(given))


@post(
    "/api/operations/properties/{property_name:str}/rollback",
    access=Access.OPERATOR,
    status_code=200,
    problems=[NoSuchProperty, PropertyChanged],
)
async def roll_back(
    property_name: FromPath[str], data: JSONBody[Back], clients: Injected[Clients], viewer: Injected[Viewer]
) -> Property:
    """Set the value of an earlier version once more, as a new version."""
    known = (await clients.properties.versions(ByProperty(property_name))).properties
    given = returning(known, data.version, viewer.account_id, data.comment)
    check(given.name, given.value, way_back=True)
    return _noted(viewer, await clients.properties.set(given))


def _noted(viewer: Viewer, written: Property) -> Property:
    note(viewer, "set", f"{written.name} to version {written.version}")
    return written


ROUTES = [properties, versions, assign, roll_back]
