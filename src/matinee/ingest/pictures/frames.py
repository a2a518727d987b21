"""Looks at frames of a film: how good a picture each would be, how much they differ, and where in them the eye goes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from matinee.ingest.toolchain import READ_ONLY_FILES, Toolchain, about
from matinee.services.jobs.programs import Programs

GRID = 48
"""Points across and down of the maps of a frame."""
_LEAST, _MOST = 6, 30
_EVERY_S = 4.0
_FROM, _TO = 0.06, 0.85
"""Between these parts of the film frames are looked at: after its title, before its credits."""
_ALIKE = 14.0
"""Frames whose maps differ by less, on average, are one picture."""
_AS_GOOD = 0.97
_STAT = re.compile(r"lavfi\.([\w.]+)=(-?[\d.]+)")
_TIME = re.compile(r"frame:\d+\s+pts:\S+\s+pts_time:(-?[\d.]+)")
_SHARP, _PIXELS = 3.0, GRID * GRID


class Frame(Struct, frozen=True):
    """The frame at this second. Brightness, its spread from the darkest to the brightest tenth, and saturation are means from 0 to
    255; `detail` is the entropy of brightness 0 to 1, `blur` the mean width of edges in pixels, zero where it has none.
    `edges` and `colours` are maps of `GRID` by `GRID`, the second in three planes: brightness, blue, red."""

    at: float
    brightness: float
    contrast: float
    saturation: float
    detail: float
    blur: float
    edges: bytes = b""
    colours: bytes = b""

    def columns(self) -> list[float]:
        """What there is to see in each column, from the left."""
        points = salience(self)
        return [sum(points[x::GRID]) for x in range(GRID)]

    def rows(self) -> list[float]:
        """What there is to see in each row, from the top."""
        points = salience(self)
        return [sum(points[y * GRID : (y + 1) * GRID]) for y in range(GRID)]


def score(frame: Frame) -> float:
    """Higher is a better picture. One that is almost black, white or of one tone can be no more than a last resort."""
    exposure = 1 - abs(frame.brightness - 115) / 140
    colour = min(1.0, frame.saturation / 60)
    sharp = min(1.0, _SHARP / frame.blur) if frame.blur > 0 else 0.0
    depth = min(1.0, frame.contrast / 120)
    rating = 1.2 * exposure + colour + 0.9 * sharp + 1.1 * frame.detail + 0.8 * depth
    return rating - (0 if is_usable(frame) else 3)


def is_usable(frame: Frame) -> bool:
    """Neither dark nor white, nor all of one tone as in the middle of a fade."""
    return 22 <= frame.brightness <= 235 and frame.contrast >= 24


def different(frames: Sequence[Frame], most: int) -> list[Frame]:
    """The best that are not alike; those that are no good only where there is no other."""
    ranked = sorted(frames, key=score, reverse=True)
    good = [frame for frame in ranked if is_usable(frame)] or ranked[:1]
    chosen: list[Frame] = []
    for frame in good:
        if len(chosen) < most and all(difference(frame, other) >= _ALIKE for other in chosen):
            chosen.append(frame)
    return chosen


def difference(one: Frame, other: Frame) -> float:
    """The mean difference of two frames' maps, 0 to 255."""
    pairs = zip(one.colours, other.colours, strict=True)
    return sum(abs(a - b) for a, b in pairs) / max(1, len(one.colours))


