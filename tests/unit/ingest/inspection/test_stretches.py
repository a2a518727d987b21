from __future__ import annotations

from matinee.ingest.inspection import stretches


def test_short_ones_are_left_out_and_of_many_the_longest_stay() -> None:
    assert stretches.longest([(5, 10), (0, 3)], 4) == [(5, 10)]
    many = [(place * 100, place * 100 + place) for place in range(50)]
    assert stretches.longest(many, 1) == many[30:]


def test_what_is_black_is_not_called_still_too() -> None:
    assert stretches.without([(0, 100)], [(20, 30), (90, 120)]) == [(0, 20), (30, 90)]
    assert stretches.without([(0, 100)], []) == [(0, 100)]
    assert stretches.without([(10, 20)], [(0, 100)]) == []


def test_places_in_words() -> None:
    assert stretches.places([(1000, 2000)]) == "at 0:01"
    assert stretches.places([(1000, 2000), (3_723_000, 0)]) == "at 0:01 and 1:02:03"
    assert stretches.places([(0, 1), (1000, 2), (2000, 3)]) == "at 0:00, 0:01 and 0:02"
    assert stretches.places([(0, 1)] * 5) == "at 0:00, 0:00 and 3 more places"
