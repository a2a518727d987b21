from __future__ import annotations

SMOOTHING = 0.3
NOTHING_S = 0.02
WHOLE_S = 0.12


class Lag:
    """How late the event loop is: the processor's load as the gateway feels it. A timer that should ring after some time and
    rings later tells by how much everything else comes late too.
    """

    __slots__ = ("seconds",)

    def __init__(self) -> None:
        self.seconds = 0.0

    def late(self, seconds: float) -> None:
        """A timer rang so much too late."""
        self.seconds += (max(0.0, seconds) - self.seconds) * SMOOTHING

    @property
    def degree(self) -> float:
        """From 0 to 1: none up to 20 ms, the whole at 120 ms."""
        return (self.seconds - NOTHING_S) / (WHOLE_S - NOTHING_S)
