"""Looks at the picture in a few places: its borders, and how combed its frames are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from matinee.ingest.inspection import weave
from matinee.ingest.inspection.numbers import number
from matinee.ingest.inspection.weave import Combs
from matinee.ingest.source import Video
from matinee.ingest.toolchain import GUARDS, Toolchain, about
from matinee.services.jobs.programs import Programs

PLACES, _FRAMES = 12, 12
_SHORT_S = 6.0
"""A film that is no longer is decoded whole: there is hardly a key frame in it to begin at."""

_BORDERS = "cropdetect=round=2:reset=1:skip=0,metadata=print:file=-:direct=1"
_FACT = re.compile(r"lavfi\.cropdetect\.([xy][12])=(\S+)")
_FRAME = re.compile(r"frame:\d+ ")

Lit = tuple[int, int, int, int]
"""The part of a frame that is not black: left, top, right, bottom, the last two beyond it."""


class Look(Struct, frozen=True):
    """What was seen at one place: of each frame what of it is lit, None of a black one; and how combed each is, where that was
    asked. No frames where none could be decoded."""

    at_ms: int
    frames: list[Lit | None]
    combs: list[Combs] = []


async def looks(  # noqa: PLR0913 - the film, and how it is looked at
    programs: Programs,
    ffmpeg: str,
    path: Path,
    video: Video,
    frames: int,
    *,
    seekable: bool,
    combed: bool,
    places: int = PLACES,
) -> list[Look]:
    """Looks of a dozen frames each, over the whole film; where it cannot be sought in, only into its beginning."""
    seconds = video.duration_ms / 1000
    look = _Looking(programs, ffmpeg, path, video.index, combed=combed)
    if seconds <= _SHORT_S or not seekable:
        every = max(_FRAMES, round(frames * min(1.0, _SHORT_S / max(seconds, 0.001))) // places)
        picked = f"select='lt(mod(n,{every}),{_FRAMES})',"
        seen = await look.at(0, ["-t", f"{_SHORT_S}"], picked, [])
        parts = range(0, max(1, len(seen.frames)), _FRAMES)
        return [Look(0, seen.frames[n : n + _FRAMES], seen.combs[n : n + _FRAMES]) for n in parts]
    made: list[Look] = []
    for place in range(places):
        at = seconds * (place + 0.5) / places
        seek, few = ["-noaccurate_seek", "-ss", f"{at:.3f}"], ["-frames:v", str(_FRAMES)]
        made.append(await look.at(round(at * 1000), seek, "", few))
    return made


class _Looking:
    """At one film's picture."""

    def __init__(self, programs: Programs, ffmpeg: str, path: Path, stream: int, *, combed: bool) -> None:
        self._programs = programs
        self._reads = [ffmpeg, "-v", "repeat+info" if combed else "error", "-nostats", "-nostdin", "-threads", "1"]
        self._chain = f"{_BORDERS},{weave.FILTER}" if combed else _BORDERS
        self._input = [*GUARDS, "-i", about(str(path)), "-map", f"0:{stream}"]

    async def at(self, at_ms: int, seek: list[str], picked: str, few: list[str]) -> Look:
        seen = _Seen()
        command = [*self._reads, *seek, *self._input, *few, "-vf", picked + self._chain]
        quiet = ["-fps_mode", "passthrough", "-f", "null", "-"]
        await self._programs.run([*command, *quiet], on_line=seen.on_line, on_error=seen.on_error)
        return Look(at_ms, list(seen.frames()), seen.combs)


class _Seen:
    def __init__(self) -> None:
        self._facts: list[dict[str, int]] = []
        self.combs: list[Combs] = []

    def on_line(self, line: str) -> None:
        if _FRAME.match(line):
            self._facts.append({})
        elif (fact := _FACT.match(line)) and self._facts:
            self._facts[-1][fact[1]] = int(fact[2])

    def on_error(self, line: str) -> None:
        if (found := weave.combs(line)) is not None:
            self.combs.append(found)

    def frames(self) -> Iterator[Lit | None]:
        for facts in self._facts:
            left, top, right, bottom = (facts.get(side, 0) for side in ("x1", "y1", "x2", "y2"))
            yield (left, top, right + 1, bottom + 1) if right > left and bottom > top else None


async def first_shown_s(programs: Programs, tools: Toolchain, path: Path, stream: int) -> float | None:
    """When the decoder says that the first picture is to be shown, by the file's clock; None where it does not say."""
    first = ("-select_streams", str(stream), "-read_intervals", "%+#16", "-show_frames")
    shown = ("-show_entries", "frame=best_effort_timestamp_time", "-of", "csv=p=0")
    ended = await programs.run([tools.ffprobe, "-v", "error", *GUARDS, *first, *shown, about(str(path))])
    return next((number(word) for word in ended.output.decode(errors="replace").replace(",", "\n").split()), None)


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
