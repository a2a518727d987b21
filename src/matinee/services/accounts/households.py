"""Accounts and what belongs to them, as rows become messages. Only whoever is named by an id or an e-mail is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from matinee.backends.sql.port import Database
from matinee.runtime import ids as kinds
from matinee.runtime.clock import Clock, milliseconds, moment
from matinee.runtime.errors import NotFound
from matinee.runtime.ids import Ids
from matinee.services.accounts import rules, tables
from matinee.services.accounts.announcements import announcements
from matinee.services.accounts.contract import (
    Account,
    ByAccount,
    ByEmail,
    CreateAccount,
    EmailTaken,
    Grant,
    Household,
    Profile,
    SetPassword,
)
from matinee.services.accounts.passwords import Passwords
from matinee.services.accounts.revocations import RevocationList
from matinee.terms.maturity import HIGHEST, Maturity
from matinee.terms.viewer import Role


class Newcomer(Struct, frozen=True):
    """An account about to be made, with one profile of its name and no age limit."""

    account_id: str
    profile_id: str
    email: str
    password_hash: str
    name: str
    territory: str
    roles: frozenset[Role] = frozenset()


class Households:
    def __init__(self, db: Database, clock: Clock, ids: Ids, passwords: Passwords, revocations: RevocationList) -> None:
        self._db = db
        self._clock = clock
        self._ids = ids
        self._passwords = passwords
        self._revocations = revocations
        self._announcements = announcements(clock, ids)

    async def create(self, message: CreateAccount) -> Household:
        rules.checked(message)
        newcomer = Newcomer(
            self._ids.new(kinds.ACCOUNT),
            self._ids.new(kinds.PROFILE),
            message.email,
            await self._passwords.hash(message.password),
            message.name,
            message.territory,
            message.roles,
        )

        def unit(connection: Connection) -> Household:
            self.open(connection, newcomer)
            return household(connection, tables.account.c.id == newcomer.account_id)

        return await self._db.transact(unit)

    def open(self, connection: Connection, newcomer: Newcomer) -> None:
        """In the caller's transaction. Raises EmailTaken."""
        if owner(connection, newcomer.email) is not None:
            raise EmailTaken
        try:
            connection.execute(insert(tables.account).values(**_account_row(newcomer, milliseconds(self._clock.now()))))
        except IntegrityError as twice:  # an engine with several writers: another took it meanwhile
            raise EmailTaken from twice
        connection.execute(insert(tables.profile).values(**_profile_row(newcomer)))
        self._announcements.tell(connection, "created", newcomer.account_id, profile_id=newcomer.profile_id)

    async def by_account(self, message: ByAccount) -> Household:
        return await self._db.read(lambda c: household(c, tables.account.c.id == message.account_id), fresh=True)

    async def by_email(self, message: ByEmail) -> Household:
        return await self._db.read(lambda c: household(c, with_email(message.email)), fresh=True)

    async def set_password(self, message: SetPassword) -> None:
        rules.checked(message)
        known = await self._passwords.hash(message.password)

        def change(connection: Connection, account_id: str) -> None:
            mine = tables.account.c.id == account_id
            connection.execute(update(tables.account).where(mine).values(password_hash=known))
            connection.execute(tables.login.delete().where(tables.login.c.account_id == account_id))
            forget_signup(connection, account_id)
            self._announcements.tell(connection, "password_changed", account_id)

        await self._change(message.email, change)

    async def grant(self, message: Grant) -> Account:
        roles = rules.roles_text(message.roles)

        def change(connection: Connection, account_id: str) -> Account:
            connection.execute(update(tables.account).where(tables.account.c.id == account_id).values(roles=roles))
            self._announcements.tell(connection, "roles_granted", account_id, roles=roles.split())
            return household(connection, tables.account.c.id == account_id).account

        return await self._change(message.email, change)

    async def _change(self, email: str, change: Callable[[Connection, str], Any]) -> Any:
        """Changes an account so that its passports no longer count."""

        def unit(connection: Connection) -> Any:
            account_id = owner(connection, email)
            if account_id is None:
                raise NotFound("There is no account with this e-mail")
            self._revocations.add(connection, self._clock.now(), account=account_id)
            return change(connection, account_id)

        changed = await self._db.transact(unit)
        self._revocations.announce()
        return changed


def with_email(email: str) -> ColumnElement[bool]:
    """Chooses the account of the e-mail, however it is written."""
    return tables.account.c.email_folded == rules.folded(email)


def owner(connection: Connection, email: str) -> str | None:
    """The id of the e-mail's account."""
    return connection.scalar(select(tables.account.c.id).where(with_email(email)))


def household(connection: Connection, which: ColumnElement[bool]) -> Household:
    """Raises NotFound."""
    row = connection.execute(select(tables.account).where(which)).one_or_none()
    if row is None:
        raise NotFound("There is no such account")
    query = select(tables.profile).where(tables.profile.c.account_id == row.id).order_by(tables.profile.c.id)
    return Household(account_of(row), [profile_of(profile) for profile in connection.execute(query)])


def account_of(row: Row[Any]) -> Account:
    """The message of an account's row."""
    return Account(row.id, row.email, row.name, rules.roles_of(row.roles), row.home_territory, moment(row.created_at))


def profile_of(row: Row[Any]) -> Profile:
    """The message of a profile's row; its PIN stays behind."""
    return Profile(row.id, row.name, Maturity(row.maturity), row.avatar, row.pin_hash is not None)


def forget_signup(connection: Connection, account_id: str) -> None:
    """A finished sign-up's key opens new logins; it must not after its password is gone."""
    connection.execute(tables.signup_key.delete().where(tables.signup_key.c.account_id == account_id))
    connection.execute(tables.signup.delete().where(tables.signup.c.account_id == account_id))


def _account_row(newcomer: Newcomer, at: int) -> dict[str, Any]:
    return {
        "id": newcomer.account_id,
        "email": newcomer.email,
        "email_folded": rules.folded(newcomer.email),
        "name": newcomer.name,
        "password_hash": newcomer.password_hash,
        "roles": rules.roles_text(newcomer.roles),
        "home_territory": newcomer.territory,
        "created_at": at,
    }


def _profile_row(newcomer: Newcomer) -> dict[str, Any]:
    return {
        "id": newcomer.profile_id,
        "account_id": newcomer.account_id,
        "name": newcomer.name,
        "maturity": int(HIGHEST),
        "avatar": 0,
        "pin_hash": None,
    }
