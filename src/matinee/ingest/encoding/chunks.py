"""Which parts of a film are encoded beside one another: whole segments, so that the joined film is cut as if it were one."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from msgspec import Struct

from matinee.ingest.encoding.ladder import SEGMENT_GOPS, frames_a_gop
from matinee.ingest.source import Source

_FOUND_EXACTLY = frozenset({"mov", "mp4", "m4a", "matroska", "webm"})
"""Containers with an index. In others a seek may land behind its goal, and the chunk would begin with the wrong picture."""


class Chunk(Struct, frozen=True):
    """`count` frames of the film from frame `first` on, at the rate we encode at."""

    number: int
    first: int
    count: int

    def starts_s(self, rate: Fraction) -> Fraction:
        return self.first / rate

    def lasts_s(self, rate: Fraction) -> Fraction:
        return self.count / rate


def frames(source: Source) -> int:
    """Whole frames in the film, at least one."""
    return max(1, int(Fraction(source.duration_ms, 1000) * source.video.rate))


def chunks(source: Source, about_s: float) -> list[Chunk]:
    """The film in nearly equal chunks of about `about_s` seconds; one where it is short, or cannot be entered in the middle:
    of a telecined film every fifth frame is dropped, counted from its start."""
    whole = frames(source)
    segment = SEGMENT_GOPS * frames_a_gop(source.video.rate)
    segments = -(-whole // segment)
    parts = 1
    if source.seekable and not source.video.telecined and _FOUND_EXACTLY & set(source.container.split(",")):
        parts = max(1, min(segments, round(whole / source.video.rate / Fraction(about_s))))
    bounds = [segments * place // parts * segment for place in range(parts)] + [whole]
    return [Chunk(n, start, end - start) for n, (start, end) in enumerate(pairwise(bounds))]
