"""Hears every sound track once: its loudness, its highest peak, where it is silent."""

from __future__ import annotations

import math
import re
from pathlib import Path

from msgspec import Struct, structs

from matinee.ingest.encoding.mends import FOLD
from matinee.ingest.inspection.stretches import Stretch
from matinee.ingest.source import Audio
from matinee.ingest.toolchain import GUARDS, about
from matinee.services.jobs.programs import Programs

_DAMAGE = re.compile(r"\[aist#\d+:(\d+)/.*Error submitting packet")
_APART_S = 1_000_000
"""Each measurement's times stand this far from the last one's: all are printed into one pipe, and this tells them apart."""
_GATE_LUFS = -70.0
_QUIET = "-60dB"
_LINE = re.compile(
    r"(frame:\d+ .*pts_time:|lavfi\.silence_start=|lavfi\.silence_end=|lavfi\.r128\.I=|lavfi\.r128\.true_peak=)(\S+)"
)


class Heard(Struct, frozen=True):
    """A track with what was measured, and its silent stretches of a second and more. `damaged`: not all of it could be decoded."""

    audio: Audio
    silences: list[Stretch]
    damaged: bool = False


class _Meter:
    """One measurement: what it last said is so of all."""

    def __init__(self) -> None:
        self.loudness: float | None = None
        self.peak: float | None = None
        self.silences: list[Stretch] = []
        self.since: int | None = None

    @property
    def lufs(self) -> float | None:
        """Loudness, unless all is below the gate."""
        return self.loudness if self.loudness is not None and self.loudness > _GATE_LUFS else None

    @property
    def peak_db(self) -> float | None:
        return round(20 * math.log10(self.peak), 2) if self.peak and self.lufs is not None else None


class _Meters:
    """Sorts the lines of all measurements."""

    def __init__(self, count: int) -> None:
        self.all = [_Meter() for _ in range(count)]
        self._now = self.all[0]

    def on_line(self, line: str) -> None:
        found = _LINE.match(line)
        if found is None:
            return
        key, value = found[1], float(found[2])
        if key == "lavfi.r128.I=":
            self._now.loudness = round(value, 2)
        elif key == "lavfi.r128.true_peak=":
            self._now.peak = value
        else:
            self._now, at = self._at(value)
            self._silence(key, at)

    def _at(self, seconds: float) -> tuple[_Meter, int]:
        place = min(len(self.all) - 1, max(0, int((seconds + _APART_S / 2) // _APART_S)))
        return self.all[place], max(0, round((seconds - place * _APART_S) * 1000))

    def _silence(self, key: str, at: int) -> None:
        if key == "lavfi.silence_start=":
            self._now.since = at
        elif key == "lavfi.silence_end=" and self._now.since is not None:
            self._now.silences.append((self._now.since, at))
            self._now.since = None


async def hear(programs: Programs, ffmpeg: str, path: Path, tracks: list[Audio], length_ms: int) -> list[Heard | None]:
    """In one reading of the file; None for a track that cannot be decoded."""
    if not tracks:
        return []
    found = await _hear(programs, ffmpeg, path, tracks, length_ms)
    if found is not None:
        return list(found)
    if len(tracks) == 1:
        return [None]
    one_by_one = [await _hear(programs, ffmpeg, path, [track], length_ms) for track in tracks]
    return [heard[0] if heard else None for heard in one_by_one]


async def _hear(programs: Programs, ffmpeg: str, path: Path, tracks: list[Audio], length_ms: int) -> list[Heard] | None:
    wanted = [(track, folded) for track in tracks for folded in ([False, True] if track.channels > 2 else [False])]
    meters = _Meters(len(wanted))
    chains = [_chain(place, track.index, folded=folded) for place, (track, folded) in enumerate(wanted)]
    outputs = [word for place in range(len(chains)) for word in ("-map", f"[m{place}]")]
    command = [
        *(ffmpeg, "-v", "error", "-nostdin", *GUARDS, "-vn", "-sn", "-dn", "-i", about(str(path))),
        *("-filter_complex", ";".join(chains), *outputs, "-f", "null", "-"),
    ]
    ended = await programs.run(command, on_line=meters.on_line)
    if ended.code != 0:
        return None
    damaged = {int(index) for index in _DAMAGE.findall(ended.errors)}
    measured = dict(zip([(track.index, folded) for track, folded in wanted], meters.all, strict=True))
    return [
        structs.replace(
            _heard(track, measured[track.index, False], measured.get((track.index, True)), length_ms),
            damaged=track.index in damaged,
        )
        for track in tracks
    ]


def _chain(place: int, index: int, *, folded: bool) -> str:
    """A second of silence at the end lets the last whole value out; below the gate it counts for nothing."""
    silences = [
        f"silencedetect=n={_QUIET}:d=1",
        *(f"ametadata=print:key=lavfi.silence_{edge}:file=-:direct=1" for edge in ("start", "end")),
    ]
    values = [f"ametadata=print:key=lavfi.r128.{value}:file=-:direct=1" for value in ("I", "true_peak")]
    steps = [
        f"asetpts=PTS+{place * _APART_S}/TB",
        *([FOLD] if folded else silences),
        *("apad=pad_dur=1.2", "ebur128=metadata=1:peak=true:framelog=quiet", "aselect='not(mod(n,10))'", *values),
    ]
    return f"[0:{index}]{','.join(steps)}[m{place}]"


def _heard(track: Audio, alone: _Meter, folded: _Meter | None, length_ms: int) -> Heard:
    last = [(alone.since, length_ms)] if alone.since is not None and alone.since < length_ms else []
    audio = structs.replace(
        track,
        loudness_lufs=alone.lufs,
        true_peak_db=alone.peak_db,
        stereo_lufs=folded.lufs if folded else None,
        stereo_peak_db=folded.peak_db if folded else None,
    )
    return Heard(audio, [*alone.silences, *last])
