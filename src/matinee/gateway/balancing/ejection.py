"""Leaving out a server whose answers differ from the others' (Envoy's outlier detection, `outlier_detection.proto`)."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from matinee.gateway.balancing.record import Record
from matinee.gateway.balancing.rules import EjectionRules


def fails(record: Record, rules: EjectionRules) -> bool:
    """Whether a server has failed too often in a row."""
    return record.in_a_row >= rules.consecutive_5xx or record.gateway_in_a_row >= rules.consecutive_gateway_failure


def room(out: int, servers: int, rules: EjectionRules) -> bool:
    """Whether one more of so many servers may be out."""
    return out < max(1, int(servers * rules.most_share))


def lasts_s(times: int, rules: EjectionRules) -> float:
    """How long the ejection lasts that is a server's `times`-th in short order."""
    return min(rules.base_s * times, rules.most_s)


def outliers(counts: Sequence[tuple[int, int]], rules: EjectionRules) -> list[int]:
    """Which servers (by their place in `counts`: successes, requests) succeed so much less often than the average that it is no
    chance: below the mean of the rates less 1.9 deviations."""
    rates = {place: good / all_ for place, (good, all_) in enumerate(counts) if all_ >= rules.success_rate_requests}
    if len(rates) < rules.success_rate_hosts:
        return []
    mean = sum(rates.values()) / len(rates)
    deviation = sqrt(sum((rate - mean) ** 2 for rate in rates.values()) / len(rates))
    least = mean - rules.success_rate_deviations * deviation
    return [place for place, rate in rates.items() if rate < least]
