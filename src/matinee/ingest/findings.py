"""What was noticed about a film, said to its editor."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Kind(StrEnum):
    """Of the file, of its picture, of its sound, of its text."""

    CLAIM = "claim"
    DAMAGE = "damage"
    EXTRA_PICTURE = "extra-picture"

    INTERLACED = "interlaced"
    HIGH_RANGE = "high-range"
    COLOUR = "colour"
    DEPTH = "depth"
    BORDERS = "borders"
    TURNED = "turned"
    PIXEL_ASPECT = "pixel-aspect"
    RATE = "rate"
    VARIABLE_RATE = "variable-rate"
    BLACK = "black"
    FROZEN = "frozen"

    NO_SOUND = "no-sound"
    EXTRA_SOUND = "extra-sound"
    LOUDNESS = "loudness"
    SILENT = "silent"
    SILENCE = "silence"
    OFFSET = "offset"

    TEXT = "text"
    PICTURE_TEXT = "picture-text"


class Finding(Struct, frozen=True):
    """`message` is one sentence. `mended`: what comes out is right, and nobody need do anything. `at` are the places, from
    and to in milliseconds of the film; none where it is about the whole."""

    kind: Kind
    message: str
    mended: bool
    at: list[tuple[int, int]] = []
