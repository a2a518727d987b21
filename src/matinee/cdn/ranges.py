"""The Range header (RFC 9110 section 14): one range of bytes, or none that we serve as such. Pure."""

from __future__ import annotations

import re

Span = tuple[int, int]
"""First byte and the one after the last, as asked; a negative first counts from the file's end."""

_ONE = re.compile(rb"bytes=[ \t]*(\d*)-(\d*)[ \t]*", re.IGNORECASE)
_LONGEST = 18  # digits: anything longer is beyond every file, and never turned into a number
BEYOND = 10**_LONGEST
_NOTHING = (BEYOND, BEYOND + 1)


class Unsatisfiable(Exception):
    """The range is well formed and holds no byte of the file: 416."""


def span(value: bytes) -> Span | None:
    """What a Range header asks for; None where the whole file is the answer.

    Several ranges, other units and what is not well formed are ignored, as a server may.
    """
    found = _ONE.fullmatch(value)
    if found is None:
        return None
    first, last = found[1], found[2]
    if not first:
        count = _number(last)
        return ((-count, BEYOND) if count else _NOTHING) if last else None
    start = _number(first)
    end = _number(last) + 1 if last else BEYOND + 1
    return (start, end) if start < end or start >= BEYOND else None


def part(asked: Span, size: int) -> Span:
    """The bytes of a file of that size: `0 <= first < end <= size`. Raises Unsatisfiable."""
    start, end = asked
    if start < 0:
        start = max(0, size + start)
    if start >= size:
        raise Unsatisfiable
    return start, min(end, size)


def _number(digits: bytes) -> int:
    digits = digits.lstrip(b"0") or b"0"
    return int(digits) if len(digits) <= _LONGEST else BEYOND
