"""Numbers as ffprobe writes them: text, "N/A", "0/0", or nothing."""

from __future__ import annotations

import math
from fractions import Fraction


def number(text: object) -> float | None:
    """A finite number, or None."""
    try:
        found = float(text)  # type: ignore[arg-type]  # what is no number at all is caught
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def whole(text: object) -> int:
    """A whole number; zero where there is none."""
    return int(number(text) or 0)


def ratio(text: object, otherwise: Fraction) -> Fraction:
    """What "30000/1001" or "4:3" says, where that is above zero."""
    try:
        found = Fraction(str(text or "").replace(":", "/"))
    except (ValueError, ZeroDivisionError):
        return otherwise
    return found if found > 0 else otherwise
