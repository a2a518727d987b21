"""A log by URL."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from matinee.backends.log.port import Log
from matinee.runtime.errors import Invalid


def open(url: str) -> Log:
    """The log of `file:///folder`, made where it is absent. Raises Invalid for any other URL."""
    parts = urlsplit(url)
    match parts.scheme:
        case "file" if parts.path and not parts.netloc:
            from matinee.backends.log.segments import SegmentLog

            return SegmentLog(Path(unquote(parts.path)))
        case "file":
            raise Invalid(f"{url!r} names no folder; write file:///folder")
        case scheme:
            raise Invalid(f"no event log speaks {scheme!r}; use file:///folder")
