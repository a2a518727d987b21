"""Which sizes a film is encoded in: a fixed ladder cut to the source, never scaled up."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction

from msgspec import Struct

_LADDER = ((1920, 1080, 5000), (1280, 720, 2800), (960, 540, 1600), (640, 360, 800), (426, 240, 350))
_WORTH_A_RUNG = 1.1
"""A source this many times the area of its highest rung gets one of its own size."""

SEGMENT_GOPS = 2
_AV1_SHARE = 0.65
"""Of the rate of H.264, for the same quality."""


class Codec(StrEnum):
    H264 = "h264"
    AV1 = "av1"


class Rung(Struct, frozen=True):
    """One size of a film in one codec; both sides are even. `kbps` is the ceiling of its rate."""

    name: str
    width: int
    height: int
    kbps: int
    codec: Codec = Codec.H264


def in_av1(rung: Rung) -> Rung:
    """The same size in AV1."""
    return Rung(f"{rung.name}-av1", rung.width, rung.height, round(rung.kbps * _AV1_SHARE), Codec.AV1)


def ladder(width: int, height: int) -> list[Rung]:
    """The rungs for a source shown at this size, best first; at least one."""
    sizes = [size for box in _LADDER if (size := _fitted(width, height, *box[:2], box[2])) is not None]
    own = (_even(width), _even(height))
    if not sizes or own[0] * own[1] > _WORTH_A_RUNG * sizes[0][0] * sizes[0][1]:
        largest = _LADDER[0]
        if own[0] * own[1] <= largest[0] * largest[1]:
            sizes.insert(0, (*own, _rate(*own)))
    return _named(sizes)


def _fitted(width: int, height: int, across: int, down: int, kbps: int) -> tuple[int, int, int] | None:
    """The source inside a box that lies or stands as the source does; None where that would enlarge it."""
    if height > width:
        across, down = down, across
    scale = min(Fraction(across, width), Fraction(down, height))
    if scale > 1:
        return None
    return _even(round(width * scale)), _even(round(height * scale)), kbps


def _even(length: int) -> int:
    return max(2, length // 2 * 2)


def _rate(width: int, height: int) -> int:
    """A ceiling between those of the neighbours, by area."""
    pixels = width * height
    above = [(w * h, kbps) for w, h, kbps in _LADDER if w * h >= pixels][-1]
    below = next(((w * h, kbps) for w, h, kbps in _LADDER if w * h < pixels), (0, 100))
    share = (pixels - below[0]) / (above[0] - below[0])
    return round(below[1] + share * (above[1] - below[1]))


def _named(sizes: list[tuple[int, int, int]]) -> list[Rung]:
    rungs: dict[str, Rung] = {}
    for width, height, kbps in sizes:
        name = f"v{min(width, height)}"
        rungs.setdefault(name, Rung(name, width, height, kbps))
    return list(rungs.values())


def frames_a_gop(rate: Fraction) -> int:
    """Frames of a closed group of pictures: as near to two seconds as whole frames come (2.002 s at 23.976 a second)."""
    return max(1, round(2 * rate))


def segment_s(rate: Fraction) -> Fraction:
    """Seconds of a segment: two groups of pictures, so that every segment of every rung begins with a key frame."""
    return SEGMENT_GOPS * frames_a_gop(rate) / rate
