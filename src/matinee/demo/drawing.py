"""Moving vector pictures, written as an ASS script: shapes that move, turn, grow, glow and fade. No font is used."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

WIDTH, HEIGHT, RATE = 1280, 720, 24

Point = tuple[float, float]

_HEAD = f"""[Script Info]
ScriptType: v4.00+
PlayResX: {WIDTH}
PlayResY: {HEIGHT}
ScaledBorderAndShadow: yes
WrapStyle: 2

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, BackColour, BorderStyle, Outline, Shadow, Alignment
Style: Shape,Sans,20,&H00FFFFFF,&H00000000,&H00000000,1,0,0,7

[Events]
Format: Layer, Start, End, Style, MarginL, MarginR, MarginV, Effect, Text
"""


def polygon(points: Sequence[Point]) -> str:
    """A closed shape with straight sides."""
    first, *rest = [f"{x:.1f} {y:.1f}" for x, y in points]
    return f"m {first} l {' '.join(rest)}"


def box(x: float, y: float, width: float, height: float) -> str:
    """A rectangle."""
    return polygon([(x, y), (x + width, y), (x + width, y + height), (x, y + height)])


def circle(x: float, y: float, radius: float) -> str:
    """A circle of four curves."""
    c = radius * 0.5523
    r = radius
    return (
        f"m {x + r:.1f} {y:.1f} b {x + r:.1f} {y + c:.1f} {x + c:.1f} {y + r:.1f} {x:.1f} {y + r:.1f} "
        f"{x - c:.1f} {y + r:.1f} {x - r:.1f} {y + c:.1f} {x - r:.1f} {y:.1f} "
        f"{x - r:.1f} {y - c:.1f} {x - c:.1f} {y - r:.1f} {x:.1f} {y - r:.1f} "
        f"{x + c:.1f} {y - r:.1f} {x + r:.1f} {y - c:.1f} {x + r:.1f} {y:.1f}"
    )


def stroke(start: Point, end: Point, width: float) -> str:
    """A straight line as a shape."""
    (x0, y0), (x1, y1) = start, end
    length = math.hypot(x1 - x0, y1 - y0) or 1
    across, down = (y1 - y0) / length * width / 2, (x1 - x0) / length * width / 2
    return polygon(
        [(x0 + across, y0 - down), (x1 + across, y1 - down), (x1 - across, y1 + down), (x0 - across, y0 + down)]
    )


class Script:
    """Collects shapes; `layer` decides what lies in front."""

    def __init__(self) -> None:
        self._events: list[str] = []

    def add(
        self, layer: int, start: float, end: float, colour: str, shape: str | Iterable[str], tags: str = ""
    ) -> None:
        """Shows a shape from `start` to `end` in seconds. `colour` is RRGGBB; `tags` are ASS overrides; where none of them
        places it, its points are the picture's."""
        drawn = shape if isinstance(shape, str) else " ".join(shape)
        placed = tags if "\\pos" in tags or "\\move" in tags else "\\pos(0,0)" + tags
        red, green, blue = colour[0:2], colour[2:4], colour[4:6]
        style = f"\\an7\\bord0\\shad0\\1c&H{blue}{green}{red}&{placed}\\p1"
        self._events.append(f"Dialogue: {layer},{_time(start)},{_time(end)},Shape,0,0,0,,{{{style}}}{drawn}{{\\p0}}")

    def written(self) -> str:
        """The script's text."""
        return _HEAD + "\n".join(self._events) + "\n"


def _time(seconds: float) -> str:
    hundredths = round(seconds * 100)
    return f"{hundredths // 360000}:{hundredths // 6000 % 60:02d}:{hundredths // 100 % 60:02d}.{hundredths % 100:02d}"
