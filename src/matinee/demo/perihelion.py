"""“Perihelion”: a ship goes close to the sun while its crew sleeps. Its computer tells of it, in two languages. Encrypted."""

from __future__ import annotations

import math
import random

from matinee.demo import titles
from matinee.demo.drawing import HEIGHT, WIDTH, Point, Script, box, circle, ellipse, line, placed, polygon, smooth
from matinee.demo.film import DemoFilm, Line, Shot
from matinee.demo.instruments import Instrument
from matinee.demo.music import Piece
from matinee.demo.scenery import Span, stars, swing
from matinee.demo.sky import Clouds, Glow, Sky
from matinee.demo.speech import Speaker
from matinee.demo.titles import Type
from matinee.ingest.contract import Protection
from matinee.terms.maturity import Maturity
from matinee.terms.title import Metadata, Words

_TYPE = Type("eaf2ff", 0.26, 4.4)
_LIMB_S, _SHIP_S, _BRIDGE_S, _SUN_S = 9.0, 10.0, 8.0, 10.0
_SPACE = Sky(
    (("05060f", 0), ("0a0f24", 0.6), ("0d1a3a", 1)),
    (Glow(0.4, 0.2, 0.5, "2a1a4a", 0.6), Glow(1.5, 0.5, 0.4, "0f3550", 0.5)),
    Clouds("35306b", 0.55, 2, 4, 31),
)
_NEAR = Sky(
    (("12060a", 0), ("2a0e0c", 0.6), ("3d160c", 1)),
    (Glow(1.5, 0.42, 0.9, "7a2a10", 0.7),),
    Clouds("5a2418", 0.5, 2, 4, 4),
)
_WINDOW = Sky(
    (("2a0d05", 0), ("7a2b0a", 0.4), ("d8701c", 0.75)),
    (Glow(0.89, 0.36, 0.55, "ffd27a", 0.9),),
    Clouds("ff9a3c", 0.35, 3, 6, 2),
)
_FIRE = Sky(
    (("ff9d2e", 0), ("ffb53f", 0.5), ("f4761a", 1)),
    (Glow(0.89, 0.5, 0.7, "fff2b8", 0.75),),
    Clouds("e85f10", 0.75, 2.4, 7, 13),
)


def _limb(script: Script) -> None:
    """A planet's edge, and the sun that comes up behind it."""
    span = (0.0, _LIMB_S)
    stars(script, _LIMB_S, random.Random(2), 150, 560, "dfe8ff")  # noqa: S311 - stars
    for radius, alpha, blur in ((180, "D0", 60), (84, "90", 34), (26, "00", 5)):
        colour = "ffffff" if radius < 40 else "ffd9a0"
        script.add(3, *span, colour, circle(0, 0, radius), f"\\move(640,640,640,392)\\alpha&H{alpha}&\\blur{blur}")
    for rise, colour, alpha, blur in ((26, "4aa8ff", "B0", 30), (12, "8fd0ff", "70", 10), (3, "e8f7ff", "30", 2)):
        script.add(5, *span, colour, ellipse(640, 1480, 1500, 1060 + rise), f"\\alpha&H{alpha}&\\blur{blur}")
    script.add(6, *span, "04070f", ellipse(640, 1480, 1500, 1060))
    flare = polygon([(-620, 0), (0, -2), (620, 0), (0, 2)])
    script.add(4, 5.0, _LIMB_S, "fff0d8", flare, "\\move(640,502,640,392)\\fad(1500,0)\\alpha&H50&\\blur3")
    titles.show(script, (1.6, 7.6), "PERIHELION", (WIDTH / 2, 170), 48, _TYPE, 1300)
    script.veil(0, 1.6, into=False)


