"""“Deep Water”: light falls through the sea, bubbles rise, jellyfish drift past, something large goes by."""

from __future__ import annotations

import math
import random

from matinee.demo import titles
from matinee.demo.drawing import HEIGHT, WIDTH, Point, Script, circle, polygon
from matinee.demo.film import DemoFilm, Shot
from matinee.demo.letters import word
from matinee.demo.music import Piece
from matinee.demo.sky import Glow, Sky
from matinee.demo.titles import Type
from matinee.terms.maturity import Maturity
from matinee.terms.title import Metadata

_SECONDS = 27.0
_SKY = Sky(
    (("1fa3a8", 0), ("0c6d93", 0.3), ("083a6b", 0.65), ("04142f", 1)),
    (Glow(0.9, -0.05, 0.55, "bff5ea", 0.8), Glow(0, 1, 0.5, "020a1c", 0.6), Glow(1.78, 1, 0.5, "020a1c", 0.6)),
)
_MUSIC = Piece(
    chords=[[45, 52, 57, 61], [50, 54, 57, 62], [42, 49, 54, 57], [47, 50, 54, 59]],
    pattern=[3, None, 5, None, 4, None, 2, 6],
    bar_s=4.0,
    damping=0.9985,
    held=0.45,
    seed=11,
)


def _scene(script: Script) -> None:
    """The whole film's picture but for the water."""
    chance = random.Random(21)  # noqa: S311 - bubbles
    _rays(script)
    _whale(script)
    _bubbles(script, chance)
    for x, y, size, colour, begin in (
        (250, 560, 1.0, "ff9ec7", 0.0),
        (960, 640, 1.35, "ffc27a", 3.0),
        (640, 690, 0.7, "b9a2ff", 8.0),
    ):
        _jellyfish(script, (x, y), size, colour, begin)
    _seabed(script, chance)
    script.add(40, 0.8, 5.0, "eaffff", word("DEEP WATER", (WIDTH / 2, 330), 62, 0.34), "\\fad(1000,900)\\blur0.8")
    titles.end(script, _SECONDS, "FILMED ON A SINGLE BREATH", Type("cdeeea", 0.3, 1.6), "02101f")


def _rays(script: Script) -> None:
    for place in range(6):
        x = 80 + place * 230
        ray = polygon([(-26, -40), (34, -40), (240, 760), (30, 760)])
        ms = int(_SECONDS * 500)
        sway = (
            f"\\move({x - 60},0,{x + 90},0)\\alpha&HE0&\\t(0,{ms},\\alpha&HC4&)\\t({ms},{2 * ms},\\alpha&HE8&)\\blur12"
        )
        script.add(1, 0, _SECONDS, "d8fff6", ray, sway)


def _bubbles(script: Script, chance: random.Random) -> None:
    for _ in range(70):
        x, radius, begin = chance.uniform(0, WIDTH), chance.choice((2.5, 3.5, 5, 8)), chance.uniform(-6, _SECONDS)
        last = begin + chance.uniform(6, 10)
        rise = f"\\move({x:.0f},760,{x + chance.uniform(-60, 60):.0f},-30)"
        script.add(6, max(0, begin), min(last, _SECONDS), "d9fbff", circle(0, 0, radius), rise + "\\alpha&HA0&\\blur1")
        shine = circle(-radius * 0.3, -radius * 0.35, radius * 0.3)
        script.add(7, max(0, begin), min(last, _SECONDS), "ffffff", shine, rise + "\\alpha&H40&")


def _bell(size: float) -> str:
    points: list[Point] = [(-60 * math.cos(a), -62 * math.sin(a)) for a in (math.pi * step / 18 for step in range(19))]
    points += [(60 - step * 20, 8 if step % 2 else -2) for step in range(1, 6)]
    return polygon([(x * size, y * size) for x, y in points])


