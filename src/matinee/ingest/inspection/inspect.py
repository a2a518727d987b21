"""Looks at a file before work goes into it: what it holds, or one sentence for the person who sent it.

One probe, one reading of all packets, one of all sound, and a dozen looks at the picture: a small part of what encoding costs.
"""

from __future__ import annotations

import asyncio
import math
import re
from fractions import Fraction
from functools import partial
from pathlib import Path

from msgspec import structs

from matinee.ingest.encoding import mends
from matinee.ingest.inspection import looks, packets, picture, remarks, sound, tracks, wholeness
from matinee.ingest.inspection.looks import Look
from matinee.ingest.inspection.numbers import whole
from matinee.ingest.inspection.packets import Packets
from matinee.ingest.inspection.probe import TRUNCATED, UNREADABLE, Entry, Probe, probe
from matinee.ingest.inspection.stretches import longest
from matinee.ingest.inspection.weave import FILM_SHARE, Weave, weave
from matinee.ingest.source import Audio, Source, Video
from matinee.ingest.timecode import clock
from matinee.ingest.toolchain import Toolchain
from matinee.runtime.errors import Invalid
from matinee.services.jobs.programs import Programs
from matinee.terms.finding import Finding

__all__ = ["TRUNCATED", "UNREADABLE", "inspect"]

_CLOSER = 3
"""So many times the places are looked at before frames of a film are dropped."""

_SMALLEST_SIDE = 16
_SHORTEST_MS = 200
_TOLERANCE_S, _TOLERANCE = 1.0, 0.02
_FILLING_S = 0.1
_MOST_OF_IT = 0.9
_UNTIMED = {"h264", "hevc", "m4v", "mpegvideo", "av1", "obu", "yuv4mpegpipe", "mpegts", "mpeg"}
"""Forms whose header promises no length; what ffprobe tells is a guess."""
_UNSEEKABLE = {"h264", "hevc", "m4v", "mpegvideo", "av1", "obu"}
"""Bare pictures, without times or an index."""
_DEPTH = re.compile(r"p(\d{2})(?:le|be)$|^(?:p|y)\d(\d{2})(?:le|be)$")

EMPTY = "The file is empty."
NO_VIDEO = "The file holds no video."
AUDIO_ONLY = "The file holds only sound, no video."
TOO_SHORT = "The video is too short to be shown."
TOO_SMALL = "The picture is too small to be shown."
UNDECODABLE = "The film's picture cannot be decoded."
DAMAGED = "The file is damaged: what comes after {} cannot be read. Send it again."
CHANGED = "The file changed while it was read. Send it again when it is finished."


async def inspect(programs: Programs, tools: Toolchain, path: Path) -> Source:
    """What the file holds. Raises Invalid with one sentence for the person when it cannot be prepared."""
    before = await asyncio.to_thread(_state, path)
    if before[0] == 0:
        raise Invalid(EMPTY)
    try:
        found = await _Inspection(programs, tools, path).source(before[0])
    except Invalid:
        _check_same(path, before)
        raise
    _check_same(path, before)
    return found


def _reach(picture_s: float, sounds_s: list[float]) -> float:
    """How long the film is: as its picture, unless a sound goes on for more than what its encoder filled up."""
    longest = max(sounds_s, default=0.0)
    return longest if longest - picture_s > _FILLING_S else picture_s


def _ms(seconds: float) -> int:
    """Rounded up, so that a film of whole frames still holds its last one."""
    return math.ceil(round(seconds * 1000, 2))


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _check_same(path: Path, before: tuple[int, int]) -> None:
    try:
        same = _state(path) == before
    except FileNotFoundError:
        same = False
    if not same:
        raise Invalid(CHANGED)


