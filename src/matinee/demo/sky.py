"""What lies behind everything: colours from top to bottom, lights in them, and clouds. Painted small, and enlarged."""

from __future__ import annotations

import array
import math
import random
import sys
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

_WIDTH, _HEIGHT = 240, 135
_OCTAVES = 4
_DEEP = 257
"""From 8 bits to 16: steps of 8 would be seen as bands."""

Stops = tuple[tuple[str, float], ...]


class Glow(Struct, frozen=True):
    """A round light, or with a negative `strength` a shadow. Its middle and `radius` are parts of the picture's height."""

    x: float
    y: float
    radius: float
    colour: str
    strength: float = 1.0


class Clouds(Struct, frozen=True):
    """Veils of one colour; `cover` is how much they hide, `wide` how much wider than tall they are."""

    colour: str
    cover: float
    wide: float = 3.0
    scale: float = 5.0
    seed: int = 1


class Sky(Struct, frozen=True):
    """`stops` are colours (RRGGBB), each at its height: 0 is the top, 1 the bottom."""

    stops: Stops
    glows: tuple[Glow, ...] = ()
    clouds: Clouds | None = None


def paint(sky: Sky, path: Path) -> None:
    """Writes it as a picture of 16 bits a channel (PPM)."""
    pixels = array.array("H")
    veil = _veil(sky.clouds) if sky.clouds else None
    for row in range(_HEIGHT):
        base = _between(sky.stops, row / (_HEIGHT - 1))
        for column in range(_WIDTH):
            colour = base
            if veil and sky.clouds:
                colour = _mixed(colour, _rgb(sky.clouds.colour), veil[row * _WIDTH + column])
            for glow in sky.glows:
                colour = _lit(colour, glow, column / _HEIGHT, row / _HEIGHT)
            pixels.extend(min(65535, max(0, round(value * _DEEP))) for value in colour)
    if sys.byteorder == "little":
        pixels.byteswap()
    path.write_bytes(f"P6 {_WIDTH} {_HEIGHT} 65535\n".encode() + pixels.tobytes())


_Colour = tuple[float, float, float]


def _rgb(colour: str) -> _Colour:
    red, green, blue = bytes.fromhex(colour)
    return float(red), float(green), float(blue)


def _mixed(one: _Colour, other: _Colour, part: float) -> _Colour:
    return (
        one[0] + (other[0] - one[0]) * part,
        one[1] + (other[1] - one[1]) * part,
        one[2] + (other[2] - one[2]) * part,
    )


def _between(stops: Stops, at: float) -> _Colour:
    for (above, top), (below, bottom) in pairwise(stops):
        if at <= bottom:
            return _mixed(_rgb(above), _rgb(below), max(0.0, at - top) / (bottom - top))
    return _rgb(stops[-1][0])


def _lit(colour: _Colour, glow: Glow, x: float, y: float) -> _Colour:
    far = ((x - glow.x) ** 2 + (y - glow.y) ** 2) / glow.radius**2
    if far > 7:
        return colour
    return _mixed(colour, _rgb(glow.colour), min(1.0, glow.strength * math.exp(-far)))


def _veil(clouds: Clouds) -> list[float]:
    """How much of each pixel is hidden: noise in octaves."""
    chance = random.Random(clouds.seed)  # noqa: S311 - clouds
    side = 64
    grid = [[chance.random() for _ in range(side)] for _ in range(side)]
    found: list[float] = []
    for row in range(_HEIGHT):
        for column in range(_WIDTH):
            x, y = clouds.scale * column / _HEIGHT / clouds.wide, clouds.scale * row / _HEIGHT
            depth = sum(_noise(grid, x * 2**o, y * 2**o + 7 * o) / 2 ** (o + 1) for o in range(_OCTAVES))
            found.append(clouds.cover * min(1.0, max(0.0, (depth - 0.36) * 3.2)))
    return found


def _noise(grid: list[list[float]], x: float, y: float) -> float:
    side = len(grid)
    left, top = int(x), int(y)
    a, b = x - left, y - top
    a, b = a * a * (3 - 2 * a), b * b * (3 - 2 * b)
    above, below = grid[top % side], grid[(top + 1) % side]
    left, right = left % side, (left + 1) % side
    high = above[left] + (above[right] - above[left]) * a
    low = below[left] + (below[right] - below[left]) * a
    return high + (low - high) * b
