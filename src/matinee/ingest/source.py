"""What a film file holds, as far as its preparation needs to know."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from msgspec import Struct

from matinee.terms.encode import Chapter
from matinee.terms.finding import Finding
from matinee.terms.language import UNDETERMINED, Language
from matinee.terms.rendition import Role


class Crop(NamedTuple):
    """The part of a picture that is not border, in pixels of the picture as it is decoded, turned upright."""

    x: int
    y: int
    width: int
    height: int


class Video(Struct, frozen=True):
    """`width` and `height` are as shown: rotated, without borders, with square pixels. `frame_rate` is the constant rate we
    encode at, "24000/1001". `transfer`, `primaries` and `space` are ffmpeg's names, empty where the film does not say.
    `peak_nits` is the brightest that a high-range film claims to be. `late_ms`, less than a frame, is how far its frames stand
    behind those of a film that begins at zero; sound is moved as far as they are (`Audio.late_ms`). `delay_ms` is how far a decoder
    gives them out behind their time, where the file does not say when each is shown; sound is not. A `telecined` film is
    `interlaced` in some of its frames, and has more of them than pictures; its `frame_rate` is that of the pictures."""

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
    bottom_first: bool = False
    primaries: str = ""
    space: str = ""
    full_range: bool = False
    bit_depth: int = 8
    variable_rate: bool = False
    crop: Crop | None = None
    peak_nits: int = 1000
    late_ms: float = 0.0
    delay_ms: float = 0.0
    telecined: bool = False

    @property
    def high_range(self) -> bool:
        """PQ or HLG: brighter than a screen shows without a tone map."""
        return self.transfer in {"smpte2084", "arib-std-b67"}

    @property
    def rate(self) -> Fraction:
        return Fraction(self.frame_rate)


class Audio(Struct, frozen=True):
    """`loudness_lufs` is the programme's (EBU R 128), `true_peak_db` its highest peak; None of a silent track, and where they
    could not be measured. `stereo_…` are those of the track folded to two channels, where it has more."""

    index: int
    codec: str
    channels: int
    sample_rate: int
    language: Language = UNDETERMINED
    label: str = ""
    role: Role = Role.MAIN
    layout: str = ""
    loudness_lufs: float | None = None
    true_peak_db: float | None = None
    stereo_lufs: float | None = None
    stereo_peak_db: float | None = None
    late_ms: float = 0.0


class Text(Struct, frozen=True):
    index: int
    codec: str
    language: Language = UNDETERMINED
    label: str = ""
    role: Role = Role.MAIN


class Source(Struct, frozen=True):
    """A film that can be prepared. `duration_ms` is how far its packets reach, not what its header promises; it is counted
    from `start_ms`, the file's first time, which ffmpeg takes off too. Not `seekable`: it can be read only from its start on."""

    duration_ms: int
    size: int
    container: str
    video: Video
    audio: list[Audio] = []
    text: list[Text] = []
    start_ms: int = 0
    seekable: bool = True
    chapters: list[Chapter] = []
    findings: list[Finding] = []
