from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from matinee.terms.routing import Seconds

_MOST = 1_000_000_000

Patience = Annotated[float, Meta(ge=1, le=3600)]
Count = Annotated[int, Meta(ge=1, le=_MOST)]


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits of the front door; they may change while it runs (the property `gateway.limits`). Times are seconds. No value can
    keep everyone out, those who would have to change it back among them.

    `header_s` bounds a whole request head from its first byte, `idle_s` a kept connection without a request, `body_s` a
    pause in a request's body, `answer_s` a server's silence, `write_s` a client that takes no bytes, `linger_s` the
    reading-on after an early answer, `drain_s` the end of what is under way when the gateway stops, `connect_s` the opening
    of a connection to a server. `pooled_s` is how long an unused one is kept: it must be less than the server's own
    keep-alive time. `head_bytes` bounds a request's head.

    `kept_bytes` bounds the answers that are kept for others, `kept_answer_bytes` one of them.

    `tunnels` bounds the WebSocket connections that are open to servers, `lines` the devices that wait for messages here,
    `lines_per_account` those of one account.

    A client that sends or takes less than `bytes_per_s` in the long run (it may be `body_s` or `write_s` behind) is let go.
    `connections` and `connections_per_address` bound what is open; this machine itself is not counted by address.

    `in_flight` bounds what is under way in the gateway, `origin_in_flight` what is at one cluster of servers (Zuul's 200).
    How much of it there may be now is found by how long requests take, `origin_least` always (Gradient2's 20); a wait of
    `unfelt_s` is no overload.
    """

    header_s: Patience = 10
    idle_s: Patience = 75
    body_s: Patience = 30
    answer_s: Patience = 60
    write_s: Patience = 60
    linger_s: Seconds = 2
    drain_s: Seconds = 10
    connect_s: Annotated[float, Meta(ge=0.05, le=3600)] = 1
    pooled_s: Seconds = 3
    head_bytes: Annotated[int, Meta(ge=8 * 1024, le=_MOST)] = 64 * 1024
    bytes_per_s: Annotated[int, Meta(ge=1, le=50_000)] = 500
    connections: Annotated[int, Meta(ge=100, le=_MOST)] = 20_000
    connections_per_address: Annotated[int, Meta(ge=10, le=_MOST)] = 1000
    kept_bytes: Count = 32 * 1024 * 1024
    kept_answer_bytes: Count = 1024 * 1024
    tunnels: Count = 5000
    lines: Count = 10_000
    lines_per_account: Count = 50
    in_flight: Annotated[int, Meta(ge=10, le=_MOST)] = 2000
    origin_in_flight: Annotated[int, Meta(ge=10, le=_MOST)] = 200
    origin_least: Count = 20
    unfelt_s: Seconds = 0.01

    def times(self) -> tuple[float, ...]:
        """Those that the gateway's one timer keeps."""
        return self.header_s, self.idle_s, self.body_s, self.answer_s, self.write_s, self.linger_s, self.pooled_s
