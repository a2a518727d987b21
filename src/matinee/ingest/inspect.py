"""Looks at a file before work goes into it: what it holds, or one sentence for the person who sent it."""

from __future__ import annotations

import asyncio
import math
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import msgspec

from matinee.ingest import languages
from matinee.ingest.source import Audio, Source, Text, Video
from matinee.ingest.toolchain import GUARDS, Toolchain, about
from matinee.runtime.errors import Invalid
from matinee.services.jobs.programs import Programs

_RATES = [Fraction(n, 1001) for n in (24000, 30000, 60000)] + [Fraction(n) for n in (24, 25, 30, 50, 60)]
_FASTEST = Fraction(60)
_USUAL = Fraction(25)
_SMALLEST_SIDE = 16
_SHORTEST_MS = 200
_TOLERANCE_S, _TOLERANCE = 1.0, 0.02
_TEXT = {"subrip", "webvtt", "mov_text", "ass", "ssa", "text"}
_MOST_TRACKS = 8

EMPTY = "The file is empty."
UNREADABLE = "This is not a video file that can be read."
NO_VIDEO = "The file holds no video."
AUDIO_ONLY = "The file holds only sound, no video."
TRUNCATED = "The file is cut off: it ends before the film does. Send it again whole."
TOO_SHORT = "The video is too short to be shown."
TOO_SMALL = "The picture is too small to be shown."


async def inspect(programs: Programs, tools: Toolchain, path: Path) -> Source:
    """What the file holds. Raises Invalid with one sentence for the person when it cannot be prepared."""
    size = path.stat().st_size  # noqa: ASYNC240 - one look at a local file
    if size == 0:
        raise Invalid(EMPTY)
    found = await _probe(programs, tools, path)
    streams = cast("list[dict[str, Any]]", found.get("streams", []))
    shown = next((stream for stream in streams if _is_film(stream)), None)
    sounds = [stream for stream in streams if stream.get("codec_type") == "audio"]
    if shown is None:
        raise Invalid(AUDIO_ONLY if sounds else NO_VIDEO)
    sounds = [stream for stream in sounds if stream.get("channels")][:_MOST_TRACKS]
    reach = await _reach(programs, tools, path)
    picture = reach.end(int(shown["index"]))
    whole = max(picture, reach.furthest([int(stream["index"]) for stream in sounds]))
    _check_length(_number(found.get("format", {}).get("duration")) or 0.0, picture, whole)
    return Source(
        duration_ms=round(whole * 1000),
        size=size,
        container=str(found.get("format", {}).get("format_name", "")),
        video=_video(shown, picture),
        audio=[_audio(stream) for stream in sounds],
        text=[_text(stream) for stream in streams if stream.get("codec_name") in _TEXT][:_MOST_TRACKS],
    )


def _check_length(promised: float, picture: float, whole: float) -> None:
    if promised - whole > max(_TOLERANCE_S, promised * _TOLERANCE):
        raise Invalid(TRUNCATED)
    if picture * 1000 < _SHORTEST_MS:
        raise Invalid(TOO_SHORT)


