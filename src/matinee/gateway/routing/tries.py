from __future__ import annotations

from msgspec import Struct


class Tries(Struct, frozen=True):
    """How often a request is sent to servers at most, and the seconds that each try and all of them may take until an answer
    begins."""

    most: int = 3
    each_s: float = 60.0
    all_s: float = 60.0


TRIES = Tries()
