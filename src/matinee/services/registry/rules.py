"""When a lease ends, and what state counts. Pure: ages and states come in."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from matinee.services.registry.contract import InstanceState

EVERY_S, EXPIRES_S = 3.0, 10.0
"""A lease outlives three beats that were lost."""

SHOWN_S = 600.0
"""An instance that is down is still shown to operators for so long."""

BELIEVED_S = 3600.0
"""So long silence that is no one's alone is taken for the registry's own trouble."""

_LESS_WORK = (InstanceState.UP, InstanceState.STARTING, InstanceState.DRAINING, InstanceState.DOWN)


def verdict(ages: Mapping[str, float], overdue: Collection[str]) -> tuple[Collection[str], Collection[str]]:
    """Whose lease ends and who gets another one, of those `overdue`. `ages` are the seconds since each that counts as running
    was last heard of.

    Eureka's self-preservation: where most have fallen silent at once it is the registry that is cut off, or was asleep; then all
    get another lease, but for those that have been silent for an hour.
    """
    if 2 * len(overdue) <= len(ages):
        return overdue, ()
    lost = [instance for instance in overdue if ages[instance] > BELIEVED_S]
    return lost, [instance for instance in overdue if instance not in lost]


def standing(own: InstanceState, marked: InstanceState | None) -> InstanceState:
    """What counts of an instance's own state and an operator's word: the one that asks for less work."""
    return own if marked is None else max(own, marked, key=_LESS_WORK.index)
