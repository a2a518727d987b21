"""What was noticed about a film, said to its editor."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class FindingKind(StrEnum):
    """Of the file, of its picture, of its sound, of its text, of what stands for it."""

    CLAIM = "claim"
    DAMAGE = "damage"
    EXTRA_PICTURE = "extra-picture"

    INTERLACED = "interlaced"
    TELECINED = "telecined"
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

    ARTWORK = "artwork"


class Span(Struct, frozen=True):
    start_ms: int
    end_ms: int


class Finding(Struct, frozen=True):
    """`message` is one sentence. `mended`: what comes out is right, and nobody need do anything. `at` are the places in the
    film; none where it is about the whole."""

    kind: FindingKind
    message: str
    mended: bool
    at: list[Span] = []
