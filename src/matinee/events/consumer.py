from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol

import msgspec
from prometheus_client import CollectorRegistry, Counter

from matinee.backends.log.port import Entry, Log, Reader
from matinee.runtime.errors import DeadlineExceeded, MatineeError, Unavailable
from matinee.runtime.events import Event

_MOST = 500  # records at once
_WAIT_S = 1.0
_REST_S = 0.05  # between two polls, so that a burst takes effect in few
_LONGEST_PAUSE_S = 5.0
_logger = logging.getLogger(__name__)


class Effect(Protocol):
    """What events of a topic do. An event may come again, so its effect must bear repeats."""

    async def apply(self, events: Sequence[Event]) -> None:
        """Done for all of them on return. Raises Unavailable or DeadlineExceeded where trying again may help; any other
        error says that one of the events is at fault."""
        ...


def skip_counter(registry: CollectorRegistry) -> Counter:
    """What all consumers of a process count their skipped events in."""
    told = "Events that could not be read or applied and were left behind"
    return Counter("matinee_events_skipped", told, ["topic", "group"], registry=registry)


class Consumer:
    """Has each record of a topic take effect, at least once. What cannot be read or applied is logged, counted as `skipped`
    and left behind; where the other side is away, it waits and tries again."""

    def __init__(self, log: Log, topic: str, group: str, effect: Effect, skipped: Counter) -> None:
        self._log = log
        self._topic = topic
        self._group = group
        self._effect = effect
        self._skipped = skipped.labels(topic, group)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                reader = await self._log.reader(self._topic, self._group)
            except MatineeError as error:
                await self._pause(1.0, error)
                continue
            try:
                await self.follow(reader)
            except MatineeError as error:  # the log's: begin again where the group stands
                await self._pause(1.0, error)
            finally:
                await reader.close()

    async def follow(self, reader: Reader) -> None:
        """Until cancelled, or an error of the log."""
        while True:
            await self.step(reader)
            await asyncio.sleep(_REST_S)

    async def step(self, reader: Reader) -> None:
        """One poll and its effects. Raises what the log raises."""
        entries = await reader.poll(_MOST, _WAIT_S)
        if entries:
            await self._apply(self._events(entries))
            await reader.commit()

    def _events(self, entries: Sequence[Entry]) -> list[Event]:
        events: list[Event] = []
        for entry in entries:
            try:
                events.append(msgspec.json.decode(entry.record.value, type=Event))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                self._skip(f"partition {entry.partition} offset {entry.offset}", error)
        return events

    async def _apply(self, events: Sequence[Event]) -> None:
        if not events:
            return
        try:
            await self._insist(events)
        except Exception as error:  # noqa: BLE001 - whatever one event does, the rest must go on
            if len(events) == 1:
                self._skip(events[0].id, error)
                return
            for event in events:
                await self._apply([event])

    async def _insist(self, events: Sequence[Event]) -> None:
        pause = 0.1
        while True:
            try:
                return await self._effect.apply(events)
            except (Unavailable, DeadlineExceeded) as error:
                await self._pause(pause, error)
                pause = min(_LONGEST_PAUSE_S, pause * 2)

    async def _pause(self, seconds: float, error: MatineeError) -> None:
        _logger.warning("topic %s waits %.1f s for group %s: %s", self._topic, seconds, self._group, error.detail)
        await asyncio.sleep(seconds)

    def _skip(self, what: str, error: BaseException) -> None:
        self._skipped.inc()
        _logger.error("topic %s: %s is skipped by group %s: %s", self._topic, what, self._group, error)
