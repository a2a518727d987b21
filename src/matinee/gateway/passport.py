"""Tokens swapped for passports: who a member is, as `accounts` signed it.

A passport is kept for at most half a minute, and only while `accounts` is being watched for revocations: a login that is
ended is out of the cache as soon as the watch tells it, and where the watch has been broken for over a second nothing in the
cache counts.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
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
    """What is known of a token. Nothing in `jwt`: it is no one's. `until` is monotonic, `expires` calendar time in seconds."""

    jwt: bytes
    account: str
    login: str
    until: float
    expires: float
    profile: str = ""
    maturity: int = 0
    roles: frozenset[str] = frozenset()


Told = Callable[[Collection[str] | None, Collection[str]], None]
"""Is told the logins and accounts whose passports no longer count; None: any may not, since it could not be heard."""


class Passports:
    """`watch` must run as long as this is used; without it every token is asked for each time."""

    def __init__(self, accounts: Accounts, clock: Clock, size: int = 20_000) -> None:
        self._accounts = accounts
        self._clock = clock
        self._known: LRUCache[bytes, Known | None] = LRUCache(maxsize=size)
        self._unknown: LRUCache[bytes, Known | None] = LRUCache(maxsize=max(1, size // 4))
        self._asked: dict[bytes, asyncio.Task[Known]] = {}
        self._cursor = -1
        self._heard = float("-inf")
        self._epoch = 0
        self._told: list[Told] = []
        self._missed = False

    def on_revoked(self, told: Told) -> None:
        """`told` is called with every revocation, for what goes on after its request."""
        self._told.append(told)

    @property
    def trusted(self) -> bool:
        """Whether the watch has heard from accounts within the last second."""
        return self._clock.monotonic() - self._heard <= TRUST_S

    def find(self, token: bytes, at: float) -> Known | Awaitable[Known]:
        """What is known of a token: at once from the cache, else to be awaited. `at` is calendar time in seconds.

        The awaitable raises Unavailable when accounts cannot tell.
        """
        return self.current(token, at) or self._ask(token)

    def current(self, token: bytes, at: float) -> Known | None:
        """What the cache knows of a token, as long as that counts."""
        known = self._known.get(token) or self._unknown.get(token)
        now = self._clock.monotonic()
        if known is None or now >= known.until or at >= known.expires or now - self._heard > TRUST_S:
            return None
        return known

    def forget(self, token: bytes) -> None:
        """The next request with this token asks accounts, and is not given an answer from before."""
        self._epoch += 1
        self._asked.pop(token, None)
        self._known.pop(token, None)
        self._unknown.pop(token, None)

    async def _ask(self, token: bytes) -> Known:
        """One question at a time for a token, however many requests carry it."""
        task = self._asked.get(token)
        if task is None:
            task = self._asked[token] = asyncio.create_task(self._fetch(token))
            task.add_done_callback(partial(self._answered, token))
        return await asyncio.shield(task)

    def _answered(self, token: bytes, task: asyncio.Task[Known]) -> None:
        if self._asked.get(token) is task:
            del self._asked[token]
        if not task.cancelled():
            task.exception()  # whoever asked may be gone; then nobody else looks at it

    async def _fetch(self, token: bytes) -> Known:
        epoch, trusted = self._epoch, self.trusted
        try:
            known = self._stamped(await self._accounts.passport(ByToken(token.decode())))
        except (Unauthenticated, Invalid):
            known = Known(b"", "", "", self._clock.monotonic() + UNKNOWN_S, float("inf"))
        except MatineeError as error:
            raise Unavailable("Who you are cannot be checked now; try again in a moment") from error
        if trusted and epoch == self._epoch:  # no revocation was told meanwhile
            kept = self._known if known.jwt else self._unknown  # or made-up tokens would push out the members'
            kept[token] = known
        return known

    def _stamped(self, passport: Passport) -> Known:
        until, expires = self._clock.monotonic() + LIFE_S, passport.expires_at.timestamp()
        return Known(
            passport.jwt.encode(),
            passport.account_id,
            passport.login,
            until,
            expires,
            passport.profile_id or "",
            int(passport.maturity),
            frozenset(role.value for role in passport.roles),
        )

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
        if self._missed:
            self._missed = False
            self._tell(None, ())

    def _drop(self, told: Revocations) -> None:
        if not told.logins and not told.accounts:
            return
        self._epoch += 1
        self._asked.clear()  # who asks from now on must not be given an answer from before
        logins, accounts = set(told.logins), set(told.accounts)
        for token, known in list(self._known.items()):
            if known and (known.login in logins or known.account in accounts):
                del self._known[token]
        self._tell(logins, accounts)

    def _tell(self, logins: Collection[str] | None, accounts: Collection[str]) -> None:
        for told in self._told:
            told(logins, accounts)

    def _distrust(self) -> None:
        """Forgets all, and where the list was read: what was missed cannot be known."""
        self._epoch += 1
        self._missed = True
        self._cursor = -1
        self._heard = float("-inf")
        self._known.clear()
        self._unknown.clear()
