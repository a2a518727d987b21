from __future__ import annotations

import random

import pytest
from msgspec.structs import replace

from matinee.ingest.pictures.artwork import SIDES, cut
from matinee.ingest.pictures.frames import GRID, Frame, difference, different, is_usable, moments, score, window
from matinee.terms.artwork import Shape

PIXELS = GRID * GRID
GREY = bytes([128]) * PIXELS


def frame(at: float = 0, *, edges: bytes = bytes(PIXELS), luma: bytes = GREY, **of: float) -> Frame:
    good = {"brightness": 115.0, "contrast": 120.0, "saturation": 50.0, "detail": 0.8, "blur": 3.0}
    return Frame(at=at, edges=edges, colours=luma + GREY + GREY, **(good | of))


def test_dark_white_flat_and_blurred_frames_are_worse() -> None:
    good = score(frame())
    assert good > score(frame(blur=12.0))
    assert good > score(frame(saturation=5.0))
    assert good > score(frame(detail=0.2))
    for bad in (frame(brightness=10), frame(brightness=245), frame(contrast=8)):
        assert not is_usable(bad)
        assert score(bad) < score(frame(blur=12.0, saturation=0, detail=0.1, contrast=30)) < good


def test_frames_that_look_alike_are_offered_once_the_best_of_them() -> None:
    chance = random.Random(7)
    pictures = [bytes(chance.choices(range(256), k=PIXELS)) for _ in range(3)]
    near = bytes(min(255, point + 3) for point in pictures[0])
    shown = [
        frame(1, luma=pictures[0], blur=4.0),
        frame(2, luma=near),
        frame(3, luma=pictures[1]),
        frame(4, luma=pictures[2]),
        frame(5, luma=pictures[2], brightness=5.0),
    ]
    assert difference(shown[0], shown[1]) < 2 < difference(shown[0], shown[2])
    assert {each.at for each in different(shown, 5)} == {2, 3, 4}
    assert len(different(shown, 2)) == 2


def test_a_black_film_still_has_one_frame() -> None:
    black = [frame(at, brightness=0, contrast=0, detail=0, saturation=0, blur=0) for at in range(4)]
    assert len(different(black, 5)) == 1
    assert different([], 5) == []


@pytest.mark.parametrize(
    ("amounts", "part", "start", "share"),
    [
        ([0, 0, 0, 0, 0, 0, 9, 1], 0.25, 0.75, 1.0),
        ([5, 5, 0, 0, 0, 0, 0, 1], 0.25, 0.0, 10 / 11),
        ([1] * 8, 0.5, 0.25, 0.5),
        ([0] * 8, 0.5, 0.25, 0.5),
        ([1, 2, 3], 1.0, 0.0, 1.0),
    ],
)
def test_a_window_holds_the_most_and_else_the_middle(
    amounts: list[float], part: float, start: float, share: float
) -> None:
    assert window(amounts, part) == (pytest.approx(start), pytest.approx(share))


@pytest.mark.parametrize("size", [(1920, 1080), (1920, 804), (1080, 1920), (640, 480), (426, 240), (2, 2), (321, 241)])
@pytest.mark.parametrize("shape", Shape)
def test_a_cut_lies_within_the_picture_and_has_its_shape(size: tuple[int, int], shape: Shape) -> None:
    width, height = size
    edges = bytearray(PIXELS)
    for row in range(GRID):
        edges[row * GRID + GRID - 3] = 255  # what there is to see stands at the right
    found = cut(shape, width, height, frame(edges=bytes(edges)))
    assert 0 <= found.x <= width - found.width
    assert 0 <= found.y <= height - found.height
    assert found.width == width or found.height == height
    assert found.widths
    assert max(found.widths) <= max(found.width, 1)
    if min(size) > 100:
        across, down, _ = SIDES[shape]
        assert found.width / found.height == pytest.approx(across / down, rel=0.02)
        if found.width < width:
            assert found.x + found.width >= width * 0.98, "as near to its middle as the picture allows"
            assert found.share > 0.9


@pytest.mark.parametrize("duration_s", [0.04, 1.0, 30.0, 600.0, 36_000.0])
def test_frames_are_looked_at_all_over_the_film_and_few_of_a_long_one(duration_s: float) -> None:
    found = moments(duration_s)
    assert 6 <= len(found) <= 30
    assert found == sorted(found)
    assert 0 <= found[0] < found[-1] < duration_s


def test_salience_counts_colours_that_stand_out() -> None:
    red = bytearray(GREY)
    for row in range(GRID):
        red[row * GRID + 4] = 240
    plain = frame()
    shown = replace(plain, colours=plain.colours[: 2 * PIXELS] + bytes(red))
    columns = shown.columns()
    assert max(columns) == columns[4]
