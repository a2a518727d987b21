"""“The Fox in the Birches”: a fox goes home through an autumn wood; by night there is snow."""

from __future__ import annotations

import random

from msgspec import Struct

from matinee.demo import titles
from matinee.demo.drawing import HEIGHT, WIDTH, Point, Script, circle, ellipse, polygon, smooth
from matinee.demo.film import DemoFilm, Shot
from matinee.demo.fox import Coat, Trotting, sit
from matinee.demo.instruments import Instrument
from matinee.demo.music import Piece
from matinee.demo.scenery import Span, falling, land, slide, stars
from matinee.demo.sky import Clouds, Glow, Sky
from matinee.demo.titles import Type
from matinee.terms.maturity import Maturity
from matinee.terms.title import Metadata

_TYPE = Type("4a2412", 0.55, 1.2)
_DAY_S, _NIGHT_S = 14.0, 14.0
_AUTUMN = Sky(
    (("f2b45a", 0), ("f8d58c", 0.5), ("fbe8b8", 0.8), ("e8b668", 1)),
    (Glow(1.2, 0.34, 0.5, "fff6d6", 0.9),),
    Clouds("f7c977", 0.5, 1.2, 5, 6),
)
_DUSK = Sky((("1a2350", 0), ("34427f", 0.5), ("6f7fb5", 0.85), ("8f9cc8", 1)), (Glow(0.79, 0.25, 0.42, "a9b6e6", 0.6),))

_RED = Coat("e2622a", "b84a1c", "47261a", "fff3e0")
_MOONLIT = Coat("a8524a", "7a3c4a", "2a2038", "dfe2f4")


