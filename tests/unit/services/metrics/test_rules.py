from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from matinee.runtime.errors import Invalid
from matinee.services.metrics import rules
from matinee.services.metrics.contract import Count

NOW = datetime(2026, 11, 21, 12, 34, 56, tzinfo=UTC)
COUNT = Count("evt_1", "plays", "ttl", NOW)


@given(st.timedeltas(timedelta(0), timedelta(days=400)), st.timedeltas(timedelta(0), timedelta(days=9)))
def test_stretches_hold_each_minute_of_a_window_once(ago: timedelta, length: timedelta) -> None:
    since = NOW - ago
    found = rules.stretches(since, since + length)
    minutes = [minute for part in found for minute in range(part.first, part.end, rules.MINUTE)]
    first, last = rules.bucket(since, rules.MINUTE), rules.bucket(since + length, rules.MINUTE)
    assert minutes == list(range(first, last + 1, rules.MINUTE))
    assert all(part.first % part.width == part.end % part.width == 0 for part in found)
    assert len(found) <= 5


def test_a_week_is_read_from_few_buckets() -> None:
    found = rules.stretches(NOW - timedelta(days=7), NOW)
    assert sum((part.end - part.first) // part.width for part in found) < 60 + 24 + 7 + 24 + 60


@pytest.mark.parametrize(
    "wrong", [{"by": 0}, {"by": -3}, {"id": ""}, {"metric": ""}, {"at": NOW.replace(tzinfo=None)}], ids=str
)
def test_a_count_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        rules.accepted(replace(COUNT, **wrong), NOW)


def test_a_count_from_the_future_counts_as_now() -> None:
    assert rules.accepted(replace(COUNT, at=NOW + timedelta(days=1)), NOW) == COUNT
    assert rules.accepted(COUNT, NOW + timedelta(days=1)) == COUNT
