"""What a file says of itself."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import msgspec
from msgspec import Struct

from matinee.ingest.inspection.numbers import number
from matinee.ingest.toolchain import GUARDS, Toolchain, about
from matinee.runtime.errors import Invalid
from matinee.services.jobs.programs import Programs
from matinee.terms.line import one_line

UNREADABLE = "This is not a video file that can be read."
TRUNCATED = "The file is cut off: it ends before the film does. Send it again whole."

Entry = dict[str, Any]
"""A stream or a chapter, as ffprobe describes it."""


class Probe(Struct, frozen=True):
    streams: list[Entry]
    chapters: list[Entry]
    container: str
    start_s: float
    promised_s: float
    """How long the header says that the film is; zero where it does not."""

    def named(self, index: int) -> Entry:
        """The stream of this index."""
        return next(stream for stream in self.streams if int(stream["index"]) == index)


async def probe(programs: Programs, tools: Toolchain, path: Path) -> Probe:
    """Raises Invalid when the file is no film that can be read."""
    shown = ("-show_format", "-show_streams", "-show_chapters", "-show_data_hash", "sha256", "-of", "json")
    ended = await programs.run([tools.ffprobe, "-v", "error", *GUARDS, *shown, about(str(path))])
    if ended.code != 0:
        cut = "moov atom not found" in ended.errors and await asyncio.to_thread(_begins_as_mp4, path)
        raise Invalid(TRUNCATED if cut else UNREADABLE)
    try:
        found = msgspec.json.decode(ended.output.decode(errors="replace"), type=Entry)
    except msgspec.DecodeError as error:
        raise Invalid(UNREADABLE) from error
    form = cast("Entry", found.get("format", {}))
    return Probe(
        streams=[stream for stream in found.get("streams", []) if "index" in stream],
        chapters=found.get("chapters", []),
        container=str(form.get("format_name", "")),
        start_s=number(form.get("start_time")) or 0.0,
        promised_s=number(form.get("duration")) or 0.0,
    )


def flagged(entry: Entry, *names: str) -> bool:
    """Whether the stream has one of these dispositions."""
    return any(entry.get("disposition", {}).get(name) for name in names)


def tags(entry: Entry) -> dict[str, str]:
    """By name in small letters."""
    return {str(key).lower(): str(value) for key, value in entry.get("tags", {}).items()}


def title(entry: Entry) -> str:
    """On one line."""
    return one_line(tags(entry).get("title", ""))[:100].strip()


def _begins_as_mp4(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8)[4:] == b"ftyp"
