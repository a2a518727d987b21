"""Text tracks inside a film, as cues: all of them in one reading of the file, each in the form that keeps most of its style."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from msgspec.structs import replace

from matinee.ingest.limits import LARGEST_SUBTITLE
from matinee.ingest.source import Text
from matinee.ingest.subtitles.captions import Captions, spoken
from matinee.ingest.subtitles.cue import Cue
from matinee.ingest.subtitles.naming import role_of
from matinee.ingest.subtitles.sidecar import parse
from matinee.ingest.toolchain import GUARDS, Toolchain, about
from matinee.runtime.errors import Invalid
from matinee.services.jobs.programs import Programs
from matinee.terms.rendition import Role

_AS_THEY_ARE = {"subrip": "srt", "srt": "srt", "ass": "ass", "ssa": "ass", "webvtt": "webvtt", "ttml": "data"}
_TTML_END = re.compile(rb"</(?:[\w.-]{1,40}:)?tt\s{0,20}>")

CODECS = frozenset(_AS_THEY_ARE) | {"mov_text", "text"}
"""The codecs of text tracks that can be read, by ffmpeg's names."""


async def embedded(
    programs: Programs, tools: Toolchain, path: Path, tracks: Sequence[Text], folder: Path, start_ms: int = 0
) -> tuple[list[Captions], list[str]]:
    """What the film's text tracks say, and a sentence about each that cannot be read: a film does without. `start_ms` is the
    file's first time (`Source.start_ms`). Writes into `folder`, which is the caller's to delete."""
    if not tracks:
        return [], []
    files = [folder / f"text-{track.index}" for track in tracks]
    ended = await programs.run(_command(tools, path, list(zip(tracks, files, strict=True))))
    if ended.code != 0:  # one that cannot be read takes the others with it
        for track, file in zip(tracks, files, strict=True):
            await programs.run(_command(tools, path, [(track, file)]))
    found: list[Captions] = []
    said: list[str] = []
    for track, file in zip(tracks, files, strict=True):
        captions = await asyncio.to_thread(_captions, track, file, start_ms)
        if captions.cues:
            found.append(captions)
        else:
            said.append(f"{spoken(captions)}: the film's track {track.index} holds no text that could be read.")
    return found, said


def _command(tools: Toolchain, path: Path, outputs: Sequence[tuple[Text, Path]]) -> list[str]:
    return [
        *(tools.ffmpeg, "-v", "error", "-nostdin", "-y", *GUARDS, "-i", about(str(path))),
        *(word for track, file in outputs for word in _output(track, file)),
    ]


def _output(track: Text, file: Path) -> list[str]:
    copied = _AS_THEY_ARE.get(track.codec)
    codec = ["-c:s", "copy", "-f", copied] if copied else ["-c:s", "ass", "-f", "ass"]
    return ["-map", f"0:{track.index}", *codec, "-fs", str(LARGEST_SUBTITLE), about(str(file))]


def _captions(track: Text, file: Path, start_ms: int) -> Captions:
    role = track.role if track.role is not Role.MAIN else role_of(track.label)
    cues = _cues(track, file)
    if track.codec == "ttml":  # its times stand inside, where ffmpeg does not take the file's first time off
        cues = [replace(cue, start_ms=cue.start_ms - start_ms, end_ms=cue.end_ms - start_ms) for cue in cues]
    return Captions(track.language, track.label, cues, role)


def _cues(track: Text, file: Path) -> list[Cue]:
    try:
        data = file.read_bytes()[:LARGEST_SUBTITLE]
    except FileNotFoundError:
        return []
    cues: list[Cue] = []
    for document in _documents(data) if track.codec == "ttml" else [data]:
        try:
            cues += parse(document, "", track.language)
        except Invalid:
            continue
    return sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms))


def _documents(data: bytes) -> list[bytes]:
    """TTML comes as one document after the other, each with the times of the whole film (ISO/IEC 14496-30, section 5)."""
    ends = [0, *(found.end() for found in _TTML_END.finditer(data))]
    return [data[start:end] for start, end in pairwise(ends)]
