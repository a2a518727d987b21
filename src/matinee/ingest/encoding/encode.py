"""Encodes a film: one decode for all rungs of a chunk, in closed aligned groups of pictures, and its sound as AAC."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

from msgspec import Struct

from matinee.ingest.encoding import mends
from matinee.ingest.encoding.chunks import Chunk, frames
from matinee.ingest.encoding.ladder import Codec, Rung, frames_a_gop
from matinee.ingest.source import Audio, Source
from matinee.ingest.toolchain import GUARDS, Toolchain, about
from matinee.runtime.errors import Invalid, MatineeError, OutOfSpace
from matinee.services.jobs.programs import Ended, Programs

SAMPLE_RATE = 48000
_LEAST_TICKS = 10_000
_SURROUND = 6
_LEVEL_1B_BLOCKS = 99
_RESTARTING = {"mpegts", "mpeg", "ogg", "live_flv"}
"""Forms whose clock may start again within a file."""


async def picture(  # noqa: PLR0913, PLR0917 - what is encoded, with what, of what, into what
    programs: Programs,
    tools: Toolchain,
    path: Path,
    source: Source,
    rungs: Sequence[Rung],
    chunk: Chunk,
    into: Path,
    progress: Callable[[float], None],
    threads: int = 0,
) -> None:
    """Writes `{rung}.mp4`, the chunk's frames, for each rung into the folder `into`. `threads` 0: as many as there are cores.

    Raises Invalid where the film's data cannot be decoded, OutOfSpace when the disk is full.
    """
    command = picture_command(tools, path, source, rungs, chunk, into, threads)
    await _run(programs, command, chunk.lasts_s(source.video.rate), progress)
    _check(into, [rung.name for rung in rungs])


async def sound(
    programs: Programs,
    tools: Toolchain,
    path: Path,
    source: Source,
    loudness_lufs: float,
    into: Path,
    progress: Callable[[float], None],
) -> None:
    """Writes every sound track, whole: pieces of AAC cannot be joined without a gap. Raises as `picture`."""
    if source.audio:
        command = sound_command(tools, path, source, loudness_lufs, into)
        await _run(programs, command, frames(source) / source.video.rate, progress)
        _check(into, [form.name for form in sounds(source)])


class Sound(Struct, frozen=True):
    """A form of the sound track that stands at `place` of the source."""

    name: str
    place: int
    channels: int

    @property
    def surround(self) -> bool:
        return self.channels >= _SURROUND


def sounds(source: Source) -> list[Sound]:
    """Every form of every sound track, in the order of the source."""
    return [
        Sound(f"a{place}" if count < _SURROUND else f"a{place}-{count}ch", place, count)
        for place, audio in enumerate(source.audio)
        for count in channels(audio)
    ]


def ticks(rate: Fraction) -> int:
    """The time scale of an encoded picture: a whole number of ticks a frame."""
    return rate.numerator * max(1, -(-_LEAST_TICKS // rate.numerator))


def picture_command(
    tools: Toolchain, path: Path, source: Source, rungs: Sequence[Rung], chunk: Chunk, into: Path, threads: int
) -> list[str]:
    """The one command that encodes these rungs of a chunk."""
    wide = mends.needs_wide(source)
    few = ("-threads", str(threads), "-filter_complex_threads", str(threads)) if threads else ()
    return [
        *_reading(tools.wide_ffmpeg if wide else tools.ffmpeg),
        *few,
        *_from(chunk, source),
        *("-i", about(str(path)), "-filter_complex", ";".join(_graph(source, rungs, chunk))),
        *(word for rung in rungs for word in _rung(rung, source, chunk, into, threads)),
        *_all_read(source),
    ]


def sound_command(tools: Toolchain, path: Path, source: Source, loudness_lufs: float, into: Path) -> list[str]:
    """The one command that encodes every sound track."""
    return [
        *(*_reading(tools.ffmpeg), "-i", about(str(path))),
        *(word for form in sounds(source) for word in _sound(form, source, loudness_lufs, into)),
        *_all_read(source),
    ]


def _reading(ffmpeg: str) -> tuple[str, ...]:
    return (ffmpeg, "-v", "error", "-nostdin", "-y", "-progress", "pipe:1", *GUARDS)


def _all_read(source: Source) -> tuple[str, ...]:
    """Where a clock may start again, ffmpeg counts from the first time of the streams that a command uses: the picture's and
    the sound's have to use the same."""
    if source.container not in _RESTARTING:
        return ()
    return ("-map", "0:v?", "-map", "0:a?", "-c", "copy", "-f", "null", "-")


def _from(chunk: Chunk, source: Source) -> tuple[str, ...]:
    """From the key frame before the chunk: what is before its first frame decides what stands there while nothing moves."""
    if chunk.first == 0:
        return ()
    return ("-noaccurate_seek", "-ss", f"{float(chunk.starts_s(source.video.rate)):.6f}")


