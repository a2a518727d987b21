from __future__ import annotations

from random import Random

import pytest

from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.routing.routes import Route, Routes

CLUSTER = Cluster("api", [], Random(1))
ROUTES = Routes(
    Route(name, prefix, CLUSTER) for name, prefix in [("api", "/api/"), ("play", "/api/play"), ("deep", "/a/b/c")]
)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (b"/api", "api"),
        (b"/api/", "api"),
        (b"/api/x/y/z", "api"),
        (b"/apis", None),
        (b"/api/play", "play"),
        (b"/api/play/ttl_1", "play"),
        (b"/api/player", "api"),
        (b"/a/b", None),
        (b"/a/b/c/d/e/f", "deep"),
        (b"/", None),
        (b"", None),
    ],
)
def test_the_longest_prefix_wins(path: bytes, name: str | None) -> None:
    found = ROUTES.find(path)
    assert (found.name if found else None) == name


def test_everything_and_nothing() -> None:
    everything = Routes([Route("all", "/", CLUSTER)])
    assert all(everything.find(path) is not None for path in (b"/", b"/x/y"))
    assert Routes([]).find(b"/x") is None
