"""“Last Train”: the sun goes down behind a city, windows light up one by one, trains cross the bridge."""

from __future__ import annotations

import random

from matinee.demo import titles
from matinee.demo.drawing import WIDTH, Script, box, circle, polygon, stroke
from matinee.demo.film import DemoFilm, Shot
from matinee.demo.letters import word
from matinee.demo.music import Piece
from matinee.demo.sky import Glow, Sky
from matinee.demo.titles import Type
from matinee.terms.maturity import Maturity
from matinee.terms.title import Metadata

_SECONDS = 28.0
_NIGHT = Sky(
    (("0b0a26", 0), ("2b1a4a", 0.35), ("5e2a5f", 0.58), ("8e4a5e", 0.7), ("1c1030", 1)),
    (Glow(1.18, 0.78, 0.3, "ff9a66", 0.35),),
)
_SKY = Sky((("241447", 0), ("6d2a6b", 0.28), ("d9546a", 0.5), ("ffb36b", 0.68), ("ffe0a3", 0.74), ("3a1c3f", 1)))
_MUSIC = Piece(
    chords=[[50, 57, 60, 65], [46, 53, 58, 62], [53, 60, 65, 69], [48, 55, 60, 64]],
    pattern=[0, 3, 2, 3, 1, 3, 2, 4],
    bar_s=2.0,
    damping=0.992,
    held=0.28,
    seed=5,
)
_TRACK = 588.0
_LAMPS = ("ffd27d", "ffe7b0", "ffbf66", "bfe3ff")


def _scene(script: Script) -> None:
    """The whole film's picture but for its sky."""
    chance = random.Random(42)  # noqa: S311 - windows
    _sun(script)
    _row(script, chance, layer=4, colour="7a3a63", ground=560, tall=(90, 200), lit=0)
    _row(script, chance, layer=6, colour="3d1f47", ground=580, tall=(140, 330), lit=10)
    _bridge(script)
    for begin, way in ((5.0, 1), (12.5, -1), (19.0, 1)):
        _train(script, begin, way)
    _birds(script)
    script.add(40, 0.8, 5.0, "fff3df", word("LAST TRAIN", (WIDTH / 2, 170), 66, 0.5), "\\fad(900,900)\\blur0.6")
    titles.end(script, _SECONDS, "MIND THE GAP", Type("fff3df", 0.5, 1.2), "140a22")


def _sun(script: Script) -> None:
    way = "\\move(850,330,850,560)"
    script.add(1, 0, _SECONDS, "ffdf9a", circle(0, 0, 170), way + "\\alpha&HB8&\\blur50")
    script.add(2, 0, _SECONDS, "fff0c9", circle(0, 0, 84), way + "\\blur3")
    for place in range(5):
        y, x = 120 + place * 58, 140 + place * 210
        cloud = polygon([(-170, 0), (-60, -13), (40, -7), (180, 0), (60, 8), (-70, 9)])
        script.add(3, 0, _SECONDS, "f7a0a0", cloud, f"\\move({x},{y},{x + 90},{y})\\alpha&H90&\\blur8")


def _row(
    script: Script, chance: random.Random, *, layer: int, colour: str, ground: float, tall: tuple[int, int], lit: int
) -> None:
    """A row of houses; `lit` windows of each go on, at their own moments."""
    x, houses = -20.0, list[str]()
    while x < WIDTH:
        width, height = chance.uniform(58, 120), chance.uniform(*tall)
        top = ground - height
        houses.append(box(x, top, width, height + 60))
        if chance.random() < 0.4:
            houses.append(box(x + width / 2 - 2, top - 34, 4, 40))
        spots = [(cx, cy) for cx in range(10, int(width) - 14, 17) for cy in range(16, int(height) - 20, 24)]
        for cx, cy in chance.sample(spots, min(lit, len(spots))):
            begin, window = chance.uniform(1, _SECONDS - 4), box(0, 0, 8, 12)
            script.add(31, begin, _SECONDS, chance.choice(_LAMPS), window, f"\\pos({x + cx:.0f},{top + cy:.0f})")
        x += width + chance.uniform(-6, 14)
    script.add(layer, 0, _SECONDS, colour, houses)


def _bridge(script: Script) -> None:
    script.add(10, 0, _SECONDS, "1b0d26", box(0, _TRACK, WIDTH, 14))
    piers = [box(x, _TRACK, 18, 200) for x in range(60, WIDTH, 200)]
    script.add(10, 0, _SECONDS, "1b0d26", piers)
    wires = [stroke((x, _TRACK - 74), (x + 200, _TRACK - 74), 1.6) for x in range(-40, WIDTH, 200)]
    masts = [box(x, _TRACK - 80, 4, 82) for x in range(60, WIDTH, 200)]
    script.add(10, 0, _SECONDS, "1b0d26", [*wires, *masts])
    script.add(
        9,
        0,
        _SECONDS,
        "2a1436",
        polygon([(0, 700), (0, 655), (400, 640), (900, 660), (1280, 645), (1280, 720), (0, 720)]),
    )


def _train(script: Script, begin: float, way: int) -> None:
    cars, length = 5, 190
    start, goal = (-1050, WIDTH + 80) if way > 0 else (WIDTH + 80, -1050)
    move, end = f"\\move({start},{_TRACK - 52:.0f},{goal},{_TRACK - 52:.0f})", min(_SECONDS, begin + 6.5)
    script.add(14, begin, end, "d9dde6", [box(car * length, 0, length - 6, 50) for car in range(cars)], move)
    script.add(15, begin, end, "b3263e", [box(car * length, 32, length - 6, 8) for car in range(cars)], move)
    panes = [box(car * length + 14 + pane * 34, 9, 24, 16) for car in range(cars) for pane in range(5)]
    script.add(32, begin, end, "ffe39a", panes, move)
    front = cars * length - 6 if way > 0 else 0
    script.add(33, begin, end, "fff6d8", circle(front, 36, 5), move + "\\blur4")


def _birds(script: Script) -> None:
    for place in range(7):
        x, y = 120 + place * 34, 300 - (place % 3) * 26
        wing = polygon([(-11, -5), (0, 0), (11, -5), (0, 3)])
        flap = "".join(f"\\t({k * 260},{(k + 1) * 260},\\fscy{30 if k % 2 else 130})" for k in range(56))
        script.add(12, 2, 17, "2a1436", wing, f"\\move({x},{y},{x + 900},{y - 130})\\fscy130{flap}")


FILM = DemoFilm(
    name="last-train",
    metadata=Metadata(
        title="Last Train",
        synopsis="The sun goes down, the city lights up, and three trains cross the bridge. Someone is on the wrong one.",
        year=2026,
        genres=["Thriller", "Drama"],
        maturity=Maturity.EIGHTEEN,
    ),
    shots=[Shot(_SECONDS, _SKY, _scene, later=_NIGHT)],
    music=_MUSIC,
    fine=0.75,
)