def _graph(source: Source, rungs: Sequence[Rung], chunk: Chunk) -> list[str]:
    """Frames before the chunk have negative times, and `fps` begins at zero; a picture that ends before its sound stands still."""
    video = source.video
    steps = [
        *mends.picture(source),
        f"fps={video.frame_rate}:start_time=0",
        f"tpad=stop_mode=clone:stop_duration={float(chunk.lasts_s(video.rate)) + 1:.3f}",
        f"format=yuv420p,split={len(rungs)}" + "".join(f"[s{rung.name}]" for rung in rungs),
    ]
    scales = [f"[s{rung.name}]scale={rung.width}:{rung.height}:flags=bicubic,setsar=1[{rung.name}]" for rung in rungs]
    return [f"[0:{video.index}]" + ",".join(steps), *scales]


def _rung(rung: Rung, source: Source, chunk: Chunk, into: Path, threads: int) -> list[str]:
    rate = source.video.rate
    gop = str(frames_a_gop(rate))
    return [
        *("-map", f"[{rung.name}]", "-map_metadata", "-1", "-map_chapters", "-1", "-frames:v", str(chunk.count)),
        *(_av1(threads) if rung.codec is Codec.AV1 else _h264(rung, threads)),
        *("-maxrate", f"{rung.kbps}k", "-bufsize", f"{2 * rung.kbps}k", "-g", gop, "-pix_fmt", "yuv420p"),
        *("-video_track_timescale", str(ticks(rate)), about(str(into / f"{rung.name}.mp4"))),
    ]


def _h264(rung: Rung, threads: int) -> list[str]:
    """Of a tiny picture x264 would say level 1b, which Shaka and dash.js in Chromium refuse (H.264, annex A, table A-1)."""
    tiny = -(-rung.width // 16) * -(-rung.height // 16) <= _LEVEL_1B_BLOCKS
    return [
        *(
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-profile:v",
            "high",
            "-crf",
            "23",
            *(("-level", "2") if tiny else ()),
        ),
        *("-sc_threshold", "0", "-bf", "3", "-x264-params", "open-gop=0:keyint-min=1:scenecut=0"),
        *(("-threads", str(threads)) if threads else ()),
    ]


def _av1(threads: int) -> list[str]:
    """Costs about what H.264 costs at `veryfast`, for a third less of its bits at the same quality."""
    return ["-c:v", "libsvtav1", "-preset", "10", "-crf", "35", "-svtav1-params", f"lp={threads or 2}"]


def _sound(form: Sound, source: Source, loudness_lufs: float, into: Path) -> list[str]:
    audio, length = source.audio[form.place], _length(source)
    mended = mends.sound(audio, loudness_lufs, form.channels)
    filters = ["aresample=async=1000:first_pts=0", *mended, f"apad=whole_dur={length}"]
    return [
        *("-map", f"0:{audio.index}", "-map_metadata", "-1", "-map_chapters", "-1", "-t", length),
        *("-af", ",".join(filters), "-c:a", "aac", "-b:a", f"{kbps(form.channels)}k"),
        *("-ac", str(form.channels), "-ar", str(SAMPLE_RATE), about(str(into / f"{form.name}.mp4"))),
    ]


def channels(audio: Audio) -> list[int]:
    """Everything comes in stereo, surround beside it as 5.1."""
    return [2, 6] if audio.channels >= _SURROUND else [2]


def kbps(channels: int) -> int:
    """The rate of a sound track with so many channels."""
    return 64 * channels


def _length(source: Source) -> str:
    """Seconds that every sound lasts, so that it has the picture's segments: whole frames, less a quarter of one against
    rounding."""
    return f"{float((frames(source) - Fraction(1, 4)) / source.video.rate):.6f}"


async def _run(programs: Programs, command: list[str], seconds: Fraction, progress: Callable[[float], None]) -> None:
    length = max(1, int(seconds * 1_000_000))

    def on_line(line: str) -> None:
        key, _, value = line.partition("=")
        if key == "out_time_us" and value.isdigit():
            progress(min(1.0, int(value) / length))

    ended = await programs.run(command, on_line=on_line)
    if ended.code != 0:
        raise _failure(ended)


def _check(into: Path, names: list[str]) -> None:
    missing = [name for name in names if not (into / f"{name}.mp4").is_file()]
    if missing:
        raise MatineeError(f"The encoder wrote no {', '.join(missing)}.")


def _failure(ended: Ended) -> MatineeError:
    errors = ended.errors
    if ended.disk_full:
        return OutOfSpace("There was no room on the disk to encode the film.")
    if "Invalid data found" in errors or "Error while decoding" in errors or "Decode error" in errors:
        return Invalid("The film's data is damaged and cannot be decoded.")
    return MatineeError(f"The encoder stopped: {ended.last_words}")
