"""What happens by the calendar: one row a timer. Core runs them as leased jobs in a capacity group of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from matinee.ingest.contract import Ingest, Sweep
from matinee.runtime.clock import Clock
from matinee.runtime.errors import Unavailable
from matinee.services.billing.contract import Billing, DeliverWebhooks, Provider, RenewDue
from matinee.services.jobs.contract import Jobs, Step, Submit
from matinee.services.jobs.executor import Context, Handler

GROUP = "timers"


class Timer(Struct, frozen=True):
    """`every_s` of calendar time the operation of the contract is called with the message."""

    name: str
    every_s: int
    contract: type
    operation: str
    message: Any


TIMERS: Sequence[Timer] = (
    Timer("billing.renew_due", 60, Billing, "renew_due", RenewDue()),
    Timer("payments.deliver_webhooks", 60, Provider, "deliver_webhooks", DeliverWebhooks()),
    Timer("ingest.sweep", 600, Ingest, "sweep", Sweep()),
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
    step = Step("run", kind(timer), retries=1, runtime_limit_s=300)
    return Submit(f"timer:{timer.name}:{slot}", "timer", timer.name, GROUP, [step])


def kind(timer: Timer) -> str:
    return f"timer.{timer.name}"


def handler(timer: Timer, client: Any) -> Handler:
    """What a worker runs for the timer's job: the operation, again while it says there is more."""

    async def run(_: Context) -> None:
        for _ in range(1000):
            answer = await getattr(client, timer.operation)(timer.message)
            if not getattr(answer, "more", False):
                return
        raise Unavailable(f"{timer.name} does not come to an end")

    return run