def _arm(place: int, bend: float, size: float) -> str:
    x = -40 + place * 20
    middle = [(x + 12 * math.sin(step * 0.8 + place) * bend * step / 5, step * 24) for step in range(8)]
    thick = [3.4 - 0.4 * step for step in range(8)]
    left = [(px - t, py) for (px, py), t in zip(middle, thick, strict=True)]
    right = [(px + t, py) for (px, py), t in zip(middle, thick, strict=True)]
    return polygon([(px * size, py * size) for px, py in [*left, *reversed(right)]])


def _jellyfish(script: Script, start: Point, size: float, colour: str, begin: float) -> None:
    x, y = start
    beat, beats = 2.0, int((_SECONDS - begin) / 2.0)
    for number in range(beats):
        at, top = begin + number * beat, y - number * 64
        drift = 18 * math.sin(number)
        way = f"\\move({x + drift:.0f},{top:.0f},{x + 18 * math.sin(number + 1):.0f},{top - 64:.0f})"
        pulse = "\\fscx100\\fscy100\\t(0,900,\\fscx82\\fscy112)\\t(900,2000,\\fscx100\\fscy100)"
        fade = "\\fad(900,0)" if number == 0 else ""
        script.add(9, at, at + beat, colour, _bell(size), f"{way}{pulse}{fade}\\alpha&H58&\\blur2")
        script.add(10, at, at + beat, "ffffff", _bell(size * 0.55), f"{way}{pulse}{fade}\\alpha&HB0&\\blur6")
        arms = [_arm(place, 1 + 0.3 * (number % 2), size) for place in range(5)]
        script.add(8, at, at + beat, colour, arms, f"{way}{pulse}{fade}\\alpha&H90&\\blur1")


def _whale(script: Script) -> None:
    back: list[Point] = [
        (-300, 20),
        (-210, -40),
        (-60, -74),
        (110, -60),
        (240, -18),
        (330, -10),
        (420, -52),
        (404, 2),
        (440, 44),
    ]
    belly: list[Point] = [(330, 14), (220, 36), (90, 62), (-90, 74), (-230, 56), (-300, 30)]
    way = "\\move(1700,250,-420,300)\\fscx120\\fscy120"
    script.add(3, 6, _SECONDS, "06294d", polygon([*back, *belly]), way + "\\alpha&H30&\\blur4")
    script.add(
        3, 6, _SECONDS, "052243", polygon([(-90, 50), (-30, 60), (30, 130), (-50, 96)]), way + "\\alpha&H30&\\blur4"
    )
    script.add(4, 6, _SECONDS, "bfe9ee", circle(-238, 6, 4), way + "\\alpha&H50&\\blur1")


def _seabed(script: Script, chance: random.Random) -> None:
    floor = [(x, 668 + 18 * math.sin(x / 130) + 10 * math.sin(x / 47)) for x in range(0, WIDTH + 40, 40)]
    script.add(12, 0, _SECONDS, "030d1f", polygon([*floor, (WIDTH, HEIGHT), (0, HEIGHT)]))
    for _ in range(26):
        x, tall = chance.uniform(0, WIDTH), chance.uniform(50, 150)
        weed = polygon([(-6, 0), (-9, -tall * 0.4), (2, -tall), (6, -tall * 0.5), (7, 0)])
        lean, ms = chance.uniform(4, 9), int(_SECONDS * 250)
        steps = "".join(f"\\t({ms * k},{ms * (k + 1)},\\frz{lean * (-1) ** k:.0f})" for k in range(4))
        script.add(11, 0, _SECONDS, chance.choice(("06324a", "0a4a52", "083c3f")), weed, f"\\pos({x:.0f},690){steps}")


FILM = DemoFilm(
    name="deep-water",
    metadata=Metadata(
        title="Deep Water",
        synopsis="Far below the waves it is quiet and full of light. Jellyfish drift by. Something very large follows them.",
        year=2025,
        genres=["Documentary", "Nature"],
        maturity=Maturity.THIRTEEN,
    ),
    shots=[Shot(_SECONDS, _SKY, _scene)],
    music=_MUSIC,
)
