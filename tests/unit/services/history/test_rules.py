from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from matinee.runtime.errors import Invalid
from matinee.services.history import rules
from matinee.services.history.contract import Bookmark

NOW = datetime(2026, 11, 21, tzinfo=UTC)
BOOKMARK = Bookmark("acc", "prf", "ttl", 60_000, 600_000, NOW)


def test_the_later_wins_then_the_farther() -> None:
    later = replace(BOOKMARK, at=NOW + timedelta(milliseconds=1), position_ms=0)
    farther = replace(BOOKMARK, position_ms=60_001)
    assert max([farther, later, BOOKMARK], key=rules.order) == later
    assert max([BOOKMARK, farther], key=rules.order) == farther


def test_a_repeat_has_the_same_event_id_and_another_write_has_not() -> None:
    others = [
        replace(BOOKMARK, profile_id="prf2"),
        replace(BOOKMARK, title_id="ttl2"),
        replace(BOOKMARK, at=NOW + timedelta(milliseconds=1)),
        replace(BOOKMARK, profile_id="prft", title_id="tl"),
    ]
    ids = {rules.event_id(each) for each in [BOOKMARK, *others]}
    assert len(ids) == len(others) + 1
    assert rules.event_id(replace(BOOKMARK)) == rules.event_id(BOOKMARK)


@pytest.mark.parametrize("wrong", [{"position_ms": -1}, {"duration_ms": -1}, {"at": NOW.replace(tzinfo=None)}], ids=str)
def test_a_bookmark_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    rules.check(BOOKMARK)
    with pytest.raises(Invalid):
        rules.check(replace(BOOKMARK, **wrong))


@pytest.mark.parametrize(
    ("position_ms", "duration_ms", "finished"), [(95, 100, True), (94, 100, False), (100, 100, True), (5, 0, False)]
)
def test_ninety_five_percent_is_the_end(position_ms: int, duration_ms: int, finished: bool) -> None:
    assert replace(BOOKMARK, position_ms=position_ms, duration_ms=duration_ms).finished is finished
