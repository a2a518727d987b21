"""SubRip: a number, times, lines of text, an empty line. Nobody ever wrote it down, so it is read with patience."""

from __future__ import annotations

import re
from collections.abc import Iterator

from matinee.ingest.subtitles.cue import Cue
from matinee.ingest.subtitles.markup import marked, placed, runs_of

_STAMP = r"(-?)(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})\d{0,6}"
TIMES = re.compile(rf"\s{{0,20}}{_STAMP}\s{{0,20}}-->\s{{0,20}}{_STAMP}(?!\d)([^\n]*)")


def read(text: str) -> Iterator[Cue]:
    """The cues that have words, in the file's order."""
    times: re.Match[str] | None = None
    lines: list[str] = []
    for line in text.split("\n"):
        found = TIMES.match(line)
        if found is None:
            lines.append(line)
            continue
        yield from _cue(times, _without_number(lines))
        times, lines = found, []
    yield from _cue(times, lines)


def _without_number(lines: list[str]) -> list[str]:
    """Without the next cue's number, which stands right before its times."""
    return lines[:-1] if lines and lines[-1].strip().isdigit() else lines


def _cue(times: re.Match[str] | None, lines: list[str]) -> Iterator[Cue]:
    source = "\n".join(lines)
    words = marked(runs_of(source)) if times else ""
    if times and words:
        yield Cue(milliseconds(*times.groups()[:5]), milliseconds(*times.groups()[5:10]), words, placed(source))


def milliseconds(sign: str, hours: str | None, minutes: str, seconds: str, part: str) -> int:
    """The moment of a stamp."""
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return (-1 if sign else 1) * (whole * 1000 + int(part.ljust(3, "0")))
