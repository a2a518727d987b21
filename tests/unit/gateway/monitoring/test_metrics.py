from __future__ import annotations

import random

import pytest
from prometheus_client import CollectorRegistry

from matinee.gateway.attempt import Attempt
from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.balancing.server import Server
from matinee.gateway.category import SUCCESS, Category
from matinee.gateway.monitoring.journeys import MOST_WAITING, Journeys
from matinee.gateway.monitoring.metrics import MOST_ROUTES, OTHERS, Metrics
from matinee.gateway.request import Peer, Request
from matinee.gateway.routing.routes import Route
from matinee.gateway.wait import Wait
from matinee.gateway.wire.head import read_request
from matinee.services.traffic.contract import Why
from matinee.terms.journey_keeping import Keeping
from matinee.terms.latency import quantile

ONE, TWO = Server("http://127.0.0.1:1", name="api-1"), Server("http://127.0.0.1:2", name="api-2")
CLUSTER = Cluster("api", [ONE, TWO], random.Random(1))
ROUTE = Route("play", "/api/play", CLUSTER)


def tried(server: Server, began: float, took: float, status: int = 200, category: Category = SUCCESS) -> Attempt:
    attempt = Attempt(server, began)
    attempt.sent, attempt.status, attempt.category = began, status, category
    attempt.answered = began + took if status else 0.0
    attempt.ended = began + took
    return attempt


def over(
    *attempts: Attempt,
    took: float = 0.01,
    status: int = 200,
    category: Category = SUCCESS,
    target: str = "/api/play/ttl_1",
    route: Route | None = ROUTE,
    number: int = 1,
) -> Request:
    """A request that began at 100 and is over."""
    head = read_request(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    request = Request(head, Peer("192.0.2.1", "x"), 100.0, 1_800_000_000.0)
    request.id, request.trace = b"req_%032x" % number, b"%032x" % number
    request.route, request.status, request.category = route, status, category
    request.attempts = list(attempts)
    request.ended = 100.0 + took
    return request


class Ticks:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def metrics() -> Metrics:
    made = Metrics(CollectorRegistry())
    made.clusters = [CLUSTER]
    return made


# ---- figures


def test_the_usual_request_counts_for_its_route_and_its_server(metrics: Metrics) -> None:
    for _ in range(3):
        metrics.count(over(tried(ONE, 100.0, 0.008)))
    metrics.settle()
    assert metrics.routes["play"].endings == {(SUCCESS, 200): 3}
    assert metrics.tries.by_name["api-1"].endings == {(SUCCESS, 200): 3}
    assert metrics.tries.origins()["api"].endings == {(SUCCESS, 200): 3}
    assert quantile(metrics.routes["play"].buckets, 0.5) == pytest.approx(0.0085, abs=0.0015)


def test_a_retry_counts_for_each_server_as_it_ended_there(metrics: Metrics) -> None:
    lost = Category.FAILURE_ORIGIN_RESET_CONNECTION
    metrics.count(over(tried(ONE, 100.0, 0.002, 0, lost), tried(TWO, 100.002, 0.004)))
    metrics.settle()
    assert (metrics.routes["play"].retries, metrics.routes["play"].endings) == (1, {(SUCCESS, 200): 1})
    assert metrics.tries.by_name["api-1"].endings == {(lost, 0): 1}
    assert (metrics.tries.by_name["api-2"].retries, metrics.tries.by_name["api-2"].endings) == (1, {(SUCCESS, 200): 1})


def test_an_answer_that_failed_in_the_gateway_is_not_the_servers_fault(metrics: Metrics) -> None:
    metrics.count(over(tried(ONE, 100.0, 0.002), status=500, category=Category.FAILURE_LOCAL))
    metrics.settle()
    assert metrics.tries.by_name["api-1"].endings == {(SUCCESS, 200): 1}
    assert metrics.routes["play"].endings == {(Category.FAILURE_LOCAL, 500): 1}


def test_a_long_poll_is_counted_and_not_timed(metrics: Metrics) -> None:
    metrics.count(over(tried(ONE, 100.0, 20.0), took=20.0, target="/api/x?after=1&wait_s=20"))
    metrics.settle()
    assert sum(metrics.routes["play"].buckets) == 0
    assert metrics.routes["play"].endings == {(SUCCESS, 200): 1}


def test_what_a_slow_client_takes_is_not_counted_as_the_houses_time(metrics: Metrics) -> None:
    metrics.count(over(tried(ONE, 100.0, 0.01), took=60.0))
    metrics.settle()
    assert metrics.routes["play"].seconds == pytest.approx(0.01)


def test_what_is_counted_never_gets_less(metrics: Metrics) -> None:
    gone = Server("http://127.0.0.1:3", name="api-3")
    metrics.count(over(tried(gone, 100.0, 0.01)))
    metrics.settle()
    metrics.count(over(tried(gone, 100.0, 0.01)))
    metrics.settle()
    assert "api-3" not in metrics.tries.by_name
    assert metrics.tries.origins()["api"].endings == {(SUCCESS, 200): 2}


def test_labels_are_bounded(metrics: Metrics) -> None:
    for number in range(MOST_ROUTES + 50):
        metrics.count(over(route=Route(f"r{number}", "/x", CLUSTER)))
    metrics.settle()
    assert len(metrics.routes) == MOST_ROUTES + 1
    assert sum(metrics.routes[OTHERS].endings.values()) == 50


def test_prometheus_has_routes_servers_and_how_they_stand() -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    metrics.clusters = [CLUSTER]
    metrics.count(over(tried(ONE, 100.0, 0.008)))
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in registry.collect()
        for sample in family.samples
    }
    assert found["matinee_gateway_requests_total", "play", "SUCCESS", "200"] == 1
    assert found["matinee_gateway_tries_total", "api", "api-1", "SUCCESS", "200"] == 1
    assert found["matinee_gateway_request_seconds_bucket", "play", "0.01"] == 1
    assert found["matinee_gateway_request_seconds_bucket", "play", "0.005"] == 0