def _day(script: Script) -> None:
    span, chance = (0.0, _DAY_S), random.Random(20)  # noqa: S311 - a wood
    for row in (
        _Row(2, "e7c88a", "c9a25c", 22, 13, 90, 560),
        _Row(5, "f3e3bd", "8f6a3c", 16, 22, 230, 590),
        _Row(9, "fffaf0", "4a3524", 9, 40, 520, 640),
    ):
        row.draw(script, span, chance)
    for layer, colour, y, by in ((4, "dba24e", 560, 90.0), (8, "c27a32", 586, 230.0), (12, "a55a26", 628, 520.0)):
        hill = [(x, y + 12 * ((x // 80) % 3) - 6) for x in range(-640, WIDTH + 700, 80)]
        script.add(layer, *span, colour, land(list(hill)), slide(-by))
    _crowns(script, span, chance)
    Trotting((600, 632)).draw(script, span, _RED)
    _leaves(script, chance)
    script.add(50, *span, "5e2e14", [_bush(x, chance) for x in range(-300, 1900, 210)], slide(-900))
    halo = ellipse(WIDTH / 2, 128, 430, 56)
    script.add(94, 0.5, 5.8, "fdf0cf", halo, "\\fad(900,900)\\alpha&H18&\\blur40")
    titles.show(script, (0.9, 5.4), "THE FOX IN THE BIRCHES", (WIDTH / 2, 128), 40, _TYPE)
    script.veil(0, 1.2, "fbe8b8", into=False)
    script.veil(_DAY_S - 1.0, _DAY_S, "1a2350", into=True)


class _Row(Struct, frozen=True):
    """Birches that stand equally far away: `by` is how far they slide past, `base` where they stand."""

    layer: int
    trunk: str
    mark: str
    count: int
    wide: float
    by: float
    base: float

    def draw(self, script: Script, span: Span, chance: random.Random) -> None:
        """Trunks, and their marks over them."""
        trunks, marks = list[str](), list[str]()
        for place in range(self.count):
            x = -self.by + (WIDTH + 2 * self.by) * (place + chance.uniform(0.15, 0.85)) / self.count
            lean, wide = chance.uniform(-26, 26), self.wide * chance.uniform(0.7, 1.2)
            foot, crown = self.base + 30, wide * 0.36
            trunk: list[Point] = [(x - wide / 2, foot), (x + lean - crown, -20), (x + lean + crown, -20)]
            trunks.append(polygon([*trunk, (x + wide / 2, foot)]))
            for _ in range(9):
                part = chance.random()
                marks.append(_mark((x + lean * part, self.base * (1 - part)), wide, chance))
        script.add(self.layer, *span, self.trunk, trunks, slide(-self.by))
        script.add(self.layer + 1, *span, self.mark, marks, slide(-self.by))


def _mark(at: Point, wide: float, chance: random.Random) -> str:
    """A wedge in the bark, from the left or from the right."""
    (x, y), side = at, chance.choice((-1, 1))
    edge, point = x + side * wide * 0.42, x + side * wide * (0.42 - chance.uniform(0.3, 0.6))
    return polygon([(edge, y - 3), (point, y), (edge, y + 3 + wide / 14)])


def _crowns(script: Script, span: Span, chance: random.Random) -> None:
    """Leaves that are still up."""
    for layer, colour, by, count in ((7, "eea83c", 230.0, 60), (11, "d8742a", 520.0, 46)):
        heap = [
            ellipse(
                chance.uniform(-by, WIDTH + by), chance.uniform(-30, 60), chance.uniform(30, 90), chance.uniform(16, 40)
            )
            for _ in range(count)
        ]
        script.add(layer, *span, colour, heap, slide(-by))


def _bush(x: float, chance: random.Random) -> str:
    return " ".join(ellipse(x + k * 40, 716 + chance.uniform(-16, 10), 56, 40) for k in range(3))


def _leaves(script: Script, chance: random.Random) -> None:
    """They sail and turn."""
    leaf = smooth([(-9, 0), (0, -5), (10, 0), (0, 5)])
    for _ in range(44):
        x, begin, lasts = chance.uniform(-60, WIDTH + 500), chance.uniform(-5, _DAY_S), chance.uniform(4.5, 8)
        way = f"\\move({x:.0f},-20,{x - chance.uniform(300, 620):.0f},{HEIGHT})"
        turn = f"\\frz{chance.randrange(360)}\\t(\\frz{chance.randrange(400, 1200)})" + "".join(
            f"\\t({k * 700},{k * 700 + 700},\\fscy{20 if k % 2 else 120})" for k in range(10)
        )
        script.add(45, begin, begin + lasts, chance.choice(("f08a24", "d9541e", "ffc23c", "b8431c")), leaf, way + turn)


def _night(script: Script) -> None:
    span, chance = (0.0, _NIGHT_S), random.Random(33)  # noqa: S311 - a wood
    stars(script, _NIGHT_S, chance, 90, 360, "ffffff")
    script.add(1, *span, "eef1ff", circle(566, 176, 150), "\\alpha&HD0&\\blur60")
    script.add(2, *span, "f7f6ec", circle(566, 176, 58), "\\blur1.5")
    _Row(3, "5a6aa6", "46548c", 20, 13, 0, 540).draw(script, span, chance)
    _Row(6, "8f9dcf", "4a5890", 11, 24, 0, 580).draw(script, span, chance)
    script.add(5, *span, "8796c8", land([(-100, 540), (300, 522), (700, 548), (1400, 524)]))
    script.add(8, *span, "b9c4e6", land([(-100, 586), (260, 570), (640, 592), (1000, 562), (1400, 588)]))
    script.add(12, *span, "e4e9f8", land([(-100, 648), (300, 620), (640, 634), (980, 622), (1400, 650)]))
    sit(script, span, (770, 652), _MOONLIT)
    prints = [
        ellipse(x, 690 - (x - 20) * 0.052 + 7 * (number % 2), 7, 3.4) for number, x in enumerate(range(20, 700, 38))
    ]
    script.add(13, *span, "b3bfe2", prints)
    falling(script, _NIGHT_S, chance, count=90, colour="ffffff", sizes=(1.6, 2.2, 3.2, 4.6), fall_s=9, wind=-60)
    script.veil(0, 1.2, "1a2350", into=False)
    titles.end(script, _NIGHT_S, "GOOD NIGHT", Type("f4f1e4", 0.5, 1.6), "10163a")


FILM = DemoFilm(
    name="the-fox-in-the-birches",
    metadata=Metadata(
        title="The Fox in the Birches",
        synopsis="The leaves are down, the way home is long, and tonight there will be snow. A film for going to sleep.",
        year=2022,
        genres=["Family", "Animation"],
        maturity=Maturity.SEVEN,
    ),
    shots=[Shot(_DAY_S, _AUTUMN, _day), Shot(_NIGHT_S, _DUSK, _night)],
    music=Piece(
        chords=[[53, 57, 60, 65], [50, 57, 60, 65], [46, 53, 58, 62], [48, 55, 58, 64]],
        pattern=[0, 2, 3, 0, 2, 3],
        bar_s=2.8,
        instrument=Instrument.BOX,
        held=0.15,
        melody=[
            *((81, 1 / 3), (79, 1 / 6), (77, 1 / 2), (77, 1 / 3), (79, 1 / 6), (81, 1 / 2)),
            *((82, 1 / 3), (81, 1 / 6), (79, 1 / 2), (79, 2 / 3), (None, 1 / 3)),
        ],
        lead=Instrument.FLUTE,
        enters=2,
        loud=0.35,
        seed=41,
    ),
    fine=0.75,
)
