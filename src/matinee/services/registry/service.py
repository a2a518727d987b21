from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from matinee.backends.sql.port import Database
from matinee.runtime.bell import Bell, heard
from matinee.runtime.clock import Clock, milliseconds
from matinee.runtime.errors import Invalid
from matinee.runtime.rpc import deadline
from matinee.services.registry import rules
from matinee.services.registry.contract import (
    Beat,
    ByInstance,
    Instance,
    Instances,
    InstanceState,
    Lease,
    Mark,
    NoSuchInstance,
    Observe,
)
from matinee.services.registry.marks import Marks

_LONGEST_WAIT_S = 60.0
_LOOK_AGAIN_S = 0.5  # for leases, which end without anybody's doing
_WORDS = frozenset({InstanceState.DRAINING, InstanceState.DOWN, None})


class Held(Struct, frozen=True):
    """An instance as it told of itself. Of the monotonic clock: when it was `heard` last, when its lease ends, when it ended."""

    instance: Instance
    heard: float
    ends: float
    down: float | None = None


class Service:
    """The registry in memory: after a start it is told all it knew within one lease. Only operators' words are stored."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._clock = clock
        self._marks = Marks(database, clock)
        self._held: dict[str, Held] = {}
        self._began = clock.monotonic()
        self._whole = False
        self._cursor = milliseconds(clock.real_now())  # one of before a restart is then not taken for one of ours
        self._bell = Bell()

    async def register(self, message: Instance) -> Lease:
        marks = await self._marks.all()
        known = self._held.get(message.id)
        since = message.since or (known.instance.since if known else None) or self._clock.real_now()
        told = replace(message, since=since, marked=None)
        self._renew(told)
        if known is None or known.down is not None or known.instance != told:
            self._changed()
        return _lease(rules.standing(told.state, marks.get(told.id)))

    async def beat(self, message: Beat) -> Lease:
        marks = await self._marks.all()
        self._settle()
        known = self._held.get(message.instance_id)
        if known is None or known.down is not None:
            raise NoSuchInstance
        told = known.instance
        if message.state is not None and message.state is not told.state:
            told = replace(told, state=message.state)
            self._changed()
        self._renew(told)
        return _lease(rules.standing(told.state, marks.get(told.id)))

    async def leave(self, message: ByInstance) -> None:
        if self._held.pop(message.instance_id, None) is not None:
            self._changed()

    async def mark(self, message: Mark) -> Instance:
        if message.state not in _WORDS:
            raise Invalid("An operator says draining or down, or takes that back", field="state")
        if message.instance_id not in self._held:
            raise NoSuchInstance
        await self._marks.set(message.instance_id, message.state)
        self._changed()
        marks = await self._marks.all()
        known = self._held.get(message.instance_id)
        if known is None:
            raise NoSuchInstance
        return _shown(known, marks.get(message.instance_id))

    async def observe(self, message: Observe) -> Instances:
        marks = await self._marks.all()
        until = self._clock.monotonic() + deadline.patience(message.wait_s, _LONGEST_WAIT_S)
        while True:
            rung = self._bell.listen()
            self._settle()
            left = until - self._clock.monotonic()
            if self._cursor != message.after or left <= 0:
                break
            await heard(rung, min(left, _LOOK_AGAIN_S))
        shown = [_shown(held, marks.get(name)) for name, held in sorted(self._held.items())]
        return Instances(self._cursor, shown, self._whole)

    def _settle(self) -> None:
        """Ends the leases whose time is up, and forgets who has been down for long."""
        now = self._clock.monotonic()
        if not self._whole and now - self._began >= rules.EXPIRES_S:
            self._whole = True
            self._changed()
        running = {name: now - held.heard for name, held in self._held.items() if held.down is None}
        lapsed, spared = rules.verdict(running, [name for name in running if self._held[name].ends < now])
        for name in spared:
            self._held[name] = replace(self._held[name], ends=now + rules.EXPIRES_S)
        for name in lapsed:
            self._held[name] = replace(self._held[name], down=now)
            self._changed()
        for name in [n for n, held in self._held.items() if held.down is not None and now - held.down > rules.SHOWN_S]:
            del self._held[name]
            self._changed()

    def _renew(self, told: Instance) -> None:
        now = self._clock.monotonic()
        self._held[told.id] = Held(told, now, now + rules.EXPIRES_S)

    def _changed(self) -> None:
        self._cursor += 1
        self._bell.ring()


def _lease(state: InstanceState) -> Lease:
    return Lease(rules.EVERY_S, rules.EXPIRES_S, state)


def _shown(held: Held, marked: InstanceState | None) -> Instance:
    own = held.instance.state if held.down is None else InstanceState.DOWN
    return replace(held.instance, state=rules.standing(own, marked), marked=marked)
