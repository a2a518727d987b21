"""Figures that only grow, made into what happens now: the later less the earlier, and the gateways added up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import starmap
from operator import add, sub

from matinee.services.traffic.contract import Counted, Flow
from matinee.terms.latency import BUCKETS, quantile

NOTHING = Counted({}, [0] * BUCKETS, 0.0)
_REFUSED = "FAILURE_LOCAL_THROTTLED"
_CLIENTS = "FAILURE_CLIENT"


def since(later: Counted, earlier: Counted) -> Counted:
    """What came between two reports of the same gateway. What has less now than before was counted anew."""
    if total(later.ended) < total(earlier.ended):
        return later
    ended = {name: count - earlier.ended.get(name, 0) for name, count in later.ended.items()}
    return Counted(
        {name: count for name, count in ended.items() if count > 0},
        _buckets(sub, later, earlier),
        later.seconds - earlier.seconds,
        later.retries - earlier.retries,
    )


def together(all_counted: Iterable[Counted]) -> Counted:
    """What several gateways have counted."""
    whole = NOTHING
    for counted in all_counted:
        names = {*whole.ended, *counted.ended}
        whole = Counted(
            {name: whole.ended.get(name, 0) + counted.ended.get(name, 0) for name in names},
            _buckets(add, whole, counted),
            whole.seconds + counted.seconds,
            whole.retries + counted.retries,
        )
    return whole


def _buckets(by: Callable[[int, int], int], one: Counted, other: Counted) -> list[int]:
    """A gateway of another version may have others; what does not fit counts for nothing."""
    if len(one.buckets) != len(other.buckets):
        return list(one.buckets)
    return list(starmap(by, zip(one.buckets, other.buckets, strict=True)))


def total(ended: Mapping[str, int]) -> int:
    """All of them."""
    return sum(ended.values())


def failed(ended: Mapping[str, int]) -> int:
    """What went wrong behind the gateway or in it: neither a client's doing nor refused for being too much."""
    return sum(
        count
        for name, count in ended.items()
        if name.startswith("FAILURE_") and not name.startswith((_CLIENTS, _REFUSED))
    )


def refused(ended: Mapping[str, int]) -> int:
    """What the gateway turned away for being too much."""
    return sum(count for name, count in ended.items() if name.startswith(_REFUSED))


def flow(minute: Counted, per_s: float, retries_per_s: float, recent: Sequence[tuple[float, float]]) -> Flow:
    """`minute` is what came in the last one, `recent` all and failed a second in each slot, the oldest first."""
    count = total(minute.ended)
    return Flow(
        per_s=per_s,
        failed=failed(minute.ended) / count if count else 0.0,
        refused=refused(minute.ended) / count if count else 0.0,
        retries_per_s=retries_per_s,
        p50_s=quantile(minute.buckets, 0.5),
        p90_s=quantile(minute.buckets, 0.9),
        p99_s=quantile(minute.buckets, 0.99),
        recent=[whole for whole, _ in recent],
        recent_failed=[bad for _, bad in recent],
    )
