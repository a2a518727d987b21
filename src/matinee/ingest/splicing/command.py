"""The one command that joins a film's parts."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from matinee.ingest.encoding import mends
from matinee.ingest.encoding.encode import SAMPLE_RATE
from matinee.ingest.encoding.join import entry
from matinee.ingest.encoding.ladder import frames_a_gop
from matinee.ingest.source import Audio
from matinee.ingest.splicing.parts import Part
from matinee.ingest.toolchain import CONTAINERS, GUARDS, READ_ONLY_FILES, Toolchain, about
from matinee.terms.rendition import Role

_SURROUND = 6
_SAME_SHAPE = Fraction(1, 100)
_DISPOSITIONS = {Role.DESCRIPTION: "visual_impaired", Role.COMMENTARY: "comment"}
_SOUND_BLOCK = SAMPLE_RATE // 10
"""Samples in a packet: a tenth of a second, which Matroska's clock of milliseconds counts exactly."""

_LIST, _CHAPTERS = "parts.txt", "chapters.txt"


class Splice:
    """Joins `parts`, of which each begins with the frame of the film that `starts` says, at `rate`; the last of `starts` is how
    many there are. `sounds` are the tracks as they stand in each part."""

    def __init__(
        self, parts: Sequence[Part], starts: Sequence[int], rate: Fraction, sounds: Sequence[Sequence[Audio]]
    ) -> None:
        self._parts = parts
        self._starts = starts
        self._rate = rate
        self._sounds = sounds

    @property
    def size(self) -> tuple[int, int]:
        """The largest part's, which the others are fitted into where pictures must be made alike."""
        largest = max((part.source.video for part in self._parts), key=lambda video: video.width * video.height)
        return largest.width // 2 * 2, largest.height // 2 * 2

    def expected_bytes(self, *, copied: bool) -> int:
        """What the joined film takes, about."""
        seconds = self._starts[-1] / self._rate
        sound = sum(_channels(track) for track in self._sounds) * SAMPLE_RATE * 4 * seconds
        width, height = self.size
        picture = width * height * self._starts[-1] // 16
        return int(sound) + (sum(part.source.size for part in self._parts) if copied else picture)

    def copying(self, tools: Toolchain, folder: Path, chapters: str) -> list[str]:
        """Pictures as they are coded, sound decoded: pieces of it cannot be joined without a gap. Writes its lists into `folder`.

        A part whose first picture stands behind the frame that is due is moved to it, and its sound as far. Times are taken as the
        files have them: else ffmpeg counts each input's from those of its streams that the command uses."""
        lates = [Fraction(str(part.source.video.late_ms)) / 1000 for part in self._parts]
        lasting = [(end - start) / self._rate for start, end in pairwise(self._starts)]
        seconds = [length + late - later for length, late, later in zip(lasting, lates, [*lates[1:], 0], strict=True)]
        entries = [entry(part.path, length) for part, length in zip(self._parts, seconds, strict=True)]
        (folder / _LIST).write_text("".join(entries))
        listed = ("-f", "concat", "-safe", "0", "-auto_convert", "0", "-itsoffset", f"{-float(lates[0]):.6f}")
        guards = (*READ_ONLY_FILES, "-format_whitelist", f"{CONTAINERS},concat")
        graph = self._sound_graph(by_start=True)
        return [
            *(tools.ffmpeg, *_QUIETLY, "-copyts", *self._inputs()),
            *(*guards, *listed, "-i", about(str(folder / _LIST))),
            *self._chapters(folder, chapters, len(self._parts) + 1),
            *(("-filter_complex", ";".join(graph)) if graph else ()),
            *("-map", f"{len(self._parts)}:{self._parts[0].source.video.index}", "-c:v", "copy"),
            *self._sound_outputs(),
        ]

    def conforming(self, tools: Toolchain, folder: Path, chapters: str) -> list[str]:
        """Pictures mended as for an encode and brought to one size and rate, with hardly a loss."""
        wide = any(mends.needs_wide(part.source) for part in self._parts)
        graph = [*self._picture_graph(), *self._sound_graph()]
        return [
            *(tools.wide_ffmpeg if wide else tools.ffmpeg, *_QUIETLY, *self._inputs()),
            *self._chapters(folder, chapters, len(self._parts)),
            *("-filter_complex", ";".join(graph), "-map", "[v]"),
            *("-c:v", "libx264", "-preset", "veryfast", "-crf", "12", "-g", str(frames_a_gop(self._rate))),
            *self._sound_outputs(),
        ]

    def _inputs(self) -> list[str]:
        return [word for part in self._parts for word in (*GUARDS, "-i", about(str(part.path)))]

    def _chapters(self, folder: Path, chapters: str, place: int) -> list[str]:
        (folder / _CHAPTERS).write_text(chapters)
        listed = ("-f", "ffmetadata", "-i", about(str(folder / _CHAPTERS)))
        return [*listed, "-map_metadata:g", "-1", "-map_metadata:s", "-1", "-map_chapters", str(place)]

    def _picture_graph(self) -> list[str]:
        steps = [self._picture(place, part) for place, part in enumerate(self._parts)]
        return [*steps, "".join(f"[v{place}]" for place in range(len(steps))) + f"concat=n={len(steps)}[v]"]

    def _picture(self, place: int, part: Part) -> str:
        frames = self._starts[place + 1] - self._starts[place]
        width, height = self.size
        inside = _fitted(part.source.video.width, part.source.video.height, width, height)
        filters = [
            *mends.picture(part.source),
            f"fps={self._rate}:start_time=0",
            f"tpad=stop_mode=clone:stop_duration={float(frames / self._rate) + 1:.3f}",
            f"trim=end_frame={frames}",
            f"scale={inside[0]}:{inside[1]}:flags=bicubic,setsar=1,pad={width}:{height}:-1:-1,format=yuv420p",
        ]
        return f"[{place}:{part.source.video.index}]{','.join(filters)}[v{place}]"

    def _sound_graph(self, *, by_start: bool = False) -> list[str]:
        """`by_start`: the times are those of the files, and the first of each is to be taken off."""
        found: list[str] = []
        for number, track in enumerate(self._sounds):
            found += [
                self._sound(place, number, track, self._parts[place].start_s if by_start else 0.0)
                for place in range(len(track))
            ]
            names = "".join(f"[a{number}.{place}]" for place in range(len(track)))
            found.append(f"{names}concat=n={len(track)}:v=0:a=1,asetnsamples={_SOUND_BLOCK}:p=0[a{number}]")
        return found

    def _sound(self, place: int, number: int, track: Sequence[Audio], start_s: float) -> str:
        """A part of a track, exactly as long as the part's pictures."""
        audio = track[place]
        start, end = (round(frame * SAMPLE_RATE / self._rate) for frame in self._starts[place : place + 2])
        late = (f"atrim=start={audio.late_ms / 1000:.6f}", "asetpts=PTS-STARTPTS") if audio.late_ms else ()
        filters = [
            *([f"asetpts=PTS-{start_s:.6f}/TB"] if start_s else []),
            "aresample=async=1000:first_pts=0",
            *late,
            f"aformat=sample_fmts=fltp:channel_layouts={_LAYOUTS[_channels(track)]}:sample_rates={SAMPLE_RATE}",
            f"apad=whole_len={end - start},atrim=end_sample={end - start}",
        ]
        return f"[{place}:{audio.index}]{','.join(filters)}[a{number}.{place}]"

    def _sound_outputs(self) -> list[str]:
        found: list[str] = []
        for number, track in enumerate(self._sounds):
            first = track[0]
            language = next((one.language for one in track if one.language != "und"), first.language)
            kinds = [_DISPOSITIONS[first.role]] if first.role in _DISPOSITIONS else []
            found += ["-map", f"[a{number}]", f"-metadata:s:a:{number}", f"language={language}"]
            found += [f"-metadata:s:a:{number}", f"title={first.label}"]
            found += [f"-disposition:a:{number}", "+".join([*kinds, *(["default"] if number == 0 else [])]) or "0"]
        return [*found, "-c:a", "pcm_f32le", "-f", "matroska"]


_QUIETLY = ("-v", "error", "-nostdin", "-y", "-progress", "pipe:1")
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


def _channels(track: Sequence[Audio]) -> int:
    """Of a track in all parts: what the fullest part needs, of the forms that are encoded."""
    most = max(audio.channels for audio in track)
    return _SURROUND if most >= _SURROUND else min(most, 2)


def _fitted(width: int, height: int, across: int, down: int) -> tuple[int, int]:
    """A picture inside a box; one of nearly the same shape fills it."""
    if abs(Fraction(width * down, height * across) - 1) <= _SAME_SHAPE:
        return across, down
    scale = min(Fraction(across, width), Fraction(down, height))
    return max(2, int(width * scale) // 2 * 2), max(2, int(height * scale) // 2 * 2)