def salience(frame: Frame) -> list[float]:
    """How much there is to see at each point: edges, and colours that stand out from the rest; a little more in the middle."""
    blue, red = frame.colours[_PIXELS : 2 * _PIXELS], frame.colours[2 * _PIXELS :]
    mean_blue, mean_red = sum(blue) / _PIXELS, sum(red) / _PIXELS
    middle = (GRID - 1) / 2
    return [
        (edge + abs(b - mean_blue) + abs(r - mean_red))
        * (1.2 - 0.2 * (abs(place % GRID - middle) + abs(place // GRID - middle)) / middle)
        for place, (edge, b, r) in enumerate(zip(frame.edges, blue, red, strict=True))
    ]


def window(amounts: Sequence[float], part: float) -> tuple[float, float]:
    """Where a window over this part of a row of amounts begins, 0 to 1, so that it holds the most, and the share that it holds.

    Of places nearly as good the one with what there is to see in its middle; where there is nothing, the middle itself.
    """
    whole = sum(amounts)
    if part >= 1 or whole <= 0:
        return max(0.0, (1 - part) / 2), min(1.0, part)
    size = min(len(amounts), max(1, round(part * len(amounts))))
    held = [sum(amounts[start : start + size]) for start in range(len(amounts) - size + 1)]
    middle = sum((place + 0.5) * amount for place, amount in enumerate(amounts)) / whole
    good = [start for start, amount in enumerate(held) if amount >= _AS_GOOD * max(held)]
    best = min(good, key=lambda start: abs(start + size / 2 - middle))
    return max(0.0, min(best / len(amounts), 1 - part)), held[best] / whole


def moments(duration_s: float) -> list[float]:
    """The seconds at which frames are looked at."""
    count = max(_LEAST, min(_MOST, int(duration_s / _EVERY_S)))
    first, last = _FROM * duration_s, _TO * duration_s
    return [first + (last - first) * place / (count - 1) for place in range(count)]


async def survey(programs: Programs, tools: Toolchain, film: Path, duration_s: float, into: Path) -> list[Frame]:
    """Looks at frames all over the film: at each moment the key frame before it; moments that share one give one."""
    found: dict[float, Frame] = {}
    for at in moments(duration_s):
        source = ("-noaccurate_seek", "-copyts", "-ss", f"{at:.3f}", "-skip_frame", "nokey", "-i", about(str(film)))
        frame = await look(programs, tools.ffmpeg, source, into)
        if frame is not None:
            found[frame.at] = frame
    return list(found.values())


async def look(programs: Programs, ffmpeg: str, source: Sequence[str], into: Path) -> Frame | None:
    """Measures the first frame of an input; None where there is none. What it writes into the folder is gone when it returns."""
    edges, colours = into / "edges.map", into / "colours.map"
    graph = (
        "[0:v:0]scale=320:-2:flags=area,format=yuv420p,split=3[a][b][c];"
        "[a]signalstats,entropy,blurdetect,metadata=print:file=-[stats];"
        f"[b]format=gray,sobel,scale={GRID}:{GRID}:flags=area,format=gray[edges];"
        f"[c]scale={GRID}:{GRID}:flags=area,format=yuv444p[colours]"
    )
    once = ("-frames:v", "1", "-f", "rawvideo")
    command = [
        *(ffmpeg, "-v", "error", "-nostdin", "-y", *READ_ONLY_FILES, *source, "-filter_complex", graph),
        *("-map", "[stats]", "-frames:v", "1", "-f", "null", "-"),
        *("-map", "[edges]", *once, about(str(edges)), "-map", "[colours]", *once, about(str(colours))),
    ]
    stats: dict[str, float] = {}

    def on_line(line: str) -> None:
        if found := _STAT.match(line) or _TIME.match(line):
            stats[found[1] if found.re is _STAT else "at"] = float(found[found.re.groups])

    await programs.run(command, on_line=on_line)
    maps = await asyncio.gather(asyncio.to_thread(_taken, edges), asyncio.to_thread(_taken, colours))
    return _frame(stats, *maps)


def _taken(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    finally:
        path.unlink(missing_ok=True)


def _frame(stats: dict[str, float], edges: bytes, colours: bytes) -> Frame | None:
    if len(edges) != _PIXELS or len(colours) != 3 * _PIXELS or "signalstats.YAVG" not in stats:
        return None
    return Frame(
        at=max(0.0, stats.get("at", 0.0)),
        brightness=stats["signalstats.YAVG"],
        contrast=stats["signalstats.YHIGH"] - stats["signalstats.YLOW"],
        saturation=stats["signalstats.SATAVG"],
        detail=stats.get("entropy.normalized_entropy.normal.Y", 0.0),
        blur=stats.get("blur", 0.0),
        edges=edges,
        colours=colours,
    )
