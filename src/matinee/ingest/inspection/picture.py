"""Judges a picture: which stream it is, how it is shown, what of it is border, whether it may be interlaced."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from matinee.ingest.inspection.looks import Look
from matinee.ingest.inspection.numbers import ratio
from matinee.ingest.inspection.probe import Entry, flagged
from matinee.ingest.source import Crop

_RATES = [Fraction(n, 1001) for n in (24000, 30000, 60000)] + [Fraction(n) for n in (24, 25, 30, 50, 60)]
FASTEST = Fraction(60)
_USUAL = Fraction(25)
_ROUNDING_S = 0.0006
_ODDEST = Fraction(4)
_LARGEST_WOVEN, _SLOWEST_WOVEN, _FASTEST_WOVEN = 1152, Fraction(49, 2), Fraction(31)
_LEAST_BORDER, _LEAST_LEFT = 0.02, 0.5
_SAME_EDGE = 0.01
_AGREEING = 0.7


def films(streams: Iterable[Entry]) -> list[Entry]:
    """The streams that are moving pictures, no covers or thumbnails; what is to be shown by default comes first."""
    moving = [
        stream
        for stream in streams
        if stream.get("codec_type") == "video"
        and not flagged(stream, "attached_pic", "timed_thumbnails", "still_image")
    ]
    return sorted(moving, key=lambda stream: not flagged(stream, "default"))


def frame_rate(average: str | None, base: str | None) -> Fraction:
    """The constant rate to encode at: the source's average, as the standard rate it is near to, at most 60 a second."""
    rate = ratio(average, Fraction(0)) or ratio(base, Fraction(0)) or _USUAL
    while rate > FASTEST * Fraction(1001, 1000):
        rate /= 2
    if rate < 1:
        return _USUAL
    near = _nearest(rate)
    return near if abs(near - rate) / near < Fraction(1, 2000) else rate.limit_denominator(1001)


def even_rate(claimed: Fraction, mean: Fraction, gap: float) -> Fraction:
    """The rate of pictures at even distances, of which `gap` seconds is the usual one: what the file claims, unless that is
    odd and what its packets show is not."""
    if claimed in _RATES or mean <= 0:
        return claimed
    seen = frame_rate(str(mean), None)
    near = _nearest(Fraction(1 / gap))
    if seen not in _RATES and abs(1 / near - gap) < _ROUNDING_S and abs(mean - near) < near / 50:
        seen = near
    return seen if seen in _RATES else claimed


def steady_rate(average: Fraction, gap: float) -> Fraction:
    """A constant rate for pictures at uneven distances, of which `gap` seconds is the usual one: the average where it is a
    standard rate (film on DVD), else the usual distance's, so that none that follow each other closely are lost."""
    if average in _RATES or gap <= 0:
        return average
    usual = Fraction(1 / gap).limit_denominator(1001)
    near = _nearest(usual)
    rough = near if abs(near - usual) / near < Fraction(1, 20) else max(usual, average)
    return frame_rate(str(rough), None)


def _nearest(rate: Fraction) -> Fraction:
    return min(_RATES, key=lambda standard: abs(standard - rate))


def pixel_aspect(stream: Entry) -> tuple[Fraction, bool]:
    """Width to height of a pixel as it is stored, and whether the file claims one that nobody could mean."""
    found = ratio(stream.get("sample_aspect_ratio"), Fraction(1))
    absurd = not 1 / _ODDEST <= found <= _ODDEST
    return (Fraction(1), True) if absurd else (found, False)


def rotation(stream: Entry) -> int:
    """Degrees counter-clockwise, 0 to 359."""
    turned = next((side["rotation"] for side in stream.get("side_data_list", []) if "rotation" in side), 0)
    return round(float(turned)) % 360


def upright(width: int, height: int, turned: int) -> tuple[int, int]:
    """The size once it is turned."""
    return (height, width) if turned % 180 in range(45, 135) else (width, height)


def shown(width: int, height: int, aspect: Fraction) -> tuple[int, int]:
    """The size with square pixels: one side longer, none shorter."""
    return (round(width * aspect), height) if aspect >= 1 else (width, round(height / aspect))


def borders(looks: list[Look], width: int, height: int) -> Crop | None:
    """The picture inside its black borders, all that was ever lit; None where there are none, or not the same ones all over."""
    seen = [_union(lit) for look in looks if (lit := [frame for frame in look.frames if frame])]
    if not seen:
        return None
    left, top, right, bottom = whole = _union(seen)
    near = (width * _SAME_EDGE, height * _SAME_EDGE)
    agreeing = sum(
        all(abs(a - b) <= near[side % 2] for side, (a, b) in enumerate(zip(one, whole, strict=True))) for one in seen
    )
    if agreeing < max(1, _AGREEING * len(seen)):
        return None
    across, down = (_edges(left, right, width), _edges(top, bottom, height))
    found = Crop(across[0], down[0], across[1] - across[0], down[1] - down[0])
    if (found.width, found.height) == (width, height):
        return None
    return found if found.width >= _LEAST_LEFT * width and found.height >= _LEAST_LEFT * height else None


def _edges(low: int, high: int, length: int) -> tuple[int, int]:
    """Even places; an edge that is hardly there is part of the picture."""
    if low + (length - high) < _LEAST_BORDER * length:
        return 0, length
    return low // 2 * 2, min(length // 2 * 2, (high + 1) // 2 * 2)


def _union(parts: list[tuple[int, int, int, int]]) -> tuple[int, int, int, int]:
    lefts, tops, rights, bottoms = zip(*parts, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def claims_halves(stream: Entry) -> bool:
    """Whether the file says that its frames are made of two half pictures each."""
    return stream.get("field_order", "progressive") in {"tt", "bb", "tb", "bt"}


def may_be_woven(height: int, rate: Fraction, *, claimed: bool) -> bool:
    """Whether its frames may be made of half pictures: those of a film larger than HD are not, and without saying so nobody
    makes them but of 25 or 30 frames a second."""
    return height <= _LARGEST_WOVEN and (claimed or _SLOWEST_WOVEN <= rate <= _FASTEST_WOVEN)
