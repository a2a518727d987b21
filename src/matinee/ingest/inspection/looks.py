"""Looks at the picture in a few places: its borders, and whether its frames are made of two half pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from matinee.ingest.source import Video
from matinee.ingest.toolchain import GUARDS, Toolchain, about
from matinee.services.jobs.programs import Programs

_PLACES, _FRAMES = 12, 8
_SHORT_S = 6.0
"""A film that is no longer is decoded whole: there is hardly a key frame in it to begin at."""

_LOOK = "idet=intl_thres={},cropdetect=round=2:reset=1:skip=0,metadata=print:file=-:direct=1"
_COMBED = {True: 1.04, False: 1.2}
"""How much better half pictures must follow each other one way than the other, by whether the file claims that there are any.
Progressive films that pan slowly, or whose titles climb, come to 1.15."""

_FACT = re.compile(r"lavfi\.(cropdetect\.[xy][12]|idet\.multiple\.current_frame)=(\S+)")
_FRAME = re.compile(r"frame:\d+ ")


class Frame(Struct, frozen=True):
    """`lit` is the part of a frame that is not black: left, top, right, bottom, the last two beyond it; None of a black one.
    `fields` is progressive, tff, bff or undetermined."""

    lit: tuple[int, int, int, int] | None
    fields: str


class Look(Struct, frozen=True):
    """What was seen at one place; no frames where none could be decoded."""

    at_ms: int
    frames: list[Frame]


async def looks(
    programs: Programs,
    ffmpeg: str,
    path: Path,
    video: Video,
    frames: int,
    *,
    seekable: bool,
    interlaced: bool,
) -> list[Look]:
    """A dozen looks of some frames each, over the whole film; where it cannot be sought in, only into its beginning.
    `interlaced` is what the file claims."""
    look = _LOOK.format(_COMBED[interlaced])
    stream, seconds = video.index, video.duration_ms / 1000
    if seconds <= _SHORT_S or not seekable:
        every = max(_FRAMES, round(frames * min(1.0, _SHORT_S / max(seconds, 0.001))) // _PLACES)
        picked = f"select='lt(mod(n,{every}),{_FRAMES})',{look}"
        return [Look(0, await _frames(programs, ffmpeg, path, stream, ["-t", f"{_SHORT_S}"], picked, []))]
    made: list[Look] = []
    for place in range(_PLACES):
        at = seconds * (place + 0.5) / _PLACES
        seek, few = ["-noaccurate_seek", "-ss", f"{at:.3f}"], ["-frames:v", str(_FRAMES)]
        made.append(Look(round(at * 1000), await _frames(programs, ffmpeg, path, stream, seek, look, few)))
    return made


async def _frames(
    programs: Programs, ffmpeg: str, path: Path, stream: int, seek: list[str], chain: str, few: list[str]
) -> list[Frame]:
    seen = _Seen()
    command = [
        *(ffmpeg, "-v", "error", "-nostdin", "-threads", "1", *seek, *GUARDS, "-i", about(str(path))),
        *("-map", f"0:{stream}", *few, "-vf", chain, "-fps_mode", "passthrough", "-f", "null", "-"),
    ]
    await programs.run(command, on_line=seen.on_line)
    return list(seen.frames())


class _Seen:
    def __init__(self) -> None:
        self._facts: list[dict[str, str]] = []

    def on_line(self, line: str) -> None:
        if _FRAME.match(line):
            self._facts.append({})
        elif (fact := _FACT.match(line)) and self._facts:
            self._facts[-1][fact[1]] = fact[2]

    def frames(self) -> Iterator[Frame]:
        for facts in self._facts:
            left, top, right, bottom = (int(facts.get(f"cropdetect.{side}", "0")) for side in ("x1", "y1", "x2", "y2"))
            lit = (left, top, right + 1, bottom + 1) if right > left and bottom > top else None
            yield Frame(lit, facts.get("idet.multiple.current_frame", "undetermined"))


async def peak_nits(programs: Programs, tools: Toolchain, path: Path, stream: int) -> int | None:
    """How bright the film claims to become, by its first frame: its brightest pixel (CTA-861.3), else what it was made on."""
    first = ("-select_streams", str(stream), "-read_intervals", "%+#1", "-show_frames", "-of", "flat")
    ended = await programs.run([tools.ffprobe, "-v", "error", *GUARDS, *first, about(str(path))])
    said = ended.output.decode(errors="replace")
    for name in ("max_content", "max_luminance"):
        found = re.search(rf'\.{name}="?(\d+)(?:/([1-9]\d*))?"?$', said, re.MULTILINE)
        nits = round(int(found[1]) / int(found[2] or 1)) if found else 0
        if nits:
            return min(10_000, nits)
    return None
