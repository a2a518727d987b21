"""Which routes the gateway of a house has: what operators have set, else `routes.toml` in its home, else the standard ones."""

from __future__ import annotations

import asyncio
import logging
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matinee.app.following import following
from matinee.app.process import Process
from matinee.runtime.errors import Invalid
from matinee.terms.gateway_properties import ROUTE_TABLE
from matinee.terms.route_check import BadTable, read
from matinee.terms.routing import RouteTable
from matinee.terms.standard_routes import STANDARD
from matinee.terms.territory import Territory

if TYPE_CHECKING:
    from matinee.api.route_tables import RouteTables
    from matinee.gateway.balancing.cluster import Cluster
    from matinee.gateway.routing.routes import Routes

FILE = "routes.toml"
_PAUSE_S = 1.0

log = logging.getLogger("matinee.gateway")


def table_of(path: Path) -> RouteTable:
    """The table of a TOML file. Raises Invalid with a sentence that names file, route and field."""
    try:
        return read(tomllib.loads(path.read_text("utf-8")))
    except (BadTable, tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise Invalid(f"{path}: {wrong}") from wrong
    except OSError as wrong:
        raise Invalid(f"{path} cannot be read: {wrong.strerror}") from wrong


class RoutesFile:
    """The table where operators have set none: of a file that may come, change and go while the house runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._stamp()

    def table(self) -> RouteTable:
        """Raises Invalid where the file is wrong."""
        return table_of(self._path) if self._path.exists() else STANDARD

    async def watch(self, apply: Callable[[RouteTable], None]) -> None:
        """Tells of every change of the file; of one that is wrong, only the log."""
        while True:
            await asyncio.sleep(_PAUSE_S)
            stamp = self._stamp()
            if stamp == self._seen:
                continue
            self._seen = stamp
            try:
                apply(self.table())
                log.info("the routes of %s count where none are set", self._path.name)
            except Invalid as wrong:
                log.error("not used: %s", wrong.detail)  # noqa: TRY400 - the sentence says it all

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def route_tables(process: Process) -> RouteTables:
    """The tables as operators work on them."""
    from matinee.api.route_tables import RouteTables
    from matinee.services.registry.contract import Properties, Registry

    file = RoutesFile(process.home.path / FILE)
    return RouteTables(process.client(Properties), process.client(Registry), file.table)


def route(
    process: Process, routes: Routes, cluster_of: Callable[[str], Cluster], locate: Callable[[str], Territory]
) -> None:
    """Fills the gateway's routes, and keeps them as operators say. Raises Invalid where `routes.toml` is wrong."""
    from matinee.gateway.routing.compiling import compiled
    from matinee.gateway.routing.table import Table

    file = RoutesFile(process.home.path / FILE)
    table = Table(routes, partial(compiled, cluster_of=cluster_of, locate=locate), file.table())
    kind: type[dict[str, Any]] = dict
    following(process).subscribe(ROUTE_TABLE, kind, table.set)
    process.run("routes.toml", partial(file.watch, table.rebase))
