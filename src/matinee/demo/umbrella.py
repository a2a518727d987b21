"""“The Umbrella”: a silent film of 1927, or nearly: four by three, grey, scratched, with cards to read and a piano."""

from __future__ import annotations

import random

from matinee.demo.drawing import Point, Script, box, circle, line, placed, polygon, smooth
from matinee.demo.film import DemoFilm, Shot
from matinee.demo.gentleman import Gentleman
from matinee.demo.instruments import Instrument
from matinee.demo.letters import word
from matinee.demo.music import Piece
from matinee.demo.scenery import Span, swing
from matinee.demo.sky import Clouds, Glow, Sky
from matinee.terms.maturity import Maturity
from matinee.terms.title import Metadata

_WIDE, _TALL = 960, 720
_INK, _PAPER = "1c1a17", "e9e2d2"
_CARD_S, _NOTE_S, _STREET_S, _ROOFS_S, _HOME_S = 4.0, 2.8, 8.0, 9.0, 7.0
_BLACK = Sky((("14120f", 0), ("1d1a16", 0.5), ("14120f", 1)))
_DAY = Sky(
    (("8f8a7e", 0), ("cfc8b8", 0.6), ("e2dccc", 1)),
    (Glow(0.66, 0.4, 0.5, "f2ecdc", 0.7),),
    Clouds("7c776c", 0.55, 3, 5, 3),
)
_HIGH = Sky(
    (("7b766b", 0), ("b9b3a4", 0.6), ("d8d1c0", 1)),
    (Glow(0.95, 0.25, 0.3, "f6f0e0", 0.8),),
    Clouds("efe8d8", 0.7, 3, 5, 15),
)


def _worn(script: Script, seconds: float, seed: int) -> None:
    """What eighty years do to a film: it darkens at its edges, flickers, and is scratched."""
    chance = random.Random(seed)  # noqa: S311 - scratches
    edge = [
        box(-60, -60, _WIDE + 120, 84),
        box(-60, _TALL - 24, _WIDE + 120, 84),
        box(-60, -60, 84, _TALL + 120),
        box(_WIDE - 24, -60, 84, _TALL + 120),
    ]
    script.add(80, 0, seconds, "0a0908", edge, "\\alpha&H30&\\blur50")
    for number in range(int(seconds * 12)):
        dim = chance.randrange(0xDE, 0xFF)
        script.add(81, number / 12, (number + 1) / 12, "0a0908", box(0, 0, _WIDE, _TALL), f"\\alpha&H{dim:02X}&")
        if chance.random() < 0.3:
            x = chance.uniform(0, _WIDE)
            script.add(82, number / 12, (number + 1) / 12, "f4eedf", box(x, 0, 1.3, _TALL), "\\alpha&H70&")
        if chance.random() < 0.45:
            speck = circle(chance.uniform(0, _WIDE), chance.uniform(0, _TALL), chance.uniform(1, 3.5))
            script.add(
                82, number / 12, (number + 1) / 12, chance.choice(("0a0908", "f4eedf")), speck, "\\alpha&H30&\\blur1"
            )


def _card(script: Script, seconds: float, lines: list[tuple[str, float, float]], seed: int) -> None:
    """White on black in a frame: text, height on the picture, size."""
    outer, inner = (64.0, 72.0), (76.0, 84.0)
    for (x, y), wide in ((outer, 3.0), (inner, 1.2)):
        frame = [(x, y), (_WIDE - x, y), (_WIDE - x, _TALL - y), (x, _TALL - y), (x, y)]
        script.add(10, 0, seconds, _PAPER, line(frame, wide))
    for x in (70, _WIDE - 70):
        for y in (78, _TALL - 78):
            script.add(11, 0, seconds, _PAPER, [circle(x, y, 13)])
            script.add(12, 0, seconds, "14120f", [circle(x, y, 8)])
    for text, y, size in lines:
        script.add(11, 0, seconds, _PAPER, word(text, (_WIDE / 2, y), size, 0.7, 0.5), "\\fad(250,200)\\blur0.7")
    _worn(script, seconds, seed)


def _title(script: Script) -> None:
    _card(script, _CARD_S, [("THE UMBRELLA", 310, 54), ("A COMEDY IN ONE GUST", 420, 21)], 1)
    script.add(11, 0, _CARD_S, _PAPER, line([(400, 366), (560, 366)], 2))


def _breeze(script: Script) -> None:
    _card(script, _NOTE_S, [("ON MONDAY THERE WAS", 320, 30), ("A LIGHT BREEZE.", 390, 30)], 2)


def _tea(script: Script) -> None:
    _card(script, _NOTE_S, [("HE WAS HOME", 320, 34), ("IN TIME FOR TEA.", 390, 34)], 3)


