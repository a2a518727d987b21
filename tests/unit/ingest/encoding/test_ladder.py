from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.ingest.encoding.ladder import frames_a_gop, ladder, segment_s


@pytest.mark.parametrize(
    ("size", "names"),
    [
        ((1920, 1080), ["v1080", "v720", "v540", "v360", "v240"]),
        ((3840, 2160), ["v1080", "v720", "v540", "v360", "v240"]),
        ((1280, 720), ["v720", "v540", "v360", "v240"]),
        ((1920, 804), ["v804", "v536", "v402", "v268", "v178"]),
        ((1080, 1920), ["v1080", "v720", "v540", "v360", "v240"]),
        ((1000, 600), ["v600", "v540", "v360", "v240"]),
        ((321, 241), ["v240"]),
        ((320, 180), ["v180"]),
        ((16, 16), ["v16"]),
    ],
)
def test_the_ladder_is_cut_to_the_source(size: tuple[int, int], names: list[str]) -> None:
    assert [rung.name for rung in ladder(*size)] == names


@given(st.integers(16, 8000), st.integers(16, 8000))
def test_no_rung_is_odd_or_larger_than_the_source(width: int, height: int) -> None:
    rungs = ladder(width, height)
    assert rungs
    assert len({rung.name for rung in rungs}) == len(rungs)
    for rung in rungs:
        assert rung.width % 2 == rung.height % 2 == 0
        assert 2 <= rung.width <= max(2, width)
        assert 2 <= rung.height <= max(2, height)
        assert 50 < rung.kbps <= 5000


@pytest.mark.parametrize(
    ("rate", "frames", "seconds"),
    [
        ("24", 48, Fraction(4)),
        ("24000/1001", 48, Fraction(4004, 1000)),
        ("25/2", 25, Fraction(4)),
        ("60", 120, Fraction(4)),
    ],
)
def test_a_segment_is_two_closed_groups_of_about_two_seconds(rate: str, frames: int, seconds: Fraction) -> None:
    assert frames_a_gop(Fraction(rate)) == frames
    assert segment_s(Fraction(rate)) == seconds
