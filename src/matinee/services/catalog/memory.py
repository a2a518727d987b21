from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta

_FRESH = timedelta(seconds=5)
_MOST = 1000  # questions: a class of viewers is a maturity in a territory


class Memory:
    """Lists of names, such as the genres of each class of viewers, for five seconds or until this process changes a title: to
    count them is the one question here that must look at every title."""

    def __init__(self) -> None:
        self._names: dict[Hashable, tuple[datetime, list[str]]] = {}
        self._changes = 0

    async def names(self, key: Hashable, now: datetime, count: Callable[[], Awaitable[list[str]]]) -> list[str]:
        """What is remembered, or what `count` gives."""
        remembered = self._names.get(key)
        if remembered is not None and timedelta(0) <= now - remembered[0] < _FRESH:
            return remembered[1]
        changes = self._changes
        names = await count()
        if changes == self._changes:
            if len(self._names) >= _MOST:
                self._names.clear()
            self._names[key] = (now, names)
        return names

    def forget(self) -> None:
        """A title has changed; what is being counted now is not remembered either."""
        self._changes += 1
        self._names.clear()
