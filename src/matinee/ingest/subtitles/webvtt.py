"""WebVTT, read and written: whole and cut into segments. https://www.w3.org/TR/webvtt1/"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

from matinee.ingest import timecode
from matinee.ingest.subtitles.cue import Cue
from matinee.ingest.subtitles.markup import marked, placed, runs_of
from matinee.ingest.subtitles.srt import TIMES, milliseconds

MARK = "WEBVTT"
_SETTING = re.compile(r"(?:align|line|position|size|vertical):[A-Za-z0-9%.,-]{1,40}\Z")


def read(text: str) -> Iterator[Cue]:
    """The cues that have words, in the file's order. What else a file may hold is passed over: comments, styles, regions."""
    times: re.Match[str] | None = None
    lines: list[str] = []
    for line in [*text.split("\n"), ""]:
        found = TIMES.match(line)
        if found is None and line.strip():
            lines.append(line)
            continue
        yield from _cue(times, lines)
        times, lines = found, []


def _cue(times: re.Match[str] | None, lines: list[str]) -> Iterator[Cue]:
    source = "\n".join(lines)
    words = marked(runs_of(source)) if times else ""
    if times and words:
        known = [word for word in times[11].split()[:10] if _SETTING.match(word)]
        start, end = milliseconds(*times.groups()[:5]), milliseconds(*times.groups()[5:10])
        yield Cue(start, end, words, " ".join(known) or placed(source))


def written(cues: Sequence[Cue]) -> str:
    """The cues as a WebVTT file."""
    return _file([_block(cue) for cue in cues])


def cut(cues: Sequence[Cue], bounds_ms: Sequence[int]) -> list[str]:
    """WebVTT segments between each two bounds; a cue stands in every segment that it is shown in (RFC 8216, section 3.5)."""
    segments: list[list[str]] = [[] for _ in pairwise(bounds_ms)]
    for cue in cues:
        block = _block(cue)
        first = max(0, bisect_right(bounds_ms, cue.start_ms) - 1)
        for number in range(first, len(segments)):
            if cue.end_ms <= bounds_ms[number]:
                break
            segments[number].append(block)
    return [_file(blocks) for blocks in segments]


def _file(blocks: list[str]) -> str:
    """With an empty line at the end: some players read the next segment as a continuation."""
    return "\n".join([f"{MARK}\n", *blocks, ""])


def _block(cue: Cue) -> str:
    after = f" {cue.settings}" if cue.settings else ""
    return f"{timecode.webvtt(cue.start_ms)} --> {timecode.webvtt(cue.end_ms)}{after}\n{cue.text}\n"
