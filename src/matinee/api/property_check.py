"""What can be said of a property's value before it is set; whoever follows it refuses what makes no sense all the same."""

from __future__ import annotations

from typing import Any, cast

from matinee.api import route_tables
from matinee.services.registry.names import require_name


def check(name: str, value: Any, *, way_back: bool = False) -> None:
    """`way_back`: a route table must leave the way open by which it can be changed again over the API. Raises Invalid with a
    sentence."""
    require_name(name)
    if name == route_tables.PROPERTY and value is not None:
        if not isinstance(value, dict):
            raise route_tables.BadRoutes("A route table is an object with `routes`")
        table = route_tables.checked(cast("dict[str, Any]", value))
        if way_back:
            route_tables.require_way_back(table)
