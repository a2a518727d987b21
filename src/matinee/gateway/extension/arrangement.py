"""Where operators' filters stand among the standard ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from matinee.gateway.extension.added import Added
from matinee.gateway.extension.place import Kind
from matinee.gateway.stage import Stage


def placed(added: Sequence[Added], standard: Mapping[str, Collection[str]]) -> tuple[Sequence[Added], Sequence[str]]:
    """Those that have a place of their own, and a sentence for each that has not. `standard` are the names by kind."""
    names = {name for each in standard.values() for name in each}
    good, wrong = list[Added](), list[str]()
    for each in added:
        anchor = each.place.after or each.place.before
        if each.name in names:
            wrong.append(f"{each.source}: the filter {each.name} is not used: there is one of that name already")
        elif anchor and anchor not in standard[each.place.kind]:
            wrong.append(
                f"{each.source}: the filter {each.name} is not used: no standard {each.place.kind} filter is named {anchor}"
            )
        else:
            names.add(each.name)
            good.append(each)
    return good, wrong


def arranged(standard: Sequence[Stage[Any]], added: Sequence[Added]) -> Sequence[Stage[Any]]:
    """One list of the chain. Those at the same spot stand by their `order`, then by name."""
    stages = list(standard)
    for each in sorted(added, key=lambda added: (added.place.order, added.name)):
        stages.insert(_spot(stages, each), each)
    return stages


def _spot(stages: Sequence[Stage[Any]], new: Added) -> int:
    place = new.place
    if place.before:
        return _index(stages, place.before)
    if place.after:
        return _behind(stages, _index(stages, place.after) + 1, place.after)
    return _behind(stages, 0, "") if place.kind is Kind.ENDPOINT else len(stages)


def _index(stages: Sequence[Stage[Any]], name: str) -> int:
    return next(index for index, stage in enumerate(stages) if stage.name == name)


def _behind(stages: Sequence[Stage[Any]], index: int, after: str) -> int:
    """Past those that were put there before."""
    while index < len(stages):
        stage = stages[index]
        if not isinstance(stage, Added) or stage.place.before or stage.place.after != after:
            break
        index += 1
    return index
