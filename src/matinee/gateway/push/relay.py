from __future__ import annotations

import asyncio
import logging
from itertools import islice
from random import Random

from matinee.gateway.push.hub import Hub
from matinee.gateway.push.line import Line
from matinee.gateway.push.parcel import Parcel
from matinee.runtime.bell import heard
from matinee.runtime.errors import MatineeError
from matinee.runtime.rpc import deadline
from matinee.services.push.contract import (
    MOST_RETURNING,
    Observed,
    ObserveMessages,
    Push,
    Renew,
    Resume,
    Returning,
)

log = logging.getLogger("matinee.gateway")

WAIT_S = 10.0
SLACK_S = 2.0
GATHER_S = 0.02
"""Devices that come together are told of together."""

AGAIN_S = 120.0
"""All is told anew so often, give or take a tenth: well within its time to live, and not by all gateways at once."""

MOST_AT_ONCE = 2000
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 3.0


class Relay:
    """Between the push service and this gateway's lines. That the service is away closes no line: messages come again with it."""

    def __init__(self, name: str, push: Push, hub: Hub, random: Random) -> None:
        self._name = name
        self._push = push
        self._hub = hub
        self._random = random
        self._after = -1
        self._anew = True
        self._told_all = 0.0
        self._returning: dict[Line, None] = {}
        self.dropped = 0

    async def listen(self) -> None:
        """Brings the messages of this gateway's lines, until cancelled."""
        pause = FIRST_PAUSE_S
        while True:
            try:
                with deadline.within(WAIT_S + SLACK_S):
                    observed = await self._push.observe(ObserveMessages(self._name, self._after, WAIT_S))
                pause = FIRST_PAUSE_S
            except (MatineeError, OSError, TimeoutError) as error:
                log.info("push is away, its messages wait: %s", error)
                await asyncio.sleep(pause * self._random.uniform(0.5, 1.5))
                pause = min(pause * 2, LONGEST_PAUSE_S)
                continue
            await self._take(observed)

    async def _take(self, observed: Observed) -> None:
        for numbered in observed.messages:
            await self._hub.deliver(Parcel(numbered))
        self._after = self._hub.cursor = observed.cursor
        self.dropped = observed.dropped
        if not observed.known:
            self._anew = True
            self._hub.bell.ring()
            await asyncio.sleep(FIRST_PAUSE_S)

    async def tell(self) -> None:
        """Tells who is connected here, until cancelled: what changes at once, all of it now and then."""
        pause = FIRST_PAUSE_S
        loop = asyncio.get_running_loop()
        due = 0.0
        while True:
            rung = self._hub.bell.listen()
            if not (self._hub.changed or self._anew or self._returning) and loop.time() < due:
                await heard(rung, due - loop.time())
                await asyncio.sleep(GATHER_S)
            try:
                if self._anew or loop.time() >= due:
                    await self.tell_all()
                    due = loop.time() + AGAIN_S * self._random.uniform(0.9, 1.1)
                await self._tell_changes()
                await self._catch_up()
                pause = FIRST_PAUSE_S
            except (MatineeError, OSError, TimeoutError):
                await asyncio.sleep(pause * self._random.uniform(0.5, 1.5))
                pause = min(pause * 2, LONGEST_PAUSE_S)

    async def tell_all(self) -> None:
        """What is connected here is all there is."""
        self._anew = False
        try:
            readers = self._hub.readers()
            self._hub.changed.clear()
            for start in range(0, max(1, len(readers)), MOST_AT_ONCE):
                holdings = self._hub.holdings(readers[start : start + MOST_AT_ONCE])
                await self._push.renew(Renew(self._name, holdings, whole=start == 0))
        except BaseException:
            self._anew = True
            raise

    async def _tell_changes(self) -> None:
        changed, self._hub.changed = self._hub.changed, set()
        if not changed:
            return
        readers = list(changed)
        try:
            for start in range(0, len(readers), MOST_AT_ONCE):
                holdings = self._hub.holdings(readers[start : start + MOST_AT_ONCE])
                if not (await self._push.renew(Renew(self._name, holdings))).ttl_s:
                    self._anew = True
        except BaseException:
            self._hub.changed |= changed
            raise

    # ---- who comes (back)

    def catch_up(self, line: Line) -> None:
        """Sends the line what came after `line.number`. Until that is known, what comes waits."""
        line.behind = []
        if len(self._returning) > MOST_RETURNING + 2 * self._hub.open:  # push is away, and devices come and go
            self._returning = {each: None for each in self._returning if not each.over}
        self._returning[line] = None
        self._hub.bell.ring()

    async def _catch_up(self) -> None:
        """After it was told who they are: from then on their messages come here."""
        while self._returning and not self._anew:
            first = list(islice(self._returning, MOST_RETURNING))
            lines = [line for line in first if not line.over]
            devices = [Returning(*line.reader, line.number or self._hub.cursor) for line in lines]
            missed = (await self._push.resume(Resume(devices))).messages if devices else []
            for line in first:
                self._returning.pop(line, None)
            for line, numbered in zip(lines, missed, strict=True):
                self._hub.cursor = max(self._hub.cursor, *(each.number for each in numbered), 0)
                line.caught_up([Parcel(each) for each in numbered])
