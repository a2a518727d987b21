"""The first minutes of a house: its logins, kept so that every later start can print them again."""

from __future__ import annotations

import secrets
from pathlib import Path

import msgspec
from msgspec import Struct

from matinee.app.process import Process
from matinee.runtime.errors import NotFound
from matinee.services.accounts.contract import Accounts, ByEmail, CreateAccount, Household
from matinee.services.billing.contract import Billing, ByAccount, Complimentary
from matinee.terms.viewer import Role


class Person(Struct, frozen=True):
    email: str
    password: str
    name: str
    roles: tuple[Role, ...] = ()


async def open_account(process: Process, person: Person) -> None:
    """An account with a complimentary subscription. Raises EmailTaken."""
    message = CreateAccount(
        person.email, person.password, person.name, frozenset(person.roles), process.settings.territory
    )
    await _subscribe(process, await process.client(Accounts).create_account(message))


async def logins(process: Process) -> list[Person]:
    """The generated logins: who runs the house, and a member. Made at the first start, remembered for the later ones."""
    path = process.home.secrets / "logins.json"
    people = _remembered(path) or _made(path)
    for person in people:
        try:
            household = await process.client(Accounts).find(ByEmail(person.email))
        except NotFound:
            await open_account(process, person)
        else:
            await _subscribe(process, household)
    return people


async def _subscribe(process: Process, household: Household) -> None:
    """Once: a start that was broken off may have left the account without."""
    billing, account_id = process.client(Billing), household.account.id
    if not (await billing.entitlement(ByAccount(account_id))).plays:
        await billing.complimentary(Complimentary(account_id, "premium"))


def _remembered(path: Path) -> list[Person]:
    return msgspec.json.decode(path.read_bytes(), type=list[Person]) if path.exists() else []


def _made(path: Path) -> list[Person]:
    people = [
        Person("owner@matinee.example", _password(), "Owner", (Role.EDITOR, Role.OPERATOR)),
        Person("member@matinee.example", _password(), "Member"),
    ]
    draft = path.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(people)))
    draft.replace(path)
    return people


def _password() -> str:
    """Four groups of four: 75 bits, and easy to type from a screen."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))
