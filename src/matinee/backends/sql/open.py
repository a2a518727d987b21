"""A database by URL."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from matinee.backends.sql.port import Database
from matinee.runtime.errors import Invalid


def open(url: str, migrations: str) -> Database:
    """The database at the URL, brought to the head of the history in the package `migrations`.

    `sqlite:///relative/path` or `sqlite:////absolute/path`. Raises Invalid where the URL is none of these, Conflict where
    the database was written by a newer version. It blocks while it upgrades: call it at start.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise Invalid(f"{url!r} is not the URL of a database; one is sqlite:///path") from error
    match parsed.drivername:
        case "sqlite" if parsed.database not in {None, "", ":memory:"}:
            from matinee.backends.sql.sqlite import Sqlite, upgraded

            return Sqlite(upgraded(Path(str(parsed.database)), migrations))
        case "sqlite":
            raise Invalid(f"{url!r} names no file; write sqlite:///path")
        case scheme:
            raise Invalid(f"no database speaks {scheme!r}; use sqlite:///path")
