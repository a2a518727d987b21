"""Small pictures of a film in sheets, one each few seconds, and the documents by which players find them there."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from math import ceil, sqrt
from pathlib import Path

from matinee.ingest.pictures import sheets
from matinee.ingest.source import Source
from matinee.ingest.toolchain import Toolchain, about
from matinee.runtime.errors import MatineeError, OutOfSpace
from matinee.services.jobs.programs import Programs
from matinee.terms.thumbnails import Thumbnails

FOLDER = "thumbnails"
PLAYLIST, WEBVTT = "main.m3u8", "thumbnails.vtt"
_COLUMNS, _ROWS = 5, 6
_AREA = 240 * 135
"""Pixels of one picture: 240x135 of a film in 16:9, 135x240 of one that stands."""
_STEPS_S = ((600, 2), (1800, 4), (3600, 6))
_LONG_STEP_S = 10


async def make(programs: Programs, tools: Toolchain, low: Path, source: Source, into: Path) -> Thumbnails:
    """Writes `00001.jpg`, … , the playlist and the WebVTT file into the folder `into`, which becomes `thumbnails/` of the package.

    `low` is the film's lowest rung, of which only the key frames are decoded: about 0.1 CPU-s a minute. Raises OutOfSpace.
    """
    duration_ms = source.duration_ms
    step = step_s(duration_ms)
    width, height = size(source.video.width, source.video.height)
    a_sheet = _COLUMNS * _ROWS
    picks = f"fps=1/{step}:start_time=0:eof_action=pass,scale={width}:{height}:flags=area,setsar=1"
    picks += f",tpad=stop_mode=clone:stop={a_sheet}"
    command = [
        *(tools.ffmpeg, "-v", "error", "-nostdin", "-y", "-skip_frame", "nokey", "-i", about(str(low))),
        *("-map", "0:v:0", "-vf", f"{picks},tile={_COLUMNS}x{_ROWS}", "-frames:v", str(_sheets(duration_ms, step))),
        *("-pix_fmt", "yuvj420p", "-q:v", "5", about(str(into / "%05d.jpg"))),
    ]
    ended = await programs.run(command)
    sizes = await asyncio.to_thread(lambda: [sheet.stat().st_size for sheet in into.glob("*.jpg")])
    if ended.disk_full:
        raise OutOfSpace("There was no room on the disk for the film's thumbnails.")
    if ended.code != 0 or not sizes:
        raise MatineeError(f"No thumbnails could be made: {ended.last_words}")
    made = Thumbnails(
        folder=FOLDER,
        width=width,
        height=height,
        columns=_COLUMNS,
        rows=_ROWS,
        interval_ms=step * 1000,
        sheets=len(sizes),
        bandwidth_bps=max(sizes) * 8 // (step * a_sheet) + 1,
    )
    await asyncio.to_thread((into / PLAYLIST).write_text, sheets.playlist(made, duration_ms))
    await asyncio.to_thread((into / WEBVTT).write_text, sheets.webvtt(made, duration_ms))
    return made


def step_s(duration_ms: int) -> int:
    """Seconds between two pictures: at most 300 of a short film, 360 an hour of a long one."""
    return next((step for most, step in _STEPS_S if duration_ms <= most * 1000), _LONG_STEP_S)


def size(width: int, height: int) -> tuple[int, int]:
    """A picture's sides for a film shown at this size: even, about as many pixels whatever the shape."""
    across = sqrt(_AREA * Fraction(width, height))
    return max(2, round(across / 2) * 2), max(2, round(_AREA / across / 2) * 2)


def _sheets(duration_ms: int, step: int) -> int:
    return max(1, ceil(duration_ms / (step * 1000 * _COLUMNS * _ROWS)))
