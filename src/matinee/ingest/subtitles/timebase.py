"""Times as TTML writes them: clocks, seconds, frames, ticks. https://www.w3.org/TR/ttml1/#timing-value-timeExpression"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from msgspec import Struct

_CLOCK = re.compile(r"(\d{1,4}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9})|:(\d{1,4})(?:\.\d{1,4})?)?\Z")
_OFFSET = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(h|m|s|ms|f|t)\Z")
_TWO_NUMBERS = re.compile(r"(\d{1,6})(?:px)?\s+(\d{1,6})(?:px)?\Z")
_UNIT = {"h": Fraction(3600), "m": Fraction(60), "s": Fraction(1), "ms": Fraction(1, 1000)}
_UNENDING_MS = 10_000


class Timebase(Struct, frozen=True):
    """How a document counts. `nominal` is the frame rate that its clocks count with, `rate` the frames that pass in a second.
    `drifts`: its clock counts frames at the nominal rate and so goes slower than time (SMPTE, no frames dropped)."""

    nominal: int = 30
    rate: Fraction = Fraction(30)
    ticks: int = 1
    drifts: bool = False
    cells: tuple[float, float] = (32.0, 15.0)
    extent: tuple[float, float] | None = None

    @staticmethod
    def of(about: Mapping[str, str]) -> Timebase:
        """From the attributes of the document's root, by their names without namespace."""
        nominal = _whole(about.get("frameRate")) or 30
        times = _two(about.get("frameRateMultiplier", "").replace(":", " "))
        rate = Fraction(nominal) * (Fraction(int(times[0]), int(times[1])) if times else 1)
        return Timebase(
            nominal=nominal,
            rate=rate,
            ticks=_whole(about.get("tickRate")) or (nominal if "frameRate" in about else 1),
            drifts=about.get("timeBase") == "smpte" and about.get("dropMode", "nonDrop") == "nonDrop",
            cells=_two(about.get("cellResolution", "")) or (32.0, 15.0),
            extent=_two(about.get("extent", "")),
        )

    def span(self, about: Mapping[str, str], reference: int, limit: int | None) -> tuple[int, int | None]:
        """From when to when an element lasts, in milliseconds; its times count from `reference`, and it lasts no longer than
        what it stands in. None: it does not say."""
        start = reference + (self.milliseconds(about.get("begin", "")) or 0)
        end, lasting = self.milliseconds(about.get("end", "")), self.milliseconds(about.get("dur", ""))
        ends = [
            *([] if end is None else [reference + end]),
            *([] if lasting is None else [start + lasting]),
            *([] if limit is None else [limit]),
        ]
        return start, min(ends, default=None)

    def unending(self, start: int) -> int:
        """When to take words away of which nobody says how long they stand."""
        return start + _UNENDING_MS

    def milliseconds(self, expression: str) -> int | None:
        """None where it is no time."""
        seconds = self._seconds(expression)
        return None if seconds is None else round(seconds * 1000)

    def _seconds(self, expression: str) -> Fraction | None:
        if not expression:
            return None
        if clock := _CLOCK.match(expression):
            whole = Fraction((int(clock[1]) * 60 + int(clock[2])) * 60 + int(clock[3]))
            if self.drifts:
                return (whole * self.nominal + int(clock[5] or 0)) / self.rate
            return whole + Fraction(f"0.{clock[4] or 0}") + int(clock[5] or 0) / self.rate
        offset = _OFFSET.match(expression)
        if offset is None:
            return None
        number = Fraction(offset[1])
        return number * {**_UNIT, "f": 1 / self.rate, "t": Fraction(1, self.ticks)}[offset[2]]


def _whole(value: str | None) -> int:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 10 else 0


def _two(value: str) -> tuple[float, float] | None:
    """Two numbers, neither of them zero."""
    found = _TWO_NUMBERS.match(value)
    return (float(found[1]), float(found[2])) if found and int(found[1]) and int(found[2]) else None
