"""A channel carries operations; a contract's client is built on one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar, cast

from matinee.runtime.errors import DeadlineExceeded
from matinee.runtime.rpc import deadline
from matinee.runtime.rpc.operation import Operation, operations

C = TypeVar("C")


class Channel(Protocol):
    """Breakers, caches, faults, metrics and traces are wrappers of this one method."""

    async def call(self, operation: Operation, message: Any) -> Any:
        """Answers the operation or raises the MatineeError it ended in.

        Raises DeadlineExceeded when `operation.timeout_s` or the caller's deadline passes, Unavailable when the service
        cannot be reached.
        """
        ...


class LocalChannel:
    """Calls the object in this process; nothing is serialised."""

    def __init__(self, service: object) -> None:
        self._service = service

    async def call(self, operation: Operation, message: Any) -> Any:
        left = deadline.remaining(operation.timeout_s)
        if left <= 0:
            raise DeadlineExceeded(f"{operation.service} did not answer within its deadline")
        try:
            async with asyncio.timeout(left):
                with deadline.within(left):
                    return await getattr(self._service, operation.name)(message)
        except TimeoutError as late:
            raise DeadlineExceeded(f"{operation.service} did not answer within its deadline") from late


def connect(contract: type[C], channel: Channel) -> C:
    """An object of the contract's type whose operations go over the channel."""
    methods = {name: _method(channel, found) for name, found in operations(contract).items()}
    client = type(f"{contract.__name__}Client", (), {"__slots__": (), **methods})
    return cast("C", client())


def _method(channel: Channel, operation: Operation) -> Callable[[Any, Any], Awaitable[Any]]:
    async def method(_: Any, message: Any) -> Any:
        return await channel.call(operation, message)

    method.__name__ = operation.name
    return method
