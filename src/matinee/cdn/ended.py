"""Follows the list of ended sessions: what ended there stops here, at most five seconds later."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from matinee.cdn.core import Core
from matinee.cdn.gate import Gate
from matinee.runtime.clock import Clock
from matinee.runtime.errors import MatineeError

WAIT_S = 2.0
"""One question may wait this long for news. With its slack and the pause after a failure a connection that died in silence
is noticed, and the news fetched over another, within five seconds."""
_REST_S = 0.2  # between answers, so that sessions which end together come together
_PAUSE_S = 0.5
_AFRESH_S = 6 * 3600.0  # the whole list again, so that expired sessions are forgotten
_log = logging.getLogger(__name__)


class Follower:
    """`cut` is called when sessions ended, to stop answers under way."""

    def __init__(self, core: Core, gate: Gate, clock: Clock, cut: Callable[[], None]) -> None:
        self._core = core
        self._gate = gate
        self._clock = clock
        self._cut = cut
        self._cursor = -1
        self._whole_at = 0.0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._hear()
                await asyncio.sleep(_REST_S)
            except MatineeError as wrong:
                _log.debug("no word of ended sessions: %s", wrong.detail)
                await asyncio.sleep(_PAUSE_S)

    async def _hear(self) -> None:
        now = self._clock.monotonic()
        whole = self._cursor < 0 or now - self._whole_at > _AFRESH_S
        found = await self._core.ended(-1 if whole else self._cursor, WAIT_S)
        if whole:
            self._whole_at = now
        self._cursor = found.cursor
        self._gate.end(frozenset(found.sessions), whole=whole)
        if found.sessions:
            self._cut()
