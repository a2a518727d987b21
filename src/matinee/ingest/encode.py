"""Encodes a film: one decode, every rung as H.264 with closed aligned groups of pictures, every sound track as AAC."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from matinee.ingest.ladder import Rung, frames_a_gop, ladder
from matinee.ingest.source import Audio, Source
from matinee.ingest.toolchain import GUARDS, Toolchain, about
from matinee.runtime.errors import Invalid, MatineeError, OutOfSpace
from matinee.services.jobs.programs import Ended, Programs

_WIDE_CODECS = {"av1"}
_TONE_MAP = "zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv"
SAMPLE_RATE = 48000
AUDIO_KBPS = 128


async def encode(
    programs: Programs, tools: Toolchain, path: Path, source: Source, into: Path, progress: Callable[[float], None]
) -> None:
    """Writes `{rung}.mp4` for each rung and `{track}.mp4` for each sound track into the folder `into`.

    Raises Invalid where the film's data cannot be decoded, OutOfSpace when the disk is full.
    """
    command = command_for(tools, path, source, into)
    length = source.duration_ms * 1000

    def on_line(line: str) -> None:
        key, _, value = line.partition("=")
        if key == "out_time_us" and value.isdigit():
            progress(min(1.0, int(value) / length))

    ended = await programs.run(command, on_line=on_line)
    if ended.code != 0:
        raise _failure(ended)
    missing = [name for name in outputs(source) if not (into / name).is_file()]
    if missing:
        raise MatineeError(f"The encoder wrote no {', '.join(missing)}.")


def outputs(source: Source) -> list[str]:
    """The names of the files that encoding makes."""
    rungs = [f"{rung.name}.mp4" for rung in ladder(source.video.width, source.video.height)]
    return rungs + [f"{track(number)}.mp4" for number, _ in enumerate(source.audio)]


def track(number: int) -> str:
    """The name of the sound track that stands at this place of the source."""
    return f"a{number}"


def command_for(tools: Toolchain, path: Path, source: Source, into: Path) -> list[str]:
    """The one command that encodes it all."""
    rungs = ladder(source.video.width, source.video.height)
    wide = source.video.codec in _WIDE_CODECS or source.video.high_range
    return [
        *(tools.wide_ffmpeg if wide else tools.ffmpeg, "-v", "error", "-nostdin", "-y", "-progress", "pipe:1"),
        *(*GUARDS, "-i", about(str(path)), "-filter_complex", ";".join(_graph(source, rungs))),
        *(word for rung in rungs for word in _video(rung, source, into)),
        *(word for number, audio in enumerate(source.audio) for word in _audio(number, audio, source, into)),
    ]


def _graph(source: Source, rungs: list[Rung]) -> list[str]:
    video = source.video
    short = Fraction(source.duration_ms - video.duration_ms, 1000)
    steps = [
        *(["bwdif=mode=send_frame:deint=interlaced"] if video.interlaced else []),
        f"fps={video.frame_rate}:start_time=0",
        *([f"tpad=stop_mode=clone:stop_duration={float(short) + 1:.3f}"] if short > 0 else []),
        *([_TONE_MAP] if video.high_range else []),
        f"format=yuv420p,split={len(rungs)}" + "".join(f"[s{rung.name}]" for rung in rungs),
    ]
    scales = [f"[s{rung.name}]scale={rung.width}:{rung.height}:flags=bicubic,setsar=1[{rung.name}]" for rung in rungs]
    return [f"[0:{video.index}]" + ",".join(steps), *scales]


def _video(rung: Rung, source: Source, into: Path) -> list[str]:
    gop = str(frames_a_gop(source.video.rate))
    return [
        *("-map", f"[{rung.name}]", "-map_metadata", "-1", "-map_chapters", "-1", "-t", _length(source)),
        *("-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-pix_fmt", "yuv420p"),
        *("-crf", "23", "-maxrate", f"{rung.kbps}k", "-bufsize", f"{2 * rung.kbps}k"),
        *("-g", gop, "-keyint_min", gop, "-sc_threshold", "0", "-bf", "3", "-x264-params", "open-gop=0"),
        about(str(into / f"{rung.name}.mp4")),
    ]


def _audio(number: int, audio: Audio, source: Source, into: Path) -> list[str]:
    return [
        *("-map", f"0:{audio.index}", "-map_metadata", "-1", "-map_chapters", "-1", "-t", _length(source)),
        *("-af", f"aresample=async=1000:first_pts=0,apad=whole_dur={_length(source)}"),
        *("-c:a", "aac", "-b:a", f"{AUDIO_KBPS}k", "-ac", "2", "-ar", str(SAMPLE_RATE)),
        about(str(into / f"{track(number)}.mp4")),
    ]


def frames(source: Source) -> int:
    """Whole frames in the film, at least one."""
    return max(1, int(Fraction(source.duration_ms, 1000) * source.video.rate))


def _length(source: Source) -> str:
    """Seconds that every track lasts, so that all have the same segments: whole frames, and half of one against rounding."""
    return f"{float((frames(source) - Fraction(1, 4)) / source.video.rate):.6f}"


def _failure(ended: Ended) -> MatineeError:
    errors = ended.errors
    if "No space left on device" in errors:
        return OutOfSpace("There was no room on the disk to encode the film.")
    if "Invalid data found" in errors or "Error while decoding" in errors or "Decode error" in errors:
        return Invalid("The film's data is damaged and cannot be decoded.")
    return MatineeError(f"The encoder stopped: {ended.last_words}")
