from __future__ import annotations

from typing import Protocol

from matinee.gateway.wire.end import End, Line


class Downstream(Protocol):
    """The client's connection, as an exchange writes its answer to it."""

    def write(self, data: bytes) -> None: ...

    def waiting(self) -> None:
        """What the exchange waits for has changed."""
        ...

    def hold(self, *, held: bool) -> None:
        """The server can take no more of the request, or it can again."""
        ...

    def leave(self) -> End:
        """Leaves HTTP; `join` says who is told of the connection from now on, of what came behind the request first."""
        ...

    def join(self, line: Line) -> None: ...

    def over(self, *, keep: bool) -> None:
        """The exchange is over; whether the connection can go on."""
        ...

    def reset(self) -> None:
        """Breaks the connection in the middle of an answer."""
        ...
