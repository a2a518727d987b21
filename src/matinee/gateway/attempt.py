from __future__ import annotations

from typing import Any

from matinee.gateway.category import SUCCESS


class Attempt:
    """One try of a request at one server: when it began, went out, was answered and ended (monotonic seconds, 0 where it never
    came so far), and how: the `status` of an answer, else 0 and a `category` that says why there was none."""

    __slots__ = ("answered", "began", "category", "ended", "pooled", "sent", "server", "status")

    def __init__(self, server: Any, began: float) -> None:
        self.server = server
        self.began = began
        self.pooled = False
        self.sent = 0.0
        self.answered = 0.0
        self.ended = 0.0
        self.status = 0
        self.category = SUCCESS
