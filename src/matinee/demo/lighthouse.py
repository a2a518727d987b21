"""“The Lighthouse”: night over the sea, the moon rises, a beam goes round, a small boat finds its way."""

from __future__ import annotations

import math
import random

from matinee.demo import titles
from matinee.demo.drawing import HEIGHT, WIDTH, Script, box, circle, polygon
from matinee.demo.film import DemoFilm, Line, Shot
from matinee.demo.letters import word
from matinee.demo.music import Piece
from matinee.demo.sky import Clouds, Glow, Sky
from matinee.demo.titles import Type
from matinee.terms.maturity import Maturity
from matinee.terms.title import Metadata

_SECONDS = 28.0
_SKY = Sky(
    (("0b1030", 0), ("1c2a5e", 0.45), ("6b5a8e", 0.63), ("0a1a33", 0.66), ("050a18", 1)),
    (Glow(0.5, 0.62, 0.26, "b08a9a", 0.55),),
    Clouds("2c3468", 0.5, wide=5, scale=4, seed=8),
)
_MUSIC = Piece(
    chords=[[57, 60, 64, 69], [53, 57, 60, 65], [48, 55, 60, 64], [55, 59, 62, 67]],
    pattern=[0, 2, 3, 5, 4, 3, 2, 1],
    bar_s=3.25,
    seed=3,
)
_HORIZON = 462.0
_LAMP = (1004.0, 236.0)


def _scene(script: Script) -> None:
    """The whole film's picture but for its sky."""
    chance = random.Random(7)  # noqa: S311 - stars
    _stars(script, chance)
    _moon(script, chance)
    _beam(script)
    _cliff(script)
    _boat(script)
    script.add(40, 0.8, 5.2, "f6eedd", word("THE LIGHTHOUSE", (520, 215), 50), "\\fad(900,900)\\blur0.6")
    script.add(40, 1.6, 5.2, "f6eedd", box(400, 270, 240, 2), "\\fad(900,900)")
    titles.end(script, _SECONDS, "HOME", Type("f6eedd", apart=2))


def _stars(script: Script, chance: random.Random) -> None:
    for _ in range(90):
        x, y, size = chance.uniform(0, WIDTH), chance.uniform(0, 400), chance.choice((1.1, 1.4, 2.0))
        bright = f"{chance.randrange(0x10, 0x90):02X}"
        at, pulse = chance.randrange(0, 12000), chance.randrange(500, 1500)
        twinkle = f"\\alpha&H{bright}&\\t({at},{at + pulse},\\alpha&HD0&)\\t({at + pulse},{at + 2 * pulse},\\alpha&H{bright}&)"
        script.add(1, 0, _SECONDS, "ffffff", circle(x, y, size), twinkle)


def _moon(script: Script, chance: random.Random) -> None:
    rise = f"\\move(0,{_HORIZON + 40:.0f},0,150)"
    script.add(2, 0, _SECONDS, "ffd9a0", circle(360, 0, 120), rise + "\\alpha&HC0&\\blur40")
    script.add(3, 0, _SECONDS, "fff1d0", circle(360, 0, 56), rise + "\\blur1.5")
    for x, y, radius in ((345, -14, 11), (378, 8, 15), (352, 24, 7)):
        script.add(4, 0, _SECONDS, "e6cfa4", circle(x, y, radius), rise + "\\blur3\\alpha&H60&")
    script.add(5, 0, _SECONDS, "0a1a33", box(0, _HORIZON, WIDTH, HEIGHT - _HORIZON))
    for place in range(46):
        depth = place / 46
        y, width = _HORIZON + 8 + 240 * depth**1.4, chance.uniform(18, 60) * (0.5 + 1.6 * depth)
        x, begin = 360 + chance.gauss(0, 14 + 46 * depth), chance.uniform(0, 5)
        sway = f"\\move({x - 14:.0f},{y:.0f},{x + 14:.0f},{y:.0f})\\alpha&H70&\\fad(900,900)\\blur1"
        while begin < _SECONDS:
            end = begin + chance.uniform(2, 4)
            script.add(7, begin, end, "ffe2b0", box(-width / 2, 0, width, 2 + 2 * depth), sway)
            begin = end - 0.5


