"""Moving vector pictures, written as an ASS script: shapes that move, turn, grow, glow and fade. No font is used."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

WIDTH, HEIGHT, RATE = 1280, 720, 24

Point = tuple[float, float]

_SHORTEST_S = 0.005

_HEAD = """[Script Info]
ScriptType: v4.00+
PlayResX: {width}
PlayResY: {height}
YCbCr Matrix: TV.709
ScaledBorderAndShadow: yes
WrapStyle: 2

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, BackColour, BorderStyle, Outline, Shadow, Alignment
Style: Shape,Sans,20,&H00FFFFFF,&H00000000,&H00000000,1,0,0,7

[Events]
Format: Layer, Start, End, Style, MarginL, MarginR, MarginV, Effect, Text
"""


def points(written: str) -> list[Point]:
    """“x,y x,y …” as points."""
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in written.split())]


def polygon(points: Sequence[Point]) -> str:
    """A closed shape with straight sides."""
    first, *rest = [f"{x:.1f} {y:.1f}" for x, y in points]
    return f"m {first} l {' '.join(rest)}"


def box(x: float, y: float, width: float, height: float) -> str:
    """A rectangle."""
    return polygon([(x, y), (x + width, y), (x + width, y + height), (x, y + height)])


def circle(x: float, y: float, radius: float) -> str:
    """A circle."""
    return ellipse(x, y, radius, radius)


def ellipse(x: float, y: float, wide: float, tall: float) -> str:
    """An ellipse with these radii, of four curves."""
    p, q = wide * 0.5523, tall * 0.5523
    w, t = wide, tall
    return (
        f"m {x + w:.1f} {y:.1f} b {x + w:.1f} {y + q:.1f} {x + p:.1f} {y + t:.1f} {x:.1f} {y + t:.1f} "
        f"{x - p:.1f} {y + t:.1f} {x - w:.1f} {y + q:.1f} {x - w:.1f} {y:.1f} "
        f"{x - w:.1f} {y - q:.1f} {x - p:.1f} {y - t:.1f} {x:.1f} {y - t:.1f} "
        f"{x + p:.1f} {y - t:.1f} {x + w:.1f} {y - q:.1f} {x + w:.1f} {y:.1f}"
    )


def stroke(start: Point, end: Point, width: float) -> str:
    """A straight line as a shape."""
    (x0, y0), (x1, y1) = start, end
    length = math.hypot(x1 - x0, y1 - y0) or 1
    across, down = (y1 - y0) / length * width / 2, (x1 - x0) / length * width / 2
    return polygon(
        [(x0 + across, y0 - down), (x1 + across, y1 - down), (x1 - across, y1 + down), (x0 - across, y0 + down)]
    )


def smooth(points: Sequence[Point]) -> str:
    """A closed shape that runs through the points without corners: Catmull and Rom's spline as Bézier curves."""
    count, curves = len(points), list[str]()
    for place, (x1, y1) in enumerate(points):
        (x0, y0), (x2, y2), (x3, y3) = (points[(place + step) % count] for step in (-1, 1, 2))
        first, second = (x1 + (x2 - x0) / 6, y1 + (y2 - y0) / 6), (x2 - (x3 - x1) / 6, y2 - (y3 - y1) / 6)
        curves.append(" ".join(f"{x:.1f} {y:.1f}" for x, y in (first, second, (x2, y2))))
    return f"m {points[0][0]:.1f} {points[0][1]:.1f} b {' '.join(curves)}"


def line(points: Sequence[Point], width: float) -> str:
    """A bent line with round ends and joints."""
    parts = [stroke(a, b, width) for a, b in pairwise(points)]
    return " ".join([*parts, *(circle(x, y, width / 2) for x, y in points)])


def placed(points: Iterable[Point], at: Point, size: float = 1.0, turn: float = 0.0) -> list[Point]:
    """The points grown, turned by so many degrees (clockwise) about (0, 0), and moved there."""
    cosine, sine = math.cos(math.radians(turn)) * size, math.sin(math.radians(turn)) * size
    return [(at[0] + x * cosine - y * sine, at[1] + x * sine + y * cosine) for x, y in points]


def disc(x: float, y: float, radius: float, sides: int = 18) -> list[Point]:
    """A circle's points."""
    angles = [2 * math.pi * step / sides for step in range(sides)]
    return [(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles]


class Script:
    """Collects shapes; `layer` decides what lies in front. A script for a part of a film counts its time from that part's
    `begin`, and shows nothing after its `end`."""

    def __init__(self, begin: float = 0.0, end: float = math.inf, events: list[str] | None = None) -> None:
        self._begin, self._end = begin, end
        self._events: list[str] = [] if events is None else events

    def part(self, begin: float, end: float) -> Script:
        """The same script from one cut to the next."""
        return Script(begin, end, self._events)

    def add(
        self, layer: int, start: float, end: float, colour: str, shape: str | Iterable[str], tags: str = ""
    ) -> None:
        """Shows a shape from `start` to `end` in seconds. `colour` is RRGGBB; `tags` are ASS overrides; where none of them
        places it, its points are the picture's."""
        drawn = shape if isinstance(shape, str) else " ".join(shape)
        first, last = max(0.0, start) + self._begin, min(end + self._begin, self._end)
        if last - first < _SHORTEST_S:
            return
        where = tags if "\\pos" in tags or "\\move" in tags else "\\pos(0,0)" + tags
        style = f"\\an7\\bord0\\shad0\\1c{_colour(colour)}{where}\\p1"
        self._events.append(f"Dialogue: {layer},{_time(first)},{_time(last)},Shape,0,0,0,,{{{style}}}{drawn}{{\\p0}}")

    def animate(
        self,
        layer: int,
        span: tuple[float, float],
        colour: str,
        shape: Callable[[float], str | Iterable[str]],
        tags: str = "",
        rate: float = RATE / 2,
    ) -> None:
        """Draws a shape anew for every second picture, as cartoons are; `shape` gets the time."""
        start, end = span
        for number in range(math.ceil((end - start) * rate)):
            at = start + number / rate
            self.add(layer, at, min(end, at + 1 / rate), colour, shape(at), tags)

    def veil(self, start: float, end: float, colour: str = "000000", *, into: bool | None = None) -> None:
        """One colour over the whole picture, which fades into it or out of it, or stands."""
        ms = round((end - start) * 1000)
        fade = "" if into is None else f"\\fad({ms},0)" if into else f"\\fad(0,{ms})"
        self.add(90, start, end, colour, box(0, 0, WIDTH, HEIGHT), fade)

    def written(self, width: int = WIDTH, height: int = HEIGHT) -> str:
        """The script's text, for a picture of this size."""
        return _HEAD.format(width=width, height=height) + "\n".join(self._events) + "\n"


def _colour(colour: str) -> str:
    """RRGGBB as ASS writes it."""
    return f"&H{colour[4:6]}{colour[2:4]}{colour[0:2]}&"


def _time(seconds: float) -> str:
    hundredths = round(seconds * 100)
    return f"{hundredths // 360000}:{hundredths // 6000 % 60:02d}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"
