"""Objects by URL. obstore is the port: use its async functions (`put_async`, `get_async`, `get_range_async`, `list`, …).

A key is a path without `.`, `..` or empty parts; obstore raises ValueError for others. An object appears whole or not at all.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from obstore.store import ObjectStore

from matinee.runtime.errors import Invalid


def open(url: str) -> ObjectStore:
    """The store of `file:///folder`, made where it is absent, or `memory:`. Raises Invalid for any other URL."""
    parts = urlsplit(url)
    match parts.scheme:
        case "file" if parts.path and not parts.netloc:
            from obstore.store import LocalStore

            folder = Path(unquote(parts.path))
            folder.mkdir(parents=True, exist_ok=True)
            return LocalStore(prefix=folder.absolute(), automatic_cleanup=True)
        case "memory":
            from obstore.store import MemoryStore

            return MemoryStore()
        case "file":
            raise Invalid(f"{url!r} names no folder; write file:///folder")
        case scheme:
            raise Invalid(f"no object store speaks {scheme!r}; use file:///folder or memory:")
