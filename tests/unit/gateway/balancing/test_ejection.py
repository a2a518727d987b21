from __future__ import annotations

from matinee.gateway.balancing.ejection import fails, lasts_s, outliers, room
from matinee.gateway.balancing.record import Record
from matinee.gateway.balancing.rules import EjectionRules

RULES = EjectionRules()


def failed(*gateway: bool) -> Record:
    record = Record()
    for each in gateway:
        record.failed(0, gateway=each)
    return record


def test_failures_in_a_row_of_each_kind() -> None:
    assert not fails(failed(*[False] * 4), RULES)
    assert fails(failed(*[False] * 5), RULES)
    two = EjectionRules(consecutive_gateway_failure=2)
    assert fails(failed(True, True), two)
    assert not fails(failed(True, False, True), two)


def test_ejections_grow_longer_to_a_bound() -> None:
    assert [lasts_s(times, RULES) for times in (1, 2, 9, 10, 11)] == [30, 60, 270, 300, 300]


def test_a_tenth_but_one() -> None:
    assert [room(out, count, RULES) for out, count in ((0, 1), (1, 10), (1, 20), (2, 20))] == [True, False, True, False]


def test_outliers_need_enough_servers_and_requests() -> None:
    good, bad = (200, 200), (150, 200)
    assert outliers([good] * 9 + [bad], RULES) == [9]
    assert outliers([good] * 3 + [bad], RULES) == []
    assert outliers([good] * 9 + [(30, 60)], RULES) == []
    assert outliers([good] * 10, RULES) == []
