"""Joins the chunks of one rendition: a copy, no encode."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from matinee.ingest.encoding.encode import ticks
from matinee.ingest.toolchain import Toolchain, about
from matinee.runtime.errors import MatineeError, OutOfSpace
from matinee.services.jobs.programs import Ended, Programs


async def join(
    programs: Programs, tools: Toolchain, parts: Sequence[Path], rate: Fraction, seconds: Sequence[Fraction], into: Path
) -> None:
    """Writes the chunks, which last so many seconds each, one after another into the file `into`. One chunk is taken as it is.

    Every frame is put back onto the film's own clock: a list knows lengths in whole microseconds only. Raises OutOfSpace.
    """
    if len(parts) == 1:
        await asyncio.to_thread(_linked, parts[0], into)
        return
    listed = into.with_suffix(".txt")
    text = "".join(entry(part, length) for part, length in zip(parts, seconds, strict=True))
    await asyncio.to_thread(listed.write_text, text)
    frame = Fraction(ticks(rate)) / rate
    clock = f"setts=pts=round(PTS/{frame})*{frame}:dts=round(DTS/{frame})*{frame}:duration={frame}"
    ended = await programs.run(
        [
            *(tools.ffmpeg, "-v", "error", "-nostdin", "-y", "-f", "concat", "-safe", "0", "-i", about(str(listed))),
            *("-map", "0:v:0", "-c", "copy", "-bsf:v", clock, "-video_track_timescale", str(ticks(rate))),
            about(str(into)),
        ]
    )
    await asyncio.to_thread(listed.unlink)
    if ended.code != 0:
        raise failure(ended)


def failure(ended: Ended) -> MatineeError:
    """Why parts could not be joined."""
    if ended.disk_full:
        return OutOfSpace("There was no room on the disk to join the film's parts.")
    return MatineeError(f"The film's parts could not be joined: {ended.last_words}")


def _linked(part: Path, into: Path) -> None:
    """The same file under another name; a copy where that is on another disk."""
    try:
        into.hardlink_to(part)
    except OSError:
        shutil.copyfile(part, into)


def entry(part: Path, seconds: Fraction) -> str:
    """A file's place in a list of files to be joined, where it lasts so long."""
    name = str(part).replace("'", r"'\''")
    return f"file 'file:{name}'\nduration {float(seconds):.6f}\n"
