"""The properties that gateways follow while they run: each by its name, and what it holds."""

from __future__ import annotations

from msgspec import Struct

from matinee.terms.filter_switch import Switch
from matinee.terms.gateway_limits import Limits
from matinee.terms.journey_keeping import Keeping

ROUTE_TABLE = "gateway.routes"
"""A route table, which has checks of its own (`terms/route_check.py`)."""

LIMITS = "gateway.limits"
REQUESTS = "gateway.requests"
FILTERS = "gateway.filters"
"""Of a family: `gateway.filters.<name>`."""

NAMES = ROUTE_TABLE, LIMITS, REQUESTS, f"{FILTERS}.NAME"


def holds(name: str) -> type[Struct] | None:
    """What a property's value is; None where no gateway follows one of this name, or it is the route table."""
    if name.startswith(f"{FILTERS}."):
        return Switch
    kinds: dict[str, type[Struct]] = {LIMITS: Limits, REQUESTS: Keeping}
    return kinds.get(name)
