"""“Small Planets”: a series. On each planet lives one person, who has one thing to do and walks all the way round for it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from msgspec import Struct

from matinee.demo import titles
from matinee.demo.drawing import WIDTH, Point, Script, box, circle, disc, line, placed, polygon
from matinee.demo.film import DemoFilm, Shot
from matinee.demo.instruments import Instrument
from matinee.demo.music import Piece
from matinee.demo.scenery import stars, swing
from matinee.demo.sky import Clouds, Glow, Sky
from matinee.demo.titles import Type
from matinee.ingest.contract import InSeries
from matinee.terms.maturity import Maturity
from matinee.terms.title import Metadata

_OPENING_S, _WALK_S, _CLOSING_S = 5.0, 15.0, 5.5
_TURN = 12.0
"""Degrees a second that a planet turns under who walks on it."""
_RADIUS = 430.0
_MIDDLE: Point = (WIDTH / 2, 850.0)
_TOP: Point = (WIDTH / 2, 850.0 - 430.0)
_FAR: Point = (WIDTH / 2, 392.0)
_FAR_RADIUS = 104.0
_TYPE = Type("fff6e0", 0.62, 0.9)

Things = list[tuple[str, list[Point]]]
"""Colour and outline, standing upright on (0, 0)."""


class Planet(Struct, frozen=True):
    """`grown` stands on the ground from the beginning, `left` behind who walks there; places are degrees round it."""

    number: int
    title: str
    sky: Sky
    ground: str
    shade: str
    coat: str
    grown: list[tuple[Things, list[float]]]
    left: Things
    left_at: list[float]
    glow: str = ""
    starry: int = 0


def _flower(colour: str) -> Things:
    petals = [(colour, disc(12 * math.cos(k * 1.2566), -50 + 12 * math.sin(k * 1.2566), 9, 10)) for k in range(5)]
    return [("3f7d3a", [(-2, 4), (2, 4), (1.5, -46), (-1.5, -46)]), *petals, ("fff3c0", disc(0, -50, 7, 10))]


def _tree(crown: str, light: str, tall: float) -> Things:
    return [
        ("6b4630", [(-7, 8), (7, 8), (4, -tall), (-4, -tall)]),
        (crown, disc(0, -tall - 26, 44)),
        (light, disc(-11, -tall - 38, 22)),
    ]


_HOUSE: Things = [
    ("f4e3c1", [(-42, 10), (42, 10), (42, -58), (-42, -58)]),
    ("c2553f", [(-54, -54), (0, -104), (54, -54)]),
    ("8a5a3c", [(-12, 6), (12, 6), (12, -34), (-12, -34)]),
    ("ffe08a", [(20, -28), (34, -28), (34, -44), (20, -44)]),
]
_CACTUS: Things = [
    (
        "3f8f5e",
        [
            *((-9, 8), (9, 8), (9, -34), (26, -34), (26, -66), (38, -66), (38, -22), (9, -22), (9, -98), (-9, -98)),
            *((-9, -52), (-24, -52), (-24, -78), (-35, -78), (-35, -40), (-9, -40)),
        ],
    ),
    ("ff8fb0", disc(0, -102, 8, 10)),
]
_STONE: Things = [
    ("a8522f", [(-46, 10), (-34, -26), (-6, -44), (22, -30), (44, 10)]),
    ("c76f43", [(-34, -26), (-6, -44), (2, 6), (-24, 8)]),
]
_LETTERBOX: Things = [
    ("6e4a35", [(-3, 6), (3, 6), (3, -44), (-3, -44)]),
    ("2f7fb8", [(-20, -40), (20, -40), (20, -66), (-20, -66)]),
    ("fff6e0", [(-12, -48), (12, -48), (12, -60), (-12, -60)]),
    ("d8433b", [(20, -60), (24, -60), (24, -86), (38, -80), (24, -74)]),
]
_PINE: Things = [
    ("1f2f55", [(-34, 8), (0, -54), (34, 8)]),
    ("243763", [(-28, -24), (0, -84), (28, -24)]),
    ("2b4274", [(-20, -56), (0, -110), (20, -56)]),
]
_LAMP: Things = [
    ("141b33", [(-4, 6), (4, 6), (2.5, -92), (-2.5, -92)]),
    ("141b33", [(-14, -92), (14, -92), (10, -88), (-10, -88)]),
    ("ffe9a6", [(-10, -96), (10, -96), (14, -122), (-14, -122)]),
    ("141b33", [(-17, -122), (17, -122), (0, -136)]),
]

PLANETS = [
    Planet(
        number=1,
        title="The Gardener",
        sky=Sky(
            (("7fd1d8", 0), ("c8ecd9", 0.55), ("fff2cf", 1)),
            (Glow(0.34, 0.22, 0.3, "fffbe0", 0.9),),
            Clouds("ffffff", 0.75, 4, 4, 5),
        ),
        ground="7bb661",
        shade="5f9a4f",
        coat="d8572f",
        grown=[(_tree("3f8f55", "66b06a", 52), [-34, 31, 74, 122, 170]), (_HOUSE, [-14, 100])],
        left=_flower("f2729a"),
        left_at=[14, 47, 58, 88, 112, 137, 150],
    ),
    Planet(
        number=2,
        title="The Desert Post",
        sky=Sky(
            (("f7a35c", 0), ("ffd08a", 0.5), ("ffeccb", 1)),
            (Glow(1.35, 0.25, 0.24, "fffdf0", 1.0), Glow(1.35, 0.25, 0.5, "ffe2a0", 0.6)),
        ),
        ground="d98b4a",
        shade="bf7038",
        coat="2f5f9e",
        grown=[(_CACTUS, [-30, 22, 66, 130, 176]), (_STONE, [-8, 44, 104, 152])],
        left=_LETTERBOX,
        left_at=[10, 34, 55, 80, 92, 118, 141],
    ),
    Planet(
        number=3,
        title="The Lamplighter",
        sky=Sky(
            (("0d1238", 0), ("27296b", 0.5), ("5a4b9a", 1)),
            (Glow(0.9, 0.95, 0.6, "8a6fc0", 0.6),),
            Clouds("4a3f8f", 0.5, 2, 4, 21),
        ),
        ground="3a4a86",
        shade="2c3a70",
        coat="8f3f6e",
        grown=[(_PINE, [-36, -24, 20, 42, 66, 96, 112, 140, 172]), (_HOUSE, [-10, 84])],
        left=_LAMP,
        left_at=[8, 31, 54, 74, 104, 126, 156],
        glow="ffdf8a",
        starry=120,
    ),
]
"""The episodes."""


def film(planet: Planet) -> DemoFilm:
    """One episode."""
    base = 60 + {1: 0, 2: 2, 3: -3}[planet.number]
    sky = planet.sky
    return DemoFilm(
        name=f"small-planets-{planet.number}",
        metadata=Metadata(
            title=planet.title,
            synopsis=_SYNOPSES[planet.number - 1],
            year=2026,
            genres=["Animation", "Family"],
            maturity=Maturity.ALL,
        ),
        shots=[
            Shot(_OPENING_S, sky, lambda script: _opening(script, planet)),
            Shot(_WALK_S, sky, lambda script: _walk(script, planet)),
            Shot(_CLOSING_S, sky, lambda script: _closing(script, planet)),
        ],
        music=_theme(base, planet.number),
        episode=InSeries("Small Planets", 1, planet.number, about=_ABOUT),
    )


_ABOUT = Metadata(
    title="Small Planets",
    synopsis="Some planets are so small that one person can look after all of it. Three of them do, once around each.",
    year=2026,
    genres=["Animation", "Family"],
    maturity=Maturity.ALL,
)
_SYNOPSES = [
    "Once around the green planet with a watering can. Behind her, something grows.",
    "On the desert planet the post comes every day, on foot, whatever the weather. The weather is always the same.",
    "The blue planet gets dark early. Somebody has to see to that.",
]


def _theme(base: int, number: int) -> Piece:
    """The series' tune, in each episode's key and pace."""
    chords = [
        [base + step for step in chord] for chord in ([0, 4, 7, 12], [-3, 4, 9, 12], [-7, 5, 9, 12], [-5, 2, 7, 11])
    ]
    tune = [
        (16, 1),
        (19, 0.5),
        (16, 0.5),
        (21, 1.5),
        (None, 0.5),
        (17, 1),
        (21, 0.5),
        (17, 0.5),
        (14, 1.5),
        (None, 0.5),
    ]
    return Piece(
        chords=chords,
        pattern=[0, 2, 1, 3, 2, 1, 2, None],
        bar_s=(1.9, 1.7, 2.5)[number - 1],
        instrument=(Instrument.MALLET, Instrument.MALLET, Instrument.BOX)[number - 1],
        held=0.1,
        melody=[(None if step is None else base + step, part / 2) for step, part in tune],
        lead=(Instrument.FLUTE, Instrument.PIANO, Instrument.BOX)[number - 1],
        enters=2,
        seed=number,
    )


def _round(
    script: Script, layer: int, span: tuple[float, float], things: Things, where: list[float], size: float, way: str
) -> None:
    """Things all round a planet of `size`, one event a colour."""
    for depth, (colour, outline) in enumerate(things):
        shapes = [polygon(placed(outline, _on(angle, _RADIUS * size), size, angle)) for angle in where]
        script.add(layer + depth, *span, colour, shapes, way)


def _on(angle: float, radius: float) -> Point:
    return radius * math.sin(math.radians(angle)), -radius * math.cos(math.radians(angle))


def _globe(
    script: Script, planet: Planet, span: tuple[float, float], middle: Point, size: float, turned: tuple[float, float]
) -> None:
    """The planet and what stands on it, turning from one angle to the other."""
    way = f"\\pos({middle[0]:.0f},{middle[1]:.0f})\\frz{turned[0]:.0f}\\t(\\frz{turned[1]:.0f})"
    radius = _RADIUS * size
    for things, where in planet.grown:
        _round(script, 10, span, things, where, size, way)
    script.add(20, *span, planet.ground, circle(middle[0], middle[1], radius))
    script.add(22, *span, planet.shade, circle(middle[0], middle[1] + radius * 0.05, radius * 0.93), "\\blur10")
    chance = random.Random(planet.number)  # noqa: S311 - spots
    spots = [
        polygon(
            placed(
                disc(0, 0, chance.uniform(0.05, 0.11) * radius, 14),
                _on(chance.uniform(0, 360), radius * chance.uniform(0.3, 0.8)),
            )
        )
        for _ in range(14)
    ]
    script.add(24, *span, planet.ground, spots, way + "\\alpha&H50&\\blur2")


def _heaven(script: Script, planet: Planet, seconds: float) -> None:
    if planet.starry:
        stars(script, seconds, random.Random(4), planet.starry, 640, "fff3d8")  # noqa: S311 - stars


def _opening(script: Script, planet: Planet) -> None:
    _heaven(script, planet, _OPENING_S)
    _globe(script, planet, (0, _OPENING_S), _FAR, _FAR_RADIUS / _RADIUS, (-30, 20))
    kind = Type("fff6e0" if planet.starry else "3b3355", 0.62, 0.9)
    titles.show(script, (0.5, 4.8), "SMALL PLANETS", (WIDTH / 2, 148), 58, kind, 600)
    titles.show(script, (1.5, 4.8), f"{planet.number}  {planet.title.upper()}", (WIDTH / 2, 618), 26, kind, 500)
    script.veil(0, 0.6, "fff6e0", into=False)


def _walk(script: Script, planet: Planet) -> None:
    _heaven(script, planet, _WALK_S)
    span = (0.0, _WALK_S)
    if not planet.starry:
        for place, (x, y) in enumerate(((140, 120), (620, 70), (1040, 190))):
            puffs = [
                circle(dx, dy, radius) for dx, dy, radius in ((0, 0, 34), (44, -16, 44), (92, 2, 32), (46, 10, 36))
            ]
            script.add(3, *span, "ffffff", puffs, f"\\move({x},{y},{x - 150 - 40 * place},{y})\\alpha&H60&\\blur3")
    _globe(script, planet, span, _MIDDLE, 1.0, (0, _TURN * _WALK_S))
    for angle in planet.left_at:
        begin = angle / _TURN
        grow = "\\fscx10\\fscy0\\t(0,350,\\fscx110\\fscy118)\\t(350,550,\\fscx100\\fscy100)"
        for depth, (colour, outline) in enumerate(planet.left):
            script.add(12 + depth, begin, _WALK_S, colour, polygon(outline), _carried(begin, begin) + grow)
        if planet.glow:
            lit = begin + 0.4
            shine = _carried(begin, lit) + "\\alpha&H70&\\blur24\\fad(700,0)"
            script.add(31, lit, _WALK_S, planet.glow, circle(0, -108, 50), shine)
    _walker(script, planet)


def _carried(put: float, seen: float) -> str:
    """What was put down behind the walker at one time and is seen from another goes round with the planet."""
    turned, goal = _TURN * (seen - put), _TURN * (_WALK_S - put)
    place = f"\\pos({_TOP[0] - 34:.0f},{_TOP[1] + 2:.0f})\\org({_MIDDLE[0]:.0f},{_MIDDLE[1]:.0f})"
    return f"{place}\\frz{turned:.1f}\\t(\\frz{goal:.1f})"


def _walker(script: Script, planet: Planet) -> None:
    span, (x, y) = (0.0, _WALK_S), _TOP
    draw: list[tuple[int, str, Callable[[float], str]]] = [
        (40, "2b2440", lambda at: _legs(x, y, at)),
        (41, planet.coat, lambda at: _coat(x, y + swing(at, 0.33, 1.6))),
        (42, "f6cfa8", lambda at: circle(x + 3, y - 76 + swing(at, 0.33, 1.6), 13)),
        (43, "2b2440", lambda at: _hat(x + 3, y - 84 + swing(at, 0.33, 1.6))),
        (44, "f0e2c0", lambda at: _load(x, y - 34 + swing(at, 0.66, 2.4))),
    ]
    for layer, colour, shape in draw:
        script.animate(layer, span, colour, shape)


def _legs(x: float, y: float, at: float) -> str:
    wide = swing(at, 0.66, 15)
    return " ".join(line([(x, y - 26), (x + step * 0.5, y - 12), (x + step, y + 1)], 6) for step in (wide, -wide))


def _coat(x: float, y: float) -> str:
    return polygon([(x - 4, y - 66), (x + 8, y - 66), (x + 21, y - 18), (x - 21, y - 18)])


def _hat(x: float, y: float) -> str:
    return " ".join((box(x - 18, y - 2, 36, 4), polygon([(x - 11, y), (x - 8, y - 16), (x + 8, y - 16), (x + 11, y)])))


def _load(x: float, y: float) -> str:
    """What is carried: a can, a bag, a light."""
    return " ".join(
        (
            box(x + 18, y - 8, 18, 15),
            line([(x + 8, y - 18), (x + 24, y - 8)], 5),
            line([(x + 36, y), (x + 46, y - 9)], 3),
        )
    )


def _closing(script: Script, planet: Planet) -> None:
    _heaven(script, planet, _CLOSING_S)
    size, span = _FAR_RADIUS / _RADIUS, (0.0, _CLOSING_S)
    _globe(script, planet, span, _FAR, size, (150, 190))
    way = f"\\pos({_FAR[0]:.0f},{_FAR[1]:.0f})\\frz150\\t(\\frz190)"
    everywhere = [*planet.left_at, *(angle + 172 for angle in planet.left_at)]
    _round(script, 12, span, planet.left, everywhere, size, way)
    if planet.glow:
        lights = [circle(*_on(angle, _FAR_RADIUS + 27), 15) for angle in everywhere]
        script.add(31, *span, planet.glow, lights, way + "\\alpha&H50&\\blur9")
    titles.end(script, _CLOSING_S, f"END OF PART {('ONE', 'TWO', 'THREE')[planet.number - 1]}", _TYPE, "2b2440")


EPISODES = [film(planet) for planet in PLANETS]
