from __future__ import annotations

from matinee.gateway.errors import Overloaded
from matinee.gateway.request import Request
from matinee.gateway.traffic import Traffic


class Overload:
    """Refuses at once what would only wait: the limit of requests in flight is reached."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic

    def __call__(self, _: Request) -> None:
        if self._traffic.in_flight > self._traffic.limits.in_flight:
            raise Overloaded(retry_after_s=1)