class _Inspection:
    """One file's."""

    def __init__(self, programs: Programs, tools: Toolchain, path: Path) -> None:
        self._programs = programs
        self._tools = tools
        self._path = path

    async def source(self, size: int) -> Source:
        found = await probe(self._programs, self._tools, self._path)
        films, sounds, texts = picture.films(found.streams), tracks.sounds(found), tracks.texts(found)
        if not films:
            raise Invalid(AUDIO_ONLY if sounds else NO_VIDEO)
        kept = sounds[: tracks.MOST]
        read = await packets.scan(
            self._programs, self._tools, self._path, int(films[0]["index"]), found.start_s, found.container
        )
        rate = picture.frame_rate(films[0].get("avg_frame_rate"), films[0].get("r_frame_rate"))
        reach = _reach(read.picture_end(rate), [read.end(track.index) for track in kept])
        said = await self._claims(found, read, reach, size)
        seekable = not read.jumps and not set(found.container.split(",")) & _UNSEEKABLE
        video, seen = await self._video(films[0], read, rate, seekable=seekable)
        length = _ms(reach - video.late_ms / 1000)
        audio, heard = await self._sound(kept, length)
        dropped = max(0, len(sounds) - len(kept)) + max(0, len(texts) - tracks.MOST)
        return Source(
            duration_ms=length,
            size=size,
            container=found.container,
            video=video,
            audio=[structs.replace(track, late_ms=video.late_ms) for track in audio],
            text=texts[: tracks.MOST],
            start_ms=round(found.start_s * 1000),
            seekable=seekable,
            chapters=tracks.chapters(found, length),
            findings=[
                *said,
                *seen,
                *remarks.of_pictures(films),
                *heard,
                *_beside(found, films[0], read, kept, dropped),
            ],
        )

    async def _claims(self, found: Probe, read: Packets, reach: float, size: int) -> list[Finding]:
        """Whether the film is as long as its header says. Raises Invalid when the rest of it is missing."""
        if reach * 1000 < _SHORTEST_MS:
            raise Invalid(TOO_SHORT)
        short = found.promised_s - reach - max(0.0, found.start_s)  # Matroska counts from zero, wherever it starts
        if found.container in _UNTIMED or short <= found.promised_s * _TOLERANCE:
            return []
        cut = await asyncio.to_thread(wholeness.is_cut, self._path)
        if cut or (cut is None and short > _TOLERANCE_S):
            raise Invalid(TRUNCATED)
        if read.bytes_read < _MOST_OF_IT * size:
            raise Invalid(DAMAGED.format(clock(round(reach * 1000))))
        return remarks.of_file(found.promised_s, reach) if short > _TOLERANCE_S else []

    async def _sound(self, kept: list[Audio], length_ms: int) -> tuple[list[Audio], list[Finding]]:
        """The tracks that can be decoded, measured."""
        heard = await sound.hear(self._programs, self._tools.ffmpeg, self._path, kept, length_ms)
        good = [one for one in heard if one is not None]
        lost = [track for track, one in zip(kept, heard, strict=True) if one is None]
        return [one.audio for one in good], remarks.of_sound(good, lost, length_ms)

    async def _video(
        self, film: Entry, read: Packets, rate: Fraction, *, seekable: bool
    ) -> tuple[Video, list[Finding]]:
        """The picture as it will be encoded, and what is to be said of it. Raises Invalid when none can be."""
        video = _described(film, read, rate)
        ffmpeg = self._tools.wide_ffmpeg if mends.needs_wide(Source(0, 0, "", video)) else self._tools.ffmpeg
        claimed = picture.claims_halves(film)
        combed = picture.may_be_woven(video.height, rate, claimed=claimed)
        look = partial(
            looks.looks, self._programs, ffmpeg, self._path, video, read.count, seekable=seekable, combed=combed
        )
        seen = await look()
        if not any(one.frames for one in seen):
            raise Invalid(UNDECODABLE)
        steady = seekable and not video.variable_rate
        woven = weave([one.combs for one in seen], video.rate, claimed=claimed, steady=steady)
        if woven.telecined:
            closer = await look(places=_CLOSER * looks.PLACES)
            woven = weave([one.combs for one in closer], video.rate, claimed=claimed, steady=steady)
        aspect, absurd = picture.pixel_aspect(film)
        video = _looked_at(video, aspect, seen, woven)
        if video.high_range:
            peak = await looks.peak_nits(self._programs, self._tools, self._path, video.index)
            video = structs.replace(video, peak_nits=peak or video.peak_nits)
        if read.told_late:
            shown = await looks.first_shown_s(self._programs, self._tools, self._path, video.index)
            video = structs.replace(video, delay_ms=round(read.delay(video.index, shown) * 1000, 3))
        said = remarks.of_picture(video, read.mean_rate(), absurd_aspect=absurd)
        faults = [
            *remarks.of_looks(seen),
            *remarks.of_holes(read.holes()),
            *remarks.of_corrupt(longest(read.corrupt(), 0)),
        ]
        return video, [*faults, *said]


def _described(film: Entry, read: Packets, claimed: Fraction) -> Video:
    """By what the file says; its size is that of the picture upright, as stored."""
    turned = picture.rotation(film)
    width, height = picture.upright(whole(film.get("width")), whole(film.get("height")), turned)
    if min(width, height) < _SMALLEST_SIDE:
        raise Invalid(TOO_SMALL if film.get("pix_fmt") else UNDECODABLE)
    uneven = read.uneven()
    rate = (
        picture.steady_rate(claimed, read.gap()) if uneven else picture.even_rate(claimed, read.mean_rate(), read.gap())
    )
    late = read.late(int(film["index"]), rate)
    pixels = str(film.get("pix_fmt", ""))
    return Video(
        index=int(film["index"]),
        codec=str(film.get("codec_name", "")),
        width=width,
        height=height,
        frame_rate=str(rate),
        duration_ms=_ms(read.picture_end(claimed) - late),
        pixel_format=pixels,
        rotation=turned,
        transfer=str(film.get("color_transfer", "")),
        primaries=str(film.get("color_primaries", "")),
        space=str(film.get("color_space", "")),
        full_range=film.get("color_range") == "pc" or pixels.startswith("yuvj"),
        bit_depth=_depth(pixels),
        variable_rate=uneven,
        late_ms=round(late * 1000, 3),
    )


def _depth(pixels: str) -> int:
    found = _DEPTH.search(pixels)
    return int(next(filter(None, found.groups()))) if found else 8


def _looked_at(video: Video, aspect: Fraction, seen: list[Look], woven: Weave) -> Video:
    """With its borders off, its pixels square and its halves put together."""
    crop = picture.borders(seen, video.width, video.height)
    inside = (crop.width, crop.height) if crop else (video.width, video.height)
    upright = aspect if picture.upright(0, 1, video.rotation) == (0, 1) else 1 / aspect
    width, height = picture.shown(*inside, upright)
    return structs.replace(
        video,
        width=width,
        height=height,
        pixel_aspect=f"{aspect.numerator}:{aspect.denominator}",
        interlaced=woven.upper_first is not None,
        bottom_first=woven.upper_first is False,
        telecined=woven.telecined,
        frame_rate=str(video.rate * FILM_SHARE) if woven.telecined else video.frame_rate,
        crop=crop,
    )


def _beside(found: Probe, film: Entry, read: Packets, kept: list[Audio], dropped: int) -> list[Finding]:
    """Of what goes with the picture, and when it begins."""
    unread = [str(stream.get("codec_name", "unknown")) for stream in tracks.unread(found)]
    begins = [read.begin(track.index) for track in kept]
    return [
        *remarks.of_offset(read.begin(int(film["index"])), begins),
        *remarks.of_tracks(dropped, len(tracks.drawn(found)), unread),
    ]
