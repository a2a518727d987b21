"""What may come in, and from where: the settings of `[studio]`, and what a file beside a film may be."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

SUBTITLE_SUFFIXES = frozenset({".srt", ".vtt", ".ass", ".ssa", ".ttml", ".dfxp", ".itt"})
LARGEST_SUBTITLE = 16 << 20
LARGEST_POSTER = 64 << 20
_GIB = 1 << 30


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """`max_upload_gib` bounds one file that is sent; `spare_gib` of the disk are never taken by uploads and encodes. One
    account has at most `max_unfinished` films on their way, of `max_unfinished_gib` together. Of the folders in `watch` new
    films are taken, once nothing of them has changed over `watch_looks` looks, which are `watch_every_s` apart."""

    max_upload_gib: Annotated[float, Meta(gt=0, le=900_000)] = 512
    spare_gib: Annotated[float, Meta(ge=0, le=900_000)] = 0.25
    max_unfinished: Annotated[int, Meta(ge=1, le=100_000)] = 200
    max_unfinished_gib: Annotated[float, Meta(gt=0, le=900_000)] = 2048
    watch: list[Annotated[str, Meta(pattern=r"^/")]] = []
    watch_every_s: Annotated[float, Meta(gt=0, le=86_400)] = 5
    watch_looks: Annotated[int, Meta(ge=1, le=1000)] = 3

    @property
    def largest(self) -> int:
        """Bytes."""
        return int(self.max_upload_gib * _GIB)

    @property
    def spare(self) -> int:
        """Bytes."""
        return int(self.spare_gib * _GIB)

    @property
    def largest_unfinished(self) -> int:
        """Bytes."""
        return int(self.max_unfinished_gib * _GIB)
