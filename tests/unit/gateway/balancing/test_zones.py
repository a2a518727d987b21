from __future__ import annotations

import pytest

from matinee.gateway.balancing.zones import Level, parts, room


def shares(*levels: tuple[int, int]) -> list[float]:
    return [part.share for part in parts([Level(n, healthy, healthy) for n, healthy in levels], 1.4, 0.5)]


def panics(*levels: tuple[int, int]) -> list[bool]:
    return [part.panics for part in parts([Level(n, healthy, healthy) for n, healthy in levels], 1.4, 0.5)]


@pytest.mark.parametrize(
    ("own", "other", "expected"),
    [  # the table of Envoy's documentation on priority levels
        (100, 100, [1, 0]),
        (72, 72, [1, 0]),
        (71, 71, [0.994, 0.006]),
        (50, 50, [0.7, 0.3]),
        (25, 100, [0.35, 0.65]),
        (25, 25, [0.5, 0.5]),
    ],
)
def test_shares_of_two_levels(own: int, other: int, expected: list[float]) -> None:
    assert shares((100, own), (100, other)) == pytest.approx(expected, abs=0.01)


def test_no_panic_while_all_together_have_enough() -> None:
    assert panics((100, 25), (100, 100)) == [False, False]
    assert panics((100, 25), (100, 25)) == [True, True]
    assert panics((10, 4), (0, 0)) == [True, False]


def test_where_none_is_healthy_numbers_decide() -> None:
    assert shares((30, 0), (10, 0)) == [0.75, 0.25]
    assert shares((0, 0), (0, 0)) == [0, 0]
    assert shares((0, 0), (3, 3)) == [0, 1]


def test_room_of_a_busy_server() -> None:
    assert [room(u) for u in (0.0, 0.7, 0.85, 1.0)] == pytest.approx([1, 1, 0.5, 0])
