"""A fox: trotting, and sitting with its back half turned."""

from __future__ import annotations

from msgspec import Struct

from matinee.demo.drawing import Point, Script, circle, line, placed, points, polygon, smooth
from matinee.demo.scenery import Span, swing

_BEAT_S = 0.72
_BODY = points("-96,-78 -70,-104 -10,-100 50,-112 84,-104 92,-76 60,-52 -10,-54 -70,-48 -94,-58")
_CHEST = points("62,-92 94,-98 96,-72 70,-52 50,-56")
_HEAD = points("74,-108 88,-146 84,-176 106,-152 122,-150 136,-172 138,-140 172,-112 178,-104 150,-98 112,-88 84,-92")
_CHEEK = points("176,-105 150,-98 112,-88 92,-94 128,-110 158,-114")
_EYE, _NOSE = (132.0, -126.0), (177.0, -106.0)

_SITTING = points("-58,4 -66,-46 -44,-104 -34,-140 6,-142 26,-98 48,-40 46,4")
_BREAST = points("-58,0 -60,-50 -42,-108 -26,-112 -26,-50 -40,2")
_TURNED = points("-44,-126 -52,-148 -102,-158 -108,-166 -60,-184 -42,-222 -26,-192 -6,-196 14,-224 16,-180 12,-142")
_JAW = points("-106,-164 -60,-166 -34,-150 -44,-130 -54,-148")
_SEATED = 1.15


class Coat(Struct, frozen=True):
    """Its colours."""

    fur: str
    shade: str
    legs: str
    white: str


class Trotting(Struct, frozen=True):
    """It stays about one place; the wood goes by."""

    foot: Point

    def draw(self, script: Script, span: Span, coat: Coat) -> None:
        """All of it, from its far legs to its eye."""
        script.animate(26, span, coat.shade, lambda at: self._legs(at, far=True))
        script.animate(27, span, coat.fur, lambda at: smooth(placed(_tail(at), self._at(at))))
        script.animate(28, span, coat.white, lambda at: smooth(placed(_tip(at), self._at(at))))
        script.animate(29, span, coat.fur, lambda at: smooth(placed(_BODY, self._at(at))))
        script.animate(30, span, coat.white, lambda at: smooth(placed(_CHEST, self._at(at))))
        script.animate(31, span, coat.legs, lambda at: self._legs(at, far=False))
        script.animate(32, span, coat.fur, lambda at: polygon(placed(_HEAD, self._at(at))))
        script.animate(33, span, coat.white, lambda at: polygon(placed(_CHEEK, self._at(at))))
        script.animate(
            34, span, "20120c", lambda at: [circle(*spot, 5) for spot in placed([_EYE, _NOSE], self._at(at))]
        )

    def _at(self, at: float) -> Point:
        return self.foot[0] + swing(at, 5.3, 26), self.foot[1] + swing(at, _BEAT_S / 2, 3.2)

    def _legs(self, at: float, *, far: bool) -> list[str]:
        foot, drawn = (self._at(at)[0], self.foot[1]), list[str]()
        for hip, phase in ((-66, 0.0), (58, 0.5)):
            beat = phase + (0.5 if far else 0.0)
            reach, lift = swing(at, _BEAT_S, 30, beat), max(0.0, swing(at, _BEAT_S, 14, beat + 0.25))
            drawn.append(line(placed([(hip, -60), (hip + reach * 0.45 - 5, -30), (hip + reach, 2 - lift)], foot), 11))
        return drawn


def _tail(at: float) -> list[Point]:
    wag = swing(at, _BEAT_S, 10)
    above = [(-84.0, -86.0), (-128.0, -106 + wag * 0.5), (-186.0, -108 + wag), (-232.0, -88 + wag * 1.5)]
    return [*above, (-192, -72 + wag), (-134, -68 + wag * 0.5), (-92, -66)]


def _tip(at: float) -> list[Point]:
    wag = swing(at, _BEAT_S, 10)
    return [(-194, -106 + wag), (-234, -88 + wag * 1.5), (-196, -74 + wag), (-206, -90 + wag)]


def sit(script: Script, span: Span, foot: Point, coat: Coat) -> None:
    """It looks up to the left; only its tail moves."""
    x, y = foot
    script.animate(20, span, coat.fur, lambda at: smooth(placed(_curl(at), foot, _SEATED)))
    script.animate(21, span, coat.white, lambda at: smooth(placed(_curl_tip(at), foot, _SEATED)))
    script.add(22, *span, coat.fur, smooth(placed(_SITTING, foot, _SEATED)))
    script.add(23, *span, coat.white, smooth(placed(_BREAST, foot, _SEATED)), "\\blur1")
    script.add(24, *span, coat.fur, polygon(placed(_TURNED, foot, _SEATED)))
    script.add(25, *span, coat.white, polygon(placed(_JAW, foot, _SEATED)), "\\alpha&H20&")
    script.add(26, *span, "1a1020", [circle(x - 64, y - 196, 4), circle(x - 122, y - 188, 5)])


def _curl(at: float) -> list[Point]:
    curl = swing(at, 4.2, 12)
    above = [(36.0, -22.0), (96.0, -34 + curl * 0.3), (158.0, -56 + curl), (196.0, -92 + curl * 1.6)]
    return [*above, (176, -26 + curl), (108, 6), (40, 6)]


def _curl_tip(at: float) -> list[Point]:
    curl = swing(at, 4.2, 12)
    return [(168, -62 + curl), (196, -93 + curl * 1.6), (182, -40 + curl), (170, -44 + curl)]
