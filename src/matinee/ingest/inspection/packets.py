"""What a file's packets say: how far each stream really reaches, and how evenly its pictures follow each other."""

from __future__ import annotations

from array import array
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median

from matinee.ingest.inspection.numbers import number, whole
from matinee.ingest.inspection.stretches import Stretch
from matinee.ingest.toolchain import GUARDS, Toolchain, about
from matinee.services.jobs.programs import Programs

_JUMP_S = 10.0
_ROUNDING_S = 0.001
_JUMPY = {"mpegts", "mpeg"}
"""Forms whose clock may start again within a file; ffmpeg then goes on from where it was, and so do we."""
_HOLE_S = 1.0
_NEAR_MS, _CUT_S = 1000, 0.25
_UNEVEN_S, _UNEVEN, _UNEVEN_SHARE = 0.0025, 0.1, 0.01
_MOST_DELAY_S = 1.0
_FEW = 48
"""So many pictures tell where those of an even film stand; over more, what its rate is rounded by would add up."""


class Packets:
    """All of a file's packets, of which those of the stream `picture` are kept in mind one by one. Times in seconds."""

    def __init__(self, picture: int, start_s: float, container: str) -> None:
        self._picture = picture
        self._start = start_s
        self._jumpy = container in _JUMPY
        self._firsts: dict[int, float] = {}
        self._ends: dict[int, float] = {}
        self._latest: dict[int, float] = {}
        self._offsets: dict[int, float] = {}
        self._shown, self._decoded = array("d"), array("d")
        self._corrupt: list[tuple[int, float]] = []
        self._unplaced = 0
        self.told_late = False
        """Whether the file says of its first picture when it is decoded, but not when it is shown."""
        self._entered: float | None = None
        self.jumps = 0
        self.count = 0
        self.bytes_read = 0

    def on_line(self, line: str) -> None:
        """Takes `stream,pts,dts,duration,size,position,flags`, times in seconds, N/A where the file says nothing."""
        index, pts, dts, lasting, size, position, flags, *_ = [*line.split(","), *7 * ("",)]
        if not index.isdigit() or "D" in flags:  # D: an edit list hides it
            return
        self.bytes_read = max(self.bytes_read, whole(position) + whole(size))
        stream, decoded = int(index), number(dts)
        shown = number(pts)
        at = shown if shown is not None else decoded
        self.count += stream == self._picture
        if stream == self._picture and self.count == 1 and "K" in flags:
            self._entered = shown
        if at is None:
            self._unplaced += stream == self._picture
            return
        at += self._offset(stream, decoded if decoded is not None else at)
        self._firsts[stream] = min(self._firsts.get(stream, at), at)
        self._ends[stream] = max(self._ends.get(stream, at), at + (number(lasting) or 0.0))
        if "C" in flags:  # C: not all of its bytes are right
            self._corrupt.append((stream, at))
        if stream == self._picture:
            self.told_late |= self.count == 1 and shown is None
            self._keep(shown, decoded)

    def _offset(self, stream: int, at: float) -> float:
        before = self._latest.get(stream, at)
        self._latest[stream] = at
        if self._jumpy and abs(at - before) > _JUMP_S:
            self.jumps += 1
            self._offsets[stream] = self._offsets.get(stream, 0.0) - (at - before)
        return self._offsets.get(stream, 0.0)

    def _keep(self, shown: float | None, decoded: float | None) -> None:
        if shown is not None:
            self._shown.append(shown)
        if decoded is not None:
            self._decoded.append(decoded)

    def begin(self, stream: int) -> float:
        """When a stream begins, from the film's start on."""
        return max(0.0, self._firsts.get(stream, self._start) - self._start)

    def late(self, stream: int, rate: Fraction) -> float:
        """How far a stream's pictures stand behind the frames that are due; less than one frame."""
        behind = (self.begin(stream) + self._phase(float(1 / rate))) % float(1 / rate)
        return behind if _ROUNDING_S < behind < float(1 / rate) - _ROUNDING_S else 0.0

    def _phase(self, frame: float) -> float:
        """How far the pictures stand from where the first would have them: recorders make that one longer or shorter."""
        if self.uneven() or not (gap := self.gap()):
            return 0.0
        first, *more = sorted(self._times())[:_FEW]
        exact = frame / max(1, round(frame / gap))
        return median((at - first + exact / 2) % exact - exact / 2 for at in more)

    def delay(self, stream: int, shown_s: float | None) -> float:
        """How far behind its time a decoder gives out the first picture, which it says is shown at `shown_s`."""
        first = self._firsts.get(stream)
        return 0.0 if shown_s is None or first is None else min(max(0.0, shown_s - first), _MOST_DELAY_S)

    def end(self, stream: int) -> float:
        """When a stream ends, from the film's start on; zero where it has no packets."""
        return max(0.0, self._ends[stream] - self._start) if stream in self._ends else 0.0

    def picture_end(self, rate: Fraction) -> float:
        """When the last picture ends: it lasts a frame where the file does not say."""
        if self._unplaced == self.count:
            return float(self.count / rate)
        times = self._times()
        last = max(times) - self._start + self._offsets.get(self._picture, 0.0) if times else 0.0
        return max(self.end(self._picture), last + float(1 / rate))

    @property
    def copyable(self) -> bool:
        """Whether its pictures can stand behind another film's as they are: each says when it is shown, by one clock, and the
        first is a key picture before which none is shown."""
        placed = 0 < self.count == len(self._shown) and not self.jumps
        return placed and self._entered is not None and self._entered == min(self._shown)

    def times(self) -> list[float]:
        """When each picture is shown, from the film's start on, in their order."""
        return [at - self._start for at in sorted(self._shown)]

    def gap(self) -> float:
        """The usual time between two pictures; zero of a single one."""
        gaps = self._gaps()
        return median(gaps) if gaps else 0.0

    def mean_rate(self) -> Fraction:
        """Pictures a second from the first to the last; zero of a single one."""
        gaps = self._gaps()
        return Fraction(len(gaps)) / Fraction(sum(gaps)).limit_denominator(1_000_000) if gaps else Fraction(0)

    def uneven(self) -> bool:
        """Whether the pictures follow each other at different distances, beyond what rounded times make."""
        gaps, usual = self._gaps(), self.gap()
        allowed = max(_UNEVEN_S, usual * _UNEVEN)
        odd = sum(abs(gap - usual) > allowed for gap in gaps)
        return odd > max(1, len(gaps) * _UNEVEN_SHARE)

    def holes(self) -> list[Stretch]:
        """Where an even film has no pictures for a second and more."""
        if self.uneven():
            return []
        times, least = [at - self._start for at in sorted(self._times())], _HOLE_S + self.gap()
        return [(round(a * 1000), round(b * 1000)) for a, b in pairwise(times) if b - a > least]

    def corrupt(self) -> list[Stretch]:
        """Where packets of any stream are damaged, as far as the file's form tells. The last ones of a stream are only cut off."""
        found: list[Stretch] = []
        inside = [at - self._start for stream, at in self._corrupt if self._ends[stream] - at > _CUT_S]
        for at in sorted(round(max(0.0, each) * 1000) for each in inside):
            if found and at - found[-1][1] <= _NEAR_MS:
                found[-1] = (found[-1][0], at)
            else:
                found.append((at, at))
        return found

    def _times(self) -> array[float]:
        """Where each picture is shown; where the file gives that of some only, when each is decoded."""
        return self._shown if len(self._shown) >= len(self._decoded) else self._decoded

    def _gaps(self) -> list[float]:
        times = sorted(self._times())
        return [after - before for before, after in pairwise(times) if 0 < after - before < _JUMP_S]


async def scan(
    programs: Programs, tools: Toolchain, path: Path, picture: int, start_s: float, container: str
) -> Packets:
    """Reads the file once, and decodes nothing."""
    packets = Packets(picture, start_s, container)
    entries = ("-show_entries", "packet=stream_index,pts_time,dts_time,duration_time,size,pos,flags", "-of", "csv=p=0")
    await programs.run([tools.ffprobe, "-v", "error", *GUARDS, *entries, about(str(path))], on_line=packets.on_line)
    return packets
