"""What can be said of a property's value before it is set; whoever follows it refuses what makes no sense all the same."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from matinee.api import route_tables
from matinee.runtime.errors import Invalid
from matinee.services.registry.names import require_name
from matinee.terms import gateway_properties
from matinee.terms.gateway_properties import ROUTE_TABLE


def check(name: str, value: Any, *, way_back: bool = False) -> None:
    """`way_back`: a route table must leave the way open by which it can be changed again over the API. Raises Invalid with a
    sentence."""
    require_name(name)
    if value is None:
        return
    if name == ROUTE_TABLE:
        if not isinstance(value, dict):
            raise route_tables.BadRoutes("A route table is an object with `routes`")
        table = route_tables.checked(cast("dict[str, Any]", value))
        if way_back:
            route_tables.require_way_back(table)
    elif name.startswith("gateway."):
        _require_followed(name, value)


def _require_followed(name: str, value: Any) -> None:
    kind = gateway_properties.holds(name)
    if kind is None:
        raise Invalid(f"No gateway follows {name}: there are {', '.join(gateway_properties.NAMES)}", field="name")
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as wrong:
        raise Invalid(f"{name} cannot be that: {wrong}", field="value") from wrong
