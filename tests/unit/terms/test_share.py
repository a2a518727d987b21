from __future__ import annotations

from matinee.terms.share import in_share

MEMBERS = [f"acc_{number:032x}" for number in range(20_000)]


def inside(percent: float, among: str = "api-canary") -> set[str]:
    return {member for member in MEMBERS if in_share(percent, among, member)}


def test_a_share_is_as_large_as_it_says() -> None:
    for percent in (0.5, 10, 50, 99):
        expected = len(MEMBERS) * percent / 100
        assert abs(len(inside(percent)) - expected) < 4 * (expected * (1 - percent / 100)) ** 0.5 + 1


def test_nobody_and_everybody() -> None:
    assert inside(0) == set()
    assert inside(100) == set(MEMBERS)


def test_who_is_in_stays_in_as_it_grows() -> None:
    assert inside(5) < inside(10) < inside(60)


def test_shares_of_different_names_are_independent() -> None:
    both = len(inside(50, "a") & inside(50, "b"))
    assert abs(both - len(MEMBERS) / 4) < 300
