"""What one more request costs at a server: Netflix's three measures ("Rethinking Netflix's Edge Load Balancing", 2018) in one
number. The first is the number of requests under way, which the choice itself multiplies in; here stand client-side health
and the utilisation that a server reports. To them comes latency, as in Finagle's peak EWMA: bad news counts at once and fades
with time, for a server that is avoided gives no news."""

from __future__ import annotations

from collections.abc import Iterable
from math import exp, log
from statistics import median

from matinee.gateway.balancing.record import FLOOR_S, Record

ERRORS = 10.0
"""A server that fails always costs 1 + this many times as much."""

TOLERATED = log(1.5)
"""Latencies so far above the typical one are as good as it: else the quickest by a hair would get all."""

TOLERATED_SILENCE = log(4.0)
UNKNOWN = log(0.1)
MOST = log(10_000.0)


def typical(records: Iterable[Record]) -> float:
    """The logarithm of the latency that is typical of a cluster: the median of its servers'."""
    known = [record.latency for record in records if record.known]
    return median(known) if known else UNKNOWN


def slowness(record: Record, usual: float, keep: float) -> float:
    """How much slower than the others a server is, as a logarithm; `usual` is `typical` of its cluster, `keep` how much of the
    last finding stands. While requests wait and nobody is answered, that counts before the answers do."""
    now = (record.latency - usual) * record.weight / (record.weight + 1) - TOLERATED
    if record.silence_s > 0:
        now = max(now, log(record.silence_s + FLOOR_S) - usual - TOLERATED_SILENCE)
    return min(MOST, max(now, record.slowness * keep, 0.0))


def trouble(record: Record, keep: float = 1.0) -> float:
    """How often a server fails, 0 to 1; `keep` as above."""
    return max(record.error_rate, record.trouble * keep)


def cost(record: Record) -> float:
    """1 for a server that answers as the others do and has nothing to do. Rounded, so that what has nearly faded does not tip a
    choice between equals for ever."""
    return round(exp(record.slowness) * (1.0 + ERRORS * record.trouble) * (1.0 + round(record.utilization, 1)), 1)
