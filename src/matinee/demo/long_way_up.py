"""“The Long Way Up”: three people, one rope, a mountain; told in two languages, with chapters."""

from __future__ import annotations

import random

from matinee.demo import titles
from matinee.demo.climber import Climber
from matinee.demo.drawing import WIDTH, Point, Script, box, circle, line, placed, polygon
from matinee.demo.film import DemoFilm, Line, Shot
from matinee.demo.instruments import Instrument
from matinee.demo.music import Piece
from matinee.demo.scenery import clouds, falling, land, ridge, slide, stars, swing
from matinee.demo.sky import Clouds, Glow, Sky
from matinee.demo.speech import Speaker
from matinee.demo.titles import Type
from matinee.terms.maturity import Maturity
from matinee.terms.title import Metadata, Words

_TYPE = Type("fff8ec", 0.3, 2.2)
_JACKETS = ("d9402f", "f0a52c", "2f7fb5")
_CAMP_S, _RIDGE_S, _STORM_S, _SUMMIT_S = 10.0, 9.0, 8.0, 11.0
_NIGHT = Sky((("141a44", 0), ("3b3f7d", 0.4), ("b97f96", 0.7), ("f3b48a", 1)), (Glow(1.3, 0.72, 0.3, "ffc58f", 0.5),))
_MORNING = Sky(
    (("3f5f9e", 0), ("93a9d0", 0.4), ("f5c6a8", 0.68), ("ffe3bd", 1)), (Glow(1.3, 0.6, 0.36, "fff0c8", 0.95),)
)
_NOON = Sky((("0b3f8c", 0), ("2f76bf", 0.5), ("a9d4ee", 1)), (Glow(0.3, 0.06, 0.3, "ffffff", 0.8),))
_STORM = Sky((("8494a8", 0), ("b3bfcb", 0.6), ("d6dde2", 1)), (), Clouds("6f7f95", 0.8, 3, 5, 9))
_BEFORE = Sky((("10163f", 0), ("3f3a78", 0.45), ("d0708a", 0.66), ("ffb98a", 0.75), ("d89aa5", 1)))
_SUNRISE = Sky(
    (("2f5aa8", 0), ("8fa6d8", 0.4), ("ffd3a0", 0.66), ("fff0cc", 0.74), ("f7c9b8", 1)),
    (Glow(0.62, 0.68, 0.5, "fff3c4", 0.9),),
)


def _camp(script: Script) -> None:
    chance, span = random.Random(12), (0.0, _CAMP_S)  # noqa: S311 - rocks
    stars(script, 5, chance, 60, 260, "ffffff")
    for layer, colour, heights, rough, by in (
        (3, "8d8fbd", [430.0, 330, 420, 300, 430], 60.0, 14.0),
        (7, "4d5288", [520.0, 440, 540, 470, 560], 50.0, 34.0),
        (11, "262a52", [600.0, 560, 640, 590, 570], 24.0, 60.0),
    ):
        script.add(layer, *span, colour, land(ridge(chance, heights, rough)), slide(-by))
        mist = box(-200, heights[1] + 90, WIDTH + 400, 60)
        script.add(layer + 1, *span, "f2c9bd", mist, "\\alpha&HA0&\\blur30")
    _peak(script, span, (660, 130), 1.0, ("b9b6dc", "6d70a8"), -20)
    _tents(script, span)
    titles.show(script, (1.0, 5.4), "THE LONG WAY UP", (WIDTH / 2, 96), 46, _TYPE)
    script.veil(0, 1.4, into=False)


def _peak(
    script: Script, span: tuple[float, float], top: Point, size: float, colours: tuple[str, str], by: float
) -> None:
    """One side in the light, the other in shadow, parted by a crest."""
    crest: list[Point] = [(0, 0), (14, 46), (-10, 88), (22, 140), (4, 196), (34, 260), (20, 420)]
    right: list[Point] = [(20, 420), (430, 420), (330, 300), (240, 236), (196, 168), (120, 118), (70, 52), (30, 26)]
    left: list[Point] = [(0, 0), (-44, 42), (-84, 66), (-130, 150), (-210, 196), (-280, 290), (-420, 420)]
    for layer, colour, outline in ((1, colours[1], [*left, *reversed(crest)]), (2, colours[0], [*crest, *right])):
        script.add(layer, *span, colour, polygon(placed(outline, top, size)), slide(by))


