from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from matinee.gateway.routing.routes import Route, Routes
from matinee.terms.route_check import read
from matinee.terms.routing import RouteTable


class Table:
    """The table in force: the one that operators set while the house runs, as long as they have set one, else `base`."""

    def __init__(self, routes: Routes, compiled: Callable[[RouteTable], Iterable[Route]], base: RouteTable) -> None:
        self._routes = routes
        self._compiled = compiled
        self._base = base
        self._set: RouteTable | None = None
        self._use()

    @property
    def now(self) -> RouteTable:
        return self._set if self._set is not None else self._base

    def rebase(self, base: RouteTable) -> None:
        """What counts where nothing is set has changed."""
        self._base = base
        if self._set is None:
            self._use()

    def set(self, document: Mapping[str, Any] | None) -> None:
        """What operators have set, None: nothing any more. Raises BadTable, and then the table in force stays."""
        self._set = read(document) if document is not None else None
        self._use()

    def _use(self) -> None:
        self._routes.replace(self._compiled(self.now))
