"""Looks at the whole picture once it is small: where it is black, and where it stands still."""

from __future__ import annotations

import re
from pathlib import Path

from matinee.ingest.inspection.stretches import Stretch, covers, longest, places, spans, without
from matinee.ingest.source import Source
from matinee.ingest.toolchain import Toolchain, about
from matinee.runtime.errors import MatineeError
from matinee.services.jobs.programs import Programs
from matinee.terms.finding import Finding, FindingKind

_BLACK_MS, _FROZEN_MS = 2000, 8000
_LOOK = "blackdetect=d=0.5:pic_th=0.98:pix_th=0.1,freezedetect=n=-60dB:d=2,metadata=mode=print:file=-:direct=1"
_EDGE = re.compile(r"lavfi\.(black|freezedetect\.freeze)_(start|end)=([\d.]+)")


async def review(programs: Programs, tools: Toolchain, low: Path, source: Source) -> list[Finding]:
    """What an editor should see of the film's lowest rung: black stretches of 2 seconds, still ones of 8."""
    seen = _Edges()
    command = [tools.ffmpeg, "-v", "error", "-nostdin", "-i", about(str(low)), "-map", "0:v:0", "-vf", _LOOK]
    ended = await programs.run([*command, "-f", "null", "-"], on_line=seen.on_line)
    if ended.code != 0:
        raise MatineeError(f"The film could not be looked through: {ended.last_words}")
    black, still = (
        seen.stretches("black", source.duration_ms),
        seen.stretches("freezedetect.freeze", source.duration_ms),
    )
    frozen = longest(without(still, black), _FROZEN_MS)
    return [*_black(longest(black, _BLACK_MS), source), *_frozen(frozen, source)]


def _black(found: list[Stretch], source: Source) -> list[Finding]:
    if not found:
        return []
    whole = covers(found, source.duration_ms)
    said = "The whole film is black." if whole else f"The picture is black {places(found)}."
    return [Finding(FindingKind.BLACK, said, mended=False, at=spans(found))]


def _frozen(found: list[Stretch], source: Source) -> list[Finding]:
    if not found:
        return []
    whole = covers(found, source.duration_ms)
    said = "The whole film is one still picture." if whole else f"The picture stands still {places(found)}."
    return [Finding(FindingKind.FROZEN, said, mended=False, at=spans(found))]


class _Edges:
    """Where stretches begin and end, as the filters say it. A stretch that lasts to the end has none."""

    def __init__(self) -> None:
        self._open: dict[str, int] = {}
        self._found: dict[str, list[Stretch]] = {}

    def on_line(self, line: str) -> None:
        edge = _EDGE.match(line)
        if edge is None:
            return
        kind, at = edge[1], round(float(edge[3]) * 1000)
        if edge[2] == "start":
            self._open[kind] = at
        elif (start := self._open.pop(kind, None)) is not None:
            self._found.setdefault(kind, []).append((start, at))

    def stretches(self, kind: str, end_ms: int) -> list[Stretch]:
        last = [(self._open[kind], end_ms)] if kind in self._open else []
        return [*self._found.get(kind, []), *last]
