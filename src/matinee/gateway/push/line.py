from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from matinee.gateway.category import SUCCESS, Category
from matinee.gateway.push.parcel import Parcel, event, text
from matinee.gateway.push.reader import Reader
from matinee.gateway.wire.end import End
from matinee.gateway.wire.frames import CLOSE, GOING_AWAY, PING, POLICY, PONG, BadFrame, Frames, farewell, frame

MOST_BEHIND = 100
"""Parcels that wait while it is asked what a device has missed."""

MOST_FRAMES = 20
"""Pings and pongs of a device, between two pings of ours: thousands of them fit into what is read in one go."""

CLOSE_S = 4.0
"""How long a device may take to take the last words (Zuul's)."""

UNACKNOWLEDGED_S = 45.0


class Keeper(Protocol):
    """Who keeps the lines."""

    def lost(self, line: Line, why: str) -> None: ...

    def retry_ms(self) -> int: ...


class Line:
    """The connection of one device, as messages go to it (`wire.end.Line`). It never holds more than what the transport takes: a
    device that is sent something while it takes nothing is let go, and comes back to what it has missed.

    `number` is the last message that it has; `behind` holds what comes while it is asked what it has missed. `opened` is
    monotonic.
    """

    __slots__ = (
        "_end", "_full", "_keeper", "_left", "alive", "behind", "checked", "login", "number", "opened", "place", "reader", "token",
    )  # fmt: skip
    form = ""

    def __init__(self, end: End, left: Callable[[Category], None], keeper: Keeper, reader: Reader, login: str) -> None:
        self._end = end
        self._left: Callable[[Category], None] | None = left
        self._keeper = keeper
        self._full = False
        self.reader = reader
        self.login = login
        self.token = b""
        self.number = 0
        self.behind: list[Parcel] | None = None
        self.alive = True
        self.opened = 0.0
        self.place = 0
        self.checked = 0
        end.patient(UNACKNOWLEDGED_S)

    # ---- out

    def deliver(self, parcel: Parcel) -> None:
        """Sends it, unless the device has it."""
        if self.behind is not None:
            self.behind.append(parcel)
            del self.behind[:-MOST_BEHIND]
        elif parcel.number > self.number and self._left is not None:
            self.number = parcel.number
            self._write(self._made(parcel))

    def caught_up(self, missed: list[Parcel]) -> None:
        """What it has missed, then what has come since that was asked."""
        waiting, self.behind = self.behind or [], None
        for parcel in sorted([*missed, *waiting], key=lambda each: each.number):
            self.deliver(parcel)

    def hello(self, number: int, ping_s: float, retry_ms: int) -> None:
        raise NotImplementedError

    def ping(self) -> None:
        raise NotImplementedError

    def goaway(self, why: str, retry_ms: int) -> None:
        """The device is asked to come again in a while, and the line closed."""
        if self._left is not None:
            self._last_words(why, retry_ms)
            self._over(why, SUCCESS)

    def drain(self) -> None:
        self.goaway("draining", self._keeper.retry_ms())

    @property
    def over(self) -> bool:
        return self._left is None

    def break_off(self, why: str) -> None:
        """Ends it at once: whoever is there takes nothing."""
        if self._left is not None:
            self._end.abort()
            self._over(why, Category.FAILURE_CLIENT_TIMEOUT)

    def _write(self, data: bytes) -> None:
        if self._full:
            self.break_off("slow")
        else:
            self._end.write(data)

    def _made(self, parcel: Parcel) -> bytes:
        raise NotImplementedError

    def _last_words(self, why: str, retry_ms: int) -> None:
        raise NotImplementedError

    def _over(self, why: str, category: Category) -> None:
        left, self._left = self._left, None
        if left is None:
            return
        self._keeper.lost(self, why)
        self._end.close(CLOSE_S)
        left(category)

    # ---- what is told of the connection

    def came(self, data: bytes) -> None:
        raise NotImplementedError

    def ended(self) -> None:
        self._over("left", SUCCESS)

    def gone(self) -> None:
        self._over("left", SUCCESS)

    def full(self, full: bool) -> None:  # noqa: FBT001
        self._full = full


class EventStream(Line):
    """Server-Sent Events: an answer without an end."""

    __slots__ = ()
    form = "events"

    def hello(self, number: int, ping_s: float, retry_ms: int) -> None:
        self._write(event("hello", {"ping_s": ping_s}, number, retry_ms))

    def ping(self) -> None:
        self._write(b": \n\n")

    def came(self, data: bytes) -> None:
        """Who asked for this has nothing more to say."""

    def _made(self, parcel: Parcel) -> bytes:
        return parcel.event

    def _last_words(self, why: str, retry_ms: int) -> None:
        self._end.write(event("goaway", {"why": why, "retry_ms": retry_ms}, retry_ms=retry_ms))


class Socket(Line):
    """WebSocket."""

    __slots__ = ("_frames", "_frames_heard")
    form = "websocket"

    def __init__(self, end: End, left: Callable[[Category], None], keeper: Keeper, reader: Reader, login: str) -> None:
        super().__init__(end, left, keeper, reader, login)
        self._frames = Frames()
        self._frames_heard = 0

    def hello(self, number: int, ping_s: float, retry_ms: int) -> None:
        self._write(text("hello", {"ping_s": ping_s, "retry_ms": retry_ms}, number))

    def ping(self) -> None:
        self.alive = False
        self._frames_heard = 0
        self._write(frame(PING))

    def came(self, data: bytes) -> None:
        if self._left is None:
            return
        try:
            for opcode, payload in self._frames.take(data):
                self._heard(opcode, payload)
                if self.over:
                    break
        except BadFrame as bad:
            self._end.write(farewell(bad.code, str(bad)))
            self._over("refused", Category.FAILURE_CLIENT_BAD_REQUEST)

    def _heard(self, opcode: int, payload: bytes) -> None:
        self.alive = True
        if opcode == CLOSE:
            self._end.write(frame(CLOSE, payload[:2]))
            self._over("left", SUCCESS)
            return
        self._frames_heard += 1
        if self._frames_heard > MOST_FRAMES:
            raise BadFrame(POLICY, "too many pings and pongs")
        if opcode == PING:
            self._write(frame(PONG, payload))

    def _made(self, parcel: Parcel) -> bytes:
        return parcel.text

    def _last_words(self, why: str, retry_ms: int) -> None:
        self._end.write(text("goaway", {"why": why, "retry_ms": retry_ms}) + farewell(GOING_AWAY, why))
