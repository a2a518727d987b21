from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from matinee.events.live.notices import NOTICES, Notices, encode_done, new_rows, payment_failed, stream_taken_over
from matinee.runtime.events import Event
from matinee.services.push.contract import Audience, Message, Sent

NOW = datetime(2026, 11, 21, tzinfo=UTC)
PLAYED = {"session_id": "ses_1", "title_id": "ttl_1", "account_id": "acc_1", "profile_id": "prf_1"}


class Clock:
    def now(self) -> datetime:
        return NOW


class Heard:
    """A push service that notes what it is given."""

    def __init__(self) -> None:
        self.sent: list[Message] = []

    async def send(self, message: Message) -> Sent:
        self.sent.append(message)
        return Sent(1)


def event(type_: str, subject: str = "x", name: str = "evt_1", at: datetime = NOW, **data: Any) -> Event:
    return Event(name, "matinee/x", type_, at, subject, data)


def test_a_payment_that_failed_is_told_to_who_looks_after_the_household() -> None:
    told = payment_failed(event("matinee.billing.renewal_failed", "acc_1", code="card-declined"))
    assert told is not None
    assert (told.kind, told.account_id, told.audience) == ("payment-failed", "acc_1", Audience.GUARDIAN)
    assert told.data == {"code": "card-declined"}


def test_a_stream_that_was_taken_over_is_told_to_its_profile() -> None:
    told = stream_taken_over(event("matinee.playback.ended", "ses_1", **PLAYED, taken_by="Television"))
    assert told is not None
    assert (told.kind, told.account_id, told.profile_id) == ("stream-taken-over", "acc_1", "prf_1")
    assert told.data == {"session_id": "ses_1", "title_id": "ttl_1", "taken_by": "Television"}


def test_what_is_new_is_told_to_all_and_not_what_it_is() -> None:
    told = new_rows(event("matinee.title.published", "ttl_1", name="A film for adults"))
    assert told is not None
    assert (told.account_id, told.audience, list(told.data)) == (None, None, ["spread_s"])


def test_a_film_that_is_ready_is_told_to_editors_alone() -> None:
    told = encode_done(Event("evt_1", "x", "matinee.job.finished", NOW, "job_1", {"name": "ingest", "about": "ttl_1"}))
    assert told is not None
    assert (told.account_id, told.audience, told.data["title_id"]) == (None, Audience.EDITOR, "ttl_1")


@pytest.mark.parametrize("notice", NOTICES.values())
@pytest.mark.parametrize(
    "other",
    [
        event("matinee.billing.subscription_renewed", "acc_1"),
        event("matinee.playback.ended", "ses_1", **PLAYED),
        event("matinee.playback.started", "ses_1", **PLAYED),
        event("matinee.title.changed", "ttl_1"),
        Event("evt_1", "x", "matinee.job.finished", NOW, "job_1", {"name": "artwork"}),
        Event("evt_1", "x", "matinee.job.accepted", NOW, "job_1", {"name": "ingest"}),
    ],
    ids=lambda each: each.type,
)
def test_nothing_else_is_told(notice: Any, other: Event) -> None:
    assert notice(other) is None


async def test_what_is_old_is_no_news_and_of_what_all_hear_only_the_last_is_sent() -> None:
    heard = Heard()
    published = "matinee.title.published"
    old = event(published, name="old", at=NOW - timedelta(hours=1))
    new = [event(published, name=f"evt_{number}") for number in range(3)]
    await Notices(heard, Clock(), new_rows).apply([old, *new])  # type: ignore[arg-type]
    assert [message.id for message in heard.sent] == ["evt_2"]
    failed = [event("matinee.billing.renewal_failed", "acc_1", name=f"evt_{number}") for number in range(3)]
    await Notices(heard, Clock(), payment_failed).apply(failed)  # type: ignore[arg-type]
    assert len(heard.sent) == 4
