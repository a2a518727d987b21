from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.balancing.server import Server
from matinee.runtime.errors import Invalid


def servers(count: int) -> list[Server]:
    return [Server(f"http://127.0.0.1:{port}") for port in range(1, count + 1)]


def test_of_two_at_random_the_one_with_less_to_do() -> None:
    three = servers(3)
    three[0].in_flight = 10
    cluster = Cluster("x", three, Random(1))
    picked = Counter(cluster.pick(0, ()) for _ in range(300))
    assert picked[three[0]] == 0
    assert min(picked[three[1]], picked[three[2]]) > 80


def test_no_server_is_preferred_among_equals() -> None:
    four = servers(4)
    cluster = Cluster("x", four, Random(1))
    picked = Counter(cluster.pick(0, ()) for _ in range(400))
    assert min(picked.values()) > 60


def test_tried_and_resting_ones_come_last() -> None:
    three = servers(3)
    cluster = Cluster("x", three, Random(1))
    three[1].rests_until = 5
    assert {cluster.pick(0, (three[0],)) for _ in range(20)} == {three[2]}
    assert {cluster.pick(0, (three[0], three[2])) for _ in range(20)} == {three[1]}
    assert {cluster.pick(0, ()) for _ in range(50)} == {three[0], three[2]}
    assert {cluster.pick(6, ()) for _ in range(50)} == set(three)
    assert cluster.pick(0, tuple(three)) is None
    assert Cluster("x", [], Random(1)).pick(0, ()) is None


@pytest.mark.parametrize("url", ["localhost:80", "https://a", "ftp://a", ""])
def test_what_is_no_server(url: str) -> None:
    with pytest.raises(Invalid):
        Server(url)
