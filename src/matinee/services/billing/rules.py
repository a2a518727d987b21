"""The rules of billing: pure, of values and times given."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from matinee.services.billing.contract import Status

GRACE = timedelta(days=3)
RETRY = timedelta(days=1)
POSTPONED = timedelta(minutes=5)
"""How long a renewal rests whose outcome could not be learnt."""
INCOMPLETE_LIFE = timedelta(hours=23)
"""An hour under the 24 for which a payment provider remembers an idempotency key."""
UNKNOWN_AFTER = timedelta(seconds=30)
"""How long after its call, by real time, a charge without an outcome is asked after. Calls end far earlier."""
REQUEST_KEPT = timedelta(days=30)
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
HARD = frozenset({"expired_card", "lost_card", "stolen_card", "incorrect_number", "authentication_required"})
"""Declines that another try with the same card cannot mend; they wait for another card."""
RUNNING = frozenset({Status.ACTIVE, Status.PAST_DUE})
"""What a subscription is while it goes on: paid, or with a renewal that may still succeed."""


class Subscribed(Struct, frozen=True):
    """The part of a subscription that its rules read. `due_at` is the next try of a failed renewal."""

    status: Status
    anchor: datetime
    paid_periods: int
    paid_through: datetime
    cancel_at_period_end: bool = False
    complimentary: bool = False
    due_at: datetime | None = None


class Step(StrEnum):
    """What a renewal does to a subscription now."""

    KEEP = "keep"
    CHARGE = "charge"
    CANCEL = "cancel"
    GIVE_UP = "give_up"
    LAPSE = "lapse"


class Span(Struct, frozen=True):
    """A period: from `start` up to `end`, the boundary number `ordinal` after the anchor."""

    ordinal: int
    start: datetime
    end: datetime


def boundary(anchor: datetime, months: int) -> datetime:
    """The anchor moved by months; its day is cut to the month's last: 31 January, 28 February, 31 March."""
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    day = min(anchor.day, calendar.monthrange(year, month + 1)[1])
    return anchor.replace(year=year, month=month + 1, day=day)


def next_period(anchor: datetime, paid_periods: int, now: datetime) -> Span:
    """The period to pay next. What is over already, while nothing was paid and so nothing played, is not charged for."""
    ordinal = paid_periods + 1
    while boundary(anchor, ordinal) <= now:
        ordinal += 1
    return Span(ordinal, boundary(anchor, ordinal - 1), boundary(anchor, ordinal))


def plays_until(subscription: Subscribed) -> datetime:
    """The end of what is paid, and three days more while a renewal may still succeed."""
    if subscription.complimentary:
        return FOREVER
    ends = subscription.cancel_at_period_end or subscription.status in {Status.CANCELED, Status.UNPAID}
    return subscription.paid_through if ends else subscription.paid_through + GRACE


def plays(subscription: Subscribed, now: datetime) -> bool:
    """Whether the account may watch. A renewal that is late, ours or the bank's, counts as the grace does."""
    return subscription.status in RUNNING and now < plays_until(subscription)


def renew(subscription: Subscribed, now: datetime) -> Step:
    """What is due now. Safe to ask at any time and any number of times."""
    status, paid_through = subscription.status, subscription.paid_through
    step = Step.KEEP
    if status is Status.INCOMPLETE and now >= subscription.anchor + INCOMPLETE_LIFE:
        step = Step.LAPSE
    elif subscription.complimentary or status not in RUNNING or now < paid_through:
        pass
    elif subscription.cancel_at_period_end:
        step = Step.CANCEL
    elif status is Status.PAST_DUE and now >= paid_through + GRACE:
        step = Step.GIVE_UP
    elif status is Status.ACTIVE or (subscription.due_at is not None and now >= subscription.due_at):
        step = Step.CHARGE
    return step


def after_failure(paid_through: datetime, code: str, now: datetime) -> datetime:
    """When to look again at a renewal that failed: tomorrow, or at the end of the grace where no try can help before."""
    last = paid_through + GRACE
    return last if code in HARD else min(now + RETRY, last)


def due_next(subscription: Subscribed) -> datetime | None:
    """When a renewal must look again at a subscription that it leaves as it is."""
    if subscription.complimentary:
        return None
    match subscription.status:
        case Status.INCOMPLETE:
            return subscription.anchor + INCOMPLETE_LIFE
        case Status.ACTIVE:
            return subscription.paid_through
        case Status.PAST_DUE:
            last = subscription.paid_through + GRACE
            return last if subscription.due_at is None else min(subscription.due_at, last)
        case _:
            return None
