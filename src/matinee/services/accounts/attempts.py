"""Guesses of passwords and PINs, counted in a table: a guess takes its place before it is checked, so that no crowd slips by."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, insert, select

from matinee.backends.sql.port import Database
from matinee.runtime.clock import Clock, milliseconds
from matinee.runtime.errors import RateLimited
from matinee.services.accounts import rules, tables


class Attempts:
    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def take(self, subject: str, most: int) -> int:
        """Counts one guess against the subject; gives the place to `forgive` when it was right. Raises RateLimited."""
        now = self._clock.now()
        since = milliseconds(now - rules.ATTEMPT_WINDOW)

        def unit(connection: Connection) -> int | None:
            connection.execute(delete(tables.attempt).where(tables.attempt.c.at <= since))
            mine = tables.attempt.c.subject == subject
            made = connection.scalar(select(func.count()).select_from(tables.attempt).where(mine)) or 0
            if made >= most:
                return None
            place = connection.execute(
                insert(tables.attempt).values(subject=subject, at=milliseconds(now))
            ).inserted_primary_key
            return None if place is None else int(place[0])

        place = await self._db.transact(unit)
        if place is None:
            minutes = int(rules.ATTEMPT_WINDOW.total_seconds() // 60)
            raise RateLimited(f"Too many wrong tries; wait {minutes} minutes", retry_after_s=minutes * 60)
        return place

    def forgive(self, connection: Connection, place: int) -> None:
        connection.execute(delete(tables.attempt).where(tables.attempt.c.id == place))


def of_email(email: str) -> str:
    """The subject of an e-mail's guesses; a hash, for people type passwords into the wrong field."""
    return f"email:{rules.sha256(rules.folded(email))}"


def of_profile(profile_id: str) -> str:
    """The subject of a profile's guesses."""
    return f"pin:{profile_id}"
