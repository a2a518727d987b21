"""The front door's routes, for operators: the table in force, what another would change, its versions, the way back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from litestar import get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from matinee.api.clients import Clients, Injected
from matinee.api.route_tables import BadRoutes, Preview, TableVersion, checked, require_way_back
from matinee.api.staff import note
from matinee.api.viewer import Access
from matinee.runtime.errors import NotFound
from matinee.services.registry.contract import PropertyChanged
from matinee.terms.gateway_properties import ROUTE_TABLE
from matinee.terms.route_changes import Changes
from matinee.terms.route_choice import Asked, Look, choose
from matinee.terms.territory import UNKNOWN, Territory
from matinee.terms.viewer import Viewer

DryRun = Annotated[bool, QueryParameter(description="Only say what would change.")]
Line = Annotated[str, Meta(max_length=2000)]


class NewTable(Struct, frozen=True):
    """`table` is what `GET /api/operations/routes` gives. `if_version` is the version that the writer saw; null takes whatever
    is there."""

    table: dict[str, Any]
    comment: Annotated[str, Meta(max_length=500)] = ""
    if_version: Annotated[int, Meta(ge=0, le=2**53)] | None = None


class AppliedTable(Struct, frozen=True):
    """`version` is the one in force now: a new one where `applied`. `remarks` are sentences on what may not be meant so."""

    version: int
    applied: bool
    changes: Changes
    remarks: Sequence[str]


class ShownVersion(Struct, frozen=True):
    """`of_house`: what counts is `routes.toml`, or the standard table."""

    version: int
    at: datetime
    by: str
    comment: str
    of_house: bool


class TableVersions(Struct, frozen=True):
    """The newest first; the last hundred."""

    versions: Sequence[ShownVersion]


class WayBack(Struct, frozen=True):
    """To a version; 0: `routes.toml`, or the standard table."""

    version: Annotated[int, Meta(ge=0, le=2**53)]
    comment: Annotated[str, Meta(max_length=500)] = ""


class Question(Struct, frozen=True):
    """A request to explain. `path` is decoded, without its query; `member` an account's id."""

    path: Annotated[str, Meta(pattern=r"^/", max_length=2000)]
    method: Annotated[str, Meta(pattern=r"^[A-Z]{1,20}\Z")] = "GET"
    host: Line = "localhost"
    headers: dict[str, Line] = {}
    cookies: dict[str, Line] = {}
    territory: Territory = UNKNOWN
    address: Annotated[str, Meta(max_length=100)] = "127.0.0.1"
    member: Annotated[str, Meta(max_length=100)] = ""


class Explanation(Struct, frozen=True):
    """The route taken, null: the client's own pages; and the routes that were looked at, with why they were not taken."""

    route: str | None
    looks: Sequence[Look]


@get("/api/operations/routes", access=Access.OPERATOR)
async def now(clients: Injected[Clients]) -> TableVersion:
    """The route table in force."""
    return await clients.routes.now()


@put("/api/operations/routes", access=Access.OPERATOR, problems=[BadRoutes, PropertyChanged])
async def apply(
    data: JSONBody[NewTable],
    clients: Injected[Clients],
    viewer: Injected[Viewer],
    *,
    dry_run: DryRun = False,
) -> AppliedTable:
    """Put a table in force at every gateway, whole and at once, or see what that would change. One without a way to this very
    route is refused: that takes the command line."""
    table = checked(data.table)
    require_way_back(table)
    preview = await clients.routes.preview(table)
    if dry_run or preview.changes.nothing:
        return _applied(preview)
    seen = preview.version if data.if_version is None else data.if_version
    written = await clients.routes.apply(table, viewer.account_id, data.comment, seen)
    return _noted(viewer, _applied(preview, written.version))


@get("/api/operations/routes/versions", access=Access.OPERATOR)
async def versions(clients: Injected[Clients]) -> TableVersions:
    """The tables that were set."""
    found = await clients.routes.versions()
    return TableVersions([ShownVersion(e.version, e.at, e.by, e.comment, e.value is None) for e in found])


@get("/api/operations/routes/versions/{version:int}", access=Access.OPERATOR, problems=[NotFound])
async def version(version: FromPath[int], clients: Injected[Clients]) -> TableVersion:
    """The table of an earlier version."""
    return TableVersion(version, await clients.routes.of_version(version))


@post("/api/operations/routes/rollback", access=Access.OPERATOR, status_code=200, problems=[NotFound, BadRoutes])
async def roll_back(data: JSONBody[WayBack], clients: Injected[Clients], viewer: Injected[Viewer]) -> AppliedTable:
    """Put the table of an earlier version in force once more."""
    table = await clients.routes.of_version(data.version)
    require_way_back(table)
    preview = await clients.routes.preview(table)
    written = await clients.routes.roll_back(data.version, viewer.account_id, data.comment)
    return _noted(viewer, _applied(preview, written.version))


@post("/api/operations/routes/explain", access=Access.OPERATOR, status_code=200)
async def explain(data: JSONBody[Question], clients: Injected[Clients]) -> Explanation:
    """Which route a request takes now, and why not the others."""
    choice = choose((await clients.routes.now()).table, _asked(data))
    return Explanation(choice.route.name if choice.route is not None else None, choice.looks)


def _applied(preview: Preview, version: int | None = None) -> AppliedTable:
    return AppliedTable(
        preview.version if version is None else version, version is not None, preview.changes, preview.remarks
    )


def _noted(viewer: Viewer, applied: AppliedTable) -> AppliedTable:
    note(viewer, "set", f"{ROUTE_TABLE} to version {applied.version}")
    return applied


def _asked(question: Question) -> Asked:
    headers: Mapping[str, str] = {name.lower(): value for name, value in question.headers.items()}
    return Asked(
        path=question.path,
        method=question.method,
        host=question.host,
        headers=headers,
        cookies=question.cookies,
        territory=question.territory,
        address=question.address,
        member=question.member,
    )


ROUTES = [now, apply, versions, version, roll_back, explain]
