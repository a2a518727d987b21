"""The sign-up saga's row: found by its key, it lives from the first try until the account is paid for.

An unfinished sign-up reserves nothing. Several with one e-mail and different passwords stand side by side, and the first
that is paid for owns the e-mail; so nobody keeps an e-mail from its owner by beginning with it, and nobody takes over a
sign-up whose password they do not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from matinee.backends.sql.port import Database
from matinee.runtime import ids as kinds
from matinee.runtime.clock import Clock, milliseconds, moment
from matinee.runtime.errors import NotFound, Unavailable
from matinee.runtime.ids import Ids
from matinee.services.accounts import rules
from matinee.services.accounts.contract import (
    BeginSignup,
    EmailTaken,
    EndSignup,
    IdempotencyConflict,
    LoggedIn,
    Signup,
    SignupState,
    Stalled,
    StalledQuery,
)
from matinee.services.accounts.households import Households, Newcomer, forget_signup, owner
from matinee.services.accounts.logins import LoginDesk
from matinee.services.accounts.passwords import Passwords
from matinee.services.accounts.tables import signup, signup_key

_RACES = 5


class Sight(Struct, frozen=True):
    """What a key and an e-mail find: the sign-up of the key, or else the unfinished ones of the e-mail, newest first."""

    mine: Signup | None
    rivals: Sequence[Row[Any]] = ()


class Signups:
    def __init__(
        self, db: Database, clock: Clock, ids: Ids, passwords: Passwords, households: Households, logins: LoginDesk
    ) -> None:
        self._db = db
        self._clock = clock
        self._ids = ids
        self._passwords = passwords
        self._households = households
        self._logins = logins

    async def begin(self, message: BeginSignup) -> Signup:
        rules.checked(message)
        for _ in range(_RACES):
            sight = await self._db.read(lambda connection: self._look(connection, message), fresh=True)
            if sight.mine is not None:
                return sight.mine
            taken = await self._of_same_password(message.password, sight.rivals)
            known = None if taken else await self._passwords.hash(message.password)
            entered = await self._enter(message, sight, taken, known)
            if entered is not None:
                return entered
        raise Unavailable("This e-mail signs up several times at this moment; try again")

    async def end(self, message: EndSignup) -> LoggedIn | None:
        def unit(connection: Connection) -> LoggedIn | None:
            row = _by_key(connection, message.key)
            if row is None:
                raise NotFound("There is no such sign-up")
            if not message.paid:
                self._decline(connection, row)
                return None
            if row.state == SignupState.FINISHED:
                self._refuse_when_old(row)
            else:
                self._finish(connection, row)
            return self._logins.open(connection, row.account_id, message.device)

        return await self._db.transact(unit)

    async def stalled(self, message: StalledQuery) -> Stalled:
        before = milliseconds(self._clock.now() - rules.SIGNUP_STALLED)
        old = (signup.c.state == SignupState.STARTED) & (signup.c.started_at < before)
        query = select(signup).where(old).order_by(signup.c.started_at).limit(message.limit)
        rows = await self._db.read(lambda connection: connection.execute(query).all(), fresh=True)
        return Stalled([_signup(row, row.key) for row in rows])

    def _look(self, connection: Connection, message: BeginSignup) -> Sight:
        """Raises IdempotencyConflict, EmailTaken."""
        row = _by_key(connection, message.key)
        if row is not None and not (row.state != SignupState.FINISHED and self._lapsed(row.started_at)):
            if row.fingerprint != message.fingerprint:
                raise IdempotencyConflict
            if row.state == SignupState.FINISHED:
                self._refuse_when_old(row)
                return Sight(_signup(row, message.key))
        else:
            row = None
        if owner(connection, message.email) is not None:
            raise EmailTaken
        return Sight(None, self._rivals(connection, message.email)) if row is None else Sight(_signup(row, message.key))

    def _rivals(self, connection: Connection, email: str) -> Sequence[Row[Any]]:
        since = milliseconds(self._clock.now() - rules.SIGNUP_LIFE)
        same: ColumnElement[bool] = signup.c.email_folded == rules.folded(email)
        unfinished = (signup.c.state != SignupState.FINISHED) & (signup.c.started_at > since)
        query = select(signup).where(same, unfinished).order_by(signup.c.started_at.desc(), signup.c.account_id.desc())
        return connection.execute(query.limit(rules.MOST_RIVALS)).all()

    async def _of_same_password(self, password: str, rivals: Sequence[Row[Any]]) -> str | None:
        """The id of the account whose sign-up knows this password."""
        for rival in rivals:
            fits, _ = await self._passwords.verify(password, rival.password_hash)
            if fits:
                return rival.account_id
        return None

    async def _enter(self, message: BeginSignup, sight: Sight, taken: str | None, known: str | None) -> Signup | None:
        """Writes the sign-up, or None where another begin came between."""
        fresh = self._row(message, known)

        def unit(connection: Connection) -> Signup | None:
            present = self._look(connection, message)
            if present.mine is not None:
                return present.mine
            if [rival.account_id for rival in present.rivals] != [rival.account_id for rival in sight.rivals]:
                return None
            self._clean(connection)
            account_id = taken or fresh["account_id"]
            if taken is None:
                connection.execute(insert(signup).values(**fresh))
            else:
                again = ("key", "state", "name", "plan", "territory", "started_at")
                mine = update(signup).where(signup.c.account_id == taken)
                connection.execute(mine.values(**{column: fresh[column] for column in again}))
            connection.execute(delete(signup_key).where(signup_key.c.key == message.key))
            key = {"key": message.key, "fingerprint": message.fingerprint, "account_id": account_id}
            connection.execute(insert(signup_key).values(**key))
            row = connection.execute(select(signup).where(signup.c.account_id == account_id)).one()
            return _signup(row, message.key)

        return await self._db.transact(unit)

    def _row(self, message: BeginSignup, known: str | None) -> dict[str, Any]:
        return {
            "account_id": self._ids.new(kinds.ACCOUNT),
            "profile_id": self._ids.new(kinds.PROFILE),
            "key": message.key,
            "state": SignupState.STARTED,
            "email": message.email,
            "email_folded": rules.folded(message.email),
            "password_hash": known,
            "name": message.name,
            "plan": message.plan,
            "territory": message.territory,
            "started_at": milliseconds(self._clock.now()),
        }

    def _decline(self, connection: Connection, row: Row[Any]) -> None:
        started = (signup.c.account_id == row.account_id) & (signup.c.state == SignupState.STARTED)
        connection.execute(update(signup).where(started).values(state=SignupState.DECLINED))

    def _finish(self, connection: Connection, row: Row[Any]) -> None:
        """Whoever paid gets the account, even late. Raises EmailTaken when another was first."""
        self._households.open(
            connection,
            Newcomer(row.account_id, row.profile_id, row.email, row.password_hash, row.name, row.territory),
        )
        finished = {"state": SignupState.FINISHED, "finished_at": milliseconds(self._clock.now())}
        connection.execute(update(signup).where(signup.c.account_id == row.account_id).values(**finished))

    def _refuse_when_old(self, row: Row[Any]) -> None:
        """A key is no password: it opens logins for as long as a client may still be trying, and then no more."""
        if self._lapsed(row.finished_at):
            raise EmailTaken

    def _lapsed(self, at: int) -> bool:
        return rules.lapsed(moment(at), self._clock.now())

    def _clean(self, connection: Connection) -> None:
        """Forgets what is over. What was begun and perhaps paid for is kept until `stalled` had its chance."""
        now = self._clock.now()
        over = (signup.c.state != SignupState.STARTED) & (signup.c.started_at < milliseconds(now - rules.SIGNUP_KEPT))
        never = (signup.c.state == SignupState.STARTED) & (
            signup.c.started_at < milliseconds(now - rules.UNPAID_SIGNUP_KEPT)
        )
        for account_id in connection.scalars(select(signup.c.account_id).where(over | never)).all():
            forget_signup(connection, account_id)


def _by_key(connection: Connection, key: str) -> Row[Any] | None:
    query = select(signup, signup_key.c.fingerprint).join(signup_key, signup_key.c.account_id == signup.c.account_id)
    return connection.execute(query.where(signup_key.c.key == key)).one_or_none()


def _signup(row: Row[Any], key: str) -> Signup:
    return Signup(key, SignupState(row.state), row.account_id, row.profile_id)