_HOUSES = (
    (-30, 180, 300),
    (160, 150, 240),
    (320, 200, 330),
    (530, 140, 260),
    (680, 190, 310),
    (880, 160, 250),
    (1050, 200, 320),
)
"""Left, width and height of each house in a street."""


def _street(script: Script) -> None:
    span = (0.0, _STREET_S)
    _row(script, span, "8e897d", 560, 1.0, -40, layer=2)
    _row(script, span, "5d594f", 590, 0.8, -90, layer=4)
    script.add(8, *span, "3b382f", box(0, 588, _WIDE, 140))
    script.add(9, *span, "4d493f", [box(x, 612, 70, 5) for x in range(-20, _WIDE, 110)])
    for x in (130, 520, 910):
        lamp = [
            box(x - 4, 380, 8, 220),
            polygon([(x - 18, 384), (x - 12, 340), (x + 12, 340), (x + 18, 384)]),
            circle(x, 334, 7),
        ]
        script.add(10, *span, "29271f", lamp)
    _wind(script, span)

    def foot(at: float) -> Point:
        lifted = max(0.0, at - 5.4)
        return -60 + 92 * at + 30 * lifted**2, 640 - 78 * lifted**2

    def tilt(at: float) -> float:
        return 8 + swing(at, 0.8, 4) + min(24.0, max(0.0, at - 3.4) * 12)

    Gentleman(foot, tilt, 5.4).draw(script, span)
    _worn(script, _STREET_S, 4)


def _row(script: Script, span: Span, colour: str, ground: float, size: float, by: float, layer: int) -> None:
    way = f"\\move({-by / 2:.0f},0,{by / 2:.0f},0)"
    houses, windows = list[str](), list[str]()
    for left, width, height in _HOUSES:
        x, top = left / size - 60, ground - height * size
        roof: list[Point] = [(x - 8, top), (x + width / 2, top - 60 * size), (x + width + 8, top)]
        houses += [box(x, top, width, height + 100), polygon(roof), box(x + width * 0.7, top - 66 * size, 18, 60)]
        windows += [
            box(x + 24 + column * 46, top + 26 + row * 62, 22, 34)
            for column in range(int(width / 46) - 0)
            for row in range(3)
            if 24 + column * 46 + 22 < width
        ]
    script.add(layer, *span, colour, houses, way)
    script.add(layer + 1, *span, "d5cdbb", windows, way + "\\alpha&H90&")


def _wind(script: Script, span: Span) -> None:
    chance = random.Random(6)  # noqa: S311 - gusts
    for _ in range(26):
        y, begin = chance.uniform(120, 620), chance.uniform(2.6, span[1])
        gust = smooth([(0, 0), (90, -7), (190, 0), (230, -16), (236, -12), (192, 5), (90, -3)])
        script.add(
            30, begin, begin + 0.9, "f4eedf", gust, f"\\move(-260,{y:.0f},1000,{y - 40:.0f})\\alpha&H50&\\fad(120,200)"
        )
    for number in range(7):
        begin, y = 3 + number * 0.7, 300 + 41 * (number * 3 % 7)
        paper = polygon([(-9, -12), (9, -10), (8, 12), (-8, 10)])
        script.add(
            31,
            begin,
            begin + 1.9,
            _PAPER,
            paper,
            f"\\move(-40,{y},1010,{y - 130})\\t(\\frz-900)\\t(0,600,\\fscx20)\\t(600,1200,\\fscx110)",
        )


def _roofs(script: Script) -> None:
    span = (0.0, _ROOFS_S)
    moon = circle(0, 0, 52)
    script.add(1, *span, "f6f0e0", moon, "\\move(760,170,700,176)\\blur2\\alpha&H20&")
    _row(script, span, "7f7a6e", 700, 1.0, -160, layer=2)
    _row(script, span, "45423a", 800, 1.0, -420, layer=6)
    for place in range(5):
        x = 90 + place * 230
        for puff in range(7):
            begin = puff * 1.3 - 1 + place * 0.37
            way = f"\\move({x},{470 + place % 2 * 40},{x + 210},{230 + place % 3 * 40})\\fscx60\\fscy60\\t(\\fscx240\\fscy240)"
            script.add(5, begin, begin + 3.4, "d8d1c0", circle(0, 0, 17), way + "\\fad(300,1400)\\alpha&H70&\\blur6")
    cat = smooth(
        [
            (640, 560),
            (636, 520),
            (648, 496),
            (642, 476),
            (654, 486),
            (668, 486),
            (678, 476),
            (676, 500),
            (690, 530),
            (694, 560),
        ]
    )
    script.add(9, *span, _INK, [cat, line([(690, 556), (716, 540), (712, 512)], 6)], "\\move(330,-6,-90,-6)")

    def foot(at: float) -> Point:
        return -120 + 140 * at, 560 - 6 * at * (_ROOFS_S - at) + swing(at, 2.2, 16)

    Gentleman(foot, lambda at: 10 + swing(at, 2.2, 12), 0).draw(script, span)
    _worn(script, _ROOFS_S, 5)


