"""Someone with a pack and a stick, on the way up or standing there."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from matinee.demo.drawing import Point, Script, circle, line, placed, points, polygon
from matinee.demo.scenery import Span, swing

_BODY, _PACK = points("-7,-32 9,-32 17,-64 2,-66"), points("-20,-36 -6,-34 2,-66 -14,-66")
_ARM, _HEAD = points("12,-54 24,-40"), points("14,-74")
_STEP_S = 1.2


class Climber(Struct, frozen=True):
    """Goes from `start` to `goal` in the time of its span, or where they are one stands. `phase` keeps several out of step."""

    start: Point
    goal: Point
    jacket: str
    size: float = 1.0
    phase: float = 0.0

    def draw(self, script: Script, span: Span) -> None:
        """All of it."""
        for layer, colour, shape in (
            (40, "1d2138", self._legs),
            (41, self.jacket, self._body),
            (42, "2a2f4a", self._pack),
            (43, "f1c9a2", self._head),
        ):
            script.animate(layer, span, colour, lambda at, shape=shape: shape(at, self._foot(at, span)))

    @property
    def _stride(self) -> float:
        return 1.5 if self.start == self.goal else 12.0

    def _foot(self, at: float, span: Span) -> Point:
        part = (at - span[0]) / (span[1] - span[0])
        (x0, y0), (x1, y1) = self.start, self.goal
        rise = abs(swing(at, _STEP_S, self._stride / 6 * self.size, self.phase))
        return x0 + (x1 - x0) * part, y0 + (y1 - y0) * part + rise

    def _legs(self, at: float, foot: Point) -> list[str]:
        step = swing(at, _STEP_S, self._stride, self.phase)
        return [self._line([(2, -34), (s * 0.7 + 4, -17), (s, 2)], foot, 7) for s in (step, -step)]

    def _body(self, _: float, foot: Point) -> list[str]:
        return [polygon(placed(_BODY, foot, self.size))]

    def _pack(self, at: float, foot: Point) -> list[str]:
        reach = swing(at, _STEP_S, self._stride / 2, self.phase)
        stick = self._line([(24, -44), (30 + reach, 2)], foot, 3)
        return [polygon(placed(_PACK, foot, self.size)), self._line(_ARM, foot, 3), stick]

    def _head(self, _: float, foot: Point) -> list[str]:
        return [circle(x, y, 9 * self.size) for x, y in placed(_HEAD, foot, self.size)]

    def _line(self, outline: Sequence[Point], foot: Point, wide: float) -> str:
        return line(placed(outline, foot, self.size), wide * self.size)
