from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0, le=3600)]


class EjectionRules(Struct, frozen=True, forbid_unknown_fields=True):
    """When a server is left out for a while; names and numbers are Envoy's (`outlier_detection`).

    `consecutive_5xx` counts failures of every kind, `consecutive_gateway_failure` 502, 503, 504 and no answer at all. The
    success rate of each server is compared every `interval_s`, where `success_rate_hosts` of them had
    `success_rate_requests` each. At most `most_share` are out at a time, but one always may be.
    """

    consecutive_5xx: Count = 5
    consecutive_gateway_failure: Count = 5
    interval_s: Seconds = 10.0
    base_s: Seconds = 30.0
    most_s: Seconds = 300.0
    most_share: Share = 0.1
    success_rate_hosts: Count = 5
    success_rate_requests: Count = 100
    success_rate_deviations: Annotated[float, Meta(gt=0)] = 1.9


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """How a cluster shares requests out. What goes on counts as now for `now_s`, and what was found of a server fades with
    `decay_s`. A new one comes up to its whole share in `ramp_s` from `ramp_from`. `overprovisioning` and `panic_below` are
    Envoy's: a zone with fewer than 1 / 1.4 of its servers healthy passes some of its requests on, and with fewer than half,
    nobody believes the health checks."""

    now_s: Seconds = 1.0
    decay_s: Seconds = 10.0
    ramp_s: Seconds = 90.0
    ramp_from: Annotated[float, Meta(gt=0, le=1)] = 0.1
    overprovisioning: Annotated[float, Meta(ge=1, le=10)] = 1.4
    panic_below: Share = 0.5
    ejection: EjectionRules = EjectionRules()


RULES = Rules()
