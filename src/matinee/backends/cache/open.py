"""A cache by URL."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from matinee.backends.cache.port import Cache
from matinee.runtime.errors import Invalid

_MOST_BYTES = "67108864"


def open(url: str) -> Cache:
    """The cache of `memory:` (64 MiB) or `memory:?bytes=N`. Raises Invalid for any other URL."""
    parts = urlsplit(url)
    match parts.scheme:
        case "memory":
            from matinee.backends.cache.memory import Memory

            size = parse_qs(parts.query).get("bytes", [_MOST_BYTES])[-1]
            if not size.isdecimal() or not int(size):
                raise Invalid(f"{url!r}: `bytes` is a number over 0")
            return Memory(int(size))
        case scheme:
            raise Invalid(f"no cache speaks {scheme!r}; use memory:")
