"""Profiles of a household: up to five, each with an age limit and perhaps a PIN."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from matinee.backends.sql.port import Database
from matinee.runtime import ids as kinds
from matinee.runtime.clock import Clock
from matinee.runtime.errors import Conflict, NotFound
from matinee.runtime.ids import Ids
from matinee.services.accounts import rules
from matinee.services.accounts.announcements import announcements
from matinee.services.accounts.attempts import Attempts, of_profile
from matinee.services.accounts.contract import (
    BindProfile,
    ByProfile,
    CreateProfile,
    NoSuchProfile,
    Profile,
    UpdateProfile,
    WrongPin,
)
from matinee.services.accounts.households import profile_of
from matinee.services.accounts.passwords import Passwords
from matinee.services.accounts.revocations import RevocationList
from matinee.services.accounts.tables import account, login, profile


class ProfileBook:
    def __init__(
        self,
        db: Database,
        clock: Clock,
        ids: Ids,
        passwords: Passwords,
        revocations: RevocationList,
        attempts: Attempts,
    ) -> None:
        self._db = db
        self._clock = clock
        self._ids = ids
        self._passwords = passwords
        self._revocations = revocations
        self._attempts = attempts
        self._announcements = announcements(clock, ids)

    async def bind(self, message: BindProfile) -> Profile:
        row = await self._db.read(lambda c: _profile(c, message.account_id, message.profile_id), fresh=True)
        place = None if row.pin_hash is None else await self._open_lock(row, message.pin)
        mine = (login.c.id == message.login) & (login.c.account_id == message.account_id)

        def unit(connection: Connection) -> Profile:
            bound = _profile(connection, message.account_id, message.profile_id)
            if bound.pin_hash != row.pin_hash:
                raise WrongPin("The PIN was changed at this moment; try again")
            if place is not None:
                self._attempts.forgive(connection, place)
            if connection.execute(update(login).where(mine).values(profile_id=bound.id)).rowcount != 1:
                raise NotFound("There is no such login")
            self._revocations.add(connection, self._clock.now(), logins=[message.login])
            return profile_of(bound)

        bound = await self._db.transact(unit)
        self._revocations.announce()
        return bound

    async def _open_lock(self, row: Row[Any], pin: str | None) -> int:
        if pin is None:
            raise WrongPin("This profile is locked by a PIN")
        place = await self._attempts.take(of_profile(row.id), rules.MOST_PINS)
        fits, _ = await self._passwords.verify(pin, row.pin_hash)
        if not fits:
            raise WrongPin
        return place

    async def create(self, message: CreateProfile) -> Profile:
        rules.checked(message)
        values = {
            "id": self._ids.new(kinds.PROFILE),
            "account_id": message.account_id,
            "name": message.name,
            "maturity": int(message.maturity),
            "avatar": message.avatar,
            "pin_hash": None if message.pin is None else await self._passwords.hash(message.pin),
        }

        def unit(connection: Connection) -> Profile:
            # The account's row is locked first, so that two at once cannot both find room.
            owner = select(account.c.id).where(account.c.id == message.account_id).with_for_update()
            if connection.scalar(owner) is None:
                raise NotFound("There is no such account")
            if _count(connection, message.account_id) >= rules.MOST_PROFILES:
                raise Conflict(f"An account has {rules.MOST_PROFILES} profiles at most")
            connection.execute(insert(profile).values(**values))
            self._announcements.tell(connection, "profile_created", message.account_id, profile_id=values["id"])
            return profile_of(_profile(connection, message.account_id, str(values["id"])))

        return await self._db.transact(unit)

    async def update(self, message: UpdateProfile) -> Profile:
        rules.checked(message)
        values = await self._changes(message)
        mine = (profile.c.id == message.profile_id) & (profile.c.account_id == message.account_id)

        def unit(connection: Connection) -> Profile:
            before = _profile(connection, message.account_id, message.profile_id)
            if values:
                connection.execute(update(profile).where(mine).values(**values))
                self._announcements.tell(
                    connection, "profile_changed", message.account_id, profile_id=message.profile_id
                )
            if values.get("maturity", before.maturity) != before.maturity:
                self._revoke(connection, message.profile_id)
            return profile_of(_profile(connection, message.account_id, message.profile_id))

        changed = await self._db.transact(unit)
        self._revocations.announce()
        return changed

    async def _changes(self, message: UpdateProfile) -> dict[str, Any]:
        given = {"name": message.name, "maturity": message.maturity, "avatar": message.avatar}
        values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if "maturity" in values:
            values["maturity"] = int(values["maturity"])
        if message.pin is not None:
            values["pin_hash"] = await self._passwords.hash(message.pin) if message.pin else None
        return values

    async def delete(self, message: ByProfile) -> None:
        mine = (profile.c.id == message.profile_id) & (profile.c.account_id == message.account_id)

        def unit(connection: Connection) -> None:
            connection.execute(select(account.c.id).where(account.c.id == message.account_id).with_for_update())
            _profile(connection, message.account_id, message.profile_id)
            if _count(connection, message.account_id) == 1:
                raise Conflict("The last profile cannot be deleted")
            self._revoke(connection, message.profile_id)
            connection.execute(update(login).where(login.c.profile_id == message.profile_id).values(profile_id=None))
            connection.execute(delete(profile).where(mine))
            self._announcements.tell(connection, "profile_deleted", message.account_id, profile_id=message.profile_id)

        await self._db.transact(unit)
        self._revocations.announce()

    def _revoke(self, connection: Connection, profile_id: str) -> None:
        bound = connection.scalars(select(login.c.id).where(login.c.profile_id == profile_id)).all()
        self._revocations.add(connection, self._clock.now(), logins=bound)


def _profile(connection: Connection, account_id: str, profile_id: str) -> Row[Any]:
    query = select(profile).where(profile.c.id == profile_id, profile.c.account_id == account_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NoSuchProfile
    return row


def _count(connection: Connection, account_id: str) -> int:
    counted = select(func.count()).select_from(profile).where(profile.c.account_id == account_id)
    return connection.scalar(counted) or 0
