"""The lines of this gateway: who is at them, what goes to them, and how long they live."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from random import Random

from matinee.gateway.errors import Overloaded
from matinee.gateway.passport import Known, Passports
from matinee.gateway.push.line import Line
from matinee.gateway.push.parcel import Parcel
from matinee.gateway.push.reader import Reader
from matinee.gateway.traffic import Traffic
from matinee.runtime.bell import Bell
from matinee.runtime.errors import MatineeError, RateLimited
from matinee.services.push.contract import Audience, Holding
from matinee.services.push.rules import meant
from matinee.terms.maturity import HIGHEST

PING_S = 30.0
LIFE_S = 1800.0
"""After so long a device comes anew, as Pushy's do: so that lines spread over the gateways there are, and who they are is asked."""

DITHER = 0.1
"""Of a line's life: those that were opened together do not end together."""

RETRY_S = (1.0, 5.0)
"""A device that lost its line comes back after a time between these, its own: so a gateway's death is no storm on the others."""

PLACES = 60
AT_ONCE = 100
REST_S = 0.005
"""A message for all goes to so many, then others have their turn."""

CHECK_S = 0.8


class Hub:
    """Keeps the lines (`line.Keeper`). `changed` are those readers whose number of lines is to be told; `cursor` is the last
    message that this gateway has heard of."""

    def __init__(self, traffic: Traffic, passports: Passports, random: Random, ping_s: float = PING_S) -> None:
        self._traffic = traffic
        self._passports = passports
        self._random = random
        self._ping_s = ping_s
        self._by_account: dict[str, dict[Reader, set[Line]]] = {}
        self._places: list[set[Line]] = [set() for _ in range(PLACES)]
        self._next = 0
        self._epoch = 0
        self._checks: set[asyncio.Task[None]] = set()
        self.open = 0
        self.cursor = 0
        self.changed: set[Reader] = set()
        self.bell = Bell()
        self.opened: Counter[str] = Counter()
        self.closed: Counter[str] = Counter()
        self.delivered: Counter[str] = Counter()
        passports.on_revoked(self.revoked)

    # ---- lines come and go

    def admit(self, account_id: str) -> None:
        """Raises Overloaded where there are too many lines, RateLimited where this account has too many."""
        limits, traffic = self._traffic.limits, self._traffic
        if self.open >= limits.lines or traffic.draining:
            raise Overloaded("Too many devices are connected here; try again in a moment", retry_after_s=self._wait_s())
        if sum(map(len, self._by_account.get(account_id, {}).values())) >= limits.lines_per_account:
            raise RateLimited("Too many of this account's devices are connected", retry_after_s=60)

    def add(self, line: Line, token: bytes, after: int | None) -> None:
        """From now on the line is sent what is meant for its reader; `after` is the last message that its device has."""
        line.token, line.opened, line.checked = token, self._traffic.tick(), self._epoch
        line.number = self.cursor if after is None else after
        line.place = self._random.randrange(PLACES)
        self._places[line.place].add(line)
        self._traffic.lines.add(line)
        self._seat(line)
        self.open += 1
        self.opened[line.form] += 1
        line.hello(line.number, self._ping_s, self.retry_ms())
        if self._passports.current(token, self._traffic.now()) is None:
            self._recheck(line)  # the login may have been ended while it was asked for

    def lost(self, line: Line, why: str) -> None:
        self._places[line.place].discard(line)
        self._traffic.lines.discard(line)
        self._unseat(line)
        self.open -= 1
        self.closed[why] += 1

    def _seat(self, line: Line) -> None:
        self._by_account.setdefault(line.reader.account_id, {}).setdefault(line.reader, set()).add(line)
        self._tell(line.reader)

    def _unseat(self, line: Line) -> None:
        own = self._by_account[line.reader.account_id]
        own[line.reader].discard(line)
        if not own[line.reader]:
            del own[line.reader]
        if not own:
            del self._by_account[line.reader.account_id]
        self._tell(line.reader)

    def _tell(self, reader: Reader) -> None:
        self.changed.add(reader)
        self.bell.ring()

    def holdings(self, readers: Iterable[Reader]) -> list[Holding]:
        return [
            Holding(*reader, len(self._by_account.get(reader.account_id, {}).get(reader, ()))) for reader in readers
        ]

    def readers(self) -> list[Reader]:
        return [reader for own in self._by_account.values() for reader in own]

    # ---- messages

    async def deliver(self, parcel: Parcel) -> None:
        """To every line that it is meant for."""
        self.cursor = max(self.cursor, parcel.number)
        account = parcel.message.account_id
        lines = self._lines(parcel, self._by_account if account is None else (account,))
        for place, line in enumerate(lines):
            line.deliver(parcel)
            if place % AT_ONCE == AT_ONCE - 1:
                await asyncio.sleep(REST_S)
        self.delivered[parcel.message.kind] += len(lines)

    def _lines(self, parcel: Parcel, accounts: Iterable[str]) -> Sequence[Line]:
        return [
            line
            for account in accounts
            for reader, lines in self._by_account.get(account, {}).items()
            if meant(parcel.message, reader)
            for line in lines
        ]

    # ---- revocations

    def revoked(self, logins: Collection[str] | None, accounts: Collection[str]) -> None:
        """These logins' passports count no longer; None: any may not."""
        if logins is None:
            self._epoch += 1  # asked of each when its turn comes, not of all at once
            return
        for line in self._named(logins, accounts):
            self._recheck(line)

    def _named(self, logins: Collection[str], accounts: Collection[str]) -> list[Line]:
        every = (line for own in self._by_account.values() for lines in own.values() for line in lines)
        return [line for line in every if line.login in logins or line.reader.account_id in accounts]

    def _recheck(self, line: Line) -> None:
        line.checked = self._epoch
        task = asyncio.get_running_loop().create_task(self._check(line))
        self._checks.add(task)
        task.add_done_callback(self._checks.discard)

    async def _check(self, line: Line) -> None:
        """Who it is now. Where that cannot be told in time, the line is closed, and its device told to ask again."""
        try:
            async with asyncio.timeout(CHECK_S):
                found = self._passports.find(line.token, self._traffic.now())
                known = found if isinstance(found, Known) else await found
        except (MatineeError, TimeoutError):
            line.goaway("unsure", self.retry_ms())
            return
        if not known.jwt or known.account != line.reader.account_id:
            line.goaway("logged-out", self.retry_ms())
        elif line in self._places[line.place]:
            self._unseat(line)
            line.reader, line.login = reader_of(known), known.login
            self._seat(line)

    # ---- time

    async def run(self) -> None:
        """The one timer of all lines, until cancelled: each has its turn once in `ping_s`."""
        while True:
            await asyncio.sleep(self._ping_s / PLACES)
            self.turn(self._traffic.tick())

    def turn(self, now: float) -> None:
        """Of the lines whose turn it is: those that did not answer are let go, those that are old asked to come anew."""
        self._next = (self._next + 1) % PLACES
        for line in list(self._places[self._next]):
            if not line.alive:
                line.break_off("silent")
            elif now - line.opened > LIFE_S * (1 + DITHER * (line.place / PLACES * 2 - 1)):
                line.goaway("renew", self.retry_ms())
            else:
                line.ping()
                if line.checked != self._epoch:
                    self._recheck(line)

    def retry_ms(self) -> int:
        """When a device is to come again."""
        return int(self._random.uniform(*RETRY_S) * 1000)

    def _wait_s(self) -> int:
        return 1 + self._random.randrange(5)


def reader_of(known: Known) -> Reader:
    """Who a passport says it is, and what they may be told: a profile with an age limit looks after nothing."""
    if known.profile and known.maturity < HIGHEST:
        return Reader(known.account, known.profile, frozenset())
    audiences = {Audience.GUARDIAN, *(Audience(role) for role in known.roles)}
    return Reader(known.account, known.profile or None, frozenset(audiences))
