"""A store of searchable titles by URL."""

from __future__ import annotations

from pathlib import Path

from matinee.runtime.errors import Invalid
from matinee.services.search.store import Store


def open(url: str) -> Store:
    """The index at the URL: `tantivy:///absolute/path` of its folder.

    A folder that is missing, unreadable or of another version begins empty: then its state says `needs_reindex`. Raises
    Invalid where the URL is none of these, Unavailable where another process has the index open. It blocks while it
    reads: call it at start.
    """
    scheme, _, path = url.partition("://")
    match scheme:
        case "tantivy" if path:
            from matinee.services.search.tantivy import TantivyStore

            return TantivyStore(Path(path))
        case "tantivy":
            raise Invalid(f"{url!r} names no folder; write tantivy:///path")
        case _:
            raise Invalid(f"no search index speaks {scheme!r}; use tantivy:///path")
