from __future__ import annotations

import pytest
from queue_model import Queue

from matinee.gateway.overload.guard import LEAST_FOR_LAG, Guard, Place
from matinee.gateway.overload.shedding import CLASSES, Spread, threshold
from matinee.terms.gateway_limits import Limits
from matinee.terms.routing import Priority

PLAY, BROWSE, PREFETCH, BEACON = range(4)
MIX = (0.1, 0.4, 0.25, 0.25)


def test_the_curve_is_the_one_that_was_published() -> None:
    assert threshold(-1) == threshold(0) == 100
    assert threshold(0.35) == pytest.approx(95.7, abs=0.1)
    assert threshold(0.8) == pytest.approx(48.8, abs=0.1)
    assert threshold(0.95) == pytest.approx(14.3, abs=0.1)
    assert threshold(1) == threshold(7) == 0


def test_classes_follow_each_other_without_a_gap() -> None:
    assert [each.name for each in CLASSES] == list(Priority)
    assert [each.rank for each in CLASSES] == list(range(len(CLASSES)))
    assert [each.highest for each in CLASSES[:-1]] == [each.lowest for each in CLASSES[1:]]
    assert (CLASSES[0].lowest, CLASSES[-1].highest) == (1, 100)
    waits = [each.retry_after_s for each in CLASSES]
    assert waits == sorted(waits)


def test_a_spread_is_even() -> None:
    spread = Spread()
    drawn = sorted(spread.next() for _ in range(1000))
    assert all(abs(value - place / 1000) < 0.01 for place, value in enumerate(drawn))


def guard(**limits: int) -> Guard:
    return Guard(Limits(**limits), 0.0)


def admitted(guard: Guard, place: Place, count: int) -> int:
    return sum(guard.lets_in(place) is None for _ in range(count))


def test_the_least_important_goes_first_at_an_origin() -> None:
    g = guard(origin_in_flight=150)  # a limit of 100, and half as much again for play
    places = [g.place(rank, "api") for rank in range(4)]
    assert admitted(g, places[BROWSE], 50) == 50
    for rank, (least, most) in enumerate([(100, 100), (100, 100), (100, 100), (25, 50)]):
        inside = admitted(g, places[rank], 0)
        assert inside == 0
        origin = g.origins["api"]
        before = origin.in_flight
        origin.in_flight = 85  # a degree of 0.7: a threshold of 65.7
        let_in = 0
        for _ in range(100):
            let_in += g.lets_in(places[rank]) is None
            origin.in_flight = 85
        origin.in_flight = before
        if rank == PREFETCH:
            assert 45 < let_in < 60
        elif rank == BEACON:
            assert let_in == 0
        else:
            assert least <= let_in <= most


def test_play_has_room_of_its_own_up_to_the_bound() -> None:
    g = guard(origin_in_flight=150)
    play, browse = g.place(PLAY, "api"), g.place(BROWSE, "api")
    assert admitted(g, browse, 1000) <= 100
    assert admitted(g, play, 1000) >= 35
    origin = g.origins["api"]
    assert origin.in_flight <= 150
    origin.in_flight = 150
    assert g.lets_in(play) is origin


def test_an_origin_that_is_full_leaves_others_alone() -> None:
    g = guard(origin_in_flight=30)
    busy, other = g.place(BROWSE, "busy"), g.place(BEACON, "other")
    admitted(g, busy, 1000)
    assert g.lets_in(busy) is g.origins["busy"]
    assert g.lets_in(other) is None


def test_places_are_given_back() -> None:
    g = guard()
    place = g.place(PLAY, "api")
    assert g.lets_in(place) is None
    assert (g.gateway.in_flight, g.origins["api"].in_flight) == (1, 1)
    g.leave(place)
    assert (g.gateway.in_flight, g.origins["api"].in_flight) == (0, 0)


def test_a_late_loop_sheds_only_where_that_helps() -> None:
    g = guard()
    beacon, play = g.place(BEACON, "api"), g.place(PLAY, "api")
    for beat in range(20):
        g.beat(beat * 0.05, 0.1)
    assert g.lag.degree > 0.7
    assert g.lets_in(beacon) is None, "next to nothing is under way"
    g.gateway.in_flight = LEAST_FOR_LAG
    assert g.lets_in(beacon) is g.gateway
    assert g.lets_in(play) is None
    for beat in range(20, 60):
        g.beat(beat * 0.05, 0.0)
    assert g.lets_in(beacon) is None


def test_other_limits_count_at_once() -> None:
    g = guard()
    place = g.place(BROWSE, "api")
    g.adopt(Limits(origin_in_flight=30, origin_least=5))
    assert admitted(g, place, 1000) <= 20


def six_times(offered: float, seconds: float) -> Queue:
    g = guard()
    places = [g.place(rank, "api") for rank in range(4)]

    def told(rank: int, took: float, _: float) -> None:
        g.leave(places[rank])
        g.answered(places[rank], took, 0.0)

    queue = Queue(lambda rank, _: g.lets_in(places[rank]) is None, told, lambda now: g.beat(now, 0.0))
    queue.run(offered * queue.capacity, seconds, MIX)
    return queue


def p99(times: list[float]) -> float:
    return times[int(len(times) * 0.99)]


def test_at_six_times_what_can_be_done_play_goes_on() -> None:
    usual, over = six_times(0.5, 30), six_times(6, 60)
    assert all(usual.served(rank) == 1 for rank in range(4))
    assert over.served(PLAY) > 0.995
    assert over.served(PLAY) > over.served(BROWSE) > over.served(PREFETCH) > over.served(BEACON)
    assert over.goodput(15, 60) > 0.95, "refusing others costs the servers nothing"
    assert p99(over.times(PLAY, 15)) < 3 * p99(usual.times(PLAY, 5))
