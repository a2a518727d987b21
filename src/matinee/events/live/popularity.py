"""Popularity follows plays: what was played of late stands higher among what is found."""

from __future__ import annotations

import asyncio
import logging

from matinee.runtime.clock import Clock
from matinee.runtime.errors import MatineeError
from matinee.services.metrics.contract import POPULAR_FOR, Metrics, Top
from matinee.services.search.contract import Popularity, Search

_MOST_POPULAR = 500
_logger = logging.getLogger(__name__)


class Trending:
    """The plays of each title within `POPULAR_FOR` to the search index, every `every_s` seconds."""

    def __init__(self, metrics: Metrics, search: Search, clock: Clock, every_s: float = 30.0) -> None:
        self._metrics = metrics
        self._search = search
        self._clock = clock
        self._every_s = every_s
        self._named: set[str] = set()

    async def run(self) -> None:
        """Until cancelled. Where one of the two is away, the next turn makes up for it."""
        while True:
            try:
                await self.refresh()
            except MatineeError as error:
                _logger.warning("popularity waits for its next turn: %s", error.detail)
            await asyncio.sleep(self._every_s)

    async def refresh(self) -> None:
        """Once. A title that is no longer among the most played is set back to none."""
        ranking = await self._metrics.top(Top("plays", self._clock.now() - POPULAR_FOR, _MOST_POPULAR))
        plays = {ranked.key: float(ranked.count) for ranked in ranking.keys}
        if plays or self._named:
            await self._search.set_popularity(Popularity({**dict.fromkeys(self._named, 0.0), **plays}))
        self._named = set(plays)
