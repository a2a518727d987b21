"""How a process follows the properties, so that what they say counts within a second and goes on counting when they are away.

    following = Following(process.client(Properties), file)
    following.subscribe("gateway.limits", Limits, apply=limiter.use, check=limiter.refuse_nonsense)
    process.run("properties", following.run)

In `app` there is one a process: `following(process)` of `app/following.py`. Whoever is built with it subscribes in its constructor
or right after; nothing need be running yet.

- `subscribe(name, type, apply, check=None)` has `apply(value)` called at once with the last good value, where there is one,
  and at each change. The value comes as `type` (any type of msgspec, by `msgspec.convert`); None says that there is none any
  more, and the default of whoever subscribed counts.
- `check(value)` raises a MatineeError, ValueError or TypeError at a value that makes no sense. Such a value, or one of another
  shape, is logged once and not applied: the last good one stands.
- `subscribe_below("gateway.filters", type, apply)` is for families of names: `apply(rest, value)` with what follows the dot.
- `apply` is called on the event loop, by `run`; it returns quickly and swaps whole values, so that a request under way sees
  one or the other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from matinee.runtime.errors import MatineeError
from matinee.services.registry.contract import Properties, Property
from matinee.services.registry.watch import Memory, watch

T = TypeVar("T")
log = logging.getLogger("matinee.properties")

_REFUSED = (MatineeError, ValueError, TypeError)  # msgspec.ValidationError is a ValueError


class _Subscription(Struct, eq=False):
    """`below`: `name` is the family's. `good` are the values that were applied, by the property's whole name."""

    name: str
    kind: Any
    apply: Callable[[str, Any], None]
    check: Callable[[Any], None] | None
    below: bool
    good: dict[str, Property]

    def concerns(self, name: str) -> bool:
        return name.startswith(f"{self.name}.") if self.below else name == self.name


class Following:
    """Follows the properties; the values applied last are in `file`, and stand at the next start until others are told."""

    def __init__(self, properties: Properties, file: Path) -> None:
        self._properties = properties
        self._memory = Memory(file, list[Property])
        self._subscriptions: list[_Subscription] = []
        self._kept = {each.name: each for each in self._memory.read() or ()}
        self._told: dict[str, Property] = {}
        self._refused: set[tuple[str, int]] = set()

    def subscribe(
        self,
        name: str,
        kind: type[T],
        apply: Callable[[T | None], None],
        check: Callable[[T], None] | None = None,
    ) -> None:
        """Tells `apply` the value of one property: now where there is one, and at each change; None where it is taken away."""
        self._add(_Subscription(name, kind, lambda _, value: apply(value), check, below=False, good={}))

    def subscribe_below(
        self,
        family: str,
        kind: type[T],
        apply: Callable[[str, T | None], None],
        check: Callable[[T], None] | None = None,
    ) -> None:
        """As `subscribe`, for every property `{family}.{rest}`: `apply(rest, value)`."""
        cut = len(family) + 1
        self._add(_Subscription(family, kind, lambda name, value: apply(name[cut:], value), check, below=True, good={}))

    async def run(self) -> None:
        """Follows until it is cancelled. The registry being away changes nothing."""
        await watch(self._properties.observe, lambda told: self.hear(told.properties), _away)

    def hear(self, told: Sequence[Property]) -> None:
        """All properties as they are now."""
        self._told = {each.name: each for each in told}
        for subscription in self._subscriptions:
            self._tell(subscription, self._told)
        self._keep()

    def _add(self, subscription: _Subscription) -> None:
        self._subscriptions.append(subscription)
        self._tell(subscription, self._kept)  # good once, so good until something else is told
        self._tell(subscription, self._told)

    def _tell(self, subscription: _Subscription, properties: dict[str, Property]) -> None:
        for name, given in properties.items():
            good = subscription.good.get(name)
            if not subscription.concerns(name) or (good is not None and good.value == given.value):
                continue
            if good is None and given.value is None:
                continue
            if self._applied(subscription, given):
                subscription.good[name] = given

    def _applied(self, subscription: _Subscription, given: Property) -> bool:
        try:
            value = None if given.value is None else msgspec.convert(given.value, subscription.kind)
            if subscription.check is not None and value is not None:
                subscription.check(value)
            subscription.apply(given.name, value)
        except _REFUSED as wrong:
            self._refuse(given, wrong.detail if isinstance(wrong, MatineeError) else str(wrong))
            return False
        except Exception as wrong:  # a fault of who subscribed must not keep others from being told
            log.exception("the property %s could not be used", given.name)
            self._refuse(given, type(wrong).__name__)
            return False
        if given.name in self._told:
            log.info("version %d of the property %s counts", given.version, given.name)
        return True

    def _refuse(self, given: Property, why: str) -> None:
        if (given.name, given.version) not in self._refused:
            self._refused.add((given.name, given.version))
            log.error("version %d of the property %s is not used: %s", given.version, given.name, why)

    def _keep(self) -> None:
        """Writes what is good to the file."""
        kept = self._kept | {name: each for one in self._subscriptions for name, each in one.good.items()}
        if kept == self._kept:
            return
        self._kept = kept
        self._memory.write(list(kept.values()))


def _away(why: MatineeError) -> None:
    log.info("the properties are not told, what was told last counts: %s", why.detail)
