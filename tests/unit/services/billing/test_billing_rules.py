from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.services.billing import rules
from matinee.services.billing.cards import KINDS, luhn
from matinee.services.billing.checkout import local_path
from matinee.services.billing.contract import BadSignature, Status
from matinee.services.billing.ledger import uneven
from matinee.services.billing.rules import Step, Subscribed
from matinee.services.billing.signatures import check, sign
from matinee.terms.money import Money

ANCHOR = datetime(2027, 1, 31, 12, 0, tzinfo=UTC)
END = datetime(2027, 2, 28, 12, 0, tzinfo=UTC)
PAID = Subscribed(Status.ACTIVE, ANCHOR, 1, END)
SECOND = timedelta(seconds=1)

moments = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def but(**changes: object) -> Subscribed:
    return msgspec.structs.replace(PAID, **changes)


@pytest.mark.parametrize(
    ("anchor", "ends"),
    [
        ("2027-01-31", ["2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"]),
        ("2028-01-31", ["2028-02-29", "2028-03-31"]),
        ("2027-12-30", ["2028-01-30", "2028-02-29", "2028-03-30"]),
        ("2028-02-29", ["2028-03-29", "2028-04-29"]),
        ("2027-11-15", ["2027-12-15", "2028-01-15"]),
    ],
)
def test_a_period_ends_on_the_anchor_day_or_the_months_last(anchor: str, ends: list[str]) -> None:
    start = datetime.fromisoformat(anchor).replace(tzinfo=UTC)
    assert [f"{rules.boundary(start, n):%Y-%m-%d}" for n in range(1, len(ends) + 1)] == ends


@given(moments, st.integers(0, 40))
def test_periods_follow_each_other_and_take_28_to_31_days(anchor: datetime, months: int) -> None:
    start, end = rules.boundary(anchor, months), rules.boundary(anchor, months + 1)
    assert timedelta(days=28) <= end - start <= timedelta(days=31)
    assert start.timetz() == anchor.timetz()


@given(moments, st.integers(0, 12), st.timedeltas(timedelta(0), timedelta(days=800)))
def test_the_next_period_is_unpaid_and_not_over(anchor: datetime, paid: int, later: timedelta) -> None:
    now = rules.boundary(anchor, paid) + later
    span = rules.next_period(anchor, paid, now)
    assert span.ordinal > paid
    assert span.start <= now < span.end


@pytest.mark.parametrize(
    ("subscription", "now", "step"),
    [
        (PAID, END - SECOND, Step.KEEP),
        (PAID, END, Step.CHARGE),
        (but(cancel_at_period_end=True), END - SECOND, Step.KEEP),
        (but(cancel_at_period_end=True), END, Step.CANCEL),
        (but(status=Status.PAST_DUE, due_at=END + timedelta(days=1)), END + SECOND, Step.KEEP),
        (but(status=Status.PAST_DUE, due_at=END + timedelta(days=1)), END + timedelta(days=1), Step.CHARGE),
        (but(status=Status.PAST_DUE, due_at=END + timedelta(days=1)), END + timedelta(days=3), Step.GIVE_UP),
        (but(status=Status.PAST_DUE, due_at=END, cancel_at_period_end=True), END + SECOND, Step.CANCEL),
        (but(status=Status.UNPAID), END + timedelta(days=99), Step.KEEP),
        (but(status=Status.CANCELED), END + timedelta(days=99), Step.KEEP),
        (but(status=Status.INCOMPLETE, paid_through=ANCHOR), ANCHOR + timedelta(hours=22), Step.KEEP),
        (but(status=Status.INCOMPLETE, paid_through=ANCHOR), ANCHOR + timedelta(hours=23), Step.LAPSE),
        (but(complimentary=True), END + timedelta(days=99), Step.KEEP),
    ],
)
def test_what_a_renewal_does(subscription: Subscribed, now: datetime, step: Step) -> None:
    assert rules.renew(subscription, now) is step


@pytest.mark.parametrize(
    ("subscription", "until"),
    [
        (PAID, END + timedelta(days=3)),
        (but(status=Status.PAST_DUE), END + timedelta(days=3)),
        (but(cancel_at_period_end=True), END),
        (but(complimentary=True), rules.FOREVER),
    ],
)
def test_it_plays_until_then_and_no_longer(subscription: Subscribed, until: datetime) -> None:
    assert rules.plays(subscription, until - SECOND)
    assert not rules.plays(subscription, until)


@pytest.mark.parametrize("status", [Status.INCOMPLETE, Status.UNPAID, Status.CANCELED])
def test_an_ended_or_unpaid_subscription_plays_nothing(status: Status) -> None:
    assert not rules.plays(but(status=status), ANCHOR)


def test_a_failed_renewal_is_tried_daily_within_its_grace() -> None:
    assert rules.after_failure(END, "generic_decline", END) == END + timedelta(days=1)
    assert rules.after_failure(END, "generic_decline", END + timedelta(days=2, hours=5)) == END + timedelta(days=3)
    assert rules.after_failure(END, "expired_card", END) == END + timedelta(days=3)


def test_a_postponed_renewal_is_still_given_up_in_time() -> None:
    late = but(status=Status.PAST_DUE, due_at=END + timedelta(days=9))
    assert rules.due_next(late) == END + timedelta(days=3)
    assert rules.due_next(but(status=Status.UNPAID)) is None


def test_every_test_card_has_a_valid_number_and_its_own_tokens() -> None:
    assert all(luhn(kind.number) for kind in KINDS)
    tokens = [token for kind in KINDS for token in kind.tokens]
    assert len(tokens) == len(set(tokens))


@given(st.integers(10**11, 10**18).map(str), st.data())
def test_luhn_sees_one_wrong_digit(number: str, data: st.DataObject) -> None:
    whole = next(number + str(digit) for digit in range(10) if luhn(number + str(digit)))
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != whole[place]]))
    assert not luhn(whole[:place] + other + whole[place + 1 :])


def test_an_entry_is_even_in_each_currency() -> None:
    euro, dollar = Money(5, "EUR"), Money(5, "USD")
    assert uneven([("a", euro), ("b", -euro), ("a", dollar), ("c", -dollar)]) == {}
    assert uneven([("a", euro), ("b", -dollar)]) == {"EUR": 5, "USD": -5}


@given(st.binary(), st.binary(min_size=1), moments)
def test_a_signature_fits_its_body_secret_and_time(body: bytes, secret: bytes, now: datetime) -> None:
    signature = sign(secret, body, now)
    check(secret, body, signature, now + timedelta(minutes=4))
    for wrong in ((secret + b"x", body, now), (secret, body + b"x", now), (secret, body, now + timedelta(minutes=6))):
        with pytest.raises(BadSignature):
            check(wrong[0], wrong[1], signature, wrong[2])


@given(st.text(max_size=80))
def test_nonsense_is_no_signature(signature: str) -> None:
    with pytest.raises(BadSignature):
        check(b"secret", b"body", signature, ANCHOR)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/signup?a=b", "/signup?a=b"),
        ("", ""),
        ("//x.org", ""),
        ("/\\x.org", ""),
        ("https://x.org", ""),
        ("/\t/x.org", ""),
    ],
)
def test_only_a_path_of_ours_is_returned_to(url: str, path: str) -> None:
    assert local_path(url) == path