# ---- journeys


def test_a_quick_request_leaves_nothing() -> None:
    journeys = Journeys(tick=Ticks())
    journeys(over(tried(ONE, 100.0, 0.008)))
    assert journeys.take(10) == []


def test_a_slow_one_tells_where_its_time_went() -> None:
    journeys = Journeys("gateway-1", "a", tick=Ticks())
    request = over(
        tried(ONE, 100.2, 1.0, 0, Category.FAILURE_ORIGIN_READ_TIMEOUT),
        tried(TWO, 101.2, 0.5),
        took=2.0,
        target="/api/play/ttl_1?token=s3cret&x=1",
    )
    wait = Wait("PassportSwap", 100.05)
    wait.ended = 100.15
    request.waits = (wait,)
    request.account = "acc_1"
    journeys(request)
    [told] = journeys.take(10)
    assert (told.id, told.why, told.gateway, told.zone) == (request.id.decode(), Why.SLOW, "gateway-1", "a")
    assert told.target == "/api/play/ttl_1?token=...&x=1"
    assert (told.filters_ms, told.first_ms, told.ended_ms) == pytest.approx((200, 1700, 2000))
    assert (told.waits[0].filter, told.waits[0].began_ms, told.waits[0].ended_ms) == pytest.approx(
        ("PassportSwap", 50, 150)
    )
    assert [(each.instance, each.status, each.answered_ms) for each in told.tries] == [
        ("api-1", 0, None),
        ("api-2", 200, pytest.approx(1700)),
    ]


def test_a_slow_body_does_not_make_a_request_slow() -> None:
    journeys = Journeys(tick=Ticks())
    request = over(tried(ONE, 100.0, 9.1), took=9.2)
    request.arrived = 109.0
    journeys(request)
    assert journeys.take(10) == []


def test_a_long_poll_is_slow_only_beyond_its_patience() -> None:
    journeys = Journeys(tick=Ticks())
    journeys(over(tried(ONE, 100.0, 20.5), took=20.5, target="/api/x?wait_s=20"))
    assert journeys.take(10) == []
    journeys(over(tried(ONE, 100.0, 21.5), took=21.5, target="/api/x?wait_s=20"))
    assert [each.why for each in journeys.take(10)] == [Why.SLOW]


@pytest.mark.parametrize(
    ("category", "kept"),
    [
        (Category.FAILURE_ORIGIN_CONNECTIVITY, True),
        (Category.FAILURE_LOCAL, True),
        (Category.FAILURE_LOCAL_THROTTLED, True),
        (Category.FAILURE_CLIENT_TIMEOUT, True),
        (Category.FAILURE_CLIENT_CANCELLED, False),
        (Category.FAILURE_CLIENT_BAD_REQUEST, False),
        (Category.SUCCESS_LOCAL_NO_ROUTE, False),
    ],
)
def test_what_failed_is_kept_and_what_a_client_does_wrong_is_not(category: Category, *, kept: bool) -> None:
    journeys = Journeys(tick=Ticks())
    journeys(over(status=500, category=category))
    assert [each.why for each in journeys.take(10)] == ([Why.FAILED] if kept else [])


def test_one_in_so_many_is_a_sample() -> None:
    journeys = Journeys(tick=Ticks())
    journeys.adopt(Keeping(one_in=10))
    for number in range(25):
        journeys(over(tried(ONE, 100.0, 0.001), number=number))
    assert [(int(each.id[4:], 16), each.why) for each in journeys.take(10)] == [(9, Why.SAMPLE), (19, Why.SAMPLE)]


def test_a_route_may_have_a_threshold_of_its_own() -> None:
    journeys = Journeys(tick=Ticks())
    journeys.adopt(Keeping(routes={"play": 0.1}))
    journeys(over(tried(ONE, 100.0, 0.2), took=0.2))
    journeys(over(took=0.2, route=Route("other", "/", CLUSTER), number=2))
    assert [each.route for each in journeys.take(10)] == ["play"]


def test_when_everything_fails_a_part_is_kept() -> None:
    ticks = Ticks()
    journeys = Journeys(tick=ticks)
    journeys.adopt(Keeping(per_s=2))
    for number in range(100):
        journeys(over(status=500, category=Category.FAILURE_ORIGIN, number=number))
    assert (len(journeys.take(1000)), journeys.left_out) == (20, 80)
    ticks.now += 3
    for number in range(100):
        journeys(over(status=500, category=Category.FAILURE_ORIGIN, number=number))
    assert len(journeys.take(1000)) == 26


def test_what_nobody_hears_waits_within_bounds() -> None:
    ticks = Ticks()
    journeys = Journeys(tick=ticks)
    for number in range(MOST_WAITING + 20):
        ticks.now += 1
        journeys(over(status=500, category=Category.FAILURE_ORIGIN, number=number))
    assert (len(journeys.take(10_000)), journeys.left_out) == (MOST_WAITING, 20)
    journeys.told(MOST_WAITING - 1)
    assert [int(each.id[4:], 16) for each in journeys.take(10)] == [MOST_WAITING - 1]
