"""A gentleman in black with an umbrella: he walks, and he hangs on it."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from matinee.demo.drawing import Point, Script, circle, line, placed, points, polygon
from matinee.demo.scenery import Span, swing

_INK = "1c1a17"
_DOME = points("-118,-84 -92,-140 -40,-172 0,-180 40,-172 92,-140 118,-84")
_HEM = points("96,-96 78,-86 58,-100 39,-88 19,-101 0,-88 -19,-101 -39,-88 -58,-100 -78,-86 -96,-96")
_ARM = points("6,-126 28,-112 34,-146")
_BRIM, _CROWN = points("-26,-164 32,-164"), points("-15,-165 -14,-182 3,-190 20,-182 21,-165")
_STEP_S = 0.62


class Gentleman(Struct, frozen=True):
    """Where his feet are, and how many degrees his umbrella leans, by time; from `flies_from` on he hangs on it."""

    foot: Callable[[float], Point]
    tilt: Callable[[float], float]
    flies_from: float

    def draw(self, script: Script, span: Span) -> None:
        """All of him."""
        for layer, colour, shape in (
            (40, _INK, self._legs),
            (41, _INK, self._coat),
            (42, "d9d0bd", self._head),
            (43, _INK, self._hat),
            (44, "26231e", self._canopy),
        ):
            script.animate(layer, span, colour, shape, "\\blur0.6")

    def _legs(self, at: float) -> list[str]:
        walks = at < self.flies_from
        step, back = (swing(at, _STEP_S, 26), 0.0) if walks else (12 + swing(at, 1.1, 10), 8.0)
        both = ([(0.0, -62.0), (s * 0.6 + 4, -30.0), (s - back, 0.0), (s - back + 13, 1.0)] for s in (step, -step))
        return [line(placed(leg, self.foot(at)), 12) for leg in both]

    def _coat(self, at: float) -> list[str]:
        body = [(-15.0, -136.0), (15.0, -136.0), (24.0, -52.0), (-26 - abs(swing(at, _STEP_S, 8)), -48.0)]
        return [polygon(placed(body, self.foot(at))), line(placed(_ARM, self.foot(at)), 10)]

    def _head(self, at: float) -> list[str]:
        return [circle(x, y, 17) for x, y in placed([(3, -152)], self.foot(at))]

    def _hat(self, at: float) -> list[str]:
        return [line(placed(_BRIM, self.foot(at)), 6), polygon(placed(_CROWN, self.foot(at)))]

    def _canopy(self, at: float) -> list[str]:
        hand, tilt = placed(_ARM[-1:], self.foot(at))[0], self.tilt(at)
        stick = line(placed([(0, 14), (0, -190)], hand, 1, tilt), 4)
        return [polygon(placed([*_DOME, *_HEM], hand, 1, tilt)), stick]
