"""The search index follows the catalogue: topic `titles`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

import msgspec
from prometheus_client import Counter

from matinee.backends.log.port import Log
from matinee.events.consumer import Consumer
from matinee.runtime.errors import MatineeError
from matinee.runtime.events import Event
from matinee.services.search.contract import Document, Documents, Removal, Search, StateQuery

_GENERATION_S = 5.0  # how often the search index is asked whether it began anew
_logger = logging.getLogger(__name__)


class Titles:
    """Puts published films and series into the index, and takes out what is hidden or became an episode."""

    def __init__(self, search: Search) -> None:
        self._search = search

    async def apply(self, events: Sequence[Event]) -> None:
        documents: list[Document] = []
        for event in events:
            if event.data["state"] == "published" and event.data.get("kind") != "episode":
                documents.append(document(event))
            elif event.data["published_at"] is not None:
                await self._search.remove(Removal(event.subject, event.data["revision"]))
        if documents:
            await self._search.index(Documents(documents))


class Indexing:
    """Consumes the topic as long as the index is the same. One that began anew reads the topic from its start: its generation
    names the group."""

    def __init__(self, log: Log, search: Search, skipped: Counter) -> None:
        self._log = log
        self._search = search
        self._skipped = skipped

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            generation = await self._generation()
            if generation is None:
                await asyncio.sleep(_GENERATION_S / 10)
                continue
            following = asyncio.create_task(self._consumer(generation).run())
            try:
                while await self._generation() in {None, generation} and not following.done():
                    await asyncio.wait([following], timeout=_GENERATION_S)
                if following.done():
                    following.result()
            finally:
                following.cancel()
                await asyncio.wait([following])

    def _consumer(self, generation: str) -> Consumer:
        return Consumer(self._log, "titles", f"search-{generation}", Titles(self._search), self._skipped)

    async def _generation(self) -> str | None:
        try:
            return (await self._search.state(StateQuery())).generation
        except MatineeError as error:
            _logger.warning("the search index does not answer: %s", error.detail)
            return None


def document(event: Event) -> Document:
    """What is searched of the title that a `matinee.title.*` event tells of. Raises ValidationError where it lacks something."""
    data: dict[str, Any] = {**event.data, "title_id": event.subject, "popularity": 0.0}
    return msgspec.convert(data, Document)
