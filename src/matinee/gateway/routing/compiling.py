"""A row of the table as requests need it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from matinee.gateway.answer import Answer, problem
from matinee.gateway.balancing.cluster import Cluster
from matinee.gateway.errors import UnderMaintenance
from matinee.gateway.routing.conditions import Locate, fits
from matinee.gateway.routing.routes import RANKS, Route
from matinee.gateway.routing.tries import Tries
from matinee.terms import routing
from matinee.terms.route_choice import share_name
from matinee.terms.share import in_share

ClusterOf = Callable[[str], Cluster]
"""The servers of a service by its name, the same object each time: empty as long as none of them is known."""


def compiled(table: routing.RouteTable, cluster_of: ClusterOf, locate: Locate) -> Iterator[Route]:
    """The rows of a checked table, in its order. `locate` gives the territory of an address."""
    for rule in table.routes:
        yield Route(
            name=rule.name,
            prefix=rule.match.prefix,
            cluster=cluster_of(rule.to) if rule.to else None,
            tries=Tries(rule.attempts, rule.try_s, rule.total_s),
            rule=rule,
            rank=RANKS[rule.priority],
            polls=rule.polls,
            rewrite=rule.rewrite.rstrip("/").encode() if rule.rewrite is not None else None,
            answer=_answer(rule),
            fits=fits(rule.match, locate),
            share=_share(rule),
        )


def _answer(rule: routing.Route) -> Answer | None:
    if rule.maintenance is not None:
        return problem(UnderMaintenance(rule.maintenance.message, retry_after_s=rule.maintenance.retry_after_s))
    if rule.answer is not None:
        fields = ((b"content-type", rule.answer.content_type.encode()),) if rule.answer.body else ()
        return Answer(rule.answer.status, fields, rule.answer.body.encode())
    return None


def _share(rule: routing.Route) -> Callable[[str], bool] | None:
    percent, among = rule.match.percent, share_name(rule)
    return None if percent >= 100 else lambda member: in_share(percent, among, member)
