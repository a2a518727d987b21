"""Login sessions: a random token given once, of which only the SHA-256 is stored, and which lives while it is used."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from matinee.backends.sql.port import Database
from matinee.runtime import ids as kinds
from matinee.runtime.clock import Clock, milliseconds, moment
from matinee.runtime.errors import NotFound, Unavailable
from matinee.runtime.ids import Ids
from matinee.services.accounts import rules, tables
from matinee.services.accounts.announcements import announcements
from matinee.services.accounts.attempts import Attempts, of_email
from matinee.services.accounts.contract import (
    ByAccount,
    ByToken,
    EndLogin,
    LoggedIn,
    LogIn,
    Login,
    Logins,
    WrongPassword,
)
from matinee.services.accounts.households import household, with_email
from matinee.services.accounts.passwords import Passwords
from matinee.services.accounts.revocations import RevocationList


class LoginDesk:
    """`entropy(n)` gives n random bytes: the tokens come from it."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        ids: Ids,
        passwords: Passwords,
        revocations: RevocationList,
        attempts: Attempts,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._db = db
        self._clock = clock
        self._ids = ids
        self._passwords = passwords
        self._revocations = revocations
        self._attempts = attempts
        self._entropy = entropy
        self._announcements = announcements(clock, ids)

    async def log_in(self, message: LogIn) -> LoggedIn:
        place = await self._attempts.take(of_email(message.email), rules.MOST_PASSWORDS)
        find = select(tables.account.c.id, tables.account.c.password_hash).where(with_email(message.email))
        found = await self._db.read(lambda connection: connection.execute(find).one_or_none(), fresh=True)
        known = None if found is None else str(found.password_hash)
        try:
            fits, better = await self._passwords.verify(message.password, known)
        except Unavailable:  # nothing was compared, so nothing was guessed
            await self._db.transact(lambda connection: self._attempts.forgive(connection, place))
            raise
        if found is None or not fits:
            raise WrongPassword

        def unit(connection: Connection) -> LoggedIn:
            account = update(tables.account).where(tables.account.c.id == found.id)
            unchanged = account.where(tables.account.c.password_hash == known).values(password_hash=better or known)
            if connection.execute(unchanged).rowcount != 1:  # it was changed while this one was compared
                raise WrongPassword
            self._attempts.forgive(connection, place)
            return self.open(connection, found.id, message.device)

        return await self._db.transact(unit)

    def open(self, connection: Connection, account_id: str, device: str) -> LoggedIn:
        """A new login, in the caller's transaction."""
        now = self._clock.now()
        at = milliseconds(now)
        connection.execute(
            delete(tables.login).where(tables.login.c.account_id == account_id, tables.login.c.expires_at <= at)
        )
        token = base64.urlsafe_b64encode(self._entropy(32)).rstrip(b"=").decode()
        login = Login(self._ids.new(kinds.LOGIN), device[:200], moment(at), moment(at), None)
        connection.execute(
            insert(tables.login).values(
                id=login.id,
                account_id=account_id,
                token_sha256=rules.sha256(token),
                device=login.device,
                created_at=at,
                last_seen_at=at,
                expires_at=milliseconds(now + rules.LOGIN_LIFE),
            )
        )
        self._announcements.tell(connection, "login_opened", account_id, login=login.id)
        home = household(connection, tables.account.c.id == account_id)
        return LoggedIn(token, login, home.account, home.profiles)

    async def log_out(self, message: ByToken) -> None:
        token = tables.login.c.token_sha256 == rules.sha256(message.token)

        def unit(connection: Connection) -> None:
            row = connection.execute(select(tables.login).where(token)).one_or_none()
            if row is not None:
                self._end(connection, row)

        await self._db.transact(unit)
        self._revocations.announce()

    async def end(self, message: EndLogin) -> None:
        mine = (tables.login.c.id == message.login) & (tables.login.c.account_id == message.account_id)

        def unit(connection: Connection) -> None:
            row = connection.execute(select(tables.login).where(mine)).one_or_none()
            if row is None:
                raise NotFound("There is no such login")
            self._end(connection, row)

        await self._db.transact(unit)
        self._revocations.announce()

    async def all(self, message: ByAccount) -> Logins:
        now = milliseconds(self._clock.now())
        mine = (tables.login.c.account_id == message.account_id) & (tables.login.c.expires_at > now)
        query = select(tables.login).where(mine).order_by(tables.login.c.last_seen_at.desc(), tables.login.c.id)
        rows = await self._db.read(lambda connection: connection.execute(query).all(), fresh=True)
        return Logins([_login(row) for row in rows])

    def _end(self, connection: Connection, row: Row[Any]) -> None:
        connection.execute(delete(tables.login).where(tables.login.c.id == row.id))
        self._revocations.add(connection, self._clock.now(), logins=[row.id])
        self._announcements.tell(connection, "login_ended", row.account_id, login=row.id)


def _login(row: Row[Any]) -> Login:
    return Login(row.id, row.device, moment(row.created_at), moment(row.last_seen_at), row.profile_id)