def _tents(script: Script, span: tuple[float, float]) -> None:
    script.add(20, *span, "14162e", land([(-80, 640), (200, 622), (460, 646), (800, 668), (1360, 640)]), slide(-90))
    for x, y, size in ((250, 634, 1.0), (366, 650, 0.8), (150, 640, 0.7)):
        tent: list[Point] = [(-60, 8), (-8, -58), (70, 8)]
        glow = circle(x, y - 16, 70 * size)
        script.add(21, *span, "ffb24a", glow, slide(-90) + "\\alpha&HA0&\\blur30")
        script.add(22, *span, "f08a34", polygon(placed(tent, (x, y), size)), slide(-90))
        script.add(23, *span, "ffd27a", polygon(placed([(-60, 8), (-8, -58), (-2, 8)], (x, y), size)), slide(-90))
    _flags(script, span)


def _flags(script: Script, span: tuple[float, float]) -> None:
    colours = ("3f7fc4", "f4f0e6", "d9402f", "4f9a57", "f0c03a")
    spots = [(760 + 40 * k, 560 + 0.9 * (k - 6.5) ** 2 - 6 * k) for k in range(14)]
    script.add(
        24, *span, "14162e", [line(spots, 2), line([spots[0], (756, 680)], 5), line([spots[-1], (1284, 660)], 5)]
    )
    for place, colour in enumerate(colours):

        def flutter(at: float, place: int = place) -> list[str]:
            return [_flag(x, y, at, number) for number, (x, y) in enumerate(spots) if number % 5 == place]

        script.animate(25, span, colour, flutter)


def _flag(x: float, y: float, at: float, number: int) -> str:
    lean = 6 + swing(at, 0.8, 5, number * 0.23)
    return polygon([(x - 11, y), (x + 11, y), (x + 11 + lean, y + 24), (x - 11 + lean, y + 22)])


def _ridge(script: Script) -> None:
    chance, span = random.Random(3), (0.0, _RIDGE_S)  # noqa: S311 - rocks
    script.add(2, *span, "7fa8d6", land(ridge(chance, [560.0, 470, 590, 500, 600], 60)), slide(-20))
    script.add(3, *span, "5f8cc4", land(ridge(chance, [640.0, 560, 660, 600, 640], 44)), slide(-44))
    edge: list[Point] = [(-60, 640), (180, 566), (420, 520), (640, 430), (860, 372), (1080, 262), (1340, 180)]
    script.add(10, *span, "f6fafd", land(edge))
    shade: list[Point] = [(-60, 668), (240, 600), (470, 566), (700, 470), (930, 420), (1120, 306), (1340, 250)]
    script.add(11, *span, "b9d2ea", land([*shade]), "\\blur2")
    deep: list[Point] = [(-60, 760), (300, 690), (600, 640), (860, 520), (1100, 440), (1340, 330)]
    script.add(12, *span, "8fb3da", land(deep), "\\blur3")
    for place, jacket in enumerate(_JACKETS):
        x, y = 470 - place * 130, 506 + place * 40
        Climber((x, y - 2), (x + 230, y - 98 + place * 8), jacket, 1.0, place * 0.31).draw(script, span)
    _plume(script, span, chance)
    falling(script, _RIDGE_S, chance, count=30, colour="ffffff", sizes=(1.5, 2.2), fall_s=6, wind=500)
    titles.show(script, (0.8, 3.6), "THE RIDGE", (700, 120), 26, _TYPE, 600)


def _plume(script: Script, span: tuple[float, float], chance: random.Random) -> None:
    """Snow that the wind takes off the edge."""
    for _ in range(26):
        x = chance.uniform(500, 1280)
        y, begin = 500 - (x - 500) * 0.42, chance.uniform(-1, span[1] - 1)
        wisp = polygon([(0, 0), (90, -26), (220, -48), (120, -12), (40, 6)])
        way = f"\\move({x:.0f},{y:.0f},{x + 190:.0f},{y - 96:.0f})\\fad(500,900)\\alpha&H90&\\blur8"
        script.add(45, begin, begin + 2.2, "ffffff", wisp, way)


