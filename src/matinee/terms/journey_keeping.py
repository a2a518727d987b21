from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from matinee.terms.routing import Name, Seconds


class Keeping(Struct, frozen=True, forbid_unknown_fields=True):
    """Which requests' journeys are kept: those whose answer did not begin within `slow_s` of their being here whole (of a route
    within its own of `routes`), those that failed, and one in `one_in` of all. At most `per_s`, in bursts of ten times that:
    when everything fails, a part tells as much as all."""

    slow_s: Seconds = 1.0
    routes: Annotated[dict[Name, Seconds], Meta(max_length=2000)] = {}
    one_in: Annotated[int, Meta(ge=1)] = 1000
    per_s: Annotated[float, Meta(gt=0, le=100)] = 10.0
