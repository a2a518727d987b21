"""A store of bookmarks by URL."""

from __future__ import annotations

from matinee.runtime.errors import Invalid
from matinee.services.history.store import Store


def open(url: str) -> Store:
    """The store at the URL, its tables made or brought up to date: `sqlite:///relative/path` or `sqlite:////absolute/path`.

    Raises Invalid where the URL is none of these. It blocks while it upgrades: call it at start.
    """
    match url.partition(":")[0]:
        case "sqlite":
            from matinee.backends.sql.sqlite import at
            from matinee.services.history.sqlite import SqliteStore

            return SqliteStore(at(url, "matinee.services.history"))
        case scheme:
            raise Invalid(f"no store of bookmarks speaks {scheme!r}; use sqlite:///path")