def _ship(script: Script) -> None:
    """It goes by, longer than expected."""
    span = (0.0, _SHIP_S)
    stars(script, _SHIP_S, random.Random(6), 90, HEIGHT, "ffe9d0")  # noqa: S311 - stars
    for radius, alpha, blur in ((330, "C8", 90), (240, "98", 30), (206, "00", 4)):
        colour = "fff3cf" if radius < 220 else "ff8a30"
        script.add(3, *span, colour, circle(0, 0, radius), f"\\pos(1075,303)\\alpha&H{alpha}&\\blur{blur}")
    way = "\\move(1480,150,-1330,250)"
    _hull(script, span, way)
    _ring(script, span)
    for place in range(9):
        x = 70 + place * 96
        script.add(27, *span, "ffd98a", box(x, 216, 12, 5), way)
    blink = "".join(
        f"\\t({k * 600},{k * 600 + 80},\\alpha&H00&)\\t({k * 600 + 80},{k * 600 + 400},\\alpha&HFF&)" for k in range(16)
    )
    script.add(29, *span, "ff4a3a", circle(10, 176, 9), way + "\\alpha&HFF&\\blur4" + blink)


def _hull(script: Script, span: Span, way: str) -> None:
    body = [polygon([(0, 200), (70, 180), (980, 180), (1040, 206), (1040, 240), (980, 262), (90, 262), (0, 236)])]
    tanks = [smooth([(x, 150), (x + 60, 138), (x + 120, 150), (x + 120, 182), (x, 182)]) for x in (180, 560, 700, 840)]
    script.add(20, *span, "23283a", [*body, *tanks], way)
    script.add(21, *span, "3a4158", polygon([(70, 180), (980, 180), (1030, 200), (20, 200)]), way)
    script.add(
        22,
        *span,
        "ffb070",
        polygon([(980, 180), (1040, 206), (1040, 216), (70, 186), (70, 180)]),
        way + "\\alpha&H40&\\blur1",
    )
    panels = [polygon([(x, 262), (x + 100, 262), (x + 60, 420), (x - 40, 420)]) for x in (330, 450, 620)]
    script.add(19, *span, "1a2036", panels, way)
    script.add(
        20,
        *span,
        "4a5f9a",
        [
            line([(x + 88 - k * 13, 270 + k * 50), (x - 8 - k * 13, 270 + k * 50)], 2)
            for x in (330, 450, 620)
            for k in (1, 2)
        ],
        way,
    )
    script.add(18, *span, "7fc0ff", polygon([(1040, 210), (1330, 222), (1040, 236)]), way + "\\alpha&H50&\\blur12")


def _ring(script: Script, span: Span) -> None:
    """The part that turns, seen from the side: its spokes go to and fro."""

    def at_x(at: float) -> float:
        return 1480 - 2810 * at / _SHIP_S + 300

    def y(at: float) -> float:
        return 150 + 100 * at / _SHIP_S + 221

    def wheel(at: float) -> str:
        x, middle = at_x(at), y(at)
        outer = [(x + 34 * math.cos(a), middle + 178 * math.sin(a)) for a in (k * math.pi / 20 for k in range(41))]
        return line(outer, 17)

    def spokes(at: float) -> list[str]:
        turns = [at * 0.9 + k * math.pi / 3 for k in range(6)]
        return [line([(at_x(at), y(at)), (at_x(at) + 34 * math.cos(a), y(at) + 178 * math.sin(a))], 7) for a in turns]

    script.animate(24, span, "2b3147", spokes, rate=24)
    script.animate(25, span, "454d68", wheel, rate=24)


