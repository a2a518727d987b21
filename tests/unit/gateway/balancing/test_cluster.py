from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.balancing.rules import Rules
from matinee.gateway.balancing.server import Server
from matinee.runtime.errors import Invalid


def servers(count: int, zone: str = "home") -> list[Server]:
    return [Server(f"http://{zone}:{port}", zone=zone) for port in range(1, count + 1)]


def picked(cluster: Cluster, times: int = 1000) -> Counter[Server | None]:
    return Counter(cluster.pick(()) for _ in range(times))


def answers(cluster: Cluster, server: Server, count: int, took_s: float, now: float) -> None:
    assert server in cluster.servers
    for _ in range(count):
        server.record.answered(took_s, now)


def test_of_two_at_random_the_one_with_less_to_do() -> None:
    three = servers(3)
    three[0].in_flight = 10
    cluster = Cluster("x", three, Random(1))
    seen = picked(cluster, 300)
    assert seen[three[0]] == 0
    assert min(seen[three[1]], seen[three[2]]) > 80


def test_no_server_is_preferred_among_equals() -> None:
    four = servers(4)
    assert min(picked(Cluster("x", four, Random(1)), 400)[each] for each in four) > 60


def test_what_was_tried_comes_last_and_once_only() -> None:
    three = servers(3)
    cluster = Cluster("x", three, Random(1))
    cluster.unreachable(three[1], 0)
    assert {cluster.pick((three[0],)) for _ in range(20)} == {three[2]}
    assert {cluster.pick((three[0], three[2])) for _ in range(20)} == {three[1]}
    assert cluster.pick(tuple(three)) is None
    assert Cluster("x", [], Random(1)).pick(()) is None


def test_who_could_not_be_reached_rests_and_comes_back_one_request_at_a_time() -> None:
    three = servers(3)
    cluster = Cluster("x", three, Random(1))
    cluster.sweep(10)
    cluster.unreachable(three[1], 10)
    assert set(picked(cluster)) == {three[0], three[2]}
    cluster.sweep(10.9)
    assert set(picked(cluster)) == {three[0], three[2]}
    cluster.sweep(11.1)
    assert set(picked(cluster)) == set(three)
    three[1].in_flight = 1
    three[0].in_flight = three[2].in_flight = 5
    assert set(picked(cluster)) == {three[0], three[2]}


def test_each_rest_is_longer_until_an_answer_comes() -> None:
    two = servers(2)
    cluster = Cluster("x", two, Random(1))
    cluster.unreachable(two[0], 0)
    cluster.sweep(1.1)
    cluster.unreachable(two[0], 1.1)
    cluster.sweep(2.5)
    assert set(picked(cluster)) == {two[1]}
    cluster.sweep(3.2)
    assert two[0] in picked(cluster)
    two[0].record.answered(0.01, 3.3)
    cluster.sweep(3.4)
    cluster.unreachable(two[0], 3.4)
    cluster.sweep(4.5)
    assert two[0] in picked(cluster)


def test_a_slow_server_is_left_alone_and_tried_again_when_that_has_faded() -> None:
    ten = servers(10)
    cluster = Cluster("x", ten, Random(1))
    for each in ten:
        answers(cluster, each, 20, 5.0 if each is ten[3] else 0.005, 1.0)
    cluster.sweep(1.0)
    assert picked(cluster)[ten[3]] == 0
    for second in range(2, 120):
        for each in ten:
            if each is not ten[3]:
                answers(cluster, each, 20, 0.005, float(second))
        cluster.sweep(float(second))
    assert picked(cluster)[ten[3]] > 50


def test_a_few_long_polls_do_not_make_a_server_slow() -> None:
    three = servers(3)
    cluster = Cluster("x", three, Random(1))
    for each in three:
        answers(cluster, each, 200, 0.005, 1.0)
    answers(cluster, three[0], 2, 30.0, 1.0)
    cluster.sweep(1.0)
    assert three[0].cost == pytest.approx(1.0)


def test_silence_is_seen_before_the_answer_that_never_comes() -> None:
    three = servers(3)
    cluster = Cluster("x", three, Random(1))
    for each in three:
        answers(cluster, each, 10, 0.005, 1.0)
    cluster.sweep(1.0)
    three[1].record.waited(1.0, 1.3)
    cluster.sweep(1.3)
    assert set(picked(cluster)) == {three[0], three[2]}
    for tenths in range(14, 600):
        cluster.sweep(tenths / 10)
    assert three[1] in picked(cluster)


def test_who_answers_others_meanwhile_is_not_silent() -> None:
    two = servers(2)
    cluster = Cluster("x", two, Random(1))
    for each in two:
        answers(cluster, each, 10, 0.005, 30.0)
    two[0].record.waited(1.0, 30.02)
    cluster.sweep(30.02)
    assert two[0].cost == two[1].cost == 1


