"""The accounts service: each operation is its noun's."""

from __future__ import annotations

import os
from collections.abc import Callable

from matinee.backends.sql.port import Database
from matinee.runtime.clock import Clock
from matinee.runtime.ids import Ids
from matinee.services.accounts import contract as c
from matinee.services.accounts.attempts import Attempts
from matinee.services.accounts.households import Households
from matinee.services.accounts.logins import LoginDesk
from matinee.services.accounts.passports import Keys, PassportOffice
from matinee.services.accounts.passwords import Passwords
from matinee.services.accounts.profiles import ProfileBook
from matinee.services.accounts.revocations import RevocationList
from matinee.services.accounts.signup import Signups


class Service:
    """Implements `contract.Accounts`. `keys` sign the passports; `entropy(n)` gives the random bytes of tokens."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        ids: Ids,
        keys: Keys,
        passwords: Passwords,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._revocations = RevocationList(db)
        attempts = Attempts(db, clock)
        self._passports = PassportOffice(db, clock, ids, keys)
        self._households = Households(db, clock, ids, passwords, self._revocations)
        self._logins = LoginDesk(db, clock, ids, passwords, self._revocations, attempts, entropy)
        self._profiles = ProfileBook(db, clock, ids, passwords, self._revocations, attempts)
        self._signups = Signups(db, clock, ids, passwords, self._households, self._logins)

    async def begin_signup(self, message: c.BeginSignup) -> c.Signup:
        return await self._signups.begin(message)

    async def end_signup(self, message: c.EndSignup) -> c.LoggedIn | None:
        return await self._signups.end(message)

    async def stalled_signups(self, message: c.StalledQuery) -> c.Stalled:
        return await self._signups.stalled(message)

    async def create_account(self, message: c.CreateAccount) -> c.Household:
        return await self._households.create(message)

    async def log_in(self, message: c.LogIn) -> c.LoggedIn:
        return await self._logins.log_in(message)

    async def log_out(self, message: c.ByToken) -> None:
        await self._logins.log_out(message)

    async def passport(self, message: c.ByToken) -> c.Passport:
        return await self._passports.swap(message)

    async def passport_keys(self, message: c.KeysQuery) -> c.PublicKeys:
        del message
        return await self._passports.public_keys()

    async def observe_revocations(self, message: c.ObserveRevocations) -> c.Revocations:
        return await self._revocations.observe(message)

    async def household(self, message: c.ByAccount) -> c.Household:
        return await self._households.by_account(message)

    async def find(self, message: c.ByEmail) -> c.Household:
        return await self._households.by_email(message)

    async def bind_profile(self, message: c.BindProfile) -> c.Profile:
        return await self._profiles.bind(message)

    async def create_profile(self, message: c.CreateProfile) -> c.Profile:
        return await self._profiles.create(message)

    async def update_profile(self, message: c.UpdateProfile) -> c.Profile:
        return await self._profiles.update(message)

    async def delete_profile(self, message: c.ByProfile) -> None:
        await self._profiles.delete(message)

    async def logins(self, message: c.ByAccount) -> c.Logins:
        return await self._logins.all(message)

    async def end_login(self, message: c.EndLogin) -> None:
        await self._logins.end(message)

    async def set_password(self, message: c.SetPassword) -> None:
        await self._households.set_password(message)

    async def grant(self, message: c.Grant) -> c.Account:
        return await self._households.grant(message)
