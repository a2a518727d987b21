"""Passports: what a token is swapped for, signed, for a minute."""

from __future__ import annotations

from typing import Any, Protocol, cast

from sqlalchemy import Connection, Row, select, update

from matinee.backends.sql.port import Database
from matinee.runtime import ids as kinds
from matinee.runtime.clock import Clock, milliseconds, moment
from matinee.runtime.errors import Unauthenticated
from matinee.runtime.ids import Ids
from matinee.services.accounts import rules
from matinee.services.accounts.contract import ByToken, Passport, PublicKeys
from matinee.services.accounts.tables import account, login, profile
from matinee.terms.maturity import Maturity


class Keys(Protocol):
    """The part of `runtime.signing.Keyring` that passports need."""

    def sign(self, claims: dict[str, Any]) -> str: ...

    def jwks(self) -> str: ...


class PassportOffice:
    def __init__(self, db: Database, clock: Clock, ids: Ids, keys: Keys) -> None:
        self._db = db
        self._clock = clock
        self._ids = ids
        self._keys = keys

    async def swap(self, message: ByToken) -> Passport:
        now = self._clock.now()
        at = milliseconds(now)
        row = await self._db.read(
            lambda connection: _bearer_row(connection, rules.sha256(message.token), at), fresh=True
        )
        if row is None:
            raise Unauthenticated("This login has ended; log in again")
        if moment(row.last_seen_at) + rules.LOGIN_TOUCH <= now:
            await self._touch(row.login_id)
        bearer = _bearer(row)
        claims = rules.passport_claims(bearer, self._ids.new(kinds.PASSPORT), now)
        return Passport(
            self._keys.sign(claims),
            row.login_id,
            row.account_id,
            moment(claims["exp"] * 1000),
            bearer.profile_id,
            Maturity(claims["mat"]),
            bearer.roles,
        )

    async def public_keys(self) -> PublicKeys:
        return PublicKeys(self._keys.jwks())

    async def _touch(self, login_id: str) -> None:
        now = self._clock.now()
        seen = {"last_seen_at": milliseconds(now), "expires_at": milliseconds(now + rules.LOGIN_LIFE)}
        await self._db.transact(
            lambda c: c.execute(update(login).where(login.c.id == login_id).values(**seen)) and None
        )


def _bearer_row(connection: Connection, token_sha256: str, now: int) -> Row[Any] | None:
    query = (
        select(
            login.c.id.label("login_id"),
            login.c.account_id,
            login.c.last_seen_at,
            login.c.profile_id,
            account.c.roles,
            account.c.home_territory,
            profile.c.maturity,
        )
        .join(account, account.c.id == login.c.account_id)
        .outerjoin(profile, profile.c.id == login.c.profile_id)
        .where(login.c.token_sha256 == token_sha256, login.c.expires_at > now)
    )
    row: Row[Any] | None = cast("Row[Any] | None", connection.execute(query).one_or_none())
    return row


def _bearer(row: Row[Any]) -> rules.Bearer:
    return rules.Bearer(
        account_id=row.account_id,
        login=row.login_id,
        profile_id=row.profile_id,
        roles=rules.roles_of(row.roles),
        maturity=None if row.maturity is None else Maturity(row.maturity),
        home_territory=row.home_territory,
    )