def test_errors_and_reported_utilisation_cost() -> None:
    three = servers(3)
    cluster = Cluster("x", three, Random(1))
    for each in three:
        answers(cluster, each, 10, 0.005, 1.0)
    three[0].record.failed(1.0, gateway=False)
    three[1].record.reported = b"0.62"
    cluster.sweep(1.0)
    assert three[0].cost > three[2].cost
    assert three[1].cost == pytest.approx(1.6)
    assert set(picked(cluster)) == {three[1], three[2]}


def test_the_first_failure_counts_at_once() -> None:
    three = servers(3)
    cluster = Cluster("x", three, Random(1))
    for each in three:
        answers(cluster, each, 50, 0.005, 1.0)
    cluster.sweep(1.0)
    cluster.failed(three[0], 500, 1.05)
    assert set(picked(cluster)) == {three[1], three[2]}


def test_five_failures_in_a_row_eject_and_one_answer_between_does_not() -> None:
    ten = servers(10)
    cluster = Cluster("x", ten, Random(1))
    cluster.sweep(100)
    for _ in range(4):
        cluster.failed(ten[0], 500, 100)
    ten[0].record.answered(0.005, 100)
    for _ in range(4):
        cluster.failed(ten[0], 500, 100)
    assert not ten[0].standing.ejected(100)
    cluster.failed(ten[0], 500, 100)
    assert ten[0].standing.ejected(100)
    assert picked(cluster)[ten[0]] == 0
    cluster.sweep(129)
    assert picked(cluster)[ten[0]] == 0
    cluster.sweep(130.1)
    assert picked(cluster)[ten[0]] > 0


def test_not_more_than_a_tenth_is_out_but_one_always_may_be() -> None:
    five = servers(5)
    cluster = Cluster("x", five, Random(1))
    cluster.sweep(0)
    for each in five[:2]:
        for _ in range(5):
            cluster.failed(each, 502, 0)
    assert [each.standing.ejected(0) for each in five] == [True, False, False, False, False]
    thirty = servers(30)
    cluster = Cluster("y", thirty, Random(1))
    cluster.sweep(0)
    for each in thirty:
        for _ in range(5):
            cluster.failed(each, 0, 0)
    assert sum(each.standing.ejected(0) for each in thirty) == 3


def test_who_fails_the_first_request_after_an_ejection_is_out_again_for_longer() -> None:
    ten = servers(10)
    cluster = Cluster("x", ten, Random(1))
    cluster.sweep(0)
    for _ in range(5):
        cluster.failed(ten[0], 500, 0)
    cluster.sweep(30)
    cluster.failed(ten[0], 500, 31)
    assert ten[0].standing.ejected(90)
    assert not ten[0].standing.ejected(91.1)


def test_a_passing_check_ends_the_first_ejection_only() -> None:
    ten = servers(10)
    cluster = Cluster("x", ten, Random(1))
    cluster.sweep(0)
    for _ in range(5):
        cluster.failed(ten[0], 500, 0)
    cluster.checked(ten[0], 5, passed=True)
    assert not ten[0].standing.ejected(5)
    cluster.failed(ten[0], 500, 5)
    cluster.checked(ten[0], 10, passed=True)
    assert ten[0].standing.ejected(10)


def test_who_succeeds_less_often_than_the_others_is_ejected() -> None:
    ten = servers(10)
    cluster = Cluster("x", ten, Random(1))
    cluster.sweep(0)
    for each in ten:
        for number in range(200):
            if each is ten[4] and number % 3 == 0:
                cluster.failed(each, 500, 1)
            else:
                each.record.answered(0.005, 1)
    cluster.sweep(10)
    assert [each for each in ten if each.standing.ejected(10)] == [ten[4]]


def test_who_comes_to_others_has_one_request_then_a_growing_share() -> None:
    four = servers(4)
    cluster = Cluster("x", four[:3], Random(1))
    cluster.sweep(0)
    cluster.servers = four
    new = four[3]
    assert picked(cluster)[new] > 0
    new.in_flight = 1
    for each in four[:3]:
        each.in_flight = 9
    assert picked(cluster)[new] == 0
    for each in four:
        each.in_flight = 0
    new.record.answered(0.005, 1)
    cluster.sweep(1)
    early = picked(cluster, 4000)[new]
    cluster.sweep(46)
    later = picked(cluster, 4000)[new]
    cluster.sweep(92)
    whole = picked(cluster, 4000)[new]
    assert 40 < early < 250 < later < 800 < whole


def test_a_new_server_is_better_than_a_slow_one() -> None:
    four = servers(4)
    cluster = Cluster("x", four[:1], Random(1))
    cluster.sweep(0)
    cluster.servers = four
    for each in four:
        answers(cluster, each, 20, 2.0 if each is four[0] else 0.01, 1)
    cluster.sweep(1)
    assert picked(cluster)[four[0]] == 0


