"""What a connection asks of what it serves: an answer to each head."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import NamedTuple, Protocol

from matinee.cdn.content import Content
from matinee.cdn.head import Head


class Grant:
    """Leave to read one title's files, as a media token gave it. It dies when the session ends."""

    __slots__ = ("alive", "expires", "prefix", "session")

    def __init__(self, session: str, prefix: bytes, expires: float) -> None:
        self.session = session
        self.prefix = prefix
        self.expires = expires
        self.alive = True


class Answer(NamedTuple):
    """`head` are the bytes before the file's, or the whole answer; then come those of `content` from `start` to `end`."""

    head: bytes
    content: Content | None = None
    start: int = 0
    end: int = 0
    grant: Grant | None = None


class Site(Protocol):
    date: bytes
    """The Date header of this second."""
    tick: int
    """Whole seconds of a clock that only goes forward."""

    def answer(self, head: Head) -> Answer | Awaitable[None]:
        """The answer; or what must be waited for before asking again with the same head. Raises BadHead."""
        ...
