from __future__ import annotations

from enum import IntEnum


class Maturity(IntEnum):
    """The least age a title is for, in years; a profile's limit is the highest class it may see."""

    ALL = 0
    SEVEN = 7
    TEN = 10
    THIRTEEN = 13
    SIXTEEN = 16
    EIGHTEEN = 18


HIGHEST = Maturity.EIGHTEEN
