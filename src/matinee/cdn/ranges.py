"""The Range header (RFC 9110 section 14): one range of bytes, or none that we serve as such. Pure."""

from __future__ import annotations

import re

_ONE = re.compile(rb"bytes=[ \t]*(\d*)-(\d*)[ \t]*", re.IGNORECASE)
_LONGEST = 18  # digits: anything longer is beyond every file, and never turned into a number
_BEYOND = 10**_LONGEST


class Unsatisfiable(Exception):
    """The range is well formed and holds no byte of the file: 416."""


def part(value: bytes, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last, `0 <= first < end <= size`; None where the whole file is the answer.

    Several ranges, other units and what is not well formed are ignored, as a server may. Raises Unsatisfiable.
    """
    found = _ONE.fullmatch(value)
    if found is None:
        return None
    first, last = found[1], found[2]
    if first:
        start, end = _number(first), _number(last) + 1 if last else size
        if last and end <= start and start < _BEYOND:
            return None
    elif last:
        start, end = max(0, size - _number(last)), size
    else:
        return None
    if start >= size or start >= end:
        raise Unsatisfiable
    return start, min(end, size)


def _number(digits: bytes) -> int:
    digits = digits.lstrip(b"0") or b"0"
    return int(digits) if len(digits) <= _LONGEST else _BEYOND