def _storm(script: Script) -> None:
    chance, span = random.Random(8), (0.0, _STORM_S)  # noqa: S311 - snow
    script.add(2, *span, "98a6b6", land(ridge(chance, [470.0, 380, 520, 430, 540], 70)), "\\alpha&H80&\\blur6")
    script.add(10, *span, "c9d2da", land([(-80, 560), (300, 548), (700, 560), (1360, 520)]), "\\blur3")
    for place, jacket in enumerate(("a8453f", "a98a52", "56748f")):
        x = 700 - place * 190
        Climber((x, 596), (x + 80, 592), jacket, 1.7 - 0.12 * place, place * 0.37).draw(script, span)
        script.add(
            44,
            *span,
            "fff2c0",
            circle(0, 0, 26),
            f"\\move({x + 34},{470 + 12 * place},{x + 114},{466 + 12 * place})\\alpha&H70&\\blur16",
        )
    script.add(46, *span, "e9eef2", land([(-80, 640), (420, 618), (800, 640), (1360, 610)]), "\\blur10")
    for begin in (0.0, 1.8, 3.6, 5.2):
        gust = polygon([(0, 0), (700, -60), (1500, 0), (1400, 110), (500, 150)])
        script.add(
            47,
            begin,
            begin + 2.8,
            "eef2f5",
            gust,
            f"\\move(-1500,{300 + begin * 30:.0f},1400,{360 + begin * 30:.0f})\\alpha&H90&\\blur24",
        )
    falling(script, _STORM_S, chance, count=170, colour="ffffff", sizes=(2, 3, 4.5, 7), fall_s=2.2, wind=1500, layer=50)
    script.veil(0, 0.8, "eef2f5", into=False)
    script.veil(_STORM_S - 1.0, _STORM_S, "f6f2ee", into=True)


def _summit(script: Script) -> None:
    chance, span = random.Random(5), (0.0, _SUMMIT_S)  # noqa: S311 - clouds
    way = "\\move(640,540,640,372)"
    script.add(1, *span, "fff6d6", circle(0, 0, 120), way + "\\alpha&H90&\\blur50")
    script.add(1, *span, "fffbea", circle(0, 0, 52), way + "\\blur2")
    for layer, y, colour, by in ((3, 520, "e0a0a8", -16.0), (5, 560, "ecbcb0", -34.0), (30, 640, "fbe3cf", -90.0)):
        clouds(script, _SUMMIT_S, chance, y=y, colour=colour, by=by, layer=layer)
    _summit_rock(script, span)
    for place, jacket in enumerate(_JACKETS):
        x = 954 - place * 34 + 18
        foot = (x, 344.0 + place * 2)
        Climber(foot, foot, jacket, 0.62).draw(script, span)
    pole = line([(1004, 346), (1004, 282)], 3)
    script.add(44, 3.0, _SUMMIT_S, "2a2238", pole)
    script.animate(
        45,
        (3.0, _SUMMIT_S),
        "d9402f",
        lambda at: polygon(
            [(1004, 284), (1048, 288 + swing(at, 0.7, 4)), (1042, 306 + swing(at, 0.7, 4, 0.2)), (1004, 308)]
        ),
    )
    script.veil(0, 1.2, "f6f2ee", into=False)
    titles.end(script, _SUMMIT_S, "THE WAY DOWN IS ANOTHER FILM", Type(_TYPE.colour, 0.34, 0.9), "10142e")


def _summit_rock(script: Script, span: tuple[float, float]) -> None:
    dark: list[Point] = [
        (900, 352),
        (946, 342),
        (1020, 346),
        (1080, 396),
        (1180, 470),
        (1300, 600),
        (1360, 760),
        (700, 760),
        (770, 560),
        (820, 470),
    ]
    lit: list[Point] = [
        (900, 352),
        (946, 342),
        (930, 400),
        (950, 470),
        (905, 560),
        (925, 760),
        (700, 760),
        (770, 560),
        (820, 470),
    ]
    script.add(20, *span, "3f3a63", polygon(dark))
    script.add(21, *span, "f0b9a0", polygon(lit))
    script.add(
        22,
        *span,
        "fff3e4",
        polygon([(900, 352), (946, 342), (1020, 346), (1056, 380), (1000, 372), (966, 390), (930, 378), (880, 400)]),
    )


