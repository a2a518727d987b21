"""The ordered list of what no longer counts. Whoever caches passports follows it by cursor."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from matinee.backends.sql.port import Database
from matinee.runtime.bell import Bell, heard
from matinee.runtime.clock import milliseconds
from matinee.services.accounts import rules
from matinee.services.accounts.contract import ObserveRevocations, Revocations
from matinee.services.accounts.tables import revocation, revocation_end

_LONGEST_WAIT_S = 30.0
_POLL_S = 0.5  # how late another process's revocation is seen; this process's wakes at once
_MOST = 1000


class RevocationList:
    def __init__(self, db: Database) -> None:
        self._db = db
        self._bell = Bell()

    def add(
        self, connection: Connection, now: datetime, *, logins: Iterable[str] = (), account: str | None = None
    ) -> None:
        """In the transaction of what it tells; `announce` after that has committed."""
        rows = [{"login": login, "account_id": None} for login in logins]
        if account is not None:
            rows.append({"login": None, "account_id": account})
        if not rows:
            return
        at = milliseconds(now)
        connection.execute(update(revocation_end).values(cursor=revocation_end.c.cursor + len(rows)))
        first = end(connection) - len(rows) + 1
        numbered = [{"cursor": first + place, "at": at, **row} for place, row in enumerate(rows)]
        connection.execute(insert(revocation), numbered)
        old = milliseconds(now - rules.REVOCATION_KEPT)
        connection.execute(delete(revocation).where(revocation.c.at < old))

    def announce(self) -> None:
        self._bell.ring()

    async def observe(self, message: ObserveRevocations) -> Revocations:
        loop = asyncio.get_running_loop()
        until = loop.time() + min(max(message.wait_s, 0.0), _LONGEST_WAIT_S)
        while True:
            rung = self._bell.listen()
            found = await self._db.read(lambda connection: after(connection, message.after), fresh=True)
            left = until - loop.time()
            if found.cursor != message.after or left <= 0:
                return found
            await heard(rung, min(left, _POLL_S))


def end(connection: Connection) -> int:
    """The cursor of the last revocation."""
    return connection.scalar(select(revocation_end.c.cursor)) or 0


def after(connection: Connection, cursor: int) -> Revocations:
    """What came after the cursor; of a negative one, or one beyond the end, only where the list ends."""
    last = end(connection)
    if cursor < 0 or cursor >= last:
        return Revocations(last, [], [])
    query = select(revocation).where(revocation.c.cursor > cursor).order_by(revocation.c.cursor).limit(_MOST)
    rows = connection.execute(query).all()
    return Revocations(
        rows[-1].cursor if rows else last,
        [row.login for row in rows if row.login is not None],
        [row.account_id for row in rows if row.account_id is not None],
    )
