from __future__ import annotations

from msgspec import Struct


class Limits(Struct, frozen=True, kw_only=True):
    """The limits of the front door. Times are seconds.

    `header_s` bounds a whole request head from its first byte, `idle_s` a kept connection without a request, `body_s` a
    pause in a request's body, `answer_s` a server's silence, `write_s` a client that takes no bytes, `linger_s` the
    reading-on after an early answer, `drain_s` the end of what is under way when the gateway stops. `pooled_s` is how long
    an unused connection to a server is kept: it must be less than the server's own keep-alive time.
    """

    header_s: float = 10
    idle_s: float = 75
    body_s: float = 30
    answer_s: float = 60
    write_s: float = 60
    linger_s: float = 2
    drain_s: float = 10
    connect_s: float = 1
    pooled_s: float = 3
    head_bytes: int = 64 * 1024
    in_flight: int = 2000

    def times(self) -> tuple[float, ...]:
        """Those that the gateway's one timer keeps."""
        return self.header_s, self.idle_s, self.body_s, self.answer_s, self.write_s, self.linger_s, self.pooled_s
