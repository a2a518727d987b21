"""How films are encoded: the settings of `[encode]`. A preparation keeps those that it began with, on every machine."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


class Encoding(Struct, frozen=True, forbid_unknown_fields=True):
    """`loudness_lufs` is what every sound track is brought to (EBU R 128, programme loudness). `av1` makes each rung in AV1
    too. A film is cut into chunks of about `chunk_s` seconds, which are encoded beside one another."""

    loudness_lufs: Annotated[float, Meta(ge=-40, le=-5)] = -24.0
    av1: bool = False
    chunk_s: Annotated[float, Meta(ge=10, le=3600)] = 48.0
