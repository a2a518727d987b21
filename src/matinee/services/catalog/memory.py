from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from matinee.terms.maturity import Maturity
from matinee.terms.territory import Territory
from matinee.terms.viewer import Viewer

_FRESH = timedelta(seconds=5)
_MOST = 1000  # classes of viewers: a maturity in a territory


class GenreMemory:
    """The genres of each class of viewers, for five seconds or until this process changes a title: to count them is the one
    question here that must look at every title."""

    def __init__(self) -> None:
        self._names: dict[tuple[Maturity, Territory], tuple[datetime, list[str]]] = {}
        self._changes = 0

    async def names(self, viewer: Viewer, now: datetime, count: Callable[[], Awaitable[list[str]]]) -> list[str]:
        """What is remembered, or what `count` gives."""
        key = (viewer.maturity, viewer.territory)
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
