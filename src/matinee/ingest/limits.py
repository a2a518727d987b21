"""How much may come in: the settings of `[studio]`, and what a subtitle file beside a film may be."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

SUBTITLE_SUFFIXES = frozenset({".srt", ".vtt"})
LARGEST_SUBTITLE = 16 << 20
_GIB = 1 << 30


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """`max_upload_gib` bounds one file that is sent; `spare_gib` of the disk are never taken by uploads and encodes."""

    max_upload_gib: Annotated[float, Meta(gt=0, le=900_000)] = 512
    spare_gib: Annotated[float, Meta(ge=0, le=900_000)] = 0.25

    @property
    def largest(self) -> int:
        """Bytes."""
        return int(self.max_upload_gib * _GIB)

    @property
    def spare(self) -> int:
        """Bytes."""
        return int(self.spare_gib * _GIB)
