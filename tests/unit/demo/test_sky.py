from __future__ import annotations

import array
import sys
from pathlib import Path

from matinee.demo.sky import Clouds, Glow, Sky, paint


def pixels(path: Path) -> tuple[list[int], array.array[int]]:
    head, body = path.read_bytes().split(b"\n", 1)
    found = array.array("H", body)
    if sys.byteorder == "little":
        found.byteswap()
    return [int(word) for word in head.split()[1:]], found


def test_a_sky_goes_from_its_first_colour_to_its_last(tmp_path: Path) -> None:
    paint(Sky((("000000", 0), ("ff8000", 1))), tmp_path / "sky.ppm")
    (width, height, most), found = pixels(tmp_path / "sky.ppm")
    assert most == 65535
    assert len(found) == width * height * 3
    assert list(found[:3]) == [0, 0, 0]
    assert list(found[-3:]) == [255 * 257, 128 * 257, 0]


def test_a_light_is_where_it_shines_and_clouds_are_the_same_each_time(tmp_path: Path) -> None:
    sky = Sky((("101010", 0), ("101010", 1)), (Glow(0.5, 0.5, 0.1, "ffffff"),), Clouds("202020", 0.5))
    for name in ("a.ppm", "b.ppm"):
        paint(sky, tmp_path / name)
    assert (tmp_path / "a.ppm").read_bytes() == (tmp_path / "b.ppm").read_bytes()
    (width, height, _), found = pixels(tmp_path / "a.ppm")
    middle = 3 * (width * (height // 2) + height // 2)
    assert found[middle] > 60000
    assert max(found[:3]) < 10000
