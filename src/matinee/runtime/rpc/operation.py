"""The marker of a contract's operations, and what can be read off a marked contract."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, get_type_hints

from msgspec import Struct

M = TypeVar("M")
R = TypeVar("R")


class Operation(Struct, frozen=True):
    """One operation of a contract: one frozen message in, one out (or None).

    `service` is the contract's name in lower case ("accounts"), `name` the method's. An idempotent operation may be
    tried again by a channel; `timeout_s` bounds one call where the caller's deadline is later.
    """

    service: str
    name: str
    request: Any
    answer: Any
    idempotent: bool
    timeout_s: float


def operation(
    *, idempotent: bool = False, timeout_s: float = 5.0
) -> Callable[[Callable[[Any, M], Coroutine[Any, Any, R]]], Callable[[Any, M], Coroutine[Any, Any, R]]]:
    """Marks a contract's method as an operation."""

    def mark(method: Callable[[Any, M], Coroutine[Any, Any, R]]) -> Callable[[Any, M], Coroutine[Any, Any, R]]:
        method.__operation__ = (idempotent, timeout_s)  # type: ignore[attr-defined]
        return method

    return mark


def operations(contract: type) -> dict[str, Operation]:
    """The operations of a contract by name. Raises TypeError where a method is no `async (self, message) -> answer`."""
    found: dict[str, Operation] = {}
    for name, method in vars(contract).items():
        marked = getattr(method, "__operation__", None)
        if marked is None:
            continue
        hints = get_type_hints(method, include_extras=True)
        parameters = [p for p in inspect.signature(method).parameters if p != "self"]
        if len(parameters) != 1 or "return" not in hints:
            msg = f"{contract.__name__}.{name} must take one message and name its answer"
            raise TypeError(msg)
        request, answer = hints[parameters[0]], hints["return"]
        found[name] = Operation(contract.__name__.lower(), name, request, answer, *marked)
    return found
