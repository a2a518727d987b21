from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

TimeS = Annotated[float, Meta(ge=0.01, le=60)]
AtOnce = Annotated[int, Meta(ge=1, le=10_000)]


class Switch(Struct, frozen=True, forbid_unknown_fields=True):
    """What operators say of a filter while it runs, the property `gateway.filters.<name>`; None leaves what the filter says of
    itself. `percent`: on that share of members it runs, the same for a member each time (else for an address)."""

    on: bool | None = None
    percent: Annotated[float, Meta(ge=0, le=100)] = 100.0
    time_s: TimeS | None = None
    at_once: AtOnce | None = None
