from __future__ import annotations

from msgspec import Struct

from matinee.gateway.overload.lag import Lag
from matinee.gateway.overload.load import Load
from matinee.gateway.overload.shedding import CLASSES, Class, Spread, threshold
from matinee.terms.gateway_limits import Limits

LEAST_FOR_LAG = 20
"""With fewer requests under way a loop that is late is late for other reasons, which refusing them would not help."""

GATEWAY_SHARE = 10
"""The gateway's own limit is found between this part of all that it may have under way, and all."""


class Place(Struct, frozen=True, eq=False):
    """What the requests of one route take up."""

    kind: Class
    origin: Load


class Guard:
    """Decides whether a request is let in, by what is under way at its origin and in the gateway, and how late the loop is.

    `lets_in` is asked for every request; `beat`, each few hundredths of a second, works out what it compares with.
    """

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._spread = Spread()
        self._now = now
        self.lag = Lag()
        self.late = False
        self.origins: dict[str, Load] = {}
        self.gateway = Load("gateway", limits.in_flight // GATEWAY_SHARE, limits.in_flight, now, limits.unfelt_s)

    def place(self, rank: int, origin: str) -> Place:
        """For requests of this priority to this cluster."""
        limits = self._limits
        load = self.origins.get(origin)
        if load is None:
            load = Load(origin, limits.origin_least, limits.origin_in_flight, self._now, limits.unfelt_s)
            self.origins[origin] = load
        return Place(CLASSES[rank], load)

    def lets_in(self, place: Place) -> Load | None:
        """None: it is let in, and counted. Else what has no room for it."""
        origin, gateway = place.origin, self.gateway
        if origin.in_flight >= origin.easy or gateway.in_flight >= gateway.easy or self.late:
            tight = self._tight(place)
            if tight is not None:
                tight.shed[place.kind.rank] += 1
                return tight
        origin.enter()
        gateway.enter()
        return None

    def leave(self, place: Place) -> None:
        """A request that was let in is answered, or given up."""
        place.origin.in_flight -= 1
        self.gateway.in_flight -= 1

    def answered(self, place: Place, took_s: float, own_s: float) -> None:
        """An answer has begun: after so many seconds at its origin, and `own_s` in the gateway before."""
        rank = place.kind.rank
        place.origin.took(rank, took_s)
        self.gateway.took(rank, own_s + self.lag.seconds)

    def _tight(self, place: Place) -> Load | None:
        kind, origin, gateway = place.kind, place.origin, self.gateway
        if origin.full:
            return origin
        score = kind.lowest + (kind.highest - kind.lowest) * self._spread.next()
        if score > threshold(origin.degree(firm=kind.firm)):
            return origin
        degree = gateway.degree(firm=kind.firm)
        if self.late and gateway.in_flight >= LEAST_FOR_LAG:
            degree = max(degree, self.lag.degree)
        return gateway if gateway.full or score > threshold(degree) else None

    def beat(self, now: float, late_s: float) -> None:
        """The gateway's timer rang, so many seconds too late."""
        self._now = now
        self.lag.late(late_s)
        self.late = self.lag.degree > 0
        self.gateway.sweep(now)
        for load in self.origins.values():
            load.sweep(now)

    def adopt(self, limits: Limits) -> None:
        """Other limits, from now on."""
        self._limits = limits
        self.gateway.bound(limits.in_flight // GATEWAY_SHARE, limits.in_flight, limits.unfelt_s)
        for load in self.origins.values():
            load.bound(limits.origin_least, limits.origin_in_flight, limits.unfelt_s)
