"""The front door's route table as operators work on it: look, try, apply, go back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from matinee.runtime.errors import Invalid, NotFound
from matinee.services.registry.contract import (
    ByProperty,
    NoSuchProperty,
    Observe,
    Properties,
    Property,
    Registry,
    SetProperty,
)
from matinee.terms.gateway_properties import ROUTE_TABLE
from matinee.terms.route_changes import Changes, changes
from matinee.terms.route_check import BadTable, locked_out, read, remarks
from matinee.terms.routing import RouteTable


class BadRoutes(Invalid):
    type, title = "bad-routes", "The route table cannot be used"


class TableVersion(Struct, frozen=True):
    """A route table and which version of it this is: 0 as long as operators never set one. `of_house`: it is the one of
    `routes.toml`, or the standard one, which counts where none is set."""

    version: int
    table: RouteTable
    of_house: bool = False


class Preview(Struct, frozen=True):
    """What a table would change beside version `version`. `remarks` are sentences on what may not be meant so."""

    version: int
    changes: Changes
    remarks: Sequence[str]


class RouteTables:
    """`base` gives the table of version 0; `by` in what is written is who did it."""

    def __init__(self, properties: Properties, registry: Registry, base: Callable[[], RouteTable]) -> None:
        self._properties = properties
        self._registry = registry
        self._base = base

    async def now(self) -> TableVersion:
        """The table in force. A newest version that cannot be used (it was set as a plain property) counts nowhere: gateways
        go on with the last good one."""
        versions = await self.versions()
        newest = versions[0].version if versions else 0
        for each in versions:
            with contextlib.suppress(BadTable):
                return TableVersion(newest, read(each.value)) if each.value is not None else self._of_house(newest)
        return self._of_house(newest)

    def _of_house(self, version: int) -> TableVersion:
        return TableVersion(version, self._base(), of_house=True)

    async def preview(self, table: RouteTable) -> Preview:
        now = await self.now()
        return Preview(now.version, changes(now.table, table), remarks(table, await self._clusters()))

    async def apply(self, table: RouteTable, by: str, comment: str = "", if_version: int | None = None) -> Property:
        """Raises PropertyChanged where `if_version` is not the newest."""
        return await self._properties.set(SetProperty(ROUTE_TABLE, msgspec.to_builtins(table), by, comment, if_version))

    async def versions(self) -> Sequence[Property]:
        """The last hundred, the newest first."""
        try:
            return (await self._properties.versions(ByProperty(ROUTE_TABLE))).properties
        except NoSuchProperty:
            return []

    async def of_version(self, version: int) -> RouteTable:
        """Raises NotFound."""
        if version == 0:
            return self._base()
        for each in await self.versions():
            if each.version == version:
                return checked(each.value) if each.value is not None else self._base()
        raise NotFound(f"There is no version {version} of the route table, or it is too old")

    async def roll_back(self, version: int, by: str, comment: str = "") -> Property:
        """Sets the table of an earlier version once more, as a new version; 0: none is set any more. Raises NotFound."""
        value: Any = None if version == 0 else msgspec.to_builtins(await self.of_version(version))
        said = comment or (f"back to version {version}" if version else "back to the table of the house")
        return await self._properties.set(SetProperty(ROUTE_TABLE, value, by, said))

    async def _clusters(self) -> Collection[str]:
        told = await self._registry.observe(Observe())
        return {"api", *(instance.service for instance in told.instances)}


def checked(document: Mapping[str, Any]) -> RouteTable:
    """Raises BadRoutes with the sentence that names route and field."""
    try:
        return read(document)
    except BadTable as wrong:
        raise BadRoutes(str(wrong)) from wrong


def require_way_back(table: RouteTable) -> None:
    """Raises BadRoutes for a table with which operators could not change it again over the API."""
    for sentence in locked_out(table):
        raise BadRoutes(sentence)
