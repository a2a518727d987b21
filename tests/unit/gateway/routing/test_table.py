from __future__ import annotations

from functools import partial
from random import Random
from typing import Any

import pytest

from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.routing.compiling import compiled
from matinee.gateway.routing.routes import Routes
from matinee.gateway.routing.table import Table
from matinee.terms.route_check import BadTable, read

CLUSTER = Cluster("api", [], Random(1))


def document(name: str, **fields: Any) -> dict[str, Any]:
    return {"routes": [{"name": name, "to": "api", "match": {"prefix": "/api"}, **fields}]}


@pytest.fixture
def routes() -> Routes:
    return Routes()


@pytest.fixture
def table(routes: Routes) -> Table:
    rows = partial(compiled, cluster_of=lambda _: CLUSTER, locate=lambda _: "DE")
    return Table(routes, rows, read(document("house")))


def in_force(routes: Routes) -> str:
    found = routes.find(b"/api/x")
    return found.name if found else ""


def test_what_is_set_stands_over_the_house(routes: Routes, table: Table) -> None:
    assert in_force(routes) == "house"
    table.set(document("operators"))
    assert in_force(routes) == "operators"
    table.rebase(read(document("file")))
    assert in_force(routes) == "operators"
    table.set(None)
    assert in_force(routes) == "file"


def test_a_bad_one_changes_nothing(routes: Routes, table: Table) -> None:
    table.set(document("good"))
    with pytest.raises(BadTable, match="route bad: to: "):
        table.set(document("bad", to="accounts"))
    assert in_force(routes) == "good"
    assert table.now.routes[0].name == "good"
