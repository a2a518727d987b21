from __future__ import annotations

from msgspec.structs import replace

from matinee.backends.sql.port import Database
from matinee.runtime.clock import Clock
from matinee.services.traffic import journeys
from matinee.services.traffic.contract import (
    ByRequest,
    Journey,
    Live,
    LiveQuery,
    Report,
    Requests,
    RequestsQuery,
)
from matinee.services.traffic.history import History
from matinee.services.traffic.live import picture

MOST_GATEWAYS = 100
FORGOTTEN_S = 600.0
"""A gateway that was not heard of for so long is no longer shown."""

CLEARED_EVERY = 500
FRESH_S = 0.5
"""A picture is drawn anew at most so often, however many look."""


class Service:
    """Figures in memory, which gateways tell anew within a second; journeys in the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._histories: dict[str, History] = {}
        self._drawn: tuple[float, Live] | None = None
        self._until_cleared = 0

    async def report(self, message: Report) -> None:
        now = self._clock.monotonic()
        figures = replace(message, journeys=[])
        known = self._histories.get(message.gateway)
        if known is not None and known.report.boot == message.boot:
            known.hear(figures, now)
        else:
            self._histories[message.gateway] = History(figures, now)
            self._forget(now)
        if message.journeys:
            await self._keep(message)

    async def live(self, message: LiveQuery) -> Live:  # noqa: ARG002 - it asks for all
        now = self._clock.monotonic()
        if self._drawn is None or now - self._drawn[0] >= FRESH_S:
            self._forget(now)
            self._drawn = now, picture(list(self._histories.values()), now, self._clock.now())
        return self._drawn[1]

    async def requests(self, message: RequestsQuery) -> Requests:
        return Requests(await self._database.read(lambda connection: journeys.found(connection, message), fresh=True))

    async def request(self, message: ByRequest) -> Journey:
        return await self._database.read(lambda connection: journeys.one(connection, message.request_id), fresh=True)

    async def _keep(self, message: Report) -> None:
        await self._database.transact(lambda connection: journeys.keep(connection, message.journeys))
        self._until_cleared -= len(message.journeys)
        if self._until_cleared <= 0:
            self._until_cleared = CLEARED_EVERY
            now = self._clock.now()
            await self._database.transact(lambda connection: journeys.clear(connection, now))

    def _forget(self, now: float) -> None:
        """Those not heard of for long; where there are too many, those not heard of for longest."""
        by_age = sorted(self._histories, key=lambda name: self._histories[name].heard, reverse=True)
        for place, name in enumerate(by_age):
            if place >= MOST_GATEWAYS or now - self._histories[name].heard > FORGOTTEN_S:
                del self._histories[name]