def test_all_new_servers_share_alike() -> None:
    cluster = Cluster("x", [], Random(1))
    cluster.sweep(0)
    cluster.servers = servers(4)
    assert min(picked(cluster, 400)[each] for each in cluster.servers) > 60


def test_own_zone_first_and_others_when_it_is_short() -> None:
    own, other = servers(4, "home"), servers(4, "away")
    cluster = Cluster("x", [*own, *other], Random(1), zone="home")
    cluster.sweep(0)
    assert set(picked(cluster)) == set(own)
    for each in own[:2]:
        cluster.checked(each, 1, passed=False)
    seen = picked(cluster, 4000)
    assert sum(seen[each] for each in own) / 4000 == pytest.approx(0.7, abs=0.05)
    assert seen[own[0]] == 0
    for each in own[2:]:
        cluster.checked(each, 2, passed=False)
    assert set(picked(cluster)) == set(other)


def test_the_third_try_is_in_another_zone() -> None:
    own, other = servers(4, "home"), servers(2, "away")
    cluster = Cluster("x", [*own, *other], Random(1), zone="home")
    assert {cluster.pick(own[:1]) for _ in range(50)} == set(own[1:])
    assert {cluster.pick(own[:2]) for _ in range(50)} == set(other)
    assert {cluster.pick([*own[:2], *other]) for _ in range(50)} == set(own[2:])
    alone = Cluster("x", own, Random(1), zone="home")
    assert {alone.pick(own[:2]) for _ in range(50)} == set(own[2:])


def test_who_fails_its_checks_is_left_out_unless_all_do() -> None:
    three = servers(3)
    cluster = Cluster("x", three, Random(1))
    assert not cluster.left_out(three[0])
    cluster.checked(three[0], 1, passed=False)
    assert cluster.left_out(three[0])
    assert not cluster.left_out(three[1])
    cluster.checked(three[1], 1, passed=False)
    cluster.checked(three[2], 1, passed=False)
    assert not any(cluster.left_out(each) for each in three)


def test_a_zone_without_servers_uses_the_others() -> None:
    other = servers(2, "away")
    assert set(picked(Cluster("x", other, Random(1), zone="home"))) == set(other)


def test_a_busy_zone_passes_some_on() -> None:
    own, other = servers(2, "home"), servers(2, "away")
    cluster = Cluster("x", [*own, *other], Random(1), zone="home")
    for each in own:
        each.record.reported = b"0.95"
    cluster.sweep(0)
    seen = picked(cluster, 4000)
    assert 0.5 < sum(seen[each] for each in other) / 4000 < 0.9


def test_with_fewer_than_half_healthy_all_are_used_but_those_that_refuse() -> None:
    ten = servers(10)
    cluster = Cluster("x", ten, Random(1))
    cluster.sweep(0)
    for each in ten[:5]:
        cluster.checked(each, 1, passed=False)
    assert set(picked(cluster)) == set(ten[5:])
    cluster.checked(ten[5], 1, passed=False)
    assert set(picked(cluster)) == set(ten)
    cluster.unreachable(ten[0], 1)
    assert set(picked(cluster)) == set(ten[1:])


def test_who_drains_gets_nothing_new_while_there_is_another() -> None:
    two = servers(2)
    cluster = Cluster("x", two, Random(1))
    two[0].draining = True
    cluster.sweep(1)
    assert set(picked(cluster)) == {two[1]}
    two[1].draining = True
    cluster.sweep(2)
    assert set(picked(cluster)) == set(two)


def test_who_is_gone_keeps_its_requests_and_loses_its_connections() -> None:
    class Pooled:
        parked_at = 5.0
        open = True
        closed = False

        def close(self) -> None:
            self.closed = True

    two = servers(2)
    cluster = Cluster("x", two, Random(1))
    two[0].in_flight = 1
    cluster.servers = two[1:]
    pooled = Pooled()
    two[0].idle.append(pooled)  # pyright: ignore[reportArgumentType] - as much of it as is used
    cluster.tidy(0)
    assert pooled.closed
    later = Pooled()
    two[0].in_flight = 0
    two[0].idle.append(later)  # pyright: ignore[reportArgumentType] - as above
    cluster.tidy(0)
    assert later.closed


def test_rules_can_be_others() -> None:
    three = servers(3)
    cluster = Cluster("x", three, Random(1), rules=Rules(panic_below=0.0))
    for each in three[:2]:
        cluster.checked(each, 1, passed=False)
    assert set(picked(cluster)) == {three[2]}


@pytest.mark.parametrize("url", ["localhost:80", "ftp://a", ""])
def test_what_is_no_server(url: str) -> None:
    with pytest.raises(Invalid):
        Server(url)
