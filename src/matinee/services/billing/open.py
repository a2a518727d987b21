"""The payment provider by URL."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

from matinee.backends.sql.port import Database
from matinee.runtime.clock import Clock
from matinee.runtime.errors import Invalid
from matinee.runtime.ids import Ids
from matinee.services.billing.contract import Provider
from matinee.services.billing.processor import Processor


def open(url: str, db: Database, clock: Clock, ids: Ids, secret: bytes) -> Processor:
    """`simulated:` keeps tables beside billing's in `db`. `secret` signs webhooks. Raises Invalid for any other URL."""
    match url.partition(":")[0]:
        case "simulated":
            from matinee.services.billing.simulated import Simulated

            return Simulated(db, clock, ids, secret, random.SystemRandom())
        case "stripe":
            raise Invalid("Payments by Stripe are not there yet; use simulated:")
        case scheme:
            raise Invalid(f"no payment provider is called {scheme!r}; use simulated:")


def open_provider(
    processor: Processor, db: Database, clock: Clock, secret: bytes, send: Callable[[bytes, str], Awaitable[None]]
) -> Provider:
    """What serves the simulated provider's own pages; `send(body, signature)` carries its webhooks. Raises Invalid for another."""
    from matinee.services.billing.provider import Service
    from matinee.services.billing.simulated import Simulated

    if not isinstance(processor, Simulated):
        raise Invalid(f"{processor.name} has pages of its own")
    return Service(db, clock, processor, secret, send)
