from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from matinee.gateway.answer import Response
from matinee.gateway.errors import FilterBusy
from matinee.gateway.extension.place import Kind, Place
from matinee.gateway.request import Request
from matinee.gateway.stage import Stage
from matinee.gateway.wire.head import TOKEN
from matinee.runtime.errors import MatineeError
from matinee.services.traffic.contract import FilterFigures
from matinee.terms.filter_switch import Switch
from matinee.terms.share import in_share

_LINE = (
    rb"(?!(?i:connection|content-length|transfer-encoding|upgrade|trailer|te|host):)" + TOKEN + rb"+: ?[^\r\n\x00]*\r\n"
)
_ADDED_LINE = re.compile(_LINE)
_ADDED_LINES = re.compile(rb"(?:" + _LINE + rb")*")


class BadHeader(ValueError):
    """A filter has added what cannot be a header, or says how the message is framed."""


class Added(Stage[Callable[..., Any]]):
    """An operator's filter in its place in the chain. It is counted and timed at each run, since it may be anyone's: whatever
    it does ends at worst in a problem for the request that it looked at."""

    __slots__ = ("_filter", "_tick", "at_once", "on", "percent", "place", "source", "time_s", "waiting")
    run: Callable[..., Any]

    def __init__(
        self, filter_: Callable[..., Any], place: Place, source: str, tick: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(filter_)
        self.name = place.name
        self.place = place
        self.source = source
        self.waiting = 0
        self._filter = self.run
        self._tick = tick
        self.switch(None)

    def switch(self, switch: Switch | None) -> None:
        """From now on as operators say; None: as the filter itself says."""
        said = switch or Switch()
        self.on = (self.place.on if said.on is None else said.on) and said.percent > 0
        self.percent = said.percent
        self.time_s = said.time_s or self.place.time_s
        self.at_once = said.at_once or self.place.at_once
        run = self._outbound if self.place.kind is Kind.OUTBOUND else self._inbound
        self.run = run if self.percent >= 100 else self._for_share(run)

    def timed(self, seconds: float) -> None:
        """It times itself, at each run: its `samples` are its runs."""

    def waited(self, seconds: float) -> None:
        """And each wait."""

    def figures(self, kind: str) -> FilterFigures:
        """As `Stage.figures`, with what operators said of it."""
        mean_s = self.seconds / self.samples if self.samples else None
        return FilterFigures(kind, self.name, self.on, self.percent, self.samples, self.failures, mean_s, self.source)

    def _for_share(self, run: Callable[..., Any]) -> Callable[..., Any]:
        percent, name = self.percent, self.name

        def run_for_some(request: Request, *response: Response) -> Any:
            inside = in_share(percent, name, request.account or request.peer.address)
            return run(request, *response) if inside else None

        return run_for_some

    def _inbound(self, request: Request) -> Any:
        added = len(request.added)
        result = self._ran(request)
        if len(request.added) != added:
            _refuse_bad_headers(request, added)
        if result is not None and self.place.kind is Kind.FINISHED:
            raise _nothing_to_return(self.name, result)
        return result

    def _outbound(self, request: Request, response: Response) -> None:
        head = response.head
        result = self._ran(request, response)
        if result is not None:
            raise _nothing_to_return(self.name, result)
        if response.head is not head and not _adds_headers(head, response.head):
            response.head = head
            raise BadHeader(f"{self.name} has added what cannot be a header of an answer")

    def _ran(self, *given: Any) -> Any:
        began = self._tick()
        self.samples += 1
        try:
            return self._filter(*given)
        except (SystemExit, asyncio.CancelledError) as wrong:
            raise RuntimeError(f"{self.name} raised {type(wrong).__name__}") from wrong
        finally:
            self.seconds += self._tick() - began

    async def wait(self, awaitable: Awaitable[Any], request: Request) -> Any:
        """What a filter that waits comes to. Raises FilterBusy where it takes too long or too many wait in it already."""
        if self.waiting >= self.at_once:
            _drop(awaitable)
            self.failures += 1
            raise FilterBusy(f"The filter {self.name} looks at {self.at_once} requests already", retry_after_s=1)
        added = len(request.added)
        began = self._tick()
        self.waiting += 1
        try:
            result = await self._in_time(awaitable)
        finally:
            self.waiting -= 1
            self.seconds += self._tick() - began
        if len(request.added) != added:
            _refuse_bad_headers(request, added)
        return result

    async def _in_time(self, awaitable: Awaitable[Any]) -> Any:
        limit = asyncio.timeout(self.time_s)
        try:
            async with limit:
                return await awaitable
        except TimeoutError as late:
            if not limit.expired():
                raise
            self.failures += 1
            raise FilterBusy(f"The filter {self.name} took over {self.time_s:g} s", retry_after_s=1) from late
        except MatineeError:
            raise
        except SystemExit as wrong:
            raise RuntimeError(f"{self.name} raised SystemExit") from wrong
        except asyncio.CancelledError as wrong:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise RuntimeError(f"{self.name} raised CancelledError") from wrong


def _adds_headers(before: bytes, after: bytes) -> bool:
    return after.startswith(before) and _ADDED_LINES.fullmatch(after, len(before)) is not None


def _refuse_bad_headers(request: Request, before: int) -> None:
    for line in request.added[before:]:
        if _ADDED_LINE.fullmatch(line) is None:
            del request.added[before:]
            raise BadHeader(f"a filter has added what cannot be a header of a request: {line!r}")


def _nothing_to_return(name: str, result: Any) -> TypeError:
    _drop(result)
    return TypeError(f"{name} returns {type(result).__name__}, where nothing can come of it")


def _drop(awaitable: Any) -> None:
    if isinstance(awaitable, Coroutine):
        awaitable.close()
