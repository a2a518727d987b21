"""A new server's way to its whole share, after Netflix's edge load balancing (2018): on probation it has one request until its
first answer; then its share grows with its age."""

from __future__ import annotations

from matinee.gateway.balancing.rules import Rules

PROBATION = 0.0
WHOLE = 1.0


def share(age_s: float, rules: Rules) -> float:
    """The share of what it would get that a server gets so long after its first answer."""
    if age_s >= rules.ramp_s:
        return WHOLE
    return rules.ramp_from + (WHOLE - rules.ramp_from) * max(0.0, age_s) / rules.ramp_s
