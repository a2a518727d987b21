"""The filters that operators add to the gateway of a house: files in its `filters` folder, and installed packages."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from matinee.app.following import following
from matinee.app.process import Process
from matinee.terms.gateway_properties import FILTERS

if TYPE_CHECKING:
    from matinee.gateway.chain import Chain

FOLDER = "filters"
_PAUSE_S = 1.0
_LONG_S = 10.0

T = TypeVar("T")

log = logging.getLogger("matinee.gateway")


async def extend(process: Process, chain: Chain) -> None:
    """Adds them, and follows what operators write and switch while the house runs. No gateway begins without them; one that runs
    goes on with those that it has until the new ones are read, however long they take."""
    from matinee.gateway.extension.files import Files, of_packages
    from matinee.terms.filter_switch import Switch

    files = Files(process.home.path / FOLDER)
    packaged, wrong = await _aside(of_packages)
    _tell(wrong)

    async def furnish() -> None:
        found, wrong = await _aside(files.load)
        _tell([*wrong, *chain.furnish([*packaged, *found])])

    async def watch() -> None:
        while True:
            await asyncio.sleep(_PAUSE_S)
            if files.changed():
                await furnish()
                log.info("the filters in the folder %s count as they stand there now", FOLDER)

    await furnish()
    following(process).subscribe_below(FILTERS, Switch, chain.switch)
    process.run("filters", watch)


async def _aside(read: Callable[[], T]) -> T:
    """Runs what operators wrote in a thread of its own: it may take long, or never end, and nobody waits for it at the end."""
    read_by_then: Future[T] = Future()

    def work() -> None:
        read_by_then.set_running_or_notify_cancel()  # it can be given up no more, whoever stops waiting
        try:
            read_by_then.set_result(read())
        except BaseException as wrong:  # noqa: BLE001 - whoever waits has it
            read_by_then.set_exception(wrong)

    threading.Thread(target=work, name="filters", daemon=True).start()
    done = asyncio.wrap_future(read_by_then)
    await asyncio.wait({done}, timeout=_LONG_S)
    if not done.done():
        log.warning("the filters that were added are still being read after %d s; if that never ends, restart", _LONG_S)
    return await done


def _tell(wrong: Sequence[str]) -> None:
    for sentence in wrong:
        log.error("%s", sentence)