async def _probe(programs: Programs, tools: Toolchain, path: Path) -> dict[str, Any]:
    command = [tools.ffprobe, "-v", "error", *GUARDS, "-show_format", "-show_streams", "-of", "json", about(str(path))]
    ended = await programs.run(command)
    if ended.code != 0:
        cut = "moov atom not found" in ended.errors and await asyncio.to_thread(_begins_as_mp4, path)
        raise Invalid(TRUNCATED if cut else UNREADABLE)
    try:
        return msgspec.json.decode(ended.output, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(UNREADABLE) from error


def _begins_as_mp4(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8)[4:] == b"ftyp"


class _Reach:
    """How far each stream's packets really reach, in seconds from the first; a header may promise more than the file holds."""

    def __init__(self) -> None:
        self._first = math.inf  # below zero lies what an encoder puts before the first sound
        self._ends: dict[int, float] = {}

    def on_line(self, line: str) -> None:
        """Takes `stream,pts,duration` in seconds, with N/A where the file says nothing."""
        index, at, lasting, *_ = [*line.split(","), "", "", ""]
        start = _number(at)
        if not index.isdigit() or start is None:
            return
        self._first = min(self._first, start)
        stream, end = int(index), start + (_number(lasting) or 0.0)
        self._ends[stream] = max(self._ends.get(stream, end), end)

    def end(self, stream: int) -> float:
        return self._ends[stream] - max(0.0, self._first) if stream in self._ends else 0.0

    def furthest(self, streams: list[int]) -> float:
        return max((self.end(stream) for stream in streams), default=0.0)


async def _reach(programs: Programs, tools: Toolchain, path: Path) -> _Reach:
    reach = _Reach()
    packets = ("-show_entries", "packet=stream_index,pts_time,duration_time", "-of", "csv=p=0")
    await programs.run([tools.ffprobe, "-v", "error", *GUARDS, *packets, about(str(path))], on_line=reach.on_line)
    return reach


def _is_film(stream: dict[str, Any]) -> bool:
    cover = stream.get("disposition", {}).get("attached_pic", 0)
    return stream.get("codec_type") == "video" and not cover and bool(stream.get("codec_name"))


def _video(stream: dict[str, Any], seconds: float) -> Video:
    rotation = _rotation(stream)
    width, height = int(stream.get("width") or 0), int(stream.get("height") or 0)
    aspect = _ratio(stream.get("sample_aspect_ratio"), Fraction(1))
    wide = round(width * aspect) if aspect >= 1 else width
    high = height if aspect >= 1 else round(height / aspect)
    if rotation % 180 == 90:
        wide, high = high, wide
    if min(wide, high) < _SMALLEST_SIDE:
        raise Invalid(TOO_SMALL)
    return Video(
        index=int(stream["index"]),
        codec=str(stream["codec_name"]),
        width=wide,
        height=high,
        frame_rate=str(frame_rate(stream.get("avg_frame_rate"), stream.get("r_frame_rate"))),
        duration_ms=round(seconds * 1000),
        pixel_format=str(stream.get("pix_fmt", "")),
        rotation=rotation,
        pixel_aspect=f"{aspect.numerator}:{aspect.denominator}",
        transfer=str(stream.get("color_transfer", "")),
        interlaced=stream.get("field_order", "progressive") in {"tt", "bb", "tb", "bt"},
    )


def frame_rate(average: str | None, base: str | None) -> Fraction:
    """The constant rate to encode at: the source's average, as the standard rate it is near to, at most 60 a second."""
    rate = _ratio(average, Fraction(0)) or _ratio(base, Fraction(0)) or _USUAL
    while rate > _FASTEST * Fraction(1001, 1000):
        rate /= 2
    if rate < 1:
        return _USUAL
    near = min(_RATES, key=lambda standard: abs(standard - rate))
    return near if abs(near - rate) / near < Fraction(1, 2000) else rate.limit_denominator(1001)


def _audio(stream: dict[str, Any]) -> Audio:
    language, label = _tags(stream)
    rate = str(stream.get("sample_rate", ""))
    return Audio(
        index=int(stream["index"]),
        codec=str(stream.get("codec_name", "")),
        channels=int(stream["channels"]),
        sample_rate=int(rate) if rate.isdigit() else 0,
        language=language,
        label=label,
    )


def _text(stream: dict[str, Any]) -> Text:
    language, label = _tags(stream)
    return Text(int(stream["index"]), str(stream["codec_name"]), language, label)


def _tags(stream: dict[str, Any]) -> tuple[str, str]:
    tags = {str(key).lower(): str(value) for key, value in stream.get("tags", {}).items()}
    return languages.tag(tags.get("language")), " ".join(tags.get("title", "").split())[:100]


def _rotation(stream: dict[str, Any]) -> int:
    turned = next((side["rotation"] for side in stream.get("side_data_list", []) if "rotation" in side), 0)
    return round(float(turned)) % 360


def _ratio(text: str | None, otherwise: Fraction) -> Fraction:
    try:
        found = Fraction((text or "").replace(":", "/"))
    except (ValueError, ZeroDivisionError):
        return otherwise
    return found if found > 0 else otherwise


def _number(text: Any) -> float | None:
    try:
        found = float(text)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None
