"""What a gateway tells of itself to the command line on its machine."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from matinee.runtime.rpc.operation import operation
from matinee.services.traffic.contract import FilterFigures


class FiltersQuery(Struct, frozen=True):
    pass


class Filters(Struct, frozen=True):
    """In the order in which they run."""

    filters: list[FilterFigures]


class FrontDoor(Protocol):
    @operation(idempotent=True)
    async def filters(self, message: FiltersQuery) -> Filters: ...
