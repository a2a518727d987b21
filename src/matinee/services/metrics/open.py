"""A store of counters by URL."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from matinee.runtime.errors import Invalid
from matinee.services.metrics.store import Store


def open(url: str) -> Store:
    """The store at the URL, its tables made or brought up to date: `sqlite:///relative/path` or `sqlite:////absolute/path`.

    Raises Invalid where the URL is none of these. It blocks while it upgrades: call it at start.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise Invalid(f"{url!r} is not the URL of a store; one is sqlite:///path") from error
    match parsed.drivername:
        case "sqlite" if parsed.database not in {None, "", ":memory:"}:
            from matinee.backends.sql.sqlite import Sqlite, upgraded
            from matinee.services.metrics.sqlite import SqliteStore

            return SqliteStore(Sqlite(upgraded(Path(str(parsed.database)), "matinee.services.metrics")))
        case "sqlite":
            raise Invalid(f"{url!r} names no file; write sqlite:///path")
        case scheme:
            raise Invalid(f"no store of counters speaks {scheme!r}; use sqlite:///path")
