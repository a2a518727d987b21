"""A database by URL."""

from __future__ import annotations

from matinee.backends.sql.port import Database
from matinee.runtime.errors import Invalid


def open(url: str, migrations: str) -> Database:
    """The database at the URL, brought to the head of the history in the package `migrations`.

    `sqlite:///relative/path` or `sqlite:////absolute/path`. Raises Invalid where the URL is none of these, Conflict where
    the database was written by a newer version. It blocks while it upgrades: call it at start.
    """
    match url.partition(":")[0]:
        case "sqlite":
            from matinee.backends.sql.sqlite import at

            return at(url, migrations)
        case scheme:
            raise Invalid(f"no database speaks {scheme!r}; use sqlite:///path")
