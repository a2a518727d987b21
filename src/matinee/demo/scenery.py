"""What several films have in their landscapes."""

from __future__ import annotations

import math
import random
from itertools import pairwise

from matinee.demo.drawing import HEIGHT, WIDTH, Point, Script, circle, polygon

_FRONT = 20
"""The layers above lie before what the film is about."""
_SMALL = 2.5
"""A flake that needs no soft edge."""

Span = tuple[float, float]


def stars(script: Script, seconds: float, chance: random.Random, count: int, above: float, colour: str) -> None:
    """Over the picture down to `above`; each twinkles once or twice."""
    for _ in range(count):
        x, y, size = chance.uniform(0, WIDTH), chance.uniform(0, above), chance.choice((0.9, 1.2, 1.2, 1.8))
        bright = f"{chance.randrange(0x10, 0x90):02X}"
        at, pulse = chance.randrange(0, int(seconds * 800)), chance.randrange(500, 1500)
        twinkle = f"\\alpha&H{bright}&\\t({at},{at + pulse},\\alpha&HD0&)\\t({at + pulse},{at + 2 * pulse},\\alpha&H{bright}&)"
        script.add(1, 0, seconds, colour, circle(x, y, size), twinkle)


def ridge(chance: random.Random, heights: list[float], rough: float, span: Span = (-80.0, WIDTH + 80.0)) -> list[Point]:
    """A skyline through these heights, from left to right, broken between them again and again."""
    line = heights
    while len(line) < 2 * WIDTH / 40:
        middles = [(a + b) / 2 + chance.uniform(-rough, rough) for a, b in pairwise(line)]
        line = [value for pair in zip(line, middles, strict=False) for value in pair] + [line[-1]]
        rough *= 0.52
    step = (span[1] - span[0]) / (len(line) - 1)
    return [(span[0] + place * step, value) for place, value in enumerate(line)]


def land(skyline: list[Point]) -> str:
    """All that lies under a skyline."""
    return polygon([*skyline, (skyline[-1][0], HEIGHT + 60), (skyline[0][0], HEIGHT + 60)])


def slide(by: float) -> str:
    """A layer that glides sideways while it is seen: the nearer, the farther."""
    return f"\\move({-by / 2:.0f},0,{by / 2:.0f},0)"


def falling(  # noqa: PLR0913 - what falls, how fast and where to
    script: Script,
    seconds: float,
    chance: random.Random,
    *,
    count: int,
    colour: str,
    sizes: tuple[float, ...],
    fall_s: float,
    wind: float,
    layer: int = 30,
) -> None:
    """Snow: flakes that cross the picture in about `fall_s`, blown `wind` pixels aside on their way."""
    for _ in range(count):
        size, lasts = chance.choice(sizes), fall_s * chance.uniform(0.7, 1.5)
        x, begin = chance.uniform(-max(0, wind), WIDTH - min(0, wind)), -chance.uniform(0, lasts)
        while begin < seconds:
            blown = wind * chance.uniform(0.7, 1.3)
            seen = max(0.0, -begin) / lasts
            top, left = -10 + (HEIGHT + 20) * seen, x + blown * seen
            end = min(seconds, begin + lasts)
            gone = (end - begin) / lasts
            way = f"\\move({left:.0f},{top:.0f},{x + blown * gone:.0f},{-10 + (HEIGHT + 20) * gone:.0f})"
            script.add(
                layer,
                begin,
                end,
                colour,
                circle(0, 0, size),
                way + ("\\alpha&H30&\\blur1" if size > _SMALL else "\\alpha&H30&"),
            )
            begin += lasts


def clouds(
    script: Script, seconds: float, chance: random.Random, *, y: float, colour: str, by: float, layer: int
) -> None:
    """A bank of cloud that glides; those in front have a soft edge."""
    puffs = [
        circle(x + chance.uniform(-30, 30), y + chance.uniform(-16, 22), chance.uniform(46, 92))
        for x in range(-160, WIDTH + 200, 84)
    ]
    base = polygon([(-240, y + 20), (WIDTH + 240, y + 20), (WIDTH + 240, HEIGHT + 80), (-240, HEIGHT + 80)])
    script.add(layer, 0, seconds, colour, [*puffs, base], slide(by) + ("\\blur9" if layer > _FRONT else ""))


def swing(at: float, beat: float, wide: float, phase: float = 0.0) -> float:
    """To and fro between -wide and wide, once in `beat` seconds."""
    return wide * math.sin(2 * math.pi * (at / beat + phase))
