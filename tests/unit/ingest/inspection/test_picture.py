from __future__ import annotations

from fractions import Fraction

import pytest

from matinee.ingest.inspection import picture
from matinee.ingest.inspection.looks import Look
from matinee.ingest.source import Crop

Part = tuple[int, int, int, int]
WHOLE, BOXED = (0, 0, 1920, 1080), (0, 138, 1920, 942)


def seen(*parts: Part | None) -> list[Look]:
    return [Look(place * 1000, [part]) for place, part in enumerate(parts)]


@pytest.mark.parametrize(
    ("parts", "crop"),
    [
        ([WHOLE] * 12, None),
        ([BOXED] * 12, Crop(0, 138, 1920, 804)),
        ([BOXED] * 11 + [None], Crop(0, 138, 1920, 804)),
        ([(0, 139, 1920, 941)] * 11 + [BOXED], Crop(0, 138, 1920, 804)),
        ([BOXED] * 11 + [WHOLE], None),
        ([BOXED] * 6 + [(400, 300, 1500, 800)] * 6, None),
        ([BOXED] * 10 + [(400, 300, 1500, 800)] * 2, Crop(0, 138, 1920, 804)),
        ([(240, 0, 1680, 1080)] * 12, Crop(240, 0, 1440, 1080)),
        ([(0, 4, 1920, 1078)] * 12, None),
        ([(800, 400, 1100, 700)] * 12, None),
        ([None] * 12, None),
        ([], None),
    ],
    ids=[
        "none", "letterbox", "a black place", "a pixel off", "once the whole", "different ones", "dark scenes", "pillarbox",
        "a few lines", "a small thing on black", "all black", "nothing seen",
    ],
)  # fmt: skip
def test_borders_are_cut_where_they_are_borders(parts: list[Part | None], crop: Crop | None) -> None:
    assert picture.borders(seen(*parts), 1920, 1080) == crop


def test_edges_become_even_outwards() -> None:
    assert picture.borders(seen((51, 0, 269, 180)), 320, 180) == Crop(50, 0, 220, 180)


@pytest.mark.parametrize(
    ("height", "rate", "claimed", "may"),
    [
        (576, 25, False, True),
        (1080, 30, False, True),
        (720, 50, False, False),
        (576, 50, True, True),
        (2160, 25, True, False),
        (1080, 24, False, False),
    ],
)
def test_half_pictures_are_looked_for_where_there_may_be_some(height: int, rate: int, claimed: bool, may: bool) -> None:
    assert picture.may_be_woven(height, Fraction(rate), claimed=claimed) is may


@pytest.mark.parametrize(("order", "claims"), [("tt", True), ("bt", True), ("progressive", False), ("unknown", False)])
def test_a_file_claims_half_pictures_by_their_order(order: str, claims: bool) -> None:
    assert picture.claims_halves({"field_order": order}) is claims


@pytest.mark.parametrize(
    ("claimed", "mean", "gap", "rate"),
    [
        ("24", "24", 1 / 24, "24"),
        ("24", "22", 1 / 24, "24"),
        ("293/12", "24", 1 / 24, "24"),
        ("10092/425", "1187/50", 1 / 24, "24"),
        ("25/2", "25/2", 0.08, "25/2"),
        ("15", "15", 0.067, "15"),
        ("17", "0", 0.0, "17"),
    ],
)
def test_an_even_rate_is_the_standard_one_it_means(claimed: str, mean: str, gap: float, rate: str) -> None:
    assert picture.even_rate(Fraction(claimed), Fraction(mean), gap) == Fraction(rate)


@pytest.mark.parametrize(
    ("average", "gap", "rate"),
    [
        ("28", 0.0333, "30"),
        ("24000/1001", 0.0333, "24000/1001"),
        ("20", 0.008333, "60"),
        ("12", 0.0667, "15"),
        ("12", 0.0, "12"),
    ],
)
def test_uneven_pictures_get_the_rate_of_most(average: str, gap: float, rate: str) -> None:
    assert abs(picture.steady_rate(Fraction(average), gap) - Fraction(rate)) < Fraction(1, 10)


def test_the_film_is_what_is_shown_by_default() -> None:
    def stream(index: int, **flags: int) -> dict[str, object]:
        return {"index": index, "codec_type": "video", "disposition": flags}

    streams = [stream(0, attached_pic=1), stream(1), stream(2, default=1), stream(3, still_image=1)]
    assert [one["index"] for one in picture.films([*streams, {"index": 4, "codec_type": "audio"}])] == [2, 1]


@pytest.mark.parametrize(
    ("claim", "aspect", "absurd"),
    [("64:45", "64/45", False), ("0:1", "1", False), ("N/A", "1", False), (None, "1", False), ("1:50", "1", True)],
)
def test_pixels_have_a_shape_that_someone_could_mean(claim: str | None, aspect: str, absurd: bool) -> None:
    assert picture.pixel_aspect({"sample_aspect_ratio": claim}) == (Fraction(aspect), absurd)