FILM = DemoFilm(
    name="the-long-way-up",
    metadata=Metadata(
        title="The Long Way Up",
        synopsis="Three people, one rope, four days. A mountain film with a storm in it, and what comes after the storm.",
        year=2023,
        genres=["Documentary", "Adventure"],
        maturity=Maturity.SEVEN,
        language="en",
        translations={
            "de": Words(
                "Der lange Weg hinauf",
                "Drei Menschen, ein Seil, vier Tage. Ein Bergfilm mit einem Sturm, und mit dem, was danach kommt.",
            )
        },
    ),
    shots=[
        Shot(_CAMP_S, _NIGHT, _camp, later=_MORNING, chapter="Base camp"),
        Shot(_RIDGE_S, _NOON, _ridge, chapter="The ridge"),
        Shot(_STORM_S, _STORM, _storm, chapter="The storm"),
        Shot(_SUMMIT_S, _BEFORE, _summit, later=_SUNRISE, chapter="The summit"),
    ],
    music=Piece(
        chords=[[48, 55, 60, 64], [45, 52, 57, 64], [41, 53, 57, 60], [43, 50, 59, 62]],
        pattern=[0, None, 2, 1, 3, None, 2, None],
        bar_s=4.0,
        instrument=Instrument.PIANO,
        held=0.4,
        melody=[(76, 0.5), (74, 0.25), (72, 0.25), (72, 0.75), (None, 0.25), (69, 0.5), (72, 0.5), (71, 1.0)],
        lead=Instrument.FLUTE,
        enters=4,
        loud=0.4,
        wind=0.4,
        seed=17,
    ),
    lines={
        "en": [
            Line(
                5.2,
                9.8,
                "Four days from the last road,\nthe mountain begins.",
                "f 'ao r d 'ey ih z f r ah m dh ax l 'ae s t r 'ow d . dh ax m 'aa uh n t ax n b ih g 'ih n z",
            ),
            Line(
                12.6,
                17.0,
                "One rope. Three people.\nNobody speaks.",
                "w 'ah n r 'ow p . th r 'iy p iy p ax l . n 'ow b ah d iy s p 'iy k s",
            ),
            Line(
                19.6,
                24.4,
                "Then the wind comes,\nand the world is white.",
                "dh eh n dh ax w 'ih n d k 'ah m z . ae n d dh ax w 'er l d ih z w 'aa ih t",
            ),
            Line(
                29.0,
                33.0,
                "And in the morning\nthere is only sky.",
                "ae n d ih n dh ax m 'ao r n ih ng . dh eh r ih z 'ow n l iy s k 'aa ih",
            ),
        ],
        "de": [
            Line(
                5.2,
                9.8,
                "Vier Tage hinter der letzten Straße\nbeginnt der Berg.",
                "f 'iy ax t 'aa g ax h ih n t ax d eh rr l 'eh t s t ax n sh t rr 'aa s ax . b ax g 'ih n t d eh rr b 'eh rr k",
            ),
            Line(
                12.6,
                17.0,
                "Ein Seil. Drei Menschen.\nKeiner spricht.",
                "'aa ih n z 'aa ih l . d rr 'aa ih m 'eh n sh ax n . k 'aa ih n ax sh p rr 'ih ich t",
            ),
            Line(
                19.6,
                24.4,
                "Dann kommt der Wind,\nund die Welt ist weiß.",
                "d 'ah n k 'ao m t d eh rr v 'ih n t . uh n t d iy v 'eh l t ih s t v 'aa ih s",
            ),
            Line(
                29.0,
                33.0,
                "Und am Morgen\nist nur noch Himmel da.",
                "uh n t ah m m 'ao rr g ax n . ih s t n 'uw ax n ao ach h 'ih m ax l d 'aa",
            ),
        ],
    },
    fine=0.75,
    speaker=Speaker(pitch=98, size=1.04, pace=1.15),
)
