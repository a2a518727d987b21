"""The first minutes of a house: its logins, kept so that every later start can print them again."""

from __future__ import annotations

import secrets
from pathlib import Path

import msgspec
from msgspec import Struct

from matinee.app.process import Process
from matinee.services.accounts.contract import Accounts, ByEmail, CreateAccount, EmailTaken
from matinee.services.billing.contract import Billing, Complimentary
from matinee.terms.viewer import Role


class Person(Struct, frozen=True):
    email: str
    password: str
    name: str
    roles: tuple[Role, ...] = ()


async def open_account(process: Process, person: Person) -> None:
    """An account with a complimentary subscription. Raises EmailTaken."""
    territory = process.settings.territory
    message = CreateAccount(person.email, person.password, person.name, frozenset(person.roles), territory)
    await process.client(Accounts).create_account(message)
    await _subscribe(process, person)


async def logins(process: Process) -> list[Person]:
    """The generated logins: who runs the house, and a member. Made at the first start, remembered for the later ones."""
    path = process.home.secrets / "logins.json"
    people = _remembered(path) or _made(path)
    for person in people:
        try:
            await open_account(process, person)
        except EmailTaken:
            await _subscribe(process, person)
    return people


async def _subscribe(process: Process, person: Person) -> None:
    household = await process.client(Accounts).find(ByEmail(person.email))
    await process.client(Billing).complimentary(Complimentary(household.account.id, "premium"))


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
