"""Tokens swapped for passports: who a member is, as `accounts` signed it.

A passport is kept for at most half a minute, and only while `accounts` is being watched for revocations: a login that is
ended is out of the cache as soon as the watch tells it, and where the watch has been broken for over a second nothing in the
cache counts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from functools import partial
from typing import NamedTuple

from cachebox import LRUCache

from matinee.runtime.clock import Clock
from matinee.runtime.errors import Invalid, MatineeError, Unauthenticated, Unavailable
from matinee.runtime.rpc import deadline
from matinee.services.accounts.contract import Accounts, ByToken, ObserveRevocations, Passport, Revocations

log = logging.getLogger("matinee.gateway")

LIFE_S = 30.0
UNKNOWN_S = 5.0
WAIT_S = 0.4
TRUST_S = 1.0
MOST_BACK_OFF_S = 2.0


class Known(NamedTuple):
    """None in `passport`: the token is no one's. `until` is monotonic, `expires` calendar time in seconds."""

    passport: Passport | None
    until: float
    expires: float


class Passports:
    """`watch` must run as long as this is used; without it every token is asked for each time."""

    def __init__(self, accounts: Accounts, clock: Clock, size: int = 20_000) -> None:
        self._accounts = accounts
        self._clock = clock
        self._known: LRUCache[str, Known | None] = LRUCache(maxsize=size)
        self._asked: dict[str, asyncio.Task[Passport | None]] = {}
        self._cursor = -1
        self._heard = float("-inf")
        self._epoch = 0

    @property
    def trusted(self) -> bool:
        """Whether the watch has heard from accounts within the last second."""
        return self._clock.monotonic() - self._heard <= TRUST_S

    def find(self, token: str) -> Passport | Awaitable[Passport | None] | None:
        """The passport of a token, or None where it is no one's; at once from the cache, else to be awaited.

        The awaitable raises Unavailable when accounts cannot tell.
        """
        known = self._known.get(token)
        now = self._clock.monotonic()
        if known is None or now >= known.until or now - self._heard > TRUST_S:
            return self._ask(token)
        if known.passport is not None and self._clock.now().timestamp() >= known.expires:
            return self._ask(token)
        return known.passport

    async def _ask(self, token: str) -> Passport | None:
        """One question at a time for a token, however many requests carry it."""
        task = self._asked.get(token)
        if task is None:
            task = self._asked[token] = asyncio.create_task(self._fetch(token))
            task.add_done_callback(partial(self._answered, token))
        return await asyncio.shield(task)

    def _answered(self, token: str, task: asyncio.Task[Passport | None]) -> None:
        if self._asked.get(token) is task:
            del self._asked[token]
        if not task.cancelled():
            task.exception()  # whoever asked may be gone; then nobody else looks at it

    async def _fetch(self, token: str) -> Passport | None:
        epoch, trusted = self._epoch, self.trusted
        try:
            passport = await self._accounts.passport(ByToken(token))
        except (Unauthenticated, Invalid):
            passport = None
        except MatineeError as error:
            raise Unavailable("Who you are cannot be checked now; try again in a moment") from error
        if trusted and epoch == self._epoch:  # no revocation was told meanwhile
            self._keep(token, passport)
        return passport

    def _keep(self, token: str, passport: Passport | None) -> None:
        now = self._clock.monotonic()
        if passport is None:
            self._known[token] = Known(None, now + UNKNOWN_S, 0)
        else:
            self._known[token] = Known(passport, now + LIFE_S, passport.expires_at.timestamp())

    # ---- revocations

    async def watch(self) -> None:
        """Watches accounts for revocations until it is cancelled; after an error again, with back-off."""
        pause = 0.05
        while True:
            try:
                await self._observe()
                pause = 0.05
            except (MatineeError, OSError, TimeoutError) as error:
                self._distrust()
                log.warning("accounts does not tell revocations: %s", error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, MOST_BACK_OFF_S)

    async def _observe(self) -> None:
        question = ObserveRevocations(self._cursor, 0 if self._cursor < 0 else WAIT_S)
        with deadline.within(WAIT_S + TRUST_S):
            told = await self._accounts.observe_revocations(question)
        self._drop(told)
        self._cursor = told.cursor
        self._heard = self._clock.monotonic()

    def _drop(self, told: Revocations) -> None:
        if not told.logins and not told.accounts:
            return
        self._epoch += 1
        self._asked.clear()  # who asks from now on must not be given an answer from before
        logins, accounts = set(told.logins), set(told.accounts)
        for token, known in list(self._known.items()):
            if known and known.passport and (known.passport.login in logins or known.passport.account_id in accounts):
                del self._known[token]

    def _distrust(self) -> None:
        """Forgets all, and where the list was read: what was missed cannot be known."""
        self._epoch += 1
        self._cursor = -1
        self._heard = float("-inf")
        self._known.clear()