def _bridge(script: Script) -> None:
    """Inside: a window, an empty chair, lights that ask for attention."""
    span = (0.0, _BRIDGE_S)
    for radius, alpha, blur in ((300, "B0", 70), (150, "40", 20), (120, "00", 4)):
        grow = "\\pos(640,250)\\t(\\fscx150\\fscy150)"
        script.add(2, *span, "fff4c8", circle(0, 0, radius), f"{grow}\\alpha&H{alpha}&\\blur{blur}")
    frame = [
        polygon([(0, 0), (1280, 0), (1280, 70), (1010, 46), (270, 46), (0, 70)]),
        polygon([(0, 0), (150, 0), (70, 470), (0, 520)]),
        polygon([(1280, 0), (1130, 0), (1210, 470), (1280, 520)]),
        polygon([(392, 40), (408, 40), (376, 480), (352, 480)]),
        polygon([(888, 40), (872, 40), (904, 480), (928, 480)]),
        polygon([(0, 500), (240, 456), (1040, 456), (1280, 500), (1280, 720), (0, 720)]),
    ]
    for part in frame:
        script.add(20, *span, "0b0d16", part)
    script.add(21, *span, "ff9a4a", polygon([(240, 456), (1040, 456), (1100, 466), (180, 466)]), "\\alpha&H50&\\blur3")
    chair = smooth([(560, 720), (548, 560), (580, 430), (640, 408), (700, 430), (732, 560), (720, 720)])
    script.add(30, *span, "05060b", chair)
    _panel(script, span)
    pulse = "".join(
        f"\\t({k * 1000},{k * 1000 + 400},\\alpha&HC8&)\\t({k * 1000 + 400},{k * 1000 + 1000},\\alpha&HF4&)"
        for k in range(8)
    )
    script.add(50, *span, "ff2a1a", box(0, 0, WIDTH, HEIGHT), "\\alpha&HF4&" + pulse)


def _panel(script: Script, span: Span) -> None:
    chance = random.Random(14)  # noqa: S311 - lights
    for _ in range(70):
        x, y = chance.choice([*range(120, 500, 22), *range(780, 1170, 22)]), chance.choice(range(540, 700, 20))
        colour, at = chance.choice(("6fe0c0", "6fe0c0", "ffb84a", "ff5a4a")), chance.uniform(0, 6)
        script.add(31, at, min(span[1], at + chance.uniform(0.5, 4)), colour, box(x, y, 12, 6), "\\blur1")

    def wave(at: float) -> str:
        heights = [
            (500 - 470 + x * 6 + 110, 516 + 9 * math.sin(x * 0.5 + at * 7) * math.sin(x * 0.11 + at)) for x in range(56)
        ]
        return line(heights, 2)

    script.animate(32, span, "6fe0c0", wave)
    script.add(
        32,
        *span,
        "ffb84a",
        [line([*ring, ring[0]], 2) for ring in (_round(1000, 600, 64), _round(1000, 600, 40))],
        "\\alpha&H40&",
    )
    script.animate(
        33, span, "ffb84a", lambda at: line([(1000, 600), *placed([(62, 0)], (1000, 600), turn=at * 140)], 3)
    )


def _round(x: float, y: float, radius: float) -> list[Point]:
    return [(x + radius * math.cos(k * math.pi / 24), y + radius * math.sin(k * math.pi / 24)) for k in range(48)]


def _sun(script: Script) -> None:
    """The ship is a speck before it."""
    span, chance = (0.0, _SUN_S), random.Random(9)  # noqa: S311 - flames
    for _ in range(16):
        x, y, wide = chance.uniform(-100, WIDTH), chance.uniform(0, HEIGHT), chance.uniform(80, 220)
        cell = smooth([(-wide, 0), (-wide / 3, -26), (wide / 2, -18), (wide, 4), (wide / 4, 24), (-wide / 2, 18)])
        drift = f"\\move({x:.0f},{y:.0f},{x + chance.uniform(-50, 70):.0f},{y + chance.uniform(-30, 30):.0f})"
        script.add(2, *span, chance.choice(("ffdf7a", "ff8a1c", "ffc24a")), cell, drift + "\\alpha&HA8&\\blur14")
    speck: list[Point] = [(-44, 0), (-34, -4), (34, -4), (44, 0), (34, 4), (-34, 4)]
    way = "\\move(1330,470,140,300)\\frz8"
    script.add(
        10,
        *span,
        "2a0c02",
        [polygon(speck), ellipse(-18, 0, 4, 17), polygon([(0, 0), (12, 0), (4, 18), (-6, 18)])],
        way,
    )
    script.animate(9, span, "fff6d0", lambda at: circle(640, 360, 20 + swing(at, 3, 8)), "\\alpha&HF0&\\blur30", rate=4)
    script.veil(0, 0.7, "fff8e0", into=False)
    titles.end(script, _SUN_S, "THE CREW WAKES IN ELEVEN DAYS", Type("eaf2ff", 0.34, 1.2), "05060f")


