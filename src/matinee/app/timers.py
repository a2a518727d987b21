"""What happens by the calendar: one row a timer. Core runs them as leased jobs in a capacity group of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from msgspec import Struct

from matinee.api.stalled import finish_stalled
from matinee.events.contract import Events, Retire
from matinee.ingest.contract import Ingest, Sweep
from matinee.runtime.clock import Clock
from matinee.runtime.errors import Unavailable
from matinee.services.accounts.contract import Accounts
from matinee.services.billing.contract import Billing, DeliverWebhooks, Provider, RenewDue
from matinee.services.jobs.contract import Jobs, Step, Submit
from matinee.services.jobs.executor import Context, Handler

GROUP = "timers"
C = TypeVar("C")


class Ask(Protocol):
    def __call__(self, contract: type[C], /) -> C: ...


class Timer(Struct, frozen=True):
    """Every `every_s` of calendar time `work` is done with the clients it asks for; again at once while its answer has `more`.
    Slots of `every_s` count from the epoch: 60 is done at each full minute, 86_400 at midnight UTC."""

    name: str
    every_s: int
    work: Callable[[Ask], Awaitable[object]]


TIMERS: Sequence[Timer] = (
    Timer("billing.renew_due", 60, lambda ask: ask(Billing).renew_due(RenewDue())),
    Timer("payments.deliver_webhooks", 60, lambda ask: ask(Provider).deliver_webhooks(DeliverWebhooks())),
    Timer("signup.finish_stalled", 60, lambda ask: finish_stalled(ask(Accounts), ask(Billing))),
    Timer("ingest.sweep", 600, lambda ask: ask(Ingest).sweep(Sweep())),
    Timer("events.retire", 86_400, lambda ask: ask(Events).retire(Retire())),
)


class Timekeeper:
    """Submits each timer's job once a slot of its schedule: the slot's number is in the job's key."""

    def __init__(self, jobs: Jobs, clock: Clock, timers: Sequence[Timer] = TIMERS) -> None:
        self._jobs = jobs
        self._clock = clock
        self._timers = timers
        self._slots: dict[str, int] = {}

    async def run(self) -> None:
        while True:
            await self.tick(self._clock.now())
            await asyncio.sleep(0.5)

    async def tick(self, now: datetime) -> None:
        for timer in self._timers:
            slot = int(now.timestamp()) // timer.every_s
            if self._slots.get(timer.name) != slot:
                await self._jobs.submit(submission(timer, slot))
                self._slots[timer.name] = slot


def submission(timer: Timer, slot: int) -> Submit:
    """The timer's job for one slot of its schedule."""
    step = Step("run", kind(timer), retries=1, runtime_limit_s=300)
    return Submit(f"timer:{timer.name}:{slot}", "timer", timer.name, GROUP, [step])


def kind(timer: Timer) -> str:
    """The name of the step that runs the timer."""
    return f"timer.{timer.name}"


def handler(timer: Timer, ask: Ask) -> Handler:
    """What a worker runs for the timer's job."""

    async def run(_context: Context) -> None:
        for _ in range(1000):
            if not getattr(await timer.work(ask), "more", False):
                return
        raise Unavailable(f"{timer.name} does not come to an end")

    return run
