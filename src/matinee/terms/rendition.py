from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from matinee.terms.language import UNDETERMINED, Language


class Track(StrEnum):
    VIDEO = "video"
    AUDIO = "audio"
    TEXT = "text"


class Role(StrEnum):
    """What a track is for, beside its language. Sound: main, description (what is seen is told), commentary. Text: main, caption
    (for who cannot hear), forced (only what is not spoken in the film's language)."""

    MAIN = "main"
    DESCRIPTION = "description"
    COMMENTARY = "commentary"
    CAPTION = "caption"
    FORCED = "forced"


class Rendition(Struct, frozen=True):
    """One playable form of one track of an encode, cut into segments.

    `folder` is relative to the encode's root. Video and audio hold `init.mp4` and `00001.m4s`, `00002.m4s`, …; text holds
    one whole file `captions.vtt` and the same cut as `00001.vtt`, …. `codecs` is the RFC 6381 string; `bandwidth_bps` the
    peak over a segment, `average_bps` over the whole. Width, height and `frame_rate` ("24000/1001" or "24") are video's,
    `channels` and `sample_rate` audio's. `segments` is how many there are.
    """

    id: str
    track: Track
    folder: str
    codecs: str
    bandwidth_bps: int
    average_bps: int
    language: Language = UNDETERMINED
    label: str = ""
    width: int = 0
    height: int = 0
    frame_rate: str = ""
    channels: int = 0
    sample_rate: int = 0
    segments: int = 0
    role: Role = Role.MAIN