FILM = DemoFilm(
    name="perihelion",
    metadata=Metadata(
        title="Perihelion",
        synopsis="Closest approach: eleven million kilometres. The crew sleeps, and the computer has promised to keep it so.",
        year=2025,
        genres=["Science fiction", "Thriller"],
        maturity=Maturity.SIXTEEN,
        language="en",
        translations={
            "de": Words(
                "Perihel",
                "Größte Nähe: elf Millionen Kilometer. Die Mannschaft schläft, und der Computer will, dass es so bleibt.",
            )
        },
    ),
    shots=[
        Shot(_LIMB_S, _SPACE, _limb),
        Shot(_SHIP_S, _NEAR, _ship),
        Shot(_BRIDGE_S, _WINDOW, _bridge),
        Shot(_SUN_S, _FIRE, _sun),
    ],
    music=Piece(
        chords=[[38, 50, 57, 62], [38, 50, 58, 65], [36, 48, 55, 63], [34, 46, 53, 62]],
        pattern=[1, 2, 3, 5, 2, 3, 1, 6, 2, 3, 5, 3],
        bar_s=3.0,
        instrument=Instrument.SYNTH,
        held=0.5,
        melody=[(None, 1.0), (74, 1.5), (72, 0.5), (70, 2.0), (69, 2.0), (None, 1.0)],
        lead=Instrument.SYNTH,
        enters=2,
        loud=0.7,
        wind=0.12,
        seed=23,
    ),
    lines={
        "en": [
            Line(
                4.4,
                8.6,
                "Good morning.\nWe are close to the sun.",
                "g 'uh d m 'ao r n ih ng . w iy aa r k l 'ow s t uw dh ax s 'ah n",
            ),
            Line(
                11.0,
                15.4,
                "The engines sleep.\nThe crew sleeps too.",
                "dh iy 'eh n d zh ih n z s l 'iy p . dh ax k r 'uw s l 'iy p s t 'uw",
            ),
            Line(
                20.0,
                24.4,
                "Warning.\nIt is very warm outside.",
                "w 'ao r n ih ng . ih t ih z v 'eh r iy w 'ao r m aa uh t s 'aa ih d",
            ),
            Line(28.6, 32.4, "I will stay awake for you.", "aa ih w ih l s t 'ey ax w 'ey k f ao r y 'uw"),
        ],
        "de": [
            Line(
                4.4,
                8.6,
                "Guten Morgen.\nWir sind nah an der Sonne.",
                "g 'uw t ax n m 'ao rr g ax n . v iy rr z ih n t n 'aa ah n d eh rr z 'ao n ax",
            ),
            Line(
                11.0,
                15.4,
                "Der Antrieb schläft.\nDie Mannschaft schläft auch.",
                "d eh rr 'ah n t rr iy p sh l 'eh f t . d iy m 'ah n sh ah f t sh l 'eh f t aa uh ach",
            ),
            Line(
                20.0,
                24.4,
                "Achtung.\nDraußen ist es sehr warm.",
                "'ah ach t uh ng . d rr 'aa uh s ax n ih s t eh s z 'ey rr v 'aa rr m",
            ),
            Line(28.6, 32.4, "Ich bleibe für euch wach.", "ih ich b l 'aa ih b ax f ue rr 'ao ih ich v 'ah ach"),
        ],
    },
    fine=0.75,
    speaker=Speaker(pitch=172, size=0.88, pace=1.12, even=0.75),
    protection=Protection.CLEARKEY,
)
