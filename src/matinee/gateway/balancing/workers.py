"""Who may be given work, of those that the registry tells. Pure: what is told and what was known come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matinee.services.registry.contract import Instance, Instances, InstanceState

Workers = Mapping[str, Sequence[Instance]]
"""By the service's name, in the order of their ids. Those that drain are among them: they are given nothing while there is
another."""

_WORKING = frozenset({InstanceState.UP, InstanceState.DRAINING})


def workers(told: Instances, before: Workers) -> Workers:
    """Who works now. Until the registry is whole none is taken away but by its own word; and a service is never left without
    anybody: a server that may be dead is better than none."""
    named = {each.id for each in told.instances}
    found: dict[str, list[Instance]] = {}
    for each in told.instances:
        if each.state in _WORKING:
            found.setdefault(each.service, []).append(each)
    for service, known in before.items():
        if not told.whole:
            found.setdefault(service, []).extend(each for each in known if each.id not in named)
        if not found.get(service):
            found[service] = list(known)
    return {service: sorted(listed, key=lambda each: each.id) for service, listed in found.items()}
