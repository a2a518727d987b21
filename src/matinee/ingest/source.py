"""What a film file holds, as far as its preparation needs to know."""

from __future__ import annotations

from fractions import Fraction

from msgspec import Struct

from matinee.terms.language import UNDETERMINED, Language


class Video(Struct, frozen=True):
    """`width` and `height` are as shown: rotated, with square pixels. `frame_rate` is the rate we encode at, "24000/1001"."""

    index: int
    codec: str
    width: int
    height: int
    frame_rate: str
    duration_ms: int
    pixel_format: str = ""
    rotation: int = 0
    pixel_aspect: str = "1:1"
    transfer: str = ""
    interlaced: bool = False

    @property
    def high_range(self) -> bool:
        """PQ or HLG: brighter than a screen shows without a tone map."""
        return self.transfer in {"smpte2084", "arib-std-b67"}

    @property
    def rate(self) -> Fraction:
        return Fraction(self.frame_rate)


class Audio(Struct, frozen=True):
    index: int
    codec: str
    channels: int
    sample_rate: int
    language: Language = UNDETERMINED
    label: str = ""


class Text(Struct, frozen=True):
    index: int
    codec: str
    language: Language = UNDETERMINED
    label: str = ""


class Source(Struct, frozen=True):
    """A film that can be prepared. `duration_ms` is how far its packets reach, not what its header promises."""

    duration_ms: int
    size: int
    container: str
    video: Video
    audio: list[Audio] = []
    text: list[Text] = []
