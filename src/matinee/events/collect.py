from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from matinee.backends.log.port import Log, Record
from matinee.events.contract import Beacon, Collect, Retire
from matinee.runtime.clock import Clock
from matinee.runtime.errors import Invalid, TooLarge
from matinee.runtime.events import Event
from matinee.terms.viewer import Viewer

TOPIC = "beacons"
PASSING = (TOPIC, "playback", "history", "jobs")
"""Topics that nothing is rebuilt from once their consumers have read them."""

MOST_EVENTS = 200
MOST_BYTES = 4_096  # of one event's data, as JSON
AHEAD = timedelta(seconds=5)  # how far a client's clock may run ahead


class Collector:
    """The contract `Events` on the log. Who sent an event is what the gateway verified, never what the client says."""

    def __init__(self, log: Log, clock: Clock) -> None:
        self._log = log
        self._clock = clock

    async def collect(self, message: Collect) -> None:
        if len(message.events) > MOST_EVENTS:
            raise TooLarge(f"at most {MOST_EVENTS} events at once")
        now, key = self._clock.now(), message.viewer.account_id.encode()
        events = [event(beacon, message.viewer, now) for beacon in message.events]
        if events:
            await self._log.append(TOPIC, [Record(key, msgspec.json.encode(each)) for each in events])

    async def retire(self, message: Retire) -> None:
        before = self._clock.real_now() - timedelta(days=message.keep_days)
        for topic in PASSING:
            await self._log.forget(topic, before)


def event(beacon: Beacon, viewer: Viewer, now: datetime) -> Event:
    """The beacon as an event of this viewer, received `now`. Its id is the client's within the account, so that nobody's
    events pass for repeats of another's. Raises Invalid where `at` has no time zone, TooLarge where `data` is over 4 kB."""
    if beacon.at.tzinfo is None:
        raise Invalid("events.at needs a time zone")
    if _size(beacon.data) > MOST_BYTES:
        raise TooLarge(f"an event's data is at most {MOST_BYTES} bytes")
    data = {
        "name": beacon.name,
        "account_id": viewer.account_id,
        "profile_id": viewer.profile_id,
        "territory": viewer.territory,
        "title_id": beacon.title_id,
        "session_id": beacon.session_id,
        "received": now.isoformat(),
        "data": beacon.data,
    }
    return Event(
        id=f"{viewer.account_id}.{beacon.id}",
        source="matinee/player",
        type=f"matinee.beacon.{beacon.kind.value}",
        time=now if beacon.at > now + AHEAD else beacon.at,
        subject=beacon.title_id or viewer.account_id,
        data=data,
    )


def _size(data: dict[str, Any]) -> int:
    try:
        return len(msgspec.json.encode(data))
    except (TypeError, ValueError, RecursionError) as error:
        raise Invalid(f"events.data is no JSON object: {error}") from error
