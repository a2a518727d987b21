"""What members hear of at once: events become messages to their devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from matinee.runtime.clock import Clock
from matinee.runtime.events import Event
from matinee.services.push.contract import Audience, Message, Push

_FRESH = timedelta(minutes=10)
"""What is older when it comes here is no news."""

_SPREAD_S = 20
"""Pages that all look anew do so within this time, not at the same moment."""

Notice = Callable[[Event], Message | None]


class Notices:
    """Sends what `notice` makes of events. Of those that everyone hears only the last of several is sent."""

    def __init__(self, push: Push, clock: Clock, notice: Notice) -> None:
        self._push = push
        self._clock = clock
        self._notice = notice

    async def apply(self, events: Sequence[Event]) -> None:
        now = self._clock.now()
        told = [message for event in events if (message := self._notice(event)) and message.expires_at > now]
        last = {message.kind: message for message in told if message.account_id is None}
        for message in told:
            if message.account_id is not None or last[message.kind] is message:
                await self._push.send(message)


def payment_failed(event: Event) -> Message | None:
    """A renewal that could not be paid: for who looks after the household."""
    if event.type != "matinee.billing.renewal_failed":
        return None
    data = {"code": event.data.get("code", "")}
    return Message(
        event.id, "payment-failed", event.time + _FRESH, data, account_id=event.subject, audience=Audience.GUARDIAN
    )


def stream_taken_over(event: Event) -> Message | None:
    """A stream that fell silent, whose place another device has taken: for the profile that watched."""
    if event.type != "matinee.playback.ended" or event.data.get("taken_by") is None:
        return None
    data = {name: event.data[name] for name in ("session_id", "title_id", "taken_by")}
    account, profile = event.data["account_id"], event.data["profile_id"]
    return Message(event.id, "stream-taken-over", event.time + _FRESH, data, account_id=account, profile_id=profile)


def new_rows(event: Event) -> Message | None:
    """Something was published. What it is, each asks for themselves: not all may see it."""
    if event.type != "matinee.title.published":
        return None
    return Message(event.id, "new-rows", event.time + _FRESH, {"spread_s": _SPREAD_S})


def encode_done(event: Event) -> Message | None:
    """A film's preparation has come to its end."""
    if event.type != "matinee.job.finished" or event.data.get("name") != "ingest":
        return None
    data = {"job_id": event.subject, "title_id": event.data.get("about", ""), "reason": event.data.get("reason", "")}
    return Message(event.id, "encode-done", event.time + _FRESH, data, audience=Audience.EDITOR)


NOTICES: Mapping[str, Notice] = {
    "billing": payment_failed,
    "playback": stream_taken_over,
    "titles": new_rows,
    "jobs": encode_done,
}
"""By topic."""
