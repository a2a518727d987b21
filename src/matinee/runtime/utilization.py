from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from math import exp

EVERY_S = 0.25
_SMOOTH_S = 0.5


class Utilization:
    """How busy this process's event loop is: 0 idle, 1 always busy. One timer four times a second; reading costs nothing.

    Of two measures the larger counts: the share of the time that the loop's thread used a processor, and the share by which
    the timer came too late, which shows a loop that is held up by anything else (a processor that others use, a disk).
    Run `measure` in the loop that is meant.
    """

    def __init__(
        self, tick: Callable[[], float] = time.monotonic, used: Callable[[], float] = time.thread_time
    ) -> None:
        self._tick = tick
        self._used = used
        self.share = 0.0
        self.written = b"0.00"
        """As it stands in a header."""

    async def measure(self) -> None:
        """Measures until it is cancelled."""
        while True:
            began, used = self._tick(), self._used()
            await asyncio.sleep(EVERY_S)
            self.measured(self._tick() - began, self._used() - used)

    def measured(self, took_s: float, used_s: float) -> None:
        """A nap of `EVERY_S` took so long, and the thread used the processor for `used_s` meanwhile."""
        if took_s <= 0:
            return
        busy = min(1.0, max(used_s / took_s, 1.0 - EVERY_S / took_s))
        keep = exp(-took_s / _SMOOTH_S)
        self.share = self.share * keep + busy * (1.0 - keep)
        self.written = b"%.2f" % self.share