def _home(script: Script) -> None:
    span = (0.0, _HOME_S)
    _row(script, span, "8e897d", 560, 1.0, 0, layer=2)
    script.add(8, *span, "3b382f", box(0, 588, _WIDE, 140))
    script.add(9, *span, "5b564a", box(560, 300, 320, 296))
    script.add(9, *span, "46423a", polygon([(530, 306), (720, 190), (910, 306)]))
    script.add(10, *span, "221f1a", [box(600, 430, 84, 166)])
    script.add(10, *span, "f2ead6", [box(740, 400, 96, 84)])
    script.add(11, *span, "5b564a", [box(785, 400, 6, 84), box(740, 438, 96, 6)])
    steam = "\\move(770,430,776,400)\\fad(300,500)\\alpha&H60&\\blur3"
    script.add(
        12,
        *span,
        "3b382f",
        [smooth([(756, 462), (800, 462), (796, 480), (760, 480)]), line([(798, 466), (808, 470), (797, 476)], 3)],
    )
    for begin in range(6):
        script.add(12, begin, begin + 1.4, "8e897d", circle(0, 0, 7), steam)

    def foot(at: float) -> Point:
        return (210 + 62 * at, 640 - max(0.0, 2.6 - at) * 190) if at < 2.6 else (371 + 66 * (min(at, 5.4) - 2.6), 640)

    Gentleman(foot, lambda at: 6 + swing(at, 1.7, 8) * max(0.0, 1 - at / 3), _HOME_S).draw(script, span)
    _iris(script, 4.4)
    script.add(92, 5.6, _HOME_S, _PAPER, word("THE END", (_WIDE / 2, 360), 44, 0.7, 0.8), "\\fad(400,300)\\blur0.7")
    _worn(script, _HOME_S, 6)


def _iris(script: Script, begin: float) -> None:
    """The picture closes to a point at the door."""
    closing = 1.1

    def hole(at: float) -> str:
        radius = max(0.0, 720 * (1 - (at - begin) / closing))
        around = [(-40.0, -40.0), (1000.0, -40.0), (1000.0, 760.0), (-40.0, 760.0), (-40.0, -40.0)]
        middle = (600.0, 520.0)
        ring = [placed([(radius, 0)], middle, 1, -k * 6)[0] for k in range(61)]
        return polygon([*around, *ring, (-40.0, -40.0)])

    script.animate(85, (begin, begin + closing), "0a0908", hole, "\\blur1", rate=24)
    script.add(85, begin + closing, _HOME_S, "0a0908", box(0, 0, _WIDE, _TALL))


FILM = DemoFilm(
    name="the-umbrella",
    metadata=Metadata(
        title="The Umbrella",
        synopsis="A gentleman, a street corner, a light breeze. Nobody says a word, and everybody understands.",
        year=1927,
        genres=["Comedy", "Classics"],
        maturity=Maturity.ALL,
    ),
    shots=[
        Shot(_CARD_S, _BLACK, _title),
        Shot(_NOTE_S, _BLACK, _breeze),
        Shot(_STREET_S, _DAY, _street),
        Shot(_ROOFS_S, _HIGH, _roofs),
        Shot(_NOTE_S, _BLACK, _tea),
        Shot(_HOME_S, _DAY, _home),
    ],
    music=Piece(
        chords=[
            [36, 60, 64, 67],
            [43, 59, 62, 65],
            [36, 60, 64, 67],
            [41, 60, 65, 69],
            [36, 60, 64, 70],
            [41, 60, 65, 69],
            [38, 60, 62, 66],
            [43, 59, 62, 65],
        ],
        pattern=[0, 2, 4, 2, 0, 3, 4, 3],
        bar_s=1.6,
        instrument=Instrument.PIANO,
        held=0,
        melody=[
            *((76, 0.125), (75, 0.125), (76, 0.25), (79, 0.125), (76, 0.375)),
            *((74, 0.125), (73, 0.125), (74, 0.25), (77, 0.5)),
            *((72, 0.25), (76, 0.25), (79, 0.25), (84, 0.25)),
            *((81, 0.375), (79, 0.125), (77, 0.25), (None, 0.25)),
        ],
        lead=Instrument.PIANO,
        enters=1,
        loud=0.9,
        seed=27,
    ),
    width=_WIDE,
    height=_TALL,
    fine=0.75,
)
