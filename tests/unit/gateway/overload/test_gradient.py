from __future__ import annotations

from statistics import mean

import pytest
from gradient2 import Gradient2
from queue_model import Queue

from matinee.gateway.overload.gradient import LEAST_GRADIENT, PROBE_EVERY, SMOOTHING, Gradient
from matinee.gateway.overload.load import Load

TWICE = 2.0
WORKERS = 8
LONG_S, SHORT_S = 900.0, 120.0


def under_gradient2() -> tuple[list[float], Queue]:
    """The limit each 50 ms while twice as much comes as can be done; measured in windows of a second."""
    limit = Gradient2()
    times: list[float] = []
    trace: list[float] = []

    def swept(now: float) -> None:
        trace.append(limit.limit)
        if round(now / 0.05) % 20 == 0 and times:
            limit.update(mean(times), queue.in_flight)
            times.clear()

    def admit(_: int, __: float) -> bool:
        return queue.in_flight < int(limit.limit)

    queue = Queue(
        admit,
        told=lambda _, took, __: times.append(took),
        swept=swept,
        workers=WORKERS,
        service_s=0.1,
    )
    queue.run(TWICE * queue.capacity, LONG_S)
    return trace, queue


def under_ours(
    seconds: float, service_s: float, slowness: float = 1.0, after: float = 1e9
) -> tuple[list[float], Queue, Load]:
    """The same; from some moment on servers are slower."""
    load = Load("api", 20, 300, 0.0)
    trace: list[float] = []

    def admit(_: int, __: float) -> bool:
        if load.in_flight < int(load.limit):
            load.enter()
            return True
        return False

    def told(rank: int, took: float, _: float) -> None:
        load.in_flight -= 1
        load.took(rank, took)

    def swept(now: float) -> None:
        load.sweep(now)
        trace.append(load.limit)

    queue = Queue(admit, told, swept, WORKERS, service_s, slowness=lambda now: slowness if now > after else 1.0)
    queue.run(TWICE * queue.capacity, seconds)
    return trace, queue, load


def quarters(trace: list[float]) -> list[float]:
    part = len(trace) // 4
    return [mean(trace[place : place + part]) for place in range(0, 4 * part, part)]


def test_gradient2_creeps_up_under_a_steady_overload_and_ours_does_not() -> None:
    theirs, their_queue = under_gradient2()
    first, second, third, last = quarters(theirs)
    assert first < second < third <= last
    assert theirs[-1] > 15 * WORKERS, "its queue grows and grows, however few can be worked on"
    assert mean(their_queue.times(0, LONG_S * 3 / 4)) > 8 * their_queue.service_s

    ours, our_queue, _ = under_ours(LONG_S, 0.1)
    _, second, third, last = quarters(ours)
    assert last < 1.15 * second
    assert third < 1.15 * second
    assert mean(our_queue.times(0, LONG_S * 3 / 4)) < 2.5 * our_queue.service_s
    assert our_queue.goodput(30, LONG_S) > 0.95


def test_what_became_slower_for_good_is_learned() -> None:
    _, queue, load = under_ours(SHORT_S, 0.02, slowness=4.0, after=40)
    assert load.expected(0) == pytest.approx(4 * queue.service_s, rel=0.5)
    assert queue.goodput(80, SHORT_S) > 0.9 / 4
    assert mean(queue.times(0, 100)) < 2.5 * 4 * queue.service_s


def test_what_became_quicker_is_learned() -> None:
    _, queue, load = under_ours(SHORT_S, 0.02, slowness=0.25, after=40)
    assert load.expected(0) < 0.4 * queue.service_s
    assert queue.goodput(60, SHORT_S) > 1.9, "all that comes can be done now"


def test_no_step_is_larger_than_it_may() -> None:
    gradient = Gradient(20, 100)
    gradient.window([1.0], [100], 100, 1)  # 10 ms each
    assert gradient.limit == 100
    gradient.window([1000.0], [100], 100, 1)
    assert gradient.limit == pytest.approx(100 * (1 - SMOOTHING * (1 - LEAST_GRADIENT)))
    for _ in range(PROBE_EVERY * 3):
        gradient.window([1000.0], [100], 100, 1)
        assert 20 <= gradient.limit <= 100


def test_a_probe_lets_hardly_more_in_than_is_worked_on_and_is_soon_over() -> None:
    gradient = Gradient(20, 100)
    rooms: list[float] = []
    for _ in range(3 * PROBE_EVERY):
        busiest = 2 if gradient.room < gradient.limit else 100
        gradient.window([1.0], [100], busiest, 1)  # 100 a second, 10 ms each: one at a time
        rooms.append(gradient.room)
    probed = [room for room in rooms if room < gradient.limit]
    assert probed == [1.0] * len(probed)
    assert 4 <= len(probed) <= 8, "a first one soon, then one in sixty windows, two windows each"


def test_a_probe_waits_until_the_queue_has_run_out_but_not_for_ever() -> None:
    gradient = Gradient(20, 100)
    while gradient.room == gradient.limit:
        gradient.window([100.0], [100], 100, 1)  # first seen in a queue
    for _ in range(5):
        gradient.window([50.0], [100], 90, 1)
        assert gradient.room < gradient.limit
    gradient.window([1.0], [100], 2, 1)
    gradient.window([1.0], [100], 2, 1)
    assert gradient.room == gradient.limit
    assert gradient.known[0] < 0.6
    while gradient.room == gradient.limit:
        gradient.window([1.0], [100], 100, 1)
    for _ in range(30):
        gradient.window([1.0], [100], 100, 1)
    assert gradient.room == gradient.limit


def test_quiet_windows_need_no_probe() -> None:
    gradient = Gradient(20, 100)
    for _ in range(3 * PROBE_EVERY):
        gradient.window([1.0], [100], 10, 1)
        assert gradient.room == gradient.limit == 100


def test_a_wait_that_nobody_notices_is_none() -> None:
    gradient = Gradient(20, 100, slack_s=0.01)
    gradient.window([0.1], [100], 10, 1)  # 1 ms
    for _ in range(20):
        gradient.window([1.1], [100], 90, 1)
    assert gradient.limit == 100
    for _ in range(20):
        gradient.window([2.0], [100], 90, 1)
    assert gradient.limit < 50


def test_that_slow_ones_are_left_is_no_slowness() -> None:
    gradient = Gradient(20, 100, classes=2)
    gradient.window([1.0, 10.0], [100, 50], 10, 1)  # 10 ms and 200 ms
    for _ in range(20):
        gradient.window([0.0, 10.0], [0, 50], 100, 1)
    assert gradient.limit == 100


def test_other_bounds_count_at_once() -> None:
    gradient = Gradient(20, 100)
    gradient.bound(5, 40)
    assert gradient.limit == gradient.room == 40
    gradient.bound(60, 80)
    assert gradient.limit == 60


def test_another_wait_that_nobody_notices_counts_at_once() -> None:
    gradient = Gradient(20, 100)
    gradient.window([0.1], [10], 10, 1)  # 10 ms
    gradient.bound(20, 100, slack_s=1)
    gradient.window([10.0], [100], 100, 1)  # 100 ms
    assert gradient.limit == 100