def _beam(script: Script) -> None:
    x, y = _LAMP
    turn, step = 6.5, 0.25
    for place in range(int(_SECONDS / step)):
        begin = place * step
        first, last = (math.cos(2 * math.pi * (begin + more) / turn) for more in (0, step))
        side = 1 if first + last > 0 else -1
        shown = 0xEA - int(30 * abs((first + last) / 2))
        scale = f"\\fscx{max(2, 100 * first * side):.0f}\\t(\\fscx{max(2, 100 * last * side):.0f})"
        for far in (330, 640, 1150):
            reach = polygon([(0, -7), (side * far, -7 - far * 0.1), (side * far, 7 + far * 0.075), (0, 7)])
            way = f"\\pos({x:.0f},{y:.0f}){scale}\\alpha&H{shown:02X}&\\blur6"
            script.add(8, begin, begin + step, "fff4c8", reach, way)
    script.add(12, 0, _SECONDS, "fff4c8", circle(x, y, 30), "\\blur22\\alpha&H50&")
    script.add(13, 0, _SECONDS, "fffbe8", circle(x, y, 8), "\\blur2")


def _cliff(script: Script) -> None:
    rock = [
        (760, 720),
        (792, 610),
        (850, 545),
        (905, 500),
        (950, 478),
        (1060, 474),
        (1120, 500),
        (1190, 486),
        (1280, 520),
    ]
    script.add(
        9, 0, _SECONDS, "101c30", polygon([(860, 720), (930, 560), (1050, 505), (1180, 470), (1290, 490), (1290, 720)])
    )
    script.add(11, 0, _SECONDS, "060c17", polygon([*rock, (1280, 720)]))
    script.add(10, 0, _SECONDS, "d9d3c7", polygon([(984, 262), (1024, 262), (1036, 482), (972, 482)]))
    for top, bottom in ((300, 340), (384, 428)):
        spread = [
            (1004 + side * (20 + 12 * (y - 262) / 220), y)
            for y, side in ((top, -1), (top, 1), (bottom, 1), (bottom, -1))
        ]
        script.add(10, 0, _SECONDS, "9c2f2a", polygon(spread))
    script.add(
        10, 0, _SECONDS, "04070d", polygon([(1010, 262), (1024, 262), (1036, 482), (1012, 482)]), "\\alpha&H60&\\blur4"
    )
    script.add(10, 0, _SECONDS, "1a2233", polygon([(974, 256), (1034, 256), (1030, 266), (978, 266)]))
    script.add(11, 0, _SECONDS, "1a2233", box(988, 216, 3, 42) + " " + box(1017, 216, 3, 42))
    script.add(11, 0, _SECONDS, "7e2521", polygon([(982, 216), (1004, 192), (1026, 216)]))


def _boat(script: Script) -> None:
    hull = polygon([(-34, 0), (34, 0), (22, 14), (-24, 14)])
    sail = polygon([(-2, -4), (-2, -62), (30, -6)])
    way = "\\move(80,545,650,532)"
    script.add(14, 6, _SECONDS, "02050c", hull, way + "\\fad(1500,0)")
    script.add(14, 6, _SECONDS, "c9c3b8", sail, way + "\\fad(1500,0)\\alpha&H28&")
    script.add(15, 6, _SECONDS, "ffcf70", circle(-16, -6, 3), way + "\\fad(1500,0)\\blur2")


FILM = DemoFilm(
    name="the-lighthouse",
    metadata=Metadata(
        title="The Lighthouse",
        synopsis="The moon rises over the sea. A boat is late, the rocks are near, and one light goes round and round.",
        year=2024,
        genres=["Drama", "Family"],
        maturity=Maturity.ALL,
    ),
    shots=[Shot(_SECONDS, _SKY, _scene)],
    music=_MUSIC,
    lines={
        "en": [
            Line(5.6, 9.2, "Every night the same question: <i>is anyone out there?</i>"),
            Line(9.8, 13.6, "And every night, one light\nanswers for all of us."),
            Line(14.4, 18.0, "A boat, late, and very small."),
            Line(18.8, 23.4, "Come home.\nThe rocks are on your left."),
        ],
        "de": [
            Line(5.6, 9.2, "Jede Nacht die gleiche Frage: <i>Ist da draußen jemand?</i>"),
            Line(9.8, 13.6, "Und jede Nacht antwortet\nein Licht für uns alle."),
            Line(14.4, 18.0, "Ein Boot, spät, und sehr klein."),
            Line(18.8, 23.4, "Komm nach Hause.\nDie Felsen sind links von dir."),
        ],
    },
)
